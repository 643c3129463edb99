"""Notes of the market beside figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from paceline.insights.dimensions import Span
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.reviews import notes_of_days

DAYS = 91


def notes_beside(desk: Desk, frame: Any) -> list[Any]:
    """Notes of the days of a page, of its team and of the whole company."""
    span = frame.span or Span(desk.today - timedelta(days=DAYS), desk.today + timedelta(days=1))
    return notes_of_days(desk.reader, span, desk.teams.get(frame.team))
