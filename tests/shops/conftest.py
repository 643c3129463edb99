"""A shop that speaks Standard Webhooks, and saying things in its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from paceline.kernel import jobs
from paceline.kernel.standard_webhooks import signature
from paceline.orders.models import OrderLine
from paceline.orders.shops import actions
from paceline.orders.shops.actions import NewShop
from paceline.orders.shops.models import Outcome, Shop, ShopKind
from tests.world import NOW, World


@dataclass
class Teller:
    """Somebody who sends messages of one shop, signed with its secret, over the real address."""

    shop: Shop
    secret: str
    client: Client = field(default_factory=Client)
    ids: Any = field(default_factory=lambda: count(1))

    @property
    def address(self) -> str:
        return reverse("shops:receive", args=[self.shop.key])

    def post(self, body: bytes, headers: dict[str, str]) -> HttpResponse:
        return self.client.post(  # type: ignore[return-value]
            self.address, body, content_type="application/json", headers=headers
        )

    def tell(self, message: dict[str, Any], *, name: str = "", secret: str = "") -> HttpResponse:
        body = json.dumps(message).encode()
        delivery_id = name or f"msg_{next(self.ids)}"
        now = str(int(timezone.now().timestamp()))
        return self.post(
            body,
            {
                "webhook-id": delivery_id,
                "webhook-timestamp": now,
                "webhook-signature": signature(secret or self.secret, delivery_id, now, body),
            },
        )

    def order(self, message: dict[str, Any]) -> Outcome:
        """Tell of an order and let it be read; what became of the message."""
        assert self.tell({"type": "order.updated", "data": message}).status_code == 200
        jobs.run_waiting()
        return Outcome.objects.latest("delivery_id")

    def refund(self, message: dict[str, Any]) -> Outcome:
        assert self.tell({"type": "refund.created", "data": message}).status_code == 200
        jobs.run_waiting()
        return Outcome.objects.latest("delivery_id")


@pytest.fixture
def teller(world: World) -> Teller:
    new = NewShop(ShopKind.WEBHOOK, "Tea", "tea", "USD", "Asia/Taipei", team=world.north)
    shop, secret = actions.add_shop(new=new, by=world.ada, at=NOW)
    return Teller(shop, secret)


def an_order(**more: Any) -> dict[str, Any]:
    """Two positions of 100.00 and 50.50 USD, ordered on 1 July in Taipei (30 June in UTC)."""
    return {
        "id": "o1",
        "number": "1001",
        "updated_at": "2026-07-01T00:30:00+08:00",
        "ordered_at": "2026-07-01T00:10:00+08:00",
        "currency": "USD",
        "customer": {"id": "c7", "name": "Aster", "email": "aster@example.com"},
        "channel": "web",
        "lines": [
            {"id": "1", "product": "Oolong", "quantity": 2, "amount": "100.00"},
            {"id": "2", "product": "Cup", "quantity": 1, "amount": "50.50"},
        ],
        **more,
    }


Lines = dict[str, tuple[str, str, str, str]]


@pytest.fixture
def lines() -> Callable[[], Lines]:
    """All order lines: order/line → day, quantity, amount, payee."""

    def read() -> Lines:
        return {
            f"{one.order_number}/{one.line_number}": (
                one.ordered_on.isoformat(),
                f"{one.quantity.normalize():f}",
                f"{one.amount:.2f}",
                one.person.name.split()[0] if one.person else "",
            )
            for one in OrderLine.objects.select_related("person").order_by("pk")
        }

    return read
