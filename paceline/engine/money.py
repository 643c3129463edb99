"""Money: the digits of each currency, rounding, and division without loss."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Literal

RoundingMode = Literal["half-up", "half-even", "down"]

# ISO 4217, active currencies with a minor unit, by number of digits. Funds codes, precious metals
# and testing codes (XAU, XTS …) are left out: nobody is paid in them.
_BY_DIGITS: dict[int, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD "
        "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS "
        "GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP "
        "LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
        "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS "
        "SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST "
        "XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
}
DIGITS: dict[str, int] = {
    code: digits for digits, codes in _BY_DIGITS.items() for code in codes.split()
}

EXACT = Context(prec=200)  # enough for every product the engine forms; nothing is lost on the way

_MODES = {"half-up": ROUND_HALF_UP, "half-even": ROUND_HALF_EVEN, "down": ROUND_DOWN}


def digits_of(currency: str) -> int:
    """Decimal places of a currency by ISO 4217; KeyError for a code that is not active money."""
    return DIGITS[currency]


def round_to(value: Decimal, digits: int, mode: RoundingMode = "half-up") -> Decimal:
    """Round to `digits` decimals. half-up goes away from zero at the half, down towards zero."""
    return value.quantize(Decimal(1).scaleb(-digits), rounding=_MODES[mode], context=EXACT)


def allocate(total: Decimal, weights: Sequence[Decimal], *, digits: int) -> list[Decimal]:
    """Divide `total` in proportion to `weights`, in units of `digits` decimals, losing nothing.

    Largest remainder; between equal remainders the earlier place wins, so the caller's order is the
    tie-break. The parts always sum to `total`, which must itself have at most `digits` decimals.
    Raises ValueError when there is no positive weight or a weight is negative.
    """
    if not weights or any(weight < 0 for weight in weights) or not any(weights):
        raise ValueError("weights must be non-negative and at least one positive")
    unit = Decimal(1).scaleb(-digits)
    units = Fraction(total) * 10**digits
    if units.denominator != 1:
        raise ValueError("the total has more decimals than its parts may have")
    sign = -1 if units < 0 else 1
    whole = abs(units.numerator)
    sum_of_weights = sum((Fraction(weight) for weight in weights), Fraction(0))
    one = Fraction(whole * sum_of_weights.denominator, sum_of_weights.numerator)
    exact = [Fraction(weight) * one for weight in weights]
    parts = [int(part) for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_remainder[: whole - sum(parts)]:
        parts[place] += 1
    return [Decimal(sign * part) * unit for part in parts]
