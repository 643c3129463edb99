"""Shopify's Admin API (GraphQL): orders changed since a moment, each with all that is in it.

Nothing is changed in the shop. What a question may cost, and how long to wait for that, stands in
every answer: https://shopify.dev/docs/api/usage/limits
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any

from paceline.orders.shops import asking
from paceline.orders.shops.asking import TRIES, Asker, AskingFailed, Pause
from paceline.orders.shops.facts import LINES_MAX, text
from paceline.orders.shops.shopify import questions
from paceline.orders.shops.shopify.answers import TOPIC

__all__ = ["TOPIC", "changed_orders", "connected", "one_order", "refunds_of"]

VERSION = "2026-10"
PATH = f"/admin/api/{VERSION}/graphql.json"
LIST_SIZE, PAGE_SIZE, PAGE_SIZE_LEAST = 100, 40, 5


class _Changed(Exception):
    """The order was changed while its pages were read."""


def connected(
    address: str, access: Mapping[str, str], pause: Pause
) -> AbstractContextManager[Asker]:
    return asking.connected(
        address, headers={"X-Shopify-Access-Token": access.get("token", "")}, pause=pause
    )


def changed_orders(asker: Asker, since: datetime) -> Iterator[Mapping[str, Any]]:
    """Every order that changed, the earliest change first."""
    moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    given = {"filter": f"updated_at:>='{moment}'", "size": LIST_SIZE}
    for page in _pages(asker, questions.CHANGED, given, "orders"):
        for one in _nodes(page["orders"]):
            order = _whole_order(asker, text(one.get("id")))
            if order is not None:  # it may be deleted since
                yield order


def one_order(asker: Asker, order_id: str) -> Mapping[str, Any]:
    order = _whole_order(asker, f"gid://shopify/Order/{order_id}")
    if order is None:
        raise AskingFailed("order_gone", order=order_id)
    return order


def refunds_of(_asker: Asker, _order_id: str) -> None:
    """Orders carry their refunds with all positions: there is nothing to ask for."""


def _whole_order(asker: Asker, order_id: str) -> Mapping[str, Any] | None:
    """One order as it is at one moment, with all its positions and refunds."""
    for _attempt in range(TRIES):
        try:
            return _order(asker, order_id)
        except _Changed:
            continue
    raise AskingFailed("order_restless", order=order_id.rpartition("/")[2])


def _order(asker: Asker, order_id: str) -> Mapping[str, Any] | None:
    listed = questions.LISTED_MAX + 1
    given = {"id": order_id, "size": PAGE_SIZE, "listed": listed}
    order = _ask(asker, questions.ORDER, given).get("order")
    if order is None:
        return None
    lines = [*_nodes(_mapping(order).get("lineItems"))]
    cursor = _cursor(order["lineItems"])
    if cursor is not None:
        given = {"id": order_id, "size": PAGE_SIZE, "after": cursor}
        for page in _pages(asker, questions.MORE_LINES, given, "order", "lineItems"):
            if _mapping(page["order"]).get("updatedAt") != order.get("updatedAt"):
                raise _Changed
            lines += _nodes(page["order"]["lineItems"])
            if len(lines) > LINES_MAX:  # it cannot be taken in, which its reading says
                break
    for name in ("refunds", "transactions", "fulfillments"):
        found = order.get(name)
        if not isinstance(found, list) or len(found) >= listed:
            raise AskingFailed("unreadable")
    refunds = [_refund(asker, text(_mapping(one).get("id"))) for one in order["refunds"]]
    return {**order, "lineItems": {"nodes": lines}, "refunds": refunds}


def _refund(asker: Asker, refund_id: str) -> Mapping[str, Any]:
    """A refund with its positions. What was refunded does not change afterwards."""
    refund: Mapping[str, Any] = {}
    lines: list[Mapping[str, Any]] = []
    given = {"id": refund_id, "size": PAGE_SIZE}
    for page in _pages(asker, questions.REFUND, given, "refund", "refundLineItems"):
        refund = page["refund"]
        lines += _nodes(refund["refundLineItems"])
    return {**refund, "refundLineItems": {"nodes": lines}}


# One question


def _pages(
    asker: Asker, question: str, given: Mapping[str, Any], *way: str
) -> Iterator[Mapping[str, Any]]:
    """The answers to a question, page by page of the connection that lies on the ``way``."""
    given = dict(given)
    while True:
        page = _ask(asker, question, given)
        connection: Any = page
        for name in way:
            connection = _mapping(connection).get(name)
        cursor = _cursor(connection)
        yield page
        if cursor is None:
            return
        if cursor == given.get("after"):
            raise AskingFailed("unreadable")
        given["after"] = cursor


def _ask(asker: Asker, question: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data of an answer that holds everything it was asked for.

    Waits for points where the shop has too few left, asks for less where a question costs too
    much, and takes nothing from an answer that names errors: half an order is no order.
    """
    given = dict(given)
    tries = 0
    while tries < TRIES:
        answer = asker.post(PATH, {"query": question, "variables": given})
        served = answer.headers.get("x-shopify-api-version", VERSION)
        if served != VERSION:
            asker.warn("other_version", asked=VERSION, served=text(served, most=20))
        said = _mapping(answer.content)
        errors = said.get("errors")
        cost = _cost(said)
        if not errors:
            if cost is not None and cost.missing > 0:
                asker.wait(cost.seconds)
            return _mapping(said.get("data"))
        code, error = _first_error(errors)
        if code == "MAX_COST_EXCEEDED" and given["size"] > PAGE_SIZE_LEAST:
            given["size"] = max(PAGE_SIZE_LEAST, given["size"] // 2)
            continue
        if code not in {"THROTTLED", "INTERNAL_SERVER_ERROR", "TIMEOUT"}:
            raise _refusal(code, error)
        asker.wait(max(1, cost.seconds) if code == "THROTTLED" and cost else 2**tries)
        tries += 1
    raise AskingFailed("too_busy" if code == "THROTTLED" else "failed", status=200)


class _Cost:
    """How many points are missing for a question like the last, and when they will be there."""

    def __init__(self, asked: Decimal, available: Decimal, per_second: Decimal) -> None:
        self.missing = asked - available
        whole = (self.missing / per_second).to_integral_value(ROUND_CEILING)
        self.seconds = int(whole)


def _cost(said: Mapping[str, Any]) -> _Cost | None:
    try:
        cost = said["extensions"]["cost"]
        status = cost["throttleStatus"]
        asked, available, per_second = (
            Decimal(str(one))
            for one in (
                cost["requestedQueryCost"],
                status["currentlyAvailable"],
                status["restoreRate"],
            )
        )
        return _Cost(asked, available, per_second)
    except (KeyError, TypeError, ArithmeticError, InvalidOperation, ValueError):
        return None


def _first_error(errors: Any) -> tuple[str, Mapping[str, Any]]:
    """The error that decides what is done: one that says to wait counts before others.

    Some answers name errors as a text alone.
    """
    if isinstance(errors, str):
        return "", {"message": errors}
    if not isinstance(errors, list) or not all(isinstance(one, dict) for one in errors):
        raise AskingFailed("unreadable")
    coded = [(_code(one), one) for one in errors]
    return next((one for one in coded if one[0] == "THROTTLED"), coded[0])


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    code = text(extensions.get("code")) if isinstance(extensions, dict) else ""
    return code or ("THROTTLED" if error.get("message") == "Throttled" else "")


def _refusal(code: str, error: Mapping[str, Any]) -> AskingFailed:
    if code == "ACCESS_DENIED":
        path = error.get("path")
        where = ".".join(map(str, path)) if isinstance(path, list) else ""
        return AskingFailed("part_refused", part=text(where, most=120) or "orders")
    if code in {"SHOP_INACTIVE", "SHOP_FROZEN"}:
        return AskingFailed("shop_frozen", status=200)
    if code == "MAX_COST_EXCEEDED":
        return AskingFailed("too_costly")
    return AskingFailed("question_refused", said=text(error.get("message")) or code)


# Shapes


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise AskingFailed("unreadable")
    return value


def _nodes(connection: Any) -> list[Mapping[str, Any]]:
    nodes = _mapping(connection).get("nodes")
    if not isinstance(nodes, list) or not all(isinstance(one, dict) for one in nodes):
        raise AskingFailed("unreadable")
    return nodes


def _cursor(connection: Any) -> str | None:
    """Where the next page begins; None after the last."""
    info = _mapping(_mapping(connection).get("pageInfo"))
    if info.get("hasNextPage") is not True:
        return None
    cursor = info.get("endCursor")
    if not isinstance(cursor, str) or not cursor:
        raise AskingFailed("unreadable")
    return cursor
