"""The explanation of a statement: a tree from the total down to the order line.

Every node has its value, the clause of the plan that made it, the figures it was made from, and the
alternatives that the plan had there and did not take; the values of a node's children add up to it
wherever `adds_up` says so. Scorecards open to their indicators, pools to the sharing, contests to
the rank. A component of a kind that is not known here is told by its value alone, with the note
`not_explained_further`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from paceline.engine import windows
from paceline.engine.errors import PayeeUnknown
from paceline.engine.formula.tree import names_in
from paceline.engine.known import NOT_EXPLAINED, is_told
from paceline.engine.parts import pieces
from paceline.engine.plan.model import Component, RateTable
from paceline.engine.rejections import (
    Rejection,
    figures_by_name,
    of_component,
    rejected_credits,
    tiers_above,
)
from paceline.engine.results import Results
from paceline.engine.shape import shape_of
from paceline.engine.trace import Trace

NodeKind = Literal[
    "statement",
    "component",
    "tier",
    "adjustment",
    "measure",
    "attainment",
    "line",
    "indicator",
    "share",
    "addition",
    "rank",
    "payment",
    "entry",
    "minimum",
]
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
    that the value was made from, by name; `note` is a code such as `tier_not_reached`, or
    `tier_not_in_force` where tiers change on a day and these held on none that counted.
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
    rejected: tuple[Rejection, ...] = ()


def explain(results: Results, payee_id: str, trace: Trace | None = None) -> Explanation:
    """The tree of one payee's statement; with the payee's trace it goes down to the lines.

    Raises PayeeUnknown when there is no statement for the payee.
    """
    rows = {
        name: [row for row in results.rows(name) if row["payee_id"] == payee_id]
        for name in ("statements", "earnings", "tiers", "measures", "attainment", "details")
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
    plan = results.plan
    component = plan.component(row["component"])
    measures = {one["measure"]: one["value"] for one in rows["measures"]}
    targets = {one["quota"]: one["target"] for one in rows["attainment"]}
    inputs: dict[str, Any] = {"computed": row["computed"]}
    children: list[Explanation] = []
    children += _measure(results, component.measure, rows)
    children += _attainment(component.quota, rows)
    tiers = [tier for tier in rows["tiers"] if tier["component"] == component.id]
    held = _sets_held(results, component)
    children += [_tier(results, component, tier, (tiers, held), trace) for tier in tiers]
    figures = {
        (one["item"], one["figure"]): one["value"]
        for one in rows["details"]
        if one["component"] == component.id
    }
    children += [
        Explanation(
            one.kind,  # type: ignore[arg-type]
            one.subject,
            one.amount,
            row["currency"] if one.kind == "indicator" else None,
            one.clause,
            one.inputs,
        )
        for one in (pieces(component, figures, row["payee_id"]) if figures else ())
    ]
    if component.formula is not None:
        known = figures_by_name(plan, measures, targets)
        inputs |= {name: known.get(name) for name in sorted(names_in(component.formula.root))}
    children += [
        Explanation(
            "adjustment", name, row[name], row["currency"], _adjusting(component.clause, name)
        )
        for name in ADJUSTMENTS
        if row[name]
    ]
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
        note=_note(component, row),
        rejected=of_component(plan, component, row, measures, targets, figures),
    )


def _note(component: Component, row: dict[str, Any]) -> str:
    if not is_told(component):
        return NOT_EXPLAINED
    return "condition_not_met" if row["condition_adjustment"] else ""


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


_LINE = (
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


def _tier(
    results: Results,
    component: Component,
    row: dict[str, Any],
    among: tuple[list[dict[str, Any]], frozenset[int]],
    trace: Trace | None,
) -> Explanation:
    tiers, held = among
    value = next(
        (one["value"] for one in results.rows("measures") if _is_of(one, component, row)), None
    )
    rates = component.rates
    by_total = rates is not None and rates.reading == "whole" and not shape_of(results.plan).by_line
    above = _of_one_set(component, row, tiers)
    lines: tuple[Explanation, ...] = ()
    if trace is not None:
        orders = trace.orders_by_id()
        lines = tuple(
            Explanation(
                "line",
                line["line_id"],
                line["earned"],
                results.plan.currency,
                line["clause"],
                {name: line[name] for name in _LINE},
                rejected=(
                    *rejected_credits(results.plan, component, line, orders.get(line["line_id"])),
                    *tiers_above(above, value if by_total and value else line["running_after"]),
                ),
            )
            for line in trace.rows()
            if line["component"] == row["component"] and line["tier"] == row["tier"]
        )
    is_idle = rates is not None and bool(rates.dated) and not any(one["base"] for one in above)
    is_held = rates is None or not rates.dated or _set_of(rates, row) in held
    if is_idle or not above:  # tiers of other days, and rows of other keys, are no choice
        value = None
    names = ("lower", "upper", "lower_amount", "upper_amount", "base", "rate", "key")
    return Explanation(
        "tier",
        str(row["tier"]),
        row["earned"],
        results.plan.currency,
        row["clause"],
        {name: row[name] for name in names},
        lines,
        adds_up=bool(lines),
        note="" if row["base"] else "tier_not_reached" if is_held else "tier_not_in_force",
        rejected=() if row["base"] or value is None else tiers_above([row], value),
    )


def _of_one_set(
    component: Component, row: dict[str, Any], tiers: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The tiers that a tier stands among: of tiers that change on a day those of its own set; none
    where they are rows of a table of rates.
    """
    rates = component.rates
    if rates is None or rates.imported is not None:
        return []
    return [one for one in tiers if _set_of(rates, one) == _set_of(rates, row)]


def _set_of(rates: RateTable, row: dict[str, Any]) -> int:
    tier: int = row["tier"]
    return rates.tiers[tier - 1].version


def _sets_held(results: Results, component: Component) -> frozenset[int]:
    """Which sets of tiers that change on a day pay anything in the period: those of its days or,
    where last days decide, of the last day of each stretch in it.
    """
    rates, plan, period = component.rates, results.plan, results.period
    if rates is None or not rates.dated:
        return frozenset()
    days = [
        period.starts_on + timedelta(days=place)
        for place in range((period.ends_before - period.starts_on).days)
    ]
    unit = windows.window_of(plan, component)
    if rates.by_last_day and unit not in {"transaction", "day"}:
        is_cut = windows.is_shorter(plan, unit)
        ends = {windows.instance_of(plan, unit, day) if is_cut else None: day for day in days}
        days = list(ends.values())
    return frozenset(map(rates.held_on, days))


def _is_of(one: dict[str, Any], component: Component, row: dict[str, Any]) -> bool:
    return bool(one["measure"] == component.measure and one["payee_id"] == row["payee_id"])
