"""Money in the database and on the screen: exact decimals with a currency beside them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    Decimals = models.DecimalField[Any, Any]
    Text = models.CharField[Any, Any]
else:
    Decimals = models.DecimalField
    Text = models.CharField

MONEY_DIGITS = 20
MONEY_PLACES = 4
# Active currencies of ISO 4217 with a minor unit. A test holds them to those that pay is calculated
# in: what is accepted from a file must not stop a run later.
_CODES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN "
    "BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
    "GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS "
    "KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR "
    "MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD "
    "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP "
    "TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW "
    "ZWG"
)
CURRENCIES = frozenset(_CODES.split())
# The digits of ISO 4217, in which pay is calculated; what people write in a country may be fewer.
_WHOLE_CODES = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_DIGITS = dict.fromkeys(_WHOLE_CODES.split(), 0)
_DIGITS |= dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)


def out_of_use(code: str) -> str:
    """What is said of a code that is no money in use: an old one, a metal, a slip of the pen."""
    return gettext("“%(value)s” is not a currency code such as USD.") % {"value": code}


def refuse_currency_out_of_use(code: str) -> None:
    """Raises ``ValidationError`` for a code in which nobody can be paid."""
    if code not in CURRENCIES:
        raise ValidationError(out_of_use(code), code="currency_unknown")


class MoneyField(Decimals):
    """``numeric(20, 4)``: enough for every currency's own digits and two more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", MONEY_DIGITS)
        kwargs.setdefault("decimal_places", MONEY_PLACES)
        super().__init__(*args, **kwargs)


class CurrencyField(Text):
    """An ISO 4217 code of money in use."""

    default_validators = [refuse_currency_out_of_use]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        kwargs.setdefault(
            "validators", [RegexValidator(r"^[A-Z]{3}$", _("Use a three-letter currency code."))]
        )
        super().__init__(*args, **kwargs)


def currency_digits(currency: str) -> int:
    """Decimal digits of a currency by ISO 4217 (JPY 0, CNY 2, KWD 3); 2 for one out of use."""
    return _DIGITS.get(currency, 2)


def in_currency_digits(amount: Decimal, currency: str) -> Decimal:
    """Show an amount with the digits of its currency. For display only; pay is rounded by plans."""
    return amount.quantize(Decimal(1).scaleb(-currency_digits(currency)), rounding=ROUND_HALF_UP)


class WrittenAmount(Decimal):
    """An amount as files carry it: a sheet shows the digits that it has, noughts too."""

    __slots__ = ()


@cache
def _smallest(currency: str) -> Decimal:
    return Decimal(1).scaleb(-currency_digits(currency))


def written_amount(amount: Decimal, currency: str) -> WrittenAmount:
    """The amount for a file, in the digits of its currency: ``1234.5000, "TWD"`` → ``1234.50``,
    ``1234.0000, "JPY"`` → ``1234``. Nothing is rounded away: the price of a line may have more
    digits than anybody is paid in, and the lines of a file add up to what they make."""
    step = _smallest(currency)
    if amount.is_finite():
        shown = amount.quantize(step)
        return WrittenAmount(shown if shown == amount else amount.normalize())
    return WrittenAmount(amount)
