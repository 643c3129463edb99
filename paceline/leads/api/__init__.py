"""Who is given a lead, when people work, and forms on other pages, for programs."""

from __future__ import annotations

from paceline.leads.api import hours, webforms
from paceline.leads.api.routing import AREA, router

__all__ = ["AREA", "hours", "router", "webforms"]
