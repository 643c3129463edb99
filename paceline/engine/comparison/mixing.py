"""Mixed inputs: some tables as they were, some as they are, in one common period.

A part of the inputs is whatever one cause of a difference replaces. Rows of the payee and of those
below are parts of their own; all rows of other people, whose figures are shared out or compared
with the payee's, are one part. A line that is only on one side takes its split rows with it; the
splits of lines that are on both sides are a cause of their own. Exchange rates that one side does
not have are filled from the other, so that a line that comes before its rate can be converted; they
meet no line of that side's own run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.comparison.dates import ORIGINAL_DAY, Overlay
from paceline.engine.plan.policies import ANCHORS
from paceline.engine.shape import arrow_type
from paceline.engine.tables import INPUTS

Rows = dict[str, pa.Table]
PERIOD_DATES = ("starts_on", "ends_before")
LINE_DAYS = (*ANCHORS.values(), "sold_on")
OWN_LINES = ("lines_added", "lines_removed", "lines_changed", "returns")
OTHERS = "others"
LINE_PARTS = (*OWN_LINES, OTHERS)
# The cause that replaces a table: rows of the payee and of those below, others' with `others`.
CAUSE_OF: Mapping[str, str] = {
    "assignments": "people",
    "payees": "people",
    "reporting": "people",
    "hierarchies": "hierarchies",
    "leaves": "leaves",
    "figures": "figures",
    "quotas": "quota",
}
# Tables that are replaced as a whole.
WHOLE: Mapping[str, str] = {
    "teams": "teams",
    "owners": "owners",
    "coalitions": "coalitions",
    "rate_tables": "rate_rows",
}
TEAM_TARGETS = "team_targets"


@dataclass(frozen=True)
class Lines:
    """Lines by what happened to them: `same` on both sides, else the rows that were and are."""

    same: pa.Table
    were: Rows
    are: Rows

    def of(self, done: Collection[str]) -> pa.Table:
        parts = [self.are[part] if part in done else self.were[part] for part in LINE_PARTS]
        return pa.concat_tables([self.same, *parts])


@dataclass(frozen=True)
class Belonging:
    """Whose rows are whose: `own` are the payee and those below, `lines` the lines that count for
    the payee, `teams` the payee's, and `team_names` all teams, whose rows of quotas are targets.
    """

    own: frozenset[str]
    lines: frozenset[str]
    teams: frozenset[str]
    team_names: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Given:
    """One side: its narrowed rows and its days.

    `since` is the first day that matters and `target_days` those of targets; `is_clipped` holds
    rows to these days. Where days are moved, `targets` are worked out beforehand, by the cause that
    replaces them.
    """

    rows: Rows
    overlay: Overlay
    since: date
    target_days: tuple[date, date]
    is_clipped: bool = True
    targets: Mapping[str, pa.Table] | None = None


class Mixture:
    """Both sides of a comparison, moved into the common period."""

    def __init__(self, earlier: Given, later: Given, belonging: Belonging) -> None:
        given = (earlier, later)
        self.belonging = belonging
        self.overlays = tuple(one.overlay for one in given)
        self.targets = tuple(one.targets for one in given)
        self.sides = tuple(_laid_out(one) for one in given)
        columns = _line_schema(*(side["order_lines"] for side in self.sides))
        for side in self.sides:
            side["order_lines"] = _with_columns(side["order_lines"], columns)
        sides = tuple(side["order_lines"] for side in self.sides)
        own = [_own_lines(rows, belonging).combine_chunks() for rows in sides]
        self.mine = pa.chunked_array(own, pa.string())
        self.lines = compare_lines(sides[0], sides[1], self.mine)
        self.rates = tuple(self._filled(place) for place in range(2))
        self.with_payees = all("payees" in side for side in self.sides)

    def tables(self, done: Collection[str]) -> Rows:
        """The inputs in which the parts that are `done` are the later ones."""
        found: Rows = {}
        for name, cause in CAUSE_OF.items():
            if name == "payees" and not self.with_payees:  # only one side says who is employed
                side = self.sides[cause in done]
                if name in side:
                    found[name] = side[name]
                continue
            causes = [cause, TEAM_TARGETS, OTHERS] if name == "quotas" else [cause, OTHERS]
            parts = [self.part(name, one, place=one in done) for one in causes]
            found[name] = pa.concat_tables(parts)
        found |= {name: self.sides[cause in done][name] for name, cause in WHOLE.items()}
        found["order_lines"] = self.lines.of(done)
        found["credit_splits"] = self._splits(done)
        found["exchange_rates"] = self.rates["exchange_rates" in done]
        return found

    def differs(self, cause: str) -> bool:
        """Whether the rows that a cause replaces are others on the later side."""
        return any(not before.equals(after) for before, after in self._pairs(cause)) or (
            cause == CAUSE_OF["payees"]
            and not self.with_payees
            and any("payees" in side for side in self.sides)
        )

    def _pairs(self, cause: str) -> Iterator[tuple[pa.Table, pa.Table]]:
        """What a cause replaces, as both sides have it."""
        if cause in LINE_PARTS:
            yield self.lines.were[cause], self.lines.are[cause]
        if cause in {"splits", OTHERS}:
            yield self._splits(set()), self._splits({cause})
        if cause == "exchange_rates":
            yield self.rates[0], self.rates[1]
        for name, one in WHOLE.items():
            if one == cause:
                yield self.sides[0][name], self.sides[1][name]
        for name, one in CAUSE_OF.items():
            is_target = name == "quotas" and cause == TEAM_TARGETS
            is_known = name != "payees" or self.with_payees
            if is_known and (cause in {one, OTHERS} or is_target):
                yield self.part(name, cause, place=0), self.part(name, cause, place=1)

    def part(self, name: str, cause: str, *, place: int | bool) -> pa.Table:
        """The rows of a table that a cause replaces, as one side has them."""
        targets = self.targets[place]
        if name == "quotas" and targets is not None:
            return targets[cause]
        return self.shown(name, cause, place=place)

    def shown(self, name: str, cause: str, *, place: int | bool) -> pa.Table:
        """The same rows as somebody wrote them."""
        rows = self.sides[place][name]
        own = _in(rows.column("payee_id"), self.belonging.own)
        if name == "quotas":
            of_team = _in(rows.column("payee_id"), self.belonging.team_names)
            if cause == TEAM_TARGETS:
                return rows.filter(of_team)
            if cause == OTHERS:
                return rows.filter(pc.invert(pc.or_(own, of_team)))
            return rows.filter(pc.and_not(own, of_team))
        return rows.filter(pc.invert(own) if cause == OTHERS else own)

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
        return pa.concat_tables(
            [
                _among(common["splits" in done], self.mine),
                _without(common[OTHERS in done], self.mine),
                *alone,
            ]
        )

    def _filled(self, place: int) -> pa.Table:
        own, other = self.sides[place]["exchange_rates"], self.sides[1 - place]["exchange_rates"]
        known = set(_rate_keys(own))
        missing = pa.array([key not in known for key in _rate_keys(other)], pa.bool_())
        return pa.concat_tables([own, other.filter(missing)])


def compare_lines(earlier: pa.Table, later: pa.Table, mine: pa.ChunkedArray) -> Lines:
    """Sort lines into those that stayed, came, went and changed; returns apart from the rest, and
    lines of other people apart from all.
    """
    in_later = pc.is_in(earlier.column("line_id"), later.column("line_id"))
    in_earlier = pc.is_in(later.column("line_id"), earlier.column("line_id"))
    went, came = earlier.filter(pc.invert(in_later)), later.filter(pc.invert(in_earlier))
    old = earlier.filter(in_later).sort_by("line_id")
    new = later.filter(in_earlier).sort_by("line_id")
    stayed = pa.array([True] * old.num_rows, pa.bool_())
    for name in old.column_names:
        stayed = pc.and_(stayed, _equal(old.column(name), new.column(name)))
    differs = pc.invert(stayed)
    is_mine = pc.is_in(old.column("line_id"), mine)
    is_return = pc.or_(*(pc.equal(side.column("kind"), "return") for side in (old, new)))
    changed = pc.and_(is_mine, pc.and_not(differs, is_return))
    returned = pc.and_(is_mine, pc.and_(differs, is_return))
    others = pc.and_not(differs, is_mine)
    none = earlier.slice(0, 0)
    my_went, my_came = _among(went, mine), _among(came, mine)
    return Lines(
        old.filter(stayed),
        {
            "lines_added": none,
            "lines_removed": _sold(my_went),
            "lines_changed": old.filter(changed),
            "returns": pa.concat_tables([_returned(my_went), old.filter(returned)]),
            OTHERS: pa.concat_tables([_without(went, mine), old.filter(others)]),
        },
        {
            "lines_added": _sold(my_came),
            "lines_removed": none,
            "lines_changed": new.filter(changed),
            "returns": pa.concat_tables([_returned(my_came), new.filter(returned)]),
            OTHERS: pa.concat_tables([_without(came, mine), new.filter(others)]),
        },
    )


def _sold(rows: pa.Table) -> pa.Table:
    return rows.filter(pc.not_equal(rows.column("kind"), "return"))


def _returned(rows: pa.Table) -> pa.Table:
    return rows.filter(pc.equal(rows.column("kind"), "return"))


def _own_lines(rows: pa.Table, belonging: Belonging) -> pa.ChunkedArray:
    """The lines that count for the payee, or are the payee's or of somebody below."""
    own = _in(rows.column("payee_id"), belonging.own)
    counts = _in(rows.column("line_id"), belonging.lines)
    return rows.filter(pc.or_(own, counts)).column("line_id")


