"""The alternatives that a plan had and did not take, each with the reason in figures.

For a line: the credit rules that did not take it and the part of their condition that failed, and
the tiers above it. For a component: a condition that did not hold, and what cap and floor did. A
clause that is not understood here is named, with the reason `not_explained_further`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from types import MappingProxyType
from typing import Any, Literal

from paceline.engine.formula.tree import names_in
from paceline.engine.formula.written import failing, written
from paceline.engine.known import NOT_EXPLAINED, is_known, is_told
from paceline.engine.money import EXACT
from paceline.engine.parts import Figures, lacks
from paceline.engine.plan.model import Component, Credit, Plan
from paceline.engine.plan.scope import word

Kind = Literal["credit", "tier", "condition", "cap", "floor", "component", "part", "minimum"]
ZERO = Decimal(0)


@dataclass(frozen=True)
class Rejection:
    """One alternative, the clause that states it, and why it was not taken or did not bind.

    `missing` is the amount that was lacking: to a tier, to a condition, up to a cap, above a floor.
    `reason` is a code: condition_failed, level_not_covered, overlay_not_rolled_up, counted_already,
    tier_not_reached, condition_not_met, formula_not_met, cap_not_reached, floor_not_needed,
    not_explained_further, those of the parts of scorecards, pools and contests (`parts`), and those
    of guarantees and draws (`settlement.explain`).
    """

    kind: Kind
    subject: str
    clause: str
    reason: str
    missing: Decimal | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)


def rejected_credits(
    plan: Plan, component: Component, line: Mapping[str, Any], order: Mapping[str, Any] | None
) -> tuple[Rejection, ...]:
    """The credit rules of the plan that did not take a traced line for its payee.

    `order` holds the line's columns; without it a rule's condition cannot be looked at.
    """
    found: list[Rejection] = []
    of_measure = plan.measure(component.measure).credits if component.measure else ()
    for credit in plan.credits:
        if credit.id == line["credit"]:
            continue
        if not is_known(credit):
            found.append(_rejected(credit, NOT_EXPLAINED))
        elif (credit.kind == "direct") != (line["level"] == 0):
            continue  # a rule for other levels was no alternative for this share
        else:
            reason = _why(plan, credit, line, order)
            if reason is not None:
                found.append(reason)
            elif credit.id in of_measure and line["credit"] in of_measure:
                found.append(_rejected(credit, "counted_already", by=line["credit"]))
    return tuple(found)


def _why(
    plan: Plan, credit: Credit, line: Mapping[str, Any], order: Mapping[str, Any] | None
) -> Rejection | None:
    if credit.kind == "direct":
        return _condition(credit, credit, order)
    if not credit.level_from <= line["level"] <= (credit.level_through or line["level"]):
        return _rejected(credit, "level_not_covered", level=line["level"])
    sources = [plan.credit(name) for name in credit.of]
    failed = [_condition(credit, one, order) for one in sources if is_known(one)]
    return failed[0] if failed and all(failed) else None


def _condition(credit: Credit, source: Credit, order: Mapping[str, Any] | None) -> Rejection | None:
    """Why the condition of `source` kept `credit` from taking the line; None if it holds."""
    if source.when is None or order is None:
        return None
    try:
        parts = failing(source.when.root, order)
    except KeyError:
        return None
    if not parts:
        return None
    read = sorted(set().union(*(names_in(part) for part in parts)))
    return Rejection(
        "credit",
        credit.id,
        source.clause,
        "condition_failed",
        inputs={
            "failed": tuple(written(part) for part in parts),
            "values": {name: order.get(name) for name in read},
        },
    )


def _rejected(credit: Credit, reason: str, **inputs: Any) -> Rejection:
    return Rejection("credit", credit.id, credit.clause, reason, inputs=inputs)


def tiers_above(tiers: list[dict[str, Any]], value: Decimal) -> tuple[Rejection, ...]:
    """The tiers that begin above a value, with what was missing to each.

    `tiers` are rows of the results; a tier whose lower bound is the value itself is on the
    boundary, and the plan's policy has decided.
    """
    return tuple(
        Rejection(
            "tier",
            str(row["tier"]),
            row["clause"],
            "tier_not_reached",
            EXACT.subtract(row["lower_amount"], value),
            {"lower_amount": row["lower_amount"], "rate": row["rate"], "value": value},
        )
        for row in tiers
        if row["lower_amount"] > value
    )


def of_component(
    plan: Plan,
    component: Component,
    row: Mapping[str, Any],
    measures: Mapping[str, Decimal | None],
    targets: Mapping[str, Decimal | None],
    figures: Figures = MappingProxyType({}),
) -> tuple[Rejection, ...]:
    """What condition, cap and floor of a component did not do, with the amounts missing, and what
    its parts did not reach.

    `row` is the component's row of the earnings; what they did is among its adjustments. `figures`
    are what a run keeps of its scorecard, pool or contest.
    """
    if not is_told(component):
        return (Rejection("component", component.id, component.clause, NOT_EXPLAINED),)
    if component.when is not None:
        failed = _failed(plan, component, row, measures, targets)
        if failed is not None:
            return (failed,)
    known = figures_by_name(plan, measures, targets)
    found = [
        Rejection("part", one.subject, one.clause, one.reason, one.missing, one.inputs)
        for one in (lacks(plan, component, figures, known) if figures else ())
    ]
    paid = EXACT.add(row["computed"], row.get("multiplier_adjustment") or ZERO)
    for kind, bound, binds, reason in (
        ("cap", component.cap, row["cap_adjustment"], "cap_not_reached"),
        ("floor", component.floor, row["floor_adjustment"], "floor_not_needed"),
    ):
        if bound is not None and not binds:
            room = bound - paid if kind == "cap" else paid - bound
            inputs = {kind: bound, "computed": paid}
            clause = f"{component.clause}/{kind}"
            found.append(Rejection(kind, component.id, clause, reason, room, inputs))  # type: ignore[arg-type]
    return tuple(found)


def _failed(
    plan: Plan,
    component: Component,
    row: Mapping[str, Any],
    measures: Mapping[str, Decimal | None],
    targets: Mapping[str, Decimal | None],
) -> Rejection | None:
    """Why the component's condition did not hold; None if it did, or nobody can tell."""
    when = component.when
    assert when is not None  # noqa: S101 -- the caller looked
    if when.formula is not None:
        return _formula_failed(plan, component, row, measures, targets)
    missing, inputs = _to_threshold(plan, component, measures, targets)
    if missing is not None and missing <= 0:
        return None
    return Rejection("condition", component.id, when.clause, "condition_not_met", missing, inputs)


