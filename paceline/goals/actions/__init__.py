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
from paceline.goals.actions.quotas import (
    QuotaDaysClosed,
    QuotaOverlaps,
    QuotaUnchanged,
    Target,
    set_quota,
    set_quotas,
)

__all__ = [
    "Entry",
    "FigureKindKnown",
    "FiguresChanged",
    "QuotaDaysClosed",
    "QuotaOverlaps",
    "QuotaUnchanged",
    "ReasonMissing",
    "Target",
    "add_figure_kind",
    "enter_figures",
    "set_quota",
    "set_quotas",
]
