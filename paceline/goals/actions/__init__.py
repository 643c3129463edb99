"""Every change to quotas."""

from __future__ import annotations

from paceline.goals.actions.quotas import QuotaOverlaps, QuotaUnchanged, Target, set_quota

__all__ = ["QuotaOverlaps", "QuotaUnchanged", "Target", "set_quota"]
