"""Order lines and exchange rates to look through."""

from __future__ import annotations

import pytest
from django.urls import reverse

from paceline.orders.models import OrderLine
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


def test_lines_stand_by_their_number_in_page_and_file(world: World, bring: Bring, client_for):
    rows = "".join(f"A,{n},2026-07-01,{world.priya.number},5,USD\n" for n in (9, 10, 2, 11, 1))
    bring("order_lines", f"Order,Line,Order date,Payee,Amount,Currency\n{rows}")
    client = client_for(world.dana)
    # Days are shown the last first, and so are the lines of a day.
    page = client.get(reverse("orders:lines")).context["table"]
    assert [row.cells[2].text for row in page.body] == ["11", "10", "9", "2", "1"]
    text = b"".join(client.get(reverse("orders:lines"), {"lines-export": "csv"})).decode()
    assert [row.split(",")[2] for row in text.splitlines()[1:]] == ["11", "10", "9", "2", "1"]
    line = OrderLine.objects.get(line_number="2")
    others = client.get(reverse("orders:line", args=[line.pk])).context["others"]
    assert [one.line_number for one in others] == ["1", "9", "10", "11"]


def test_exported_cells_are_not_run_by_spreadsheets(world: World, bring: Bring, client_for) -> None:
    header = "Order,Line,Order date,Payee,Customer,Amount,Currency\n"
    row = f"A,1,2026-07-01,{world.priya.number},=1+1,5.50,USD\n"
    bring("order_lines", header + row)
    header = "Return,Line,Return date,Order returned,Line returned,Amount\n"
    bring("returns", f"{header}R,1,2026-07-02,A,1,5.50\n")
    client = client_for(world.dana)
    answer = client.get(reverse("orders:lines"), {"lines-export": "csv"})
    text = b"".join(answer).decode("utf-8-sig")
    assert "'=1+1" in text
    assert ",-5.50,USD" in text
    # Days beside the order's would cramp the page; they stand in the file and on the line's page.
    assert "End of the return window" in text
    assert "End of the return window" not in client.get(reverse("orders:lines")).content.decode()


def test_a_line_shows_its_days_and_what_it_said_before(
    world: World, bring: Bring, client_for, django_assert_max_num_queries
) -> None:
    number = world.priya.number
    header = "Order,Line,Order date,Payee,Amount,Currency,Ship date\n"
    bring("order_lines", f"{header}A,1,2026-07-01,{number},100,USD,2026-07-03\n")
    bring("line_dates", "Order,Paid on\nA,2026-07-09\n")
    bring("line_dates", "Order,Paid on\nA,2026-07-10\n")
    header = "Return,Line,Return date,Order returned,Line returned,Amount\n"
    bring("returns", f"{header}R,1,2026-07-12,A,1,40\n")
    line = OrderLine.objects.get(order_number="A")
    client = client_for(world.ines)
    client.get(reverse("orders:line", args=[line.pk]))
    with django_assert_max_num_queries(15):
        shown = client.get(reverse("orders:line", args=[line.pk])).content.decode()
    for text in ("Jul 3, 2026", "Jul 10, 2026", "Jul 9, 2026", "Jul 12, 2026"):
        assert text in shown
    back = OrderLine.objects.get(order_number="R")
    assert reverse("orders:line", args=[back.pk]) in shown
    shown = client.get(reverse("orders:line", args=[back.pk])).content.decode()
    assert reverse("orders:line", args=[line.pk]) in shown
    assert client_for(world.priya).get(reverse("orders:line", args=[line.pk])).status_code == 404
