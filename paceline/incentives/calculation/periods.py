"""Period keys as the engine reads them, in the one spelling that is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from paceline.engine.calendars import JANUARY, Calendar, MonthYear, WeekYear
from paceline.engine.periods import (
    PERIOD_KINDS,
    WEEKS_OF,
    Period,
    PeriodKind,
    PeriodUnknown,
    WeeksUnknown,
    period_from_key,
    period_of,
    period_of_weeks,
)

__all__ = [
    "JANUARY",
    "KINDS",
    "Calendar",
    "CalendarPeriod",
    "MonthYear",
    "PeriodKind",
    "PeriodUnknown",
    "WeekYear",
    "WeeksUnknown",
    "calendar_period",
    "containing",
    "first_together",
    "is_paid_by",
    "keys_before",
    "nearest",
]

KINDS = PERIOD_KINDS
MOST_AHEAD = timedelta(days=12 * 366)


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

    @property
    def is_of_weeks(self) -> bool:
        return "W" in self.key


def calendar_period(key: str) -> CalendarPeriod:
    """The period that a key names, whichever way it is written (``2020-06`` = ``2020M6``,
    ``2020-04Q`` = ``2020Q2``).

    Raises ``PeriodUnknown``.
    """
    known = period_from_key(key)
    if "W" in known.key:
        return _known(known)
    return _known(period_of(known.kind or "month", known.starts_on))


def containing(day: date, kind: PeriodKind, calendar: Calendar = JANUARY) -> CalendarPeriod:
    """The period of a kind that a day lies in, by a plan's calendar."""
    return _known(calendar.period(kind, day))


def nearest(period: CalendarPeriod, calendar: Calendar) -> CalendarPeriod:
    """Of a plan's calendar the period of the same kind that holds the middle of these days."""
    return _known(calendar.nearest(period.kind, period.starts_on, period.ends_before))


def keys_before(period: CalendarPeriod) -> tuple[str, ...]:
    """The keys of the period of the same kind just before; of weeks several, as only a plan's
    calendar knows how many weeks that one has.
    """
    if not period.is_of_weeks:
        own = MonthYear(period.starts_on.month)
        return (containing(period.starts_on - timedelta(days=1), period.kind, own).key,)
    return tuple(
        period_of_weeks(period.starts_on - timedelta(weeks=weeks), weeks).key
        for weeks in WEEKS_OF[period.kind]
    )


def first_together(
    one: tuple[PeriodKind, Calendar], other: tuple[PeriodKind, Calendar], after: date
) -> date | None:
    """The next day on which periods of both kinds and calendars begin, within a dozen years."""
    day = after
    while day < after + MOST_AHEAD:
        day = containing(day, *other).ends_before
        if containing(day, *one).starts_on == day:
            return day
    return None


def is_paid_by(period: CalendarPeriod, kind: str, calendar: Calendar) -> bool:
    """Whether a plan with periods of a kind of its calendar pays this one."""
    return kind == period.kind and containing(period.starts_on, period.kind, calendar) == period


def _known(period: Period) -> CalendarPeriod:
    assert period.kind is not None  # noqa: S101 -- its key says so
    return CalendarPeriod(period.key, period.kind, period.starts_on, period.ends_before)
