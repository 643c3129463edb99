"""What one component pays at one value of its measure: the payout function behind curves and
examples.

The same clauses as the steps (docs/calculation.md, 7 and 8), over one value in Python, so that a
form can show a plan's pay while it is written. The tests hold both to the same amounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from paceline.engine.money import EXACT, round_to
from paceline.engine.plan.model import Component, Plan, RateTable

ZERO = Decimal(0)


@dataclass(frozen=True)
class TierPay:
    """One tier at a value: what it takes, at which rate, and what that earns after rounding."""

    tier: int
    base: Decimal
    rate: Decimal
    earned: Decimal
    clause: str


@dataclass(frozen=True)
class Payout:
    """A component at a value: its tiers, the sum before and after condition, cap and floor."""

    value: Decimal
    tiers: tuple[TierPay, ...]
    computed: Decimal
    earned: Decimal
    holds: bool


def pay_out(plan: Plan, component: Component, value: Decimal, target: Decimal | None) -> Payout:
    """Pay for a measure of `value` against a quota of `target` (None: the payee has none).

    A condition on another measure is taken to see the same value. Lines that stand alone
    (accumulation: transaction) are taken as one line of this value.
    """
    tiers: tuple[TierPay, ...] = ()
    if component.rates is not None:
        tiers = _tiers(plan, component.rates, value, target)
    computed = sum((tier.earned for tier in tiers), component.amount or ZERO)
    holds = condition_holds(component, value, target)
    earned = computed if holds else ZERO
    if holds and component.cap is not None:
        earned = min(earned, component.cap)
    if holds and component.floor is not None:
        earned = max(earned, component.floor)
    return Payout(value, tiers, computed, earned, holds)


def condition_holds(component: Component, value: Decimal, target: Decimal | None) -> bool:
    """Whether the component's condition is met, decided on exact amounts."""
    condition = component.when
    if condition is None:
        return True
    if condition.on == "measure":
        return value >= condition.at_least
    return bool(target) and value >= EXACT.multiply(condition.at_least, target or ZERO)


def bounds_of(rates: RateTable, target: Decimal | None) -> list[tuple[Decimal, Decimal | None]]:
    """The tiers' bounds in amounts of the measure; empty when there is nothing to attain."""
    if rates.on == "amount":
        return [(tier.lower, tier.upper) for tier in rates.tiers]
    if not target:
        return []
    return [
        (
            EXACT.multiply(tier.lower, target),
            None if tier.upper is None else EXACT.multiply(tier.upper, target),
        )
        for tier in rates.tiers
    ]


def _tiers(
    plan: Plan, rates: RateTable, value: Decimal, target: Decimal | None
) -> tuple[TierPay, ...]:
    found: list[TierPay] = []
    exact, before = ZERO, ZERO
    for place, (bounds, tier) in enumerate(
        zip(bounds_of(rates, target), rates.tiers, strict=False)
    ):
        base = _base(plan, rates, value, place, bounds)
        exact = EXACT.add(exact, EXACT.multiply(base, tier.rate))
        through = round_to(exact, plan.digits, plan.policies.rounding_mode)
        found.append(TierPay(place + 1, base, tier.rate, through - before, tier.clause))
        before = through
    return tuple(found)


def _base(
    plan: Plan, rates: RateTable, value: Decimal, place: int, bounds: tuple[Decimal, Decimal | None]
) -> Decimal:
    lower, upper = bounds
    if rates.reading == "slice":
        capped = value if upper is None else min(value, upper)
        return capped if place == 0 else max(capped - lower, ZERO)
    if plan.policies.boundary == "upper":
        reached = (place == 0 or value >= lower) and (upper is None or value < upper)
    else:
        reached = (place == 0 or value > lower) and (upper is None or value <= upper)
    return value if reached else ZERO
