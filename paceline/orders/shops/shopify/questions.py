"""What Shopify's Admin API is asked, in GraphQL.

A question costs points by what it could answer at the most, a thousand at the most: so the list
of what changed names ids only, every order is asked for by itself, and so is every refund.
Amounts are those of the shop (``shopMoney``), as in its webhooks.

https://shopify.dev/docs/api/admin-graphql
"""

from __future__ import annotations

CHANGED = """
query Changed($filter: String!, $size: Int!, $after: String) {
  orders(first: $size, after: $after, query: $filter, sortKey: UPDATED_AT) {
    nodes { id }
    pageInfo { hasNextPage endCursor }
  }
}
"""

_LINES = """
lineItems(first: $size, after: $after) {
  nodes {
    id sku title name quantity currentQuantity isGiftCard
    originalUnitPriceSet { shopMoney { amount } }
    totalDiscountSet { shopMoney { amount } }
    discountAllocations { allocatedAmountSet { shopMoney { amount } } }
    taxLines { priceSet { shopMoney { amount } } }
  }
  pageInfo { hasNextPage endCursor }
}
"""

# Lists without pages (refunds, payments, shipments) are asked for one more than are read.
LISTED_MAX = 50

ORDER = (
    """
query Order($id: ID!, $size: Int!, $listed: Int!, $after: String) {
  order(id: $id) {
    id name test createdAt processedAt updatedAt cancelledAt currencyCode taxesIncluded
    displayFinancialStatus displayFulfillmentStatus sourceName email phone discountCodes
    totalTaxSet { shopMoney { amount } }
    totalDiscountsSet { shopMoney { amount } }
    customAttributes { key value }
    customer {
      id firstName lastName
      defaultEmailAddress { emailAddress }
      defaultPhoneNumber { phoneNumber }
    }
    billingAddress { countryCodeV2 }
    shippingAddress { countryCodeV2 province }
    customerJourneySummary { lastVisit { landingPage } }
    shippingLines(first: 20) { nodes { originalPriceSet { shopMoney { amount } } } }
    fulfillments(first: $listed) { status createdAt }
    transactions(first: $listed) { kind status processedAt }
    refunds(first: $listed) { id }
"""
    + _LINES
    + "  }\n}\n"
)

MORE_LINES = (
    """
query MoreLines($id: ID!, $size: Int!, $after: String) {
  order(id: $id) {
    updatedAt
"""
    + _LINES
    + "  }\n}\n"
)

REFUND = """
query Refund($id: ID!, $size: Int!, $after: String) {
  refund(id: $id) {
    id createdAt
    orderAdjustments(first: 20) { nodes { amountSet { shopMoney { amount } } } }
    refundLineItems(first: $size, after: $after) {
      nodes {
        quantity
        lineItem { id isGiftCard }
        subtotalSet { shopMoney { amount } }
        totalTaxSet { shopMoney { amount } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
