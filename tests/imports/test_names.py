"""What files call things, and which currencies they may name."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from paceline.engine.money import DIGITS
from paceline.imports.kinds import PAYEE_NAMES, kinds
from paceline.kernel.money import CURRENCIES
from tests.imports.test_pages import mapping_of, upload
from tests.world import World

HEADER = "Order,Line,Order date,Payee,Product,Amount,Currency\n"


def test_every_file_about_payees_knows_the_same_names() -> None:
    fields = {kind.key: field for kind in kinds() for field in kind.fields if field.name == "payee"}
    assert {"order_lines", "line_shares", "quotas", "figures", "owners"} <= set(fields)
    missing = {key: set(PAYEE_NAMES) - set(field.aliases) for key, field in fields.items()}
    assert not any(missing.values()), missing


@pytest.mark.parametrize("name", ["share", "percent", "比例", "份额", "占比", "业绩分成"])
def test_a_share_is_known_by_the_names_that_people_give_it(name: str) -> None:
    [field] = [
        field
        for kind in kinds()
        for field in kind.fields
        if (kind.key, field.name) == ("line_shares", "share")
    ]
    assert name in {field.name, *field.aliases}


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("starts_on", "到職日"), ("starts_on", "到職日期"), ("starts_on", "到职日"),
        ("starts_on", "入职日"), ("starts_on", "入职日期"),
        ("last_day", "離職日"), ("last_day", "離職日期"), ("last_day", "离职日"),
        ("last_day", "离职日期"),
    ],
)  # fmt: skip
def test_days_of_employment_are_known_as_lists_of_people_call_them(column: str, name: str) -> None:
    fields = {
        field.name: field for kind in kinds() if kind.key == "people" for field in kind.fields
    }
    assert name in fields[column].aliases


def test_a_file_may_name_exactly_the_currencies_that_pay_is_calculated_in() -> None:
    assert set(DIGITS) == CURRENCIES


@pytest.mark.django_db
def test_a_line_in_no_currency_is_refused_and_a_doubtful_encoding_stays_in_sight(
    world: World, client_for
) -> None:
    client: Client = client_for(world.dana)
    payee = world.priya.number
    rows = [f"A,1,2026-07-01,{payee},檯燈,5,USD\n", f"B,1,2026-07-01,{payee},檯燈,5,XXX\n"]
    mixed = HEADER.encode() + rows[0].encode("big5") + rows[1].encode()
    source = upload(client, "order_lines", mixed)
    address = reverse("imports:import", args=[source.pk])
    doubt = "The encoding is not certain"
    assert doubt in client.get(address).content.decode()
    client.post(reverse("imports:mapping", args=[source.pk]), mapping_of(source))
    page = client.get(address).content.decode()
    assert "“XXX” is not a currency code such as USD." in page
    assert "Import 1 line" in page
    assert doubt in page
