"""Whose an order is: by rule, by live stream, by hand, by claim; and what that changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from paceline.kernel import formats, jobs
from paceline.kernel.audit import AuditEntry
from paceline.notifications.models import Notification
from paceline.orders.actions import close_days
from paceline.orders.models import OrderLine
from paceline.orders.shops import actions
from paceline.orders.shops.actions import NewRule, NewSlot
from paceline.orders.shops.models import Attribution, Basis, Claim, LiveSlot, RuleKind, ShopOrder
from tests.shops.conftest import Lines, Teller, an_order
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
JULY = date(2026, 7, 1)


def whose() -> dict[str, tuple[str, str, list[str]]]:
    """Order → payee, basis and who else was named; the lines must say the same."""
    found = {}
    for order in ShopOrder.objects.order_by("number"):
        one = Attribution.objects.filter(order=order).first()
        payees = set(
            OrderLine.objects.filter(order_number=order.number).values_list("person", flat=True)
        )
        assert payees == {one.person_id if one else None}
        found[order.number] = (
            (
                one.person.name.split()[0],
                one.basis,
                [each["name"].split()[0] for each in one.others],
            )
            if one
            else ("", "", [])
        )
    return found


def rule(world: World, kind: RuleKind, key: str, person: Any, **more: Any) -> Any:
    made = NewRule(kind, key, person, JULY, **more)
    return actions.make_rule(rule=made, by=world.dana, at=NOW)


def test_the_first_that_names_somebody_decides_and_the_others_are_kept(
    teller: Teller, world: World
) -> None:
    rule(world, RuleKind.COUPON, " Spring-P ", world.priya)
    rule(world, RuleKind.REFERRAL, "omar", world.omar)
    rule(world, RuleKind.AGENT, "chat-7", world.marco)
    # A rule of this shop counts before one of all shops.
    rule(world, RuleKind.COUPON, "tea", world.omar)
    rule(world, RuleKind.COUPON, "tea", world.sofia, shop=teller.shop)
    actions.add_slots(
        slot=NewSlot(teller.shop, world.sofia, datetime(2026, 7, 1, 12, tzinfo=UTC),
                     datetime(2026, 7, 1, 14, tzinfo=UTC)),
        by=world.dana, at=NOW,
    )  # fmt: skip
    live = "2026-07-01T13:00:00Z"
    said: list[dict[str, Any]] = [
        {"coupons": ["SPRING-p"], "referral": "Omar", "agent": "chat-7", "ordered_at": live},
        {"referral": "OMAR", "agent": "chat-7"},
        {"agent": "Chat-7", "salesperson": "omar@example.com"},
        {"ordered_at": live},
        {"ordered_at": "2026-07-01T14:00:00Z"},  # the stream has ended
        {"coupons": ["nothing", "TEA"]},
        {"salesperson": world.fred.number, "coupons": ["spring-p"]},  # Fred has left
        {"coupons": ["spring-p"], "ordered_at": "2026-06-20T00:00:00Z"},  # before the rule
    ]
    for number, more in enumerate(said, start=1):
        teller.order(an_order(id=f"o{number}", number=f"A{number}", **more))
    assert whose() == {
        "A1": ("Priya", "coupon", ["Omar", "Marco", "Sofia"]),
        "A2": ("Omar", "referral", ["Marco"]),
        "A3": ("Omar", "named", ["Marco"]),
        "A4": ("Sofia", "live", []),
        "A5": ("", "", []),
        "A6": ("Sofia", "coupon", ["Omar"]),
        "A7": ("Priya", "coupon", []),
        "A8": ("", "", []),
    }
    kept = Attribution.objects.get(order__number="A1")
    assert (kept.said, kept.rule.person, kept.slot) == ("SPRING-p", world.priya, None)


def test_rules_and_streams_that_come_later_decide_what_is_known(
    teller: Teller, world: World
) -> None:
    teller.order(an_order(id="o1", number="A1", coupons=["MAY"]))
    teller.order(an_order(id="o2", number="A2", ordered_at="2026-07-03T12:30:00Z"))
    made = rule(world, RuleKind.COUPON, "may", world.priya)
    actions.add_slots(
        slot=NewSlot(teller.shop, world.omar, datetime(2026, 6, 26, 12, tzinfo=UTC),
                     datetime(2026, 6, 26, 13, tzinfo=UTC), weeks=2),
        by=world.dana, at=NOW,
    )  # fmt: skip
    jobs.run_waiting()
    assert whose() == {"A1": ("Priya", "coupon", []), "A2": ("Omar", "live", [])}
    with pytest.raises(actions.RuleOverlaps) as error:
        rule(world, RuleKind.COUPON, "MAY", world.omar)
    assert error.value.existing == made
    with pytest.raises(actions.SlotOverlaps):
        actions.add_slots(
            slot=NewSlot(teller.shop, world.sofia, datetime(2026, 7, 3, 12, 59, tzinfo=UTC),
                         datetime(2026, 7, 3, 15, tzinfo=UTC)),
            by=world.dana, at=NOW,
        )  # fmt: skip
    assert LiveSlot.objects.count() == 2
    actions.end_rule(rule=made, ends_before=JULY, by=world.dana, at=NOW)  # one day is the least
    actions.remove_slot(slot=LiveSlot.objects.get(starts_at__month=7), by=world.dana, at=NOW)
    jobs.run_waiting()
    assert whose() == {"A1": ("Priya", "coupon", []), "A2": ("", "", [])}


def test_hands_decide_over_rules_and_closed_days_over_hands(teller: Teller, world: World) -> None:
    rule(world, RuleKind.COUPON, "may", world.priya)
    teller.order(an_order(id="o1", number="A1", coupons=["may"]))
    teller.order(an_order(id="o2", number="A2", ordered_at="2026-04-02T00:00:00Z"))
    teller.order(an_order(id="o3", number="A3", ordered_at="2026-06-02T00:00:00Z"))
    close_days(starts_on=date(2026, 6, 1), ends_before=JULY, by=world.ines, at=NOW)
    given = {"reason": "Won by phone", "by": world.dana, "at": NOW}
    done = actions.assign_orders(orders=list(ShopOrder.objects.all()), person=world.omar, **given)
    assert (done.done, done.not_here, done.closed) == (2, 0, 1)
    assert whose() == {
        "A1": ("Omar", "hand", ["Priya"]), "A2": ("Omar", "hand", []), "A3": ("", "", []),
    }  # fmt: skip
    assert ShopOrder.objects.exclude(problem="").count() == 0
    done = actions.assign_orders(orders=list(ShopOrder.objects.all()), person=world.fred, **given)
    assert (done.done, done.not_here) == (0, 3)  # Fred left on the first of April
    # What the shop says afterwards changes the lines, not whose they are; rivals are shown.
    teller.order(an_order(id="o1", number="A1", coupons=["may"], updated_at="2026-07-09T00:00:00Z"))
    assert whose()["A1"] == ("Omar", "hand", ["Priya"])
    assert AuditEntry.objects.filter(action="shop_order_assigned").count() == 2


def test_a_claim_is_decided_by_the_lead_and_by_nobody_else(
    teller: Teller, world: World, client_for: Callable[..., Client]
) -> None:
    teller.order(an_order())
    order = ShopOrder.objects.get()
    priya, omar = client_for(world.priya), client_for(world.omar)
    form = {"shop": teller.shop.pk, "number": "#1001", "why": "I answered her questions."}
    answer = priya.post(reverse("shops:claim_new"), form)
    assert (answer.status_code, Claim.objects.count()) == (303, 1)
    claim = Claim.objects.get()
    assert Notification.objects.get().recipient == world.marco
    again = priya.post(reverse("shops:claim_new"), form)
    unknown = priya.post(reverse("shops:claim_new"), {**form, "number": "9"})
    assert (again.status_code, unknown.status_code) == (422, 422)
    assert whose()["1001"] == ("", "", [])
    address = reverse("shops:claim_decide", args=[claim.pk, "approval"])
    for who, status in ((omar, 404), (priya, 403), (client_for(world.dana), 403)):
        assert who.post(address, {"reason": "Sure"}).status_code == status
    with pytest.raises(actions.OwnClaim):
        actions.approve_claim(claim=claim, reason="Me", by=world.priya, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).update(decided_by=world.priya)
    # The claimant's page holds nothing of the order but its number.
    page = priya.get(reverse("shops:claim", args=[claim.pk])).content.decode()
    assert "150.50" not in page
    assert "Aster" not in page
    marco = client_for(world.marco)
    assert "150.50" in marco.get(reverse("shops:claim", args=[claim.pk])).content.decode()
    assert marco.post(address, {"reason": ""}).status_code == 303
    claim.refresh_from_db()
    assert claim.state == "open"
    assert marco.post(address, {"reason": "I saw the chat."}).status_code == 303
    assert whose()["1001"] == ("Priya", "claim", [])
    assert marco.post(address, {"reason": "Again"}).status_code == 409
    rival = actions.make_claim(order=order, why="Mine", by=world.omar, at=NOW)
    with pytest.raises(actions.ClaimedByOther) as error:
        actions.approve_claim(claim=rival, reason="?", by=world.sofia, at=NOW)
    assert error.value.person == world.priya
    actions.refuse_claim(claim=rival, reason="Hers", by=world.sofia, at=NOW)
    with pytest.raises(actions.AlreadyTheirs):
        actions.make_claim(order=order, why="Mine", by=world.priya, at=NOW)
    assert whose()["1001"] == ("Priya", "claim", [])
    assert Notification.objects.filter(kind="claim_refused", recipient=world.omar).count() == 1


def test_a_claim_of_closed_days_is_refused_and_nothing_changes(
    teller: Teller, world: World
) -> None:
    teller.order(an_order())
    close_days(starts_on=JULY, ends_before=date(2026, 8, 1), by=world.ines, at=NOW)
    claim = actions.make_claim(order=ShopOrder.objects.get(), why="x", by=world.priya, at=NOW)
    with pytest.raises(actions.DaysClosed), transaction.atomic():
        actions.approve_claim(claim=claim, reason="y", by=world.marco, at=NOW)
    claim.refresh_from_db()
    assert (claim.state, whose()["1001"], ShopOrder.objects.get().problem) == (
        "open", ("", "", []), "",
    )  # fmt: skip


def test_the_work_list_assigns_many_and_asks_little(
    teller: Teller, world: World, client_for: Callable[..., Client], lines: Callable[[], Lines]
) -> None:
    orders = ShopOrder.objects.bulk_create(
        ShopOrder(
            shop=teller.shop, order_id=f"x{n}", number=f"B{n}", currency="USD", amount=Decimal(n),
            updated_at=NOW, ordered_at=NOW, ordered_on=JULY + timedelta(days=n % 14),
        )
        for n in range(60)
    )  # fmt: skip
    Attribution.objects.create(order=orders[0], person=world.omar, basis=Basis.HAND, at=NOW)
    teller.order(an_order())
    dana = client_for(world.dana)
    address = f"{reverse('shops:orders')}?orders-is-whose=nobody"
    dana.get(address)
    with CaptureQueriesContext(connection) as asked:
        page = dana.get(address)
    assert len(asked) <= 14, len(asked)
    assert page.content.count(b'name="order"') == 50
    with CaptureQueriesContext(connection) as asked:
        dana.get(reverse("shops:shop", args=[teller.shop.pk]))
    assert len(asked) <= 15, len(asked)
    order = ShopOrder.objects.get(number="1001")
    form = {"order": [order.pk], "person": world.priya.pk, "reason": "By phone"}
    assert dana.post(reverse("shops:orders_assign"), form).status_code == 303
    assert lines()["1001/1"][3] == "Priya"
    for missing in ("order", "person", "reason"):
        dana.post(reverse("shops:orders_assign"), {**form, missing: "", "person": world.omar.pk}
                  if missing != "person" else {**form, "person": ""})  # fmt: skip
    assert lines()["1001/1"][3] == "Priya"
    line = dana.get(reverse("orders:line", args=[OrderLine.objects.first().pk])).content.decode()
    assert "Assigned by hand" in line
    # Nobody else's page names the order.
    for name in ("priya", "marco", "ada", "erik", "hana"):
        answer = client_for(world.cast[name]).get(reverse("shops:orders"))
        assert answer.status_code == 403


def test_the_stream_that_decided_is_told_as_people_tell_time(
    teller: Teller, world: World, client_for: Callable[..., Client]
) -> None:
    begins = datetime(2026, 7, 1, 12, tzinfo=UTC)
    actions.add_slots(
        slot=NewSlot(teller.shop, world.sofia, begins, begins + timedelta(hours=2)),
        by=world.dana, at=NOW,
    )  # fmt: skip
    rule(world, RuleKind.COUPON, "tea", world.omar)
    teller.order(an_order(id="o1", number="A1", ordered_at="2026-07-01T13:00:00Z"))
    teller.order(an_order(id="o2", number="A2", coupons=["tea"], ordered_at="2026-07-01T13:00:00Z"))
    for number in ("A1", "A2"):  # as what decided, and as what named somebody besides
        order = ShopOrder.objects.get(number=number)
        page = client_for(world.dana).get(reverse("shops:order", args=[order.pk]))
        assert begins.isoformat() not in page.content.decode()
        # Noon in Greenwich, told to somebody in Taipei.
        assert f"{formats.day(begins.date())} 20:00" in page.content.decode()


def test_whoever_changes_live_streams_is_told_what_follows(
    world: World, teller: Teller, client_for: Callable[..., Client]
) -> None:
    client = client_for(world.dana)
    data = {
        "shop": teller.shop.pk, "host": world.priya.pk, "starts_at": "2026-07-01T09:00",
        "minutes": "60", "weeks": "1",
    }  # fmt: skip
    told = "Saved; orders that came already are decided again."
    assert told in client.post("/shops/slots/new", data, follow=True).content.decode()
    slot = LiveSlot.objects.get()
    empty = client.post("/shops/slots/removal", {}, follow=True).content.decode()
    assert "Choose some live streams first." in empty
    assert LiveSlot.objects.exists()
    gone = client.post("/shops/slots/removal", {"slot": slot.pk}, follow=True).content.decode()
    assert told in gone
    assert not LiveSlot.objects.exists()
