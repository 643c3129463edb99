"""The deals and customers behind a goal, as far as the reader sees them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Exists, F, Min, OuterRef
from django.db.models.functions import Coalesce
from django.utils.translation import pgettext

from paceline.crm.models import (
    Company,
    Contact,
    ContributorKind,
    Deal,
    DealContributor,
    StageKind,
)
from paceline.goals.measures import People, Record
from paceline.goals.measures.records import address_of
from paceline.org.models import Person

CUSTOMER = Coalesce("company__name", "contact__name")


def _closed(reader: Person, first: date, before: date, people: People) -> Any:
    seen = Deal.objects.visible_to(reader).filter(pk=OuterRef("pk"))
    rows = Deal.objects.kept().filter(closed_on__gte=first, closed_on__lt=before)
    rows = rows if people is None else rows.filter(owner__in=people)
    return rows.annotate(is_seen=Exists(seen), customer=CUSTOMER).order_by("-closed_on", "-pk")


FIELDS = (
    "pk", "is_seen", "owner", "closed_on", "title", "customer", "stage__kind", "amount", "currency",
)  # fmt: skip


def won(reader: Person, first: date, before: date, people: People, most: int) -> Iterator[Record]:
    """The deals that were won."""
    rows = _closed(reader, first, before, people).filter(stage__kind=StageKind.WON)
    for pk, is_seen, who, on, title, customer, _kind, amount, currency in rows.values_list(*FIELDS)[
        :most
    ]:
        if not is_seen:
            yield Record(who, on, is_seen=False)
            continue
        url = address_of("crm:deal", pk)
        yield Record(who, on, title, url, customer or "", amount=amount, currency=currency)


def closed(
    reader: Person, first: date, before: date, people: People, most: int
) -> Iterator[Record]:
    """The deals that were won or lost, and which."""
    said = {
        StageKind.WON: pgettext("how a deal ended", "won"),
        StageKind.LOST: pgettext("how a deal ended", "lost"),
    }
    rows = _closed(reader, first, before, people)
    for pk, is_seen, who, on, title, customer, kind, amount, currency in rows.values_list(*FIELDS)[
        :most
    ]:
        if not is_seen:
            yield Record(who, on, is_seen=False)
            continue
        url = address_of("crm:deal", pk)
        yield Record(
            who, on, title, url, customer or "", said.get(kind, ""), amount, currency
        )  # fmt: skip


def shares(
    reader: Person, first: date, before: date, people: People, most: int
) -> Iterator[Record]:
    """Shares of won deals, each of whoever has it."""
    seen = Deal.objects.visible_to(reader).filter(pk=OuterRef("deal"))
    found: Any = DealContributor.objects.exclude(kind=ContributorKind.OVERLAY)
    rows = found.filter(
        deal__archived_at__isnull=True,
        deal__stage__kind=StageKind.WON,
        deal__closed_on__gte=first,
        deal__closed_on__lt=before,
        deal__amount__isnull=False,
    )
    rows = rows if people is None else rows.filter(person__in=people)
    rows = rows.annotate(
        is_seen=Exists(seen),
        customer=Coalesce("deal__company__name", "deal__contact__name"),
        part=F("deal__amount") * F("share"),
    ).order_by("-deal__closed_on", "-deal", "-share", "pk")
    for is_seen, who, on, pk, title, customer, amount, currency in rows.values_list(
        "is_seen", "person", "deal__closed_on", "deal", "deal__title", "customer", "part",
        "deal__currency",
    )[:most]:  # fmt: skip
        if not is_seen:
            yield Record(who, on, is_seen=False)
            continue
        url = address_of("crm:deal", pk)
        yield Record(who, on, title, url, customer or "", amount=amount, currency=currency)


def new_customers(
    reader: Person, first: date, before: date, people: People, most: int
) -> Iterator[Record]:
    """Customers with whom a first deal was won, the newest first."""
    found: list[Record] = []
    kinds: tuple[tuple[str, Any], ...] = (("company", Company), ("contact", Contact))
    deals = Deal.objects.kept().filter(stage__kind=StageKind.WON, closed_on__isnull=False)
    for key, model in kinds:
        rows = deals.filter(**{f"{key}__isnull": False})
        rows = rows if key == "company" else rows.filter(company__isnull=True)
        began = rows.order_by().values(key).annotate(day=Min("closed_on"))
        days: dict[int, date] = dict(
            began.filter(day__gte=first, day__lt=before)
            .order_by("-day", key)
            .values_list(key, "day")
        )
        owners: dict[int, int | None] = {}
        of_these = rows.filter(**{f"{key}__in": days}).order_by("closed_on", "pk")
        for customer, owner in of_these.values_list(key, "owner"):
            owners.setdefault(customer, owner)
        names = dict(model.objects.visible_to(reader).filter(pk__in=days).values_list("pk", "name"))
        for customer, on in days.items():
            who = owners[customer]
            if people is not None and who not in people:
                continue
            if customer in names:
                url = address_of(f"crm:{key}", customer)
                found.append(Record(who, on, names[customer], url))
            else:
                found.append(Record(who, on, is_seen=False))
    found.sort(key=lambda one: one.on, reverse=True)
    yield from found[:most]
