"""Periods to choose from: how far they reach."""

from __future__ import annotations

from datetime import date

from paceline.kernel.period_choices import calendar_groups

TODAY = date(2026, 11, 27)


def keys(**given: date) -> list[list[str]]:
    return [
        [key for key, _name in group]
        for _label, group in calendar_groups(TODAY, begun=True, **given)
    ]


def test_they_reach_two_years_back() -> None:
    quarters, months, halves, years = keys()
    assert (quarters[0], quarters[-1]) == ("2026Q4", "2024Q4")
    assert (months[0], months[-1]) == ("2026-11", "2025-08")
    assert (halves[0], halves[-1]) == ("2026H2", "2024H2")
    assert years == ["2026", "2025", "2024"]
    assert keys(since=date(2025, 6, 1)) == keys()


def test_they_reach_back_to_an_earlier_day() -> None:
    for found in keys(since=date(2011, 5, 31)):
        assert found[-1][:4] <= "2011"
    assert {"2011Q2"} <= set(keys(since=date(2011, 5, 31))[0])
    assert {"2011-05"} <= set(keys(since=date(2011, 5, 31))[1])
    assert keys(since=date(1, 1, 1))[3][-1] == "1986"
