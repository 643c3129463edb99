"""Settling in tests: earnings written down instead of calculated, and periods in a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from paceline import engine
from paceline.engine.columns import Kind, Table
from paceline.engine.results import EARNINGS
from paceline.engine.settlement import (
    SETTLEMENT_INPUTS,
    Settlement,
    SettlementTables,
    settle,
)
from paceline.engine.shape import arrow_table

from .test_cases import plan_of

Row = dict[str, Any]
Earned = Mapping[str, Mapping[str, Any]]  # payee → component → amount

POLICIES: Row = {
    "pay_date": {"days_after_period": 0},
    "below_zero": "carry-forward",
    "retroactivity": "carry-forward",
    "rule_packs": "none",
    "eligibility": {
        "employed_on": "period-end",
        "resignation": "pays",
        "probation": "pays",
        "leave": "pays",
    },
    "payment": {"currency": "plan", "rounding": {"mode": "half-up", "stage": "each-step"}},
}


def settlement_plan(
    clause: Mapping[str, Any], components: Sequence[str] = ("commission",), **head: Any
) -> engine.Plan:
    """A monthly plan with the usual policies, changed by the clause."""
    parts = [
        {"id": name, "name": name, "kind": "bonus", "pays": {"amount": 1}} for name in components
    ]
    return plan_of(
        {"period": "month", "components": parts, "settlement": {**POLICIES, **clause}, **head}
    )


def results_of(plan: engine.Plan, period: engine.Period, earned: Earned) -> engine.Results:
    """The results of a run that found these earnings."""
    zero = Decimal(0)
    rows = [
        {
            "component": component,
            "payee_id": payee,
            "computed": Decimal(str(amount)),
            "multiplier_adjustment": zero,
            "condition_adjustment": zero,
            "cap_adjustment": zero,
            "floor_adjustment": zero,
            "earned": Decimal(str(amount)),
            "currency": plan.currency,
            "unit": "money",
            "clause": f"components/{component}",
        }
        for payee, amounts in sorted(earned.items())
        for component, amount in amounts.items()
    ]
    tables = {"earnings": arrow_table({one.name: one.kind for one in EARNINGS.columns}, rows)}
    return engine.Results(plan, period, "0" * 64, {}, (), _tables=tables)


def typed(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind.sql == "DATE":
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    return Decimal(str(value)) if kind.scale is not None else str(value)


def given(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    contract: Table = SETTLEMENT_INPUTS[name]
    kinds = {column.name: column.kind for column in contract.columns}
    return arrow_table(
        kinds, [{key: typed(row.get(key), kind) for key, kind in kinds.items()} for row in rows]
    )


class Payroll:
    """Settlements of one period after the other; each is given what the ones before left."""

    def __init__(self) -> None:
        self.balances: list[Row] = []
        self.history: dict[str, list[Row]] = {"earlier_earnings": [], "earlier_clawbacks": []}

    def settle(
        self,
        plan: engine.Plan,
        key: str,
        earned: Earned,
        tables: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    ) -> Settlement:
        rows = {"balances": self.balances, **self.history, **(tables or {})}
        period = engine.period_from_key(key)
        done = settle(
            plan,
            results_of(plan, period, earned),
            SettlementTables({name: given(name, part) for name, part in rows.items()}),
            period,
        )
        self.balances = done.rows("balances")
        for name, rows_before in self.history.items():
            rows_before.extend(done.rows(name))
        return done


def paid(settlement: Settlement) -> dict[str, Decimal]:
    return {row["payee_id"]: row["amount"] for row in settlement.rows("payments")}


def owed(settlement: Settlement) -> Decimal:
    return sum((row["amount"] for row in settlement.rows("balances")), Decimal(0))
