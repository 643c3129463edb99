"""Shopify's Admin API (REST): orders changed since a moment, page by page by their cursor.

https://shopify.dev/docs/api/admin-rest/latest/resources/order
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from paceline.orders.shops import asking
from paceline.orders.shops.asking import Asker, AskingFailed, Pause

VERSION = "2025-10"
TOPIC = "orders/updated"
PAGE_SIZE = 250
_NEXT = re.compile(r'<([^>]+)>;\s*rel="?next"?')


def connected(
    address: str, access: Mapping[str, str], pause: Pause
) -> AbstractContextManager[Asker]:
    return asking.connected(
        address, headers={"X-Shopify-Access-Token": access.get("token", "")}, pause=pause
    )


def changed_orders(asker: Asker, since: datetime) -> Iterator[Mapping[str, Any]]:
    """Every order that changed, the earliest change first."""
    params: dict[str, str | int] = {
        "status": "any", "limit": PAGE_SIZE, "updated_at_min": since.isoformat(),
        "order": "updated_at asc",
    }  # fmt: skip
    while True:
        answer = asker.get(f"/admin/api/{VERSION}/orders.json", params)
        yield from _orders(answer.content)
        found = _NEXT.search(answer.headers.get("link", ""))
        cursor = parse_qs(urlsplit(found[1]).query).get("page_info") if found else None
        if not cursor:
            return
        # Only the cursor is taken from the answer: the address stays ours.
        params = {"limit": PAGE_SIZE, "page_info": cursor[0]}


def one_order(asker: Asker, order_id: str) -> Mapping[str, Any]:
    content = asker.get(f"/admin/api/{VERSION}/orders/{order_id}.json").content
    order = content.get("order") if isinstance(content, dict) else None
    if not isinstance(order, dict):
        raise AskingFailed("unreadable")
    return order


def refunds_of(_asker: Asker, _order_id: str) -> None:
    """Orders carry their refunds with all positions: there is nothing to ask for."""


def _orders(content: Any) -> list[Mapping[str, Any]]:
    orders = content.get("orders") if isinstance(content, dict) else None
    if not isinstance(orders, list) or not all(isinstance(one, dict) for one in orders):
        raise AskingFailed("unreadable")
    return orders
