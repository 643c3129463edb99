"""Orders that wait for somebody to say whose they are."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from paceline.crm import actions, queries
from paceline.crm.actions import Point
from paceline.crm.models import (
    Contact,
    CustomerOrder,
    OrderLink,
    Purchases,
    RecordChange,
    WaitingOrder,
)
from paceline.kernel import formats
from paceline.orders.models import OrderLine
from tests.crm.orders import a_contact, follow, line, links
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def test_the_list_of_waiting_orders(world: World, client_for: Any) -> None:
    """Links the chosen to the one proposed; of the seller's alone, and never to what they may not
    change; asks the same for one order as for many."""
    lee = a_contact(world, "Lee")
    for n in range(30):
        line(f"B{n:02}", customer="Lee", person=world.priya)
    line("S1", customer="Canary of South", person=world.omar)
    follow()
    priya = client_for(world.priya)
    with CaptureQueriesContext(connection) as asked:
        text = priya.get("/crm/orders").content.decode()
    assert len(asked) <= 15
    assert "B29" in text
    assert "Canary" not in text
    line("C7", customer="Aurora Trading", person=world.priya)
    line("S2", customer="Aurora South", person=world.omar)
    follow()
    for said, found in (("29", {"B29"}), ("rora tr", {"C7"}), ("south", set()), ("%", set())):
        with CaptureQueriesContext(connection) as asked:
            text = priya.get("/crm/orders", {"show": "all", "waiting-all-q": said}).content.decode()
        assert len(asked) <= 15
        numbers = {one.order_number for one in CustomerOrder.objects.all()}
        assert {one for one in numbers if f">{one}<" in text} == found, said
    assert ">C7<" not in priya.get("/crm/orders").content.decode(), "nobody bears this name"
    orders = {one.order_number: one for one in CustomerOrder.objects.all()}
    with CaptureQueriesContext(connection) as asked:
        text = priya.get(f"/crm/orders/{orders['B01'].pk}").content.decode()
    assert len(asked) <= 15
    assert f"contact:{lee.pk}" in text
    chosen = [orders["B01"].pk, orders["B02"].pk, orders["S1"].pk]
    priya.post("/crm/orders/change", {"chosen": chosen, "what": "link"})
    assert links() == {"B01": ("Lee", "name"), "B02": ("Lee", "name")}
    priya.post("/crm/orders/change", {"chosen": [orders["B03"].pk], "what": "leave"})
    assert WaitingOrder.objects.get(order=orders["B03"]).left_by == world.priya
    answer = priya.post(f"/crm/orders/{orders['B04'].pk}", {"proposed": f"contact:{lee.pk}"})
    assert answer.status_code == 303
    assert links()["B04"] == ("Lee", "hand")
    foreign = a_contact(world, "Foreign", team=world.south, owner=world.omar, by=world.omar)
    answer = priya.post(f"/crm/orders/{orders['B05'].pk}", {"proposed": f"contact:{foreign.pk}"})
    assert answer.status_code == 422
    assert "B05" not in links()


def test_a_name_is_looked_for_while_somebody_bears_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once when a customer comes, is renamed, merged or goes, however many do together."""
    line("N1", customer="Late Lee", person=world.priya)
    line("N2", customer="Somebody Else", person=world.priya)
    line("S1", customer="Late Lee", person=world.omar)
    follow()

    def named() -> set[str]:
        follow()
        rows = WaitingOrder.objects.filter(is_named=True)
        return set(rows.values_list("order__order_number", flat=True))

    told: dict[str, Any] = {"by": world.priya, "at": NOW}
    lee = a_contact(world, "Late Lee")
    assert named() == {"N1"}, "the seller of the other one may not know them"
    actions.change(record=lee, facts={"name": "Early Lee"}, **told)
    assert named() == set()
    actions.change(record=lee, facts={"latin_name": "Lee Late"}, **told)
    assert named() == {"N1"}, "given and family names in either order"
    actions.change(record=lee, facts={"latin_name": ""}, **told)
    other = a_contact(world, "Late Lee")
    assert named() == {"N1"}
    seen = dict(Contact.objects.filter(pk__in=[lee.pk, other.pk]).values_list("pk", "version"))
    actions.merge(survivor=lee, others=[other], choices={"name": lee.pk}, seen=seen, **told)
    assert named() == set(), "who was merged bears no name"
    monkeypatch.setattr("paceline.crm.actions.following.linking.NAMES_FEW", 0)
    actions.add_company(team=world.north, facts={"name": "Somebody Else Ltd"}, **told)
    third = a_contact(world, "Late Lee")
    assert named() == {"N1", "N2"}
    third.points.all().delete()
    RecordChange.objects.filter(contact=third).delete()
    third.delete()  # as when an import is taken back
    assert named() == {"N2"}


