"""Spreading a target: exact to the unit, whatever the weights, the days and the rules."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paceline.goals.planning.spread import (
    Candidate,
    Days,
    Rules,
    by_step,
    in_parts,
    in_steps,
    months_of,
    spread,
)

YEAR = months_of(date(2027, 1, 1), date(2028, 1, 1))
ALWAYS = (Days(date(2020, 1, 1)),)
HIRED = date(2020, 1, 1)
D = Decimal


def rules(target: str, **more: object) -> Rules:
    values = {
        "over_assignment": D(0),
        "evenness": D(0),
        "season": [D(1)] * 12,
        "unit": D("0.01"),
        **more,
    }
    return Rules(target=D(target), **values)  # type: ignore[arg-type]


def person(key: int, weight: str | None, **more: object) -> Candidate:
    values = {"hired_on": HIRED, "employed": ALWAYS, **more}
    return Candidate(key, None if weight is None else D(weight), **values)  # type: ignore[arg-type]


@given(
    hundredths=st.integers(0, 10**14),
    tenths=st.lists(st.integers(0, 10**9), min_size=1, max_size=12),
    unit=st.sampled_from([D("0.01"), D(1), D(100)]),
)
def test_parts_sum_to_their_whole(hundredths: int, tenths: list[int], unit: D) -> None:
    total, weights = D(hundredths).scaleb(-2), [D(one).scaleb(-1) for one in tenths]
    parts = in_parts(total, weights, unit)
    assert sum(parts) == total
    assert all(part >= 0 for part in parts)
    # Only the heaviest part may carry what is left of a total that is no multiple of the unit.
    assert sum(part % unit != 0 for part in parts) <= 1
    every = sum(weights)
    if every:
        units = total // unit
        fair = [units * (one * 10**4) // (every * 10**4) for one in weights]
        assert all(part // unit - least in (0, 1) for part, least in zip(parts, fair, strict=True))


def test_nobody_and_negative_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="weights"):
        in_parts(D(1), [], D(1))
    with pytest.raises(ValueError, match="weights"):
        in_parts(D(1), [D(1), D(-1)], D(1))


def test_a_target_follows_history_and_season() -> None:
    season = [D(1)] * 10 + [D(3), D(2)]
    one, two = spread(
        rules("1500000", over_assignment=D("0.1"), season=season, unit=D(100)),
        YEAR,
        [person(1, "300"), person(2, "100")],
    )
    assert (one.full, two.full) == (D(1237500), D(412500))  # 1.65 M by 3 : 1
    assert one.full + two.full == D(1650000)
    assert one.full_months == [D(82500)] * 10 + [D(247500), D(165000)]
    assert by_step(one.months, 3) == [D(247500), D(247500), D(247500), D(495000)]


def test_a_part_that_is_equal_does_not_follow_the_past() -> None:
    shares = spread(rules("1000", evenness=D("0.5")), YEAR, [person(1, "300"), person(2, "100")])
    assert [one.full for one in shares] == [D("625.00"), D("375.00")]


def test_who_is_new_counts_as_the_average_and_is_ramped() -> None:
    hired = date(2027, 7, 1)
    old, new = spread(
        rules("1800", ramp=[D("0.25"), D("0.5"), D("0.75")]),
        YEAR,
        [person(1, "500"), person(2, None, hired_on=hired, employed=[Days(hired)])],
    )
    assert (old.is_assumed, new.is_assumed) == (False, True)
    # Twelve months and six of the same weight: two parts and one.
    assert (old.full, new.full) == (D("1200.00"), D("600.00"))
    assert new.full_months == [D(0)] * 6 + [D("100.00")] * 6
    assert new.months[6:] == [D("25.00"), D("50.00"), D("75.00"), *[D("100.00")] * 3]
    assert old.amount == old.full  # what the ramp takes off is asked of nobody else


def test_quotas_of_like_seasons_are_alike() -> None:
    (one,) = spread(rules("220000", unit=D(1), step=3), YEAR, [person(1, "1")])
    assert by_step(one.months, 3) == [D(55000)] * 4
    assert by_step(in_steps(D(240000), one.months, 3, D(1)), 3) == [D(60000)] * 4


def test_leave_asks_less_from_the_stated_days_on() -> None:
    away = [Days(date(2027, 4, 1), date(2027, 4, 16)), Days(date(2027, 6, 1), date(2027, 6, 5))]
    (one,) = spread(rules("12000", relief_from_days=10), YEAR, [person(1, "1", away=away)])
    assert one.months[3] == D("500.00")  # 15 of 30 days
    assert one.months[5] == D("1000.00")  # 4 days are not enough
    assert one.full - one.amount == D("500.00")


def test_who_leaves_is_asked_for_the_days_here() -> None:
    leaves = [Days(HIRED, date(2027, 2, 15))]
    one, two = spread(
        rules("1000", season=[D(1), D(1)]),
        YEAR[:2],
        [person(1, "1", employed=leaves), person(2, "1")],
    )
    assert (one.full, two.full) == (D("428.57"), D("571.43"))  # 1.5 months to 2
    assert one.full + two.full == D(1000)


def test_who_was_never_here_gets_no_part() -> None:
    gone = [Days(HIRED, date(2026, 5, 1))]
    assert spread(rules("10"), YEAR, [person(1, "1", employed=gone)]) == []


@given(
    target=st.integers(1, 10**9),
    weights=st.lists(st.none() | st.integers(0, 10**6), min_size=1, max_size=12),
    season=st.lists(st.integers(0, 100), min_size=12, max_size=12),
    evenness=st.integers(0, 100),
    ramp=st.lists(st.integers(0, 100), max_size=4),
    starts=st.lists(st.integers(0, 364), min_size=12, max_size=12),
)
def test_what_is_assigned_is_spread_whole(
    target: int,
    weights: list[int | None],
    season: list[int],
    evenness: int,
    ramp: list[int],
    starts: list[int],
) -> None:
    people = [
        Candidate(
            key,
            None if weight is None else D(weight),
            date.fromordinal(date(2027, 1, 1).toordinal() + starts[key]),
            [Days(date.fromordinal(date(2027, 1, 1).toordinal() + starts[key]))],
        )
        for key, weight in enumerate(weights)
    ]
    shares = spread(
        rules(
            str(target),
            evenness=D(evenness).scaleb(-2),
            season=[D(one) for one in season],
            ramp=[D(one).scaleb(-2) for one in ramp],
        ),
        YEAR,
        people,
    )
    assert sum(one.full for one in shares) == (D(target) if shares else 0)
    for one in shares:
        assert 0 <= one.amount <= one.full
        assert all(0 <= a <= b for a, b in zip(one.months, one.full_months, strict=True))
        assert sum(in_steps(one.amount, one.months, 3, D("0.01"))) == one.amount
