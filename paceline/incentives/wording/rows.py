"""Rows of tables of rates as their readers see them."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from paceline.incentives.calculation.rate_tables import KEY
from paceline.kernel import formats
from paceline.kernel.periods import day_in


def row_key(key: str) -> str:
    """What a row holds for: its key as the engine writes it, `pen · * · 2026-07-01`, in words."""
    return _(" · ").join(_part(one) for one in key.split(KEY))


def _part(text: str) -> str:
    if text == "*":
        return pgettext("any value of a column", "any")
    day = day_in(text)
    return text if day is None else _("from %(day)s on") % {"day": formats.day(day)}


def row_pays(rate: Decimal | None, amount: Decimal | None, currency: str) -> str:
    """What a row pays. A rate above one is no share: it pays so much a unit."""
    if amount is not None:
        return formats.money(amount, currency) if currency else formats.number(amount.normalize())
    if rate is None or abs(rate) > 1:
        return formats.number(rate)
    return formats.percent(rate)
