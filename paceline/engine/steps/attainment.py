"""Attainment: a measure against its quota."""

from __future__ import annotations

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import EXACT, MONEY, RATE, TEXT, col, select, table, typed

ATTAINMENT = table(
    "attainment",
    "quota payee_id",
    {
        "quota": TEXT,
        "payee_id": TEXT,
        "measure": EXACT,
        "target": MONEY,
        "attainment": RATE,
        "clause": TEXT,
    },
    nullable="target attainment",
)


def attainment() -> exp.Query:
    """Measure, target and their ratio for every payee in the plan and every quota of the plan.

    The target is the sum of the payee's quota rows that lie in the period. Without one, or with a
    target of zero, there is no attainment. The ratio is cut, not rounded, at eight decimals, so
    that 100 % is never shown before it is reached; decisions compare the exact amounts, never this
    figure.
    """
    targets = (
        select(
            {
                "quota": col("quota"),
                "payee_id": col("payee_id"),
                "target": typed(exp.Sum(this=typed(col("amount"), MONEY)), MONEY),
            }
        )
        .from_(c.source("in_quotas"), copy=False)
        .where(
            c.both(
                exp.GTE(this=col("starts_on"), expression=c.period_starts()),
                exp.LTE(this=col("ends_before"), expression=c.period_ends()),
            ),
            copy=False,
        )
        .group_by(col("quota"), col("payee_id"), copy=False)
        .subquery("t", copy=False)
    )
    target, value = col("target", "t"), col("value", "m")
    query = c.conform(
        ATTAINMENT,
        {
            "quota": col("quota", "q"),
            "payee_id": col("payee_id", "m"),
            "measure": value,
            "target": target,
            "attainment": c.when(
                (exp.GT(this=target.copy(), expression=c.number(0, MONEY)), ratio(value, target)),
                otherwise=c.null(RATE),
            ),
            "clause": col("clause", "q"),
        },
    ).from_(c.source("plan_quotas", "q"), copy=False)
    c.join(query, "measures", "m", c.same(["measure"], "m", "q"))
    found = c.both(
        exp.EQ(this=col("quota", "t"), expression=col("name", "q")), c.same(["payee_id"], "t", "m")
    )
    return query.join(targets, on=found, join_type="left", copy=False)


def ratio(value: exp.Expr, target: exp.Expr) -> exp.Cast:
    """value / target at eight decimals, cut towards zero, by whole numbers.

    Both are lifted to 12 decimals, so value × 10^20 must stay below 10^38.
    """
    lifted = typed(
        exp.Mul(this=c.unscaled(value, EXACT), expression=typed(c.whole(10**8), c.WIDE)), c.WIDE
    )
    divisor = exp.Nullif(
        this=c.unscaled(target.copy(), EXACT), expression=typed(c.whole(0), c.WIDE)
    )
    return c.rescaled(c.integer_quotient(lifted, divisor), RATE)