def _in(values: pa.ChunkedArray, names: Collection[str]) -> pa.ChunkedArray:
    return pc.is_in(values, pa.array(sorted(names), pa.string()))


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


def _laid_out(given: Given) -> Rows:
    """One side's tables, all there, held to the days that matter and moved into the common
    period.
    """
    rows, overlay = given.rows, given.overlay
    found = {name: rows.get(name, _empty(name)) for name in INPUTS if name != "payees"}
    if "payees" in rows:
        found["payees"] = _unnamed(rows["payees"])
    lines = found["order_lines"]
    days = [name for name in LINE_DAYS if name in lines.column_names]
    found["order_lines"] = overlay.moved(
        lines.append_column(ORIGINAL_DAY, lines.column("ordered_on")), days
    )
    ends = overlay.of.ends_before
    for name, first in (("exchange_rates", given.since), ("figures", date.min)):
        found[name] = overlay.moved(_between(found[name], "on_date", first, ends), ["on_date"])
    first, before = given.target_days
    if not overlay.is_same:
        first, before = overlay.of.starts_on, ends
    touching = _holding(found["quotas"], first, before)
    moved = [name for name in (*CAUSE_OF, *WHOLE) if name in found and name != "figures"]
    for name in moved:
        if name == "rate_tables":
            held = _rows_held(found[name], given.since, ends) if given.is_clipped else found[name]
        elif name == "quotas":
            held = touching if overlay.is_same else _clipped(touching, first, before)
        else:
            held = _clipped(found[name], given.since, ends) if given.is_clipped else found[name]
        found[name] = overlay.moved(held, PERIOD_DATES)
    return found


