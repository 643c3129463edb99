"""Figures, days and moments in three languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from paceline.kernel import formats


@pytest.mark.parametrize(
    ("language", "currency", "expected"),
    [
        ("en", "USD", "$1,234.57"),
        ("en", "JPY", "¥1,235"),
        ("en", "CNY", "CN¥1,234.57"),
        ("zh-hant", "TWD", "NT$1,234.57"),
        ("zh-hant", "USD", "US$1,234.57"),
        ("zh-hans", "CNY", "¥1,234.57"),
        ("zh-hans", "JPY", "JP¥1,235"),
    ],
)
def test_money_has_the_digits_of_its_currency(language, currency, expected):
    with translation.override(language):
        assert formats.money(Decimal("1234.567"), currency) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("12.5", "+$12.50"), ("-3", "-$3.00"), ("0", "$0.00"), (None, "–")]
)
def test_a_change_carries_its_sign(value, expected):
    assert formats.change(None if value is None else Decimal(value), "USD") == expected


def test_every_digit_of_large_amounts_is_kept():
    assert formats.amount(Decimal("9007199254740993.01"), "USD") == "9,007,199,254,740,993.01"


def test_ratios():
    assert formats.percent(Decimal("1.08214")) == "108.21%"
    assert formats.rate(Decimal("0.00375")) == "0.375%"
    assert formats.percent(None) == "–"


def test_days_and_spans():
    first, before = date(2026, 1, 1), date(2026, 4, 1)
    assert formats.span_of_days(first, before).replace("\u2009", " ") == "Jan 1 – Mar 31, 2026"
    assert formats.span_of_days(first, date(2026, 1, 2)) == "Jan 1, 2026"
    with translation.override("zh-hant"):
        assert formats.day(first) == "2026年1月1日"
        assert formats.month(first) == "2026年1月"


def test_a_moment_is_told_in_the_reader_s_zone():
    instant = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    with timezone.override("Asia/Taipei"):
        assert formats.moment(instant) == "Jul 1, 2026 07:30"
        assert formats.day(instant) == "Jul 1, 2026"
    with timezone.override("America/Sao_Paulo"):
        assert formats.day(instant) == "Jun 30, 2026"


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "A, B, C"), ("zh-hant", "A、B、C"), ("zh-hans", "A、B、C")]
)
def test_names_side_by_side(language: str, expected: str) -> None:
    with translation.override(language):
        assert formats.listed("ABC") == expected
        assert formats.listed(["A"]) == "A"
        assert formats.listed([]) == ""
        page = Template("{{ names|listed }}").render(Context({"names": ["<A>", "B", "C"]}))
        assert page == expected.replace("A", "&lt;A&gt;")


def test_no_page_parts_names_with_a_comma_of_its_own() -> None:
    """Words for readers go through ``listed``; templates join with signs that need no language."""
    source = Path(formats.__file__).parents[1]
    joined = [
        str(path.relative_to(source))
        for path in source.rglob("*.html")
        if 'join:", "' in path.read_text(encoding="utf-8")
    ]
    assert joined == []
    worded = [
        path
        for path in (*source.glob("*/wording.py"), *source.glob("*/*/wording.py"))
        if '", ".join(' in path.read_text(encoding="utf-8")
    ]
    assert [str(path.relative_to(source)) for path in worded] == []


def test_a_control_total_keeps_the_digits_of_its_file() -> None:
    """¥15,101.5 was shown as ¥15,102, which no file adds up to."""
    with translation.override("en"):
        shown = [
            formats.money_in_full(Decimal(text), currency)
            for text, currency in (
                ("15101.5000", "JPY"),
                ("15101.0000", "JPY"),
                ("134.6980", "KWD"),
                ("1000", "USD"),
                ("0.0001", "USD"),
            )
        ]
    assert shown == ["¥15,101.5", "¥15,101", "KWD134.698", "$1,000.00", "$0.0001"]
