"""Asking shops: what changed since the last look, one order, what was refunded of one."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from paceline.kernel import audit
from paceline.live import actions as live
from paceline.orders.shops import connectors
from paceline.orders.shops.actions.deliveries import receive, take
from paceline.orders.shops.actions.shops import access_to
from paceline.orders.shops.asking import AskingFailed, Pause
from paceline.orders.shops.models import Comparison, OutcomeState, Said, Shop, ShopOrder, ShopStop
from paceline.orders.shops.signing import Message, content_id
from paceline.org.models import Person

# Two looks overlap, because clocks differ; the first reaches back before the shop was added.
OVERLAP, BEFORE = timedelta(minutes=10), timedelta(days=7)


def compare(
    *, shop: Shop, at: datetime, by: Person | None = None, pause: Pause = time.sleep
) -> Comparison:
    """Take in everything that the shop says changed since the last look that succeeded.

    Every order is a transaction of its own: what was read before a failure stays. What a webhook
    never told, or told wrongly, is thereby put right.
    """
    look = _begin(shop, by=by, at=at)
    failure: AskingFailed | None = None
    try:
        asking, access = _ways(shop)
        with asking.connected(shop.address, access, pause) as asker:
            try:
                for order in asking.changed_orders(asker, look.since):
                    look.orders += 1
                    look.missed += _take(shop, asking.TOPIC, order, at)
            finally:
                for code, params in asker.warnings.items():
                    look.warning, look.warning_params = code, params
    except AskingFailed as error:
        failure = error
    return _end(look, failure, at=at)


def ask_order(*, shop: Shop, order_id: str, at: datetime, pause: Pause = time.sleep) -> None:
    """Take in one order that a message spoke of without describing it. Raises ``AskingFailed``."""
    asking, access = _ways(shop)
    with asking.connected(shop.address, access, pause) as asker:
        order = asking.one_order(asker, order_id)
    _take(shop, asking.TOPIC, order, at)


def ask_refunds(*, order: ShopOrder, at: datetime, pause: Pause = time.sleep) -> None:
    """Take in the positions of an order's refunds. Raises ``AskingFailed``."""
    asking, access = _ways(order.shop)
    with asking.connected(order.shop.address, access, pause) as asker:
        found = asking.refunds_of(asker, order.order_id)
    if found is not None:
        _take(order.shop, *found, at)


def _ways(shop: Shop) -> tuple[connectors.Asking, Mapping[str, str]]:
    connector = connectors.of(shop)
    access = access_to(shop)
    if connector is None or connector.asking is None or not access or not shop.address:
        raise AskingFailed("no_access")
    return connector.asking, access


def _take(shop: Shop, topic: str, said: Mapping[str, Any], at: datetime) -> bool:
    """Keep what the shop answered as a message of its own, and read it; whether it was news."""
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    message = Message(f"asked:{content_id(topic, body)}", topic, said_at=at)
    with transaction.atomic():
        delivery, _is_new = receive(
            shop=shop, message=message, body=body, at=at, how=Said.ASKED, queued=False
        )
        outcome = take(delivery=delivery, at=at)
    return _is_new and outcome is not None and outcome.state == OutcomeState.TAKEN


@transaction.atomic
def _begin(shop: Shop, *, by: Person | None, at: datetime) -> Comparison:
    last = shop.comparisons.filter(ended_at__isnull=False, failure="").first()
    since = shop.set_up_at - BEFORE if last is None else last.until - OVERLAP
    look = Comparison.objects.create(shop=shop, since=since, until=at, started_at=at)
    audit.record("shop_compared", subject=shop, by=by, at=at, after={"since": since})
    return look


@transaction.atomic
def _end(look: Comparison, failure: AskingFailed | None, *, at: datetime) -> Comparison:
    look.ended_at = at
    if failure is not None:
        look.failure, look.failure_params = failure.code, failure.params
    look.save(
        update_fields=[
            "ended_at", "orders", "missed", "failure", "failure_params", "warning",
            "warning_params",
        ]
    )  # fmt: skip
    live.publish_all(["shops", f"shop:{look.shop_id}"], "compared")
    return look


@transaction.atomic
def note_failure(*, shop: Shop, failure: AskingFailed, at: datetime) -> Comparison:
    """A question that failed shows on the shop's page as a look that failed; the next one begins
    where the last good one ended."""
    return _end(_begin(shop, by=None, at=at), failure, at=at)


def shops_to_compare() -> list[Shop]:
    """Shops that can be asked and are not stopped."""
    stopped = ShopStop.objects.filter(lifted_at__isnull=True).values("shop")
    rows = Shop.objects.exclude(pk__in=stopped).exclude(address="")
    return [one for one in rows if access_to(one)]
