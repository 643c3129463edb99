"""Every change to order lines, and to the days on which they may change."""

from __future__ import annotations

from paceline.orders.actions.days import LinesAreBusy, close_days
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
    "close_days",
    "set_owner",
    "snapshot_months",
]
