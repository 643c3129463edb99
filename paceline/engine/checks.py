"""Checks on what comes in, each a query for the rows that break a rule, and the words for them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import COUNT, EXACT, SHARE, STORED, TEXT, col, select, typed
from paceline.engine.database import Workspace
from paceline.engine.errors import InputInvalid, Problem
from paceline.engine.formula.tree import currencies_in, needed_names
from paceline.engine.money import DIGITS
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.shape import Shape
from paceline.engine.tables import INPUTS, REQUIRED

SHOWN = 20  # rows named per rule; the count covers all

_MESSAGES: dict[str, str] = {
    "value_missing": "{table}: {count} rows have no {subject}",
    "row_repeated": "{table}: {subject} occurs {count} times",
    "share_invalid": "credit_splits: the share of {subject} is not above 0 and at most 1",
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


def check_presence(plan: Plan, shape: Shape, given: list[str], period: Period) -> None:
    """Every table that the plan needs is there, and the period is of the plan's kind."""
    needed = [
        *REQUIRED,
        *(["quotas"] if plan.quotas else []),
        *(["reporting"] if shape.rolls_up else []),
    ]
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


def check_inputs(workspace: Workspace, shape: Shape, given: list[str]) -> None:
    """Run every check whose table is there, in one statement. Raises InputInvalid."""
    checked = workspace.checked_grain
    in_memory = workspace.empty_values
    rows = workspace.rows(
        f"checks but grain of {sorted(checked)} and values of {sorted(in_memory)}",
        lambda: _findings(shape, given, checked, in_memory),
    )
    rows += [
        ("value_missing", name, column.name, "", empty[column.name])
        for name, empty in in_memory.items()
        for column in INPUTS[name].columns
        if column.required and name != "order_lines" and empty.get(column.name)
    ]
    rows += _line_findings(workspace, shape)
    if rows:
        raise InputInvalid([problem(*row) for row in sorted(rows)[:200]])


def _findings(
    shape: Shape, given: list[str], grain_checked: set[str], values_checked: Collection[str]
) -> exp.Query:
    queries: list[exp.Select] = []
    for name in given:
        if name != "order_lines" and name not in values_checked:
            queries += _missing_values(name)
        if name not in grain_checked:
            queries.append(_repeated(name))
    for name, make in _CHECKS:
        if name in given:
            queries += make(shape)
    return c.union_all([_shown(query) for query in queries])


def _finding(
    code: str, table: str, subject: exp.Expr, detail: exp.Expr, count: exp.Expr
) -> exp.Select:
    return select(
        {
            "code": typed(c.text(code), TEXT),
            "place": typed(c.text(table), TEXT),
            "subject": typed(subject, TEXT),
            "detail": typed(detail, TEXT),
            "found": typed(count, COUNT),
        }
    )


def _missing_values(name: str) -> list[exp.Select]:
    return [
        _finding("value_missing", name, c.text(column.name), c.text(""), exp.Count(this=exp.Star()))
        .from_(c.source(f"in_{name}"), copy=False)
        .where(col(column.name).is_(exp.null()), copy=False)
        .having(exp.GT(this=exp.Count(this=exp.Star()), expression=c.whole(0)), copy=False)
        for column in INPUTS[name].columns
        if column.required
    ]


def _joined(names: tuple[str, ...]) -> exp.Expr:
    parts = [typed(col(name), TEXT) for name in names]
    return c.call("concat_ws", c.text(", "), *parts) if len(parts) > 1 else parts[0]


def _repeated(name: str) -> exp.Select:
    grain = INPUTS[name].grain
    return (
        _finding("row_repeated", name, _joined(grain), c.text(""), exp.Count(this=exp.Star()))
        .from_(c.source(f"in_{name}"), copy=False)
        .group_by(*(col(key) for key in grain), copy=False)
        .having(exp.GT(this=exp.Count(this=exp.Star()), expression=c.whole(1)), copy=False)
    )


