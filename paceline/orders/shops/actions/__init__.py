"""Every change to shops, to what they said, and to whose their orders are."""

from __future__ import annotations

from paceline.orders.shops.actions.attribution import (
    AlreadyTheirs,
    Assigned,
    ClaimDecided,
    ClaimedByOther,
    ClaimOpen,
    DaysClosed,
    NewRule,
    NewSlot,
    OwnClaim,
    RuleOverlaps,
    SlotOverlaps,
    add_slots,
    approve_claim,
    assign_orders,
    decide_by_rule,
    decide_by_time,
    end_rule,
    make_claim,
    make_rule,
    refuse_claim,
    remove_slot,
)
from paceline.orders.shops.actions.comparisons import (
    ask_order,
    ask_refunds,
    compare,
    note_failure,
    shops_to_compare,
)
from paceline.orders.shops.actions.deliveries import receive, take, try_again, turn_away
from paceline.orders.shops.actions.orders import NothingClosed, book_difference, try_order_again
from paceline.orders.shops.actions.shops import (
    NameTaken,
    NewShop,
    SecretMissing,
    ShopStopped,
    access_to,
    add_shop,
    renew_secret,
    resume_shop,
    set_access,
    signing_secrets,
    stop_shop,
)

__all__ = [
    "AlreadyTheirs", "Assigned", "ClaimDecided", "ClaimOpen", "ClaimedByOther", "DaysClosed",
    "NameTaken", "NewRule", "NewShop", "NewSlot", "NothingClosed", "OwnClaim", "RuleOverlaps",
    "SecretMissing", "ShopStopped", "SlotOverlaps", "access_to", "add_shop", "add_slots",
    "approve_claim", "ask_order", "ask_refunds", "assign_orders", "book_difference", "compare",
    "decide_by_rule", "decide_by_time", "end_rule", "make_claim", "make_rule", "note_failure",
    "receive", "refuse_claim", "remove_slot", "renew_secret", "resume_shop", "set_access",
    "shops_to_compare", "signing_secrets", "stop_shop", "take", "try_again", "try_order_again",
    "turn_away",
]  # fmt: skip
