"""Mixed inputs: some tables as they were, some as they are, in one common period.

A part of the inputs is whatever one cause of a difference replaces. A line that is only on one side
takes its split rows with it; the splits of lines that are on both sides are a cause of their own.
Exchange rates that one side does not have are filled from the other, so that a line that comes
before its rate can be converted; they meet no line of that side's own run.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.comparison.dates import ORIGINAL_DAY, Overlay
from paceline.engine.formula.tree import Type
from paceline.engine.plan.model import Plan
from paceline.engine.plan.policies import ANCHORS
from paceline.engine.shape import arrow_type
from paceline.engine.tables import INPUTS

Rows = dict[str, pa.Table]
PEOPLE = ("assignments", "payees", "reporting", "hierarchies", "leaves")
PERIOD_DATES = ("starts_on", "ends_before")
LINE_DAYS = (*ANCHORS.values(), "sold_on")
LINE_PARTS = ("lines_added", "lines_removed", "lines_changed", "returns")


@dataclass(frozen=True)
class Lines:
    """Lines by what happened to them: `same` on both sides, else the rows that were and are."""

    same: pa.Table
    were: Rows
    are: Rows

    def of(self, done: Collection[str]) -> pa.Table:
        parts = [self.are[part] if part in done else self.were[part] for part in LINE_PARTS]
        return pa.concat_tables([self.same, *parts])


class Mixture:
    """Both sides of a comparison, moved into the common period."""

    def __init__(self, earlier: Rows, later: Rows, overlays: tuple[Overlay, Overlay]) -> None:
        self.sides = tuple(
            _laid_out(rows, overlay)
            for rows, overlay in zip((earlier, later), overlays, strict=True)
        )
        self.overlays = overlays
        columns = _line_schema(*(side["order_lines"] for side in self.sides))
        for side in self.sides:
            side["order_lines"] = _with_columns(side["order_lines"], columns)
        self.lines = compare_lines(*(side["order_lines"] for side in self.sides))
        self.rates = tuple(self._filled(place) for place in range(2))

    def tables(self, done: Collection[str]) -> Rows:
        """The inputs in which the parts that are `done` are the later ones."""
        people = self.sides["people" in done]
        found = {name: people[name] for name in PEOPLE if name in people}
        found["order_lines"] = self.lines.of(done)
        found["credit_splits"] = self._splits(done)
        found["quotas"] = self.sides["quota" in done]["quotas"]
        found["exchange_rates"] = self.rates["exchange_rates" in done]
        return found

    def _splits(self, done: Collection[str]) -> pa.Table:
        """Rows of lines on one side come with their line, all others when splits are replaced."""
        were, are = (side["credit_splits"] for side in self.sides)
        ids = tuple(side["order_lines"].column("line_id") for side in self.sides)
        mixed = self.lines.of(done).column("line_id")
        common = [_among(rows, ids[0]) for rows in (_among(were, ids[1]), _among(are, ids[1]))]
        alone = [
            _among(_without(were, ids[1]), mixed),
            _among(_without(are, ids[0]), mixed),
        ]
        return pa.concat_tables([common["splits" in done], *alone])

    def _filled(self, place: int) -> pa.Table:
        own, other = self.sides[place]["exchange_rates"], self.sides[1 - place]["exchange_rates"]
        known = set(_rate_keys(own))
        missing = pa.array([key not in known for key in _rate_keys(other)], pa.bool_())
        return pa.concat_tables([own, other.filter(missing)])


def compare_lines(earlier: pa.Table, later: pa.Table) -> Lines:
    """Sort lines into those that stayed, came, went and changed; returns apart from the rest."""
    in_later = pc.is_in(earlier.column("line_id"), later.column("line_id"))
    in_earlier = pc.is_in(later.column("line_id"), earlier.column("line_id"))
    went, came = earlier.filter(pc.invert(in_later)), later.filter(pc.invert(in_earlier))
    old = earlier.filter(in_later).sort_by("line_id")
    new = later.filter(in_earlier).sort_by("line_id")
    stayed = pa.array([True] * old.num_rows, pa.bool_())
    for name in old.column_names:
        stayed = pc.and_(stayed, _equal(old.column(name), new.column(name)))
    is_return = pc.or_(*(pc.equal(side.column("kind"), "return") for side in (old, new)))
    changed = pc.and_not(pc.invert(stayed), is_return)
    returned = pc.and_(pc.invert(stayed), is_return)
    none = earlier.slice(0, 0)
    return Lines(
        old.filter(stayed),
        {
            "lines_added": none,
            "lines_removed": went.filter(pc.not_equal(went.column("kind"), "return")),
            "lines_changed": old.filter(changed),
            "returns": _joined(went, old.filter(returned)),
        },
        {
            "lines_added": came.filter(pc.not_equal(came.column("kind"), "return")),
            "lines_removed": none,
            "lines_changed": new.filter(changed),
            "returns": _joined(came, new.filter(returned)),
        },
    )


def _joined(alone: pa.Table, both: pa.Table) -> pa.Table:
    returned = alone.filter(pc.equal(alone.column("kind"), "return"))
    return pa.concat_tables([returned, both])


def _equal(old: pa.ChunkedArray, new: pa.ChunkedArray) -> pa.ChunkedArray:
    same = pc.fill_null(pc.equal(old, new), fill_value=False)
    return pc.or_(same, pc.and_(pc.is_null(old), pc.is_null(new)))


def _among(rows: pa.Table, ids: pa.ChunkedArray) -> pa.Table:
    return rows.filter(pc.is_in(rows.column("line_id"), ids))


def _without(rows: pa.Table, ids: pa.ChunkedArray) -> pa.Table:
    return rows.filter(pc.invert(pc.is_in(rows.column("line_id"), ids)))


def _rate_keys(rows: pa.Table) -> list[tuple[object, ...]]:
    names = INPUTS["exchange_rates"].grain
    return list(zip(*(rows.column(name).to_pylist() for name in names), strict=True))


def _laid_out(rows: Rows, overlay: Overlay) -> Rows:
    """One side's tables, all there, clipped to its period and moved into the common one."""
    found = {name: rows.get(name, _empty(name)) for name in INPUTS if name != "payees"}
    if "payees" in rows:
        found["payees"] = _unnamed(rows["payees"])
    lines = found["order_lines"]
    days = [name for name in LINE_DAYS if name in lines.column_names]
    found["order_lines"] = overlay.moved(
        lines.append_column(ORIGINAL_DAY, lines.column("ordered_on")), days
    )
    rates, period = found["exchange_rates"], overlay.of
    inside = pc.and_(
        pc.greater_equal(rates.column("on_date"), period.starts_on),
        pc.less(rates.column("on_date"), period.ends_before),
    )
    found["exchange_rates"] = overlay.moved(rates.filter(inside), ["on_date"])
    for name in (*PEOPLE, "quotas"):
        if name in found:
            found[name] = _clipped(found[name], overlay)
    return found


