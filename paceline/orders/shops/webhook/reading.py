"""Orders and refunds as any shop can say them; docs/shops.md describes the message."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from paceline.orders.shops import facts
from paceline.orders.shops.facts import (
    LineFacts,
    OrderFacts,
    Reading,
    RefundedLine,
    RefundFacts,
    Unreadable,
)

ORDER_TYPES = frozenset(
    {"order.created", "order.updated", "order.paid", "order.shipped", "order.cancelled"}
)
REFUND_TYPES = frozenset({"refund.created", "refund.updated"})


def read(_topic: str, body: bytes, currency: str) -> Reading:
    """What a message holds. ``currency`` counts where an order names none."""
    said = facts.document(body)
    kind = facts.text(said.get("type"))
    if kind in ORDER_TYPES:
        return Reading(orders=(read_order(facts.mapping(said.get("data"), "data"), currency),))
    if kind in REFUND_TYPES:
        refund = facts.mapping(said.get("data"), "data")
        return Reading(refunds=(_refund(refund, facts.identity(refund.get("order"), "order")),))
    if not kind:
        raise Unreadable("missing", field="type")
    return Reading(ignored="ping" if kind == "ping" else "other_topic")


def read_order(said: Mapping[str, Any], currency: str) -> OrderFacts:
    order_id = facts.identity(said.get("id"), "id")
    customer = said.get("customer") or {}
    customer = customer if isinstance(customer, dict) else {"name": customer}
    coupons = said.get("coupons") or []
    return OrderFacts(
        order_id=order_id,
        number=facts.text(said.get("number"), most=60) or order_id,
        updated_at=facts.moment(said.get("updated_at"), "updated_at"),
        ordered_at=facts.moment(said.get("ordered_at"), "ordered_at"),
        currency=facts.currency(said.get("currency"), currency),
        lines=tuple(_line(one) for one in facts.listing(said.get("lines"), "lines")),
        is_placed=facts.text(said.get("status")) != "draft",
        cancelled_at=facts.maybe_moment(said.get("cancelled_at"), "cancelled_at"),
        paid_at=facts.maybe_moment(said.get("paid_at"), "paid_at"),
        invoiced_at=facts.maybe_moment(said.get("invoiced_at"), "invoiced_at"),
        shipped_at=facts.maybe_moment(said.get("shipped_at"), "shipped_at"),
        final_at=facts.maybe_moment(said.get("returnable_until"), "returnable_until"),
        refunds=tuple(
            _refund(one, order_id) for one in facts.listing(said.get("refunds"), "refunds")
        ),
        tax=facts.maybe_number(said.get("tax"), "tax"),
        shipping=facts.maybe_number(said.get("shipping"), "shipping"),
        discount=facts.maybe_number(said.get("discount"), "discount"),
        buyer=facts.text(customer.get("name")),
        buyer_id=facts.text(customer.get("id"), most=60),
        buyer_email=facts.text(customer.get("email"), most=254),
        buyer_phone=facts.text(customer.get("phone"), most=40),
        buyer_country=facts.text(customer.get("country"), most=2).upper(),
        coupons=tuple(facts.text(one, most=120) for one in coupons if one)
        if isinstance(coupons, list)
        else (),
        referral=facts.text(said.get("referral"), most=120),
        agent=facts.text(said.get("agent"), most=120),
        salesperson=facts.text(said.get("salesperson"), most=120),
        channel=facts.text(said.get("channel"), most=80),
        territory=facts.text(said.get("territory"), most=80),
    )


def _line(said: Mapping[str, Any]) -> LineFacts:
    return LineFacts(
        line_id=facts.line_identity(said.get("id"), "lines.id"),
        product=facts.text(said.get("product")),
        category=facts.text(said.get("category"), most=120),
        quantity=facts.number(said.get("quantity", 1), "lines.quantity"),
        amount=facts.number(said.get("amount"), "lines.amount"),
        cost=facts.maybe_number(said.get("cost"), "lines.cost"),
        tax=facts.maybe_number(said.get("tax"), "lines.tax"),
        discount=facts.maybe_number(said.get("discount"), "lines.discount"),
    )


def _refund(said: Mapping[str, Any], order_id: str) -> RefundFacts:
    at = facts.moment(said.get("at"), "refunds.at")
    updated_at = said.get("updated_at")
    return RefundFacts(
        refund_id=facts.line_identity(said.get("id"), "refunds.id"),
        order_id=order_id,
        at=at,
        updated_at=facts.moment(updated_at, "refunds.updated_at") if updated_at else at,
        lines=tuple(
            RefundedLine(
                facts.line_identity(one.get("line"), "refunds.lines.line"),
                facts.number(one.get("quantity", 0), "refunds.lines.quantity"),
                facts.number(one.get("amount"), "refunds.lines.amount"),
            )
            for one in facts.listing(said.get("lines"), "refunds.lines")
        ),
        amount=facts.maybe_number(said.get("amount"), "refunds.amount") or Decimal(0),
    )
