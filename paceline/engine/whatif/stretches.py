"""Tiers that begin anew inside the period, in each order, day or week: what a further one adds.

There is nothing to add to, so what is told is how large a new one must be by itself to reach the
second tier, and what it then adds to what the tiers hold of all others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from paceline.engine import windows
from paceline.engine.keyed import Keyed
from paceline.engine.money import EXACT, round_to
from paceline.engine.payout import Standing, pays_at
from paceline.engine.plan.model import Component, Plan, RateTable
from paceline.engine.whatif.dated import last_set
from paceline.engine.whatif.kept import Bases, Kept

ZERO = Decimal(0)


@dataclass(frozen=True)
class Stretch:
    """The tiers that a further stretch begins in, and where they stand among all of a table."""

    plan: Plan
    component: Component
    table: RateTable
    offset: int
    held: Bases  # what all tiers hold
    paid: Bases  # what they earn
    incentive: Decimal

    @property
    def subject(self) -> str:
        """The measure that says which tier it reaches."""
        return self.table.subject or self.component.measure or ""

    @property
    def rates(self) -> tuple[Decimal, Decimal] | None:
        """What it earns below and from the second tier on, where its own amount is not said by the
        tier: of rates that another measure decides.
        """
        by_another = self.table.subject is not None and self.table.value == "rate"
        return (self.table.tiers[0].rate, self.table.tiers[1].rate) if by_another else None

    def computed(self, reach: Decimal | None) -> Decimal | None:
        """What the component comes to with a further one that reaches so far; None where what the
        tiers hold does not tell it to the cent.
        """
        rates = self.component.rate_table
        more = [ZERO] * len(rates.tiers)
        if reach is not None:
            at = Standing(
                reach, None, holds=True, subject=reach if self.table.subject else None,
                incentive=self.incentive,
            )  # fmt: skip
            for place, pay in enumerate(pays_at(self.plan, self.table, at)):
                more[self.offset + place] = pay
        stage = self.plan.policies.rounding_stage
        if stage == "line":
            return sum(self.paid, ZERO) + sum(map(self._round, more), ZERO)
        exact = self._exact()
        if exact is None:
            return None
        sums = [EXACT.add(had, pay) for had, pay in zip(exact, more, strict=True)]
        if stage == "tier":
            return sum(map(self._round, sums), ZERO)
        return self._round(_total(sums))

    def _exact(self) -> list[Decimal] | None:
        """What each tier earns before rounding: amounts in whole coins are what they came to."""
        rates = self.component.rate_table
        if rates.value == "rate":
            pairs = zip(self.held, rates.tiers, strict=True)
            return [EXACT.multiply(base, tier.rate) for base, tier in pairs]
        amounts = [tier.rate for tier in rates.tiers]
        if rates.value == "target_share":
            amounts = [round_to(EXACT.multiply(one, self.incentive), 4) for one in amounts]
        whole = all(one == self._round(one) for one in amounts)
        return [*self.paid] if whole and rates.reading != "interpolated" else None

    def _round(self, value: Decimal) -> Decimal:
        return round_to(value, self.plan.digits, self.plan.policies.rounding_mode)


@dataclass(frozen=True)
class KeyedStretch:
    """A further stretch of a table of rates: all of it is sold under one key, whose tiers begin at
    zero in it.
    """

    plan: Plan
    component: Component
    keyed: tuple[Keyed, ...]

    def computed(self, key: Keyed | None = None, reach: Decimal = ZERO) -> Decimal:
        """What the component comes to with a further one under a key that reaches so far."""
        exact = _total(one.sold.earns for one in self.keyed)
        if key is not None:
            at = Standing(reach, None, holds=True)
            exact = EXACT.add(
                exact, _total(pays_at(self.plan, key.of(self.component.rate_table), at))
            )
        return round_to(exact, self.plan.digits, self.plan.policies.rounding_mode)


def keyed_stretch_of(plan: Plan, kept: Kept, component: Component) -> KeyedStretch | None:
    """How a further stretch of a table of rates is looked at: of rates on the component's own
    measure that are rounded once.
    """
    rates, keyed = component.rates, kept.keyed.get(component.id)
    if rates is None or rates.imported is None or keyed is None:
        return None
    if not windows.is_shorter(plan, windows.window_of(plan, component)):
        return None
    if (rates.value, rates.on) != ("rate", "amount"):
        return None
    by_component = plan.policies.rounding_stage == "component"
    return KeyedStretch(plan, component, keyed) if by_component else None


def _total(values: Iterable[Decimal]) -> Decimal:
    found = ZERO
    for value in values:
        found = EXACT.add(found, value)
    return found


def stretch_of(plan: Plan, kept: Kept, component: Component, incentive: Decimal) -> Stretch | None:
    """How a further stretch of a component is looked at; None where nothing is ahead of one, or
    what the run keeps does not tell it: rows, grids, and slices that another measure fills.
    """
    rates = component.rates
    if rates is None or not windows.is_shorter(plan, windows.window_of(plan, component)):
        return None
    if rates.by_shares or rates.imported is not None or rates.across:
        return None
    table, offset = rates, 0
    if rates.dated:
        if kept.ends_before is None:
            return None
        last = last_set(rates, kept.ends_before)
        table = replace(rates, tiers=rates.dated[last].tiers, dated=(), change=None)
        offset = sum(len(one.tiers) for one in rates.dated[:last])
    held, paid = kept.bases.get(component.id, ()), kept.paid.get(component.id, ())
    if len(table.tiers) < 2 or not len(held) == len(paid) == len(rates.tiers):
        return None
    if (rates.floor, rates.cap) != (None, None):
        return None
    return Stretch(plan, component, table, offset, held, paid, incentive)
