"""Messages of shops: who may speak, what is kept, and the order lines that come of it."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from paceline.kernel import jobs, sealed
from paceline.kernel.audit import AuditEntry
from paceline.kernel.standard_webhooks import signature
from paceline.orders.actions import close_days
from paceline.orders.models import LineShare, MonthRevision, OrderLine
from paceline.orders.queries import order_lines_table
from paceline.orders.shops import actions
from paceline.orders.shops.models import (
    Delivery,
    Outcome,
    OutcomeState,
    Shop,
    ShopOrder,
    ShopSecret,
    StopKind,
    Turned,
)
from paceline.orders.shops.queries import standing
from tests.shops.conftest import Lines, Teller, an_order
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
ReadLines = Callable[[], Lines]


def said(order: dict[str, object]) -> bytes:
    return json.dumps({"type": "order.updated", "data": order}).encode()


def turned() -> dict[str, int]:
    return {one.code: one.count for one in Turned.objects.all()}


def test_a_signed_order_becomes_order_lines(teller: Teller, lines: ReadLines, world: World) -> None:
    outcome = teller.order(
        an_order(salesperson=world.priya.number, paid_at="2026-07-02T09:00:00+08:00")
    )
    assert (outcome.state, outcome.code) == (OutcomeState.TAKEN, "")
    assert lines() == {
        "1001/1": ("2026-07-01", "2", "100.00", "Priya"),
        "1001/2": ("2026-07-01", "1", "50.50", "Priya"),
    }
    line = OrderLine.objects.get(line_number="2")
    assert (line.source, line.currency, line.customer, line.product) == ("tea", "USD", "c7", "Cup")
    assert (line.channel, line.paid_on) == ("web", date(2026, 7, 2))
    assert MonthRevision.objects.get(month=date(2026, 7, 1)).revision == 1
    table = order_lines_table(date(2026, 7, 1), date(2026, 8, 1)).to_pylist()
    assert {row["line_id"]: row["payee_id"] for row in table} == {
        "tea/1001/1": world.priya.number,
        "tea/1001/2": world.priya.number,
    }
    order = ShopOrder.objects.get()
    assert (order.amount, order.problem, order.attribution.basis) == (
        Decimal("150.50"), "", "named",
    )  # fmt: skip
    # The same order said again changes nothing, and leaves no second line in the audit trail.
    again = teller.order(
        an_order(salesperson=world.priya.number, paid_at="2026-07-02T09:00:00+08:00")
    )
    assert again.state == OutcomeState.KNOWN
    assert MonthRevision.objects.get().revision == 1
    assert AuditEntry.objects.filter(action="shop_order_placed").count() == 1


def test_what_is_not_trusted_is_turned_away_and_nothing_is_kept(teller: Teller) -> None:
    message = {"type": "order.updated", "data": an_order()}
    body = json.dumps(message).encode()
    now = int(timezone.now().timestamp())

    def headers(at: int, signed: str) -> dict[str, str]:
        return {"webhook-id": "m", "webhook-timestamp": str(at), "webhook-signature": signed}

    right = signature(teller.secret, "m", str(now), body)
    old = now - 301
    answers = [
        teller.post(body, {}),
        teller.post(body, headers(now, "v1,AAAA")),
        teller.post(body, headers(now, "")),
        teller.post(body + b" ", headers(now, right)),
        teller.post(body, headers(now + 1, right)),
        teller.post(body, headers(old, signature(teller.secret, "m", str(old), body))),
        teller.post(body, headers(now, right.replace("v1,", "v9,"))),
        teller.post(body, {**headers(now, right), "webhook-timestamp": "soon"}),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.content for answer in answers} == {b"not accepted\n"}
    assert turned() == {"no_signature": 2, "wrong_signature": 5, "wrong_time": 1}
    assert Client().get(teller.address).status_code == 405
    with override_settings(SHOP_MESSAGE_BYTES_MAX=100):
        assert teller.post(body, headers(now, right)).status_code == 413
    huge = b"x" * (3 * 1024 * 1024)
    assert teller.post(huge, headers(now, right)).status_code == 413
    assert turned()["too_large"] == 2
    assert not Delivery.objects.exists()
    assert not ShopOrder.objects.exists()
    # The right one among several signatures is enough, as while a secret is renewed.
    assert teller.post(body, headers(now, f"v1,AAAA {right}")).status_code == 200


def test_a_message_for_an_unknown_shop_leaves_nothing_but_a_line_in_the_log(
    teller: Teller, caplog: pytest.LogCaptureFixture
) -> None:
    """Also when it is signed as a known shop would: the answer is the same for every address."""
    body = json.dumps({"type": "order.updated", "data": an_order(number="Canary-9")}).encode()
    now = str(int(timezone.now().timestamp()))
    right = signature(teller.secret, "m", now, body)
    headers = {"webhook-id": "m", "webhook-timestamp": now, "webhook-signature": right}
    key = "abcdefgh" + "x" * 24
    with caplog.at_level("WARNING", logger="paceline.orders.shops"):
        answers = [
            Client().post(reverse("shops:receive", args=[key]), body, "application/json", **more)
            for more in ({}, {"headers": headers})
        ]
    assert {(one.status_code, one.content) for one in answers} == {(404, b"unknown address\n")}
    told = [one.getMessage() for one in caplog.records if "not known" in one.getMessage()]
    assert told == ["A message came for a shop that is not known: abcdefgh…"] * 2
    assert "Canary-9" not in caplog.text
    jobs.run_waiting()
    assert turned() == {}
    assert not Delivery.objects.exists()
    assert not ShopOrder.objects.exists()
    # The same message at its own address is taken.
    assert teller.post(body, headers).status_code == 200


def test_a_message_is_kept_once_and_for_ever(teller: Teller) -> None:
    message = {"type": "order.updated", "data": an_order()}
    # The message and its job come together or not at all.
    with transaction.atomic():
        teller.tell(message)
        transaction.set_rollback(True)
    assert (Delivery.objects.count(), jobs.run_waiting()) == (0, 0)
    assert [teller.tell(message, name="m1").status_code for _ in range(3)] == [200] * 3
    kept = Delivery.objects.get()
    assert json.loads(bytes(kept.body)) == message
    assert jobs.run_waiting() == 1
    # Another content under a known id is not believed, and its keeper is told.
    assert teller.tell({"type": "ping"}, name="m1").status_code == 200
    assert turned() == {"other_content": 1}
    assert Delivery.objects.count() == 1
    for change in (
        lambda: Delivery.objects.filter(pk=kept.pk).update(topic="x"),
        lambda: Delivery.objects.filter(pk=kept.pk).delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_secrets_are_sealed_and_renewed_with_an_overlap(teller: Teller, world: World) -> None:
    kept = ShopSecret.objects.get()
    assert teller.secret.encode() not in bytes(kept.sealed)
    assert len(base64.b64decode(teller.secret.removeprefix("whsec_"))) == 32
    with pytest.raises(sealed.SealBroken):
        sealed.unseal(kept.sealed, purpose="something else")
    with override_settings(SEALING_KEYS=["new", "for-tests-only"]):
        assert sealed.unseal(kept.sealed, purpose="shop secret") == teller.secret
    with override_settings(SEALING_KEYS=["new"]), pytest.raises(sealed.SealBroken):
        sealed.unseal(kept.sealed, purpose="shop secret")
    now = timezone.now()
    new = actions.renew_secret(shop=teller.shop, by=world.ada, at=now - timedelta(hours=23))
    ping = {"type": "ping", "data": {}}
    assert teller.tell(ping).status_code == 200
    assert teller.tell(ping, secret=new).status_code == 200
    ShopSecret.objects.filter(pk=kept.pk).update(ends_at=now - timedelta(seconds=1))
    assert teller.tell(ping).status_code == 401
    assert teller.tell(ping, secret=new).status_code == 200
    entries = AuditEntry.objects.filter(action__startswith="shop_")
    told = json.dumps([[one.before, one.after] for one in entries])
    assert teller.secret not in told
    assert new not in told


def test_an_order_follows_its_shop_whatever_comes_first(teller: Teller, lines: ReadLines) -> None:
    late = an_order(updated_at="2026-07-03T10:00:00+08:00")
    late["lines"] = [{"id": "1", "product": "Oolong", "quantity": 1, "amount": "50.00"},
                     {"id": "3", "product": "Pot", "quantity": 1, "amount": "80.00"}]  # fmt: skip
    assert teller.order(late).state == OutcomeState.TAKEN
    assert teller.order(an_order()).state == OutcomeState.KNOWN
    assert lines() == {
        "1001/1": ("2026-07-01", "1", "50.00", ""),
        "1001/3": ("2026-07-01", "1", "80.00", ""),
    }
    draft = an_order(id="o2", number="1002", status="draft")
    assert teller.order(draft).state == OutcomeState.TAKEN
    assert set(lines()) == {"1001/1", "1001/3"}
    assert teller.order({**draft, "status": "placed", "updated_at": "2026-07-05T00:00:00Z"})
    assert set(lines()) == {"1001/1", "1001/3", "1002/1", "1002/2"}


def test_refunds_and_cancellations_take_back_exactly_what_was_sold(
    teller: Teller, lines: ReadLines
) -> None:
    refund = {"id": "r1", "order": "o1", "at": "2026-07-10T12:00:00+08:00",
              "lines": [{"line": "1", "quantity": 1, "amount": "50.00"}]}  # fmt: skip
    # The refund comes before its order, and waits for it.
    assert teller.refund(refund).state == OutcomeState.WAITING
    assert lines() == {}
    told = standing(Shop.objects.get(), date(2026, 7, 10))
    assert (told.waiting, told.held, told.refused, told.stuck) == (0, 1, 0, 1)
    assert teller.order(an_order()).state == OutcomeState.TAKEN
    assert Outcome.objects.filter(state=OutcomeState.WAITING).count() == 0
    sold = {
        "1001/1": ("2026-07-01", "2", "100.00", ""),
        "1001/2": ("2026-07-01", "1", "50.50", ""),
        "1001/1-Rr1": ("2026-07-10", "-1", "-50.00", ""),
    }
    assert lines() == sold
    assert OrderLine.objects.get(line_number="1-Rr1").returns_line.line_number == "1"
    # A sum without positions is spread over what is left, to the cent: 33.33 over 50.00 and 50.50.
    loose = {"id": "r2", "order": "o1", "at": "2026-07-11T12:00:00+08:00", "amount": "33.33"}
    assert teller.refund(loose).state == OutcomeState.TAKEN
    now = lines()
    assert now["1001/1-Rr2"] == ("2026-07-11", "0", "-16.58", "")
    assert now["1001/2-Rr2"] == ("2026-07-11", "0", "-16.75", "")
    # The cancellation takes back the rest; the whole comes to nothing.
    late = {"updated_at": "2026-07-12T12:00:00+08:00"}
    teller.order(an_order(**late, cancelled_at="2026-07-12T12:00:00+08:00"))
    now = lines()
    assert (now["1001/1-X"], now["1001/2-X"]) == (
        ("2026-07-12", "-1", "-33.42", ""), ("2026-07-12", "-1", "-33.75", ""),
    )  # fmt: skip
    assert sum(OrderLine.objects.values_list("amount", flat=True)) == 0
    # Too much given back: nothing changes, and the order says why.
    much = {"id": "r3", "order": "o1", "at": "2026-07-13T12:00:00+08:00", "amount": "500.00"}
    teller.refund(much)
    assert lines() == now
    assert ShopOrder.objects.get().problem == "returned_more_than_sold"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lines": [{"id": "1", "amount": "12.345", "quantity": 1}]}, "not_in_currency"),
        ({"currency": "JPY", "lines": [{"id": "1", "amount": "12.5"}]}, "not_in_currency"),
        ({"lines": [{"id": "1", "amount": "-1"}]}, "negative_line"),
        ({"lines": [{"id": "1", "amount": 1}, {"id": "1", "amount": 2}]}, "line_repeated"),
    ],
)
def test_what_contradicts_itself_waits_with_its_reason(
    teller: Teller, lines: ReadLines, change: dict[str, object], code: str
) -> None:
    teller.order(an_order(**change))
    assert ShopOrder.objects.get().problem == code
    assert lines() == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "not_json"),
        (b"[]", "not_json"),
        (b'{"type": "order.updated", "data": NaN}', "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"{}", "missing"),
        (said({"id": "1"}), "missing"),
        (said(an_order(currency="XXQ")), "unknown_currency"),
        (said(an_order(ordered_at="2026-07-01T10:00")), "no_zone"),
        (said(an_order(lines=[{"id": "1", "amount": "x"}])), "not_a_number"),
        (said(an_order(lines=[{"id": "1", "amount": "1e30"}])), "not_a_number"),
    ],
)
def test_what_cannot_be_read_waits_in_the_list_and_can_be_tried_again(
    teller: Teller, world: World, body: bytes, code: str
) -> None:
    now = str(int(timezone.now().timestamp()))
    signed = signature(teller.secret, "m", now, body)
    headers = {"webhook-id": "m", "webhook-timestamp": now, "webhook-signature": signed}
    assert teller.post(body, headers).status_code == 200
    jobs.run_waiting()
    outcome = Outcome.objects.get()
    assert (outcome.state, outcome.code) == (OutcomeState.REFUSED, code)
    again = actions.try_again(delivery=outcome.delivery, by=world.dana, at=NOW)
    assert again is not None
    assert (again.state, again.code, again.attempts) == (OutcomeState.REFUSED, code, 2)
    assert not OrderLine.objects.exists()


def test_closed_days_stand_and_the_difference_is_counted_later(
    teller: Teller, world: World, lines: ReadLines
) -> None:
    teller.order(an_order())
    close_days(starts_on=date(2026, 7, 1), ends_before=date(2026, 8, 1), by=world.ines, at=NOW)
    before = lines()
    # Dearer by 20, a position gone, and one new: all of it belongs to a closed month.
    late = an_order(updated_at="2026-07-20T00:00:00Z")
    late["lines"] = [{"id": "1", "quantity": 2, "amount": "120.00"},
                     {"id": "9", "quantity": 1, "amount": "7.00"}]  # fmt: skip
    teller.order(late)
    teller.refund({"id": "r1", "order": "o1", "at": "2026-07-21T00:00:00Z",
                   "lines": [{"line": "1", "quantity": 1, "amount": "60.00"}]})  # fmt: skip
    order = ShopOrder.objects.get()
    assert (order.problem, order.problem_params["days"]) == (
        "day_closed",
        ["2026-07-01", "2026-07-21"],
    )
    assert lines() == before
    actions.book_difference(order=order, reason="Late news", by=world.dana, at=NOW)
    order.refresh_from_db()
    assert order.problem == ""
    now = lines()
    assert {name: now[name] for name in before} == before
    assert {name: row[:3] for name, row in now.items() if name not in before} == {
        "1001/1~1": ("2026-08-01", "0", "20.00"),
        "1001/2~1": ("2026-08-01", "-1", "-50.50"),
        "1001/9": ("2026-08-01", "1", "7.00"),
        "1001/1-Rr1": ("2026-08-01", "-1", "-60.00"),
    }
    # What follows is measured against all of it, and saying it again changes nothing.
    last = {**late, "updated_at": "2026-07-25T00:00:00Z"}
    last["lines"] = [{"id": "1", "quantity": 2, "amount": "110.00"}, late["lines"][1]]
    teller.order(last)
    assert lines()["1001/1~1"][:3] == ("2026-08-01", "0", "10.00")
    assert sum(OrderLine.objects.values_list("amount", flat=True)) == Decimal("57.00")
    close_days(starts_on=date(2026, 8, 1), ends_before=date(2026, 9, 1), by=world.ines, at=NOW)
    last["lines"] = [{"id": "1", "quantity": 2, "amount": "111.00"}, last["lines"][1]]
    teller.order({**last, "updated_at": "2026-07-26T00:00:00Z"})
    order.refresh_from_db()
    actions.book_difference(order=order, reason="Later news", by=world.dana, at=NOW)
    assert lines()["1001/1~2"][:3] == ("2026-09-01", "0", "1.00")
    assert sum(OrderLine.objects.values_list("amount", flat=True)) == Decimal("58.00")
    with pytest.raises(actions.NothingClosed):
        actions.book_difference(order=order, reason="Again", by=world.dana, at=NOW)


def test_a_paused_shop_keeps_what_it_hears_and_an_ended_one_hears_nothing(
    teller: Teller, world: World, lines: ReadLines
) -> None:
    stop = {"shop": teller.shop, "by": world.ada, "at": NOW}
    actions.stop_shop(kind=StopKind.PAUSED, reason="Migration", **stop)
    with pytest.raises(actions.ShopStopped):
        actions.stop_shop(kind=StopKind.PAUSED, reason="Again", **stop)
    assert teller.tell({"type": "order.updated", "data": an_order()}).status_code == 200
    jobs.run_waiting()
    assert (lines(), Outcome.objects.count()) == ({}, 0)
    assert actions.resume_shop(**stop) == 1
    jobs.run_waiting()
    assert len(lines()) == 2
    actions.stop_shop(kind=StopKind.ENDED, reason="Closed down", **stop)
    assert teller.tell({"type": "ping"}).status_code == 410
    with pytest.raises(actions.ShopStopped):
        actions.resume_shop(**stop)
    assert len(lines()) == 2


def test_a_line_in_which_people_share_is_emptied_and_not_lost(
    teller: Teller, world: World, lines: ReadLines
) -> None:
    teller.order(an_order())
    shared = OrderLine.objects.get(line_number="2")
    LineShare.objects.create(line=shared, person=world.omar, share=Decimal("0.5"))
    fewer = an_order(updated_at="2026-07-03T00:00:00Z")
    del fewer["lines"][1]
    teller.order(fewer)
    assert lines()["1001/2"][1:3] == ("0", "0.00")
    assert LineShare.objects.get().person == world.omar


def test_no_other_shop_speaks_for_this_one(teller: Teller, world: World, lines: ReadLines) -> None:
    new = actions.NewShop(teller.shop.kind, "Coffee", "coffee", "EUR", "Europe/Berlin")
    other, secret = actions.add_shop(new=new, by=world.ada, at=NOW)
    stranger = Teller(teller.shop, secret)
    assert stranger.tell({"type": "order.updated", "data": an_order()}).status_code == 401
    coffee = Teller(other, secret)
    coffee.order(an_order(currency=None))
    teller.order(an_order())
    assert OrderLine.objects.filter(source="coffee", currency="EUR").count() == 2
    assert OrderLine.objects.filter(source="tea", currency="USD").count() == 2
    # 00:10 in Taipei is still the day before in Berlin.
    assert set(OrderLine.objects.filter(source="coffee").values_list("ordered_on", flat=True)) == {
        date(2026, 6, 30)
    }
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert hmac.digest(key, b"", "sha256")


def test_names_are_given_once(teller: Teller, world: World) -> None:
    for name, source, field in (("Tea", "other", "name"), ("Other", "tea", "source")):
        new = actions.NewShop(teller.shop.kind, name, source, "USD", "UTC")
        with pytest.raises(actions.NameTaken) as error:
            actions.add_shop(new=new, by=world.ada, at=NOW)
        assert error.value.field == field


def test_a_shop_without_topics_shows_no_column_of_them(
    world: World, teller: Teller, client_for: Callable[..., Client]
) -> None:
    teller.order(an_order())
    page = client_for(world.ada).get(f"/shops/{teller.shop.pk}").content.decode()
    assert "Received" in page
    assert "Topic" not in page
