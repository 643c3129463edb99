"""Checks on the tables that are held in memory, column by column: which rows break a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.columns import SHARE
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan, Quota
from paceline.engine.rate_tables import TABLE as RATE_TABLES
from paceline.engine.rate_tables import check_rate_tables
from paceline.engine.shape import Shape
from paceline.engine.split_rows import LINE, replacing
from paceline.engine.tables import INPUTS
from paceline.engine.windows import target_window

SHOWN = 20  # rows named per rule; the count covers all
Finding = tuple[str, str, str, str, int]  # code, table, subject, detail, rows
Row = dict[str, Any]
InMemory = dict[str, pa.Table]


def _shown(found: Iterator[Finding]) -> list[Finding]:
    """The first findings of one rule."""
    return sorted(found)[:SHOWN]


def _subject(row: Row, keys: Sequence[str]) -> str:
    return ", ".join(str(row[key]) for key in keys if row[key] is not None)


def _rows_where(rows: pa.Table, test: pa.ChunkedArray) -> list[Row]:
    """The rows that a test, true or false or empty, is true of."""
    if not pc.any(test).as_py():
        return []
    broken: list[Row] = rows.filter(test).to_pylist()
    return broken


def _missing_values(name: str, rows: pa.Table) -> list[Finding]:
    return [
        ("value_missing", name, column.name, "", rows.column(column.name).null_count)
        for column in INPUTS[name].columns
        if column.required and rows.column(column.name).null_count
    ]


def _repeated(name: str, rows: pa.Table) -> Iterator[Finding]:
    """Rows that share the table's grain."""
    grain = list(INPUTS[name].grain)
    # Lines with split rows have numbers, one for each id, which are compared faster.
    quick = [LINE if (name, key) == ("credit_splits", "line_id") else key for key in grain]
    if _ascends(rows.select(quick).combine_chunks()):
        return
    groups = rows.select(grain).group_by(grain).aggregate([([], "count_all")])
    for row in _rows_where(groups, pc.greater(groups.column("count_all"), 1)):
        yield ("row_repeated", name, _subject(row, grain), "", row["count_all"])


def _ascends(keys: pa.Table) -> bool:
    """Whether each row comes after the one before, by its columns in order: then no two are alike.

    Most tables are written in the order of their grain, and looking is cheaper than grouping.
    """
    if keys.num_rows < 2:
        return True
    after: pa.ChunkedArray | None = None
    same: pa.ChunkedArray | None = None
    for column in keys.columns:
        values = pc.cast(column, pa.int8()) if pa.types.is_boolean(column.type) else column
        before, now = values.slice(0, keys.num_rows - 1), values.slice(1)
        more, equal = pc.greater(now, before), pc.equal(now, before)
        after = more if after is None else pc.or_(after, pc.and_(same, more))
        same = equal if same is None else pc.and_(same, equal)
    found = pc.all(pc.fill_null(after, fill_value=False)).as_py()
    return bool(found)


def check_table(
    name: str, shape: Shape, tables: InMemory, period: Period, *, grain_checked: bool
) -> list[Finding]:
    """Every rule that a table's rows may break."""
    found: list[Finding] = []
    if name != "order_lines":
        found += _missing_values(name, tables[name])
    if name == RATE_TABLES:
        return found or check_rate_tables(shape.plan, tables)
    if not grain_checked:
        found += _shown(_repeated(name, tables[name]))
    if name in _CHECKS:
        found += _CHECKS[name](shape, tables, period)
    return found


def _splits(shape: Shape, tables: InMemory, _period: Period) -> list[Finding]:
    rows = tables["credit_splits"]
    units = _units(rows.column("share"))
    outside = pc.or_(pc.less_equal(units, 0), pc.greater(units, WHOLE))
    found = _shown(
        (
            "share_invalid",
            "credit_splits",
            _subject(row, ("line_id", "payee_id")),
            str(row["share"]),
            1,
        )
        for row in _rows_where(rows, outside)
    )
    if shape.plan.policies.splits == "exactly-100":
        found += _shown(
            ("overlay_not_allowed", "credit_splits", str(row["line_id"]), "", 1)
            for row in _rows_where(rows, rows.column("is_overlay"))
        )
    return found + _shown(_incomplete(rows))


WHOLE = 10 ** (SHARE.scale or 0)  # units of the last decimal of a share


def _units(shares: pa.ChunkedArray) -> pa.Array:
    """Shares as whole numbers of their last decimal."""
    narrow = pc.cast(shares, pa.decimal64(18, SHARE.scale or 0))
    return narrow.combine_chunks().view(pa.int64())


def _are_whole(parts: pa.Table) -> bool:
    """Whether the parts of each line are the whole, as their running total tells where the rows are
    in the order of their lines; False says nothing.
    """
    lines, units = parts.column(LINE).combine_chunks(), _units(parts.column("share"))
    before, now = lines.slice(0, max(len(lines) - 1, 0)), lines.slice(1)
    if not len(lines) or units.null_count or not pc.all(pc.less_equal(before, now)).as_py():
        return False
    is_last = pa.concat_arrays([pc.less(before, now), pa.array([True])])
    through = pc.cumulative_sum(units).filter(is_last)
    further = pc.pairwise_diff(through).slice(1)
    return bool(through[0].as_py() == WHOLE and pc.all(pc.equal(further, WHOLE)).as_py())


