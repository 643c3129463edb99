"""Rate tables: which part of a measure falls into which tier, and what it earns there."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import (
    EXACT,
    MONEY,
    PLACE,
    PRODUCT,
    RATE,
    TEXT,
    Kind,
    col,
    select,
    table,
    typed,
)
from paceline.engine.plan.model import Plan
from paceline.engine.shape import Shape

BOUNDS = table(
    "bounds",
    "component payee_id tier",
    {
        "component": TEXT,
        "payee_id": TEXT,
        "measure": TEXT,
        "tier": PLACE,
        "lower": RATE,
        "upper": RATE,
        "lower_amount": EXACT,
        "upper_amount": EXACT,
        "rate": RATE,
        "reading": TEXT,
        "clause": TEXT,
    },
    nullable="upper upper_amount",
)
TIERS = table(
    "tiers",
    "component payee_id tier",
    {
        "component": TEXT,
        "payee_id": TEXT,
        "tier": PLACE,
        "lower": RATE,
        "upper": RATE,
        "lower_amount": EXACT,
        "upper_amount": EXACT,
        "base": EXACT,
        "rate": RATE,
        "earned": MONEY,
        "clause": TEXT,
    },
    nullable="upper upper_amount",
)


def bounds() -> exp.Query:
    """Every payee's own tiers in amounts: shares of quota become amounts of the measure, exactly.

    Who has no quota, or one of zero, has no tiers on attainment.
    """
    quota = exp.EQ(this=col("needs_quota", "p"), expression=c.whole(1))
    factor = typed(
        c.when((quota, typed(col("target", "a"), MONEY)), otherwise=c.number(1, MONEY)), MONEY
    )
    query = c.conform(
        BOUNDS,
        {
            "component": col("component", "p"),
            "payee_id": col("payee_id", "m"),
            "measure": col("measure", "p"),
            "tier": col("tier", "t"),
            "lower": col("lower", "t"),
            "upper": col("upper", "t"),
            "lower_amount": c.times(typed(col("lower", "t"), RATE), factor, EXACT),
            "upper_amount": c.times(typed(col("upper", "t"), RATE), factor.copy(), EXACT),
            "rate": col("rate", "t"),
            "reading": col("reading", "p"),
            "clause": col("clause", "t"),
        },
    ).from_(c.source("plan_components", "p"), copy=False)
    c.join(query, "plan_tiers", "t", c.same(["component"], "t", "p"))
    c.join(query, "measures", "m", c.same(["measure"], "m", "p"))
    own = c.both(c.same(["quota"], "a", "p"), c.same(["payee_id"], "a", "m"), quota.copy())
    c.join(query, "attainment", "a", own, kind="left")
    reachable = exp.GT(this=col("target", "a"), expression=c.number(0, MONEY))
    return query.where(
        c.either(exp.EQ(this=col("needs_quota", "p"), expression=c.whole(0)), reachable), copy=False
    )


def base_in_tier(value: exp.Expr, tier: str, plan: Plan) -> exp.Cast:
    """The part of `value` that a tier takes: its slice, or all of it when it is the tier reached.

    The first tier also takes values below zero: more returned than sold costs what it had earned.
    """
    lower, upper = col("lower_amount", tier), col("upper_amount", tier)
    value = typed(value, EXACT)
    first = exp.EQ(this=col("tier", tier), expression=c.whole(1))
    capped = typed(
        c.when(
            (upper.is_(exp.null()), value),
            otherwise=c.least(value.copy(), typed(upper, EXACT), EXACT),
        ),
        EXACT,
    )
    above = c.greatest(
        c.minus(capped.copy(), typed(lower, EXACT), EXACT), c.number(0, EXACT), EXACT
    )
    sliced = typed(c.when((first, capped), otherwise=above), EXACT)
    whole = typed(
        c.when((reached(value, tier, plan), value.copy()), otherwise=c.number(0, EXACT)), EXACT
    )
    is_slice = exp.EQ(this=col("reading", tier), expression=c.text("slice"))
    return typed(c.when((is_slice, sliced), otherwise=whole), EXACT)


def reached(value: exp.Expr, tier: str, plan: Plan) -> exp.Expr:
    """The value lies in the tier; a value on a boundary goes to the side that the plan states."""
    at_bottom, at_top = (
        (exp.GTE, exp.LT) if plan.policies.boundary == "upper" else (exp.GT, exp.LTE)
    )
    above = c.either(
        exp.EQ(this=col("tier", tier), expression=c.whole(1)),
        at_bottom(this=value.copy(), expression=col("lower_amount", tier)),
    )
    below = c.either(
        col("upper_amount", tier).is_(exp.null()),
        at_top(this=value.copy(), expression=col("upper_amount", tier)),
    )
    return c.both(above, below)


def tier_bases(shape: Shape) -> exp.Query:
    """Each tier's part of the measure: one look at the total, or one at every line that stands
    alone.
    """
    values = c.source("measure_parts" if shape.by_line else "measures", "v")
    kinds: dict[str, Kind] = {column.name: column.kind for column in BOUNDS.columns}
    columns: dict[str, exp.Expr] = {
        name: typed(col(name, "b"), kind) for name, kind in kinds.items()
    }
    value = c.or_else(col("value", "v"), c.whole(0), EXACT)
    base = c.total(base_in_tier(value, "b", shape.plan), EXACT)
    query = select({**columns, "base": base}).from_(c.source("bounds", "b"), copy=False)
    query = query.join(
        values, on=c.same(["measure", "payee_id"], "v", "b"), join_type="left", copy=False
    )
    return query.group_by(*(col(name, "b") for name in kinds), copy=False)


def tiers(shape: Shape) -> exp.Query:
    """What each tier earns: the rounded total through this tier less the rounded total through the
    last.

    So the tiers add up to the component, which is rounded once.
    """
    per_payee = {"partition_by": [col("component", "b"), col("payee_id", "b")]}
    through = sum_through_tier(
        c.times(col("base", "b"), col("rate", "b"), PRODUCT), per_payee["partition_by"], "b"
    )
    inner = select(
        {
            **{name: col(name, "b") for name in TIERS.names if name != "earned"},
            "through": c.rounded(through, shape.plan.digits, shape.plan.policies.rounding_mode),
        }
    ).from_(c.source("tier_bases", "b"), copy=False)
    before = previous(
        col("through", "t"), [col("component", "t"), col("payee_id", "t")], col("tier", "t")
    )
    return c.conform(
        TIERS,
        {
            **{name: col(name, "t") for name in TIERS.names if name != "earned"},
            "earned": c.minus(col("through", "t"), before, MONEY),
        },
    ).from_(inner.subquery("t", copy=False), copy=False)


def sum_through_tier(product: exp.Expr, partition: Sequence[exp.Expr], tier: str) -> exp.Cast:
    """The running sum of exact products over the tiers of one payee (and line)."""
    window = exp.Window(
        this=exp.Sum(this=product),
        partition_by=[part.copy() for part in partition],
        order=exp.Order(expressions=[exp.Ordered(this=col("tier", tier))]),
        spec=exp.WindowSpec(
            kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
        ),
    )
    return typed(window, PRODUCT)


def previous(
    value: exp.Expr,
    partition: list[exp.Expr],
    order: exp.Expr,
    kind: Kind = MONEY,
) -> exp.Cast:
    """The value one place earlier in its window; zero at the start."""
    window = exp.Window(
        this=exp.Lag(this=value),
        partition_by=[part.copy() for part in partition],
        order=exp.Order(expressions=[exp.Ordered(this=order)]),
    )
    return c.or_else(window, c.whole(0), kind)
