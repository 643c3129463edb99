"""Currencies that people and programs give, and the digits in which money of each is written."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from pydantic import TypeAdapter
from pydantic import ValidationError as Refused

import paceline
from paceline.engine.money import DIGITS
from paceline.kernel import formats
from paceline.kernel.currency_fields import CurrencyCodeField
from paceline.kernel.interface.currencies import Currency, CurrencyOrEmpty
from paceline.kernel.money import CurrencyField, currency_digits


def test_money_is_shown_in_the_digits_in_which_it_is_calculated() -> None:
    assert {code: currency_digits(code) for code in DIGITS} == DIGITS


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("1234.56", "RSD", "RSD1,234.56"),
        ("1234.567", "IQD", "IQD1,234.567"),
        ("1234.567", "KWD", "KWD1,234.567"),
        ("-1234.5", "USD", "-$1,234.50"),
        ("1234", "JPY", "¥1,234"),
        ("0", "LAK", "LAK0.00"),
    ],
)
def test_no_part_of_an_amount_is_left_out(amount: str, currency: str, shown: str) -> None:
    with translation.override("en"):
        written = formats.money(Decimal(amount), currency)
    assert re.sub(r"[\s\xa0]", "", written) == shown


def test_dollars_of_taiwan_keep_their_mark_in_every_language() -> None:
    for language in ("en", "zh-hant", "zh-hans"):
        with translation.override(language):
            assert formats.money(Decimal(-5), "TWD") == "-NT$5.00"


@pytest.mark.parametrize("code", ["USX", "DEM", "XAU", "US", "1"])
def test_a_code_in_which_nobody_is_paid_is_refused_by_its_name(code: str) -> None:
    for field in (CurrencyCodeField(), CurrencyField()):
        with pytest.raises(ValidationError) as refused:
            field.clean(code) if isinstance(field, CurrencyCodeField) else field.clean(code, None)
        assert f"“{code}” is not a currency code such as USD." in refused.value.messages
    for kind in (Currency, CurrencyOrEmpty):
        with pytest.raises(Refused):
            TypeAdapter(kind).validate_python(code)


def test_codes_in_use_are_taken() -> None:
    assert CurrencyCodeField().clean(" twd ") == "TWD"
    assert CurrencyCodeField(required=False).clean("") == ""
    assert TypeAdapter(CurrencyOrEmpty).validate_python("") == ""
    assert TypeAdapter(Currency).validate_python("JPY") == "JPY"


def test_every_form_and_interface_asks_for_currencies_in_this_way() -> None:
    root = Path(paceline.__file__).parent
    own = re.compile(r"A-Z\]\{3\}")
    others = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if "migrations" not in path.parts and own.search(path.read_text(encoding="utf-8"))
    }
    assert others == {
        "engine/formula/grammar.py",
        "kernel/interface/currencies.py",
        "kernel/money.py",
        "orders/api.py",  # rows of files: an import says which line is wrong
    }
