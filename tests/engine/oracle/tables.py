"""Rate tables: what each tier takes and what it earns (section 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from paceline.engine.money import round_to
from paceline.engine.plan.model import Plan, RateTable

from .numbers import WIDE, ZERO, cut, factor, four, held, product, times, total, whole_number

Bounds = list[tuple[Decimal, Decimal | None]]


@dataclass(frozen=True)
class Taken:
    """For every tier what it takes, and what it earns before rounding."""

    bases: list[Decimal]
    exact: list[Decimal]


class TierReader:
    """Reads a rate table at single values: a period's, a stretch's or a line's."""

    def __init__(
        self, plan: Plan, table: RateTable, target: Decimal | None, incentive: Decimal
    ) -> None:
        self.plan = plan
        self.table, self.target, self.incentive = table, target, incentive
        whole = Decimal(1) if table.quota is None else target or None
        self.is_readable = whole is not None  # 6.3
        whole = whole or Decimal(1)
        self.bounds: Bounds = [
            (
                product(tier.lower, whole, 12),
                None if tier.upper is None else product(tier.upper, whole, 12),
            )
            for tier in table.tiers
        ]
        self.paid = [
            four(product(tier.rate, incentive, 20)) if table.value == "target_share" else tier.rate
            for tier in table.tiers
        ]

    def tier_of(self, value: Decimal) -> int:
        """7.4: the tier that a value reaches."""
        return tier_of(value, self.bounds, upper=self.plan.policies.boundary == "upper")

    def take_by(
        self, day: date, value: Decimal, subject: Decimal, across: Sequence[Decimal]
    ) -> Taken:
        """7.21: by the tiers that hold on the day, of a table whose last day decides."""
        if not self.table.dated:
            return self.take(value, subject, across)
        sets = self.table.dated
        started = [one.starts_on is None or one.starts_on <= day for one in sets]
        held = sum(started) - 1
        table = replace(self.table, tiers=sets[held].tiers, dated=(), change=None)
        alone = TierReader(self.plan, table, self.target, self.incentive)
        taken = alone.take(value, subject, across)
        before = [ZERO for one in sets[:held] for _ in one.tiers]
        after = [ZERO for one in sets[held + 1 :] for _ in one.tiers]
        return Taken([*before, *taken.bases, *after], [*before, *taken.exact, *after])

    def take(self, value: Decimal, subject: Decimal, across: Sequence[Decimal] = ()) -> Taken:
        """`subject` is what the bounds are compared with; mostly the value itself."""
        count = len(self.bounds)
        if self.table.across:
            return self._cell(value, subject, across)
        if self.table.floor is not None or self.table.cap is not None:
            return Taken([value], [self._bounded(value)])
        if self.table.reading == "slice":  # 7.2
            bases = self._slices(value)
            return Taken(bases, [product(b, r, 20) for b, r in zip(bases, self.paid, strict=True)])
        if self.table.reading == "interpolated":  # 7.8
            return self._interpolated(subject)
        reached = self.tier_of(subject)
        bases = self._whole(value, reached)
        if self.table.value == "rate":
            return Taken(bases, [product(b, r, 20) for b, r in zip(bases, self.paid, strict=True)])
        return Taken(
            bases, [self.paid[place] if place == reached else ZERO for place in range(count)]
        )

    def _cell(self, value: Decimal, subject: Decimal, across: Sequence[Decimal]) -> Taken:
        """7.16: the row that one value reaches and the columns that the others do; the last
        dimension changes first from cell to cell.
        """
        upper = self.plan.policies.boundary == "upper"
        width, column = 1, 0
        for dimension, reached in enumerate(across):
            bounds = sorted({tier.across[dimension] for tier in self.table.tiers})
            column = column * len(bounds) + tier_of(reached, bounds, upper=upper)
            width *= len(bounds)
        place = tier_of(subject, self.bounds[::width], upper=upper) * width + column
        paid = (
            product(value, self.paid[place], 20) if self.table.value == "rate" else self.paid[place]
        )
        found = Taken([ZERO for _ in self.bounds], [ZERO for _ in self.bounds])
        found.bases[place], found.exact[place] = value, paid
        return found

    def _bounded(self, value: Decimal) -> Decimal:
        """7.17: at least and at most so much, with the sign of the stretch."""
        size = abs(product(value, self.paid[0], 20))
        if self.table.cap is not None:
            size = min(size, self.table.cap)
        if self.table.floor is not None:
            size = max(size, self.table.floor)
        return size if value > 0 else -size if value < 0 else ZERO

    def _slices(self, value: Decimal) -> list[Decimal]:
        found = []
        for place, (lower, upper) in enumerate(self.bounds):
            top = value if upper is None else min(value, upper)
            found.append(top if place == 0 else max(top - lower, ZERO))
        return found

    def _whole(self, value: Decimal, reached: int) -> list[Decimal]:
        """7.3 and 7.12: the last tier on the whole amount, and marginal slices above it."""
        bases = [ZERO for _ in self.bounds]
        base = reached
        while base > 0 and self.table.tiers[base].marginal:
            base -= 1
        if base == reached:
            bases[base] = value
            return bases
        slices = self._slices(value)
        bases[base] = self.bounds[base + 1][0]
        for place in range(base + 1, reached + 1):
            bases[place] = slices[place]
        return bases

    def _interpolated(self, subject: Decimal) -> Taken:
        bases, exact = self._slices(subject), []
        for part, paid, (lower, upper) in zip(bases, self.paid, self.bounds, strict=True):
            assert upper is not None
            width = Fraction(factor(WIDE.subtract(upper, lower)))
            whole_number(times(paid, factor(part)), 20)
            exact.append(cut(Fraction(paid) * Fraction(part) / width, 8))
        return Taken(bases, exact)

    # --- 7.5, 7.15 --------------------------------------------------------------------------------

    def _round(self, value: Decimal) -> Decimal:
        return round_to(value, self.plan.digits, self.plan.policies.rounding_mode)

    def earn(self, taken: list[Taken]) -> tuple[list[Decimal], list[Decimal]]:
        """What the tiers take and earn over all stretches together."""
        places = range(len(self.bounds))
        bases = [total(one.bases[place] for one in taken) for place in places]
        stage = self.plan.policies.rounding_stage
        if stage == "line":
            return bases, [
                total(self._round(one.exact[place]) for one in taken) for place in places
            ]
        exact = [held(total(one.exact[place] for one in taken), 20) for place in places]
        if stage == "tier":
            return bases, [self._round(value) for value in exact]
        earned, through, before = [], ZERO, ZERO
        for value in exact:
            through = held(WIDE.add(through, value), 20)
            rounded = self._round(through)
            earned.append(rounded - before)
            before = rounded
        return bases, earned

    def exactly(self, taken: list[Taken]) -> Decimal:
        """What all tiers earn over all stretches, not rounded but by lines where the plan says."""
        by_line = self.plan.policies.rounding_stage == "line"
        return total(self._round(pay) if by_line else pay for one in taken for pay in one.exact)


def tier_of(value: Decimal, bounds: Bounds, *, upper: bool) -> int:
    """7.4: on a boundary the upper or the lower tier; below zero the first."""
    reached = 0
    for place, (lower, _) in enumerate(bounds):
        if place and (value >= lower if upper else value > lower):
            reached = place
    return reached
