"""Every change to order lines, and to the days on which they may change."""

from __future__ import annotations

from paceline.orders.actions.days import LinesAreBusy, close_days
from paceline.orders.actions.orders import Placed, Placing, first_open_day, place_order
from paceline.orders.actions.owners import (
    Holding,
    OwnerOverlaps,
    OwnersExceed,
    OwnerUnchanged,
    set_owner,
)
from paceline.orders.actions.snapshots import snapshot_months

__all__ = [
    "Holding",
    "LinesAreBusy",
    "OwnerOverlaps",
    "OwnerUnchanged",
    "OwnersExceed",
    "Placed",
    "Placing",
    "close_days",
    "first_open_day",
    "place_order",
    "set_owner",
    "snapshot_months",
]
