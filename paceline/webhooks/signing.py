"""The headers under which a message goes out, as Standard Webhooks names them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from paceline.kernel.standard_webhooks import signature


def headers(secrets_: Iterable[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers; a signature for each secret that is good at the moment."""
    timestamp = str(int(at.timestamp()))
    signatures = [signature(one, message_id, timestamp, body) for one in secrets_]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }
