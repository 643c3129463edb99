"""Whether a message comes from whom it says: signatures over its raw bytes, in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

Headers = Mapping[str, str]


class Untrusted(Exception):
    """The message is not taken; ``code`` says why, to the keeper of the shop alone."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Message:
    """What the envelope of a trusted message says."""

    delivery_id: str
    topic: str = ""
    said_at: datetime | None = None


def base64_hmac(secret: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 with the secret's text as key: Shopify and WooCommerce."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def require(given: Iterable[str], expected: Iterable[str]) -> None:
    """One of the given signatures must be one of the expected; every pair is compared."""
    found = False
    wanted = list(expected)
    for one in given:
        for other in wanted:
            found |= hmac.compare_digest(one.encode(), other.encode())
    if not found:
        raise Untrusted("wrong_signature")


def content_id(topic: str, body: bytes) -> str:
    """The id of a message whose shop gives none: the same content is the same message."""
    return hashlib.sha256(topic.encode() + b"\n" + body).hexdigest()


def delivery_id(given: str, topic: str, body: bytes) -> str:
    """An id that fits its column; an overlong one is replaced by its hash."""
    plain = given.strip()
    if not plain:
        return content_id(topic, body)
    return plain if len(plain) <= 120 else hashlib.sha256(plain.encode()).hexdigest()


def moment(given: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        return None
    return found if found.tzinfo else None
