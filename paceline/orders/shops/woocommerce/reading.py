"""What WooCommerce's messages say of orders (REST v3 order and refund resources).

``line_items.total`` is net of coupons and tax, in the currency of the order. Moments are those in
UTC (``…_gmt``). Messages name refunds with their sum only: their positions are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
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

ORDER_TOPICS = frozenset({"order.created", "order.updated", "order.restored"})
# Not an order yet; on-hold is one that waits for its money.
DRAFTS = frozenset({"pending", "checkout-draft", "auto-draft"})
CANCELLED = frozenset({"cancelled", "failed", "trash"})
REFERRALS = ("ref", "_ref", "referral", "_referral")
AGENTS = ("agent", "_agent", "chat_agent", "_chat_agent")
SALESPEOPLE = ("salesperson", "_salesperson")
ZERO = Decimal(0)


def read(topic: str, body: bytes, currency: str) -> Reading:
    if topic == "order.deleted":
        said = facts.document(body)
        return Reading(deleted_order=facts.identity(said.get("id"), "id"))
    if topic == "order.refunds":
        said = facts.document(body)
        order_id = facts.identity(said.get("order_id"), "order_id")
        found = facts.listing(said.get("refunds"), "refunds")
        return Reading(refunds=tuple(read_refund(one, order_id) for one in found))
    if topic not in ORDER_TOPICS:
        return Reading(ignored="other_topic")
    return Reading(orders=(read_order(facts.document(body), currency),))


def read_order(said: Mapping[str, Any], currency: str) -> OrderFacts:
    order_id = facts.identity(said.get("id"), "id")
    status = facts.text(said.get("status"))
    paid_at = _maybe_moment(said, "date_paid_gmt")
    billing = facts.maybe_mapping(said.get("billing"))
    names = (billing.get("first_name"), billing.get("last_name"))
    buyer = " ".join(filter(None, map(facts.text, names))) or facts.text(billing.get("company"))
    meta = {
        facts.text(one.get("key")): facts.text(one.get("value"), most=120)
        for one in facts.listing(said.get("meta_data"), "meta_data")
    }
    coupons = facts.listing(said.get("coupon_lines"), "coupon_lines")
    return OrderFacts(
        order_id=order_id,
        number=facts.text(said.get("number"), most=60) or order_id,
        updated_at=_moment(said, "date_modified_gmt"),
        ordered_at=_moment(said, "date_created_gmt"),
        currency=facts.currency(said.get("currency"), currency),
        lines=tuple(_line(one) for one in facts.listing(said.get("line_items"), "line_items")),
        is_placed=status not in DRAFTS,
        is_cancelled=status in CANCELLED,
        paid_at=paid_at,
        shipped_at=_maybe_moment(said, "date_completed_gmt"),
        unknown_refunds=tuple(
            facts.line_identity(one.get("id"), "refunds.id")
            for one in facts.listing(said.get("refunds"), "refunds")
        ),
        tax=facts.maybe_number(said.get("total_tax"), "total_tax"),
        shipping=facts.maybe_number(said.get("shipping_total"), "shipping_total"),
        discount=facts.maybe_number(said.get("discount_total"), "discount_total"),
        buyer=buyer or facts.text(billing.get("email")),
        buyer_id="" if said.get("customer_id") in (None, 0) else facts.text(said["customer_id"]),
        buyer_email=facts.text(billing.get("email"), most=254),
        buyer_phone=facts.text(billing.get("phone"), most=40),
        buyer_country=facts.text(billing.get("country"), most=2).upper(),
        coupons=tuple(facts.text(one.get("code"), most=120) for one in coupons if one.get("code")),
        referral=_first(meta, REFERRALS),
        agent=_first(meta, AGENTS),
        salesperson=_first(meta, SALESPEOPLE),
        channel=facts.text(said.get("created_via"), most=80),
        territory=facts.text(billing.get("state"), most=80),
    )


def read_refund(said: Mapping[str, Any], order_id: str) -> RefundFacts:
    """A refund as ``/orders/<id>/refunds`` tells it: positions negative, by the id they refund.

    A refund without positions gives back a sum with tax in it. What of it was sales is not said.
    """
    at = _moment(said, "date_created_gmt")
    refund_id = facts.line_identity(said.get("id"), "refunds.id")
    lines = []
    for one in facts.listing(said.get("line_items"), "refunds.line_items"):
        meta = {
            facts.text(each.get("key")): each.get("value")
            for each in facts.listing(one.get("meta_data"), "meta_data")
        }
        line_id = facts.line_identity(meta.get("_refunded_item_id"), "_refunded_item_id")
        quantity = facts.number(one.get("quantity", 0), "refunds.quantity")
        amount = facts.number(one.get("total"), "refunds.total")
        lines.append(RefundedLine(line_id, abs(quantity), abs(amount)))
    others = ("shipping_lines", "fee_lines", "tax_lines")
    if not lines and not any(said.get(name) for name in others):
        raise Unreadable("refund_without_positions", refund=refund_id)
    return RefundFacts(refund_id, order_id, at, at, tuple(lines))


def _line(said: Mapping[str, Any]) -> LineFacts:
    subtotal = facts.maybe_number(said.get("subtotal"), "line_items.subtotal")
    total = facts.number(said.get("total"), "line_items.total")
    return LineFacts(
        line_id=facts.line_identity(said.get("id"), "line_items.id"),
        product=facts.text(said.get("sku") or said.get("name")),
        quantity=facts.number(said.get("quantity"), "line_items.quantity"),
        amount=total,
        tax=facts.maybe_number(said.get("total_tax"), "line_items.total_tax"),
        discount=None if subtotal is None else subtotal - total,
    )


def _moment(said: Mapping[str, Any], name: str) -> datetime:
    value = said.get(name)
    if not value:
        raise Unreadable("missing", field=name)
    return facts.moment(f"{value}+00:00" if "+" not in str(value) else value, name)


def _maybe_moment(said: Mapping[str, Any], name: str) -> datetime | None:
    return _moment(said, name) if said.get(name) else None


def _first(meta: Mapping[str, str], names: Iterable[str]) -> str:
    return next((meta[name] for name in names if meta.get(name)), "")
