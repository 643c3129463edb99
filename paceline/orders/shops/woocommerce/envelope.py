"""WooCommerce: base64 HMAC-SHA256 of the raw body; saving a webhook sends a greeting without order.

https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks
"""

from __future__ import annotations

import re
import secrets as random
from collections.abc import Sequence
from datetime import datetime

from paceline.orders.shops import signing
from paceline.orders.shops.signing import Headers, Message, Untrusted

_GREETING = re.compile(rb"webhook_id=\d{1,20}")


def make_secret() -> str:
    return random.token_urlsafe(32)


def greets(headers: Headers, body: bytes) -> bool:
    """The greeting is a form with the webhook's number; it is not signed and says nothing else."""
    return "x-wc-webhook-signature" not in headers and bool(_GREETING.fullmatch(body))


def open_message(headers: Headers, body: bytes, secrets: Sequence[str], _at: datetime) -> Message:
    given = headers.get("x-wc-webhook-signature", "")
    if not given:
        raise Untrusted("no_signature")
    signing.require([given], [signing.base64_hmac(one, body) for one in secrets])
    topic = headers.get("x-wc-webhook-topic", "")[:80]
    return Message(
        signing.delivery_id(headers.get("x-wc-webhook-delivery-id", ""), topic, body), topic
    )
