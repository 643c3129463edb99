"""The further dimensions of a rate table in the form: columns by one other measure, or by several,
and what each tier pays in each column.

With one dimension a tier lists a value for each column; with several it lists, for each column of
the first, a list by the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from paceline.incentives.calculation.documents import edit
from paceline.incentives.forms.plan.changes import put
from paceline.incentives.forms.plan.choices import Choice, Shape
from paceline.incentives.forms.plan.fields import (
    Data,
    Path,
    PlanField,
    Text,
    at,
    members_at,
    words_at,
)
from paceline.incentives.forms.plan.parts import Addition, Drawing, Place, Rows, Value
from paceline.incentives.forms.plan.references import first, ids

PAID: tuple[tuple[str, Text, Text, str], ...] = (
    # what a tier states, the choice, the label of its field, what a new one begins with
    ("rate", _("a rate"), _("Rate"), "1%"),
    ("amount", _("an amount"), _("Amount"), "0.00"),
    (
        "target_share",
        _("a share of the target incentive"),
        _("Share of the target incentive"),
        "0%",
    ),
)


def paid_by(rates: Data) -> str:
    """What the tiers of a table state that they pay."""
    _path, tier = next(tiers_of(rates, ()), ((), {}))
    return next((key for key, *_rest in PAID if key in tier), "rate")


def tiers_of(data: Data, path: Path) -> Iterator[tuple[Path, Mapping[str, Data]]]:
    """Every tier of a table with its path, those that hold from a day on included."""
    days = range(len(members_at(data, *path, "dated")))
    tables = [(*path, "tiers"), *((*path, "dated", number, "tiers") for number in days)]
    for table in tables:
        for number, tier in enumerate(members_at(data, *table)):
            yield (*table, number), tier


def rates_of(place: Place) -> Data:
    """The table in which a tier or a list of tiers stands; the clause around it elsewhere."""
    path = place.path[:-1]
    while "rates" in path and path[-1] != "rates":
        path = path[:-1]
    return at(place.data, *path)


# --- cells ----------------------------------------------------------------------------------------


def _starts_of(rates: Data) -> list[list[str]]:
    """Where the columns of each dimension begin."""
    across = at(rates, "across")
    dimensions = across if isinstance(across, list) else [across]
    found = []
    for one in dimensions:
        starts = at(one, "from")
        listed = starts if isinstance(starts, list) else []
        found.append([words_at(listed, number) for number in range(len(listed))])
    return found


@dataclass(frozen=True)
class Columns:
    """What a tier pays in each column of a grid: one field for each."""

    def keys(self) -> Iterator[str]:
        yield from (key for key, *_rest in PAID)

    def draw(self, place: Place, drawing: Drawing) -> None:
        own = place.inside(paid_by(rates_of(place)))
        if isinstance(own.here, list):
            self._draw(own, _starts_of(rates_of(place)), (), drawing)

    def _draw(
        self, own: Place, starts: list[list[str]], above: tuple[str, ...], drawing: Drawing
    ) -> None:
        found = own.here
        if not starts or not isinstance(found, list):
            return
        drawing.shown.add(own.path)
        for number in range(max(len(starts[0]), len(found))):
            start = starts[0][number] if number < len(starts[0]) else ""
            named = (*above, start or "?")
            if len(starts) > 1:
                self._draw(own.member(number), starts[1:], named, drawing)
                continue
            drawing.fields.append(
                PlanField(
                    (*own.path, number),
                    f"{own.clause}/{number + 1}",
                    _("from %(start)s on") % {"start": " · ".join(named)},
                    words_at(found, number),
                    unit="bound",
                )
            )


Cells = Callable[[edit.Content], edit.Content]


def _in_tiers(source: str, path: Path, depth: int, change: Cells) -> str:
    """The text with the cells of every tier changed, as many lists deep."""
    for place, tier in list(tiers_of(edit.read(source), path)):
        key = next((one for one, *_rest in PAID if one in tier), "")
        before = _copied(tier.get(key))
        after = _deep(before, depth, change)
        if after != before:
            source = edit.set_value(source, (*place, key), after)
    return source


def _deep(cells: edit.Content, depth: int, change: Cells) -> edit.Content:
    if not depth:
        return change(cells)
    return [_deep(one, depth - 1, change) for one in cells] if isinstance(cells, list) else cells


def _copied(found: Data) -> edit.Content:
    """A value, or lists of values, to be written again."""
    return [_copied(one) for one in found] if isinstance(found, list) else str(found or "")


def _leaf(cells: edit.Content) -> edit.Content:
    """What a tier pays in its first column."""
    while isinstance(cells, list) and cells:
        cells = cells[0]
    return cells


def _depth(cells: edit.Content) -> int:
    return 1 + _depth(cells[0]) if isinstance(cells, list) and cells else 0


# --- what a choice does to the tiers --------------------------------------------------------------


def _after_across(source: str, path: Path, value: str) -> str:
    """A tier of a grid lists its pay by column; one of a plain table pays the same everywhere."""
    rates = at(edit.read(source), *path)
    wanted = {"": 0, "grid": 1}.get(value, len(members_at(rates, "across")))

    def deepened(cells: edit.Content) -> edit.Content:
        if _depth(cells) > wanted:  # the first columns of the dimensions that are gone
            return _deep(cells, wanted, _leaf)
        for depth in range(_depth(cells), wanted):
            cells = _deep(cells, depth, lambda one: [one])
        return cells

    source = _in_tiers(source, path, 0, deepened)
    for place, tier in list(tiers_of(edit.read(source), path)):
        if value and "marginal" in tier:
            source = edit.remove(source, (*place, "marginal"))
    if value and words_at(rates, "reading") != "whole":
        source = put(source, (*path, "reading"), "whole")
    return source


def _dimension(path: Path) -> tuple[Path, int]:
    """The table and the dimension to which a list of columns belongs."""
    place = path.index("across")
    number = path[place + 1]
    return path[:place], number if isinstance(number, int) else 0


def _after_column(source: str, path: Path) -> str:
    """A new column pays what the one before it does."""
    table, dimension = _dimension(path)
    columns = at(edit.read(source), *path)
    wanted = len(columns) if isinstance(columns, list) else 0

    def widened(cells: edit.Content) -> edit.Content:
        is_short = isinstance(cells, list) and 0 < len(cells) < wanted
        return [*cells, cells[-1]] if is_short and isinstance(cells, list) else cells

    return _in_tiers(source, table, dimension, widened)


def _after_column_gone(source: str, path: Path, column: int) -> str:
    table, dimension = _dimension(path)

    def without(cells: edit.Content) -> edit.Content:
        if not isinstance(cells, list) or not column < len(cells) > 1:
            return cells
        return [*cells[:column], *cells[column + 1 :]]

    return _in_tiers(source, table, dimension, without)


def _after_dimension(source: str, path: Path) -> str:
    """A new dimension has one column, which pays what was paid before."""
    dimensions = len(members_at(edit.read(source), *path))
    return _in_tiers(source, path[:-1], dimensions - 1, lambda cells: [cells])


def _after_dimension_gone(source: str, path: Path, number: int) -> str:
    """What was paid in the first column of a dimension that is gone is paid on."""

    def first_of(cells: edit.Content) -> edit.Content:
        return cells[0] if isinstance(cells, list) and cells else cells

    return _in_tiers(source, path[:-1], number, first_of)


def _new_column(place: Place, _name: str) -> str:
    starts = place.here
    last = words_at(starts, len(starts) - 1) if isinstance(starts, list) and starts else ""
    if not last:
        return "0"
    if last.endswith("%") and last[:-1].isdigit():
        return f"{int(last[:-1]) + 10}%"
    whole = last.partition(".")[0]
    return f"{int(whole) + 10_000}" if whole.isdigit() else ""


def _column_label(place: Place) -> Text:
    number = place.path[-1]
    return _("Column %(number)s from") % {"number": number + 1 if isinstance(number, int) else ""}


def _new_dimension(place: Place, _name: str) -> edit.Content:
    return {"by": first("measures")(place), "from": ["0"]}


def _dimensions_of(rates: Place) -> list[edit.Content]:
    """The dimensions that a table has, else one by the first measure."""
    across = at(rates.here, "across")
    found: list[edit.Content] = []
    for one in across if isinstance(across, list) else [across]:
        starts = _copied(at(one, "from"))
        if isinstance(one, Mapping) and isinstance(starts, list):
            found.append({"by": words_at(one, "by"), "from": starts})
    return found or [_new_dimension(rates, "")]


DIMENSION = (
    Value("by", _("Columns by"), "choice", ids("measures")),
    Rows(
        "from", _("Columns"), (Value("", _column_label),),
        additions=(Addition("column", _("Add a column"), _new_column),),
        hint=_("The first column starts at 0; each tier pays a value in each column."),
        is_table=True, can_move=False,
        after_add=_after_column, after_drop=_after_column_gone,
    ),
)  # fmt: skip
ACROSS = Choice(
    "across", _("Further dimensions"),
    (
        Shape("", _("none")),
        Shape(
            "grid", _("columns by another measure"), mark="*",
            inside=DIMENSION,
            starts={"across": lambda place: _dimensions_of(place)[0]},
        ),
        Shape(
            "grids", _("columns by several measures"), mark="list",
            beside=(
                Rows(
                    "across", _("Dimensions"), DIMENSION,
                    additions=(Addition("dimension", _("Add a dimension"), _new_dimension),),
                    hint=_("A tier pays a value in each column of the first by each of the next."),
                    can_move=False,
                    after_add=_after_dimension, after_drop=_after_dimension_gone,
                ),
            ),
            starts={"across": lambda place: [*_dimensions_of(place)]},
        ),
    ),
    key="across",
    when=lambda rates: not rates.has("table"),
    after=_after_across,
)  # fmt: skip
