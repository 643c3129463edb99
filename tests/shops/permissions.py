"""Who may use the addresses of shops and their orders."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from paceline.orders.shops import actions
from paceline.orders.shops.actions import NewRule, NewShop
from paceline.orders.shops.models import Outcome, RuleKind, Shop, ShopKind, ShopOrder
from paceline.orders.shops.signing import Message
from tests.permission_table import Url
from tests.world import NOW, World

KEEPERS = {"dana", "wen", "ada"}
SEERS = KEEPERS | {"ines"}
READERS = {"dana", "wen", "ines"}
DESK = {"dana", "wen"}


def a_shop(world: World, kind: ShopKind = ShopKind.WOOCOMMERCE) -> dict[str, Any]:
    new = NewShop(kind, "Tea", "tea", "USD", "Asia/Taipei")
    return {"pk": actions.add_shop(new=new, by=world.ada, at=NOW)[0].pk}


def _a_delivery(world: World) -> dict[str, Any]:
    shop = Shop.objects.get(**a_shop(world))
    delivery, _new = actions.receive(shop=shop, message=Message("m1"), body=b"{", at=NOW)
    Outcome.objects.create(delivery=delivery, state="refused", code="not_json", at=NOW)
    return {"pk": shop.pk, "delivery_pk": delivery.pk}


def an_order(world: World, **more: Any) -> dict[str, Any]:
    shop = Shop.objects.get(**a_shop(world))
    order = ShopOrder.objects.create(
        shop=shop, order_id="1", number="1001", updated_at=NOW, ordered_at=NOW,
        ordered_on=date(2026, 7, 1), currency="USD", amount=Decimal(5),
        problem="day_closed", problem_params={"days": ["2026-07-01"], "lines": ["1"]}, **more,
        facts={
            "order_id": "1", "number": "1001", "updated_at": NOW.isoformat(),
            "ordered_at": datetime(2026, 7, 1, tzinfo=UTC).isoformat(), "currency": "USD",
            "lines": [{"line_id": "1", "product": "Tea", "quantity": "1", "amount": "5",
                       "tax": None, "discount": None, "cost": None, "category": ""}],
            "refunds": [], "unknown_refunds": [], "coupons": [], "cancelled_at": None,
            "paid_at": None, "invoiced_at": None, "shipped_at": None, "final_at": None,
            "tax": "0.5", "shipping": None, "discount": None,
        },
    )  # fmt: skip
    return {"pk": order.pk}


WHY = {"reason": "as agreed"}
URLS = {
    # Whoever knows the address and the secret may speak; who they are is not asked.
    "shops:receive": Url(args=lambda _world: {"key": "unknown"}, allow={}, anonymous="open"),
    "shops:list": Url(allow={"GET": SEERS}),
    "shops:new": Url(allow={"GET": KEEPERS, "POST": KEEPERS}),
    "shops:shop": Url(args=a_shop, allow={"GET": SEERS}, hidden=404),
    "shops:delivery": Url(args=_a_delivery, allow={"GET": SEERS}, hidden=404),
    "shops:retry": Url(args=a_shop, allow={"POST": KEEPERS}, hidden={"ines": 403, "*": 404}),
    "shops:secret": Url(
        args=a_shop, allow={"GET": KEEPERS, "POST": KEEPERS}, hidden={"ines": 403, "*": 404}
    ),
    "shops:access": Url(
        args=a_shop, allow={"GET": KEEPERS, "POST": KEEPERS}, hidden={"ines": 403, "*": 404}
    ),
    "shops:stop": Url(
        args=lambda world: {**a_shop(world), "kind": "paused"},
        allow={"POST": KEEPERS}, hidden={"ines": 403, "*": 404}, data=lambda _world: WHY,
    ),
    "shops:resume": Url(args=a_shop, allow={"POST": KEEPERS}, hidden={"ines": 403, "*": 404}),
    "shops:orders": Url(allow={"GET": READERS}),
    "shops:order": Url(args=an_order, allow={"GET": READERS}, hidden=404),
    "shops:order_retry": Url(
        args=an_order, allow={"POST": DESK}, hidden={"ines": 403, "*": 404}
    ),
    "shops:order_book": Url(
        args=an_order, allow={"POST": DESK}, hidden={"ines": 403, "*": 404},
        data=lambda _world: WHY,
    ),
}  # fmt: skip


def _a_rule(world: World) -> dict[str, Any]:
    rule = NewRule(RuleKind.COUPON, "SPRING", world.priya, date(2026, 7, 1))
    return {"pk": actions.make_rule(rule=rule, by=world.dana, at=NOW).pk}


def _a_claim(world: World) -> dict[str, Any]:
    order = ShopOrder.objects.get(**an_order(world))
    return {"pk": actions.make_claim(order=order, why="Mine", by=world.priya, at=NOW).pk}


CLAIMANTS = {"priya", "omar", "marco", "sofia"}
URLS |= {
    "shops:compare": Url(args=a_shop, allow={"POST": KEEPERS}, hidden={"ines": 403, "*": 404}),
    "shops:rules": Url(allow={"GET": READERS}),
    "shops:rule_new": Url(allow={"GET": DESK, "POST": DESK}),
    "shops:rule_end": Url(args=_a_rule, allow={"GET": DESK, "POST": DESK}),
    "shops:slots": Url(allow={"GET": READERS}),
    "shops:slot_new": Url(allow={"GET": DESK, "POST": DESK}),
    "shops:slots_remove": Url(allow={"POST": DESK}),
    "shops:orders_assign": Url(allow={"POST": DESK}),
    "shops:claims": Url(allow={"GET": CLAIMANTS | READERS | {"erik"}}),
    "shops:claim_new": Url(allow={"GET": CLAIMANTS, "POST": CLAIMANTS}),
    "shops:claim": Url(
        args=_a_claim, allow={"GET": {"priya", "marco", "erik"} | READERS}, hidden=404
    ),
    "shops:claim_decide": Url(
        args=lambda world: {**_a_claim(world), "decision": "refusal"},
        allow={"POST": {"marco", "erik"}},
        hidden={"priya": 403, "dana": 403, "wen": 403, "ines": 403, "*": 404},
        data=lambda _world: WHY,
    ),
}