def _clipped(rows: pa.Table, overlay: Overlay) -> pa.Table:
    """The rows that hold on a day of the period, from and to its edges at most."""
    period = overlay.of
    ends = pc.fill_null(rows.column("ends_before"), period.ends_before)
    rows = rows.set_column(rows.column_names.index("ends_before"), "ends_before", ends)
    holds = pc.and_(
        pc.and_(
            pc.less(rows.column("starts_on"), period.ends_before),
            pc.greater(rows.column("ends_before"), period.starts_on),
        ),
        pc.less(rows.column("starts_on"), rows.column("ends_before")),
    )
    return overlay.moved(rows.filter(holds), PERIOD_DATES)


def _unnamed(rows: pa.Table) -> pa.Table:
    """Employment without what pays nothing: a new name is no reason for other pay."""
    for name in ("name", "currency"):
        empty = pa.nulls(rows.num_rows, pa.string())
        rows = rows.set_column(rows.column_names.index(name), name, empty)
    return rows


def _empty(name: str) -> pa.Table:
    schema = [(column.name, arrow_type(column.kind)) for column in INPUTS[name].columns]
    return pa.schema(schema).empty_table()


def _line_schema(first: pa.Table, second: pa.Table) -> pa.Schema:
    """The columns of both sides; where two plans give an attribute two types, the later holds."""
    fields = {field.name: field for field in [*first.schema, *second.schema]}
    return pa.schema(list(fields.values()))


def _with_columns(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        rows.column(field.name).cast(field.type)
        if field.name in rows.column_names and rows.schema.field(field.name).type == field.type
        else pa.chunked_array([pa.nulls(rows.num_rows, field.type)])
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def attribute_types(*plans: Plan) -> dict[str, Type]:
    """The line attributes of all plans; the last one that declares a name decides its type."""
    found: dict[str, Type] = {}
    for plan in plans:
        found |= plan.attributes
    return found
