"""Every change to shops, to what they said, and to whose their orders are."""

from __future__ import annotations

from paceline.orders.shops.actions.deliveries import receive, take, try_again, turn_away
from paceline.orders.shops.actions.orders import NothingClosed, book_difference, try_order_again
from paceline.orders.shops.actions.shops import (
    NameTaken,
    NewShop,
    SecretMissing,
    ShopStopped,
    add_shop,
    renew_secret,
    resume_shop,
    set_access,
    signing_secrets,
    stop_shop,
)

__all__ = [
    "NameTaken",
    "NewShop",
    "NothingClosed",
    "SecretMissing",
    "ShopStopped",
    "add_shop",
    "book_difference",
    "receive",
    "renew_secret",
    "resume_shop",
    "set_access",
    "signing_secrets",
    "stop_shop",
    "take",
    "try_again",
    "try_order_again",
    "turn_away",
]
