"""What Shopify's messages say of orders: its webhooks, and what it answers when it is asked.

Money is that of the shop (``shop_money``), never that shown to the buyer. A position counts with
its discounts taken off, and without tax where prices include it. What an order edit removed without
a refund is not sold (``current_quantity``). Gift cards are money paid in, not a sale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from paceline.kernel.money import MONEY_PLACES
from paceline.orders.shops import facts
from paceline.orders.shops.facts import (
    LineFacts,
    OrderFacts,
    Reading,
    RefundedLine,
    RefundFacts,
    Unreadable,
)
from paceline.orders.shops.shopify import answers

ORDER_TOPICS = frozenset(
    {
        "orders/create", "orders/updated", "orders/paid", "orders/cancelled", "orders/fulfilled",
        "orders/partially_fulfilled",
    }
)  # fmt: skip
PAID = frozenset({"paid", "partially_refunded", "refunded"})
# Adjustments named their kind until 2024-10; since then only those of this kind are told.
DISCREPANCIES = frozenset({None, "", "refund_discrepancy"})
REFERRALS = ("ref", "referral", "aff")
ZERO = Decimal(0)


def read(topic: str, body: bytes, currency: str) -> Reading:
    said = facts.document(body)
    if topic == answers.TOPIC:
        said, topic = answers.as_message(said), "orders/updated"
    if topic in ORDER_TOPICS:
        if said.get("test") is True:
            return Reading(ignored="test_order")
        return Reading(orders=(read_order(said, currency),))
    if topic == "refunds/create":
        return Reading(refunds=(_refund(said),))
    if topic == "orders/edited":
        edit = facts.mapping(said.get("order_edit"), "order_edit")
        return Reading(ask_order=facts.identity(edit.get("order_id"), "order_id"))
    if topic == "orders/delete":
        return Reading(deleted_order=facts.identity(said.get("id"), "id"))
    return Reading(ignored="other_topic")


def read_order(said: Mapping[str, Any], currency: str) -> OrderFacts:
    refunds = tuple(_refund(one) for one in facts.listing(said.get("refunds"), "refunds"))
    taxes_included = said.get("taxes_included") is True
    returned = _returned(refunds)
    fulfilled = said.get("fulfillment_status") == "fulfilled"
    codes = facts.listing(said.get("discount_codes"), "discount_codes")
    notes = {
        facts.text(one.get("name")).casefold(): facts.text(one.get("value"), most=120)
        for one in facts.listing(said.get("note_attributes"), "note_attributes")
    }
    customer = facts.maybe_mapping(said.get("customer"))
    order_id = facts.identity(said.get("id"), "id")
    return OrderFacts(
        order_id=order_id,
        number=facts.text(said.get("name"), most=60).removeprefix("#") or order_id,
        updated_at=facts.moment(said.get("updated_at"), "updated_at"),
        ordered_at=facts.moment(said.get("processed_at") or said.get("created_at"), "processed_at"),
        currency=facts.currency(said.get("currency"), currency),
        lines=tuple(
            _line(one, returned, taxes_included=taxes_included)
            for one in facts.listing(said.get("line_items"), "line_items")
            if one.get("gift_card") is not True
        ),
        taxes_included=taxes_included,
        cancelled_at=facts.maybe_moment(said.get("cancelled_at"), "cancelled_at"),
        is_paid=facts.text(said.get("financial_status")) in PAID,
        paid_since=facts.maybe_moment(said.get("paid_since"), "paid_since"),
        shipped_at=_shipped_at(said) if fulfilled else None,
        refunds=refunds,
        tax=facts.maybe_number(said.get("total_tax"), "total_tax"),
        shipping=_shipping(said),
        discount=facts.maybe_number(said.get("total_discounts"), "total_discounts"),
        buyer=_buyer(said, customer),
        buyer_id=facts.text(customer.get("id"), most=60),
        buyer_email=facts.text(said.get("email") or customer.get("email"), most=254),
        buyer_phone=facts.text(said.get("phone") or customer.get("phone"), most=40),
        buyer_country=_country(said),
        coupons=tuple(facts.text(one.get("code"), most=120) for one in codes if one.get("code")),
        referral=_referral(said, notes),
        agent=_first(notes, ("agent", "chat agent", "chat_agent")),
        salesperson=_first(notes, ("salesperson", "sales", "seller")),
        channel=facts.text(said.get("source_name"), most=80),
        territory=facts.text(
            facts.maybe_mapping(said.get("shipping_address")).get("province"), most=80
        ),
    )


def _line(
    said: Mapping[str, Any], returned: Mapping[str, Decimal], *, taxes_included: bool
) -> LineFacts:
    line_id = facts.line_identity(said.get("id"), "line_items.id")
    quantity = facts.number(said.get("quantity"), "line_items.quantity")
    price = facts.number(said.get("price"), "line_items.price")
    allocations = facts.listing(said.get("discount_allocations"), "discount_allocations")
    discount = sum(
        (facts.number(one.get("amount"), "discount_allocations.amount") for one in allocations),
        ZERO,
    )
    if not allocations:  # older orders carry their own sum only
        discount = facts.maybe_number(said.get("total_discount"), "total_discount") or ZERO
    taxes = facts.listing(said.get("tax_lines"), "tax_lines")
    tax = sum((facts.number(one.get("price"), "tax_lines.price") for one in taxes), ZERO)
    amount = price * quantity - discount - (tax if taxes_included else ZERO)
    current = facts.maybe_number(said.get("current_quantity"), "current_quantity")
    sold = quantity if current is None else min(quantity, current + returned.get(line_id, ZERO))
    if sold != quantity:
        # An edit took pieces away. Their part of the amount must be exact, or it is looked at.
        whole = (amount * sold).scaleb(MONEY_PLACES)
        if quantity <= 0 or whole % quantity:
            raise Unreadable("edited_unevenly", line=line_id)
        amount, quantity = (whole // quantity).scaleb(-MONEY_PLACES), sold
    return LineFacts(
        line_id=line_id,
        product=facts.text(said.get("sku") or said.get("title") or said.get("name")),
        category=facts.text(said.get("product_type"), most=120),
        quantity=quantity,
        amount=amount,
        tax=tax,
        discount=discount,
    )


def _returned(refunds: Iterable[RefundFacts]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for refund in refunds:
        for one in refund.lines:
            found[one.line_id] = found.get(one.line_id, ZERO) + one.quantity
    return found


def _refund(said: Mapping[str, Any]) -> RefundFacts:
    """Positions by their subtotal; of adjustments only what was given back beyond positions."""
    at = facts.moment(said.get("processed_at") or said.get("created_at"), "refunds.created_at")
    adjustments = facts.listing(said.get("order_adjustments"), "order_adjustments")
    beyond = sum(
        (
            facts.number(one.get("amount"), "order_adjustments.amount")
            for one in adjustments
            if one.get("kind") in DISCREPANCIES
        ),
        ZERO,
    )
    return RefundFacts(
        refund_id=facts.line_identity(said.get("id"), "refunds.id"),
        order_id=facts.identity(said.get("order_id"), "refunds.order_id"),
        at=at,
        updated_at=at,
        lines=tuple(
            RefundedLine(
                facts.line_identity(one.get("line_item_id"), "line_item_id"),
                facts.number(one.get("quantity"), "refund_line_items.quantity"),
                facts.number(one.get("subtotal"), "refund_line_items.subtotal"),
                facts.maybe_number(one.get("total_tax"), "refund_line_items.total_tax") or ZERO,
            )
            for one in facts.listing(said.get("refund_line_items"), "refund_line_items")
            if not _is_gift_card(one)
        ),
        amount=-beyond,
    )


def _is_gift_card(said: Mapping[str, Any]) -> bool:
    line = said.get("line_item")
    return isinstance(line, dict) and line.get("gift_card") is True


def _shipped_at(said: Mapping[str, Any]) -> datetime | None:
    sent = [
        facts.moment(one.get("created_at"), "fulfillments.created_at")
        for one in facts.listing(said.get("fulfillments"), "fulfillments")
        if one.get("status") == "success"
    ]
    return max(sent, default=None)


def _shipping(said: Mapping[str, Any]) -> Decimal | None:
    prices = [
        facts.maybe_number(one.get("price"), "shipping_lines.price") or ZERO
        for one in facts.listing(said.get("shipping_lines"), "shipping_lines")
    ]
    return sum(prices, ZERO) if prices else None


def _buyer(said: Mapping[str, Any], customer: Mapping[str, Any]) -> str:
    names = (customer.get("first_name"), customer.get("last_name"))
    name = " ".join(filter(None, map(facts.text, names)))
    return name or facts.text(said.get("email"))


def _country(said: Mapping[str, Any]) -> str:
    """Where the buyer is, for reading their phone number: ISO 3166."""
    for name in ("billing_address", "shipping_address"):
        code = facts.text(facts.maybe_mapping(said.get(name)).get("country_code"), most=2)
        if code:
            return code.upper()
    return ""


def _referral(said: Mapping[str, Any], notes: Mapping[str, str]) -> str:
    """The mark in the link that led to the shop: ``?ref=…``."""
    landed = facts.text(said.get("landing_site"), most=2000)
    given = parse_qs(urlsplit(landed).query) if landed else {}
    for name in REFERRALS:
        if given.get(name):
            return facts.text(given[name][0], most=120)
    return _first(notes, REFERRALS)


def _first(notes: Mapping[str, str], names: Iterable[str]) -> str:
    return next((notes[name] for name in names if notes.get(name)), "")
