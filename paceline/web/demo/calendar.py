"""The days the company lives through, and how busy each of them is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from paceline.kernel.periods import month_from

MONTHS = 24

# Lunar New Year's days: shops go quiet around them.
NEW_YEARS = tuple(
    date(*day)
    for day in (
        (2023, 1, 22),
        (2024, 2, 10),
        (2025, 1, 29),
        (2026, 2, 17),
        (2027, 2, 6),
        (2028, 1, 26),
        (2029, 2, 13),
        (2030, 2, 3),
        (2031, 1, 23),
        (2032, 2, 11),
    )
)


def months_before(day: date, count: int) -> list[date]:
    """The last whole months before a day, the oldest first."""
    return [month_from(day, at) for at in range(-count, 0)]


@dataclass(frozen=True, slots=True)
class Quarter:
    """A calendar quarter as pay periods know it (``2026Q3``)."""

    year: int
    number: int

    @property
    def key(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def starts_on(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def ends_before(self) -> date:
        return self.following.starts_on

    @property
    def following(self) -> Quarter:
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def preceding(self) -> Quarter:
        return Quarter(self.year - (self.number == 1), (self.number - 2) % 4 + 1)


def quarter_of(day: date) -> Quarter:
    return Quarter(day.year, (day.month + 2) // 3)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The company's life as of a day: 24 whole months before the running one, and it till then."""

    as_of: date

    @property
    def starts_on(self) -> date:
        return date(self.as_of.year - MONTHS // 12, self.as_of.month, 1)

    @property
    def founded_on(self) -> date:
        """When its people were hired: before the first order."""
        return date(self.starts_on.year - 1, 1, 1)

    @property
    def running(self) -> Quarter:
        return quarter_of(self.as_of)

    @property
    def last_closed(self) -> Quarter:
        return self.running.preceding

    @property
    def quarters(self) -> list[Quarter]:
        """Every quarter with orders, the running one last."""
        found, quarter = [], quarter_of(self.starts_on)
        while quarter.starts_on <= self.as_of:
            found.append(quarter)
            quarter = quarter.following
        return found

    def days(self) -> Iterator[date]:
        """Every day with orders: up to yesterday."""
        day = self.starts_on
        while day < self.as_of:
            yield day
            day += timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Season:
    """Events of a market: how much busier a day is than a plain one."""

    fairs: dict[tuple[int, int], float]
    black_friday: float = 1.0
    new_year_dip: float = 1.0
    months: tuple[float, ...] = (1.0,) * 12
    weekend: float = 1.0
    growth_per_month: float = 0.009

    def weight(self, day: date, since: date) -> float:
        """How busy ``day`` is; ``since`` is the day from which the market grows."""
        months = (day.year - since.year) * 12 + day.month - since.month
        weight = self.months[day.month - 1] * (1 + self.growth_per_month) ** months
        if day.weekday() >= 5:
            weight *= self.weekend
        return weight * self._fair(day) * self._black_friday(day) * self._new_year(day)

    def _fair(self, day: date) -> float:
        """The day of a fair at its full height, the ten days before it on the way up."""
        height = 1.0
        for (month, on), peak in self.fairs.items():
            ahead = (date(day.year, month, on) - day).days
            if ahead == 0:
                height = max(height, peak)
            elif 0 < ahead <= 10:
                height = max(height, 1 + (peak - 1) * (11 - ahead) / 40)
            elif -2 <= ahead < 0:
                height = max(height, 1 + (peak - 1) / 8)
        return height

    def _black_friday(self, day: date) -> float:
        first = date(day.year, 11, 1)
        friday = first + timedelta(days=(4 - first.weekday()) % 7 + 21)
        after = (day - friday).days
        if after in {0, 3}:
            return self.black_friday if after == 0 else 1 + (self.black_friday - 1) * 0.6
        return 1 + (self.black_friday - 1) * 0.25 if -4 <= after <= 4 else 1.0

    def _new_year(self, day: date) -> float:
        at = bisect_right(NEW_YEARS, day + timedelta(days=4))
        nearest = NEW_YEARS[max(0, at - 1)]
        return self.new_year_dip if -3 <= (day - nearest).days <= 7 else 1.0