def _incomplete(rows: pa.Table) -> Iterator[Finding]:
    """Lines whose parts are not the whole."""
    parts = replacing(rows)
    if _are_whole(parts):
        return
    empty_is_zero = pc.ScalarAggregateOptions(min_count=0)
    groups = parts.select([LINE, "share"]).group_by(LINE, use_threads=False)
    totals = groups.aggregate([("share", "sum", empty_is_zero), ([], "count_all")])
    for row in _rows_where(totals, pc.not_equal(totals.column("share_sum"), Decimal(1))):
        own = parts.filter(pc.equal(parts.column(LINE), row[LINE])).column("line_id")
        yield (
            "splits_incomplete",
            "credit_splits",
            str(own[0]),
            str(row["share_sum"]),
            row["count_all"],
        )


def _reversed(name: str, keys: Sequence[str], rows: pa.Table) -> Iterator[Finding]:
    """Rows that end before they start."""
    test = pc.less_equal(rows.column("ends_before"), rows.column("starts_on"))
    for row in _rows_where(rows, test):
        yield ("dates_reversed", name, _subject(row, keys), str(row["starts_on"]), 1)


def _overlapping(name: str, keys: Sequence[str], rows: pa.Table) -> Iterator[Finding]:
    """Rows of one key that overlap the row that starts next."""
    order = pc.sort_indices(rows, sort_keys=[(key, "ascending") for key in (*keys, "starts_on")])
    rows = rows.select([*keys, "starts_on", "ends_before"]).take(order).combine_chunks()
    this, following = rows.slice(0, max(rows.num_rows - 1, 0)), rows.slice(1)
    same = pc.fill_null(pc.equal(this.column(keys[0]), following.column(keys[0])), fill_value=False)
    for key in keys[1:]:
        same = pc.and_(same, pc.equal(this.column(key), following.column(key)))
    runs_on = pc.fill_null(
        pc.less(following.column("starts_on"), this.column("ends_before")), fill_value=True
    )
    for row in _rows_where(following, pc.and_(same, runs_on)):
        yield ("dates_overlap", name, _subject(row, keys), str(row["starts_on"]), 1)


def _dates(name: str, keys: Sequence[str], rows: pa.Table) -> list[Finding]:
    return _shown(_reversed(name, keys, rows)) + _shown(_overlapping(name, keys, rows))


def _of_plan(shape: Shape, tables: InMemory) -> pa.Table:
    rows = tables["assignments"]
    return rows.filter(pc.equal(rows.column("plan"), shape.plan.slug))


def _payees(_shape: Shape, tables: InMemory, _period: Period) -> list[Finding]:
    return _shown(_reversed("payees", ("payee_id",), tables["payees"]))


def _assignments(shape: Shape, tables: InMemory, _period: Period) -> list[Finding]:
    return _dates("assignments", ("payee_id",), _of_plan(shape, tables))


def _reporting(_shape: Shape, tables: InMemory, _period: Period) -> list[Finding]:
    rows = tables["reporting"]
    own = pc.equal(rows.column("payee_id"), rows.column("manager_id"))
    return _dates("reporting", ("payee_id",), rows) + _shown(
        ("reporting_to_self", "reporting", row["payee_id"], "", 1) for row in _rows_where(rows, own)
    )


def _hierarchies(shape: Shape, tables: InMemory, _period: Period) -> list[Finding]:
    """One table holds every hierarchy: those that the plan does not name are left alone."""
    rows = tables["hierarchies"]
    named = pc.is_in(rows.column("hierarchy"), pa.array(shape.trees, pa.string()))
    rows, keys = rows.filter(named), ("hierarchy", "payee_id")
    own = pc.equal(rows.column("payee_id"), rows.column("manager_id"))
    return _dates("hierarchies", keys, rows) + _shown(
        ("reporting_to_self", "hierarchies", _subject(row, keys), "", 1)
        for row in _rows_where(rows, own)
    )


def _leaves(_shape: Shape, tables: InMemory, _period: Period) -> list[Finding]:
    return _dates("leaves", ("payee_id",), tables["leaves"])


def _coalitions(_shape: Shape, tables: InMemory, _period: Period) -> list[Finding]:
    return _dates("coalitions", ("pool", "team", "members"), tables["coalitions"])


def _teams(_shape: Shape, tables: InMemory, _period: Period) -> list[Finding]:
    return _dates("teams", ("payee_id",), tables["teams"])


