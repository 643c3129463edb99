"""Orders find their customers, whichever came first, and add up to what each customer bought."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paceline.crm import actions, queries
from paceline.crm.actions import Point
from paceline.crm.actions.following import LOCK
from paceline.crm.models import (
    BuyingRules,
    CustomerOrder,
    Fifths,
    LinkRefusal,
    OrderLink,
    Purchases,
    Reach,
    WaitingOrder,
)
from paceline.orders.models import ExchangeRate, LineKind, OrderLine, TouchedOrder
from tests.crm.orders import a_contact, bought, follow, line, links
from tests.shops.conftest import Teller, an_order
from tests.shops.conftest import teller as teller_of_tea  # noqa: F401 - a fixture
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def test_who_does_not_wait_leaves_all_to_another(world: World) -> None:
    line("A1")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        assert actions.follow_orders(at=NOW, waits=False) == actions.Followed()
        assert TouchedOrder.objects.exists()
        with other.cursor() as cursor:  # a closed connection's lock is given back a little later
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    finally:
        other.close()
    assert actions.follow_orders(at=NOW, waits=False).orders == 1


def test_an_order_goes_to_whom_its_first_rule_names(world: World, request: Any) -> None:
    """Account before address before phone; a phone is read by the country of the buyer or shop."""
    teller: Teller = request.getfixturevalue("teller_of_tea")
    account = a_contact(world, "By account", Point("shop", "C7"))
    mail = a_contact(world, "By mail", Point("email", "Aster@Example.com"))
    phone = a_contact(world, "By phone", Point("mobile", "+886 912 345 678"))
    del account, mail, phone
    buyers = [
        {"id": "c7", "name": "A", "email": "aster@example.com"},
        {"id": "c8", "name": "B", "email": "ASTER@example.com", "phone": "0912345678"},
        {"name": "C", "phone": "0912-345-678"},
        {"name": "D", "phone": "0912-345-678", "country": "JP"},
        {"name": "By mail"},
    ]
    for n, buyer in enumerate(buyers, start=1):
        teller.order(an_order(id=f"o{n}", number=f"{n}", customer=buyer))
    done = follow()
    assert links() == {
        "1": ("By account", "account"), "2": ("By mail", "mail"), "3": ("By phone", "phone"),
    }  # fmt: skip
    assert (done.orders, done.linked) == (5, 3)
    waiting = {one.order.order_number: one for one in WaitingOrder.objects.select_related("order")}
    assert set(waiting) == {"4", "5"}
    # Nothing by which somebody could be recognised is kept of what is linked.
    assert waiting["4"].phone == "+81912345678"
    # A name proposes, to whoever may see both; it never links.
    order = waiting["5"].order
    assert queries.candidates_of([order.pk], world.priya)[order.pk][0].rules == ("name",)
    assert queries.candidates_of([order.pk], world.omar)[order.pk] == []
    with CaptureQueriesContext(connection) as asked:
        assert follow().orders == 0
    assert len(asked) < 12


def test_whichever_comes_first_finds_the_other(world: World) -> None:
    """Numbers, addresses and names stand in one column of a file's lines."""
    for number, said in (("1", "K-17"), ("2", "lee@example.com"), ("3", "K-18"), ("4", "K-17")):
        line(number, customer=said, person=world.priya)
    assert follow().linked == 0
    assert WaitingOrder.objects.count() == 4
    company = actions.add_company(
        team=world.north, facts={"name": "Late Ltd", "number": "K-17"}, owner=world.priya,
        by=world.priya, at=NOW,
    )  # fmt: skip
    lee = a_contact(world, "Lee", Point("email", "lee@example.com"), facts={"company": company})
    assert follow().linked == 3
    assert links() == {
        "1": ("Late Ltd", "number"), "2": ("Lee", "mail"), "4": ("Late Ltd", "number"),
    }  # fmt: skip
    assert OrderLink.objects.get(order_number="2").company == company
    assert WaitingOrder.objects.count() == 1
    # A number that comes later, and an order that comes after its customer.
    actions.change(record=lee, facts={"number": "K-18"}, seen=1, by=world.priya, at=NOW)
    line("5", customer="K-18")
    assert follow().linked == 2
    assert links()["5"] == links()["3"] == ("Lee", "number")
    # Doing everything again changes nothing.
    before = list(OrderLink.objects.order_by("pk").values())
    OrderLine.objects.update(product="Tea")
    assert follow().linked == 0
    assert list(OrderLink.objects.order_by("pk").values()) == before


def test_no_rule_opens_an_order_to_another_team(world: World) -> None:
    """Omar's customer of South buys from Omar; a record of North with the same number is nothing
    to it, until it reaches everyone. What has no seller goes to whoever bears the key alone."""
    ours = a_contact(world, "Ours", facts={"number": "Z9"})
    line("1", customer="Z9", person=world.omar)
    line("2", customer="Z9", person=world.priya)
    line("3", customer="Z9")
    follow()
    assert set(links()) == {"2", "3"}
    assert not queries.waiting_orders(world.priya).exists()
    assert not queries.waiting_orders(world.marco).exists()
    assert [one.order_number for one in queries.waiting_orders(world.omar)] == ["1"]
    assert [one.order_number for one in queries.waiting_orders(world.sofia)] == ["1"]
    assert [one.order_number for one in queries.waiting_orders(world.erik)] == ["1"]
    assert not queries.waiting_orders(world.dana).exists()
    actions.change(record=ours, facts={"reach": Reach.ALL}, seen=1, by=world.priya, at=NOW)
    assert follow().linked == 1


