"""Calendars: which days are the months, quarters, half-years and years of a plan.

A calendar numbers its months without end, twelve to a year, so that everything else about it is
counting: the quarter of a day begins at the last month up to it whose number divides by three.
What would lie outside the years 1 to 9999 ends with them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from paceline.engine.periods import MONTHS_OF, Period, PeriodKind, period_of, period_of_weeks

Pattern = tuple[int, int, int]  # weeks of the three months of a quarter
Rule = Literal["last", "nearest"]

PATTERNS: dict[str, Pattern] = {"4-4-5": (4, 4, 5), "4-5-4": (4, 5, 4), "5-4-4": (5, 4, 4)}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
RULES: tuple[Rule, ...] = ("last", "nearest")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_YEAR = 12
_WEEK = 7


class Calendar(ABC):
    """Years of twelve months, without gaps or overlaps."""

    @abstractmethod
    def month_of(self, day: date) -> int:
        """The number of the month that holds a day; that of a year's first divides by twelve."""

    @abstractmethod
    def _first_day(self, month: int) -> date:
        """The first day of the month with a number. Raises ValueError beyond the last day."""

    @abstractmethod
    def weight(self, start: date, end: date) -> Fraction:
        """How much days of one month, half-open, count for where months are spread evenly."""

    @abstractmethod
    def week_of(self, day: date) -> date:
        """The first day of the week that holds a day."""

    @abstractmethod
    def period(self, kind: PeriodKind, day: date) -> Period:
        """The period of a kind that holds a day."""

    @abstractmethod
    def has(self, period: Period) -> bool:
        """Whether the days of a period that says its kind can be paid by this calendar."""

    def first_day(self, month: int) -> date:
        """The first day of the month with a number."""
        try:
            return self._first_day(month)
        except (ValueError, OverflowError):
            return date.max if month > 0 else date.min

    def start_of(self, unit: str, day: date) -> date:
        """The first day of the month, quarter, half-year or year that holds a day."""
        month = self.month_of(day)
        return self.first_day(month - month % MONTHS_OF[unit])

    def end_of(self, unit: str, day: date) -> date:
        """The first day after the month, quarter, half-year or year that holds a day."""
        month, size = self.month_of(day), MONTHS_OF[unit]
        return self.first_day(month - month % size + size)

    def back(self, day: date, months: int) -> date:
        """The same day of the month, some months earlier, or that month's last day."""
        month = self.month_of(day)
        into = day - self.first_day(month)
        last = self.first_day(month - months + 1) - timedelta(days=1)
        return min(self.first_day(month - months) + into, last)

    def months_between(self, earlier: date, later: date) -> int:
        """How many months the month of a day comes after that of another."""
        return self.month_of(later) - self.month_of(earlier)

    def nearest(self, kind: PeriodKind, starts_on: date, ends_before: date) -> Period:
        """The period of a kind that holds the middle of these days."""
        return self.period(kind, starts_on + (ends_before - starts_on) // 2)

    def before(self, period: Period) -> Period:
        """The period of the same kind that ends where this one begins."""
        if period.kind is None:
            raise LookupError(f"{period.key} does not say what it is")
        return self.period(period.kind, period.starts_on - timedelta(days=1))


@dataclass(frozen=True)
class MonthYear(Calendar):
    """The months of the calendar; the year begins with the first of one of them."""

    first: int = 1

    @property
    def begins(self) -> date:
        """The first day of some year."""
        return date(2024, self.first, 1)

    def month_of(self, day: date) -> int:
        return day.year * _YEAR + day.month - self.first

    def _first_day(self, month: int) -> date:
        year, place = divmod(month + self.first - 1, _YEAR)
        return date(year, place + 1, 1)

    def weight(self, start: date, end: date) -> Fraction:
        """All months weigh the same."""
        return Fraction((end - start).days, monthrange(start.year, start.month)[1])

    def week_of(self, day: date) -> date:
        return day - timedelta(days=day.weekday())

    def period(self, kind: PeriodKind, day: date) -> Period:
        return period_of(kind, self.start_of(kind, day))

    def has(self, period: Period) -> bool:
        """Any whole months: a run looks for itself whether a window would be cut by them."""
        if period.kind is None or period.starts_on.day != 1:
            return False
        return period_of(period.kind, period.starts_on).ends_before == period.ends_before


JANUARY = MonthYear()


@dataclass(frozen=True)
class WeekYear(Calendar):
    """Years of whole weeks that end on a weekday: the `last` one of a month, or the one `nearest`
    to the month's last day.

    A year has 52 weeks, the months of each quarter as many as the `pattern` says, or 53: the
    year's last month is then a week longer.
    """

    pattern: Pattern
    weekday: int  # on which years and weeks end; Monday is 0
    rule: Rule
    month: int  # at the end of which years end

    def month_of(self, day: date) -> int:
        year = day.year
        while year > date.min.year and day < self.year_start(year):
            year -= 1
        while year < date.max.year and day >= self.year_start(year + 1):
            year += 1
        weeks = (day - self.year_start(year)).days // _WEEK
        return year * _YEAR + sum(start <= weeks for start in self._starts) - 1

    def _first_day(self, month: int) -> date:
        year, place = divmod(month, _YEAR)
        return self.year_start(year) + timedelta(weeks=self._starts[place])

    def weight(self, start: date, end: date) -> Fraction:
        """All weeks weigh the same: a month of five counts for more than one of four."""
        return Fraction((end - start).days, _WEEK)

    def week_of(self, day: date) -> date:
        return day - timedelta(days=(day.weekday() - self.weekday - 1) % _WEEK)

    def period(self, kind: PeriodKind, day: date) -> Period:
        first = self.start_of(kind, day)
        return period_of_weeks(first, (self.end_of(kind, day) - first).days // _WEEK)

    def has(self, period: Period) -> bool:
        if period.kind is None:
            return False
        known = self.period(period.kind, period.starts_on)
        return (known.starts_on, known.ends_before) == (period.starts_on, period.ends_before)

    def year_start(self, year: int) -> date:
        """The first day of the year that ends at the end of the month in a calendar year."""
        return _day_after_end(self.weekday, self.rule, self.month, year - 1)

    @property
    def _starts(self) -> tuple[int, ...]:
        """After how many weeks of the year each month begins."""
        return _month_starts(self.pattern)


@lru_cache(maxsize=3)
def _month_starts(pattern: Pattern) -> tuple[int, ...]:
    return tuple(accumulate((pattern * 4)[:-1], initial=0))


@lru_cache(maxsize=1024)
def _day_after_end(weekday: int, rule: Rule, month: int, year: int) -> date:
    """The day after the one on which a year of weeks ends."""
    if not date.min.year <= year < date.max.year:
        return date.min if year < date.min.year else date.max
    end = date(year, month, monthrange(year, month)[1])
    if rule == "nearest":
        end += timedelta(days=_WEEK // 2)
    return end - timedelta(days=(end.weekday() - weekday) % _WEEK) + timedelta(days=1)


__all__ = [
    "JANUARY",
    "MONTHS",
    "PATTERNS",
    "RULES",
    "WEEKDAYS",
    "Calendar",
    "MonthYear",
    "WeekYear",
]
