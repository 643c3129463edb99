"""How the files' columns are named in a question: lengths of time, keys and facts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

BUCKETS = ("day", "week", "month", "quarter", "year")
FAR = date(9999, 1, 1)


def bucket(over: str, column: str = "f.day") -> str:
    """The first day of the length of time that a day lies in; no day without a length."""
    if not over:
        return "NULL::DATE"
    if over not in BUCKETS:
        raise ValueError(over)
    if over == "day":
        return column
    if over == "month" and column == "f.day":
        return "f.month"
    return f"date_trunc('{over}', {column})::DATE"


def key(name: str, shape: str = "customers") -> str:
    """What lines are told apart by; customers by their number where the file has it."""
    if name == "team":
        return "m.team"
    return "f.customer_key" if name == "customer" and shape != "lines" else f"f.{name}"


def column(fact: str, needed: Collection[str]) -> str:
    """Once products are told apart, an order counts for each product that it holds."""
    if fact != "orders":
        return fact
    if "product" in needed:
        return "orders_of_product"
    return "orders_of_category" if "category" in needed else "orders"
