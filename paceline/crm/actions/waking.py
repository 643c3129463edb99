"""Calling the job that follows orders and customers."""

from __future__ import annotations

from paceline.kernel import jobs

FOLLOW_JOB = "crm.follow_orders"


def wake() -> None:
    """Let what changed be followed, once this transaction is kept."""
    jobs.wake(FOLLOW_JOB)
