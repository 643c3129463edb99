"""Customers and the order lines that a file left of what they bought."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from paceline.crm import actions
from paceline.crm.actions import Point
from paceline.crm.models import (
    OrderLink,
    TouchedCustomer,
)
from paceline.orders.models import OrderLine, TouchedOrder
from tests.world import NOW, World


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


def links() -> dict[str, tuple[str, str]]:
    """Order → whose, and by which rule."""
    rows = OrderLink.objects.select_related("company", "contact")
    return {
        one.order_number: ((one.contact or one.company).name, one.rule)  # type: ignore[union-attr]
        for one in rows
    }


def bought(contact: Any, *days: tuple[str, str]) -> None:
    for on, amount in days:
        on_day = date.fromisoformat(on)
        line(f"{contact.pk}/{on}", amount, customer=contact.number, ordered_on=on_day)
