"""Standard Webhooks 1.0 (standardwebhooks.com): id, timestamp and body are signed together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from paceline.kernel.standard_webhooks import signature
from paceline.orders.shops import signing
from paceline.orders.shops.signing import Headers, Message, Untrusted

TOLERANCE_SECONDS = 300


def open_message(headers: Headers, body: bytes, secrets: Sequence[str], at: datetime) -> Message:
    """Raises ``Untrusted`` for a wrong signature and for a message that is too old or too new."""
    delivery_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split()
    if not delivery_id or not timestamp or not given:
        raise Untrusted("no_signature")
    if len(delivery_id) > 120 or not (timestamp.isascii() and timestamp.isdigit()):
        raise Untrusted("wrong_signature")
    signing.require(given, [signature(one, delivery_id, timestamp, body) for one in secrets])
    if abs(int(at.timestamp()) - int(timestamp)) > TOLERANCE_SECONDS:
        raise Untrusted("wrong_time")
    # The timestamp is that of the attempt, not of what happened: it decides nothing.
    return Message(delivery_id)
