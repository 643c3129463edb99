"""Every change to quotas and entered figures."""

from __future__ import annotations

from paceline.goals.actions.figures import (
    Entry,
    FigureKindKnown,
    FiguresChanged,
    ReasonMissing,
    add_figure_kind,
    enter_figures,
)
from paceline.goals.actions.quotas import QuotaOverlaps, QuotaUnchanged, Target, set_quota

__all__ = [
    "Entry",
    "FigureKindKnown",
    "FiguresChanged",
    "QuotaOverlaps",
    "QuotaUnchanged",
    "ReasonMissing",
    "Target",
    "add_figure_kind",
    "enter_figures",
    "set_quota",
]
