"""WooCommerce: its webhooks and greeting, refunds that must be asked for, and its API."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from paceline.kernel import jobs
from paceline.orders.models import OrderLine
from paceline.orders.shops import actions
from paceline.orders.shops.actions import NewShop
from paceline.orders.shops.models import Delivery, ShopKind, ShopOrder, Turned
from paceline.orders.shops.signing import base64_hmac
from tests.shops.conftest import Lines, Teller
from tests.shops.server import Answer, Asked, serving
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
ReadLines = Callable[[], Lines]


@pytest.fixture
def woo(world: World) -> Teller:
    new = NewShop(ShopKind.WOOCOMMERCE, "Tea", "tea", "TWD", "Asia/Taipei")
    return Teller(*actions.add_shop(new=new, by=world.ada, at=NOW))


def tell(teller: Teller, topic: str, said: dict[str, Any]) -> int:
    body = json.dumps(said).encode()
    return teller.post(
        body,
        {
            "X-WC-Webhook-Signature": base64_hmac(teller.secret, body),
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Delivery-ID": f"d{next(teller.ids)}",
        },
    ).status_code


def an_order(**more: Any) -> dict[str, Any]:
    return {
        "id": 727, "number": "727", "status": "processing", "currency": "TWD",
        "date_created_gmt": "2026-06-30T17:00:00", "date_modified_gmt": "2026-06-30T17:00:10",
        "date_paid_gmt": "2026-06-30T17:00:09", "date_completed_gmt": None,
        "discount_total": "100", "shipping_total": "60", "total_tax": "45", "total": "1005",
        "customer_id": 0, "created_via": "checkout",
        "billing": {"first_name": "Ines", "last_name": "Lin", "email": "i@example.com",
                    "phone": "+886 2 1234", "state": "TPE"},
        "line_items": [
            {"id": 315, "name": "Tea", "sku": "TEA", "quantity": 2, "subtotal": "1000.00",
             "total": "900.00", "total_tax": "45", "price": 450}],
        "coupon_lines": [{"code": "may"}], "refunds": [],
        "meta_data": [{"id": 1, "key": "_agent", "value": "chat-7"},
                      {"id": 2, "key": "_x", "value": {"a": [1]}}], **more,
    }  # fmt: skip


def test_an_order_its_payment_and_its_end(woo: Teller, lines: ReadLines) -> None:
    basket = an_order(status="pending", date_paid_gmt=None, date_modified_gmt="2026-06-30T17:00:01")
    tell(woo, "order.created", basket)
    jobs.run_waiting()
    assert lines() == {}
    tell(woo, "order.updated", an_order())
    jobs.run_waiting()
    # 17:00 in UTC is one in the morning of the next day in Taipei.
    assert lines() == {"727/315": ("2026-07-01", "2", "900.00", "")}
    line = OrderLine.objects.get()
    assert (line.paid_on, line.shipped_on) == (date(2026, 7, 1), None)
    # Whoever bought is known by a key, never by the address itself: closed pay keeps the line.
    assert line.customer.startswith("b-")
    facts = ShopOrder.objects.get().facts
    assert (facts["coupons"], facts["agent"], facts["discount"]) == (["may"], "chat-7", "100")
    gone = an_order(status="cancelled", date_modified_gmt="2026-07-02T01:00:00")
    noted = {**gone, "date_modified_gmt": "2026-07-09T01:00:00"}
    # A note later on does not move the day on which it was cancelled, whatever comes first.
    tell(woo, "order.updated", noted)
    tell(woo, "order.updated", gone)
    jobs.run_waiting()
    assert lines()["727/315-X"] == ("2026-07-02", "-2", "-900.00", "")
    back = an_order(date_modified_gmt="2026-07-10T01:00:00")
    tell(woo, "order.restored", back)
    jobs.run_waiting()
    assert lines() == {"727/315": ("2026-07-01", "2", "900.00", "")}


def test_a_greeting_is_answered_and_forgotten(woo: Teller) -> None:
    form = "application/x-www-form-urlencoded"
    answer = woo.client.post(woo.address, b"webhook_id=12", content_type=form)
    assert (answer.status_code, Delivery.objects.count(), Turned.objects.count()) == (200, 0, 0)
    # Anything else without a signature is none.
    for body in (b"webhook_id=12&status=x", b"webhook_id=", json.dumps(an_order()).encode()):
        assert woo.client.post(woo.address, body, content_type=form).status_code == 401
    body = json.dumps(an_order()).encode()
    wrong = {"X-WC-Webhook-Signature": base64_hmac("no", body)}
    assert woo.post(body, wrong).status_code == 401
    assert {one.code: one.count for one in Turned.objects.all()} == {
        "no_signature": 3, "wrong_signature": 1,
    }  # fmt: skip
    tell(woo, "coupon.updated", {"id": 1})
    jobs.run_waiting()
    assert not ShopOrder.objects.exists()


REFUND = {
    "id": 730, "date_created_gmt": "2026-07-05T02:00:00", "amount": "472.50", "reason": "",
    "line_items": [{"id": 9, "quantity": -1, "total": "-450.00", "total_tax": "-22.50",
                    "meta_data": [{"key": "_refunded_item_id", "value": "315"}]}],
    "shipping_lines": [], "tax_lines": [], "fee_lines": [],
}  # fmt: skip


def test_refunds_wait_until_the_shop_says_what_they_are(
    woo: Teller, world: World, lines: ReadLines
) -> None:
    refunded = an_order(
        date_modified_gmt="2026-07-05T02:00:01",
        refunds=[{"id": 730, "reason": "", "total": "-472.50"}],
    )
    tell(woo, "order.updated", refunded)
    jobs.run_waiting()
    order = ShopOrder.objects.get()
    assert (order.problem, order.problem_params) == ("refunds_unknown", {"refunds": ["730"]})
    assert lines() == {"727/315": ("2026-07-01", "2", "900.00", "")}
    answers: list[Any] = [[REFUND]]
    with serving(lambda _asked: (200, {}, answers[0])) as server:
        woo.shop.address = server.address
        woo.shop.save()
        actions.set_access(
            shop=woo.shop, access={"key": "ck", "secret": "cs"}, by=world.ada, at=NOW
        )
        actions.try_order_again(order=order, by=world.dana, at=NOW)
        jobs.run_waiting()
        asked = server.asked[-1]
        assert asked.path == "/wp-json/wc/v3/orders/727/refunds"
        assert asked.headers["authorization"] == ("Basic " + base64.b64encode(b"ck:cs").decode())
        order.refresh_from_db()
        assert order.problem == ""
        assert lines()["727/315-R730"] == ("2026-07-05", "-1", "-450.00", "")
        # Money given back without a position: how much of it was sales, nobody knows.
        answers[0] = [{**REFUND, "id": 731, "line_items": []}]
        tell(woo, "order.updated", {**refunded, "date_modified_gmt": "2026-07-06T00:00:00",
             "refunds": [{"id": 730}, {"id": 731}]})  # fmt: skip
        jobs.run_waiting()
    asked_for = Delivery.objects.filter(topic="order.refunds").latest("pk")
    assert (asked_for.outcome.state, asked_for.outcome.code) == (
        "refused", "refund_without_positions",
    )  # fmt: skip
    order.refresh_from_db()
    assert (order.problem, order.problem_params) == ("refunds_unknown", {"refunds": ["731"]})
    assert len(lines()) == 2


def the_api(orders: list[dict[str, Any]], size: int) -> Callable[[Asked], Answer]:
    """WooCommerce's list: orders modified after a moment, by page; one changes meanwhile."""

    def answer(asked: Asked) -> Answer:
        after, page = asked.query["modified_after"], int(asked.query["page"])
        found = sorted(
            (one for one in orders if one["date_modified_gmt"] > after),
            key=lambda one: (one["date_modified_gmt"], one["id"]),
        )
        part = found[(page - 1) * size : page * size]
        if (
            orders[0]["date_modified_gmt"] < "2026-07-14"
        ):  # after the first page it moves to the end
            orders[0] = {**orders[0], "date_modified_gmt": "2026-07-14T00:00:00"}
        return 200, {"X-WP-TotalPages": "9"}, part

    return answer


