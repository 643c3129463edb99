"""Linking orders to customers and deals."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from paceline.crm import hints
from paceline.crm.actions import crediting, waking
from paceline.crm.models import (
    Company,
    Contact,
    CustomerOrder,
    Deal,
    LinkRefusal,
    OrderLink,
    StageKind,
    WaitingOrder,
)
from paceline.kernel import audit
from paceline.live.actions import publish_all
from paceline.orders.models import OrderLine
from paceline.org.models import Person


class OrderUnknown(Exception):
    """No order of this source has this number."""


class OrderIsLinked(Exception):
    """The order belongs to another customer or deal. ``link`` says to which."""

    def __init__(self, link: OrderLink) -> None:
        super().__init__(str(link))
        self.link = link


@transaction.atomic
def link_order(
    *,
    source: str,
    order_number: str,
    deal: Deal | None = None,
    contact: Contact | None = None,
    company: Company | None = None,
    rule: str = "hand",
    by: Person | None,
    at: datetime,
) -> OrderLink:
    """Say whose an order is: of a deal, and so of its customer, or of a customer alone.

    A link that says less is completed. The shares of a deal that is won become the order's credits,
    unless its days are closed. Raises ``OrderUnknown`` and ``OrderIsLinked``.
    """
    if deal is not None:
        contact, company = contact or deal.contact, company or deal.company
    elif contact is not None:
        company = company or contact.company
    if not OrderLine.objects.filter(source=source, order_number=order_number).exists():
        raise OrderUnknown(order_number)
    known = OrderLink.objects.select_for_update(of=("self",)).filter(
        source=source, order_number=order_number
    ).first()  # fmt: skip
    wanted = {"deal": deal, "contact": contact, "company": company}
    link = known or OrderLink(source=source, order_number=order_number)
    for name, value in wanted.items():
        said = getattr(link, f"{name}_id")
        if value is not None and said not in (None, value.pk):
            raise OrderIsLinked(link)
        if value is not None:
            setattr(link, name, value)
    link.rule, link.linked_by, link.linked_at = rule, by, at
    link.save()
    audit.record(
        "order_linked", subject=link, by=by, at=at,
        after={name: value and value.pk for name, value in wanted.items()} | {"rule": rule},
    )  # fmt: skip
    _publish(link)
    waking.wake()
    if link.deal is not None and link.deal.stage.kind == StageKind.WON:
        crediting.credit_if_open(link.deal, by=by, at=at)
    return link


@transaction.atomic
def unlink_order(*, link: OrderLink, by: Person | None, at: datetime) -> None:
    """An order is not theirs after all; its credits go with the link, and no rule gives it back.

    Raises ``LineDayIsClosed`` when a final run has used them; then nothing changed.
    """
    found = OrderLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    if found.credited_at is not None:
        crediting.take_back_credit(link=found, by=by, at=at)
    audit.record(
        "order_unlinked", subject=found, by=by, at=at,
        before={"deal": found.deal_id, "contact": found.contact_id, "company": found.company_id},
    )  # fmt: skip
    _publish(found)
    if found.deal_id is None:
        named = {"contact": found.contact} if found.contact_id else {"company": found.company}
        LinkRefusal.objects.create(
            source=found.source, order_number=found.order_number, at=at, by=by, **named
        )
    found.delete()
    waking.wake()


@transaction.atomic
def leave_order(
    *, order: CustomerOrder, is_left: bool = True, by: Person | None, at: datetime
) -> None:
    """An order that is to stay without a customer, such as one over the counter; or no longer."""
    waiting = WaitingOrder.objects.select_for_update(of=("self",)).filter(order=order).first()
    if waiting is None:
        raise OrderUnknown(order.order_number)
    if (waiting.left_at is not None) == is_left:
        return
    waiting.left_at, waiting.left_by = (at, by) if is_left else (None, None)
    waiting.save(update_fields=["left_at", "left_by"])
    audit.record("order_left" if is_left else "order_waits", subject=order, by=by, at=at)
    publish_all(["customer-orders"], "left")


def _publish(link: OrderLink) -> None:
    records = (link.deal, link.contact, link.company)
    publish_all([hints.topics_of(one)[0] for one in records if one is not None], "order")


@transaction.atomic
def link_order_by_number(*, number: str, deal: Deal, by: Person | None, at: datetime) -> OrderLink:
    """The same for somebody who knows the number alone. Raises ``OrderUnknown`` also when several
    shops have an order of this number."""
    sources = list(
        OrderLine.objects.filter(order_number=number).order_by().values_list("source").distinct()
    )
    if len(sources) != 1:
        raise OrderUnknown(number)
    return link_order(source=sources[0][0], order_number=number, deal=deal, by=by, at=at)
