"""Order lines and exchange rates to look through."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.orders.conftest import Bring
from tests.world import World

pytestmark = pytest.mark.django_db


def test_pages_ask_few_queries(
    world: World, bring: Bring, client_for, django_assert_max_num_queries
) -> None:
    number = world.priya.number
    rows = "".join(f"A{n},1,2026-07-{n:02d},{number},5,EUR\n" for n in range(1, 31))
    bring("exchange_rates", "From currency,To currency,Date,Rate\nEUR,USD,2026-07-01,1.1\n")
    bring("order_lines", f"Order,Line,Order date,Payee,Amount,Currency\n{rows}")
    client = client_for(world.dana)
    for name, word in (("orders:lines", "A30"), ("orders:rates", "1.1")):
        client.get(reverse(name))
        with django_assert_max_num_queries(15):
            answer = client.get(reverse(name))
        assert word in answer.content.decode()


def test_lines_are_found_by_month_and_order(world: World, bring: Bring, client_for) -> None:
    number = world.priya.number
    header = "Order,Line,Order date,Payee,Amount,Currency\n"
    bring("order_lines", f"{header}JUNE,1,2026-06-30,{number},5,USD\n")
    bring("order_lines", f"{header}JULY,1,2026-07-01,{number},5,USD\n")
    client = client_for(world.ines)
    june = client.get(reverse("orders:lines"), {"lines-is-month": "2026-06"}).content.decode()
    assert "JUNE" in june
    assert "JULY" not in june
    found = client.get(reverse("orders:lines"), {"lines-q": "july"}).content.decode()
    assert "JULY" in found
    assert "JUNE" not in found


def test_exported_cells_are_not_run_by_spreadsheets(world: World, bring: Bring, client_for) -> None:
    header = "Order,Line,Order date,Payee,Customer,Amount,Currency\n"
    row = f"A,1,2026-07-01,{world.priya.number},=1+1,5.50,USD\n"
    bring("order_lines", header + row)
    header = "Return,Line,Return date,Order returned,Line returned,Amount\n"
    bring("returns", f"{header}R,1,2026-07-02,A,1,5.50\n")
    answer = client_for(world.dana).get(reverse("orders:lines"), {"lines-export": "csv"})
    text = b"".join(answer).decode("utf-8-sig")
    assert "'=1+1" in text
    assert ",-5.5000,USD" in text
