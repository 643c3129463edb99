"""From a won deal to pay: those who share in it are credited with the orders that came of it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from paceline.crm import hints
from paceline.crm.models import Deal, DealContributor, OrderLink, StageKind
from paceline.kernel import audit
from paceline.live.actions import publish_all
from paceline.orders.actions import LineDayIsClosed, Part, SharedByFile, share_orders
from paceline.orders.models import LineKind, LineShare, OrderLine
from paceline.org.models import Person


class DealNotWon(Exception):
    """Only a won deal credits anybody."""


@transaction.atomic
def credit_deal(*, deal: Deal, by: Person | None, at: datetime) -> int:
    """Let the shares of a won deal become the credits of its orders, line by line.

    Doing it again after shares changed, or after an order got more lines, brings the credits up to
    date; nothing is written when nothing differs. Raises ``DealNotWon``, ``LineDayIsClosed`` when
    a final run has used a day of the orders, and ``SharedByFile`` when the pay desk brought in
    shares of its own; then nothing changed. Returns how many lines changed.
    """
    found = Deal.objects.select_for_update(of=("self",)).select_related("stage").get(pk=deal.pk)
    if found.stage.kind != StageKind.WON:
        raise DealNotWon(found)
    links = list(OrderLink.objects.select_for_update(of=("self",)).filter(deal=found))
    parts = parts_of(found)
    if not links or not parts:
        return 0
    changed = share_orders(
        orders=[(one.source, one.order_number) for one in links],
        parts=parts,
        reason=f"deal {found.pk}",
        by=by,
        at=at,
    )
    new = [one.pk for one in links if one.credited_at is None]
    OrderLink.objects.filter(pk__in=new).update(credited_at=at)
    if changed or new:
        audit.record(
            "deal_credited", subject=found, by=by, at=at,
            after={"orders": len(links), "lines": changed},
        )  # fmt: skip
        publish_all(hints.topics_of(found), "credited", str(found.pk))
    return changed


def parts_of(deal: Deal) -> list[Part]:
    """The shares of a deal as parts of order lines."""
    rows = DealContributor.objects.filter(deal=deal).select_related("person").order_by("pk")
    return [Part(one.person, one.share, one.is_overlay) for one in rows]


def credit_if_open(deal: Deal, *, by: Person | None, at: datetime) -> bool:
    """Credit a deal as part of another action; an order of a closed day stays as it was paid.

    Returns whether it was credited. The deal's page shows which orders are not.
    """
    try:
        with transaction.atomic():
            credit_deal(deal=deal, by=by, at=at)
    except (LineDayIsClosed, SharedByFile):
        return False
    return True


def credit_late_lines(*, at: datetime) -> int:
    """Credit the lines that came to an order after its deal was credited; returns how many deals.

    One query finds them, whatever brought them: a shop, a file, a program.
    """
    unshared = OrderLine.objects.filter(
        ~Exists(LineShare.objects.filter(line=OuterRef("pk"))),
        source=OuterRef("source"),
        order_number=OuterRef("order_number"),
        kind=LineKind.SALE,
    )
    links = OrderLink.objects.filter(
        Exists(unshared), credited_at__isnull=False, deal__stage__kind=StageKind.WON
    )
    deals = Deal.objects.filter(pk__in=links.values("deal")).order_by("pk")
    return sum(credit_if_open(deal, by=None, at=at) for deal in deals)


@transaction.atomic
def take_back_credit(*, link: OrderLink, by: Person | None, at: datetime) -> int:
    """An order was not of the deal after all: its lines are their seller's again.

    Raises ``LineDayIsClosed`` and ``SharedByFile``; then nothing changed.
    """
    found = OrderLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    changed = share_orders(
        orders=[(found.source, found.order_number)], parts=(),
        reason=f"deal {found.deal_id} taken back", by=by, at=at,
    )  # fmt: skip
    found.credited_at = None
    found.save(update_fields=["credited_at"])
    return changed
