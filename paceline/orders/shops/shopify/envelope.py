"""Shopify: base64 HMAC-SHA256 of the raw body; retries of a message carry the same id.

https://shopify.dev/docs/apps/build/webhooks/subscribe/https
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from paceline.orders.shops import signing
from paceline.orders.shops.signing import Headers, Message, Untrusted


def open_message(headers: Headers, body: bytes, secrets: Sequence[str], _at: datetime) -> Message:
    given = headers.get("x-shopify-hmac-sha256", "")
    if not given:
        raise Untrusted("no_signature")
    signing.require([given], [signing.base64_hmac(one, body) for one in secrets])
    topic = headers.get("x-shopify-topic", "")[:80]
    return Message(
        signing.delivery_id(headers.get("x-shopify-webhook-id", ""), topic, body),
        topic,
        signing.moment(headers.get("x-shopify-triggered-at", "")),
    )


def is_from(headers: Headers, address: str) -> bool:
    """One app has one secret for all its shops: the domain says which of them speaks."""
    domain = headers.get("x-shopify-shop-domain", "")
    host = urlsplit(address).hostname or ""
    return not domain or not host.endswith(".myshopify.com") or domain.lower() == host
