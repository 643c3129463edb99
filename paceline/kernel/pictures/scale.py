"""An axis of figures: round steps that hold all values and zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

ZERO, ONE = Decimal(0), Decimal(1)
ROUND = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from ``low`` to ``high`` in steps; ``start`` and ``end`` are where they are drawn."""

    low: Decimal
    high: Decimal
    step: Decimal
    start: Decimal
    end: Decimal

    @property
    def ticks(self) -> list[Decimal]:
        count = int((self.high - self.low) / self.step)
        return [self.low + self.step * n for n in range(count + 1)]

    def at(self, value: Decimal) -> Decimal:
        """The place of a value."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * share


def scale_of(values: Iterable[Decimal], start: Decimal, end: Decimal, steps: int = 4) -> Scale:
    """The scale of some values and zero in about so many round steps."""
    found = [*values, ZERO]
    low, high = min(found), max(found)
    if low == high:
        high = low + ONE
    step = round_up((high - low) / steps)
    first = (low / step).to_integral_value(ROUND_FLOOR) * step
    last = (high / step).to_integral_value(ROUND_CEILING) * step
    return Scale(first, last, step, start, end)


def round_up(value: Decimal) -> Decimal:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = Decimal(1).scaleb(value.adjusted())
    return next(power * one for one in ROUND if power * one >= value)
