"""Keeping the tables of live pages small."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from paceline.kernel import jobs
from paceline.live import actions, events


@jobs.every("17 * * * *", name="live.trim_events")
def trim_events(timestamp: int) -> None:  # noqa: ARG001 - given to every periodic job
    """Delete events older than the window in which a page may resume, and people long gone."""
    events.trim(connection)
    actions.forget_absent(at=timezone.now())
