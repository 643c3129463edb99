"""Days: who is in the plan when, and which days a window looks at (section 2)."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

from paceline.engine.calendars import Calendar as YearKind
from paceline.engine.calendars import MonthYear, WeekYear
from paceline.engine.periods import Period
from paceline.engine.plan.model import Component, Plan, Window

Row = dict[str, Any]
Rows = Mapping[str, list[Row]]
Days = tuple[date, date]  # half-open (2.1)

ANCHORS = {
    "booking": "ordered_on",
    "invoice": "invoiced_on",
    "shipment": "shipped_on",
    "cash": "paid_on",
    "return-window": "final_on",
}
FARTHEST = timedelta(days=3_700)
MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
LENGTHS = ("transaction", "day", "week", "half-month", "month", "quarter", "half-year", "year")


def holds(row: Row, day: date) -> bool:
    ends = row.get("ends_before")
    return bool(row["starts_on"] <= day and (ends is None or day < ends))


def within(day: date, days: Days) -> bool:
    return days[0] <= day < days[1]


class Calendar:
    """The days of a run."""

    def __init__(self, plan: Plan, rows: Rows, period: Period) -> None:
        self.plan = plan
        self.rows = rows
        self.period: Days = (period.starts_on, period.ends_before)
        self.last_day = period.ends_before - timedelta(days=1)

    # --- 2.6 --------------------------------------------------------------------------------------

    def anchor(self, line: Row) -> date | None:
        """The day that places a line in a period; None while it has not come."""
        day: date | None = line[ANCHORS[self.plan.policies.anchor]]
        return day

    def is_inside(self, line: Row) -> bool:
        """The line is of the period."""
        day = self.anchor(line)
        return day is not None and within(day, self.period)

    def sold(self, line: Row) -> date:
        """The day of the sale."""
        taken_back = self.plan.policies.returns == "as-sold"
        day: date = (line["sold_on"] if taken_back else None) or line["ordered_on"]
        return day

    def known(self, line: Row, policy: str) -> date | None:
        """The day on which people or rates are looked at; None beyond the days that are known."""
        day = self.anchor(line) if policy == "anchor-date" else self.sold(line)
        first = self.period[1] - FARTHEST
        return day if day is not None and within(day, (first, self.period[1])) else None

    # --- 2.3 --------------------------------------------------------------------------------------

    def employed(self, payee: str | None, day: date) -> bool:
        return "payees" not in self.rows or any(
            row["payee_id"] == payee and holds(row, day) for row in self.rows["payees"]
        )

    def in_plan(self, payee: str | None, day: date) -> bool:
        return self.employed(payee, day) and any(
            row["plan"] == self.plan.slug and row["payee_id"] == payee and holds(row, day)
            for row in self.rows["assignments"]
        )

    def members(self) -> list[str]:
        """Everybody who is in the plan on a day of the period."""
        names = {row["payee_id"] for row in self.rows["assignments"]}
        return sorted(name for name in names if self._joins(name))

    def _joins(self, payee: str) -> bool:
        first, before = self.period
        stretches = [row for row in self.rows["assignments"] if row["payee_id"] == payee]
        for row in (row for row in stretches if row["plan"] == self.plan.slug):
            day = max(first, row["starts_on"])
            if "payees" in self.rows:
                starts = [p["starts_on"] for p in self.rows["payees"] if p["payee_id"] == payee]
                day = max([day, *starts])
            if day < before and self.in_plan(payee, day):
                return True
        return False

    def team(self, payee: str | None, day: date | None = None) -> str | None:
        """8.7: the team of a day, mostly the period's last."""
        for row in self.rows.get("teams", []):
            if row["payee_id"] == payee and holds(row, day or self.last_day):
                return str(row["team"])
        return None

    # --- 2.5 --------------------------------------------------------------------------------------

    def unit_start(self, unit: str, day: date) -> date:
        """The first day of the plan's month, quarter, half-year or year that holds a day."""
        starts = self._starts(unit)
        return starts[bisect_right(starts, day) - 1]

    def unit_days(self, unit: str) -> Days:
        """The whole unit that the period's last day lies in."""
        start = self.unit_start(unit, self.last_day)
        return start, min(one for one in self._starts(unit) if one > start)

    def later(self, day: date, months: int) -> date:
        """The same day of the month, some months later; where that is shorter, its last day."""
        if isinstance(self.plan.calendar, MonthYear):
            return later(day, months)
        starts = self._starts("month")
        place = starts.index(self.unit_start("month", day))
        last = starts[place + months + 1] - timedelta(days=1)
        return min(starts[place + months] + (day - starts[place]), last)

    def month_weight(self, start: date, end: date) -> Fraction:
        """6.7: months count evenly, a part by its days; in a year of weeks all days do."""
        days = (end - start).days
        if isinstance(self.plan.calendar, WeekYear):
            return Fraction(days)
        return Fraction(days, monthrange(start.year, start.month)[1])

    def months_since(self, earlier: date, day: date) -> int:
        if isinstance(self.plan.calendar, MonthYear):
            return (day.year - earlier.year) * 12 + day.month - earlier.month
        starts = self._starts("month")
        return bisect_right(starts, day) - bisect_right(starts, earlier)

    def _starts(self, unit: str) -> list[date]:
        """The first days of months, quarters … of many years around the period, in order."""
        return starts_of(self.plan.calendar, MONTHS[unit], self.last_day.year)

    def straddled(self) -> bool:
        """2.5: a unit that the plan looks at up to the period's end begins inside the period."""
        units = {one.window.unit for one in self.plan.measures if one.window is not None}
        units |= {quota.over for quota in self.plan.quotas}
        units |= {part.accumulation or self.plan.policies.accumulation for part in self.rated()}
        return any(
            self.unit_start(unit, self.last_day) > self.period[0]
            for unit in units & set(MONTHS)
            if LENGTHS.index(unit) >= LENGTHS.index(self.plan.period)
            and (unit != self.plan.period or self._names(unit))
        )

    def rated(self) -> list[Component]:
        return [part for part in self.plan.components if part.rates is not None]

    def _names(self, unit: str) -> bool:
        """A measure says so; for quotas and rate tables the plan's own unit is the period."""
        return any(one.window is not None and one.window.unit == unit for one in self.plan.measures)

    def to_date(self, unit: str) -> Days:
        return self.unit_start(unit, self.last_day), self.period[1]

    def before(self, unit: str) -> Days:
        return self.unit_start(unit, self.last_day), self.period[0]

    def window(self, window: Window | None) -> Days:
        first, before = self.period
        if window is None:
            days = self.period
        elif window.kind == "to-date":
            days = self.to_date(window.unit)
        elif window.kind == "rolling":
            days = (self.later(before, -window.months), before)
        elif window.kind == "campaign":
            assert window.starts_on is not None
            assert window.ends_before is not None
            days = (window.starts_on, min(window.ends_before, before))
        elif window.kind == "since-hire":
            days = (date.min, before)
        else:
            days = (self.later(first, -12), self.later(before, -12))
        return max(days[0], before - FARTHEST), days[1]

    def is_shorter(self, window: str) -> bool:
        return window != "period" and LENGTHS.index(window) < LENGTHS.index(self.plan.period)

    def is_longer(self, window: str) -> bool:
        return window != "period" and LENGTHS.index(window) > LENGTHS.index(self.plan.period)

    def stretch(self, unit: str, day: date) -> date:
        """7.13: the first day of the day, week, half-month … that a day lies in."""
        if unit == "day":
            return day
        if unit == "week":
            own = self.plan.calendar
            opens = 1 if isinstance(own, MonthYear) else own.weekday + 2  # ISO: Monday is 1
            while day.isoweekday() % 7 != opens % 7:
                day -= timedelta(days=1)
            return day
        if unit == "half-month":
            return day.replace(day=1 if day.day < 16 else 16)
        return self.unit_start(unit, day)


@cache
def starts_of(calendar: YearKind, months: int, year: int) -> list[date]:
    """Walk from year to year and set the months of each down, one after the other."""
    found = []
    for one in range(max(year - 25, 2), min(year + 25, 9_998)):
        if isinstance(calendar, MonthYear):
            found += [date(one, month, 1) for month in range(1, 13)]
            continue
        day = year_end(calendar, one - 1) + timedelta(days=1)
        for weeks in 4 * calendar.pattern:
            found.append(day)
            day += timedelta(days=7 * weeks)
    if isinstance(calendar, MonthYear):
        found = found[calendar.first - 1 :]
    return found[::months]


def year_end(calendar: WeekYear, year: int) -> date:
    """The last day of the year of weeks that ends at the end of its month in a calendar year."""
    end = date(year, calendar.month, monthrange(year, calendar.month)[1])
    reach = range(-3, 4) if calendar.rule == "nearest" else range(-6, 1)
    days = [end + timedelta(days=away) for away in reach]
    return next(day for day in days if day.isoweekday() == calendar.weekday + 1)


def later(day: date, months: int) -> date:
    """The same day of the month, some months later; where that is shorter, its last day."""
    place = day.year * 12 + day.month - 1 + months
    year, month = place // 12, place % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
