"""Every change to order lines, and to the days on which they may change."""

from __future__ import annotations

from paceline.orders.actions.attributes import (
    AttributeKnown,
    TooManyAttributes,
    add_line_attribute,
    rename_line_attribute,
)
from paceline.orders.actions.days import LinesAreBusy, close_days
from paceline.orders.actions.forgetting import forget_customer, look_again
from paceline.orders.actions.naming import drop_names, keep_names
from paceline.orders.actions.orders import Placed, Placing, first_open_day, place_order
from paceline.orders.actions.owners import (
    Holding,
    OwnerOverlaps,
    OwnersExceed,
    OwnerUnchanged,
    set_owner,
)
from paceline.orders.actions.shares import (
    LineDayIsClosed,
    Part,
    PartsNotWhole,
    SharedByFile,
    share_orders,
)
from paceline.orders.actions.snapshots import snapshot_months

__all__ = [
    "AttributeKnown",
    "Holding",
    "LineDayIsClosed",
    "LinesAreBusy",
    "OwnerOverlaps",
    "OwnerUnchanged",
    "OwnersExceed",
    "Part",
    "PartsNotWhole",
    "Placed",
    "Placing",
    "SharedByFile",
    "TooManyAttributes",
    "add_line_attribute",
    "close_days",
    "drop_names",
    "first_open_day",
    "forget_customer",
    "keep_names",
    "look_again",
    "place_order",
    "rename_line_attribute",
    "set_owner",
    "share_orders",
    "snapshot_months",
]
