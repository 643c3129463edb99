"""Checks on what comes in: which rows break a rule, and the words for them.

Everything but order lines is held in memory and is looked at there, column by column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import COUNT, EXACT, TEXT, col, select, typed
from paceline.engine.database import Workspace
from paceline.engine.errors import InputInvalid, Problem
from paceline.engine.formula.tree import currencies_in, needed_names
from paceline.engine.inputs import line_columns
from paceline.engine.money import DIGITS
from paceline.engine.needs import needed_tables
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan, Quota
from paceline.engine.shape import Shape
from paceline.engine.tables import INPUTS, REQUIRED
from paceline.engine.windows import target_window

SHOWN = 20  # rows named per rule; the count covers all

_MESSAGES: dict[str, str] = {
    "value_missing": "{table}: {count} rows have no {subject}",
    "row_repeated": "{table}: {subject} occurs {count} times",
    "share_invalid": "{table}: the share of {subject} is not above 0 and at most 1",
    "splits_incomplete": "credit_splits: the shares of line {subject} add up to {detail}, not to 1",
    "overlay_not_allowed": "credit_splits: line {subject} has an overlay, the plan allows none",
    "dates_reversed": "{table}: the row of {subject} that starts on {detail} ends before it starts",
    "dates_overlap": "{table}: two rows of {subject} overlap on {detail}",
    "quota_straddles_period": "quotas: the row of {subject} from {detail} is partly in the period",
    "quota_currency": "quotas: the row of {subject} is in {detail}, not in the plan's currency",
    "quota_negative": "quotas: the row of {subject} is below zero",
    "rate_not_positive": "exchange_rates: the rate of {subject} on {detail} is not above zero",
    "reporting_to_self": "reporting: {subject} reports to themselves",
    "reporting_circular": "reporting: {subject} is above themselves on {detail}",
    "currency_unknown": "{table}: {subject} is no active currency ({count} rows)",
    "currencies_mixed": "order_lines: {count} lines are in {subject}, formulas in {detail}",
    "exchange_rate_missing": "exchange_rates: no {detail} rate from {subject}",
    "shares_exceed_line": "order_lines: rules take more than there is of line {subject}",
    "owners_exceed": "owners: the owners of {subject} have more than 100 % on {detail}",
    "period_too_long": "the period {subject} has more than {detail} days",
    "amount_too_large": "an amount is too large to be calculated exactly",
}


def problem(code: str, table: str, subject: str = "", detail: str = "", count: int = 0) -> Problem:
    """One finding in words."""
    params: dict[str, str | int] = {
        "table": table,
        "subject": subject,
        "detail": detail,
        "count": count,
    }
    return Problem(code, _MESSAGES[code].format(**params), path=table, params=params)


def check_presence(plan: Plan, given: list[str], period: Period) -> None:
    """Every table that the plan needs is there, and the period is of the plan's kind."""
    needed = [*REQUIRED, *sorted(needed_tables(plan))]
    problems = [
        Problem(
            "table_missing", f"the plan needs the table {name}", path=name, params={"table": name}
        )
        for name in needed
        if name not in given
    ]
    if period.kind is not None and period.kind != plan.period:
        problems.append(
            Problem(
                "period_kind_differs",
                f"{period.key} is a {period.kind}; the plan pays by the {plan.period}",
                path="period",
                params={"period": period.key, "given": period.kind, "wanted": plan.period},
            )
        )
    if problems:
        raise InputInvalid(problems)


def check_inputs(workspace: Workspace, shape: Shape, period: Period) -> None:
    """Every check of every table that is there. Raises InputInvalid with all findings."""
    tables = workspace.inputs.tables
    found: list[Finding] = []
    for name, rows in tables.items():
        if name != "order_lines":
            found += _missing_values(name, rows)
        if name not in workspace.inputs.grain_checked:
            found += _shown(_repeated(name, rows))
        if name in _CHECKS:
            found += _CHECKS[name](shape, tables, period)
    if "order_lines" not in {*tables, *workspace.inputs.grain_checked}:
        found += workspace.rows("repeated lines", _repeated_lines)
    found += _line_findings(workspace, shape)
    if found:
        raise InputInvalid([problem(*row) for row in sorted(found)[:200]])


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
    groups = rows.select(grain).group_by(grain).aggregate([([], "count_all")])
    for row in _rows_where(groups, pc.greater(groups.column("count_all"), 1)):
        yield ("row_repeated", name, _subject(row, grain), "", row["count_all"])


def _repeated_lines() -> exp.Select:
    """The same for order lines that lie in files."""
    rows = exp.Count(this=exp.Star())
    query = select(
        {
            "code": typed(c.text("row_repeated"), TEXT),
            "place": typed(c.text("order_lines"), TEXT),
            "subject": col("line_id"),
            "detail": typed(c.text(""), TEXT),
            "found": typed(rows, COUNT),
        }
    ).from_(c.source("in_order_lines"), copy=False)
    query = query.group_by(col("line_id"), copy=False)
    query = query.having(exp.GT(this=rows.copy(), expression=c.whole(1)), copy=False)
    return query.order_by(col("line_id"), copy=False).limit(SHOWN, copy=False)