def _splits(shape: Shape) -> list[exp.Select]:
    share = typed(col("share"), SHARE)
    table = c.source("in_credit_splits")
    outside = c.either(
        exp.LTE(this=share, expression=c.number(0, SHARE)),
        exp.GT(this=share.copy(), expression=c.number(1, SHARE)),
    )
    total = typed(exp.Sum(this=share.copy()), c.RATE)
    checks = [
        _finding(
            "share_invalid",
            "credit_splits",
            _joined(("line_id", "payee_id")),
            share.copy(),
            c.whole(1),
        )
        .from_(table.copy(), copy=False)
        .where(outside, copy=False),
        _finding(
            "splits_incomplete", "credit_splits", col("line_id"), total, exp.Count(this=exp.Star())
        )
        .from_(table.copy(), copy=False)
        .where(exp.Not(this=col("is_overlay")), copy=False)
        .group_by(col("line_id"), copy=False)
        .having(exp.NEQ(this=total.copy(), expression=c.number(1, c.RATE)), copy=False),
    ]
    if shape.plan.policies.splits == "exactly-100":
        checks.append(
            _finding("overlay_not_allowed", "credit_splits", col("line_id"), c.text(""), c.whole(1))
            .from_(table.copy(), copy=False)
            .where(col("is_overlay"), copy=False)
        )
    return checks


def _dates(name: str, keys: tuple[str, ...], only: exp.Expr | None = None) -> list[exp.Select]:
    """Rows that end before they start, and rows of one key that overlap."""
    table = c.source(f"in_{name}")
    reversed_dates = exp.LTE(this=col("ends_before"), expression=col("starts_on"))
    following = exp.Window(
        this=exp.Lead(this=col("starts_on")),
        partition_by=[col(key) for key in keys],
        order=exp.Order(expressions=[exp.Ordered(this=col("starts_on"))]),
    )
    inner = select(
        {"subject": _joined(keys), "following": following, "ends_before": col("ends_before")}
    ).from_(table.copy(), copy=False)
    overlap = c.both(
        exp.Not(this=col("following").is_(exp.null())),
        c.either(
            col("ends_before").is_(exp.null()),
            exp.LT(this=col("following"), expression=col("ends_before")),
        ),
    )
    first = (
        _finding("dates_reversed", name, _joined(keys), col("starts_on"), c.whole(1))
        .from_(table, copy=False)
        .where(reversed_dates, copy=False)
    )
    if only is not None:
        first, inner = first.where(only, copy=False), inner.where(only.copy(), copy=False)
    second = (
        _finding("dates_overlap", name, col("subject"), col("following"), c.whole(1))
        .from_(inner.subquery("w", copy=False), copy=False)
        .where(overlap, copy=False)
    )
    return [first, second]


def _assignments(_shape: Shape) -> list[exp.Select]:
    own = exp.EQ(this=col("plan"), expression=c.plan_slug())
    return _dates("assignments", ("payee_id",), own)


def _reporting(_shape: Shape) -> list[exp.Select]:
    own = (
        _finding("reporting_to_self", "reporting", col("payee_id"), c.text(""), c.whole(1))
        .from_(c.source("in_reporting"), copy=False)
        .where(exp.EQ(this=col("payee_id"), expression=col("manager_id")), copy=False)
    )
    return [*_dates("reporting", ("payee_id",)), own]


