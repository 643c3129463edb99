"""WooCommerce's REST API v3: orders modified since a moment, and what was refunded of one.

Pages are asked for by the last change seen, not by number: an order that changes meanwhile moves to
the end and would push another over the edge of a numbered page.

https://woocommerce.github.io/woocommerce-rest-api-docs/#list-all-orders
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

from paceline.orders.shops import asking
from paceline.orders.shops.asking import Asker, AskingFailed, Pause

TOPIC = "order.updated"
PAGE_SIZE = 100
SECOND = timedelta(seconds=1)
ORDERS = "/wp-json/wc/v3/orders"


def connected(
    address: str, access: Mapping[str, str], pause: Pause
) -> AbstractContextManager[Asker]:
    return asking.connected(
        address, auth=(access.get("key", ""), access.get("secret", "")), pause=pause
    )


def changed_orders(asker: Asker, since: datetime) -> Iterator[Mapping[str, Any]]:
    """Every order that changed, the earliest change first; the same change once."""
    after, page = since.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds"), 1
    seen: set[tuple[Any, Any]] = set()
    while True:
        params: dict[str, str | int] = {
            "modified_after": after, "dates_are_gmt": "true", "orderby": "modified",
            "order": "asc", "per_page": PAGE_SIZE, "page": page,
        }  # fmt: skip
        orders = _listed(asker.get(ORDERS, params).content)
        for order in orders:
            change = (order.get("id"), order.get("date_modified_gmt"))
            if change not in seen:
                seen.add(change)
                yield order
        if len(orders) < PAGE_SIZE:
            return
        last = str(orders[-1].get("date_modified_gmt"))
        # ``modified_after`` leaves its own second out, so the next page begins one second before.
        before = _second_before(last)
        after, page = (before, 1) if before > after else (after, page + 1)


def one_order(asker: Asker, order_id: str) -> Mapping[str, Any]:
    order = asker.get(f"{ORDERS}/{order_id}").content
    if not isinstance(order, dict):
        raise AskingFailed("unreadable")
    return order


def refunds_of(asker: Asker, order_id: str) -> tuple[str, Mapping[str, Any]]:
    """The refunds of an order with their positions: a message of its own topic."""
    found = _listed(asker.get(f"{ORDERS}/{order_id}/refunds", {"per_page": PAGE_SIZE}).content)
    return "order.refunds", {"order_id": order_id, "refunds": found}


def _listed(content: Any) -> list[Mapping[str, Any]]:
    if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
        raise AskingFailed("unreadable")
    return content


def _second_before(moment: str) -> str:
    try:
        found = datetime.fromisoformat(moment)
    except ValueError as error:
        raise AskingFailed("unreadable") from error
    return (found.replace(microsecond=0) - SECOND).isoformat(timespec="seconds")
