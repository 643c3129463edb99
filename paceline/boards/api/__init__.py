"""Projects, lists and cards, and what cards are about, for programs."""

from __future__ import annotations

from paceline.boards.api import links
from paceline.boards.api.cards import AREA, router

__all__ = ["AREA", "links", "router"]
