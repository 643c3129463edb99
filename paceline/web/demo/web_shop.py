"""A small shop of the Taipei team on the web, whose orders come as signed messages.

Every message goes the way of a real one: signed, opened against the shop's secret, kept, read. What
goes wrong in life goes wrong here: a message comes twice, a refund before its order, one cannot be
read, one names two people, some name nobody, and one of those is claimed.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from random import Random
from typing import Any

from paceline.kernel.standard_webhooks import signature
from paceline.orders.shops import actions, connectors
from paceline.orders.shops.actions import NewRule, NewShop, NewSlot
from paceline.orders.shops.models import RuleKind, Shop, ShopKind, ShopOrder
from paceline.org.models import Person, Role, Team
from paceline.web.demo.stage import SEED, ZONE, Stage

SOURCE = "tea-house"
DAYS, ORDERS_A_DAY = 4, 9
GOODS = (("阿里山烏龍茶禮盒", 1219), ("濾掛咖啡", 428), ("鳳梨酥禮盒", 647), ("茶席組", 2838))
BUYERS = ("陳怡君", "林志豪", "黃淑芬", "張家豪", "李佩珊", "王俊傑", "Emily Chen", "吳雅婷")


class Speaker:
    """The shop's side: it signs what it says, and what it says is taken in at once."""

    def __init__(self, shop: Shop, secret: str) -> None:
        self._shop, self._secret, self._count = shop, secret, 0

    def say(self, kind: str, data: Any, at: datetime, *, name: str = "") -> None:
        self._count += 1
        body = json.dumps({"type": kind, "data": data}, ensure_ascii=False).encode()
        delivery_id = name or f"msg_{self._count:05}"
        moment = str(int(at.timestamp()))
        headers = {
            "webhook-id": delivery_id,
            "webhook-timestamp": moment,
            "webhook-signature": signature(self._secret, delivery_id, moment, body),
        }
        secrets = actions.signing_secrets(self._shop, at)
        message = connectors.open_message(self._shop, headers, body, secrets, at)
        delivery, is_new = actions.receive(
            shop=self._shop, message=message, body=body, at=at, queued=False
        )
        if is_new:
            actions.take(delivery=delivery, at=at)


def open_shop(stage: Stage) -> None:
    """The last days: the shop is added, its rules are made, and orders come."""
    desk = stage.acting(Role.COMPENSATION)
    began = stage.at(DAYS + 1, 15)
    sellers = [stage.person(one) for one in stage.cast.sellers_of("taipei-chat", stage.day(1))[:4]]
    host = stage.person(stage.cast.sellers_of("taipei-live", stage.day(1))[0])
    new = NewShop(
        ShopKind.WEBHOOK,
        "山嵐茶屋官網",
        SOURCE,
        "TWD",
        str(ZONE),
        team=Team.objects.get(code="taipei-chat"),
    )
    shop, secret = actions.add_shop(new=new, by=desk, at=began)
    _make_rules(stage, shop, sellers, host, desk, began)
    speaker = Speaker(shop, secret)
    random = Random(f"{SEED} tea house")  # noqa: S311 - a made-up company, no secrets
    stage.say("the tea house's messages")
    number = 2000
    for before in range(DAYS, 0, -1):
        for place in range(ORDERS_A_DAY):
            number += 1
            at = stage.at(before, 12 + place, random.randrange(60))
            _sell(speaker, number, at, place, sellers, random)
    _mend_and_claim(stage, speaker, sellers)


def _make_rules(
    stage: Stage, shop: Shop, sellers: list[Person], host: Person, by: Person, at: datetime
) -> None:
    since = stage.day(DAYS + 1)
    for kind, key, person in (
        (RuleKind.COUPON, "TEA-A", sellers[0]),
        (RuleKind.COUPON, "TEA-B", sellers[1]),
        (RuleKind.REFERRAL, "blog-c", sellers[2]),
        (RuleKind.AGENT, "line-1", sellers[3]),
    ):
        rule = NewRule(kind, key, person, since, shop=shop)
        actions.make_rule(rule=rule, by=by, at=at)
    for before in range(DAYS, 0, -1):
        begins = stage.at(before, 20)
        slot = NewSlot(shop, host, begins, begins + timedelta(hours=2))
        actions.add_slots(slot=slot, by=by, at=at)


def _sell(
    speaker: Speaker,
    number: int,
    at: datetime,
    place: int,
    sellers: list[Person],
    random: Random,
) -> None:
    """One order of the day; its place in the day says what it names."""
    lines = [
        {"id": str(count), "product": name, "category": "茶館", "quantity": 1, "amount": amount}
        for count, (name, amount) in enumerate(
            random.sample(GOODS, random.choice((1, 1, 2, 3))), start=1
        )
    ]
    buyer = random.randrange(40)
    by_place: dict[int, dict[str, Any]] = {
        0: {"coupons": ["TEA-A"]},
        1: {"coupons": ["tea-b"]},
        2: {"referral": "blog-c"},
        3: {"agent": "line-1"},
        4: {"coupons": ["TEA-A"], "referral": "blog-c"},
        5: {"salesperson": sellers[1].number},
    }
    names = by_place.get(place, {})
    order = {
        "id": f"th-{number}", "number": str(number), "currency": "TWD", "channel": "官網",
        "ordered_at": at.isoformat(), "updated_at": at.isoformat(), "shipping": "80",
        "customer": {"id": f"b-{buyer:03}", "name": BUYERS[buyer % len(BUYERS)]},
        "lines": lines, **names,
    }  # fmt: skip
    refund = {"id": f"rf-{number}", "order": order["id"],
              "at": (at + timedelta(hours=20)).isoformat(),
              "lines": [{"line": "1", "quantity": 1, "amount": lines[0]["amount"]}]}  # fmt: skip
    later = at + timedelta(minutes=7)
    paid = {**order, "paid_at": later.isoformat(), "updated_at": later.isoformat()}
    if number % 12 == 0:
        speaker.say("refund.created", refund, at + timedelta(hours=20))
    speaker.say("order.created", order, at, name=f"created-{number}")
    speaker.say("order.paid", paid, later)
    if number % 7 == 0:  # the shop was not sure that it was heard
        speaker.say("order.created", order, at + timedelta(minutes=30), name=f"created-{number}")
    if number % 17 == 0:
        gone = {**paid, "cancelled_at": (at + timedelta(hours=3)).isoformat(),
                "updated_at": (at + timedelta(hours=3)).isoformat()}  # fmt: skip
        speaker.say("order.cancelled", gone, at + timedelta(hours=3))


def _mend_and_claim(stage: Stage, speaker: Speaker, sellers: list[Person]) -> None:
    """What waits for somebody: a message with a comma in its amount, and a claim."""
    at = stage.at(1, 19, 30)
    comma = {"id": "th-1999", "ordered_at": at.isoformat(), "updated_at": at.isoformat(),
             "lines": [{"id": "1", "product": "茶席組", "amount": "2,838"}]}  # fmt: skip
    speaker.say("order.created", comma, at)
    nobody = ShopOrder.objects.filter(
        shop__source=SOURCE, attribution__isnull=True, updated_at__isnull=False
    ).order_by("pk").first()  # fmt: skip
    if nobody is not None:
        why = "客人先在 LINE 問過我沖泡方式，隔天才到官網下單。"
        actions.make_claim(order=nobody, why=why, by=sellers[0], at=stage.at(1, 20))
