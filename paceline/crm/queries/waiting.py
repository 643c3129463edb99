"""Orders that are no customer's yet, and whose they may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Concat

from paceline.crm.models import PHONES, Company, Contact, CustomerOrder
from paceline.orders.models import OrderLine
from paceline.orders.shops.models import ShopOrder
from paceline.org.models import Person

# By what an order is recognised, in this order; a name alone links nothing, it only proposes.
RULES = ("number", "account", "mail", "phone")
NAME = "name"
SHOWN_EACH = 6
_PHONES = ", ".join(f"'{one}'" for one in PHONES)
KINDS_OF_POINTS = {"account": "'shop'", "mail": "'email'", "phone": _PHONES}


def matches(orders: str, *, by_name: bool = False) -> str:
    """A query of ``order_id, place, company_id, contact_id``: who bears a key of ``orders``.

    ``place`` counts the rules; a name comes last, and only ``by_name``.
    """
    parts = [
        f"""
        SELECT w.order_id, 0 AS place, c.id AS company_id, NULL::bigint AS contact_id
        FROM {orders} w JOIN crm_company c ON c.number = w.number AND c.number <> ''
        WHERE w.number <> ''
        UNION
        SELECT w.order_id, 0, NULL::bigint, c.id
        FROM {orders} w JOIN crm_contact c ON c.number = w.number AND c.number <> ''
        WHERE w.number <> ''"""
    ]
    parts += [
        f"""
        SELECT w.order_id, {RULES.index(rule)}, p.company_id, p.contact_id
        FROM {orders} w JOIN crm_contactpoint p
          ON p.kind IN ({kinds}) AND p.normalised = w.{rule} AND p.lead_id IS NULL
        WHERE w.{rule} <> ''"""
        for rule, kinds in KINDS_OF_POINTS.items()
    ]
    if by_name:
        parts += [
            f"""
            SELECT w.order_id, {len(RULES)}, {"c.id, NULL" if kind == "company" else "NULL, c.id"}
            FROM {orders} w JOIN crm_{kind} c ON c.name_keys && w.name_keys"""
            for kind in ("company", "contact")
        ]
    return " UNION ".join(parts)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be the buyer, and by which rules it was found, the strongest first."""

    kind: str
    record: Any
    rules: tuple[str, ...]


def waiting_orders(person: Person, *, left: bool = False) -> QuerySet[Any]:
    """Orders without a customer that the person may see, with what the order says of its buyer."""
    lines = OrderLine.objects.filter(
        source=OuterRef("source"), order_number=OuterRef("order_number")
    ).order_by("pk")
    told = ShopOrder.objects.filter(
        shop__source=OuterRef("source"), number=OuterRef("order_number")
    )
    rows = CustomerOrder.objects.visible_to(person).filter(waiting__left_at__isnull=not left)
    rows = rows.filter(waiting__isnull=False)
    found: QuerySet[Any] = rows.select_related("person", "waiting").annotate(
        said=Subquery(lines.values("customer")[:1]),
        buyer=Subquery(told.values("buyer")[:1]),
        buyer_email=Subquery(told.values("buyer_email")[:1]),
        buyer_phone=Subquery(told.values("buyer_phone")[:1]),
        is_ambiguous=F("waiting__is_ambiguous"),
    )
    return found


def said_of_buyer(order: Any) -> str:
    """What one of ``waiting_orders`` says of its buyer; empty where it says nothing."""
    told = [order.buyer, order.buyer_email, order.buyer_phone]
    return " · ".join(dict.fromkeys(filter(None, told))) or str(order.said or "")


TO_DECIDE = Q(waiting__is_ambiguous=True) | Q(waiting__is_named=True)
SAYS_NOTHING = Q(
    waiting__number="", waiting__account="", waiting__mail="", waiting__phone="",
    waiting__name_keys=[],
)  # fmt: skip
# Buyers whom nobody keeps are shown by what they bought within so many days, the most first.
BUYER_DAYS = 90
BUYERS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class UnknownBuyer:
    """Somebody who bought and is no record yet: what the latest order says, and how much it was."""

    key: str
    order: Any
    orders: int
    value: Decimal | None
    last_on: date

    @property
    def pk(self) -> int:
        return int(self.order.pk)


