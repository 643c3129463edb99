"""Whether a message comes from Trello: HMAC-SHA1 over its raw bytes and the address it was sent to.

Source: Trello's guide to webhooks: base64 of the HMAC of body followed by callback URL, keyed with
the secret of the application, in the header ``X-Trello-Webhook``.
"""

from __future__ import annotations

import base64
import hmac


def signature(secret: str, body: bytes, callback: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body + callback.encode(), "sha1")).decode()


def is_signed(given: str, secret: str, body: bytes, callback: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode(), signature(secret, body, callback).encode())
