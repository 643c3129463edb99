"""Exchange: from the currency of the line to the currency of the plan, exactly."""

from __future__ import annotations

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import (
    COUNT,
    DATE,
    EXCHANGE,
    TEXT,
    col,
    select,
    table,
    typed,
)
from paceline.engine.shape import Shape
from paceline.engine.steps import lines

RATES = table("rates", "currency day", {"currency": TEXT, "day": DATE, "rate": EXCHANGE})


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


def unrated() -> exp.Select:
    """How many credited shares of lines have no exchange rate."""
    return select({"lines": c.total(col("unrated"), COUNT)}).from_(c.source("credited"), copy=False)


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