def _formula_failed(
    plan: Plan,
    component: Component,
    row: Mapping[str, Any],
    measures: Mapping[str, Decimal | None],
    targets: Mapping[str, Decimal | None],
) -> Rejection | None:
    """The parts of a condition over figures that failed; without the figures only that it did."""
    when = component.when
    assert when is not None  # noqa: S101 -- the caller looked
    assert when.formula is not None  # noqa: S101
    known = figures_by_name(plan, measures, targets)
    try:
        parts = failing(when.formula.root, known)
    except KeyError:
        if not row.get("condition_adjustment"):
            return None
        return Rejection("condition", component.id, when.clause, "formula_not_met")
    if not parts:
        return None
    read = sorted(set().union(*(names_in(part) for part in parts)))
    inputs = {
        "failed": tuple(written(part) for part in parts),
        "values": {name: known.get(name) for name in read},
    }
    return Rejection("condition", component.id, when.clause, "formula_not_met", inputs=inputs)


def figures_by_name(
    plan: Plan,
    measures: Mapping[str, Decimal | None],
    targets: Mapping[str, Decimal | None],
) -> dict[str, Decimal | None]:
    """Measures, targets and attainments by the names that formulas use; attainment is cut."""
    found = {word(name): value for name, value in measures.items()}
    for quota in plan.quotas:
        target, value = targets.get(quota.id), measures.get(quota.measure)
        found[f"{word(quota.id)}.target"] = target
        share = None
        if target and value is not None:
            share = EXACT.divide(value, target).quantize(_EIGHT, ROUND_DOWN, EXACT)
        found[f"{word(quota.id)}.attainment"] = share
    return found


_EIGHT = Decimal("1e-8")


def _to_threshold(
    plan: Plan,
    component: Component,
    measures: Mapping[str, Decimal | None],
    targets: Mapping[str, Decimal | None],
) -> tuple[Decimal | None, dict[str, Any]]:
    """What the measure of a condition lacks; None where there is no target to reach, or no
    value.
    """
    when = component.when
    assert when is not None  # noqa: S101 -- the caller looked
    if when.on == "measure":
        measure, least = when.subject, when.at_least
    else:
        measure, target = plan.quota(when.subject).measure, targets.get(when.subject)
        if not target:
            return None, {"measure": measure, "target": target}
        least = EXACT.multiply(when.at_least, target)
    value = measures[measure]
    inputs = {"measure": measure, "value": value, "at_least": least}
    if value is None:
        return None, inputs
    return EXACT.subtract(least, value), inputs