def _quotas(shape: Shape, tables: InMemory, period: Period) -> list[Finding]:
    """One table serves every plan: quotas of people whom this plan does not pay are not its own."""
    plan, keys = shape.plan, ("quota", "payee_id")
    names = pa.array([quota.name for quota in plan.quotas], pa.string())
    paid = pc.unique(_of_plan(shape, tables).column("payee_id"))
    if "teams" in tables and any(quota.per == "team" for quota in plan.quotas):
        paid = pa.concat_arrays([paid, pc.unique(tables["teams"].column("team"))])
    rows = tables["quotas"]
    used = pc.and_(pc.is_in(rows.column("quota"), names), pc.is_in(rows.column("payee_id"), paid))
    rows = rows.filter(used)
    if not rows.num_rows:
        return []
    found = _dates("quotas", keys, rows)
    found += _shown(
        ("quota_negative", "quotas", _subject(row, keys), "", 1)
        for row in _rows_where(rows, pc.less(rows.column("amount"), Decimal(0)))
    )
    for quota in plan.quotas:
        found += _quota(
            plan, quota, rows.filter(pc.equal(rows.column("quota"), quota.name)), period
        )
    return found


def _owners(_shape: Shape, tables: InMemory, _period: Period) -> list[Finding]:
    """Shares of owners lie above 0, and those of one thing are at most 100 % on every day."""
    rows, keys = tables["owners"], ("kind", "key", "payee_id")
    share = rows.column("share")
    outside = pc.or_(pc.less_equal(share, Decimal(0)), pc.greater(share, Decimal(1)))
    found = _shown(
        ("share_invalid", "owners", _subject(row, keys), str(row["share"]), 1)
        for row in _rows_where(rows, outside)
    )
    found += _dates("owners", keys, rows)
    changes: dict[tuple[str, str], list[tuple[date, Decimal]]] = {}
    for row in rows.to_pylist():
        edges = changes.setdefault((row["kind"], row["key"]), [])
        edges.append((row["starts_on"], row["share"]))
        if row["ends_before"] is not None:
            edges.append((row["ends_before"], -row["share"]))
    return found + _shown(_owned_beyond_all(changes))


def _owned_beyond_all(
    changes: dict[tuple[str, str], list[tuple[date, Decimal]]],
) -> Iterator[Finding]:
    """The first day on which the shares of one thing pass 100 %."""
    for (kind, key), edges in changes.items():
        total = Decimal(0)
        for day, change in sorted(edges):
            total += change
            if total > 1:
                yield ("owners_exceed", "owners", f"{kind}, {key}", str(day), 1)
                break


def _spreadable(plan: Plan, quota: Quota, rows: pa.Table) -> pa.Array:
    """The rows that begin and end with a month and hold as many as the spread has parts of; without
    a spread all of them.
    """
    if not quota.weights:
        return pa.repeat(pa.scalar(value=True), rows.num_rows)
    fits = []
    for first, before in zip(
        rows.column("starts_on").to_pylist(), rows.column("ends_before").to_pylist(), strict=True
    ):
        months = plan.calendar.months_between(first, before)
        whole = all(plan.calendar.start_of("month", day) == day for day in (first, before))
        fits.append(whole and months == 12)
    return pa.array(fits, pa.bool_())


def _quota(plan: Plan, quota: Quota, rows: pa.Table, period: Period) -> list[Finding]:
    """The rows of one quota that touch its window lie in it, and are in the plan's currency."""
    first, before = target_window(plan, period, quota.over)
    keys = ("quota", "payee_id")
    starts, ends = rows.column("starts_on"), rows.column("ends_before")
    touches = pc.and_(pc.less(starts, before), pc.greater(ends, first))
    over = pc.or_(pc.less(starts, first), pc.greater(ends, before))
    if quota.is_worked_out:
        over = pc.invert(_spreadable(plan, quota, rows))
    found = _shown(
        ("quota_straddles_period", "quotas", _subject(row, keys), str(row["starts_on"]), 1)
        for row in _rows_where(rows, pc.and_(touches, over))
    )
    if not plan.measure(quota.measure).is_money:
        return found
    foreign = pc.not_equal(pc.fill_null(rows.column("currency"), "—"), plan.currency)
    return found + _shown(
        ("quota_currency", "quotas", _subject(row, keys), row["currency"] or "—", 1)
        for row in _rows_where(rows, pc.and_(touches, foreign))
    )


def _rates(_shape: Shape, tables: InMemory, _period: Period) -> list[Finding]:
    rows, keys = tables["exchange_rates"], ("from_currency", "to_currency")
    return _shown(
        ("rate_not_positive", "exchange_rates", _subject(row, keys), str(row["on_date"]), 1)
        for row in _rows_where(rows, pc.less_equal(rows.column("rate"), Decimal(0)))
    )


_CHECKS: dict[str, Callable[[Shape, InMemory, Period], list[Finding]]] = {
    "credit_splits": _splits,
    "payees": _payees,
    "assignments": _assignments,
    "reporting": _reporting,
    "hierarchies": _hierarchies,
    "quotas": _quotas,
    "teams": _teams,
    "owners": _owners,
    "leaves": _leaves,
    "coalitions": _coalitions,
    "exchange_rates": _rates,
}