def _told_by_key(rows: Any) -> Any:
    """Orders with their buyer, ``mail:lee@example.com``: by the strongest key that they bear."""
    keys = [
        When(**{f"waiting__{name}__gt": ""}, then=Concat(Value(f"{name}:"), F(f"waiting__{name}")))
        for name in ("account", "mail", "phone", "number")
    ]
    named = When(~Q(waiting__name_keys=[]), then=Concat(Value("name:"), F("waiting__name_keys__0")))
    return rows.annotate(buyer_key=Case(*keys, named, default=Value(""), output_field=TextField()))


def unknown_orders(person: Person) -> Any:
    """Waiting orders whose buyer is told and nobody's record, each with the key of the buyer."""
    rows = CustomerOrder.objects.visible_to(person).filter(
        waiting__isnull=False, waiting__left_at__isnull=True, waiting__is_ambiguous=False,
        waiting__is_named=False,
    )  # fmt: skip
    return _told_by_key(rows).exclude(buyer_key="")


def unknown_buyers(person: Person, on: date) -> list[UnknownBuyer]:
    """Those who bought most within ``BUYER_DAYS``, of what the person may see. Two queries."""
    found = list(
        unknown_orders(person)
        .filter(bought_on__gte=on - timedelta(days=BUYER_DAYS))
        .order_by()
        .values("buyer_key")
        .annotate(n=Count("pk"), total=Sum("value"), last=Max("bought_on"), latest=Max("pk"))
        .order_by(F("total").desc(nulls_last=True), "buyer_key")[:BUYERS_SHOWN]
    )
    orders = waiting_orders(person).in_bulk([one["latest"] for one in found])
    return [
        UnknownBuyer(one["buyer_key"], orders[one["latest"]], one["n"], one["total"], one["last"])
        for one in found
        if one["latest"] in orders
    ]


def said_to_be(text: str) -> Q:
    """Orders that name their buyer so, by name, number or address: of orders as they are found.

    What shops said is looked through once, whatever the number of orders.
    """
    same = {"source": OuterRef("source"), "order_number": OuterRef("order_number")}
    told = ShopOrder.objects.filter(
        Q(buyer__icontains=text) | Q(buyer_email__icontains=text),
        shop__source=OuterRef("source"), number=OuterRef("order_number"),
    )  # fmt: skip
    return Q(Exists(told)) | Q(Exists(OrderLine.objects.filter(**same, customer__icontains=text)))


def candidates_of(orders: Iterable[int], person: Person) -> dict[int, list[Candidate]]:
    """For each order the records that may be its buyer's and that the person may see.

    Three queries for a page of orders.
    """
    ids = list(orders)
    if not ids:
        return {}
    query = matches("(SELECT * FROM crm_waitingorder WHERE order_id = ANY(%(ids)s))", by_name=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT order_id, company_id, contact_id, places FROM (
                SELECT m.order_id, m.company_id, m.contact_id, array_agg(place ORDER BY place)
                       AS places,
                       row_number() OVER (PARTITION BY m.order_id ORDER BY min(place)) AS n
                FROM ({query}) m WHERE NOT EXISTS (
                    SELECT 1 FROM crm_linkrefusal f JOIN crm_customerorder o
                      USING (source, order_number)
                    WHERE o.id = m.order_id AND (f.company_id = m.company_id
                                                 OR f.contact_id = m.contact_id))
                GROUP BY 1, 2, 3) c
            WHERE n <= 50 ORDER BY order_id, places
            """,
            {"ids": ids},
        )
        rows = cursor.fetchall()
    companies = _seen(Company, {row[1] for row in rows if row[1]}, person)
    contacts = _seen(Contact, {row[2] for row in rows if row[2]}, person)
    found: dict[int, list[Candidate]] = {}
    names = (*RULES, NAME)
    for order, company, contact, places in rows:
        record = companies.get(company) if company else contacts.get(contact)
        kept = found.setdefault(order, [])
        if record is not None and len(kept) < SHOWN_EACH:
            kind = "company" if company else "contact"
            kept.append(Candidate(kind, record, tuple(names[place] for place in places)))
    return found


def _seen(model: Any, ids: set[int], person: Person) -> dict[int, Any]:
    if not ids:
        return {}
    rows = model.objects.visible_to(person).kept().filter(pk__in=ids)
    rows = rows.select_related("owner", "team", *(["company"] if model is Contact else []))
    return {row.pk: row for row in rows}
