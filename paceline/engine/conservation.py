"""Conservation: what came in is credited or excluded with a reason, in every currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa

from paceline.engine import checks
from paceline.engine.columns import Kind
from paceline.engine.errors import InputInvalid, ResultsDisagree
from paceline.engine.executor import Workspace
from paceline.engine.layout import put_slots
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.plan.policies import ANCHORS
from paceline.engine.results import CONSERVATION, EXCLUDED, Check
from paceline.engine.shape import Shape, arrow_table
from paceline.engine.steps import crediting, lines


def accounts(workspace: Workspace, shape: Shape, period: Period) -> tuple[pa.Table, pa.Table]:
    """Everything that came in, as credited or excluded with a reason."""
    outside = _outside(workspace, shape.plan, period)
    placed = workspace.rows("placements", lambda: crediting.placements(shape))
    if any(row[0] == crediting.NOT_IN_PLAN for row in placed):
        with_payees = "payees" in workspace.tables
        put_slots(workspace)
        strangers = workspace.rows(
            "strangers", lambda: crediting.strangers(shape, with_payees=with_payees)
        )
        placed = [row for row in placed if row[0] != crediting.NOT_IN_PLAN] + strangers
    excluded: dict[tuple[str, str], list[Any]] = {}
    zero = Decimal(0)
    account = {
        currency: _opened(currency, count, amount)
        for currency, (count, amount) in workspace.imported.items()
    }
    rows = [(reason, False, *row) for reason, *row in outside] + placed
    for reason, is_overlay, currency, count, amount in rows:
        account.setdefault(currency, _opened(currency))  # one that files do not state
        if is_overlay:
            account[currency]["overlays"] += amount if reason is None else zero
        elif reason is None:
            account[currency]["credited"] += amount
        else:
            entry = excluded.setdefault((reason, currency), [0, zero])
            entry[0] += count
            entry[1] += amount
            account[currency]["excluded"] += amount
    totals: dict[str, Kind] = {column.name: column.kind for column in CONSERVATION.columns}
    kinds = {column.name: column.kind for column in EXCLUDED.columns}
    left_out = [
        dict(zip(EXCLUDED.names, (*key, *entry), strict=True))
        for key, entry in sorted(excluded.items())
    ]
    return (
        arrow_table(kinds, left_out),
        arrow_table(totals, [account[currency] for currency in sorted(account)]),
    )


def _outside(workspace: Workspace, plan: Plan, period: Period) -> list[tuple[Any, ...]]:
    """The lines outside the period; files that say that they hold none are not asked."""
    anchor = ANCHORS[plan.policies.anchor]
    inputs = workspace.inputs
    if inputs.all_within(anchor, period.starts_on, period.ends_before):
        return []
    return workspace.rows("outside the period", lambda: lines.outside_period(plan.policies))


def _opened(currency: str, lines: int = 0, amount: Decimal = Decimal(0)) -> dict[str, Any]:
    """The account of a currency before anything was credited."""
    nothing = dict.fromkeys(("credited", "excluded", "overlays"), Decimal(0))
    return {"currency": currency, "imported": amount, "imported_lines": lines, **nothing}


def refuse_wrong_totals(workspace: Workspace, rows: pa.Table) -> None:
    """Files that state other totals than they hold are no basis for pay: the run is refused."""
    stated = workspace.inputs.stated_totals
    if stated is None:
        return
    wrong = [
        row["currency"]
        for row in rows.to_pylist()
        if row["currency"] not in stated or row["imported"] != row["credited"] + row["excluded"]
    ]
    if wrong:
        raise InputInvalid([checks.problem("totals_differ", "order_lines", one) for one in wrong])


def checks_of(rows: pa.Table) -> tuple[Check, ...]:
    """Credited and excluded add up to what was imported, in every currency; else the engine is
    wrong.
    """
    found = tuple(
        Check(
            "credited_and_excluded_are_imported",
            row["currency"],
            row["imported"],
            row["credited"],
            row["excluded"],
            row["imported"] == row["credited"] + row["excluded"],
        )
        for row in rows.to_pylist()
    )
    broken = [check.currency for check in found if not check.holds]
    if broken:
        raise ResultsDisagree(f"credited and excluded are not imported in {', '.join(broken)}")
    return found
