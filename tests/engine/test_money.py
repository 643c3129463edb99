"""Rounding, digits, and division without loss."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paceline.engine.money import DIGITS, RoundingMode, allocate, digits_of, round_to
from paceline.engine.periods import Period, PeriodUnknown, period_from_key, period_of


@pytest.mark.parametrize(
    ("value", "mode", "expected"),
    [
        ("2.125", "half-up", "2.13"),
        ("2.125", "half-even", "2.12"),
        ("2.135", "half-even", "2.14"),
        ("2.129", "down", "2.12"),
        ("-2.125", "half-up", "-2.13"),
        ("-2.129", "down", "-2.12"),
    ],
)
def test_rounding(value: str, mode: RoundingMode, expected: str) -> None:
    assert round_to(Decimal(value), 2, mode) == Decimal(expected)


def test_digits_are_the_currencys() -> None:
    assert [digits_of(code) for code in ("JPY", "USD", "TWD", "CNY", "BRL", "KWD")] == [
        0,
        2,
        2,
        2,
        2,
        3,
    ]
    assert len(DIGITS) == len(set(DIGITS))
    with pytest.raises(KeyError):
        digits_of("XAU")


def test_thirds() -> None:
    thirds = allocate(Decimal("100.00"), [Decimal(1)] * 3, digits=2)
    assert thirds == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]
    assert allocate(Decimal("-0.05"), [Decimal(1), Decimal(1)], digits=2) == [
        Decimal("-0.03"),
        Decimal("-0.02"),
    ]


def test_what_cannot_be_divided_is_refused() -> None:
    for total, weights in (("1.00", []), ("1.00", ["0"]), ("1.00", ["-1", "2"]), ("1.001", ["1"])):
        with pytest.raises(ValueError, match=r"weight|decimals"):
            allocate(Decimal(total), [Decimal(weight) for weight in weights], digits=2)


@given(
    st.integers(-(10**12), 10**12),
    st.lists(
        st.integers(0, 10**6).map(lambda n: Decimal(n).scaleb(-3)), min_size=1, max_size=8
    ).filter(any),
    st.integers(0, 3),
)
def test_parts_sum_to_the_whole_and_stay_within_a_unit(
    units: int, weights: list[Decimal], digits: int
) -> None:
    total = Decimal(units).scaleb(-digits)
    parts = allocate(total, weights, digits=digits)
    assert sum(parts, Decimal(0)) == total
    for part, weight in zip(parts, weights, strict=True):
        exact = total * weight / sum(weights, Decimal(0))
        assert abs(part - exact) < Decimal(1).scaleb(-digits) + Decimal("1e-9")


@pytest.mark.parametrize(
    ("key", "starts", "ends", "kind"),
    [
        ("2020Q2", "2020-04-01", "2020-07-01", "quarter"),
        ("2020Q4", "2020-10-01", "2021-01-01", "quarter"),
        ("2020-12", "2020-12-01", "2021-01-01", "month"),
        ("2020M02", "2020-02-01", "2020-03-01", "month"),
        ("2020H2", "2020-07-01", "2021-01-01", "half-year"),
        ("2020", "2020-01-01", "2021-01-01", "year"),
        ("2020-02Q", "2020-02-01", "2020-05-01", "quarter"),
        ("2020-12Q", "2020-12-01", "2021-03-01", "quarter"),
        ("2020-09H", "2020-09-01", "2021-03-01", "half-year"),
        ("2020-04Y", "2020-04-01", "2021-04-01", "year"),
    ],
)
def test_period_keys(key: str, starts: str, ends: str, kind: str) -> None:
    period = period_from_key(key)
    assert (str(period.starts_on), str(period.ends_before), period.kind) == (starts, ends, kind)
    assert period.kind is not None
    again = period_of(period.kind, period.starts_on)
    assert (again.starts_on, again.ends_before) == (period.starts_on, period.ends_before)
    assert period_from_key(again.key) == again


def test_a_period_of_the_calendar_year_has_one_key() -> None:
    keys = [period_from_key(key).key for key in ("2020-04Q", "2020-07H", "2020-01Y", "2020-05Q")]
    assert keys == ["2020Q2", "2020H2", "2020", "2020-05Q"]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "2020Q5",
        "2020Q0",
        "2020-13",
        "20",
        "2020H3",
        "0000Q1",
        "9999",
        "２０２０",
        "2020-13Q",
        "2020-00Y",
        "2020-02M",
        "9999-02Q",
    ],
)
def test_keys_that_name_no_period(key: str) -> None:
    with pytest.raises(PeriodUnknown):
        period_from_key(key)


def test_a_period_has_days() -> None:
    first = period_from_key("2020Q1")
    with pytest.raises(PeriodUnknown):
        Period(first.starts_on, first.starts_on, "none")
