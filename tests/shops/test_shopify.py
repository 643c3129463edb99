"""Shopify: its webhooks, its amounts, and the nightly look through its API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings

from paceline.kernel import jobs
from paceline.orders.models import OrderLine
from paceline.orders.shops import actions, asking, facts, wording
from paceline.orders.shops.actions import NewShop
from paceline.orders.shops.facts import Unreadable
from paceline.orders.shops.models import (
    Comparison,
    Delivery,
    Outcome,
    OutcomeState,
    ShopKind,
    ShopOrder,
    Turned,
)
from paceline.orders.shops.shopify import answers, reading
from paceline.orders.shops.shopify.answers import TOPIC
from paceline.orders.shops.shopify.asking import VERSION
from paceline.orders.shops.signing import base64_hmac
from tests.shops.conftest import Lines, Teller
from tests.shops.server import serving
from tests.shops.shopify_api import TOKEN, Shopify, order_node
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
ReadLines = Callable[[], Lines]
SECRET = "shpss_0123456789"


@pytest.fixture
def shopify(world: World) -> Teller:
    new = NewShop(
        ShopKind.SHOPIFY, "Tea", "tea", "USD", "Asia/Taipei", "https://tea.myshopify.com/"
    )
    with pytest.raises(actions.SecretMissing):
        actions.add_shop(new=new, by=world.ada, at=NOW)
    shop, secret = actions.add_shop(new=new, secret=SECRET, by=world.ada, at=NOW)
    return Teller(shop, secret)


def tell(teller: Teller, topic: str, said: dict[str, Any], **headers: str) -> int:
    body = json.dumps(said).encode()
    return teller.post(
        body,
        {
            "X-Shopify-Hmac-SHA256": base64_hmac(SECRET, body),
            "X-Shopify-Topic": topic,
            "X-Shopify-Webhook-Id": f"w{next(teller.ids)}",
            "X-Shopify-Shop-Domain": "tea.myshopify.com",
            "X-Shopify-Triggered-At": "2026-07-01T01:00:00.123456789Z",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
    ).status_code


def an_order(**more: Any) -> dict[str, Any]:
    """Two tins of tea at 30.00 with 5.00 off, a cup at 20.00; 8 % tax on top; shipping 6.00."""
    return {
        "id": 5001, "name": "#1001", "order_number": 1001, "test": False,
        "created_at": "2026-07-01T08:59:00+08:00", "processed_at": "2026-07-01T09:00:00+08:00",
        "updated_at": "2026-07-01T09:00:05+08:00", "cancelled_at": None,
        "currency": "USD", "presentment_currency": "TWD", "taxes_included": False,
        "financial_status": "pending", "fulfillment_status": None, "source_name": "web",
        "total_tax": "6.00", "total_discounts": "5.00", "email": "a@example.com",
        "landing_site": "/products/tea?utm_source=x&ref=Priya",
        "customer": {"id": 77, "first_name": "小明", "last_name": "王"},
        "discount_codes": [{"code": "SPRING", "amount": "5.00", "type": "fixed_amount"}],
        "shipping_lines": [{"price": "6.00"}], "shipping_address": {"province": "Taipei"},
        "note_attributes": [{"name": "agent", "value": "chat-7"}],
        "line_items": [
            {"id": 11, "sku": "TEA", "title": "Tea", "quantity": 2, "current_quantity": 2,
             "price": "30.00", "discount_allocations": [{"amount": "5.00"}],
             "tax_lines": [{"price": "4.40", "rate": 0.08}]},
            {"id": 12, "sku": "", "title": "Cup", "quantity": 1, "current_quantity": 1,
             "price": "20.00", "discount_allocations": [], "tax_lines": [{"price": "1.60"}]},
            {"id": 13, "title": "Gift card", "quantity": 1, "price": "50.00", "gift_card": True},
        ],
        "refunds": [], "fulfillments": [], **more,
    }  # fmt: skip


def a_refund(**more: Any) -> dict[str, Any]:
    return {
        "id": 900, "order_id": 5001, "created_at": "2026-07-05T10:00:00+08:00",
        "refund_line_items": [
            {"id": 1, "line_item_id": 11, "quantity": 1, "subtotal": "27.50", "total_tax": "2.20"}
        ],
        "order_adjustments": [{"kind": "shipping_refund", "amount": "-6.00"}],
        "transactions": [{"kind": "refund", "amount": "35.70"}], **more,
    }  # fmt: skip


def test_amounts_are_net_of_discount_and_tax(shopify: Teller, lines: ReadLines) -> None:
    assert tell(shopify, "orders/create", an_order()) == 200
    jobs.run_waiting()
    assert lines() == {
        "1001/11": ("2026-07-01", "2", "55.00", ""),
        "1001/12": ("2026-07-01", "1", "20.00", ""),
    }
    order = ShopOrder.objects.get()
    assert (order.facts["referral"], order.facts["agent"], order.facts["coupons"]) == (
        "Priya", "chat-7", ["SPRING"],
    )  # fmt: skip
    assert (order.buyer, order.currency, order.facts["shipping"]) == ("小明 王", "USD", "6")
    line = OrderLine.objects.get(line_number="11")
    assert (line.product, line.territory, line.customer, line.paid_on) == (
        "TEA", "Taipei", "77", None,
    )  # fmt: skip


def test_prices_with_tax_in_them_count_without_it(shopify: Teller, lines: ReadLines) -> None:
    refund = a_refund(refund_line_items=[
        {"line_item_id": 11, "quantity": 1, "subtotal": "27.50", "total_tax": "2.20"}])  # fmt: skip
    # Alone the refund does not know whether tax is in its amount: the order says so.
    tell(shopify, "refunds/create", refund)
    tell(shopify, "orders/updated", an_order(taxes_included=True, refunds=[refund]))
    tell(shopify, "refunds/create", {**refund, "transactions": []})
    jobs.run_waiting()
    assert lines() == {
        "1001/11": ("2026-07-01", "2", "50.60", ""),
        "1001/12": ("2026-07-01", "1", "18.40", ""),
        "1001/11-R900": ("2026-07-05", "-1", "-25.30", ""),
    }


def test_payment_shipment_refund_and_cancellation(shopify: Teller, lines: ReadLines) -> None:
    paid = {"financial_status": "paid"}
    sent = {"status": "success", "created_at": "2026-07-02T18:00:00+08:00"}
    later = {"updated_at": "2026-07-03T09:00:00+08:00", "fulfillment_status": "fulfilled",
             "fulfillments": [sent]}  # fmt: skip
    # The later message first: when it was paid is known only by the earlier one.
    tell(shopify, "orders/fulfilled", an_order(**paid, **later))
    tell(shopify, "orders/paid", an_order(**paid, updated_at="2026-07-01T10:00:00+08:00"))
    tell(shopify, "refunds/create", a_refund())
    jobs.run_waiting()
    sale = OrderLine.objects.get(line_number="11")
    assert (sale.paid_on, sale.shipped_on) == (date(2026, 7, 1), date(2026, 7, 2))
    assert lines()["1001/11-R900"] == ("2026-07-05", "-1", "-27.50", "")
    # The same refund inside the order is the same refund; what it gave back beyond is spread.
    extra = [{"kind": "refund_discrepancy", "amount": "-4.75"}]
    beyond = a_refund(id=901, created_at="2026-07-06T10:00:00+08:00", refund_line_items=[],
                      order_adjustments=extra)  # fmt: skip
    whole = an_order(**paid, **{**later, "updated_at": "2026-07-06T10:00:01+08:00"},
                     refunds=[a_refund(), beyond])  # fmt: skip
    tell(shopify, "orders/updated", whole)
    jobs.run_waiting()
    now = lines()
    assert (now["1001/11-R901"][2], now["1001/12-R901"][2]) == ("-2.75", "-2.00")
    gone = {**whole, "updated_at": "2026-07-07T10:00:00+08:00",
            "cancelled_at": "2026-07-07T10:00:00+08:00"}  # fmt: skip
    tell(shopify, "orders/cancelled", gone)
    jobs.run_waiting()
    assert sum(OrderLine.objects.values_list("amount", flat=True)) == 0
    assert len(lines()) == 7


def test_an_edit_takes_pieces_away(shopify: Teller, lines: ReadLines) -> None:
    edited = an_order(updated_at="2026-07-02T00:00:00Z")
    edited["line_items"][0]["current_quantity"] = 1
    edited["line_items"][1]["current_quantity"] = 0
    tell(shopify, "orders/updated", edited)
    tell(shopify, "orders/edited", {"order_edit": {"order_id": 5001}})
    jobs.run_waiting()
    assert lines() == {
        "1001/11": ("2026-07-01", "1", "27.50", ""),
        "1001/12": ("2026-07-01", "0", "0.00", ""),
    }
    uneven = an_order(updated_at="2026-07-03T00:00:00Z")
    uneven["line_items"][0] |= {"quantity": 3, "current_quantity": 2, "price": "10.01",
                                "discount_allocations": [{"amount": "0.01"}]}  # fmt: skip
    tell(shopify, "orders/updated", uneven)
    jobs.run_waiting()
    assert Outcome.objects.latest("delivery_id").code == "edited_unevenly"


def test_who_speaks_and_of_what(shopify: Teller, lines: ReadLines) -> None:
    body = json.dumps(an_order()).encode()
    assert shopify.post(body, {"X-Shopify-Topic": "orders/create"}).status_code == 401
    wrong = {"X-Shopify-Hmac-SHA256": base64_hmac("other", body)}
    assert shopify.post(body, wrong).status_code == 401
    other = {"X-Shopify-Shop-Domain": "coffee.myshopify.com"}
    assert tell(shopify, "orders/create", an_order(), **other) == 401
    assert {one.code: one.count for one in Turned.objects.all()} == {
        "no_signature": 1, "wrong_signature": 1, "other_shop": 1,
    }  # fmt: skip
    # A retry carries the id of the first attempt.
    again = {"X-Shopify-Webhook-Id": "same"}
    for _ in range(9):
        assert tell(shopify, "orders/create", an_order(test=True), **again) == 200
    tell(shopify, "products/update", {"id": 1})
    tell(shopify, "orders/delete", {"id": 42})
    tell(shopify, "orders/create", {"id": 1})
    jobs.run_waiting()
    codes = Outcome.objects.order_by("delivery_id").values_list("code", flat=True)
    assert list(codes) == ["test_order", "other_topic", "never_known", "missing"]
    assert lines() == {}
    tell(shopify, "orders/create", an_order())
    tell(shopify, "orders/delete", {"id": 5001})
    jobs.run_waiting()
    assert sum(OrderLine.objects.values_list("amount", flat=True)) == 0


@pytest.fixture
def asked_shop(shopify: Teller, world: World) -> Iterator[Shopify]:
    """The shop of ``shopify`` with an API that answers, and access to it."""
    api = Shopify([])
    with serving(api) as server:
        shopify.shop.address = server.address
        shopify.shop.save()
        access = {"token": TOKEN}
        actions.set_access(shop=shopify.shop, access=access, by=world.ada, at=NOW)
        yield api


def look_at(shopify: Teller, api: Shopify, at: datetime = NOW) -> Comparison:
    return actions.compare(shop=shopify.shop, at=at, pause=api.pause)


def test_the_nightly_look_brings_what_no_message_told(
    shopify: Teller, asked_shop: Shopify, world: World, lines: ReadLines
) -> None:
    second = an_order(id=5002, name="#1002", updated_at="2026-07-02T00:00:00Z")
    second["line_items"] = [{**one, "id": one["id"] + 10} for one in second["line_items"]]
    tell(shopify, "orders/create", an_order())
    jobs.run_waiting()
    changed = an_order(updated_at="2026-07-04T00:00:00Z", refunds=[a_refund()])
    asked_shop.orders = [second, changed]
    actions.set_access(shop=shopify.shop, access={"token": "wrong"}, by=world.ada, at=NOW)
    look = look_at(shopify, asked_shop)
    assert (look.failure, look.failure_params) == ("access_refused", {"status": 401})
    actions.set_access(shop=shopify.shop, access={"token": TOKEN}, by=world.ada, at=NOW)
    asked_shop.before = [lambda _api: (429, {"Retry-After": "2.0"}, {}),
                         lambda _api: (503, {}, b"<html>")]  # fmt: skip
    look = look_at(shopify, asked_shop)
    assert (look.failure, look.orders, look.missed, asked_shop.pauses) == ("", 2, 2, [3, 2])
    assert lines() == {
        "1001/11": ("2026-07-01", "2", "55.00", ""),
        "1001/12": ("2026-07-01", "1", "20.00", ""),
        "1001/11-R900": ("2026-07-05", "-1", "-27.50", ""),
        "1002/21": ("2026-07-01", "2", "55.00", ""),
        "1002/22": ("2026-07-01", "1", "20.00", ""),
    }
    since = (NOW - timedelta(days=7)).astimezone(UTC)
    assert asked_shop.filters == [f"updated_at:>='{since:%Y-%m-%dT%H:%M:%SZ}'"]
    # What led to the shop is told by the message only, and stays.
    assert ShopOrder.objects.get(number="1001").facts["referral"] == "Priya"
    # The next look begins where the last good one ended, and finds nothing new.
    again = look_at(shopify, asked_shop, NOW + timedelta(days=1))
    assert (again.since, again.orders, again.missed) == (NOW - timedelta(minutes=10), 2, 0)
    # A message of what the look found is nothing new either: one order, one refund.
    before = lines()
    tell(shopify, "orders/updated", changed)
    tell(shopify, "refunds/create", a_refund())
    jobs.run_waiting()
    outcomes = Outcome.objects.order_by("-delivery_id").values_list("state", flat=True)
    assert (lines(), set(outcomes[:2])) == (before, {OutcomeState.KNOWN})
    # An edit names its order only: it is asked for.
    asked_shop.orders = [an_order(updated_at="2026-07-05T00:00:00Z", name="#1001B")]
    tell(shopify, "orders/edited", {"order_edit": {"order_id": 5001}})
    jobs.run_waiting()
    assert ShopOrder.objects.get(order_id="5001").number == "1001B"
    assert Delivery.objects.filter(how="asked").count() == 3  # the same answer is kept once
    with pytest.raises(asking.AskingFailed) as error:
        actions.ask_order(shop=shopify.shop, order_id="1", at=NOW)
    assert (error.value.code, error.value.params) == ("order_gone", {"order": "1"})
    assert Comparison.objects.filter(failure="").count() == 2


def test_an_order_is_the_same_whichever_way_it_is_told(
    shopify: Teller, asked_shop: Shopify, lines: ReadLines
) -> None:
    """Everything that an order can hold, read from a message and from an answer."""
    journey = {"ready": True, "lastVisit": {"landingPage": "https://tea.example/?ref=Priya"}}
    payment = {"kind": "SALE", "status": "SUCCESS", "processedAt": "2026-07-01T15:00:00Z"}
    adjusted = [{"amount": "-1.00"}]  # as since 2024-10: without its kind
    order = an_order(
        financial_status="partially_refunded", fulfillment_status="fulfilled", journey=journey,
        fulfillments=[{"status": "success", "created_at": "2026-07-02T18:00:00+08:00"}],
        refunds=[a_refund(order_adjustments=adjusted)], transactions=[payment],
        updated_at="2026-07-06T00:00:00Z",
    )  # fmt: skip
    order["landing_site"] = "/?ref=Priya"
    answered = reading.read(TOPIC, json.dumps(_whole(order_node(order))).encode(), "USD").orders[0]
    told = reading.read("orders/updated", json.dumps(order).encode(), "USD").orders[0]
    assert facts.as_json(replace(answered, paid_since=None)) == facts.as_json(told)
    assert answered.paid_since == datetime(2026, 7, 1, 15, tzinfo=UTC)
    # Only the answer tells when it was paid: the day of the lines follows, and nothing else.
    tell(shopify, "orders/updated", order)
    jobs.run_waiting()
    before = lines()
    assert set(OrderLine.objects.filter(kind="sale").values_list("paid_on", flat=True)) == {
        date(2026, 7, 6)
    }
    asked_shop.orders = [order]
    assert look_at(shopify, asked_shop).missed == 1
    assert set(OrderLine.objects.filter(kind="sale").values_list("paid_on", flat=True)) == {
        date(2026, 7, 1)
    }
    assert lines() == before
    assert before["1001/12-R900"][2] == "-0.42"  # the adjustment is spread: 27.50 : 20.00 of 1.00
    assert look_at(shopify, asked_shop, NOW + timedelta(days=1)).missed == 0
    # An order edit of the shop's own ids: no position is taken for another.
    with pytest.raises(Unreadable):
        answers.as_message({**_whole(order_node(order)), "id": "gid://elsewhere/Order/5001"})


def _whole(node: dict[str, Any]) -> dict[str, Any]:
    """An order with its pages put together, as it is kept."""
    for name in ("lineItems", "shippingLines"):
        node[name] = {"nodes": node[name]}
    for refund in node["refunds"]:
        for name in ("orderAdjustments", "refundLineItems"):
            refund[name] = {"nodes": refund[name]}
    return node


def test_long_orders_come_whole_and_at_one_moment(
    shopify: Teller, asked_shop: Shopify, lines: ReadLines
) -> None:
    """Ninety positions on three pages, half of them refunded on two; the shop has few points."""
    positions = [
        {"id": 100 + n, "title": f"Tea {n}", "quantity": 1, "price": "2.50"} for n in range(90)
    ]
    back = [{"line_item_id": 100 + n, "quantity": 1, "subtotal": "2.50", "total_tax": "0.00"}
            for n in range(45)]  # fmt: skip
    refund = a_refund(refund_line_items=back, order_adjustments=[])
    order = an_order(line_items=positions, refunds=[refund])
    asked_shop.orders = [order]
    asked_shop.available, asked_shop.maximum, asked_shop.restore_rate = 60, 1000, 50
    asked = []

    def edit(api: Shopify) -> None:
        asked.append(1)
        if len(asked) == 3:  # between the first page and the second
            api.orders = [{**order, "updated_at": "2026-07-01T10:00:00Z",
                           "line_items": positions[1:], "refunds": []}]  # fmt: skip

    asked_shop.before = [edit] * 20
    look = look_at(shopify, asked_shop)
    assert (look.failure, look.orders, look.missed) == ("", 1, 1)
    assert len(lines()) == 89
    assert "1001/100" not in lines()
    assert asked_shop.pauses
    assert max(asked_shop.pauses) <= 20
    # Somebody who edits all the time is left for the next look.
    many = iter(range(60))
    asked_shop.before = [
        lambda api: api.orders[0].update(updated_at=f"2026-07-02T10:00:{next(many):02}Z")
    ] * 40
    look = look_at(shopify, asked_shop)
    assert (look.failure, look.failure_params) == ("order_restless", {"order": "5001"})
    asked_shop.before = []
    asked_shop.orders = [{**order, "updated_at": "2026-07-03T10:00:00Z"}]
    assert look_at(shopify, asked_shop).missed == 1
    found = lines()
    assert (len(found), found["1001/144-R900"][2], "1001/145-R900" in found) == (
        135, "-2.50", False,
    )  # fmt: skip
    # A shop with smaller limits is asked for less at once.
    asked_shop.cost_max = 350
    look = look_at(shopify, asked_shop, NOW + timedelta(days=1))
    assert (look.failure, look.missed) == ("", 0)
    asked_shop.cost_max = 20
    assert look_at(shopify, asked_shop).failure == "too_costly"


def test_an_outdated_interface_is_told(shopify: Teller, asked_shop: Shopify) -> None:
    asked_shop.version = "2027-01"
    look = look_at(shopify, asked_shop)
    assert (look.failure, look.warning) == ("", "other_version")
    assert look.warning_params == {"asked": VERSION, "served": "2027-01"}
    assert "2027-01" in wording.reason(look.warning, look.warning_params)


def _errors(code: str, message: str = "no", **more: Any) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}, **more}]}


def _order_page(**more: Any) -> dict[str, Any]:
    info = {"hasNextPage": True, "endCursor": "same"}
    return {"data": {"orders": {"nodes": [], "pageInfo": info, **more}}}


FROZEN = {"cost": {"requestedQueryCost": 900, "throttleStatus": {
    "currentlyAvailable": 0, "restoreRate": 1}}}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "headers", "content", "code"),
    [
        (403, {}, {}, "access_refused"),
        (402, {}, {}, "shop_frozen"),
        (404, {}, {}, "not_found"),
        (423, {}, {}, "shop_locked"),
        (500, {}, {}, "failed"),
        (302, {"Location": "http://127.0.0.1:1/"}, {}, "failed"),
        (200, {}, b"<html>", "unreadable"),
        (200, {}, {"data": None}, "unreadable"),
        (200, {}, {"data": {"orders": 7}}, "unreadable"),
        (200, {}, {"data": {"orders": {"nodes": [7]}}}, "unreadable"),
        (200, {}, _order_page(), "unreadable"),  # the cursor stands still
        (200, {}, {"errors": 7}, "unreadable"),
        (200, {}, {"errors": "Not here"}, "question_refused"),
        (200, {}, _errors("undefinedField", "Field 'x' doesn't exist"), "question_refused"),
        # Half an answer is none.
        (200, {}, {**_order_page(), **_errors("ACCESS_DENIED", path=["orders"])}, "part_refused"),
        (200, {}, _errors("INTERNAL_SERVER_ERROR"), "failed"),
        (200, {}, _errors("SHOP_INACTIVE"), "shop_frozen"),
        (200, {}, {"errors": [{"message": "Throttled"}]}, "too_busy"),
        (200, {}, {**_errors("THROTTLED"), "extensions": FROZEN}, "too_busy"),
        (429, {"Retry-After": "9999"}, {}, "too_busy"),
        (429, {}, {}, "too_busy"),
    ],
)
def test_a_shop_that_answers_badly_is_told_and_nothing_changes(
    shopify: Teller, asked_shop: Shopify, status: int, headers: dict[str, str], content: Any,
    code: str,
) -> None:  # fmt: skip
    asked_shop.before = [lambda _api: (status, headers, content)] * 20
    look = actions.compare(shop=shopify.shop, at=NOW, pause=lambda _seconds: None)
    assert (look.failure, look.orders) == (code, 0)
    assert "%" not in wording.reason(look.failure, look.failure_params)
    assert not ShopOrder.objects.exists()


def test_a_shop_that_hangs_up_is_asked_again(shopify: Teller, asked_shop: Shopify) -> None:
    asked_shop.before = [lambda _api: (200, {"Content-Length": "900"}, b"half")]
    asked_shop.orders = [an_order()]
    look = look_at(shopify, asked_shop)
    assert (look.failure, look.missed, asked_shop.pauses) == ("", 1, [1])


@pytest.mark.parametrize(
    "address", ["http://shop.example", "https://127.0.0.1", "https://[::1]:443", "https://10.0.0.8"]
)
def test_nobody_asks_our_own_network_through_a_shop(address: str) -> None:
    with override_settings(SHOPS_MAY_BE_NEAR=False), pytest.raises(asking.AskingFailed) as error:
        asking.check_address(address)
    assert error.value.code == "not_public"


def test_money_is_exact_in_every_currency(shopify: Teller) -> None:
    yen = an_order(currency="JPY")
    yen["line_items"] = [{"id": 1, "title": "茶", "quantity": 1, "price": "1200.00"}]
    tell(shopify, "orders/create", yen)
    dinar = an_order(id=2, name="#2", currency="KWD")
    dinar["line_items"] = [{"id": 1, "title": "Tea", "quantity": 3, "price": "0.125"}]
    tell(shopify, "orders/create", dinar)
    sen = an_order(id=3, name="#3", currency="JPY")
    sen["line_items"] = [{"id": 1, "title": "茶", "quantity": 1, "price": "12.50"}]
    tell(shopify, "orders/create", sen)
    jobs.run_waiting()
    amounts = dict(OrderLine.objects.values_list("currency", "amount"))
    assert amounts == {"JPY": Decimal(1200), "KWD": Decimal("0.375")}
    assert ShopOrder.objects.get(number="3").problem == "not_in_currency"
