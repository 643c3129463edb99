"""Reading pairs that look like one customer, and merges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, QuerySet

from paceline.crm.kinds import address
from paceline.crm.models import DOUBLED, ContactPoint, Deal, DuplicatePair, Merge
from paceline.org.models import Person

MERGES_SHOWN = 10


def pairs_for(person: Person, kind: str) -> QuerySet[Any]:
    """What may be one customer, the likeliest first."""
    pairs = DuplicatePair.objects.visible_to(person).filter(kind=kind, set_apart_at__isnull=True)
    return pairs.order_by("-score", "first", "second")


def merges_for(person: Person, kind: str) -> list[Any]:
    """The last merges into records that the person sees."""
    rows = Merge.objects.visible_to(person).filter(kind=kind, undone_at__isnull=True)
    return list(rows.select_related("by").order_by("-id")[:MERGES_SHOWN])


def records_by_id(kind: str, ids: Iterable[int], person: Person) -> dict[int, Any]:
    """Records that the person may see, with how much hangs on them: two queries."""
    if kind == "deal":
        return deals_by_id(ids, person)
    rows = DOUBLED[kind].objects.visible_to(person).filter(pk__in=set(ids))
    related = ["owner", "team", *(["company"] if kind == "contact" else [])]
    related += ["parent"] if kind == "company" else []
    found = {one.pk: one for one in rows.select_related(*related)}
    shown: dict[int, list[str]] = {}
    points = ContactPoint.objects.filter(**{f"{kind}__in": found}).order_by("rank", "id")
    for holder, value in points.values_list(f"{kind}_id", "value"):
        shown.setdefault(holder, []).append(value)
    for pk, one in found.items():
        one.points_shown = shown.get(pk, [])
        one.url = address(kind, pk)
    return found


def deals_by_id(ids: Iterable[int], person: Person) -> dict[int, Any]:
    """Deals that the person may see, as a list of merges shows them."""
    rows = Deal.objects.visible_to(person).filter(pk__in=set(ids))
    found = {one.pk: one for one in rows.prefetch_related("contributors")}
    for pk, one in found.items():
        one.name, one.url = one.title, address("deal", pk)
    return found


def deals_beside(ids: Iterable[int], person: Person) -> dict[int, Any]:
    """Deals that are to become one, with their shares and products and how much hangs on them:
    three queries."""
    rows = Deal.objects.visible_to(person).kept().filter(pk__in=set(ids))
    rows = rows.select_related("owner", "team", "company", "contact", "stage", "pipeline")
    rows = rows.prefetch_related("contributors__person", "lines").annotate(
        n_orders=Count("order_links", distinct=True),
        n_activities=Count("activities", distinct=True),
    )
    found = {one.pk: one for one in rows}
    for one in found.values():
        one.name = one.title
    return found


def counts_of(kind: str, ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """How many activities, deals, orders and so on hang on each record."""
    names = {
        "company": ("contacts", "deals", "activities", "order_links"),
        "contact": ("deals", "activities", "order_links", "consents"),
        "lead": ("activities", "consents"),
    }[kind]
    rows = DOUBLED[kind].objects.filter(pk__in=set(ids))
    counted = rows.annotate(**{f"n_{name}": Count(name, distinct=True) for name in names})
    return {
        row["pk"]: {name: row[f"n_{name}"] for name in names}
        for row in counted.values("pk", *(f"n_{name}" for name in names))
    }
