"""Statements: everything a payee earned in the period, in plan currency."""

from __future__ import annotations

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import MONEY, TEXT, col, table, typed

STATEMENTS = table("statements", "payee_id", {"payee_id": TEXT, "earned": MONEY, "currency": TEXT})


def statements() -> exp.Query:
    """The sum of a payee's components; nothing is rounded here, the components already are."""
    return (
        c.conform(
            STATEMENTS,
            {
                "payee_id": col("payee_id"),
                "earned": typed(exp.Sum(this=col("earned")), MONEY),
                "currency": c.plan_currency(),
            },
        )
        .from_(c.source("earnings"), copy=False)
        .group_by(col("payee_id"), copy=False)
    )