def _splits(shape: Shape, tables: InMemory, _period: Period) -> list[Finding]:
    rows = tables["credit_splits"]
    share = rows.column("share")
    outside = pc.or_(pc.less_equal(share, Decimal(0)), pc.greater(share, Decimal(1)))
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
    shares = rows.filter(pc.invert(rows.column("is_overlay")))
    wide = shares.set_column(
        shares.column_names.index("share"),
        "share",
        pc.cast(shares.column("share"), pa.decimal128(38, 8)),
    )
    totals = wide.group_by("line_id").aggregate([("share", "sum"), ([], "count_all")])
    found += _shown(
        (
            "splits_incomplete",
            "credit_splits",
            str(row["line_id"]),
            str(row["share_sum"]),
            row["count_all"],
        )
        for row in _rows_where(totals, pc.not_equal(totals.column("share_sum"), Decimal(1)))
    )
    if shape.plan.policies.splits == "exactly-100":
        found += _shown(
            ("overlay_not_allowed", "credit_splits", str(row["line_id"]), "", 1)
            for row in _rows_where(rows, rows.column("is_overlay"))
        )
    return found


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


def _leaves(_shape: Shape, tables: InMemory, _period: Period) -> list[Finding]:
    return _dates("leaves", ("payee_id",), tables["leaves"])


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


def _whole_months(quota: Quota, rows: pa.Table) -> pa.Array:
    """The rows that begin and end with a month and hold as many as the spread has parts of."""
    fits = []
    for first, before in zip(
        rows.column("starts_on").to_pylist(), rows.column("ends_before").to_pylist(), strict=True
    ):
        months = (before.year - first.year) * 12 + before.month - first.month
        whole = first.day == before.day == 1
        fits.append(whole and months == (12 if quota.weights else max(months, 1)))
    return pa.array(fits, pa.bool_())


def _quota(plan: Plan, quota: Quota, rows: pa.Table, period: Period) -> list[Finding]:
    """The rows of one quota that touch its window lie in it, and are in the plan's currency."""
    first, before = target_window(plan, period, quota.over)
    keys = ("quota", "payee_id")
    starts, ends = rows.column("starts_on"), rows.column("ends_before")
    touches = pc.and_(pc.less(starts, before), pc.greater(ends, first))
    over = pc.or_(pc.less(starts, first), pc.greater(ends, before))
    if quota.is_worked_out:
        over = pc.invert(_whole_months(quota, rows))
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
    "quotas": _quotas,
    "teams": _teams,
    "owners": _owners,
    "leaves": _leaves,
    "exchange_rates": _rates,
}


def _line_findings(workspace: Workspace, shape: Shape) -> list[Finding]:
    """Missing values, unknown currencies and mixed currencies of the lines; notes what came in.

    Files and tables in memory know how many values are empty; what they do not say is counted in
    the pass that adds up what came in.
    """
    formulas = [*shape.values, *(rule.when for rule in shape.rules if rule.when is not None)]
    formulas += [rule.share for rule in shape.rules if rule.share is not None]
    formulas += [one.of for one in shape.plan.measures if one.is_keyed and one.of is not None]
    needed = {"line_id", "ordered_on", "amount", "currency", "kind"}
    literals: set[str] = set()
    for formula in formulas:
        literals |= currencies_in(formula.root)
        needed |= needed_names(formula.root)
    kinds = {column.name: column.kind for column in line_columns(shape.plan)}
    optional_texts = {name for name, kind in kinds.items() if kind is TEXT} - {
        "line_id",
        "currency",
        "kind",
    }
    needed -= optional_texts
    empty = {name: workspace.inputs.empty_lines.get(name, 0) for name in needed}
    counted = sorted(needed - set(workspace.inputs.empty_lines))

    found: list[Finding] = []
    for currency, lines, counts in note_what_came_in(workspace, counted):
        for name, count in zip(counted, counts, strict=True):
            empty[name] += lines - count
        if currency is not None and currency not in DIGITS:
            found.append(("currency_unknown", "order_lines", currency, "", lines))
        found += [
            ("currencies_mixed", "order_lines", currency, literal, lines)
            for literal in sorted(literals)
            if currency not in {None, literal}
        ]
    found += [
        ("value_missing", "order_lines", name, "", count) for name, count in empty.items() if count
    ]
    return found


def note_what_came_in(
    workspace: Workspace, counted: Sequence[str] = ()
) -> list[tuple[str, int, list[int]]]:
    """Note lines and amount of each currency, apart from any crediting; returns the currencies with
    their lines and the number of values in each of the `counted` columns.
    """

    def query() -> exp.Query:
        counts = {f"n_{name}": typed(exp.Count(this=col(name)), COUNT) for name in counted}
        columns = {
            "currency": col("currency"),
            "lines": c.count_rows(),
            "amount": c.total(col("amount"), EXACT),
            **counts,
        }
        return (
            select(columns)
            .from_(c.source("in_order_lines"), copy=False)
            .group_by(col("currency"), copy=False)
        )

    found = []
    for currency, lines, amount, *counts in workspace.rows(f"came in, {counted}", query):
        workspace.imported[currency] = (lines, amount)
        found.append((currency, lines, counts))
    return found
