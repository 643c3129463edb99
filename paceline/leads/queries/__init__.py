"""Reading routing, hours, inquiries and forms."""

from __future__ import annotations

from paceline.leads.queries.hours import hours_of_people, hours_of_team
from paceline.leads.queries.inquiries import (
    Answered,
    Summary,
    late_count,
    response_times,
    summary_of,
    waiting_for,
)
from paceline.leads.queries.routing import (
    assignments_of,
    candidates_of,
    desk_of,
    rules_of,
    sellers_of,
)

__all__ = [
    "Answered", "Summary", "assignments_of", "candidates_of", "desk_of", "hours_of_people",
    "hours_of_team", "late_count", "response_times", "rules_of", "sellers_of", "summary_of",
    "waiting_for",
]  # fmt: skip
