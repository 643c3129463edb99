"""Tiers that change on a day (docs/calculation.md, 7.19), calculated again from what a run keeps.

The tiers of a run tell what was sold under each set. What is looked at further is sold on the
period's last day: it falls into the set that holds then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from paceline.engine.money import EXACT, round_to
from paceline.engine.payout import Standing, bounds_of, pays_at
from paceline.engine.plan.model import Interval, Plan, RateTable

ZERO = Decimal(0)


@dataclass(frozen=True)
class Sets:
    """The sets of tiers of a dated table, and what was sold under each; `last` is the place of the
    one that holds on the period's last day. Where another measure finds the tier, `subject` is
    what it came to, and `across` what finds the columns of a grid.
    """

    plan: Plan
    rates: RateTable
    sold: tuple[Decimal, ...]
    last: int
    target: Decimal | None
    subject: Decimal | None = None
    across: tuple[Decimal, ...] = ()

    def counted(self, place: int) -> Decimal:
        """What a set's tiers count: all that was sold where the total carries on."""
        if self.subject is not None:
            return self.subject
        return sum(self.sold, ZERO) if self.rates.change == "carry-on" else self.sold[place]

    def with_more(self, amount: Decimal) -> Sets:
        sold = [*self.sold]
        sold[self.last] = EXACT.add(sold[self.last], amount)
        return replace(self, sold=tuple(sold))

    def table(self, place: int) -> RateTable:
        """One set as a table of its own."""
        return replace(self.rates, tiers=self.rates.dated[place].tiers, dated=(), change=None)

    def before(self, place: int) -> int:
        """How many tiers stand in the sets before one: they are numbered on through all sets."""
        return sum(len(one.tiers) for one in self.rates.dated[:place])

    def earned(self) -> Decimal:
        """What all tiers of all sets earn together."""
        exact, by_tier = ZERO, self.plan.policies.rounding_stage == "tier"
        running = ZERO
        for place, sold in enumerate(self.sold):
            start = running if self.rates.change == "carry-on" else ZERO
            end = EXACT.add(start, sold)
            running = end
            table, total = self.table(place), self.counted(place)
            after, until = (self._pays(table, value, total) for value in (end, start))
            for pay, had in zip(after, until, strict=True):
                more = EXACT.subtract(pay, had)
                exact = EXACT.add(exact, self._round(more) if by_tier else more)
        return self._round(exact)

    def ahead(self, column: tuple[Interval, ...] = ()) -> list[tuple[int, int, Decimal]]:
        """The bounds ahead, one of each set in which reaching it pays otherwise: the place of the
        set, of the tier in it, and the bound. Read as slices only the last set takes more; read
        whole a total that carries on moves what was sold under all. In a grid the tiers of one
        column are looked at.
        """
        moved = {self.last} if self.subject is None else set()
        if self.rates.reading == "whole" and self.rates.change == "carry-on":
            moved |= {place for place, sold in enumerate(self.sold) if sold}
        found = []
        for place in sorted(moved):
            table = self.table(place)
            for tier, (lower, _) in enumerate(bounds_of(table, self.target)):
                if table.tiers[tier].across != column:
                    continue
                if lower and self._is_ahead(lower, self.counted(place)):
                    found.append((place, tier, lower))
                    break
        return found

    def _is_ahead(self, bound: Decimal, value: Decimal) -> bool:
        inside = self.rates.reading == "whole" and self.plan.policies.boundary == "lower"
        return value <= bound if inside else value < bound

    def _pays(self, table: RateTable, value: Decimal, total: Decimal) -> list[Decimal]:
        subject = total if table.reading == "whole" else None
        at = Standing(value, self.target, holds=True, subject=subject, across=self.across)
        return pays_at(self.plan, table, at)

    def _round(self, value: Decimal) -> Decimal:
        return round_to(value, self.plan.digits, self.plan.policies.rounding_mode)


def sold_under(rates: RateTable, bases: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """What was sold under each set, from what all tiers hold."""
    found, start = [], 0
    for one in rates.dated:
        end = start + len(one.tiers)
        found.append(sum(bases[start:end], ZERO))
        start = end
    return tuple(found)


def last_set(rates: RateTable, ends_before: date) -> int:
    """The place of the set that holds on the period's last day."""
    return max(
        place
        for place, one in enumerate(rates.dated)
        if one.starts_on is None or one.starts_on < ends_before
    )
