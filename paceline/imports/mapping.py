"""Which column of a file feeds which field; suggested from names, remembered by header."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.utils import translation

from paceline.imports.kinds import Field, ImportKind, Preset
from paceline.imports.layout import Layout
from paceline.imports.recognition import plain

# Columns that the file of rejected lines carries beside the original ones.
ROW_COLUMN, LINE_COLUMN, REASON_COLUMN = "paceline_row", "paceline_line", "paceline_reason"
OWN_COLUMNS = (ROW_COLUMN, LINE_COLUMN, REASON_COLUMN)
VALUES_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field's text comes from: a column, a constant for all rows, or counting.

    ``values`` replaces texts before they are read (an old key by a new one). ``style`` is a date
    format or a decimal mark chosen by the reader; empty means recognised.
    """

    column: int | None = None
    constant: str = ""
    counted: bool = False
    style: str = ""
    values: MappingOf[str, str] = field(default_factory=dict)

    @property
    def is_given(self) -> bool:
        return self.column is not None or bool(self.constant) or self.counted


Mapping = dict[str, Source]


def suggest(kind: ImportKind, layout: Layout) -> Mapping:
    """A mapping from the names of the columns; fields without a column get their default."""
    names = [plain(name) for name in layout.columns] if layout.has_header else []
    preset = preset_of(kind, layout)
    bare = [] if preset is None else [_without(name, preset.endings) for name in layout.columns]
    taken: set[int] = set()
    mapping: Mapping = {}
    for wanted in kind.fields:
        theirs = () if preset is None else preset.columns.get(wanted.name, ())
        known = [*map(plain, theirs), *spellings(wanted)]
        found = _only(known, names, taken)
        if found is None:
            found = _only(known, bare, taken)
        if wanted.counted_within and plain(LINE_COLUMN) in names:
            found = names.index(plain(LINE_COLUMN))
        if found is not None:
            taken.add(found)
            mapping[wanted.name] = Source(column=found)
        elif wanted.counted_within:
            mapping[wanted.name] = Source(counted=True)
        else:
            given = {} if preset is None else preset.constants
            mapping[wanted.name] = Source(constant=given.get(wanted.name, wanted.default))
    return mapping


def _only(known: Sequence[str], names: Sequence[str], taken: Collection[int]) -> int | None:
    """The column that alone bears the best of the known names, and feeds no other field."""
    return next(
        (
            names.index(one)
            for one in known
            if names.count(one) == 1 and names.index(one) not in taken
        ),
        None,
    )


def _without(name: str, endings: Sequence[str]) -> str:
    """A column name as it is compared, without what says nothing at its end."""
    for ending in endings:
        name = name.removesuffix(ending)
    return plain(name)


def preset_of(kind: ImportKind, layout: Layout) -> Preset | None:
    """The system whose export this is, told by column names that only it uses: two at least."""
    if not layout.has_header:
        return None
    hits = [
        (len({*map(plain, one.marks)} & _names(layout, one.endings)), -place)
        for place, one in enumerate(kind.presets)
    ]
    best, place = max(hits, default=(0, 0))
    return kind.presets[-place] if best >= 2 else None


def _names(layout: Layout, endings: Sequence[str]) -> set[str]:
    return {known for name in layout.columns for known in (plain(name), _without(name, endings))}


def spellings(wanted: Field) -> list[str]:
    """Every column name by which a field is known, normalised: its label in each language too."""
    labels = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            labels.append(str(wanted.label))
    return list(dict.fromkeys(plain(name) for name in (wanted.name, *labels, *wanted.aliases)))


def known_names(kind: ImportKind) -> frozenset[str]:
    own = {plain(name) for name in OWN_COLUMNS}
    for preset in kind.presets:
        own.update(plain(name) for names in preset.columns.values() for name in names)
        own.update(map(plain, preset.marks))
    return frozenset(own | {name for wanted in kind.fields for name in spellings(wanted)})


def header_digest(layout: Layout) -> str:
    """Identifies files of the same shape; our own extra columns do not count."""
    names = [name for name in layout.columns if name not in OWN_COLUMNS]
    text = "\x1f".join([str(layout.has_header), *names])
    return hashlib.sha256(text.encode()).hexdigest()


def as_json(mapping: Mapping) -> dict[str, Any]:
    return {name: asdict(source) for name, source in mapping.items()}


def from_json(data: MappingOf[str, Any]) -> Mapping:
    known = Source.__dataclass_fields__
    return {
        name: Source(**{key: value for key, value in source.items() if key in known})
        for name, source in data.items()
    }


def by_name(columns: MappingOf[str, Any], kind: ImportKind, layout: Layout) -> Mapping:
    """A mapping written by hand: field → column name or number, or a :class:`Source`.

    Fields that are not named keep their suggestion.
    """
    mapping = suggest(kind, layout)
    for name, source in columns.items():
        kind.field(name)
        if isinstance(source, Source):
            mapping[name] = source
        elif isinstance(source, int):
            mapping[name] = Source(column=source)
        elif isinstance(source, str) and source in layout.columns:
            mapping[name] = Source(column=layout.columns.index(source))
        else:
            raise ColumnUnknown(str(source))
    return mapping


class ColumnUnknown(LookupError):
    """A mapping names a column that the file does not have."""


def fitting(mapping: Mapping, kind: ImportKind, columns: int) -> Mapping:
    """The part of a mapping that makes sense for a kind and a number of columns."""
    return {
        wanted.name: source
        for wanted in kind.fields
        if (source := mapping.get(wanted.name)) is not None
        and (source.column is None or 0 <= source.column < columns)
    }


def apply(cells: pa.Table, mapping: Mapping, fields: Sequence[Field]) -> pa.Table:
    """Text columns named by field, trimmed, plus ``row``; counting is left to the checks."""
    columns: dict[str, pa.ChunkedArray | pa.Array] = {"row": cells["row"]}
    for wanted in fields:
        source = mapping.get(wanted.name, Source())
        if source.column is not None:
            text = _unguarded(pc.utf8_trim_whitespace(cells[f"c{source.column}"]))
        else:
            text = pa.repeat(pa.scalar(source.constant, pa.string()), cells.num_rows)
        columns[wanted.name] = _replaced(text, source.values) if source.values else text
    return pa.table(columns)


def _unguarded(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Without the mark that keeps a spreadsheet from running a cell (``'-5``), as we write it."""
    if not pc.any(pc.starts_with(text, "'")).as_py():
        return text
    return pc.replace_substring_regex(text, r"^'([=+\-@])", r"\1")


def _replaced(text: pa.ChunkedArray, values: MappingOf[str, str]) -> pa.ChunkedArray:
    olds = pa.array(list(values), pa.string())
    news = pa.array(list(values.values()), pa.string())
    return pc.coalesce(news.take(pc.index_in(text, olds)), text)
