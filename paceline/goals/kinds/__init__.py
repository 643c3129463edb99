"""What files bring of goals: quotas, and figures that somebody counted."""

from __future__ import annotations

from paceline.goals.kinds.figures import FIGURES
from paceline.goals.kinds.quotas import QUOTAS, TEAM_QUOTAS
from paceline.imports import kinds


def register_kinds() -> None:
    for kind in (QUOTAS, TEAM_QUOTAS, FIGURES):
        kinds.register(kind)
