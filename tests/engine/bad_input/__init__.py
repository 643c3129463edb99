"""Input at the edges: each ends in a message with its place, or in a stated result."""

from __future__ import annotations

from typing import Any

import duckdb

from paceline import engine
from tests.engine.building import fill, tables_of
from tests.engine.test_cases import merge, plan_of

QUARTER = engine.period_from_key("2024Q1")


CONNECTION = duckdb.connect(":memory:", config={"threads": 1})  # a few rows


SIMPLE: dict[str, Any] = {
    "components": [
        {
            "id": "pay",
            "name": "Pay",
            "kind": "commission",
            "measure": "sales",
            "rates": {"reading": "slice", "on": "amount", "tiers": [{"from": "0", "rate": "1%"}]},
        }
    ]
}


ASSIGNED = fill(
    "assignments",
    [{"plan": "case", "payee_id": name, "starts_on": "2000-01-01"} for name in ("ana", "ben")],
)


LINE = {"payee_id": "ana", "ordered_on": "2024-01-05", "amount": "100"}


def codes(text: str) -> list[str]:
    return [problem.code for problem in engine.check_plan(text)]


def run(rows: dict[str, Any], change: dict[str, Any] | None = None) -> engine.Results:
    plan = plan_of(merge(SIMPLE, change or {}))
    filled = {name: fill(name, part) for name, part in rows.items()}
    tables = tables_of({"assignments": ASSIGNED, **filled}, plan)
    return engine.calculate(plan, tables, QUARTER, connection=CONNECTION)
