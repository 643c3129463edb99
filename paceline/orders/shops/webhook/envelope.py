"""Standard Webhooks 1.0 (standardwebhooks.com): id, timestamp and body are signed together."""

from __future__ import annotations

import base64
import hmac
import secrets as random
from collections.abc import Sequence
from datetime import datetime

from paceline.orders.shops import signing
from paceline.orders.shops.signing import Headers, Message, Untrusted

TOLERANCE_SECONDS = 300
SECRET_BYTES = 32
PREFIX = "whsec_"


def make_secret() -> str:
    return PREFIX + base64.b64encode(random.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, delivery_id: str, timestamp: str, body: bytes) -> str:
    key = signing.decoded(secret.removeprefix(PREFIX))
    content = f"{delivery_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode()


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
