"""Lines found by their customer's name: at once among many, and under each reader's rights."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from paceline.crm.actions import erase_contact, follow_orders, measure_again
from paceline.orders.finding import lines_called
from paceline.orders.models import NamedCustomer, OrderLine
from paceline.web.finder import find
from tests.crm.orders import a_contact, line
from tests.world import NOW, World


def test_lines_are_found_by_their_customers_name(world: World, client_for: Any) -> None:
    ming = a_contact(world, "陳大文", facts={"number": "K-100"})
    told: dict[str, Any] = {
        "source": "file", "line_number": "1", "quantity": Decimal(1), "currency": "USD",
        "ordered_on": NOW.date(), "amount": Decimal(1),
    }  # fmt: skip
    OrderLine.objects.bulk_create(
        OrderLine(order_number=f"Z{n:05}", customer=f"Buyer {n % 900:04}", **told)
        for n in range(4000)
    )
    line("TPE-1", customer="Anna Weber", person=world.priya)
    line("TPE-2", customer="王小明", person=world.priya)
    line("TPE-3", customer="K-100", person=world.priya)
    line("TPE-4", customer="Anna Canary", person=world.omar)
    follow_orders(at=NOW)

    def numbers(text: str) -> set[str]:
        return set(
            lines_called(OrderLine.objects.all(), text).values_list("order_number", flat=True)
        )

    assert numbers("weber") == {"TPE-1"}
    assert numbers("ann web") == {"TPE-1"}
    assert numbers("小明") == numbers("王小明") == {"TPE-2"}
    assert numbers("tpe-") == {"TPE-1", "TPE-2", "TPE-3", "TPE-4"}
    assert numbers(world.omar.name) == {"TPE-4"}
    assert numbers("PE-3") == {"TPE-3"}, "a part of it, where nothing is called so"
    assert numbers("O'Neil\\") == numbers("zzz") == set()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_orderline")
        cursor.execute("ANALYZE orders_namedcustomer")
        cursor.execute("SET LOCAL enable_seqscan = off")  # few rows are read as they stand
    plan = lines_called(OrderLine.objects.order_by(), "Weber").explain()
    assert "order_line_customer" in plan, plan
    assert "named_customer_terms" in plan, plan
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = on")
    dana = client_for(world.dana)
    with CaptureQueriesContext(connection) as asked:
        text = dana.get("/orders/lines", {"lines-q": "anna"}).content.decode()
    assert len(asked) <= 15
    assert ">TPE-1<" in text
    assert ">TPE-4<" in text
    assert ">TPE-2<" not in text

    def orders(person: Any, text: str) -> list[str]:
        groups = {one.label: one.entries for one in find(person, text, NOW.date())}
        return [one.label for one in groups.get("Orders", [])]

    # The pay desk reads every line and no customer; who sells sees orders of their customers alone.
    assert orders(world.dana, "anna") == ["Anna Canary", "Anna Weber"]
    assert orders(world.dana, "陈大文") == []
    assert orders(world.priya, "陈大文") == ["TPE-3"]
    assert orders(world.priya, "anna") == orders(world.omar, "陈大文") == []
    # Nobody is found by a name that no line says any more.
    OrderLine.objects.filter(order_number__startswith="Z").delete()
    measure_again(at=NOW)
    assert NamedCustomer.objects.count() == 4
    weber = a_contact(world, "Anna Weber", facts={"number": "Anna Weber"})
    follow_orders(at=NOW)
    erase_contact(contact=weber, reason="Asked to be forgotten", by=world.marco, at=NOW)
    assert not NamedCustomer.objects.filter(name="Anna Weber").exists()
    assert orders(world.dana, "weber") == []
    assert ming.name == "陳大文"
