"""Period keys as the engine reads them, in the one spelling that is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from paceline.engine.periods import PeriodKind, PeriodUnknown, period_from_key

__all__ = [
    "CalendarPeriod",
    "PeriodKind",
    "PeriodUnknown",
    "before",
    "calendar_period",
    "containing",
]

KINDS: tuple[PeriodKind, ...] = ("month", "quarter", "half-year", "year")
_MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class CalendarPeriod:
    """Half-open days of a period that is paid. ``kind`` is what a plan's ``period`` must be."""

    key: str
    kind: PeriodKind
    starts_on: date
    ends_before: date

    @property
    def last_day(self) -> date:
        return self.ends_before - timedelta(days=1)


def calendar_period(key: str) -> CalendarPeriod:
    """The period that a key names, whichever way it is written (``2020-06`` = ``2020M6``).

    Raises ``PeriodUnknown``.
    """
    known = period_from_key(key)
    kind = known.kind or "month"
    return CalendarPeriod(_spelled(kind, known.starts_on), kind, known.starts_on, known.ends_before)


def containing(day: date, kind: PeriodKind) -> CalendarPeriod:
    """The period of a kind that a day lies in."""
    return calendar_period(_spelled(kind, day))


def before(period: CalendarPeriod) -> CalendarPeriod:
    """The period of the same kind just before."""
    return containing(period.starts_on - timedelta(days=1), period.kind)


def _spelled(kind: PeriodKind, day: date) -> str:
    if kind == "year":
        return f"{day.year:04}"
    if kind == "month":
        return f"{day.year:04}-{day.month:02}"
    letter = {"quarter": "Q", "half-year": "H"}[kind]
    return f"{day.year:04}{letter}{(day.month - 1) // _MONTHS[kind] + 1}"
