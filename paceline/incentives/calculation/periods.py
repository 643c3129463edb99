"""Period keys as the engine reads them, in the one spelling that is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from paceline.engine.periods import PeriodKind, PeriodUnknown, period_from_key, period_of

__all__ = [
    "JANUARY",
    "CalendarPeriod",
    "PeriodKind",
    "PeriodUnknown",
    "YearStart",
    "before",
    "calendar_period",
    "containing",
    "is_paid_by",
]

KINDS: tuple[PeriodKind, ...] = ("month", "quarter", "half-year", "year")
YearStart = tuple[int, int]  # month and day
JANUARY: YearStart = (1, 1)
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
    """The period that a key names, whichever way it is written (``2020-06`` = ``2020M6``,
    ``2020-04Q`` = ``2020Q2``).

    Raises ``PeriodUnknown``.
    """
    known = period_from_key(key)
    return _known(known.kind or "month", known.starts_on)


def containing(day: date, kind: PeriodKind, year_starts: YearStart = JANUARY) -> CalendarPeriod:
    """The period of a kind that a day lies in, counted from where the year starts."""
    into = (day.month - year_starts[0]) % 12 % _MONTHS[kind]
    place = day.year * 12 + day.month - 1 - into
    return _known(kind, date(place // 12, place % 12 + 1, 1))


def before(period: CalendarPeriod) -> CalendarPeriod:
    """The period of the same kind just before."""
    return containing(
        period.starts_on - timedelta(days=1), period.kind, (period.starts_on.month, 1)
    )


def is_paid_by(period: CalendarPeriod, kind: str, year_starts: YearStart) -> bool:
    """Whether a plan with periods of a kind, counted from where its year starts, pays this one."""
    return kind == period.kind and containing(period.starts_on, period.kind, year_starts) == period


def _known(kind: PeriodKind, starts_on: date) -> CalendarPeriod:
    known = period_of(kind, starts_on)
    return CalendarPeriod(known.key, kind, known.starts_on, known.ends_before)
