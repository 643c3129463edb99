"""Periods of the calendar to choose from, named as the reader names them."""

from __future__ import annotations

import re
from datetime import date, timedelta

from babel.dates import format_interval, format_skeleton
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.kernel import formats
from paceline.kernel.periods import month_from

Choices = list[tuple[str, str]]
Groups = list[tuple[str, Choices]]
_HALF = re.compile(r"(\d{4})H([12])")
_FROM_MONTH = re.compile(r"\d{4}-\d{2}[QHY]")  # of years that do not begin in January
_WEEKS = re.compile(r"\d{4}-\d{2}-\d{2}W(\d+)")  # of years of weeks


def period_name(key: str, starts_on: date, ends_before: date) -> str:
    """``Q2 2026`` · ``2026年第2季``: a period as the reader names it; a quarter from February on is
    ``Feb – Apr 2026``, one of weeks ``Feb 1 – May 2, 2026 (13 weeks)``.
    """
    locale = formats.reader_locale()
    last = ends_before - timedelta(days=1)
    if _FROM_MONTH.fullmatch(key):
        return str(format_interval(starts_on, last, "yMMM", locale=locale))
    if of_weeks := _WEEKS.fullmatch(key):
        days = format_interval(starts_on, last, "yMMMd", locale=locale)
        weeks = int(of_weeks[1])
        text = ngettext("%(days)s (%(weeks)s week)", "%(days)s (%(weeks)s weeks)", weeks)
        return text % {"days": days, "weeks": weeks}
    half = _HALF.fullmatch(key)
    if half:
        return _("Half %(half)s of %(year)s") % {"half": half[2], "year": half[1]}
    if "Q" in key:
        return str(format_skeleton("yQQQ", starts_on, locale=locale))
    if "-" in key:
        return formats.month(starts_on)
    return str(format_skeleton("y", starts_on, locale=locale))


def says_its_days(key: str) -> bool:
    """Whether a period's name is made of its days."""
    return _WEEKS.fullmatch(key) is not None


def calendar_groups(today: date, *, begun: bool = False, since: date | None = None) -> Groups:
    """Quarters, months, halves and years around a day, each kind from the latest on; only those
    that have ``begun`` where asked. They reach from two years back, or from ``since`` where that
    is earlier (at most forty years), to a year ahead."""
    earlier = 0 if since is None else max(0, min(40, today.year - since.year + 1) - 2) * 12
    groups = [
        (_("Quarters"), 3, 8 + earlier // 3, 4),
        (_("Months"), 1, 15 + (earlier and earlier + 9), 6),
        (_("Half-years"), 6, 4 + earlier // 6, 2),
        (_("Years"), 12, 2 + earlier // 12, 1),
    ]
    return [
        (
            label,
            [
                (key, period_name(key, first, month_from(first, months)))
                for key, first in _keys(today, months, back, ahead)
                if not begun or first <= today
            ],
        )
        for label, months, back, ahead in groups
    ]


def _keys(today: date, months: int, back: int, ahead: int) -> list[tuple[str, date]]:
    """The keys and first days of periods of so many months, the latest first."""
    here = date(today.year, (today.month - 1) // months * months + 1, 1)
    firsts = [month_from(here, months * step) for step in range(ahead, -back - 1, -1)]
    return [(_key(first, months), first) for first in firsts]


def _key(first: date, months: int) -> str:
    number = (first.month - 1) // months + 1
    return {
        1: f"{first.year}-{first.month:02}",
        3: f"{first.year}Q{number}",
        6: f"{first.year}H{number}",
        12: str(first.year),
    }[months]