def _quotas(shape: Shape) -> list[exp.Select]:
    names = [c.text(quota.name) for quota in shape.plan.quotas]
    if not names:
        return []
    # One table serves every plan: quotas of people whom this plan does not pay are not its own.
    paid = (
        select({"payee_id": col("payee_id")})
        .from_(c.source("in_assignments"), copy=False)
        .where(exp.EQ(this=col("plan"), expression=c.plan_slug()), copy=False)
    )
    used = c.both(
        exp.In(this=col("quota"), expressions=names),
        exp.In(this=col("payee_id"), query=paid.subquery()),
    )
    subject = _joined(("quota", "payee_id"))
    touches = c.both(
        exp.LT(this=col("starts_on"), expression=c.period_ends()),
        exp.GT(this=col("ends_before"), expression=c.period_starts()),
    )
    over = c.either(
        exp.LT(this=col("starts_on"), expression=c.period_starts()),
        exp.GT(this=col("ends_before"), expression=c.period_ends()),
    )
    money = [c.text(q.name) for q in shape.plan.quotas if shape.plan.measure(q.measure).is_money]
    table = c.source("in_quotas")
    checks = [
        *_dates("quotas", ("quota", "payee_id"), used),
        _finding("quota_straddles_period", "quotas", subject, col("starts_on"), c.whole(1))
        .from_(table, copy=False)
        .where(c.both(used.copy(), touches, over), copy=False),
        _finding("quota_negative", "quotas", subject.copy(), c.text(""), c.whole(1))
        .from_(table.copy(), copy=False)
        .where(
            c.both(used.copy(), exp.LT(this=col("amount"), expression=c.number(0, STORED))),
            copy=False,
        ),
    ]
    if money:
        foreign = exp.NEQ(
            this=c.or_else(col("currency"), c.text(""), TEXT),
            expression=c.plan_currency(),
        )
        checks.append(
            _finding(
                "quota_currency",
                "quotas",
                subject.copy(),
                c.or_else(col("currency"), c.text("—"), TEXT),
                c.whole(1),
            )
            .from_(table.copy(), copy=False)
            .where(
                c.both(
                    exp.In(this=col("quota"), expressions=money),
                    used.copy(),
                    touches.copy(),
                    foreign,
                ),
                copy=False,
            )
        )
    return checks


def _rates(_shape: Shape) -> list[exp.Select]:
    return [
        _finding(
            "rate_not_positive",
            "exchange_rates",
            _joined(("from_currency", "to_currency")),
            col("on_date"),
            c.whole(1),
        )
        .from_(c.source("in_exchange_rates"), copy=False)
        .where(exp.LTE(this=col("rate"), expression=c.number(0, c.EXCHANGE)), copy=False)
    ]


def _payees(_shape: Shape) -> list[exp.Select]:
    return _dates("payees", ("payee_id",))[:1]


_CHECKS: list[tuple[str, Callable[[Shape], list[exp.Select]]]] = [
    ("credit_splits", _splits),
    ("payees", _payees),
    ("assignments", _assignments),
    ("reporting", _reporting),
    ("quotas", _quotas),
    ("exchange_rates", _rates),
]


def _line_findings(workspace: Workspace, shape: Shape) -> list[tuple[Any, ...]]:
    """Missing values, unknown currencies and mixed currencies of the lines, in one pass, which also
    notes what came in.
    """
    formulas = [*shape.values, *(rule.when for rule in shape.rules if rule.when is not None)]
    needed = {"line_id", "ordered_on", "amount", "currency", "kind"}
    literals: set[str] = set()
    for formula in formulas:
        literals |= currencies_in(formula.root)
        needed |= needed_names(formula.root)
    attributes = shape.plan.attributes
    texts = {name for name, kind in attributes.items() if kind == "text"}
    columns = {c.name for c in INPUTS["order_lines"].columns if c.kind is not TEXT} | set(
        attributes
    )
    counted = sorted(
        name
        for name in needed
        if name in {"line_id", "currency", "kind"} or (name in columns and name not in texts)
    )

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

    found: list[tuple[Any, ...]] = []
    empty = dict.fromkeys(counted, 0)
    for currency, lines, amount, *counts in workspace.rows("line findings", query):
        workspace.imported[currency] = (lines, amount)
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


def _shown(query: exp.Select) -> exp.Select:
    """The first findings of a rule only."""
    limited = query.order_by(col("subject"), col("detail"), copy=False).limit(SHOWN, copy=False)
    return exp.Select(expressions=[exp.Star()]).from_(limited.subquery("q", copy=False), copy=False)