def test_the_nightly_look_misses_no_order_that_moves_between_pages(
    woo: Teller, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paceline.orders.shops.woocommerce.asking.PAGE_SIZE", 5)
    first = datetime(2026, 7, 10, 1, tzinfo=UTC)
    orders = [
        an_order(
            id=1000 + n, number=str(n), currency="USD",
            # Seven orders share one second: they fill more than a page.
            date_modified_gmt=(first + timedelta(seconds=0 if n < 7 else n))
            .replace(tzinfo=None)
            .isoformat(),
            line_items=[{"id": 1, "name": "Tea", "quantity": 1, "total": "10.00"}],
        )
        for n in range(18)
    ]  # fmt: skip
    with serving(the_api(orders, 5)) as server:
        woo.shop.address = server.address
        woo.shop.save()
        actions.set_access(
            shop=woo.shop, access={"key": "ck", "secret": "cs"}, by=world.ada, at=NOW
        )
        look = actions.compare(shop=woo.shop, at=NOW, pause=lambda _seconds: None)
        query = server.asked[0].query
    assert query["modified_after"] == (NOW - timedelta(days=7)).replace(tzinfo=None).isoformat()
    assert (query["dates_are_gmt"], query["orderby"], query["order"]) == ("true", "modified", "asc")
    assert look.failure == ""
    assert ShopOrder.objects.count() == 18
    assert OrderLine.objects.count() == 18
    moved = ShopOrder.objects.get(order_id="1000")
    assert moved.updated_at.isoformat() == "2026-07-14T00:00:00+00:00"
