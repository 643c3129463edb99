"""Keeping the event table within its window."""

from __future__ import annotations

from django.db import connection

from paceline.kernel import jobs
from paceline.live import events


@jobs.every("17 * * * *", name="live.trim_events")
def trim_events(timestamp: int) -> None:  # noqa: ARG001 - given to every periodic job
    """Delete events older than the window in which a page may resume."""
    events.trim(connection)
