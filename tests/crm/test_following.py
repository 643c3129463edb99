"""Orders find their customers, whichever came first, and add up to what each customer bought."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from paceline.crm import actions, queries
from paceline.crm.actions import Point
from paceline.crm.actions.following import LOCK
from paceline.crm.models import (
    BuyingRules,
    Contact,
    CustomerOrder,
    Fifths,
    LinkRefusal,
    OrderLink,
    Purchases,
    Reach,
    RecordChange,
    TouchedCustomer,
    WaitingOrder,
)
from paceline.kernel import formats
from paceline.orders.models import ExchangeRate, LineKind, OrderLine, TouchedOrder
from paceline.web.finder import find as palette
from tests.api.calling import program_for
from tests.shops.conftest import Teller, an_order
from tests.shops.conftest import teller as teller_of_tea  # noqa: F401 - a fixture
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def line(number: str, amount: str = "100", **more: Any) -> OrderLine:
    """An order line as a file leaves it."""
    given: dict[str, Any] = {
        "source": "file", "line_number": "1", "ordered_on": date(2026, 6, 1),
        "quantity": Decimal(1), "currency": "USD",
    }  # fmt: skip
    return OrderLine.objects.create(order_number=number, amount=Decimal(amount), **(given | more))


def a_contact(world: World, name: str = "Ming", *points: Point, **more: Any) -> Any:
    facts = {"name": name, "country": "TW", **more.pop("facts", {})}
    given: dict[str, Any] = {"team": world.north, "owner": world.priya, "by": world.priya}
    return actions.add_contact(facts=facts, points=points, at=NOW, **(given | more))


def follow() -> actions.Followed:
    done = actions.follow_orders(at=NOW)
    assert not TouchedOrder.objects.exists()
    assert not TouchedCustomer.objects.exists()
    return done


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


def links() -> dict[str, tuple[str, str]]:
    """Order → whose, and by which rule."""
    rows = OrderLink.objects.select_related("company", "contact")
    return {
        one.order_number: ((one.contact or one.company).name, one.rule)  # type: ignore[union-attr]
        for one in rows
    }


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


def bought(contact: Any, *days: tuple[str, str]) -> None:
    for on, amount in days:
        on_day = date.fromisoformat(on)
        line(f"{contact.pk}/{on}", amount, customer=contact.number, ordered_on=on_day)


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
    assert len(asked) <= 20
    assert "B29" in text
    assert "Canary" not in text
    line("C7", customer="Aurora Trading", person=world.priya)
    line("S2", customer="Aurora South", person=world.omar)
    follow()
    for said, found in (("29", {"B29"}), ("rora tr", {"C7"}), ("south", set()), ("%", set())):
        with CaptureQueriesContext(connection) as asked:
            text = priya.get("/crm/orders", {"show": "all", "waiting-all-q": said}).content.decode()
        assert len(asked) <= 20
        numbers = {one.order_number for one in CustomerOrder.objects.all()}
        assert {one for one in numbers if f">{one}<" in text} == found, said
    assert ">C7<" not in priya.get("/crm/orders").content.decode(), "nobody bears this name"
    orders = {one.order_number: one for one in CustomerOrder.objects.all()}
    with CaptureQueriesContext(connection) as asked:
        text = priya.get(f"/crm/orders/{orders['B01'].pk}").content.decode()
    assert len(asked) <= 20
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
    assert len(asked) <= 20
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
    assert len(asked) <= 20
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
    assert len(asked) <= 20
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
