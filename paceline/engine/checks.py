"""Checks on what comes in: what a plan needs, the order lines, and the words for every finding."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Self

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import COUNT, EXACT, TEXT, col, select, typed
from paceline.engine.errors import InputInvalid, Problem
from paceline.engine.executor import Workspace
from paceline.engine.formula.tree import currencies_in, needed_names
from paceline.engine.inputs import line_columns
from paceline.engine.money import DIGITS
from paceline.engine.needs import needed_tables
from paceline.engine.periods import Period
from paceline.engine.plan.games import FAULTS
from paceline.engine.plan.model import Plan
from paceline.engine.shape import Shape, shape_of
from paceline.engine.table_checks import SHOWN, Finding, check_table
from paceline.engine.tables import REQUIRED
from paceline.engine.windows import straddled

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
    "reporting_to_self": "{table}: {subject} reports to themselves",
    "reporting_circular": "{table}: {subject} is above themselves on {detail}",
    "currency_unknown": "{table}: {subject} is no active currency ({count} rows)",
    "currencies_mixed": "order_lines: {count} lines are in {subject}, formulas in {detail}",
    "exchange_rate_missing": "exchange_rates: no {detail} rate from {subject}",
    "shares_exceed_line": "order_lines: rules take more than there is of line {subject}",
    "owners_exceed": "owners: the owners of {subject} have more than 100 % on {detail}",
    "totals_differ": "order_lines: the files state other totals in {subject} than they hold",
    **{code: f"{{table}}: {text} ({{subject}}: {{detail}})" for code, text in FAULTS.items()},
    "rate_table_empty": "rate_tables: there is no row of {subject}; add its rows, or name another",
    "rate_table_too_long": "rate_tables: {subject} rows are more than {detail}; split the table",
    "rate_column_unasked": "rate_tables: {count} rows of {subject} state the column {detail}, by "
    "which the plan does not ask; name it in `by`, or empty it",
    "rate_row_unpaid": "rate_tables, {subject}: what is paid from {detail} on is empty; state it, "
    "0 where nothing is paid",
    "rate_row_repeated": "rate_tables, {subject}: two rows begin at {detail}; leave one out",
    "rate_rows_start_late": "rate_tables, {subject}: nothing is said below {detail}; begin at 0",
    "rate_rows_gap": "rate_tables, {subject}: nothing is said from {detail} to where the next row "
    "begins; leave `to` empty, or let them meet",
    "rate_rows_overlap": "rate_tables, {subject}: the row ends at {detail}, after the next begins; "
    "leave `to` empty, or let them meet",
    "rate_rows_end": "rate_tables, {subject}: nothing is said from {detail} on; leave `to` empty "
    "in the last row",
    "rate_row_currency": "rate_tables, {subject}: the row is in {detail}, not in the plan's "
    "currency; convert it",
    "rate_days_reversed": "rate_tables, {subject}: the row ends on {detail}, before it starts",
    "rate_days_differ": "rate_tables, {subject}: rows that start together end on different days",
    "rate_days_gap": "rate_tables, {subject}: days from {detail} on have no row until the next "
    "start; leave `ends_before` empty, or let them meet",
    "rate_days_overlap": "rate_tables, {subject}: the row holds until {detail}, after the next "
    "starts; leave `ends_before` empty, or let them meet",
    "rate_missing": "rate_tables: {subject} has no row that holds on {detail}; add one, or say "
    "`missing: nothing` in the plan",
    "period_too_long": "the period {subject} has more than {detail} days",
    "amount_too_large": "an amount is too large to be calculated exactly",
    "plan_too_deep": "it stands on too many figures of the plan, one above the other",
    "figure_too_large": "a figure needs more than the 38 digits that there are for it",
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
    elif period.kind is not None and not plan.calendar.has(period):
        own = plan.calendar.nearest(plan.period, period.starts_on, period.ends_before).key
        problems.append(
            Problem(
                "period_not_of_calendar",
                f"{period.key} is no {plan.period} of the plan's calendar; the nearest is {own}",
                path="period",
                params={"period": period.key, "kind": plan.period, "nearest": own},
            )
        )
    problems += [
        Problem(
            "period_straddles",
            f"the plan's {unit} begins on {day}, inside {period.key}",
            path="period",
            params={"period": period.key, "unit": unit, "day": str(day)},
        )
        for unit, day in straddled(plan, period, shape_of(plan).windows)
    ]
    if problems:
        raise InputInvalid(problems)


def check_inputs(workspace: Workspace, shape: Shape, period: Period) -> None:
    """Every check of every table that is there. Raises InputInvalid with all findings."""
    with ThreadPoolExecutor(1) as beside:
        Checking(workspace, shape, period, beside).finish()


class Checking:
    """Every check of every table that is there, around other work. Whatever comes of that, even an
    error, findings refuse it at its end. Tables in memory are checked by the thread `beside` from
    when the work begins to wait for a database that leaves a processor free.
    """

    def __init__(
        self, workspace: Workspace, shape: Shape, period: Period, beside: Executor
    ) -> None:
        self._found = _findings_of_files(workspace, shape)
        self._others = partial(_findings, workspace, shape, period)
        self._beside = beside
        self._begun: Future[list[Finding]] | None = None

    def begin(self) -> Future[list[Finding]]:
        """Let the other thread check the tables in memory."""
        if self._begun is None:
            self._begun = self._beside.submit(self._others)
        return self._begun

    def finish(self) -> None:
        """Wait for the findings, and refuse the run if there are any."""
        found = [*self._found, *self.begin().result()]
        if found:
            raise InputInvalid([problem(*row) for row in sorted(found)[:200]])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.finish()


def _findings(workspace: Workspace, shape: Shape, period: Period) -> list[Finding]:
    """What is wrong with the tables in memory."""
    tables, checked = workspace.inputs.seen, workspace.inputs.grain_checked
    return [
        row
        for name in tables
        for row in check_table(name, shape, tables, period, grain_checked=name in checked)
    ]


def _findings_of_files(workspace: Workspace, shape: Shape) -> list[Finding]:
    """What is wrong with order lines that the database reads; notes what came in."""
    found: list[Finding] = []
    if "order_lines" not in {*workspace.inputs.tables, *workspace.inputs.grain_checked}:
        found += workspace.rows("repeated lines", _repeated_lines)
    return found + _line_findings(workspace, shape)


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


_SUMMED = ("currency", "count_all", "amount_sum")


def note_what_came_in(
    workspace: Workspace, counted: Sequence[str] = ()
) -> list[tuple[str, int, list[int]]]:
    """Note lines and amount of each currency, apart from any crediting; returns the currencies with
    their lines and the number of values in each of the `counted` columns.

    Files that state their totals are not read for them; the account at the end of the run holds
    what was read against what they state. Lines in memory are added up there.
    """
    if "order_lines" in workspace.inputs.tables:
        rows = workspace.inputs.tables["order_lines"].group_by("currency")
        sums = rows.aggregate([("amount", "sum"), ([], "count_all")])
        totals = zip(*(sums.column(name).to_pylist() for name in _SUMMED), strict=True)
        for currency, lines, amount in totals:
            workspace.imported[currency] = (lines, amount or Decimal(0))
        return [(one, lines, []) for one, (lines, _amount) in workspace.imported.items()]
    stated = workspace.inputs.stated_totals
    if stated is not None and not counted:
        workspace.imported.update(stated)
        return [(currency, lines, []) for currency, (lines, _amount) in stated.items()]

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
