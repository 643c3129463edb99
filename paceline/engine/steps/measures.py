"""Measures: credits added up over the window."""

from __future__ import annotations

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import CONVERTED, COUNT, EXACT, TEXT, col, select, table, typed
from paceline.engine.shape import COUNTED, Shape
from paceline.engine.steps.crediting import takes

PAYEES_IN_PLAN = table("payees_in_plan", "payee_id", {"payee_id": TEXT})
PARTS = table(
    "measure_parts",
    "measure payee_id line_id",
    {"measure": TEXT, "payee_id": TEXT, "line_id": TEXT, "value": EXACT, "lines": COUNT},
    nullable="line_id",
)
MEASURES = table(
    "measures",
    "measure payee_id",
    {"measure": TEXT, "payee_id": TEXT, "value": EXACT, "lines": COUNT, "clause": TEXT},
)


def payees_in_plan() -> exp.Query:
    """Everyone assigned to the plan on at least one day of the period: each gets a statement."""
    query = c.conform(PAYEES_IN_PLAN, {"payee_id": col("payee_id")}).from_(
        c.source("members"), copy=False
    )
    return query.distinct(copy=False)


def value_taken(shape: Shape, term: str, group: str) -> exp.Expr:
    """The converted value that a measure's term takes from a group: one of the sums, or the
    lines.
    """
    index = col("value_index", term)
    branches: list[tuple[exp.Expr, exp.Expr]] = [
        (exp.EQ(this=index.copy(), expression=c.whole(place)), col(f"converted_{place}", group))
        for place in range(len(shape.values) + 1)
    ]
    counted = exp.EQ(this=index.copy(), expression=c.whole(COUNTED))
    branches.append((counted, typed(col("lines", group), CONVERTED)))
    return typed(c.when(*branches, otherwise=c.null(CONVERTED)), CONVERTED)


def measure_parts(shape: Shape) -> exp.Query:
    """Each measure's total per payee, or per payee and line when each line stands alone.

    The sum is exact; the one rounding to 12 decimals happens here, after it.
    """
    query = c.conform(
        PARTS,
        {
            "measure": col("subject", "t"),
            "payee_id": col("payee_id", "g"),
            "line_id": col("line_id", "g"),
            "value": c.total(value_taken(shape, "t", "g"), CONVERTED),
            "lines": exp.Sum(this=col("lines", "g")),
        },
    ).from_(c.source("reach", "g"), copy=False)
    c.join(query, "plan_measure_terms", "t", takes("t", "g", col("level", "g")))
    return query.group_by(
        col("subject", "t"), col("payee_id", "g"), col("line_id", "g"), copy=False
    )


def measures() -> exp.Query:
    """One row for every payee in the plan and every measure, zero where nothing was credited."""
    sums = (
        select(
            {
                "measure": col("measure"),
                "payee_id": col("payee_id"),
                "value": c.total(col("value"), EXACT),
                "lines": typed(exp.Sum(this=col("lines")), COUNT),
            }
        )
        .from_(c.source("measure_parts"), copy=False)
        .group_by(col("measure"), col("payee_id"), copy=False)
        .subquery("s", copy=False)
    )
    query = c.conform(
        MEASURES,
        {
            "measure": col("measure", "m"),
            "payee_id": col("payee_id", "p"),
            "value": c.or_else(col("value", "s"), c.whole(0), EXACT),
            "lines": c.or_else(col("lines", "s"), c.whole(0), COUNT),
            "clause": col("clause", "m"),
        },
    ).from_(c.source("payees_in_plan", "p"), copy=False)
    query = query.join(c.source("plan_measures", "m"), join_type="cross", copy=False)
    found = c.both(c.same(["measure"], "s", "m"), c.same(["payee_id"], "s", "p"))
    return query.join(sums, on=found, join_type="left", copy=False)
