"""Exchange: from the currency of the line to the currency of the plan, exactly."""

from __future__ import annotations

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import (
    BOOLEAN,
    CONVERTED,
    COUNT,
    DATE,
    EXACT,
    EXCHANGE,
    PLACE,
    TEXT,
    col,
    select,
    table,
    typed,
)
from paceline.engine.shape import Shape
from paceline.engine.steps.crediting import REACH_KEYS, takes

RATES_USED = table(
    "rates_used",
    "currency rate_on",
    {"currency": TEXT, "rate_on": DATE, "on_date": DATE, "rate": EXCHANGE},
    nullable="rate",
)
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


def converted_contract(shape: Shape) -> c.Table:
    kinds = {
        "payee_id": TEXT,
        "level": PLACE,
        "currency": TEXT,
        "rate_on": DATE,
        "is_overlay": BOOLEAN,
        "bits": COUNT,
        "line_id": TEXT,
        "lines": COUNT,
        "amount": EXACT,
    }
    kinds |= {f"converted_{place}": CONVERTED for place in range(len(shape.value_names))}
    return table("converted", " ".join(REACH_KEYS), kinds, nullable="line_id")


def rates_used(shape: Shape) -> exp.Query:
    """The rate for every currency and day that occurs; NULL where the table has none."""
    occurring = (
        select({"currency": col("currency"), "rate_on": col("rate_on")}, distinct=True)
        .from_(c.source("reach"), copy=False)
        .subquery("u", copy=False)
    )
    own = exp.EQ(this=col("currency", "u"), expression=c.plan_currency())
    on_date: exp.Expr = col("rate_on", "u")
    if shape.plan.policies.exchange_date == "period-end":
        on_date = c.period_last_day()
    rate = c.when((own, c.number(1, EXCHANGE)), otherwise=typed(col("rate", "x"), EXCHANGE))
    query = c.conform(
        RATES_USED,
        {
            "currency": col("currency", "u"),
            "rate_on": col("rate_on", "u"),
            "on_date": on_date,
            "rate": rate,
        },
    ).from_(occurring, copy=False)
    match = c.both(
        exp.EQ(this=col("from_currency", "x"), expression=col("currency", "u")),
        exp.EQ(this=col("to_currency", "x"), expression=c.plan_currency()),
        exp.EQ(this=col("rate_type", "x"), expression=c.plan_rate_type()),
        exp.EQ(this=col("on_date", "x"), expression=on_date.copy()),
    )
    return c.join(query, "in_exchange_rates", "x", match, kind="left")


def convert(value: exp.Expr, rate: exp.Expr) -> exp.Cast:
    """Amount times rate with all 22 decimals kept."""
    return c.times(typed(value, EXACT), typed(rate, EXCHANGE), CONVERTED)


def converted(shape: Shape) -> exp.Query:
    """The reach in plan currency; units are carried over as they are."""
    columns: dict[str, exp.Expr] = {key: col(key, "g") for key in (*REACH_KEYS, "lines", "amount")}
    for place, name in enumerate(shape.value_names):
        value = col(name, "g")
        columns[f"converted_{place}"] = (
            convert(value, col("rate", "x")) if shape.is_money(place) else typed(value, CONVERTED)
        )
    query = c.conform(converted_contract(shape), columns).from_(c.source("reach", "g"), copy=False)
    return c.join(query, "rates_used", "x", c.same(["currency", "rate_on"], "x", "g"))


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
    ).from_(c.source("converted", "g"), copy=False)
    c.join(query, "plan_credit_terms", "t", takes("t", "g", col("level", "g")))
    return query.group_by(
        col("subject", "t"), col("payee_id", "g"), col("currency", "g"), copy=False
    )


def missing_rates() -> exp.Select:
    """The currencies and days for which no rate is known."""
    return (
        select({"currency": col("currency"), "on_date": col("on_date")})
        .from_(c.source("rates_used"), copy=False)
        .where(col("rate").is_(exp.null()), copy=False)
        .order_by(col("currency"), col("on_date"), copy=False)
    )
