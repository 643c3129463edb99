"""The explanation of a statement: a tree from the total down to the order line.

Every node has its value, the clause of the plan that made it and the figures it was made from; the
values of a node's children add up to it wherever `adds_up` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from paceline.engine.errors import PayeeUnknown
from paceline.engine.results import Results
from paceline.engine.trace import Trace

NodeKind = Literal["statement", "component", "tier", "adjustment", "measure", "attainment", "line"]
_CLAUSES = {
    "multiplier_adjustment": "times",
    "condition_adjustment": "when",
    "cap_adjustment": "cap",
    "floor_adjustment": "floor",
}
ADJUSTMENTS = tuple(_CLAUSES)


@dataclass(frozen=True)
class Explanation:
    """One figure and where it comes from.

    `subject` names the thing (a component, tier number, adjustment, line); `inputs` are the figures
    that the value was made from, by name; `note` is a code such as `tier_not_reached`.
    """

    kind: NodeKind
    subject: str
    value: Decimal | None
    currency: str | None
    clause: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    children: tuple[Explanation, ...] = ()
    adds_up: bool = False
    note: str = ""


def explain(results: Results, payee_id: str, trace: Trace | None = None) -> Explanation:
    """The tree of one payee's statement; with the payee's trace it goes down to the lines.

    Raises PayeeUnknown when there is no statement for the payee.
    """
    rows = {
        name: [row for row in results.rows(name) if row["payee_id"] == payee_id]
        for name in ("statements", "earnings", "tiers", "measures", "attainment")
    }
    if not rows["statements"]:
        raise PayeeUnknown(payee_id)
    statement = rows["statements"][0]
    by_id = {row["component"]: row for row in rows["earnings"]}
    children = tuple(
        _component(results, by_id[component.id], rows, trace)
        for component in results.plan.components
        if component.id in by_id
    )
    return Explanation(
        "statement",
        payee_id,
        statement["earned"],
        statement["currency"],
        "",
        {},
        children,
        adds_up=True,
    )


def _component(
    results: Results,
    row: dict[str, Any],
    rows: dict[str, list[dict[str, Any]]],
    trace: Trace | None,
) -> Explanation:
    component = results.plan.component(row["component"])
    children: list[Explanation] = []
    children += _measure(results, component.measure, rows)
    children += _attainment(component.quota, rows)
    tiers = [tier for tier in rows["tiers"] if tier["component"] == component.id]
    children += [_tier(results, tier, trace) for tier in tiers]
    children += [
        Explanation(
            "adjustment", name, row[name], row["currency"], _adjusting(component.clause, name)
        )
        for name in ADJUSTMENTS
        if row[name]
    ]
    inputs: dict[str, Any] = {"computed": row["computed"]}
    if component.amount is not None:
        inputs["amount"] = component.amount
    if component.rates is not None:
        inputs["reading"] = component.rates.reading
    return Explanation(
        "component",
        component.id,
        row["earned"],
        row["currency"],
        row["clause"],
        inputs,
        tuple(children),
        note="condition_not_met" if row["condition_adjustment"] else "",
    )


def _adjusting(clause: str, adjustment: str) -> str:
    return f"{clause}/{_CLAUSES[adjustment]}"


def _measure(
    results: Results, measure_id: str | None, rows: dict[str, list[dict[str, Any]]]
) -> list[Explanation]:
    return [
        Explanation(
            "measure",
            row["measure"],
            row["value"],
            results.plan.currency if results.plan.measure(row["measure"]).is_money else None,
            row["clause"],
            {"lines": row["lines"]},
        )
        for row in rows["measures"]
        if row["measure"] == measure_id
    ]


def _attainment(quota_id: str | None, rows: dict[str, list[dict[str, Any]]]) -> list[Explanation]:
    return [
        Explanation(
            "attainment",
            row["quota"],
            row["attainment"],
            None,
            row["clause"],
            {"measure": row["measure"], "target": row["target"]},
            note="" if row["attainment"] is not None else "quota_missing",
        )
        for row in rows["attainment"]
        if row["quota"] == quota_id
    ]


def _tier(results: Results, row: dict[str, Any], trace: Trace | None) -> Explanation:
    lines: tuple[Explanation, ...] = ()
    if trace is not None:
        lines = tuple(
            Explanation(
                "line",
                line["line_id"],
                line["earned"],
                results.plan.currency,
                line["clause"],
                {
                    name: line[name]
                    for name in (
                        "ordered_on",
                        "order_id",
                        "credit",
                        "from_payee_id",
                        "level",
                        "share",
                        "amount",
                        "currency",
                        "rate",
                        "amount_plan",
                        "running_before",
                        "running_after",
                        "base_in_tier",
                    )
                },
            )
            for line in trace.rows()
            if line["component"] == row["component"] and line["tier"] == row["tier"]
        )
    inputs = {
        name: row[name]
        for name in ("lower", "upper", "lower_amount", "upper_amount", "base", "rate")
    }
    return Explanation(
        "tier",
        str(row["tier"]),
        row["earned"],
        results.plan.currency,
        row["clause"],
        inputs,
        lines,
        adds_up=bool(lines),
        note="" if row["base"] else "tier_not_reached",
    )
