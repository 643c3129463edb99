"""Numbers: wide exact arithmetic, cuts and roundings, division into parts (section 1)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

WIDE = Context(prec=160)
DIGITS = 38
ZERO = Decimal(0)
ONE = Decimal(1)


class TooLarge(ArithmeticError):
    """A step has more digits than 1.6 gives it; the clause is told as soon as it is known."""

    clause = ""


def held(value: Decimal, decimals: int) -> Decimal:
    """1.6: the value, if 38 digits hold it with so many decimals; it has no more."""
    if value.is_nan():  # an exchange rate that nobody asks for
        return value
    if value and value.adjusted() + decimals >= DIGITS:
        raise TooLarge
    return value


def factor(value: Decimal) -> Decimal:
    """1.6: what is divided, or divided by, has 24 decimals."""
    return held(value, 24)


def product(first: Decimal, second: Decimal, decimals: int) -> Decimal:
    """A product of which so many decimals are kept."""
    return held(times(first, second), decimals)


def whole_number(value: Decimal, decimals: int) -> None:
    """1.6: what parts are worked out by, in units of so many decimals, is a number of 127 bits."""
    if abs(int(value.scaleb(decimals, WIDE))) >= 2**127:
        raise TooLarge


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
    "TooLarge",
    "cut",
    "factor",
    "four",
    "held",
    "product",
    "share_out",
    "times",
    "total",
    "twelve",
    "whole_number",
]
