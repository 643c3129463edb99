"""Order lines and what belongs to them."""

from __future__ import annotations

from paceline.orders.models.attributes import NAME_SHAPE, AttributeType, LineAttribute
from paceline.orders.models.news import NamedCustomer, TouchedOrder
from paceline.orders.models.sales import (
    ANCHOR_DAYS,
    ORDERED_ON,
    READERS,
    ClosedDays,
    ExchangeRate,
    ExchangeRateBefore,
    LineKind,
    LineShare,
    LineShareBefore,
    MonthRevision,
    MonthSnapshot,
    OrderLine,
    OrderLineBefore,
    Owner,
    OwnerBefore,
    OwnerKind,
    SalesQuerySet,
    _ordered_on,  # noqa: F401 -- a migration names it
)

__all__ = [
    "ANCHOR_DAYS",
    "NAME_SHAPE",
    "ORDERED_ON",
    "READERS",
    "AttributeType",
    "ClosedDays",
    "ExchangeRate",
    "ExchangeRateBefore",
    "LineAttribute",
    "LineKind",
    "LineShare",
    "LineShareBefore",
    "MonthRevision",
    "MonthSnapshot",
    "NamedCustomer",
    "OrderLine",
    "OrderLineBefore",
    "Owner",
    "OwnerBefore",
    "OwnerKind",
    "SalesQuerySet",
    "TouchedOrder",
]
