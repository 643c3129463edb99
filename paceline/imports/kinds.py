"""What can be imported: each kind with its fields, its own checks, and how it is written.

Apps above register their kinds when they start (``register`` in their ``AppConfig.ready``), so that
this app knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import duckdb

from paceline.imports.layout import Problem

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from paceline.imports.models import Import
    from paceline.org.models import Person

    Label = str | _StrPromise
else:
    Label = str


# What files call the payee, whatever else they hold.
PAYEE_NAMES = (
    "person", "salesperson", "sales rep", "seller", "employee", "employee number", "EmployeeKey",
    "員工編號", "工號", "業務", "業務人員", "業務員", "業務員編號", "業務員工編號", "员工编号",
    "工号", "业务员", "业务员编号", "业务员工号", "销售", "销售员",
    "Verkäufer", "Vendedor",
)  # fmt: skip


class FieldType(StrEnum):
    """How the text of a cell is read."""

    TEXT = "text"
    DAY = "day"
    DECIMAL = "decimal"
    SHARE = "share"
    CURRENCY = "currency"
    PERSON = "person"
    CHOICE = "choice"
    PERIOD = "period"


@dataclass(frozen=True, slots=True)
class Field:
    """One piece of a record: what it is called, how it is read, and what it is when absent.

    ``aliases`` are column names by which it is recognised (any language, compared without case and
    signs). ``default`` is the value of every row when no column is chosen. ``counted_within`` names
    the field within whose equal values rows are numbered when the file has no such column. ``words``
    are the choices as a page offers them when a value is the same for all lines. ``unknown`` is the
    code of the problem of a value that is none of the choices.
    """

    name: str
    label: Label
    type: FieldType = FieldType.TEXT
    required: bool = False
    aliases: tuple[str, ...] = ()
    max_length: int = 200
    places: int = 4
    default: str = ""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[str, Label] = field(default_factory=dict)
    unknown: str = "not_a_choice"
    counted_within: str = ""
    hint: Label = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """How many accepted rows are new, change something, or say what is already known."""

    new: int = 0
    changed: int = 0
    same: int = 0


class Step(Protocol):
    """Says what a commit does now, and how many lines of it are done. Raises ``Cancelled``."""

    def __call__(self, name: str, done: int = 0, /) -> None: ...


def _say_nothing(_name: str, _done: int = 0, /) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class Check:
    """A file under examination: typed rows in DuckDB, problems, and a cursor for look-ups.

    ``lines`` in ``duck`` has ``row`` and one typed column per field (people as ``<field>_id``);
    ``problems`` has ``row, field, code, params, severity``. Rows with an error are left out of
    ``accepted``, which :func:`paceline.imports.checking.settle` makes from both.
    """

    duck: duckdb.DuckDBPyConnection
    kind: ImportKind
    counted: bool = False
    by: Person | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """What an apply or undo step needs besides the rows."""

    source: Import
    by: Person
    at: datetime
    step: Step = _say_nothing


@dataclass(frozen=True, slots=True)
class Preset:
    """How another system writes its exports: ``marks`` are column names that only it uses.

    ``columns`` names the columns of a field where they differ from the field's own aliases, best
    first; ``constants`` are values for all lines. ``endings`` are what its column names may end with
    and which says nothing of the column, such as that it must be filled in.
    """

    key: str
    label: str
    marks: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    endings: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)


def _no_more(_person: Person) -> tuple[Field, ...]:
    return ()


def _as_they_are(problems: Sequence[Problem], _person: Person | None) -> Sequence[Problem]:
    return problems


@dataclass(frozen=True, slots=True)
class ImportKind:
    """One kind of record that files bring.

    ``check`` adds problems to a :class:`Check`. ``match`` compares the accepted rows with what is
    stored, adds problems that only show there, and counts; it must not change anything. ``apply``
    writes the accepted rows and says how many. ``undo`` takes one import back or raises
    ``UndoRefused``. ``lock`` makes writers of the same table take turns. ``by_record``: written
    record by record, so that ``match`` is a rehearsal, too dear to be repeated when the same is
    written for good. ``more_fields`` are those that the company added itself, ``fields_for`` those
    that depend on the person, such as their team's. ``is_private``: only whoever brought the file
    sees it. ``shown`` completes problems for a reader with what is looked up and never kept with
    them.
    """

    key: str
    label: Label
    purpose: Label
    fields: tuple[Field, ...]
    may_import: Callable[[Person], bool]
    check: Callable[[Check], None]
    match: Callable[[Check], Changes]
    apply: Callable[[Check, Changes, Commit], Changes]
    undo: Callable[[Commit], None]
    lock: Callable[[], None] = lambda: None
    by_record: bool = False
    more_fields: Callable[[], tuple[Field, ...]] = tuple
    is_private: bool = False
    icon: str = "file-import"
    day_field: str = ""
    sum_field: str = ""
    currency_field: str = ""
    order: int = 0
    fields_for: Callable[[Person], tuple[Field, ...]] = _no_more
    presets: tuple[Preset, ...] = ()
    shown: Callable[[Sequence[Problem], Person | None], Sequence[Problem]] = _as_they_are

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)


_kinds: dict[str, ImportKind] = {}


class UnknownKind(LookupError):
    """No kind of import has this key."""


class UndoRefused(Exception):
    """An import cannot be taken back; ``problem`` says why."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.problem = Problem(code, params=params)


class RecordRefused(Exception):
    """One record cannot be written; ``code`` and ``params`` say why, ``field`` where."""

    def __init__(self, field: str, code: str, **params: Any) -> None:
        super().__init__(code)
        self.field, self.code, self.params = field, code, params


def register(kind: ImportKind) -> None:
    _kinds[kind.key] = kind


def kind(key: str, of: Person | None = None) -> ImportKind:
    """A kind with all its fields, those of the company's own and a person's among them.

    Raises ``UnknownKind``.
    """
    try:
        found = _kinds[key]
    except KeyError as error:
        raise UnknownKind(key) from error
    more = found.more_fields()
    if of is not None:
        more = (*more, *found.fields_for(of))
    return replace(found, fields=(*found.fields, *more)) if more else found


def private_kinds() -> list[str]:
    """The keys of kinds whose files only those see who brought them."""
    return sorted(one.key for one in _kinds.values() if one.is_private)


def kinds() -> Sequence[ImportKind]:
    """All kinds in the order in which a company would bring them in."""
    return sorted(_kinds.values(), key=lambda item: item.order)
