"""Which deals stand behind order lines: the evidence of a credit, for apps above."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse

from paceline.crm.models import ContributorKind, Deal, DealContributor, OrderLink
from paceline.org.models import Person


@dataclass(frozen=True, slots=True)
class Evidence:
    """The deal of an order: what it is called, its page, and how the payee shared in it."""

    title: str
    url: str
    kind: str = ""
    share: Decimal | None = None


def evidence_of(
    order_ids: Collection[str], *, payee: Person, viewer: Person
) -> dict[str, Evidence]:
    """The credited deals behind orders (``source/number``) that the viewer may see.

    ``kind`` and ``share`` are those of the payee. Three queries, one when there is no such deal.
    """
    wanted = set(order_ids)
    numbers = {
        order[place + 1 :] for order in wanted for place, sign in enumerate(order) if sign == "/"
    }
    rows = OrderLink.objects.filter(
        order_number__in=numbers, deal__isnull=False, credited_at__isnull=False
    )
    deals = {str(one): one.deal_id or 0 for one in rows if str(one) in wanted}
    if not deals:
        return {}
    ids = set(deals.values())
    titles = dict(Deal.objects.visible_to(viewer).filter(pk__in=ids).values_list("pk", "title"))
    mine = {one.deal_id: one for one in DealContributor.objects.filter(deal__in=ids, person=payee)}
    found = {}
    for order, deal in deals.items():
        if deal in titles:
            own = mine.get(deal)
            url = reverse("crm:deal", args=[deal])
            found[order] = (
                Evidence(titles[deal], url)
                if own is None
                else Evidence(titles[deal], url, str(ContributorKind(own.kind).label), own.share)
            )
    return found
