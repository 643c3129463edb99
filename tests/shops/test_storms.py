"""Storms: many deliveries of few events, in any order, come to the same end."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

from paceline.kernel import jobs
from paceline.orders.models import MonthRevision, OrderLine
from paceline.orders.shops import actions
from paceline.orders.shops.actions import NewRule
from paceline.orders.shops.models import Delivery, Outcome, RuleKind, ShopOrder
from tests.shops.conftest import Teller
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def events(orders: int, random: Random) -> list[tuple[str, dict[str, Any]]]:
    """The life of some orders as messages with ids: placed, edited, paid, refunded, cancelled."""
    found: list[tuple[str, dict[str, Any]]] = []
    for number in range(orders):
        base = {
            "id": f"o{number}", "number": f"N{number}", "currency": "USD",
            "ordered_at": f"2026-07-{1 + number % 20:02}T08:00:00Z",
            "coupons": [random.choice(("spring", "autumn", ""))],
        }  # fmt: skip
        moments = [f"2026-07-{21 + step:02}T0{step}:00:00Z" for step in range(5)]
        amount = random.randint(1000, 9999)
        lines = [{"id": str(n), "product": f"P{n}", "quantity": 2, "amount": f"{amount + n}.10"}
                 for n in range(1 + number % 3)]  # fmt: skip
        placed = {**base, "lines": lines, "updated_at": moments[0]}
        edited = {**placed, "updated_at": moments[1], "lines": [{**lines[0], "amount": "77.77"}]}
        paid = {**edited, "updated_at": moments[2], "paid_at": moments[2]}
        # Two descriptions of the same second, which differ.
        twin = {**paid, "channel": "web"}
        last = {**paid, "updated_at": moments[4], "cancelled_at": moments[4]}
        refund = {"id": "r1", "order": base["id"], "at": moments[3], "amount": "7.01",
                  "lines": [{"line": "0", "quantity": 1, "amount": "33.33"}]}  # fmt: skip
        told = [("order.created", placed), ("order.updated", edited), ("order.paid", paid),
                ("order.updated", twin), ("refund.created", refund)]  # fmt: skip
        if number % 2:
            told.append(("order.cancelled", last))
        found += [
            (f"msg-{number}-{step}", {"type": kind, "data": data})
            for step, (kind, data) in enumerate(told)
        ]
    return found


def end_state() -> list[tuple[Any, ...]]:
    lines = OrderLine.objects.order_by("order_number", "line_number").values_list(
        "order_number", "line_number", "kind", "ordered_on", "quantity", "amount", "channel",
        "paid_on", "person", "returns_line__line_number",
    )  # fmt: skip
    orders = ShopOrder.objects.order_by("order_id").values_list(
        "order_id", "updated_at", "facts", "problem", "attribution__person", "attribution__basis"
    )
    return [*lines, *orders]


@pytest.mark.parametrize("orders", [12])
def test_ten_times_the_deliveries_in_any_order_come_to_the_same_end(
    teller: Teller, world: World, orders: int
) -> None:
    for key, person in (("spring", world.priya), ("autumn", world.omar)):
        rule = NewRule(RuleKind.COUPON, key, person, NOW.date().replace(day=1))
        actions.make_rule(rule=rule, by=world.dana, at=NOW)
    random = Random(7)
    told = events(orders, random)
    with transaction.atomic():
        calm = _calmly(teller, told, orders)
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()
    storm = told * 10
    random.shuffle(storm)
    for place, (name, message) in enumerate(storm):
        assert teller.tell(message, name=name).status_code == 200
        if place % 97 == 0:  # some are read while others still come
            jobs.run_waiting()
    jobs.run_waiting()
    assert Delivery.objects.count() == len(told)
    assert Outcome.objects.count() == len(told)
    assert set(Outcome.objects.values_list("state", flat=True)) <= {"taken", "known"}
    assert end_state() == calm
    # And a third time, with every message read again: nothing changes any more.
    revision = list(MonthRevision.objects.values_list("month", "revision"))
    Outcome.objects.all().delete()
    for delivery in Delivery.objects.order_by("-pk"):
        actions.take(delivery=delivery, at=NOW)
    assert end_state() == calm
    assert list(MonthRevision.objects.values_list("month", "revision")) == revision


def _calmly(
    teller: Teller, told: list[tuple[str, dict[str, Any]]], orders: int
) -> list[tuple[Any, ...]]:
    """Each message once, in the order in which things happened."""
    for name, message in told:
        assert teller.tell(message, name=name).status_code == 200
    jobs.run_waiting()
    calm = end_state()
    assert len(calm) > 2 * orders
    assert ShopOrder.objects.exclude(problem="").count() == 0
    net = dict(OrderLine.objects.values_list("order_number").annotate(Sum("amount")))
    assert (net["N0"], net["N1"]) == (Decimal("37.43"), Decimal(0))
    return calm
