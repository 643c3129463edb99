"""What one component pays at one value of its measure: the payout function behind curves and
examples.

The same clauses as the steps (docs/calculation.md, 7 and 8), over one value in Python, so that a
form can show a plan's pay while it is written. The tests hold both to the same amounts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from functools import cached_property

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
    None where the tiers see the total, which is `value`. `subject` is what bounds are compared with
    and `across` what chooses the columns of a grid, where they are other measures; `incentive` is
    the payee's own target incentive, `version` the dated set of tiers that holds on the last day.
    """

    value: Decimal
    target: Decimal | None
    holds: bool
    bases: tuple[Decimal, ...] | None = None
    gain: Decimal = ZERO
    subject: Decimal | None = None
    across: tuple[Decimal, ...] = ()
    incentive: Decimal | None = None
    version: int = 0


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
        tiers = tiers_at(plan, component.rates, at)
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


def tiers_at(plan: Plan, rates: RateTable, at: Standing) -> tuple[TierPay, ...]:
    """What the tiers take and earn at a standing; none where there is nothing to attain."""
    found: list[TierPay] = []
    exact, before = ZERO, ZERO
    by_tier = plan.policies.rounding_stage == "tier"
    reading = _Reading(plan, rates, at)
    for place, tier in enumerate(rates.tiers if reading.bounds else ()):
        base = reading.base(place)
        pay = reading.pay(place, base)
        if at.bases is not None:  # what other stretches hold already
            held = at.bases[place] if at.bases else ZERO
            base, pay = EXACT.add(held, base), EXACT.add(EXACT.multiply(held, tier.rate), pay)
        exact = EXACT.add(ZERO if by_tier else exact, pay)
        through = round_to(exact, plan.digits, plan.policies.rounding_mode)
        earned = through if by_tier else through - before
        found.append(TierPay(place + 1, base, tier.rate, earned, tier.clause))
        before = through
    return tuple(found)


def pays_at(plan: Plan, rates: RateTable, at: Standing) -> list[Decimal]:
    """What each tier earns at a standing, exact."""
    reading = _Reading(plan, rates, at)
    places = range(len(rates.tiers) if reading.bounds else 0)
    return [reading.pay(place, reading.base(place)) for place in places]


@dataclass(frozen=True)
class _Reading:
    """A rate table at one standing (clauses 7.2, 7.3, 7.8 to 7.12, 7.16 and 7.17)."""

    plan: Plan
    rates: RateTable
    at: Standing

    @property
    def value(self) -> Decimal:
        return self.at.value if self.at.bases is None else self.at.gain

    @property
    def subject(self) -> Decimal:
        """What the bounds are compared with."""
        return self.value if self.at.subject is None else self.at.subject

    @cached_property
    def bounds(self) -> list[tuple[Decimal, Decimal | None]]:
        return bounds_of(self.rates, self.at.target)

    def base(self, place: int) -> Decimal:
        """The part of the value that a tier takes."""
        if self.rates.dated:
            found = self._set_of(place)
            return ZERO if found is None else found[0].base(found[1])
        lower, upper = self.bounds[place]
        tiers = self.rates.tiers
        if self.rates.reading == "whole" and not tiers[place].marginal:
            if not self._reached(place):
                return ZERO
            after = place + 1
            cut = after < len(tiers) and tiers[after].marginal
            return min(self.value, self.bounds[after][0]) if cut else self.value
        filled = self.subject if self.rates.reading == "interpolated" else self.value
        capped = filled if upper is None else min(filled, upper)
        taken = capped if place == 0 else max(capped - lower, ZERO)
        following = self._next_whole(place) if self.rates.reading == "whole" else None
        if following is not None and not self._below(self.bounds[following][0]):
            return ZERO
        return taken

    def _set_of(self, place: int) -> tuple[_Reading, int] | None:
        """The dated set that holds as a table of its own, and a tier's place in it; None for a tier
        of another set.
        """
        version, sets = self.at.version, self.rates.dated
        if self.rates.tiers[place].version != version:
            return None
        table = replace(self.rates, tiers=sets[version].tiers, dated=(), change=None)
        before = sum(len(one.tiers) for one in sets[:version])
        return replace(self, rates=table), place - before

    def _below(self, bound: Decimal) -> bool:
        upper = self.plan.policies.boundary == "upper"
        return self.subject < bound if upper else self.subject <= bound

    def _next_whole(self, place: int) -> int | None:
        above = range(place + 1, len(self.rates.tiers))
        return next((one for one in above if not self.rates.tiers[one].marginal), None)

    def _reached(self, place: int) -> bool:
        if self.rates.across:
            return self._in_cell(place)
        following = self._next_whole(place)
        above = place == 0 or not self._below(self.bounds[place][0])
        return above and (following is None or self._below(self.bounds[following][0]))

    def _in_cell(self, place: int) -> bool:
        """All values lie in the cell; the first row and column also take what is below zero."""
        tier, upper = self.rates.tiers[place], self.plan.policies.boundary == "upper"
        across = self.at.across or (ZERO,) * len(tier.across)
        columns = zip(across, tier.across, strict=True)
        sides = ((self.subject, self.bounds[place]), *columns)
        for value, (low, high) in sides:
            if low and not (value >= low if upper else value > low):
                return False
            if high is not None and not (value < high if upper else value <= high):
                return False
        return True

    def pay(self, place: int, base: Decimal) -> Decimal:
        """What a tier's part earns, exact."""
        tier, rates = self.rates.tiers[place], self.rates
        if rates.dated and rates.value != "rate":
            found = self._set_of(place)
            return ZERO if found is None else found[0].pay(found[1], base)
        if rates.value == "rate":
            pay = EXACT.multiply(base, tier.rate)
            if rates.floor is None and rates.cap is None:
                return pay
            size = abs(pay) if rates.cap is None else min(abs(pay), rates.cap)
            size = size if rates.floor is None else max(size, rates.floor)
            return size if base > 0 else -size if base < 0 else ZERO
        amount = tier.rate
        if rates.value == "target_share":
            own = self.at.incentive
            share = EXACT.multiply(tier.rate, incentive_of(self.plan) if own is None else own)
            amount = round_to(share, 4)
        if rates.reading == "interpolated":
            lower, upper = self.bounds[place]
            width = (upper or lower) - lower
            cut = EXACT.multiply(amount, base)
            return EXACT.divide(cut, width).quantize(_EIGHT, ROUND_DOWN, EXACT) if width else ZERO
        return amount if self._reached(place) else ZERO


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
        if rates.dated or rates.is_spread:
            return False
        return rates.on != "measure" and not rates.across
    return component.amount is not None or component.target_share is not None
