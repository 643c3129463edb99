"""Exchange: from the currency of the line to the currency of the plan, exactly."""

from __future__ import annotations

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import (
    CONVERTED,
    COUNT,
    DATE,
    EXACT,
    EXCHANGE,
    TEXT,
    col,
    select,
    table,
    typed,
)
from paceline.engine.shape import Shape
from paceline.engine.steps import lines
from paceline.engine.steps.crediting import takes

RATES = table("rates", "currency day", {"currency": TEXT, "day": DATE, "rate": EXCHANGE})
CREDITS = table(
    "credits",
    "credit payee_id currency",
    {
        "plan": TEXT,
        "credit": TEXT,
        "kind": TEXT,
        "payee_id": TEXT,
        "currency": TEXT,
        "lines": COUNT,
        "credited": EXACT,
        "credited_plan": EXACT,
        "clause": TEXT,
    },
)


def rates(shape: Shape) -> exp.Query:
    """The rate of every currency for every day of the period; the plan's own currency has 1."""
    on_date: exp.Expr = col("day", "k")
    if shape.plan.policies.exchange_date == "period-end":
        on_date = c.period_last_day()
    foreign = c.conform(
        RATES,
        {"currency": col("from_currency", "x"), "day": col("day", "k"), "rate": col("rate", "x")},
    ).from_(c.source("calendar", "k"), copy=False)
    match = c.both(
        exp.EQ(this=col("on_date", "x"), expression=on_date),
        exp.EQ(this=col("to_currency", "x"), expression=c.plan_currency()),
        exp.EQ(this=col("rate_type", "x"), expression=c.plan_rate_type()),
        exp.NEQ(this=col("from_currency", "x"), expression=c.plan_currency()),
    )
    c.join(foreign, "in_exchange_rates", "x", match)
    own = c.conform(
        RATES, {"currency": c.plan_currency(), "day": col("day"), "rate": c.number(1, EXCHANGE)}
    ).from_(c.source("calendar"), copy=False)
    return c.union_all([own, foreign])


def credits_given() -> exp.Query:
    """What each credit rule gave to whom, in the currency of the lines and in that of the plan."""
    query = c.conform(
        CREDITS,
        {
            "plan": c.plan_slug(),
            "credit": col("subject", "t"),
            "kind": exp.Min(this=col("kind", "t")),
            "payee_id": col("payee_id", "g"),
            "currency": col("currency", "g"),
            "lines": exp.Sum(this=col("lines", "g")),
            "credited": c.total(col("amount", "g"), EXACT),
            "credited_plan": c.total(col("converted_0", "g"), CONVERTED),
            "clause": exp.Min(this=col("clause", "t")),
        },
    ).from_(c.source("reach", "g"), copy=False)
    c.join(query, "plan_credit_terms", "t", takes("t", "g", col("level", "g")))
    return query.group_by(
        col("subject", "t"), col("payee_id", "g"), col("currency", "g"), copy=False
    )


def unrated() -> exp.Select:
    """How many credited shares of lines have no exchange rate."""
    return select({"lines": c.total(col("unrated"), COUNT)}).from_(c.source("reach"), copy=False)


def missing_rates(shape: Shape) -> exp.Select:
    """The currencies and days for which a rate is missing."""
    day: exp.Expr = col("ordered_on", "l")
    if shape.plan.policies.exchange_date == "period-end":
        day = c.period_last_day()
    query = select(
        {"currency": col("currency", "l"), "on_date": typed(day, DATE)}, distinct=True
    ).from_(c.source("in_order_lines", "l"), copy=False)
    lines.join_days(query)
    query.where(col("rate", "x").is_(exp.null()), copy=False)
    return query.order_by(col("currency"), col("on_date"), copy=False)