def test_several_that_fit_wait_for_a_person(world: World) -> None:
    """Two contacts of one address: both are proposed. What a person refused no rule brings back."""
    first = a_contact(world, "First", Point("email", "same@example.com"))
    second = a_contact(world, "Second", Point("email", "same@example.com"))
    line("1", customer="same@example.com", person=world.priya)
    assert follow().linked == 0
    order = CustomerOrder.objects.get()
    assert order.waiting.is_ambiguous
    found = queries.candidates_of([order.pk], world.priya)[order.pk]
    assert [(one.record, one.rules) for one in found] == [(first, ("mail",)), (second, ("mail",))]
    link = actions.link_order(
        source="file", order_number="1", contact=first, by=world.priya, at=NOW
    )
    follow()
    assert not WaitingOrder.objects.exists()
    actions.unlink_order(link=link, by=world.priya, at=NOW)
    assert LinkRefusal.objects.get().contact == first
    assert follow().linked == 1
    assert links() == {"1": ("Second", "mail")}
    # An order that stays nobody's leaves the list, and comes back.
    line("2", customer="Nobody", person=world.priya)
    follow()
    order = CustomerOrder.objects.get(order_number="2")
    actions.leave_order(order=order, by=world.priya, at=NOW)
    assert not queries.waiting_orders(world.priya).exists()
    OrderLine.objects.filter(order_number="2").update(product="Tea")
    follow()
    assert not queries.waiting_orders(world.priya).exists()
    actions.leave_order(order=order, is_left=False, by=world.priya, at=NOW)
    assert queries.waiting_orders(world.priya).count() == 1


def test_purchases_are_exact_and_follow_every_change(world: World) -> None:
    """Value in one currency at the rate of each order's day, rounded once an order, half up."""
    BuyingRules.objects.create(currency="USD", decided_at=NOW)
    ExchangeRate.objects.create(from_currency="JPY", to_currency="USD", on=date(2026, 1, 1),
                                rate=Decimal("0.0065"))  # fmt: skip
    contact = a_contact(world, "Yuki", facts={"number": "Y1"})
    bought(contact, ("2026-01-10", "10.00"), ("2026-01-20", "20.00"), ("2026-02-19", "30"))
    line("yen", "1001", customer="Y1", currency="JPY", ordered_on=date(2026, 3, 1), channel="web")
    line("old", "500", customer="Y1", currency="JPY", ordered_on=date(2026, 6, 1))
    line("back", "40.00", customer="Y1", ordered_on=date(2026, 2, 1))
    line("back", "-40.00", customer="Y1", ordered_on=date(2026, 4, 1), line_number="1-R",
         kind=LineKind.RETURN)  # fmt: skip
    follow()
    found = Purchases.objects.get()
    # 10 + 20 + 30 + round(1001 × 0.0065 = 6.5065) = 66.51; the rate is too old for June.
    assert found.value == Decimal("66.51")
    assert (found.orders, found.unvalued) == (5, 1)
    assert (found.first_on, found.last_on) == (date(2026, 1, 10), date(2026, 6, 1))
    # Gaps 10, 30, 10, 92: the lower median is 10; silence is long after 3 × 10 = 30 days.
    assert (found.usual_gap, found.quiet_after) == (10, date(2026, 7, 1))
    assert (found.months, found.channels) == ([0, 1, 2, 5], ["web"])
    assert CustomerOrder.objects.get(order_number="back").is_sale is False
    # A return that comes later, a rate that comes later, a line that goes.
    line("yen", "-1001", customer="Y1", currency="JPY", ordered_on=date(2026, 4, 1),
         line_number="1-R", kind=LineKind.RETURN)  # fmt: skip
    OrderLine.objects.filter(order_number__endswith="2026-02-19").delete()
    follow()
    found.refresh_from_db()
    assert (found.value, found.orders) == (Decimal("30.00"), 3)
    ExchangeRate.objects.create(from_currency="JPY", to_currency="USD", on=date(2026, 5, 31),
                                rate=Decimal("0.007"))  # fmt: skip
    actions.measure_again(at=NOW)
    found.refresh_from_db()
    assert (found.value, found.unvalued) == (Decimal("33.50"), 0)
    fifths = Fifths.objects.get(of="contact")
    assert (fifths.customers, fifths.value) == (1, [Decimal("33.50")] * 4)
    # Merged, the history goes along; without an order nothing is left.
    other = a_contact(world, "Yuki K")
    actions.merge(survivor=other, others=[contact], choices={}, by=world.priya,
                  seen={one.pk: type(one).objects.get(pk=one.pk).version
                        for one in (other, contact)}, at=NOW + timedelta(hours=1))  # fmt: skip
    follow()
    assert Purchases.objects.get().contact_id == other.pk
    OrderLine.objects.filter(kind=LineKind.RETURN).delete()
    OrderLine.objects.all().delete()
    follow()
    assert not Purchases.objects.exists()
    assert not CustomerOrder.objects.exists()
