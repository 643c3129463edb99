"""Which files are made of a month: their columns, and the grain of their sums."""

from __future__ import annotations

from collections.abc import Collection

# What a line can be split and narrowed by, besides its day.
DIMENSIONS = (
    "person", "channel", "territory", "currency", "category", "product", "customer",
)  # fmt: skip
# By their grain, the smallest first: a question is answered from the first that has its columns.
SHAPES: dict[str, tuple[str, ...]] = {
    "days": ("person", "channel", "territory", "currency"),
    "products": ("currency", "category", "product"),
    "customers": ("person", "channel", "territory", "currency", "customer", "customer_key"),
    "lines": DIMENSIONS,
}
# A customer's name as a number: counting millions of names takes ten times as long. Two names
# share a number once in 2^64 pairs.
CUSTOMER_KEY = "md5_number_lower(customer)"
# Sums of a group of lines. Money is in the currency of the lines.
FACTS = {
    "sold": "sum(amount) FILTER (is_sale)",
    "returned": "-sum(amount) FILTER (NOT is_sale)",
    "cost": "sum(cost)",
    "costed": "sum(amount) FILTER (cost IS NOT NULL)",
    "units": "sum(CASE WHEN is_sale THEN quantity ELSE -abs(quantity) END)",
    "lines": "count(*)",
    "orders": "count(*) FILTER (is_sale AND of_order = 1)",
    "orders_of_product": "count(*) FILTER (is_sale AND of_product = 1)",
    "orders_of_category": "count(*) FILTER (is_sale AND of_category = 1)",
}
MONEY = frozenset({"sold", "returned", "cost", "costed"})
COUNTS = frozenset({"lines", "orders", "orders_of_product", "orders_of_category"})


def type_of(fact: str) -> str:
    return "INTEGER" if fact in COUNTS else "DECIMAL(18, 4)"


def shape_for(columns: Collection[str]) -> str:
    """The smallest file that has all these columns."""
    return next(name for name, known in SHAPES.items() if set(columns) <= set(known))


def facts_of(shape: str) -> tuple[str, ...]:
    """An order is counted by its first line; by its first line of a product or category only where
    these can be told apart."""
    own = {"orders_of_product", "orders_of_category"}
    return tuple(fact for fact in FACTS if shape in {"lines", "products"} or fact not in own)
