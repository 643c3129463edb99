"""People, teams, positions, hierarchies and leave, for programs."""

from __future__ import annotations

from paceline.org.api import hierarchies, leaves, people
from paceline.org.api.area import AREA, router

__all__ = ["AREA", "hierarchies", "leaves", "people", "router"]
