"""An order as Shopify's GraphQL answers name it, in the words of its webhooks.

One reading then decides what both mean, under the same ids: ``gid://shopify/Order/5001`` is the
order that webhooks call ``5001``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from paceline.orders.shops import facts
from paceline.orders.shops.facts import Unreadable

TOPIC = "graphql/order"
_GID = re.compile(r"gid://shopify/[A-Za-z]+/([0-9]{1,20})(?:\?.*)?")


def as_message(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """What ``orders/updated`` would say of the order, and ``paid_since``, which only this tells."""
    order_id = _id(said.get("id"), "id")
    customer = facts.maybe_mapping(said.get("customer"))
    journey = facts.maybe_mapping(said.get("customerJourneySummary"))
    return {
        "id": order_id,
        "name": said.get("name"),
        "test": said.get("test"),
        "created_at": said.get("createdAt"),
        "processed_at": said.get("processedAt"),
        "updated_at": said.get("updatedAt"),
        "cancelled_at": said.get("cancelledAt"),
        "currency": said.get("currencyCode"),
        "taxes_included": said.get("taxesIncluded"),
        "financial_status": facts.text(said.get("displayFinancialStatus")).lower(),
        "fulfillment_status": facts.text(said.get("displayFulfillmentStatus")).lower(),
        "source_name": said.get("sourceName"),
        "email": said.get("email"),
        "phone": said.get("phone"),
        "total_tax": _maybe_amount(said.get("totalTaxSet")),
        "total_discounts": _maybe_amount(said.get("totalDiscountsSet")),
        "landing_site": facts.maybe_mapping(journey.get("lastVisit")).get("landingPage"),
        "customer": {
            "id": _id(customer["id"], "customer.id") if customer.get("id") else None,
            "first_name": customer.get("firstName"),
            "last_name": customer.get("lastName"),
            "email": facts.maybe_mapping(customer.get("defaultEmailAddress")).get("emailAddress"),
            "phone": facts.maybe_mapping(customer.get("defaultPhoneNumber")).get("phoneNumber"),
        },
        "discount_codes": [{"code": one} for one in said.get("discountCodes") or ()],
        "note_attributes": [
            {"name": one.get("key"), "value": one.get("value")}
            for one in facts.listing(said.get("customAttributes"), "customAttributes")
        ],
        "billing_address": _address(said.get("billingAddress")),
        "shipping_address": _address(said.get("shippingAddress")),
        "shipping_lines": [
            {"price": _amount(one.get("originalPriceSet"), "shippingLines")}
            for one in _nodes(said, "shippingLines")
        ],
        "fulfillments": [
            {
                "status": facts.text(one.get("status")).lower(),
                "created_at": one.get("createdAt"),
            }
            for one in facts.listing(said.get("fulfillments"), "fulfillments")
        ],
        "line_items": [_line(one) for one in _nodes(said, "lineItems")],
        "refunds": [
            _refund(one, order_id) for one in facts.listing(said.get("refunds"), "refunds")
        ],
        "paid_since": _paid_since(said),
    }


def _line(said: Mapping[str, Any]) -> Mapping[str, Any]:
    allocations = facts.listing(said.get("discountAllocations"), "discountAllocations")
    taxes = facts.listing(said.get("taxLines"), "taxLines")
    return {
        "id": _id(said.get("id"), "lineItems.id"),
        "sku": said.get("sku"),
        "title": said.get("title"),
        "name": said.get("name"),
        "quantity": said.get("quantity"),
        "current_quantity": said.get("currentQuantity"),
        "gift_card": said.get("isGiftCard"),
        "price": _amount(said.get("originalUnitPriceSet"), "originalUnitPriceSet"),
        "total_discount": _maybe_amount(said.get("totalDiscountSet")),
        "discount_allocations": [
            {"amount": _amount(one.get("allocatedAmountSet"), "allocatedAmountSet")}
            for one in allocations
        ],
        "tax_lines": [{"price": _amount(one.get("priceSet"), "taxLines")} for one in taxes],
    }


def _refund(said: Mapping[str, Any], order_id: str) -> Mapping[str, Any]:
    return {
        "id": _id(said.get("id"), "refunds.id"),
        "order_id": order_id,
        "created_at": said.get("createdAt"),
        "order_adjustments": [
            {"amount": _amount(one.get("amountSet"), "orderAdjustments")}
            for one in _nodes(said, "orderAdjustments")
        ],
        "refund_line_items": [
            {
                "line_item_id": _id(
                    facts.mapping(one.get("lineItem"), "lineItem").get("id"), "lineItem.id"
                ),
                "line_item": {"gift_card": one["lineItem"].get("isGiftCard")},
                "quantity": one.get("quantity"),
                "subtotal": _amount(one.get("subtotalSet"), "subtotalSet"),
                "total_tax": _maybe_amount(one.get("totalTaxSet")),
            }
            for one in _nodes(said, "refundLineItems")
        ],
    }


def _paid_since(said: Mapping[str, Any]) -> str | None:
    """When the last payment went through; whether that was enough is said by the status."""
    moments = [
        facts.moment(one.get("processedAt"), "transactions.processedAt")
        for one in facts.listing(said.get("transactions"), "transactions")
        if one.get("kind") in {"SALE", "CAPTURE"} and one.get("status") == "SUCCESS"
        and one.get("processedAt")
    ]  # fmt: skip
    return max(moments).isoformat() if moments else None


def _id(value: Any, name: str) -> str:
    found = _GID.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Unreadable("missing", field=name)
    return found[1]


def _nodes(said: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return facts.listing(facts.maybe_mapping(said.get(name)).get("nodes"), name)


def _amount(bag: Any, name: str) -> Any:
    found = _maybe_amount(bag)
    if found is None:
        raise Unreadable("missing", field=name)
    return found


def _maybe_amount(bag: Any) -> Any:
    return facts.maybe_mapping(facts.maybe_mapping(bag).get("shopMoney")).get("amount")


def _address(said: Any) -> Mapping[str, Any]:
    address = facts.maybe_mapping(said)
    return {"country_code": address.get("countryCodeV2"), "province": address.get("province")}
