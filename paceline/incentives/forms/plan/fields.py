"""What the plan form is made of: fields, groups of fields, rows and lists, each at its place.

The text is the document; the form is a view of it. Each field knows the place it stands for, so
that a changed field changes those characters and no others. Names of fields are their places,
written with dots: ``components.0.rates.tiers.1.rate``. A choice that changes which clauses there
are is named by the mapping that holds them: ``components.0@pay``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from django.utils.functional import Promise

Text = str | Promise
Path = tuple[str | int, ...]
Data = object
Choices = Sequence[tuple[str, Text]]
FieldKind = Literal["text", "choice", "words", "formula", "day"]
Unit = Literal["", "percent", "amount", "whole", "bound"]  # bound: a percentage or an amount

LANGUAGES = (("en", "English"), ("zh-Hant", "繁體中文"), ("zh-Hans", "简体中文"))
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
# 1,000,000.50 as people of all three languages write it: whole groups of three, and no zero before
# them, so that it can be no decimal comma and no list.
_GROUPED = re.compile(r"-?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?")


@dataclass(frozen=True)
class PlanField:
    """One value of the text. ``clause`` is its path as problems name it.

    ``choice`` names the choice that ``change`` makes in the text; ``redraws`` says that a change
    changes which fields there are, ``is_words`` that it is said once and could be said in each
    language. ``names`` are those that a formula may use here.
    """

    path: Path
    clause: str
    label: Text
    value: str
    kind: FieldKind = "text"
    choices: Choices = ()
    hint: Text = ""
    optional: bool = False
    redraws: bool = False
    is_words: bool = False
    unit: Unit = ""
    names: Sequence[str] = ()
    choice: str = ""
    change: Callable[[str, str], str] | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        return dotted(self.path)

    @property
    def name(self) -> str:
        return self.place + (f"@{self.choice}" if self.choice else "")

    @property
    def id(self) -> str:
        return "field-" + self.name.replace(".", "-").replace("@", "-at-")

    @property
    def input_type(self) -> str:
        """A browser's calendar, unless it would hide what stands in the text."""
        is_day = self.kind == "day" and (not self.value or _DAY.fullmatch(self.value))
        return "date" if is_day else "text"

    @property
    def input_mode(self) -> str:
        return {"amount": "decimal", "percent": "decimal", "whole": "numeric"}.get(self.unit, "")

    @property
    def options(self) -> list[tuple[str, Text]]:
        """The choices, and what the text says now even when that is none of them."""
        missing = [one for one in [*self.chosen] or [""] if one not in dict(self.choices)]
        return [*((one, one or "–") for one in missing), *self.choices]

    @property
    def chosen(self) -> list[str]:
        return [word.strip() for word in self.value.split(",") if word.strip()]

    def read(self, typed: str) -> str:
        """What was typed as the text writes it: full-width digits narrow, a percentage signed, an
        amount without the commas between its thousands.
        """
        typed = typed.replace("\r\n", "\n").strip()
        if self.unit:
            typed = unicodedata.normalize("NFKC", typed)
        if self.unit == "percent" and _NUMBER.fullmatch(typed):
            return f"{typed}%"
        if self.unit in {"amount", "bound"} and _GROUPED.fullmatch(typed):
            return typed.replace(",", "")
        return typed


@dataclass(frozen=True)
class PlanBlock:
    """Fields under one heading, and the blocks inside. ``notes`` say what the form leaves to the
    text; a folded block is opened by its reader, and stands open where the text says something."""

    path: Path
    clause: str
    title: Text
    fields: tuple[PlanField, ...] = ()
    blocks: tuple[PlanBlock | PlanList, ...] = ()
    hint: Text = ""
    is_folded: bool = False
    is_open: bool = True
    notes: Sequence[Text] = ()
    problems: list[str] = field(default_factory=list)
    is_list: bool = False

    @property
    def place(self) -> str:
        return dotted(self.path)

    @property
    def id(self) -> str:
        kind = "more" if self.is_folded else "block"
        return f"{kind}-" + self.place.replace(".", "-")


@dataclass(frozen=True)
class PlanRow(PlanBlock):
    """A member of a list."""

    is_first: bool = False
    is_last: bool = False
    can_move: bool = True
    can_drop: bool = True

    @property
    def id(self) -> str:
        return "row-" + self.place.replace(".", "-")


@dataclass(frozen=True)
class PlanList:
    """A list of the text. ``additions`` are (what to add, words of its button); ``add`` and
    ``drop`` make the text with one member more or less."""

    path: Path
    clause: str
    title: Text
    rows: tuple[PlanRow, ...]
    additions: Choices
    add: Callable[[str, str], str]
    drop: Callable[[str, int], str]
    hint: Text = ""
    is_table: bool = False
    problems: list[str] = field(default_factory=list)
    is_list: bool = True

    @property
    def place(self) -> str:
        return dotted(self.path)

    @property
    def id(self) -> str:
        return "list-" + self.place.replace(".", "-")


def walk(one: PlanBlock | PlanList) -> Iterator[PlanBlock | PlanList]:
    """A block and everything inside, from the outside in."""
    yield one
    inner = one.rows if isinstance(one, PlanList) else one.blocks
    for block in inner:
        yield from walk(block)


# --- reading the document -------------------------------------------------------------------------


def dotted(path: Path) -> str:
    return ".".join(map(str, path))


def at(data: Data, *path: str | int) -> Data:
    """What stands at a place; None when nothing does."""
    for key in path:
        if isinstance(data, Mapping) and isinstance(key, str):
            data = data.get(key)
        elif isinstance(data, list) and isinstance(key, int) and key < len(data):
            data = data[key]
        else:
            return None
    return data


def words_at(data: Data, *path: str | int) -> str:
    """A single value as text; a list of single values with commas; empty for anything else."""
    found = at(data, *path)
    if isinstance(found, str):
        return found
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return ", ".join(cast("list[str]", found))
    return ""


def members_at(data: Data, *path: str | int) -> list[Mapping[str, Data]]:
    found = at(data, *path)
    if not isinstance(found, list):
        return []
    return [one if isinstance(one, Mapping) else {} for one in found]


def ids_of(data: Data, key: str) -> list[str]:
    return [words_at(one, "id") for one in members_at(data, key)]
