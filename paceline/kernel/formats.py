"""How figures, days and moments are written for the reader: their language, their time zone.

Every function returns plain text. Amounts take the digits of their currency (JPY 0, CNY 2), never
a number of digits chosen here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import (
    NumberPattern,
    format_decimal,
    format_percent,
    get_currency_symbol,
    parse_pattern,
)
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from paceline.kernel.money import currency_digits, in_currency_digits

LOCALES = {"en": "en", "zh-hant": "zh_Hant_TW", "zh-hans": "zh_Hans_CN"}
HTML_LANGUAGES = {"en": "en", "zh-hant": "zh-Hant-TW", "zh-hans": "zh-Hans-CN"}
NOTHING = "–"

Figure = Decimal | int | str


@lru_cache(maxsize=8)
def locale_of(language: str) -> Locale:
    """The locale that words and figures of a language of ours follow; English when unknown."""
    return Locale.parse(LOCALES.get(language.lower(), "en"))


def reader_locale() -> Locale:
    return locale_of(translation.get_language() or "en")


def html_language() -> str:
    """The reader's language as a tag for ``lang``, so that glyphs take their regional shape."""
    return HTML_LANGUAGES.get((translation.get_language() or "en").lower(), "en")


def money(value: Figure | None, currency: str) -> str:
    """``1234.5, "TWD"`` → ``NT$1,234.50``: the amount with its currency, as readers write it."""
    if value is None or value == "":
        return NOTHING
    return _money(in_currency_digits(Decimal(value), currency), currency, currency_digits(currency))


def money_in_full(value: Figure, currency: str) -> str:
    """Money with every digit that it has, such as ¥100.5: to be held against a file."""
    exact = Decimal(value).normalize()
    digits = max(currency_digits(currency), -int(exact.as_tuple().exponent))
    return _money(exact, currency, digits)


def _money(shown: Decimal, currency: str, digits: int) -> str:
    locale = reader_locale()
    text = str(_money_pattern(locale, currency, digits).apply(shown, locale))
    # Taiwan writes its own dollar without a mark; beside other dollars it needs one.
    return text.replace("$", "NT$", 1) if currency == "TWD" and "NT$" not in text else text


@lru_cache(maxsize=256)
def _money_pattern(locale: Locale, currency: str, digits: int) -> NumberPattern:
    """The locale's way to write money, with as many digits as are asked for: a locale may know
    fewer (Serbian dinars are shown whole in the shops of Belgrade, and paid in para).

    Read once, with the currency's sign in its place: a page of charts writes a thousand amounts,
    and to read the pattern anew for each takes four times as long as to write it.
    """
    text = str(locale.currency_formats["standard"].pattern)
    pattern = parse_pattern(text.replace("0.00", "0." + "0" * digits if digits else "0"))
    sign = get_currency_symbol(currency, locale)
    plus, minus = pattern.prefix
    pattern.prefix = (plus.replace("¤", sign), minus.replace("¤", sign))
    plus, minus = pattern.suffix
    pattern.suffix = (plus.replace("¤", sign), minus.replace("¤", sign))
    return pattern


@lru_cache(maxsize=32)
def _pattern(text: str) -> NumberPattern:
    """A way to write figures, read once."""
    return parse_pattern(text)


def change(value: Figure | None, currency: str) -> str:
    """Money that was added or taken away: always with its sign, none when nothing changed."""
    text = money(value, currency)
    return f"+{text}" if value not in (None, "") and Decimal(value) > 0 else text


def amount(value: Figure | None, currency: str) -> str:
    """The figure alone, in its currency's digits: for columns whose head names the currency."""
    if value is None or value == "":
        return NOTHING
    pattern = "#,##0." + "0" * currency_digits(currency) if currency_digits(currency) else "#,##0"
    shown = in_currency_digits(Decimal(value), currency)
    return str(format_decimal(shown, format=_pattern(pattern), locale=reader_locale()))


def currency_symbol(currency: str) -> str:
    return str(get_currency_symbol(currency, locale=reader_locale()))


def number(value: Figure | None) -> str:
    """A count or quantity with every digit that matters and no trailing zeros."""
    if value is None or value == "":
        return NOTHING
    shown = Decimal(value)
    return str(format_decimal(shown, format=_pattern("#,##0.########"), locale=reader_locale()))


# Whole numbers among the parameters of a message that count something; others name or number it.
COUNTS = frozenset({"count", "expected", "given", "least", "length", "limit", "most", "wanted"})


def with_counts(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a message, its counts and limits as readers write numbers."""
    return {
        name: number(value) if name in COUNTS and isinstance(value, int) else value
        for name, value in params.items()
    }


def percent(ratio: Figure | None) -> str:
    """``0.125`` → ``12.5%``; at most two decimals. For attainment and shares."""
    return NOTHING if ratio is None or ratio == "" else _percent(Decimal(ratio), "#,##0.##%")


def rate(ratio: Figure | None) -> str:
    """``0.00375`` → ``0.375%``; every decimal that the plan states. For rates of pay."""
    return NOTHING if ratio is None or ratio == "" else _percent(Decimal(ratio), "#,##0.######%")


def _percent(ratio: Decimal, pattern: str) -> str:
    return str(format_percent(ratio, format=_pattern(pattern), locale=reader_locale()))


def day(value: date | datetime | None) -> str:
    """``Jul 15, 2026`` · ``2026年7月15日``. An instant is first brought to the reader's zone."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return str(format_date(value, format="medium", locale=reader_locale()))


def month(value: date | None) -> str:
    """``July 2026`` · ``2026年7月``."""
    if value is None:
        return NOTHING
    return str(format_skeleton("yMMMM", value, locale=reader_locale()))


def month_and_day(value: date) -> str:
    """``April 1`` · ``4月1日``: a day of every year."""
    return str(format_skeleton("MMMMd", value, locale=reader_locale()))


def moment(value: datetime | None) -> str:
    """Day and time of day in the reader's zone, on the 24-hour clock."""
    if value is None:
        return NOTHING
    local = timezone.localtime(value)
    return f"{day(local.date())} {local:%H:%M}"


def span_of_days(starts_on: date | None, ends_before: date | None) -> str:
    """A half-open range of days, shown with its last day: ``Jan 1 – Mar 31, 2026``."""
    if starts_on is None:
        return NOTHING if ends_before is None else _("until %s") % day(ends_before - ONE_DAY)
    if ends_before is None:
        return _("from %s") % day(starts_on)
    last = ends_before - ONE_DAY
    if last == starts_on:
        return day(starts_on)
    return str(format_interval(starts_on, last, skeleton="yMMMd", locale=reader_locale()))


ONE_DAY = timedelta(days=1)


def listed(names: Iterable[object]) -> str:
    """Names side by side, parted as the reader's script parts them (a comma, or 、)."""
    pattern = str(reader_locale().list_patterns["standard"]["middle"])
    return pattern.replace("{0}", "").replace("{1}", "").join(str(name) for name in names)


def colon() -> str:
    """What stands between a name and what is said of it, with the space that the script needs."""
    return pgettext("between a name and what is said of it", ": ")


def file_size(size: int) -> str:
    """``1536`` → ``1.5 KB``: for a reader, not for a sum."""
    shown, unit = Decimal(size), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if shown < 1024:
            break
        shown, unit = shown * Decimal("0.0009765625"), larger
    return f"{format_decimal(shown, format='#,##0.#', locale=reader_locale())} {unit}"
