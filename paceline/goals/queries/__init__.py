"""Reading quotas and entered figures; strategy and goals are read by modules of their own."""

from __future__ import annotations

from paceline.goals.queries.quotas import (
    FIGURES,
    KINDS_MAX,
    MEMBERS_MAX,
    QUOTAS,
    figure_history,
    figure_years,
    figures_for,
    figures_on,
    figures_table,
    history,
    members_of,
    quotas_as_table,
    quotas_table,
    shown,
    standing_for,
    targets_within,
    usual_kinds,
    years,
)

__all__ = [
    "FIGURES",
    "KINDS_MAX",
    "MEMBERS_MAX",
    "QUOTAS",
    "figure_history",
    "figure_years",
    "figures_for",
    "figures_on",
    "figures_table",
    "history",
    "members_of",
    "quotas_as_table",
    "quotas_table",
    "shown",
    "standing_for",
    "targets_within",
    "usual_kinds",
    "years",
]
