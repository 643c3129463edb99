"""Goals, quotas and entered figures, for programs."""

from __future__ import annotations

from paceline.goals.api import figures, goals, keeping
from paceline.goals.api.area import AREA, router

__all__ = ["AREA", "figures", "goals", "keeping", "router"]
