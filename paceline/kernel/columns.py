"""Columns of a table: where a value comes from, and how it is shown and exported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from paceline.kernel import formats
from paceline.kernel.money import written_amount
from paceline.kernel.shell import Badge
from paceline.kernel.table_rows import by_number

Kind = Literal[
    "text",
    "code",
    "money",
    "amount",
    "number",
    "percent",
    "rate",
    "day",
    "moment",
    "badge",
    "sums",
]
Text = str | Promise
Path = str | Callable[[Any], Any]

# "sums" are figures that are written out already, such as amounts in several currencies.
FIGURES = {"money", "amount", "number", "percent", "rate"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Paths follow attributes (``payee.name``, ``payee__name``); callables get the row.

    ``sort`` and ``search`` name database paths for a QuerySet, attribute paths for a list;
    ``search=True`` searches the ``sort`` path. ``currency`` is a path, a callable, or a code in
    capitals. ``total`` sums the column over every row found, currency by currency. What is
    ``only_in_file`` would cramp the page; it stands in what is downloaded. Text that
    is sorted ``by_number`` is so by the numbers in it: 2 before 10.
    """

    key: str
    label: Text
    value: Path = ""
    sort: str = ""
    search: bool | str = False
    kind: Kind = "text"
    link: Callable[[Any], str | None] | None = None
    currency: Path = ""
    total: bool = False
    secondary: bool = False
    only_in_file: bool = False
    by_number: bool = False

    @property
    def is_figure(self) -> bool:
        return self.kind in FIGURES or self.kind == "sums"

    @property
    def is_one_line(self) -> bool:
        """Whether a break would tear apart what is read as one: a number, a date."""
        return self.kind in {"code", "day", "moment"}

    def of(self, row: Any) -> Any:
        return follow(row, self.value or self.key)

    def currency_of(self, row: Any) -> str:
        if isinstance(self.currency, str) and self.currency.isupper():
            return self.currency
        return str(follow(row, self.currency) or "") if self.currency else ""

    def search_path(self) -> str:
        if isinstance(self.search, str):
            return self.search
        return self.sort or self.key if self.search else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows."""

    text: Any
    column: Column
    link: str = ""
    tone: str = ""
    is_negative: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    cells: list[Cell]
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """The cell below a column: its totals in words, one for each currency."""

    column: Column
    texts: list[str]


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's head: where its sort link leads and how it is sorted now."""

    column: Column
    url: str = ""
    direction: str = ""


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.replace("__", ".").split("."))


def follow(row: Any, path: Path) -> Any:
    """The value at a path of attributes or keys; methods on the way are called; missing is None."""
    if not isinstance(path, str):
        return path(row)
    for name in _steps(path):
        if row is None:
            return None
        if isinstance(row, Model):  # asked first, for rows of the database come in millions
            row = getattr(row, name, None)
        else:
            row = row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)
        if callable(row) and not isinstance(row, type):
            row = row()
    return row


def place_of(row: Any, column: Column) -> Any:
    """By what a row is sorted in a list."""
    value = follow(row, column.sort)
    return by_number(str(value)) if column.by_number and value is not None else value


def plain(row: Any, path: str) -> str:
    return str(follow(row, path) or "").casefold()


def sums(rows: Sequence[Any], column: Column) -> list[tuple[str, Decimal]]:
    found: dict[str, Decimal] = {}
    for row in rows:
        value = column.of(row)
        if value is not None:
            currency = column.currency_of(row)
            found[currency] = found.get(currency, Decimal(0)) + Decimal(value)
    return sorted(found.items())


def titles(column: Column) -> list[str]:
    """Money is exported as two columns: the figure and its currency."""
    label = str(column.label)
    if column.kind != "money":
        return [label]
    return [label, _("%(column)s: currency") % {"column": label}]


def exporter(columns: Sequence[Column]) -> Callable[[Any], list[Any]]:
    """What a row is in a file: a function to be called for each of a million."""
    paths: list[Path] = []
    for one in columns:
        paths.append(_amount_of(one) if one.kind in {"money", "amount"} else one.value or one.key)
        if one.kind == "money":
            paths.append(one.currency_of)

    def cells(row: Any) -> list[Any]:
        return [
            str(value) if isinstance(value, Badge | Promise) else value
            for value in [follow(row, path) for path in paths]
        ]

    return cells


def _amount_of(column: Column) -> Callable[[Any], Any]:
    path = column.value or column.key

    def amount(row: Any) -> Any:
        value = follow(row, path)
        currency = column.currency_of(row) if isinstance(value, Decimal) else ""
        return written_amount(value, currency) if currency else value

    return amount


def cell(row: Any, column: Column) -> Cell:
    value = column.of(row)
    link = (column.link(row) or "") if column.link else ""
    if isinstance(value, Badge):
        return Cell(value.text, column, link, tone=value.tone)
    if column.kind == "badge" and value not in (None, ""):
        return Cell(value, column, link, tone="neutral")
    if column.kind in FIGURES:
        text = figure(value, column, column.currency_of(row))
        return Cell(text, column, link, is_negative=_is_negative(value))
    if column.kind == "day":
        value = formats.day(value)
    elif column.kind == "moment":
        value = formats.moment(value)
    return Cell(formats.NOTHING if value in (None, "") else value, column, link)


def _is_negative(value: Any) -> bool:
    try:
        return value not in (None, "") and Decimal(value) < 0
    except InvalidOperation:
        return False


def figure(value: Any, column: Column, currency: str) -> str:
    if column.kind == "money" and currency:
        return formats.money(value, currency)
    if column.kind == "amount" and currency:
        return formats.amount(value, currency)
    if column.kind == "percent":
        return formats.percent(value)
    return formats.rate(value) if column.kind == "rate" else formats.number(value)
