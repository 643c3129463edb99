"""Orders by the beginning of their number, each with where it can be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse

from paceline.crm.models import CustomerOrder, OrderLink
from paceline.crm.models.records import PAY_DESK, scope_of
from paceline.crm.queries.names import names_of
from paceline.kernel import formats
from paceline.kernel.shell import PaletteEntry
from paceline.org.models import Person

# Of one or two letters thousands of orders begin; of the rest not more are looked at than this.
LETTERS_MIN = 3
LOOKED_AT = 200
NUMBER_MAX = 60


def orders_beginning(person: Person, text: str) -> QuerySet[Any]:
    """The orders whose number begins with a text, whatever the case of its letters, that the person
    may see: the pay desk and executives all, whoever sells theirs. Served by an index."""
    rows: Any = CustomerOrder.objects.all()
    if not scope_of(person).keeps_pay:
        rows = CustomerOrder.objects.visible_to(person)
    found: QuerySet[Any] = rows.filter(order_number__istartswith=text)
    return found


def order_entries(person: Person, text: str, most: int) -> list[PaletteEntry]:
    """Those orders in the palette: the shortest number first. One query, and none for a text
    that is too short."""
    number = text.strip()
    if not LETTERS_MIN <= len(number) <= NUMBER_MAX:
        return []
    found = list(orders_beginning(person, number).order_by()[:LOOKED_AT])
    found.sort(key=lambda one: (len(one.order_number), one.order_number, one.source))
    orders = found[:most]
    if not orders:
        return []
    return [
        PaletteEntry(
            label=one.order_number,
            detail=" · ".join(filter(None, [formats.day(one.bought_on), _amount(one), one.source])),
            url=_address(one, person),
            icon="receipt",
        )
        for one in orders
    ]


def orders_of_found(
    person: Person, found: Mapping[str, Sequence[int]], most: int
) -> list[PaletteEntry]:
    """The latest orders of customers whom a search found, of those that the person may see, each
    with its customer's name. At most four queries, and none where no customer was found."""
    ids = {kind: list(found.get(kind, ())) for kind in ("contact", "company")}
    wanted = Q(*((f"{kind}__in", pks) for kind, pks in ids.items() if pks), _connector=Q.OR)
    if not wanted:
        return []
    links = {
        (one.source, one.order_number): one
        for one in OrderLink.objects.filter(wanted).order_by("-pk")[:LOOKED_AT]
    }
    numbers = {number for _source, number in links}
    rows = CustomerOrder.objects.visible_to(person).filter(order_number__in=numbers)
    orders = [
        one
        for one in rows.order_by("-bought_on", "-pk")[:LOOKED_AT]
        if (one.source, one.order_number) in links
    ][:most]
    names = {
        kind: names_of(kind, [pk for one in orders if (pk := _holder(links, one, kind))], person)
        for kind, pks in ids.items()
        if pks and orders
    }
    entries = []
    for one in orders:
        kind, pk = next(
            (kind, pk)
            for kind in ("contact", "company")
            if (pk := _holder(links, one, kind)) in ids[kind]
        )
        told = [formats.day(one.bought_on), _amount(one), names.get(kind, {}).get(pk, "")]
        detail = " · ".join(filter(None, told))
        url = reverse("crm:order", args=[one.pk])
        entries.append(PaletteEntry(one.order_number, url, detail=detail, icon="receipt"))
    return entries


def _holder(links: Mapping[tuple[str, str], Any], order: Any, kind: str) -> Any:
    return getattr(links[order.source, order.order_number], f"{kind}_id")


def _amount(order: Any) -> str:
    return "" if order.amount is None else formats.money(order.amount, order.currency)


def _address(order: Any, person: Person) -> str:
    """The pay desk looks at the lines, with their days and cost; others at the order."""
    if person.has_role(*PAY_DESK):
        return f"{reverse('orders:lines')}?{urlencode({'lines-q': order.order_number})}"
    return reverse("crm:order", args=[order.pk])
