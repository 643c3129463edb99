"""Shops that send their orders: what they said, what it came to, and whom it is credited to."""

from __future__ import annotations

from paceline.orders.shops.models.attribution import (
    Attribution,
    AttributionRule,
    Basis,
    Claim,
    ClaimQuerySet,
    ClaimState,
    LiveSlot,
    Moments,
    RuleKind,
    said_in_words,
)
from paceline.orders.shops.models.looks import (
    Comparison,
    ShopFile,
)
from paceline.orders.shops.models.messages import (
    Delivery,
    DeliveryQuerySet,
    Outcome,
    OutcomeState,
    Said,
    Turned,
)
from paceline.orders.shops.models.orders import (
    ORDER_ID_MAX,
    BookedDay,
    ShopOrder,
    ShopOrderQuerySet,
    ShopRefund,
)
from paceline.orders.shops.models.shops import (
    KEEPERS,
    READERS,
    SecretUse,
    Shop,
    ShopKind,
    ShopQuerySet,
    ShopSecret,
    ShopStop,
    StopKind,
)

__all__ = [
    "KEEPERS",
    "ORDER_ID_MAX",
    "READERS",
    "Attribution",
    "AttributionRule",
    "Basis",
    "BookedDay",
    "Claim",
    "ClaimQuerySet",
    "ClaimState",
    "Comparison",
    "Delivery",
    "DeliveryQuerySet",
    "LiveSlot",
    "Moments",
    "Outcome",
    "OutcomeState",
    "RuleKind",
    "Said",
    "SecretUse",
    "Shop",
    "ShopFile",
    "ShopKind",
    "ShopOrder",
    "ShopOrderQuerySet",
    "ShopQuerySet",
    "ShopRefund",
    "ShopSecret",
    "ShopStop",
    "StopKind",
    "Turned",
    "said_in_words",
]
