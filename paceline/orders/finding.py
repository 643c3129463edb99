"""Order lines by what somebody types: their customer, the order's number, or the payee.

Lines come by the million, so nothing here looks through them while an index knows: customers stand
once each in a table of their own, with the words by which they are found.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils.translation import gettext as _

from paceline.kernel.shell import PaletteEntry
from paceline.orders.models import NamedCustomer, OrderLine
from paceline.org.models import Person
from paceline.search.folding import question

TEXT_MAX = 100


def names_called(text: str) -> QuerySet[Any]:
    """Customers whose name holds the words of a text, in either script of Chinese."""
    asked = question(text[:TEXT_MAX])
    if not asked:
        return NamedCustomer.objects.none()
    pieces = Q()
    for piece in asked.pieces:
        pieces &= Q(folded__contains=piece)
    wanted = RawSQL("terms @@ %s::tsquery", [asked.lookup()], output_field=BooleanField())
    found: QuerySet[Any] = NamedCustomer.objects.filter(wanted).filter(pieces)
    return found


def lines_called(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those of the rows whose customer, payee or order is called so; where none is, those that hold
    the text anywhere in their customer or number, which means looking through them."""
    every = OrderLine.objects.order_by()
    named = every.exclude(customer="").filter(customer__in=names_called(text).values("name"))
    payees = Person.objects.filter(name__icontains=text)
    by_index = named.values("pk").union(
        every.filter(order_number__istartswith=text).values("pk"),
        every.filter(person__in=payees).values("pk"),
        all=True,
    )  # fmt: skip
    found = rows.filter(pk__in=by_index)
    if found.order_by()[:1].exists():
        return found
    return rows.filter(Q(customer__contains=text) | Q(order_number__contains=text.upper()))


def customer_entries(person: Person, text: str, most: int) -> list[PaletteEntry]:
    """Customers of lines that the person may see, each with its lines. One query; none for whoever
    sees no lines."""
    if len(text.strip()) < 2 or OrderLine.objects.visible_to(person).query.is_empty():
        return []
    names = names_called(text).order_by("name").values_list("name", flat=True)[:most]
    lines = reverse("orders:lines")
    return [
        PaletteEntry(
            label=name,
            detail=_("Order lines"),
            url=f"{lines}?{urlencode({'customer': name})}",
            icon="receipt",
        )
        for name in names
    ]