def test_an_order_asks_no_longer_for_somebody_who_was_erased(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    """At once, by name and by what several bear; their pseudonym is no name of a buyer."""
    address = Point("email", "lee@x.com")
    gone = a_contact(world, "Late Lee", address, facts={"number": "K-9"})
    a_contact(world, "Lee Two", address, facts={"number": "K-9"})
    line("N1", customer="Late Lee", person=world.priya)
    line("K1", customer="K-9", person=world.priya)
    line("M1", customer="lee@x.com", person=world.priya)
    follow()
    decide = WaitingOrder.objects.filter(Q(is_named=True) | Q(is_ambiguous=True))
    assert set(decide.values_list("order__order_number", flat=True)) == {"N1", "K1", "M1"}
    with django_capture_on_commit_callbacks(execute=True):
        actions.erase_contact(contact=gone, reason="They asked.", by=world.marco, at=NOW)
    follow()
    assert not decide.exists()
    assert links()["K1"] == ("Lee Two", "number")  # of the two the one that is left
    assert "M1" not in links()  # the address was the person's
    assert OrderLine.objects.get(order_number="M1").customer == f"erased-{gone.pk}"
    kept = WaitingOrder.objects.get(order__order_number="M1")
    assert (kept.number, kept.mail, kept.name_keys) == ("", "", [])


def test_only_what_somebody_can_decide_waits_in_the_list(world: World, client_for: Any) -> None:
    """Several that fit, or a name; the rest stands by its buyers, and what tells nothing nowhere
    but among all. A buyer who is kept gets their orders, and those to come."""
    today = timezone.now().date()  # pages count back from the day on which they are read
    day = today - timedelta(days=3)
    for name in ("Ann", "Ben"):
        a_contact(world, name, Point("email", "both@example.com"))
    for number, said, amount in (
        ("D1", "both@example.com", "10"), ("D2", "Late Lee", "20"),
        ("U1", "TPE-00017", "300"), ("U2", "TPE-00017", "50"), ("U3", "kim@example.com", "70"),
        ("N1", "", "900"),
    ):  # fmt: skip
        line(number, amount, customer=said, person=world.priya, ordered_on=day)
    line("U4", "8000", customer="TPE-00017", person=world.omar, ordered_on=day)
    line("U5", "9000", customer="Canary-1", person=world.omar, ordered_on=day)
    line("U6", "9000", customer="OLD-1", person=world.priya, ordered_on=day - timedelta(days=90))
    follow()
    priya = client_for(world.priya)

    def listed(**asked: str) -> set[str]:
        text = priya.get("/crm/orders", asked).content.decode()
        return {
            one for one in ("D1", "D2", "U1", "U2", "U3", "U4", "U6", "N1") if f">{one}<" in text
        }

    assert listed() == {"D1"}
    a_contact(world, "Late Lee")
    follow()
    assert listed() == {"D1", "D2"}
    assert listed(**{"waiting-is-why": "named"}) == {"D2"}
    assert listed(show="all") == {"D1", "D2", "U1", "U2", "U3", "U6", "N1"}
    assert listed(show="all", **{"waiting-all-is-why": "nothing"}) == {"N1"}
    assert listed(show="all", **{"waiting-all-is-why": "unknown"}) == {"U1", "U2", "U3", "U6"}
    found = queries.unknown_buyers(world.priya, today)
    assert [(one.key, one.orders, one.value) for one in found] == [
        ("number:TPE-00017", 2, Decimal("350")), ("mail:kim@example.com", 1, Decimal("70")),
    ]  # fmt: skip
    with CaptureQueriesContext(connection) as asked:
        text = priya.get("/crm/orders/buyers").content.decode()
    assert len(asked) <= 15
    assert "TPE-00017" in text
    assert "Canary" not in text
    chosen = ["number:TPE-00017", "mail:kim@example.com", "number:Canary-1", "nonsense"]
    priya.post("/crm/orders/buyers", {"chosen": chosen})
    kim = Contact.objects.get(name="kim@example.com")
    tpe = Contact.objects.get(number="TPE-00017")
    assert (kim.number, kim.owner, kim.team, tpe.source) == ("", world.priya, world.north, "shop")
    assert tpe.lifecycle == "customer", "they bought"
    assert not Contact.objects.filter(name="Canary-1").exists()
    follow()
    page = priya.get(f"/crm/contacts/{tpe.pk}").content.decode()
    foot = page.split("Order U1<")[1].split("entry-foot")[1].split("</p>")[0]
    assert formats.day(day) in foot, "an order has a day"
    assert ":" not in foot, "and no time of day that nobody said"
    linked = dict(OrderLink.objects.values_list("order_number", "contact"))
    assert linked == {"U1": tpe.pk, "U2": tpe.pk, "U3": kim.pk}
    assert Purchases.objects.get(contact=tpe).value == Decimal("350")
    line("U7", "5", customer="kim@example.com", person=world.priya, ordered_on=today)
    follow()
    assert links()["U7"] == ("kim@example.com", "mail")
    assert queries.unknown_buyers(world.priya, today) == []
