"""Forgetting buyers: one who was erased at once, and what shops said after a while."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from paceline.orders.shops.facts import OrderFacts
from paceline.orders.shops.models import Delivery, Outcome, OutcomeState, ShopOrder, ShopRefund

SETTLED = (OutcomeState.TAKEN, OutcomeState.KNOWN, OutcomeState.IGNORED)
# Shorter words would be found in too much that speaks of others.
WORD_MIN = 3
_NOBODY = {"buyer": "", "buyer_id": "", "buyer_email": "", "buyer_phone": "", "buyer_country": ""}


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many orders and messages spoke of the buyer."""

    orders: int
    messages: int
    keys: tuple[tuple[str, str], ...] = ()


def pseudonym_of(facts: OrderFacts) -> str:
    """What a line calls a buyer without a number of their own: always the same, never read back.

    Lines go into pay runs, whose inputs stay for ever; so no line of a shop ever bears a name, an
    address or a phone.
    """
    said = (facts.buyer_email or facts.buyer_phone or facts.buyer).strip().casefold()
    if not said:
        return ""
    key = hashlib.sha256(f"shops buyer {settings.SECRET_KEY}".encode()).digest()
    return f"b-{hmac.new(key, said.encode(), hashlib.sha256).hexdigest()[:20]}"


def without_buyer(facts: OrderFacts) -> OrderFacts:
    return replace(facts, buyer="", buyer_id="", buyer_email="", buyer_phone="", buyer_country="")


@transaction.atomic
def forget_buyer(
    *, orders: Sequence[tuple[str, str]], mails: Collection[str], words: Collection[str],
    at: datetime,
) -> Forgotten:  # fmt: skip
    """Take a buyer out of their orders, and empty every message that speaks of them.

    ``orders`` are theirs, by source and number; so is every order with one of the ``mails``.
    Messages are found by their orders and by ``words`` (names, addresses, phones) in their bytes.
    What the shop says of these orders later is kept without the buyer. No audit line: the action
    that forgets the person has one.
    """
    known = Q(pk__in=())
    for source, number in orders:
        known |= Q(shop__source=source, number=number)
    for mail in mails:
        known |= Q(buyer_email__iexact=mail)
    rows = list(ShopOrder.objects.filter(known).select_related("shop").order_by("pk"))
    ids: list[int] = [int(row.pk) for row in rows]
    held = ShopOrder.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids)
    for row in held.order_by("pk"):
        row.facts = {**row.facts, **_NOBODY} if row.facts else row.facts
        row.buyer = row.buyer_email = row.buyer_phone = ""
        row.buyer_erased_at = at
        row.save(update_fields=["facts", "buyer", "buyer_email", "buyer_phone", "buyer_erased_at"])
    theirs: set[Any] = set(ShopOrder.objects.filter(pk__in=ids).values_list("delivery", flat=True))
    theirs |= set(ShopRefund.objects.filter(order__in=ids).values_list("delivery", flat=True))
    theirs |= set(Outcome.objects.filter(order__in=ids).values_list("delivery", flat=True))
    messages = _empty([one for one in theirs if one is not None], words, at)
    keys = tuple((row.shop.source, row.number) for row in rows if row.number)
    return Forgotten(len(rows), messages, keys)


def _empty(ids: Sequence[int], words: Collection[str], at: datetime) -> int:
    """Empty messages by id and by words in their bytes, as JSON may write them."""
    spelled = set()
    for word in words:
        if len(word.strip()) >= WORD_MIN or not word.isascii():
            plain = word.strip()
            spelled |= {plain.encode(), json.dumps(plain)[1:-1].encode()}
            spelled |= {json.dumps(plain)[1:-1].upper().replace("\\U", "\\u").encode()}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE shops_delivery d SET body = '', emptied_at = %s WHERE emptied_at IS NULL"
            " AND (id = ANY(%s) OR EXISTS (SELECT 1 FROM unnest(%s::bytea[]) w (word)"
            " WHERE position(w.word in d.body) > 0))",
            [at, list(ids), sorted(one for one in spelled if one)],
        )
        return int(cursor.rowcount)


@transaction.atomic
def empty_message(*, delivery: Delivery, at: datetime) -> None:
    """What a message said is taken in; nothing of its words stays."""
    Delivery.objects.filter(pk=delivery.pk, emptied_at=None).update(body=b"", emptied_at=at)


@transaction.atomic
def empty_old_messages(*, at: datetime) -> int:
    """Empty what shops said long ago and what was taken in since; returns how many messages.

    Their hash, topic and moment stay, and so does what was taken in.
    """
    before = at - timedelta(days=settings.SHOP_MESSAGES_KEPT_DAYS)
    settled = Outcome.objects.filter(state__in=SETTLED).values("delivery")
    rows = Delivery.objects.filter(emptied_at=None, received_at__lt=before, pk__in=settled)
    return rows.update(body=b"", emptied_at=at)
