"""An order as its page, the finder and a program tell it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paceline.crm import queries
from paceline.crm.models import (
    CustomerOrder,
    OrderLink,
)
from paceline.orders.models import LineKind
from paceline.web.finder import find as palette
from tests.api.calling import program_for
from tests.crm.orders import a_contact, follow, line, links
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def test_orders_are_found_by_the_beginning_of_their_number(world: World) -> None:
    """Each at what its reader may see: the lines, or the order and whose it is. An index
    serves the question, so that it costs no more among a million orders."""
    a_contact(world, facts={"number": "C1"})
    line("TPE-1001", customer="C1", person=world.priya)
    line("tpe-10020", person=world.priya)
    line("TPE-1003", person=world.omar)
    follow()
    others = (
        CustomerOrder(source="old", order_number=f"Z{n:05}", bought_on=NOW.date(), amount=1,
                      currency="USD", person=world.omar)
        for n in range(4000)
    )  # fmt: skip
    CustomerOrder.objects.bulk_create(others)

    def found(person: Any, text: str) -> dict[str, str]:
        return {one.label: one.url for one in queries.order_entries(person, text, 6)}

    keys = dict(CustomerOrder.objects.values_list("order_number", "pk"))
    assert found(world.priya, "tpe-100") == {
        one: f"/crm/orders/{keys[one]}" for one in ("TPE-1001", "tpe-10020")
    }
    assert list(found(world.dana, "TPE")) == ["TPE-1001", "TPE-1003", "tpe-10020"]
    assert found(world.dana, "TPE-1003")["TPE-1003"] == "/orders/lines?lines-q=TPE-1003"
    assert found(world.hana, "TPE") == {}
    assert found(world.priya, "TP") == {}, "of two letters thousands begin"
    assert found(world.priya, "%PE") == {}
    groups = {one.label: one.entries for one in palette(world.dana, "tpe-1003", NOW.date())}
    assert [one.label for one in groups["Orders"]] == ["TPE-1003"], "found twice, told once"
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crm_customerorder")
    plan = queries.orders.orders_beginning(world.dana, "Z0123").order_by()[:200].explain()
    assert "customer_order_beginning" in plan, plan
    assert "Seq Scan" not in plan


def test_an_order_has_a_page(world: World, client_for: Any) -> None:
    """What was bought and came back, whose it is and by which rule; who says that it is not theirs
    is heard by every rule from then on."""
    ming = a_contact(world, "Ming", facts={"number": "M-1"})
    sold = line("O1", "120", customer="M-1", product="Oolong", person=world.priya)
    line("O1", "80", customer="M-1", product="Sencha", line_number="2", person=world.priya,
         cost=Decimal("17.31"))  # fmt: skip
    line("O1R", "-20", customer="M-1", product="Oolong", quantity=Decimal(-1),
         kind=LineKind.RETURN, returns_line=sold, person=world.priya)  # fmt: skip
    line("O2", customer="M-1", product="Canary", person=world.omar)
    follow()
    orders = {one.order_number: f"/crm/orders/{one.pk}" for one in CustomerOrder.objects.all()}
    priya, omar = client_for(world.priya), client_for(world.omar)
    with CaptureQueriesContext(connection) as asked:
        text = priya.get(orders["O1"]).content.decode()
    assert len(asked) <= 15
    for said in ("Oolong", "Sencha", "$120.00", "-$20.00", "$180.00", ">Ming<", "customer number"):
        assert said in text, said
    assert '<p class="hero-number"><span class="figure">$180.00</span></p>' in text
    assert "17.31" not in text, "cost is the pay desk's"
    assert omar.get(orders["O1"]).status_code == 404
    # The seller of another team sees their own order, and of its customer nothing.
    OrderLink.objects.create(source="file", order_number="O2", contact=ming, linked_at=NOW)
    text = omar.get(orders["O2"]).content.decode()
    assert "Canary" in text
    assert "Ming" not in text
    assert "A customer whom you may not see." in text
    # Whoever sees the customer sees what they bought, and gets there from their page.
    assert f'href="{orders["O2"]}"' in priya.get(f"/crm/contacts/{ming.pk}").content.decode()
    assert priya.get(orders["O2"]).status_code == 200
    link = OrderLink.objects.get(order_number="O1")
    assert omar.post(f"/crm/orders/{link.pk}/unlink").status_code == 404
    assert priya.post(orders["O1"], {"proposed": f"contact:{ming.pk}"}).status_code == 403
    assert priya.post(f"/crm/orders/{link.pk}/unlink").status_code == 303
    follow()
    assert "O1" not in links()
    text = priya.get(orders["O1"]).content.decode()
    assert "Who may be the buyer" in text
    assert "M-1" in text


def test_a_program_reads_an_order_as_its_page_tells_it(world: World) -> None:
    ming = a_contact(world, "Ming", facts={"number": "M-1"})
    sold = line("O1", "120", customer="M-1", product="Oolong", person=world.priya)
    line("O1R", "-20", customer="M-1", quantity=Decimal(-1), kind=LineKind.RETURN,
         returns_line=sold, person=world.priya)  # fmt: skip
    line("O2", customer="Ming", product="Canary", person=world.omar)
    line("O3", customer="Ming", person=world.priya, cost=Decimal("17.31"))
    follow()
    keys = dict(CustomerOrder.objects.values_list("order_number", "pk"))
    priya, omar = program_for(world.priya), program_for(world.omar)
    (row,) = priya.rows("/orders?source=file&order_number=O1")
    assert (row["id"], row["amount"], row["payee"]) == (keys["O1"], "120.0000", "E001")
    with CaptureQueriesContext(connection) as asked:
        read = priya.get(f"/orders/{keys['O1']}")
    assert len(asked) <= 15
    told = read.json()
    assert told["left"] == "100.0000"
    assert [(one["order_number"], one["amount"]) for one in told["lines"]] == [
        ("O1", "120.0000"), ("O1R", "-20.0000"),
    ]  # fmt: skip
    assert told["holders"] == [{"kind": "contact", "id": ming.pk, "name": "Ming"}]
    assert (told["is_linked"], told["linked_rule"], told["linked_by"]) == (True, "number", None)
    assert "cost" not in told["lines"][0], "cost is the pay desk's"
    waits = priya.get(f"/orders/{keys['O3']}").json()
    assert (waits["is_linked"], waits["buyer"]) == (False, "Ming")
    assert waits["proposed"] == [
        {"kind": "contact", "id": ming.pk, "name": "Ming", "rules": ["name"]}
    ]
    assert "17.31" not in str(waits)
    # Who is another's seller sees neither the order nor, of their own, the customer.
    assert omar.get(f"/orders/{keys['O1']}").status_code == 404
    assert {one["order_number"] for one in omar.rows("/orders")} == {"O2"}
    OrderLink.objects.create(source="file", order_number="O2", contact=ming, linked_at=NOW)
    told = omar.get(f"/orders/{keys['O2']}").json()
    assert (told["is_linked"], told["holders"], told["proposed"]) == (True, [], [])
    assert "Ming" not in str({**told, "lines": []})
    assert priya.get(f"/orders/{keys['O2']}").status_code == 200, "of a customer of theirs"
    assert program_for(world.hana).rows("/orders") == []
