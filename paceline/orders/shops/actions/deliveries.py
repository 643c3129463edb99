"""Messages of shops: kept once as they came, then read and taken in by a job."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from paceline.kernel import audit, jobs
from paceline.live import actions as live
from paceline.orders.shops import connectors
from paceline.orders.shops import facts as said
from paceline.orders.shops.actions import orders
from paceline.orders.shops.actions.forgetting import empty_message
from paceline.orders.shops.facts import Reading, Unreadable
from paceline.orders.shops.models import (
    Delivery,
    Outcome,
    OutcomeState,
    Said,
    Shop,
    ShopOrder,
    ShopStop,
)
from paceline.orders.shops.signing import Message
from paceline.org.models import Person

FINAL = (OutcomeState.TAKEN, OutcomeState.KNOWN, OutcomeState.IGNORED)


@transaction.atomic
def receive(
    *,
    shop: Shop,
    message: Message,
    body: bytes,
    at: datetime,
    how: Said = Said.SENT,
    queued: bool = True,
) -> tuple[Delivery, bool]:
    """Keep a trusted message and queue its reading; the same message again is the one kept.

    ``queued`` false leaves the reading to the caller.
    Returns the delivery and whether it is new. The delivery is its own record: no audit line.
    """
    delivery, is_new = Delivery.objects.get_or_create(
        shop=shop,
        delivery_id=message.delivery_id,
        defaults={
            "topic": message.topic,
            "how": how,
            "body": body,
            "digest": hashlib.sha256(body).hexdigest(),
            "said_at": message.said_at,
            "received_at": at,
        },
    )
    if is_new:
        if queued:
            jobs.enqueue("shops.take", delivery_id=delivery.pk)
        live.publish(f"shop:{shop.pk}", "received")
    return delivery, is_new


_TURN = """
INSERT INTO shops_turned (shop_id, "on", code, count, last_at) VALUES (%s, %s, %s, 1, %s)
ON CONFLICT (shop_id, "on", code)
DO UPDATE SET count = shops_turned.count + 1, last_at = EXCLUDED.last_at
"""


@transaction.atomic
def turn_away(*, shop: Shop, code: str, at: datetime) -> None:
    """Count a message that was not taken; of strangers' bytes nothing is kept, so no audit line."""
    with connection.cursor() as cursor:
        cursor.execute(_TURN, [shop.pk, at.date(), code, at])


@transaction.atomic
def take(*, delivery: Delivery, at: datetime, by: Person | None = None) -> Outcome | None:
    """Read a message and bring its order to order lines. Running twice does it once.

    None while the shop is paused: the message waits. What cannot be read keeps its reason, and can
    be tried again.
    """
    shop = delivery.shop
    if ShopStop.objects.filter(shop=shop, lifted_at__isnull=True).exists():
        return None
    known = Outcome.objects.filter(delivery=delivery).first()
    if known is not None and known.state in FINAL:
        return known
    if delivery.emptied_at is not None:
        return _end(delivery, OutcomeState.IGNORED, "emptied", {}, None, at)
    try:
        reading = connectors.read(shop, delivery.topic, bytes(delivery.body))
    except Unreadable as error:
        return _end(delivery, OutcomeState.REFUSED, error.code, error.params, None, at)
    return take_reading(delivery, reading, by=by, at=at)


def take_reading(
    delivery: Delivery, reading: Reading, *, by: Person | None, at: datetime
) -> Outcome:
    """Take in what a message says, inside the transaction of its caller."""
    shop = delivery.shop
    if reading.ignored:
        return _end(delivery, OutcomeState.IGNORED, reading.ignored, {}, None, at)
    if reading.ask_order:
        if not shop.address:
            params = {"order": reading.ask_order}
            return _end(delivery, OutcomeState.IGNORED, "told_elsewhere", params, None, at)
        jobs.enqueue("shops.ask_order", shop_pk=shop.pk, order_id=reading.ask_order)
        return _end(delivery, OutcomeState.IGNORED, "asked_for", {}, None, at)
    if reading.deleted_order:
        return _take_deletion(delivery, reading.deleted_order, by=by, at=at)
    ids = {one.order_id for one in reading.orders} | {one.order_id for one in reading.refunds}
    state, last = OutcomeState.KNOWN, None
    for order_id in sorted(ids):
        last = orders.lock_order(shop, order_id)
        was_unknown = last.updated_at is None
        if _keep(last, reading, delivery):
            state = OutcomeState.TAKEN
            orders.place(last, by=by, at=at)
        if last.updated_at is None:
            state = OutcomeState.WAITING
        elif was_unknown:
            _end_waiting(last, at)
    if last is not None and last.buyer_erased_at is not None:
        empty_message(delivery=delivery, at=at)
    return _end(delivery, state, "", {}, last, at)


def _keep(order: ShopOrder, reading: Reading, delivery: Delivery) -> bool:
    """Keep what a message says of one order; whether anything of it is new."""
    news = [orders.keep_order(order, one, delivery) for one in reading.orders
            if one.order_id == order.order_id]  # fmt: skip
    news += [orders.keep_refund(order, one, delivery) for one in reading.refunds
             if one.order_id == order.order_id]  # fmt: skip
    return any(news)


def _take_deletion(
    delivery: Delivery, order_id: str, *, by: Person | None, at: datetime
) -> Outcome:
    """An order that is gone from its shop is cancelled; the message says no more than its id."""
    order = orders.lock_order(delivery.shop, order_id)
    if order.updated_at is None:
        return _end(delivery, OutcomeState.IGNORED, "never_known", {"order": order_id}, order, at)
    facts = said.order_from_json(order.facts)
    moment = max(delivery.received_at, facts.updated_at)
    gone = replace(facts, updated_at=moment, cancelled_at=facts.cancelled_at or moment)
    orders.keep_order(order, gone, delivery)
    orders.place(order, by=by, at=at)
    return _end(delivery, OutcomeState.TAKEN, "deleted", {}, order, at)


def _end_waiting(order: ShopOrder, at: datetime) -> None:
    """Refunds that came before their order are taken in with it."""
    Outcome.objects.filter(order=order, state=OutcomeState.WAITING).update(
        state=OutcomeState.TAKEN, at=at
    )


def _end(
    delivery: Delivery,
    state: OutcomeState,
    code: str,
    params: dict[str, Any],
    order: ShopOrder | None,
    at: datetime,
) -> Outcome:
    known = Outcome.objects.filter(delivery=delivery).first()
    outcome, _is_new = Outcome.objects.update_or_create(
        delivery=delivery,
        defaults={
            "state": state, "code": code, "params": params, "order": order, "at": at,
            "attempts": 1 if known is None else known.attempts + 1,
        },
    )  # fmt: skip
    live.publish(f"shop:{delivery.shop_id}", "taken")
    return outcome


@transaction.atomic
def try_again(*, delivery: Delivery, by: Person, at: datetime) -> Outcome | None:
    """Read a message once more that could not be taken in."""
    audit.record("shop_message_tried", subject=delivery, by=by, at=at)
    return take(delivery=delivery, at=at, by=by)