def _between(rows: pa.Table, column: str, first: date, before: date) -> pa.Table:
    days = rows.column(column)
    return rows.filter(pc.and_(pc.greater_equal(days, first), pc.less(days, before)))


def _holding(rows: pa.Table, first: date, before: date) -> pa.Table:
    """The rows that hold on one of the days."""
    ends = pc.fill_null(rows.column("ends_before"), before)
    starts = rows.column("starts_on")
    return rows.filter(pc.and_(pc.less(starts, before), pc.greater(ends, first)))


def _clipped(rows: pa.Table, first: date, before: date) -> pa.Table:
    """The rows that hold on one of the days, from the first day and to the last at most."""
    rows = _holding(rows, first, before)
    place = rows.column_names.index
    starts = pc.max_element_wise(rows.column("starts_on"), pa.scalar(first, pa.date32()))
    ends = pc.fill_null(rows.column("ends_before"), before)
    ends = pc.min_element_wise(ends, pa.scalar(before, pa.date32()))
    rows = rows.set_column(place("starts_on"), "starts_on", starts)
    rows = rows.set_column(place("ends_before"), "ends_before", ends)
    return rows.filter(pc.less(rows.column("starts_on"), rows.column("ends_before")))


def _rows_held(rows: pa.Table, first: date, before: date) -> pa.Table:
    """The rows of tables of rates that hold on one of the days, without days outside them: rows
    without a day hold since ever.
    """
    starts, ends = rows.column("starts_on"), rows.column("ends_before")
    in_time = pc.and_(
        pc.fill_null(pc.less(starts, before), fill_value=True),
        pc.fill_null(pc.greater(ends, first), fill_value=True),
    )
    none = pa.scalar(None, pa.date32())
    place = rows.column_names.index
    rows = rows.set_column(
        place("starts_on"), "starts_on", pc.if_else(pc.less_equal(starts, first), none, starts)
    )
    rows = rows.set_column(
        place("ends_before"), "ends_before", pc.if_else(pc.greater_equal(ends, before), none, ends)
    )
    return rows.filter(in_time)


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
