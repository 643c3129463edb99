"""The tables that come out: their columns, types and grain, and the results of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa

from paceline.engine.columns import COUNT, EXACT, MONEY, PLACE, RATE, TEXT, table
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan

ENGINE_VERSION = "3"

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
EXCLUDED = table(
    "excluded",
    "reason currency",
    {"reason": TEXT, "currency": TEXT, "lines": COUNT, "amount": EXACT},
)
CONSERVATION = table(
    "conservation",
    "currency",
    {
        "currency": TEXT,
        "imported": EXACT,
        "credited": EXACT,
        "excluded": EXACT,
        "overlays": EXACT,
        "imported_lines": COUNT,
    },
)
MEASURES = table(
    "measures",
    "measure payee_id",
    {"measure": TEXT, "payee_id": TEXT, "value": EXACT, "lines": COUNT, "clause": TEXT},
    nullable="value",
)
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
    nullable="measure target attainment",
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
        "key": TEXT,
    },
    nullable="upper upper_amount key",
)
EARNINGS = table(
    "earnings",
    "component payee_id",
    {
        "component": TEXT,
        "payee_id": TEXT,
        "measure": EXACT,
        "attainment": RATE,
        "computed": MONEY,
        "multiplier_adjustment": MONEY,
        "condition_adjustment": MONEY,
        "cap_adjustment": MONEY,
        "floor_adjustment": MONEY,
        "earned": MONEY,
        "currency": TEXT,
        "unit": TEXT,
        "clause": TEXT,
    },
    nullable="measure attainment",
)
DETAILS = table(
    "details",
    "component payee_id item figure",
    {
        "component": TEXT,
        "payee_id": TEXT,
        "item": TEXT,
        "figure": TEXT,
        "value": EXACT,
        "clause": TEXT,
    },
    nullable="value",
)
UNROUNDED = table(
    "unrounded_earnings",
    "payee_id component",
    {"payee_id": TEXT, "component": TEXT, "earned": EXACT},
)
STATEMENTS = table("statements", "payee_id", {"payee_id": TEXT, "earned": MONEY, "currency": TEXT})
PROBLEMS = table(
    "problems",
    "code payee_id subject",
    {"code": TEXT, "payee_id": TEXT, "subject": TEXT, "clause": TEXT},
)


@dataclass(frozen=True)
class Check:
    """One promise that the run kept, in figures: what came in is credited or excluded with a
    reason.
    """

    name: str
    currency: str
    imported: Decimal
    credited: Decimal
    excluded: Decimal
    holds: bool


@dataclass(frozen=True)
class Results:
    """All tables of a run. Each is sorted by its grain, so equal inputs give equal bytes."""

    plan: Plan
    period: Period
    fingerprint: str
    inputs: dict[str, list[str]]
    checks: tuple[Check, ...]
    engine_version: str = ENGINE_VERSION
    _tables: dict[str, pa.Table] = field(default_factory=dict, repr=False)

    def table(self, name: str) -> pa.Table:
        """One result table; KeyError for an unknown name."""
        return self._tables[name]

    def tables(self) -> dict[str, pa.Table]:
        """Every result table by name."""
        return dict(self._tables)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """A result table as Python values."""
        rows: list[dict[str, Any]] = self._tables[name].to_pylist()
        return rows

    def earned_by(self, payee_id: str) -> dict[str, Decimal]:
        """What each component earned for a payee, by its id; empty for who is not in the plan."""
        return {
            row["component"]: row["earned"]
            for row in self.rows("earnings")
            if row["payee_id"] == payee_id
        }
