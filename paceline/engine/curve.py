"""Pay curves and example amounts: what a component pays, before anybody has sold anything."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal
from typing import Literal

from paceline.engine.money import EXACT, digits_of
from paceline.engine.payout import TierPay, bounds_of, pay_out
from paceline.engine.plan.model import Component, Measure, Plan

EXAMPLE_QUOTA = Decimal(100_000)
EXAMPLE_COUNT = Decimal(100)  # of lines, or of customers: nobody wins a hundred thousand
EXAMPLE_SHARES = tuple(Decimal(share).scaleb(-2) for share in (0, 50, 80, 100, 120, 150))
MAX_POINTS = 1_000
_STEPS = 40
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class Point:
    """One point of a curve.

    `at` is a share of quota (1 is 100 %) or an amount of the measure; `value` is always the amount.
    """

    at: Decimal
    value: Decimal
    earned: Decimal


@dataclass(frozen=True)
class Curve:
    """What a component pays along its measure. `quota` is the target that was assumed, if one
    matters; `is_money` says whether the measure is money or a number of something.
    """

    component: str
    on: Literal["attainment", "amount"]
    currency: str
    is_money: bool
    quota: Decimal | None
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Example:
    """One row of a table of examples, with the tiers that make the amount."""

    at: Decimal
    value: Decimal
    earned: Decimal
    tiers: tuple[TierPay, ...]


def curve(
    plan: Plan, component_id: str, quota: Decimal | None = None, points: int = _STEPS
) -> Curve:
    """The curve of one component from zero to a quarter beyond its last turn.

    Every boundary is a point, and so are the nearest values beside it (a cent away; a whole yen, a
    whole order), so that a jump shows as a jump. `quota` is the target to assume where attainment
    matters; without one, 100 000. KeyError for an unknown component.
    """
    component = _component(plan, component_id)
    on = _axis(component)
    target = quota if quota is not None and quota > 0 else EXAMPLE_QUOTA
    turns = _turns(component, target)
    end = _end(component, turns, target) or _usual(plan.measure_of(component))
    steps = max(2, min(points, MAX_POINTS))
    measure = plan.measure_of(component)
    unit = _unit(plan, measure)
    values = {
        _to(unit, EXACT.divide(EXACT.multiply(end, Decimal(step)), Decimal(steps)))
        for step in range(steps + 1)
    }
    for turn in turns:
        values |= {turn, _below(turn, unit), turn.quantize(unit, ROUND_FLOOR, EXACT) + unit}
    ordered = sorted(value for value in values if value <= end)
    return Curve(
        component_id,
        on,
        plan.currency,
        measure is None or measure.is_money,
        target if on == "attainment" else None,
        tuple(
            Point(_at(on, value, target), value, pay_out(plan, component, value, target).earned)
            for value in ordered
        ),
    )


def examples(
    plan: Plan, component_id: str, quota: Decimal | None = None, values: tuple[Decimal, ...] = ()
) -> tuple[Example, ...]:
    """Example amounts of one component: at usual attainments, or at its boundaries and around them.

    `values` are amounts of the measure to show instead.
    """
    component = _component(plan, component_id)
    on = _axis(component)
    target = quota if quota is not None and quota > 0 else EXAMPLE_QUOTA
    if not values:
        turns, unit = _turns(component, target), _unit(plan, plan.measure_of(component))
        shares = EXAMPLE_SHARES if on == "attainment" or not turns else ()
        scale = target if on == "attainment" else _usual(plan.measure_of(component))
        chosen = {_to(unit, EXACT.multiply(share, scale)) for share in shares}
        for turn in turns:
            further = _to(unit, EXACT.multiply(turn, Decimal("1.2")))
            chosen |= {turn, _below(turn, unit), further}
        values = tuple(sorted(chosen | {Decimal(0)}))
    rows = [(value, pay_out(plan, component, value, target)) for value in values]
    return tuple(
        Example(_at(on, value, target), value, paid.earned, paid.tiers) for value, paid in rows
    )


def _component(plan: Plan, component_id: str) -> Component:
    for component in plan.components:
        if component.id == component_id:
            return component
    raise KeyError(component_id)


def _axis(component: Component) -> Literal["attainment", "amount"]:
    if component.rates is not None:
        return "attainment" if component.rates.on == "attainment" else "amount"
    on_quota = component.when is not None and component.when.on == "attainment"
    return "attainment" if on_quota else "amount"


def _turns(component: Component, target: Decimal) -> list[Decimal]:
    """Where the curve bends or jumps: the tiers' bounds and the condition's threshold."""
    turns = {Decimal(0)}
    if component.rates is not None:
        for lower, upper in bounds_of(component.rates, target):
            turns |= {lower} if upper is None else {lower, upper}
    if component.when is not None:
        share = component.when.on == "attainment"
        least = component.when.at_least
        turns.add(EXACT.multiply(least, target) if share else least)
    return sorted(turn for turn in turns if turn > 0)


def _end(component: Component, turns: list[Decimal], target: Decimal) -> Decimal:
    last = max(turns, default=Decimal(0))
    least = (
        EXACT.multiply(target, Decimal("1.5")) if _axis(component) == "attainment" else Decimal(0)
    )
    return max(EXACT.multiply(last, Decimal("1.25")), least)


def _usual(measure: Measure | None) -> Decimal:
    """A usual amount of a measure that no tier, condition or quota tells anything about."""
    is_count = measure is not None and measure.kind in {"count", "distinct"}
    return EXAMPLE_COUNT if is_count else EXAMPLE_QUOTA


def _at(on: str, value: Decimal, target: Decimal) -> Decimal:
    if on == "amount":
        return value
    return EXACT.divide(value, target).quantize(Decimal("0.000001"), ROUND_DOWN, EXACT)


def _unit(plan: Plan, measure: Measure | None) -> Decimal:
    """The least step of a measure: the currency's smallest unit, one line, or a hundredth."""
    if measure is None or measure.is_money:
        return Decimal(1).scaleb(-digits_of(plan.currency))
    return Decimal(1) if measure.kind in {"count", "distinct"} else _HUNDREDTH


def _below(turn: Decimal, unit: Decimal) -> Decimal:
    """The greatest value that lies below a turn of the curve."""
    return max(turn.quantize(unit, ROUND_CEILING, EXACT) - unit, Decimal(0))


def _to(unit: Decimal, value: Decimal) -> Decimal:
    return value.quantize(unit, context=EXACT)
