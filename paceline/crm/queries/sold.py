"""One order: what was bought in it, what came back, and whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from paceline.crm.models import Company, Contact, CustomerOrder, Deal, OrderLink
from paceline.kernel.table_rows import ByNumber
from paceline.orders.models import OrderLine
from paceline.orders.shops.models import ShopOrder
from paceline.org.models import Person

LINES_SHOWN = 500
HOLDERS: dict[str, Any] = {"deal": Deal, "contact": Contact, "company": Company}


@dataclass(frozen=True, slots=True)
class Sold:
    """An order as a reader sees it: of its holders those that they may see, by kind."""

    order: Any
    link: OrderLink | None
    holders: dict[str, Any]


def sold_to(person: Person, pk: int) -> Sold | None:
    """An order with whose it is; None where the person sees neither it nor any of its holders.

    Whoever sees a customer or a deal sees what came of it. At most five queries.
    """
    order = CustomerOrder.objects.filter(pk=pk).select_related("person", "waiting").first()
    if order is None:
        return None
    links = OrderLink.objects.filter(source=order.source, order_number=order.order_number)
    link = links.select_related("linked_by").first()
    holders = {} if link is None else _seen(link, person)
    if not holders and not CustomerOrder.objects.visible_to(person).filter(pk=pk).exists():
        return None
    return Sold(order, link, holders)


def _seen(link: OrderLink, person: Person) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind, model in HOLDERS.items():
        wanted = getattr(link, f"{kind}_id")
        if wanted is None:
            continue
        rows: Any = model.objects.visible_to(person)
        if kind == "deal":
            rows = rows.select_related("stage").prefetch_related("contributors")
        one = rows.filter(pk=wanted).first()
        if one is not None:
            found[kind] = one
    return found


def lines_of(order: CustomerOrder) -> list[OrderLine]:
    """The lines of an order, and after them what came back of them by numbers of its own."""
    own = Q(source=order.source, order_number=order.order_number)
    lines = list(
        OrderLine.objects.filter(own).order_by(ByNumber("line_number"), "pk")[:LINES_SHOWN]
    )
    back = OrderLine.objects.filter(returns_line__in=[one.pk for one in lines]).exclude(own)
    return lines + list(back.order_by("ordered_on", "pk")[:LINES_SHOWN])


def left_of(lines: Sequence[OrderLine]) -> tuple[Decimal, str] | None:
    """What is left of an order after all that came back, also by numbers of its own, with its
    currency; None where there are several, or more lines than are shown."""
    currencies = {one.currency for one in lines}
    if len(currencies) != 1 or len(lines) >= LINES_SHOWN:
        return None
    return sum((one.amount for one in lines), Decimal(0)), currencies.pop()


def told_by_shop(order: CustomerOrder) -> ShopOrder | None:
    """The order as a shop described it, with what decided whose sale it is."""
    rows = ShopOrder.objects.filter(shop__source=order.source, number=order.order_number)
    return rows.select_related("shop", "attribution").first()
