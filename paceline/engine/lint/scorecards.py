"""Findings about scorecards: jumps of a stepped score, scores that turn, gates nobody passes.

Weights that do not add up to 100 % never get here: such a text is no plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from paceline.engine.formula.tree import names_in
from paceline.engine.lint.findings import Finding
from paceline.engine.lint.history import History
from paceline.engine.lint.logic import never_holds
from paceline.engine.lint.shared import found, past_of, plainly, read_past, share, usual_amount
from paceline.engine.money import EXACT, round_to
from paceline.engine.plan.model import Component, Indicator, Plan

MANY_PERIODS = 2  # periods of payees before a gate is said to be out of reach


def scorecards(plan: Plan, component: Component, history: History | None) -> Iterator[Finding]:
    """All that is found about a component's scorecard."""
    card = component.scorecard
    assert card is not None  # noqa: S101 -- the caller chose a scorecard
    past = past_of(plan, history, names_in(card.target.root))
    amount, known = usual_amount(plan, card.target, past)
    for indicator in card.indicators:
        if indicator.steps:
            yield from _jump(plan, component, indicator, amount, known)
            yield from _turn(plan, component, indicator, amount, known)
        if indicator.gate is not None:
            yield from _gate(plan, component, indicator, history)


def _worth(plan: Plan, indicator: Indicator, amount: Decimal, score: Decimal) -> Decimal:
    """What an indicator is worth at a score."""
    exact = EXACT.multiply(EXACT.multiply(amount, indicator.weight), score)
    return round_to(exact, plan.digits, plan.policies.rounding_mode)


def _params(indicator: Indicator, at: Decimal, known: str) -> dict[str, str | int]:
    return {
        "indicator": indicator.id,
        "bound": plainly(at),
        "by_share": int(indicator.value.type == "percent"),
        "is_money": int(indicator.value.type == "money"),
        "target": known,
    }


def _cause(indicator: Indicator) -> tuple[str, ...]:
    steps = (f"{plainly(one.lower)}={plainly(one.rate)}" for one in indicator.steps)
    return (indicator.id, *steps)


def _jump(
    plan: Plan, component: Component, indicator: Indicator, amount: Decimal, known: str
) -> Iterator[Finding]:
    """The step at which the indicator is worth most more, or less, at once."""
    jumps = [
        (_worth(plan, indicator, amount, one.rate), _worth(plan, indicator, amount, two.rate), two)
        for one, two in pairwise(indicator.steps)
    ]
    if not jumps:
        return
    below, above, step = max(jumps, key=lambda one: abs(one[1] - one[0]))
    if abs(above - below) <= Decimal(1).scaleb(-plan.digits):
        return
    amounts = {
        "jump": abs(above - below),
        "below": below,
        "above": above,
        "of": amount,
        "rate": share(abs(above - below), amount),
    }
    yield found(
        plan, component, "score_jump", "warning", step.clause, amounts,
        {**_params(indicator, step.lower, known), "steps": len(jumps)},
        evidence=("kishore-2013", "oyer-1998"),
        basis=_cause(indicator),
    )  # fmt: skip


def _turn(
    plan: Plan, component: Component, indicator: Indicator, amount: Decimal, known: str
) -> Iterator[Finding]:
    """A score that first rises and then falls, or the other way: which way is better is unclear."""
    ways: list[tuple[bool, int]] = [
        (two.rate > one.rate, place)
        for place, (one, two) in enumerate(pairwise(indicator.steps), start=1)
        if one.rate != two.rate
    ]
    for (way, _), (other, place) in pairwise(ways):
        if way != other:
            before, step = indicator.steps[place - 1], indicator.steps[place]
            below = _worth(plan, indicator, amount, before.rate)
            above = _worth(plan, indicator, amount, step.rate)
            amounts = {"below": below, "above": above, "jump": abs(above - below), "of": amount}
            yield found(
                plan, component, "score_turns", "serious", step.clause, amounts,
                _params(indicator, step.lower, known),
                basis=_cause(indicator),
            )  # fmt: skip
            return


def _gate(
    plan: Plan, component: Component, indicator: Indicator, history: History | None
) -> Iterator[Finding]:
    """A gate that cannot be passed, or that nobody known has passed."""
    gate = indicator.gate
    assert gate is not None  # noqa: S101 -- the caller looked
    clause, basis = f"{indicator.clause}/gate", (indicator.id, gate.text)
    params: dict[str, str | int] = {"indicator": indicator.id, "formula": gate.text}
    if never_holds(gate.root):
        yield found(plan, component, "gate_closed", "serious", clause, {}, params, basis=basis)
        return
    past = past_of(plan, history, names_in(gate.root))
    read = list(read_past(gate, past))
    if len(read) >= MANY_PERIODS and not any(value for _, value in read):
        people = tuple(sorted({one.payee for one, _ in read}))
        params |= {"known": len(read)}
        yield found(
            plan, component, "gate_unreached", "serious", clause, {}, params,
            people=people, evidence=("chung-2014",), basis=basis,
        )  # fmt: skip


def knows_gates(plan: Plan, component: Component, history: History | None) -> bool:
    """Whether the past can tell about every gate of the scorecard."""
    card = component.scorecard
    assert card is not None  # noqa: S101
    gates = [one.gate for one in card.indicators if one.gate is not None]
    return all(len(past_of(plan, history, names_in(gate.root))) >= MANY_PERIODS for gate in gates)
