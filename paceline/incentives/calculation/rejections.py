"""The alternatives that a plan did not take, as the engine tells them."""

from __future__ import annotations

from paceline.engine.known import NOT_EXPLAINED
from paceline.engine.rejections import Rejection, of_component, rejected_credits, tiers_above

__all__ = ["NOT_EXPLAINED", "Rejection", "of_component", "rejected_credits", "tiers_above"]
