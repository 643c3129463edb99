"""Numbers: wide exact arithmetic, cuts and roundings, division into parts (section 1)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

WIDE = Context(prec=160)
ZERO = Decimal(0)
ONE = Decimal(1)


def twelve(value: Decimal) -> Decimal:
    """Half up to 12 decimals."""
    return value.quantize(Decimal("1e-12"), ROUND_HALF_UP, WIDE)


def cut(value: Fraction, digits: int) -> Decimal:
    """Towards zero, to so many decimals."""
    whole = abs(value.numerator) * 10**digits // value.denominator
    return Decimal(whole if value >= 0 else -whole).scaleb(-digits, WIDE)


def half_up(value: Fraction, digits: int) -> Decimal:
    """Half away from zero, to so many decimals."""
    whole = (2 * abs(value.numerator) * 10**digits + value.denominator) // (2 * value.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-digits, WIDE)


def times(first: Decimal, second: Decimal) -> Decimal:
    return WIDE.multiply(first, second)


def total(values: Iterable[Decimal]) -> Decimal:
    found = ZERO
    for value in values:
        found = WIDE.add(found, value)
    return found


def four(value: Decimal) -> Decimal:
    """Half up to 4 decimals."""
    return value.quantize(Decimal("1e-4"), ROUND_HALF_UP, WIDE)


def share_out(amount: Decimal, weights: list[Decimal], digits: int) -> list[Decimal]:
    """1.5, in order: cut every part, then one unit each to the largest remainders."""
    whole = sum((Fraction(weight) for weight in weights), Fraction(0))
    if whole == 0:
        return [ZERO for _ in weights]
    units = Fraction(amount) * 10**digits
    exact = [abs(units) * Fraction(weight) / whole for weight in weights]
    parts = [part.numerator // part.denominator for part in exact]
    left = int(abs(units)) - sum(parts)
    order = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[:left]:
        parts[place] += 1
    sign = -1 if units < 0 else 1
    return [Decimal(sign * part).scaleb(-digits, WIDE) for part in parts]


__all__ = [
    "ONE",
    "WIDE",
    "ZERO",
    "cut",
    "four",
    "share_out",
    "times",
    "total",
    "twelve",
]
