"""Earnings: what each component pays, after its condition, its cap and its floor."""

from __future__ import annotations

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import BOOLEAN, EXACT, MONEY, RATE, TEXT, col, select, table, typed

EARNINGS = table(
    "earnings",
    "component payee_id",
    {
        "component": TEXT,
        "payee_id": TEXT,
        "measure": EXACT,
        "attainment": RATE,
        "computed": MONEY,
        "condition_adjustment": MONEY,
        "cap_adjustment": MONEY,
        "floor_adjustment": MONEY,
        "earned": MONEY,
        "currency": TEXT,
        "clause": TEXT,
    },
    nullable="measure attainment",
)
PROBLEMS = table(
    "problems",
    "code payee_id subject",
    {"code": TEXT, "payee_id": TEXT, "subject": TEXT, "clause": TEXT},
)


def earnings() -> exp.Query:
    """One row for every payee in the plan and every component.

    A component whose condition does not hold pays nothing: neither cap nor floor then applies.
    """
    computed, cap, floor = col("computed", "e"), col("cap", "e"), col("floor", "e")
    holds = col("holds", "e")
    nothing = c.number(0, MONEY)
    withheld = c.minus(nothing, computed, MONEY)
    over = c.least(c.minus(cap, computed, MONEY), nothing.copy(), MONEY)
    under = c.greatest(c.minus(floor, computed, MONEY), nothing.copy(), MONEY)
    capped = c.both(holds, exp.Not(this=cap.is_(exp.null())))
    lifted = c.both(holds.copy(), exp.Not(this=floor.is_(exp.null())))
    adjustments = {
        "condition_adjustment": c.when((holds.copy(), nothing.copy()), otherwise=withheld),
        "cap_adjustment": c.when((capped, over), otherwise=nothing.copy()),
        "floor_adjustment": c.when((lifted, under), otherwise=nothing.copy()),
    }
    known = ("component", "payee_id", "measure", "attainment", "computed", "clause")
    adjusted = select(
        {
            **{name: col(name, "e") for name in known},
            **{name: typed(value, MONEY) for name, value in adjustments.items()},
        }
    ).from_(_computed().subquery("e", copy=False), copy=False)
    earned: exp.Expr = col("computed", "f")
    for name in adjustments:
        earned = c.plus(earned, col(name, "f"), MONEY)
    return c.conform(
        EARNINGS,
        {
            **{name: col(name, "f") for name in (*known, *adjustments)},
            "earned": earned,
            "currency": c.plan_currency(),
        },
    ).from_(adjusted.subquery("f", copy=False), copy=False)


def _computed() -> exp.Select:
    """Each component before condition, cap and floor: the sum of its tiers, or its fixed amount."""
    sums = (
        select(
            {
                "component": col("component"),
                "payee_id": col("payee_id"),
                "earned": typed(exp.Sum(this=col("earned")), MONEY),
            }
        )
        .from_(c.source("tiers"), copy=False)
        .group_by(col("component"), col("payee_id"), copy=False)
        .subquery("t", copy=False)
    )
    amount = c.or_else(col("amount", "p"), c.whole(0), MONEY)
    pay = c.plus(amount, c.or_else(col("earned", "t"), c.whole(0), MONEY), MONEY)
    query = select(
        {
            "component": col("component", "p"),
            "payee_id": col("payee_id", "y"),
            "measure": col("value", "m"),
            "attainment": col("attainment", "a"),
            "computed": pay,
            "holds": typed(exp.Coalesce(this=_holds(), expressions=[exp.false()]), BOOLEAN),
            "cap": typed(col("cap", "p"), MONEY),
            "floor": typed(col("floor", "p"), MONEY),
            "clause": col("clause", "p"),
        }
    ).from_(c.source("plan_components", "p"), copy=False)
    query = query.join(c.source("payees_in_plan", "y"), join_type="cross", copy=False)
    own = c.same(["payee_id"], "m", "y")
    c.join(query, "measures", "m", c.both(c.same(["measure"], "m", "p"), own), kind="left")
    targets = c.both(c.same(["quota"], "a", "p"), c.same(["payee_id"], "a", "y"))
    c.join(query, "attainment", "a", targets, kind="left")
    gate = c.both(
        exp.EQ(this=col("measure", "w"), expression=col("when_measure", "p")),
        c.same(["payee_id"], "w", "y"),
    )
    c.join(query, "measures", "w", gate, kind="left")
    attained = c.both(
        exp.EQ(this=col("quota", "g"), expression=col("when_quota", "p")),
        c.same(["payee_id"], "g", "y"),
    )
    c.join(query, "attainment", "g", attained, kind="left")
    earned = c.both(c.same(["component"], "t", "p"), c.same(["payee_id"], "t", "y"))
    return query.join(sums, on=earned, join_type="left", copy=False)


def _holds() -> exp.Expr:
    """The condition, decided on exact amounts: measure ≥ share × target, not on the shown
    attainment.
    """
    at_least = typed(col("at_least", "p"), EXACT)
    needed = c.times(typed(col("at_least", "p"), RATE), typed(col("target", "g"), MONEY), EXACT)
    by_quota = c.both(
        exp.GT(this=col("target", "g"), expression=c.number(0, MONEY)),
        exp.GTE(this=typed(col("measure", "g"), EXACT), expression=needed),
    )
    by_measure = exp.GTE(this=typed(col("value", "w"), EXACT), expression=at_least)
    return c.either(
        col("at_least", "p").is_(exp.null()),
        c.both(exp.Not(this=col("when_quota", "p").is_(exp.null())), by_quota),
        c.both(exp.Not(this=col("when_measure", "p").is_(exp.null())), by_measure),
    )


def problems() -> exp.Query:
    """Payees who sold but whose quota is missing or zero: nothing can be attained, so it is
    said.
    """
    missing = col("target", "a").is_(exp.null())
    query = c.conform(
        PROBLEMS,
        {
            "code": c.when((missing, c.text("quota_missing")), otherwise=c.text("quota_zero")),
            "payee_id": col("payee_id", "a"),
            "subject": col("quota", "a"),
            "clause": col("clause", "a"),
        },
    ).from_(c.source("attainment", "a"), copy=False)
    c.join(query, "plan_quotas", "q", c.same(["quota"], "q", "a"))
    sold = c.both(c.same(["measure"], "m", "q"), c.same(["payee_id"], "m", "a"))
    c.join(query, "measures", "m", sold)
    return query.where(
        c.both(
            col("attainment", "a").is_(exp.null()),
            exp.GT(this=col("lines", "m"), expression=c.whole(0)),
        ),
        copy=False,
    )
