"""Shopify's Admin API on this machine: GraphQL over the documented types, with points and limits.

Questions are checked and answered by a GraphQL engine of its own, so that what is asked must be
in the schema and what is answered has its shape. Orders are kept as webhooks tell them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLResolveInfo, build_schema, graphql_sync, parse
from graphql.language import FieldNode, IntValueNode, OperationDefinitionNode, SelectionSetNode
from graphql.language.ast import VariableNode

from paceline.orders.shops.shopify.asking import VERSION
from tests.shops.server import Answer, Asked

_CONNECTED = ("Order", "LineItem", "RefundLineItem", "OrderAdjustment", "ShippingLine")
SCHEMA = build_schema(
    """
    scalar DateTime
    scalar Decimal
    scalar URL
    type Query {
      orders(first: Int, after: String, query: String, sortKey: OrderSortKeys = PROCESSED_AT,
             reverse: Boolean = false): OrderConnection!
      order(id: ID!): Order
      refund(id: ID!): Refund
    }
    enum OrderSortKeys { CREATED_AT ID PROCESSED_AT UPDATED_AT }
    enum OrderDisplayFinancialStatus { AUTHORIZED EXPIRED PAID PARTIALLY_PAID PARTIALLY_REFUNDED
      PENDING REFUNDED VOIDED }
    enum OrderDisplayFulfillmentStatus { FULFILLED IN_PROGRESS ON_HOLD OPEN PARTIALLY_FULFILLED
      PENDING_FULFILLMENT RESTOCKED SCHEDULED UNFULFILLED }
    enum FulfillmentStatus { CANCELLED ERROR FAILURE OPEN PENDING SUCCESS }
    enum OrderTransactionKind { AUTHORIZATION CAPTURE CHANGE REFUND SALE VOID }
    enum OrderTransactionStatus { AWAITING_RESPONSE ERROR FAILURE PENDING SUCCESS UNKNOWN }
    enum CurrencyCode { USD TWD JPY }
    enum CountryCode { TW US JP }
    type MoneyV2 { amount: Decimal!  currencyCode: CurrencyCode! }
    type MoneyBag { shopMoney: MoneyV2!  presentmentMoney: MoneyV2! }
    type PageInfo { hasNextPage: Boolean!  hasPreviousPage: Boolean!
      startCursor: String  endCursor: String }
    type Attribute { key: String!  value: String }
    type MailingAddress { countryCodeV2: CountryCode  province: String }
    type CustomerEmailAddress { emailAddress: String! }
    type CustomerPhoneNumber { phoneNumber: String! }
    type Customer { id: ID!  firstName: String  lastName: String
      defaultEmailAddress: CustomerEmailAddress  defaultPhoneNumber: CustomerPhoneNumber }
    type CustomerVisit { landingPage: URL }
    type CustomerJourneySummary { ready: Boolean!  firstVisit: CustomerVisit
      lastVisit: CustomerVisit }
    type Fulfillment { status: FulfillmentStatus!  createdAt: DateTime! }
    type OrderTransaction { kind: OrderTransactionKind!  status: OrderTransactionStatus!
      processedAt: DateTime }
    type DiscountAllocation { allocatedAmountSet: MoneyBag! }
    type TaxLine { priceSet: MoneyBag! }
    type LineItem { id: ID!  sku: String  title: String!  name: String!  quantity: Int!
      currentQuantity: Int!  isGiftCard: Boolean!  originalUnitPriceSet: MoneyBag!
      totalDiscountSet: MoneyBag!  discountAllocations: [DiscountAllocation!]!
      taxLines(first: Int): [TaxLine!]! }
    type RefundLineItem { quantity: Int!  lineItem: LineItem!  subtotalSet: MoneyBag!
      totalTaxSet: MoneyBag! }
    type OrderAdjustment { id: ID!  amountSet: MoneyBag!  taxAmountSet: MoneyBag! }
    type ShippingLine { originalPriceSet: MoneyBag! }
    type Refund { id: ID!  createdAt: DateTime
      orderAdjustments(first: Int, after: String): OrderAdjustmentConnection!
      refundLineItems(first: Int, after: String): RefundLineItemConnection! }
    type Order { id: ID!  name: String!  test: Boolean!  createdAt: DateTime!
      processedAt: DateTime!  updatedAt: DateTime!  cancelledAt: DateTime
      currencyCode: CurrencyCode!  taxesIncluded: Boolean!
      displayFinancialStatus: OrderDisplayFinancialStatus
      displayFulfillmentStatus: OrderDisplayFulfillmentStatus!
      sourceName: String  email: String  phone: String  discountCodes: [String!]!
      totalTaxSet: MoneyBag  totalDiscountsSet: MoneyBag  customAttributes: [Attribute!]!
      customer: Customer  billingAddress: MailingAddress  shippingAddress: MailingAddress
      customerJourneySummary: CustomerJourneySummary
      fulfillments(first: Int): [Fulfillment!]!
      transactions(first: Int): [OrderTransaction!]!
      refunds(first: Int): [Refund!]!
      shippingLines(first: Int, after: String): ShippingLineConnection!
      lineItems(first: Int, after: String): LineItemConnection! }
    """
    + "".join(
        f"type {one}Connection {{ nodes: [{one}!]!  pageInfo: PageInfo! }}\n" for one in _CONNECTED
    )
)
TOKEN = "shpat_1"
Node = dict[str, Any]


def _bag(amount: Any) -> Node:
    money = {"amount": str(amount), "currencyCode": "USD"}
    return {"shopMoney": money, "presentmentMoney": {**money, "amount": "999999.99"}}


def _gid(kind: str, number: Any) -> str:
    return f"gid://shopify/{kind}/{number}"


def order_node(said: Node) -> Node:
    """The order of a webhook as the API has it: the same order in the words of its schema."""
    customer = said.get("customer")
    return {
        "id": _gid("Order", said["id"]), "name": said["name"], "test": said["test"],
        "createdAt": said["created_at"], "processedAt": said["processed_at"],
        "updatedAt": said["updated_at"], "cancelledAt": said["cancelled_at"],
        "currencyCode": said["currency"], "taxesIncluded": said["taxes_included"],
        "displayFinancialStatus": said["financial_status"].upper(),
        "displayFulfillmentStatus": (said["fulfillment_status"] or "unfulfilled").upper(),
        "sourceName": said["source_name"], "email": said["email"], "phone": None,
        "discountCodes": [one["code"] for one in said["discount_codes"]],
        "totalTaxSet": _bag(said["total_tax"]),
        "totalDiscountsSet": _bag(said["total_discounts"]),
        "customAttributes": [{"key": one["name"], "value": one["value"]}
                             for one in said["note_attributes"]],
        "customer": customer and {
            "id": _gid("Customer", customer["id"]), "firstName": customer["first_name"],
            "lastName": customer["last_name"]},
        "shippingAddress": {"province": said["shipping_address"]["province"]},
        "customerJourneySummary": said.get("journey"),
        "fulfillments": [{"status": one["status"].upper(), "createdAt": one["created_at"]}
                         for one in said["fulfillments"]],
        "transactions": said.get("transactions", []),
        "shippingLines": [{"originalPriceSet": _bag(one["price"])}
                          for one in said["shipping_lines"]],
        "lineItems": [_line_node(one) for one in said["line_items"]],
        "refunds": [_refund_node(one, said) for one in said["refunds"]],
    }  # fmt: skip


def _line_node(said: Node) -> Node:
    return {
        "id": _gid("LineItem", said["id"]), "sku": said.get("sku"), "title": said["title"],
        "name": said["title"], "quantity": said["quantity"],
        "currentQuantity": said.get("current_quantity", said["quantity"]),
        "isGiftCard": said.get("gift_card", False), "originalUnitPriceSet": _bag(said["price"]),
        "totalDiscountSet": _bag("0.0"),
        "discountAllocations": [{"allocatedAmountSet": _bag(one["amount"])}
                                for one in said.get("discount_allocations", ())],
        "taxLines": [{"priceSet": _bag(one["price"])} for one in said.get("tax_lines", ())],
    }  # fmt: skip


def _refund_node(said: Node, order: Node) -> Node:
    lines = {one["id"]: one for one in order["line_items"]}
    return {
        "id": _gid("Refund", said["id"]), "createdAt": said["created_at"],
        "orderAdjustments": [
            {"id": _gid("OrderAdjustment", 1), "amountSet": _bag(one["amount"])}
            for one in said["order_adjustments"] if one.get("kind") != "shipping_refund"],
        "refundLineItems": [
            {"quantity": one["quantity"], "lineItem": _line_node(lines[one["line_item_id"]]),
             "subtotalSet": _bag(one["subtotal"]), "totalTaxSet": _bag(one["total_tax"])}
            for one in said["refund_line_items"]],
    }  # fmt: skip


@dataclass
class Shopify:
    """A shop with a bucket of points; ``before`` may change or answer a call that comes.

    ``pauses`` are the seconds that its caller waited: they bring points back.
    """

    orders: list[Node]
    available: float = 2000
    restore_rate: float = 100
    cost_max: int = 1000
    version: str = VERSION
    before: list[Any] = field(default_factory=list)
    pauses: list[int] = field(default_factory=list)
    filters: list[str] = field(default_factory=list)
    maximum: float = 2000

    def pause(self, seconds: int) -> None:
        self.pauses.append(seconds)
        self.available = min(self.maximum, self.available + seconds * self.restore_rate)

    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("x-shopify-access-token") != TOKEN:
            return 401, {}, {"errors": "[API] Invalid API key or access token"}
        if asked.path != f"/admin/api/{VERSION}/graphql.json" or not asked.body:
            return 404, {}, {"errors": "Not Found"}
        if self.before:
            given = self.before.pop(0)(self)
            if given is not None:
                return given  # type: ignore[no-any-return]
        said = json.loads(asked.body)
        headers = {"X-Shopify-API-Version": self.version}
        return 200, headers, self._answer(said["query"], said["variables"])

    def _answer(self, question: str, given: Node) -> Node:
        definition = parse(question).definitions[0]
        assert isinstance(definition, OperationDefinitionNode)
        cost = _cost(definition.selection_set, given)
        if cost > self.cost_max:
            return self._error("Query cost is too high", "MAX_COST_EXCEEDED", cost)
        if cost > self.available:
            return self._error("Throttled", "THROTTLED", cost)
        result = graphql_sync(
            SCHEMA, question, root_value=self, variable_values=given, field_resolver=self._resolve
        )
        self.available -= cost / 10  # what comes is far less than what might
        errors = {"errors": [one.formatted for one in result.errors]} if result.errors else {}
        return {"data": result.data, **errors, **self._extensions(cost, cost / 10)}

    def _error(self, message: str, code: str, cost: int) -> Node:
        error = {"message": message, "extensions": {"code": code}}
        return {"errors": [error], **self._extensions(cost, None)}

    def _extensions(self, cost: float, actual: float | None) -> Node:
        status = {"maximumAvailable": self.maximum, "currentlyAvailable": self.available,
                  "restoreRate": self.restore_rate}  # fmt: skip
        return {"extensions": {"cost": {"requestedQueryCost": cost, "actualQueryCost": actual,
                                        "throttleStatus": status}}}  # fmt: skip

    def _resolve(self, source: Any, info: GraphQLResolveInfo, **given: Any) -> Any:
        name = info.field_name
        if source is self:
            nodes = [order_node(one) for one in self.orders]
            if name == "orders":
                self.filters.append(given["query"])
                found: Any = sorted(nodes, key=lambda one: str(one["updatedAt"]))
            else:
                among = nodes if name == "order" else [r for o in nodes for r in o["refunds"]]
                return next((one for one in among if one["id"] == given["id"]), None)
        else:
            found = source.get(name)
        if str(info.return_type).rstrip("!").endswith("Connection"):
            first, start = given["first"], int(given.get("after") or 0)
            end = start + first
            return {"nodes": found[start:end], "pageInfo": {
                "hasNextPage": end < len(found), "endCursor": str(end)}}  # fmt: skip
        if isinstance(found, list) and given.get("first"):
            return found[: given["first"]]
        return found


def _cost(selections: SelectionSetNode | None, given: Node) -> int:
    """Points as documented: an object one, a page two and every node that it may hold."""
    total = 0
    for one in selections.selections if selections else ():
        assert isinstance(one, FieldNode)
        if one.selection_set is None:
            continue
        inner = _cost(one.selection_set, given)
        first = next((arg.value for arg in one.arguments or () if arg.name.value == "first"), None)
        if isinstance(first, VariableNode):
            times = int(given[first.name.value])
        else:
            times = int(first.value) if isinstance(first, IntValueNode) else 1
        is_page = any(
            isinstance(each, FieldNode) and each.name.value == "pageInfo"
            for each in one.selection_set.selections
        )
        nodes = inner - 1 if is_page else inner
        total += 2 + times * nodes if is_page else times * (1 + inner)
    return total
