"""What one component pays at one value of its measure: the payout function behind curves and
examples.

The same clauses as the steps (docs/calculation.md, 7 and 8), over one value in Python, so that a
form can show a plan's pay while it is written. The tests hold both to the same amounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

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
class Standing:
    """Where a payee stands with a component, when the condition is decided elsewhere.

    `bases` are what its tiers hold of lines that stand alone, without the `gain` that is looked at;
    None where the tiers see the total, which is `value`.
    """

    value: Decimal
    target: Decimal | None
    holds: bool
    bases: tuple[Decimal, ...] | None = None
    gain: Decimal = ZERO


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
    holds = condition_holds(component, value, target)
    return pay_standing(plan, component, Standing(value, target, holds))


def pay_standing(plan: Plan, component: Component, at: Standing) -> Payout:
    """Pay for a standing: tiers, then condition, cap and floor."""
    tiers: tuple[TierPay, ...] = ()
    if component.rates is not None:
        tiers = _tiers(plan, component.rates, at)
    fixed = component.amount or ZERO
    if component.target_share is not None:
        share = EXACT.multiply(component.target_share, incentive_of(plan))
        fixed = round_to(share, plan.digits, plan.policies.rounding_mode)
    computed = sum((tier.earned for tier in tiers), fixed)
    earned = computed if at.holds else ZERO
    if at.holds and component.cap is not None:
        earned = min(earned, component.cap)
    if at.holds and component.floor is not None:
        earned = max(earned, component.floor)
    return Payout(at.value, tiers, computed, earned, at.holds)


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
    if rates.on != "attainment":
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


def _tiers(plan: Plan, rates: RateTable, at: Standing) -> tuple[TierPay, ...]:
    found: list[TierPay] = []
    exact, before = ZERO, ZERO
    bounds = bounds_of(rates, at.target)
    for place, tier in enumerate(rates.tiers if bounds else ()):
        value = at.value if at.bases is None else at.gain
        base = _base(plan, rates, bounds, place, value)
        pay = _pay(plan, rates, bounds, place, base, value)
        if at.bases is not None:  # what other stretches hold already
            held = at.bases[place] if at.bases else ZERO
            base, pay = EXACT.add(held, base), EXACT.add(EXACT.multiply(held, tier.rate), pay)
        exact = EXACT.add(exact, pay)
        through = round_to(exact, plan.digits, plan.policies.rounding_mode)
        found.append(TierPay(place + 1, base, tier.rate, through - before, tier.clause))
        before = through
    return tuple(found)


Bounds = list[tuple[Decimal, Decimal | None]]


def _base(plan: Plan, rates: RateTable, bounds: Bounds, place: int, value: Decimal) -> Decimal:
    """The part of the value that a tier takes (clauses 7.2, 7.3 and 7.12)."""
    lower, upper = bounds[place]
    tiers = rates.tiers
    if rates.reading == "whole" and not tiers[place].marginal:
        if not _reached(plan, rates, bounds, place, value):
            return ZERO
        after = place + 1
        return (
            min(value, bounds[after][0]) if after < len(tiers) and tiers[after].marginal else value
        )
    capped = value if upper is None else min(value, upper)
    taken = capped if place == 0 else max(capped - lower, ZERO)
    following = _next_whole(rates, place) if rates.reading == "whole" else None
    if following is not None and not _below(plan, bounds[following][0], value):
        return ZERO
    return taken


def _below(plan: Plan, bound: Decimal, value: Decimal) -> bool:
    return value < bound if plan.policies.boundary == "upper" else value <= bound


def _next_whole(rates: RateTable, place: int) -> int | None:
    above = range(place + 1, len(rates.tiers))
    return next((one for one in above if not rates.tiers[one].marginal), None)


def _reached(plan: Plan, rates: RateTable, bounds: Bounds, place: int, value: Decimal) -> bool:
    following = _next_whole(rates, place)
    above = place == 0 or not _below(plan, bounds[place][0], value)
    return above and (following is None or _below(plan, bounds[following][0], value))


def _pay(
    plan: Plan, rates: RateTable, bounds: Bounds, place: int, base: Decimal, value: Decimal
) -> Decimal:
    """What a tier's part earns, exact (clauses 7.8 to 7.10 and 7.17)."""
    tier = rates.tiers[place]
    if rates.value == "rate":
        pay = EXACT.multiply(base, tier.rate)
        if rates.floor is None and rates.cap is None:
            return pay
        size = abs(pay) if rates.cap is None else min(abs(pay), rates.cap)
        size = size if rates.floor is None else max(size, rates.floor)
        return size if base > 0 else -size if base < 0 else ZERO
    amount = tier.rate
    if rates.value == "target_share":
        share = EXACT.multiply(tier.rate, incentive_of(plan))
        amount = round_to(share, 4)
    if rates.reading == "interpolated":
        lower, upper = bounds[place]
        width = (upper or lower) - lower
        cut = EXACT.multiply(amount, base)
        return EXACT.divide(cut, width).quantize(_EIGHT, ROUND_DOWN, EXACT) if width else ZERO
    return amount if _reached(plan, rates, bounds, place, value) else ZERO


_EIGHT = Decimal("1e-8")


def incentive_of(plan: Plan) -> Decimal:
    """The target incentive to show a plan with: the plan's own, or an example of 10 000."""
    target = plan.target_incentive
    return target.amount if target is not None and target.amount is not None else EXAMPLE_INCENTIVE


EXAMPLE_INCENTIVE = Decimal(10_000)


def is_drawable(component: Component) -> bool:
    """What the component pays depends on one value: its measure or the attainment of its quota.

    Points, days and certificates are no money. Formulas, scorecards, pools and contests depend on
    more, and so do tables that are read by another measure or change on a day, multipliers, and
    conditions on other figures.
    """
    rates = component.rates
    on_formula = component.when is not None and component.when.formula is not None
    if component.unit != "money" or component.multipliers or on_formula:
        return False
    if rates is not None:
        return rates.on != "measure" and rates.across is None and not rates.dated
    return component.amount is not None or component.target_share is not None
