"""Shares of money without loss: exact fractions, rounded in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from paceline.engine.money import RoundingMode

ZERO = Decimal(0)


def round_fraction(value: Fraction, digits: int, mode: RoundingMode) -> Decimal:
    """The decimal with so many digits that a fraction rounds to; half-up goes away from zero."""
    scaled = abs(value) * 10**digits
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    twice = rest * 2
    up = {
        "half-up": twice >= scaled.denominator,
        "half-even": twice > scaled.denominator or (twice == scaled.denominator and whole % 2 == 1),
        "down": False,
    }[mode]
    units = whole + (1 if up else 0)
    return Decimal(-units if value < 0 else units).scaleb(-digits)


def is_whole(amount: Decimal, *digits: int) -> bool:
    """The amount needs no more decimals than any of these: there is nothing to round."""
    return not amount.scaleb(min(digits, default=0)) % 1


@dataclass(frozen=True)
class Rounding:
    """The digits of a currency and the mode of the plan."""

    digits: int
    mode: RoundingMode

    def of(self, value: Fraction) -> Decimal:
        return round_fraction(value, self.digits, self.mode)

    def down(self, value: Fraction) -> Decimal:
        return round_fraction(value, self.digits, "down")

    def part(self, amount: Decimal, share: Decimal) -> Decimal:
        """The amount × share, cut towards zero."""
        if share == 1 and is_whole(amount, self.digits):
            return amount.quantize(Decimal(1).scaleb(-self.digits))
        return self.down(Fraction(amount) * Fraction(share))

    def share(self, amount: Decimal, part: int | Decimal, whole: int | Decimal) -> Decimal:
        """The amount × part ÷ whole, rounded once."""
        if part == whole and whole and is_whole(amount, self.digits):
            return amount.quantize(Decimal(1).scaleb(-self.digits))
        return self.of(Fraction(amount) * Fraction(part) * _inverse(whole))

    def spread(self, total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
        """The total in proportion to weights of any sign: each part is the rounded share through it
        less that through the one before, so that the parts add up to the total.

        The weights must not add up to zero.
        """
        whole = sum(weights, ZERO)
        parts, through, given = list[Decimal](), ZERO, ZERO
        for weight in weights:
            through += weight
            reached = self.share(total, through, whole)
            parts.append(reached - given)
            given = reached
        return parts


def _inverse(value: int | Decimal) -> Fraction:
    exact = Fraction(value)
    return Fraction(exact.denominator, exact.numerator)
