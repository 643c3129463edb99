"""Calendars: months, quarters, half-years and years tile the days, and keys say which they are."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise, product

import pytest

from paceline.engine.calendars import (
    MONTHS,
    PATTERNS,
    RULES,
    WEEKDAYS,
    Calendar,
    MonthYear,
    WeekYear,
)
from paceline.engine.periods import (
    PERIOD_KINDS,
    WEEKS_OF,
    Period,
    PeriodKind,
    PeriodUnknown,
    WeeksUnknown,
    period_from_key,
)

RETAIL = WeekYear(PATTERNS["4-5-4"], WEEKDAYS.index("saturday"), "nearest", 1)
CALENDARS = [
    *(MonthYear(first) for first in range(1, 13)),
    *(
        WeekYear(PATTERNS[pattern], weekday, rule, month)
        for pattern, rule, (weekday, month) in product(
            PATTERNS, RULES, enumerate((1, 2, 3, 6, 9, 12, 8))
        )
    ),
]
FIRST, LAST = date(1990, 1, 1), date(2100, 12, 31)


def periods_of(calendar: Calendar, kind: PeriodKind) -> list[Period]:
    found = [calendar.period(kind, FIRST)]
    while found[-1].ends_before <= LAST:
        found.append(calendar.period(kind, found[-1].ends_before))
    return found


@pytest.mark.parametrize("calendar", CALENDARS, ids=str)
def test_periods_tile_the_days_of_a_century(calendar: Calendar) -> None:
    """Each day lies in one period of a kind, which names itself; longer ones are made of shorter
    ones.
    """
    of_kind = {kind: periods_of(calendar, kind) for kind in PERIOD_KINDS}
    for kind, periods in of_kind.items():
        for one, following in pairwise(periods):
            assert one.ends_before == following.starts_on
            assert calendar.before(following) == one
        for one in periods:
            assert period_from_key(one.key) == one
            assert one.kind == kind
            assert calendar.has(one)
            for day in (one.starts_on, one.ends_before - timedelta(days=1)):
                assert calendar.period(kind, day) == one
                assert calendar.start_of(kind, day) == one.starts_on
                assert calendar.end_of(kind, day) == one.ends_before
            if isinstance(calendar, WeekYear):
                weeks, rest = divmod((one.ends_before - one.starts_on).days, 7)
                assert (weeks in WEEKS_OF[kind], rest) == (True, 0)
                assert (one.ends_before - timedelta(days=1)).weekday() == calendar.weekday
                assert calendar.week_of(one.starts_on) == one.starts_on
    months = {one.starts_on: place for place, one in enumerate(of_kind["month"])}
    for kind, size in (("quarter", 3), ("half-year", 6), ("year", 12)):
        whole = [one for one in of_kind[kind] if one.starts_on in months]
        for one in [one for one in whole if months[one.starts_on] + size <= len(months)]:
            parts = of_kind["month"][months[one.starts_on] :][:size]
            assert (parts[0].starts_on, parts[-1].ends_before) == (one.starts_on, one.ends_before)


@pytest.mark.parametrize("calendar", CALENDARS, ids=str)
def test_the_same_place_in_earlier_months(calendar: Calendar) -> None:
    day = FIRST
    while day < date(2012, 1, 1):
        start = calendar.start_of("month", day)
        assert calendar.back(day, 0) == day
        assert (
            calendar.back(start, 12) == calendar.period("month", calendar.back(day, 12)).starts_on
        )
        assert calendar.months_between(calendar.back(day, 5), day) == 5
        day += timedelta(days=11)


@pytest.mark.parametrize(
    ("first", "before", "weeks"),
    [
        (date(2017, 1, 29), date(2018, 2, 4), 53),
        (date(2022, 1, 30), date(2023, 1, 29), 52),
        (date(2023, 1, 29), date(2024, 2, 4), 53),
        (date(2024, 2, 4), date(2025, 2, 2), 52),
        (date(2025, 2, 2), date(2026, 2, 1), 52),
        (date(2026, 2, 1), date(2027, 1, 31), 52),
    ],
)
def test_years_of_american_retail(first: date, before: date, weeks: int) -> None:
    """The 4-5-4 calendar of the National Retail Federation, as published."""
    year = RETAIL.period("year", first)
    assert (year.starts_on, year.ends_before, year.key) == (first, before, f"{first}W{weeks}")


def test_the_fifty_third_week_makes_the_last_month_longer() -> None:
    months = periods_of(RETAIL, "month")
    of_2023 = [one.key for one in months if date(2023, 1, 29) <= one.starts_on < date(2024, 2, 4)]
    assert [key[-1] for key in of_2023] == list("454454454455")
    assert RETAIL.period("quarter", date(2024, 2, 3)).key == "2023-10-29W14"
    assert RETAIL.period("half-year", date(2024, 2, 3)).key == "2023-07-30W27"


def test_the_year_before_is_the_same_place() -> None:
    """Fourteen weeks are held against thirteen, the five of January against the four before."""
    assert RETAIL.back(date(2023, 10, 29), 12) == date(2022, 10, 30)
    assert RETAIL.back(date(2024, 2, 4), 12) == date(2023, 1, 29)
    # The last week of January of the long year has no counterpart: its days are the month's last.
    assert RETAIL.back(date(2024, 2, 3), 12) == date(2023, 1, 28)


def test_years_by_another_rule() -> None:
    last = WeekYear(
        PATTERNS["4-4-5"], WEEKDAYS.index("saturday"), "last", MONTHS.index("august") + 1
    )
    assert last.period("year", date(2024, 8, 31)).key == "2023-08-27W53"
    assert last.period("year", date(2024, 9, 1)).key == "2024-09-01W52"


@pytest.mark.parametrize("weeks", [0, 1, 3, 7, 12, 15, 25, 28, 51, 54, 999])
def test_so_many_weeks_are_no_period(weeks: int) -> None:
    with pytest.raises(WeeksUnknown) as refused:
        period_from_key(f"2026-02-01W{weeks}")
    assert refused.value.weeks == weeks
    assert refused.value.nearest in {one for known in WEEKS_OF.values() for one in known}


@pytest.mark.parametrize(
    "key",
    [
        "2026-02-30W13",
        "2026-02-01W",
        "2026-02-01W-4",
        "2026-2-1W4",
        "9999-12-01W13",
        "0011-02-01W4",
    ],
)
def test_weeks_that_are_no_days(key: str) -> None:
    with pytest.raises(PeriodUnknown):
        period_from_key(key)


def test_far_days_end_with_the_calendar() -> None:
    for calendar in (MonthYear(), MonthYear(5), RETAIL):
        assert calendar.start_of("year", date.max) <= date.max
        assert calendar.end_of("year", date.max) == date.max
        assert calendar.start_of("year", date.min) <= calendar.end_of("month", date.min)
