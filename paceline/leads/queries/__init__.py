"""Reading routing, hours, inquiries and forms."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import ngettext

from paceline.kernel.shell import Attention
from paceline.kernel.waiting import Waiting
from paceline.leads import access
from paceline.leads.queries.forms import (
    consent_text_of,
    form_by_key,
    forms_for,
    held,
    held_for,
)
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
    teams_with_rules,
)
from paceline.org.models import Person

__all__ = [
    "Answered", "Summary", "assignments_of", "attention", "candidates_of", "consent_text_of",
    "desk_of", "form_by_key", "forms_for", "held_for", "hours_of_people", "hours_of_team",
    "late_count", "response_times", "rules_of", "sellers_of", "summary_of", "teams_with_rules",
    "waiting_for",
]  # fmt: skip


def attention(person: Person, at: datetime) -> list[Attention | Waiting]:
    """What of inquiries and forms waits for a person. One query for those who sell, and a count."""
    if not access.may_set_own_hours(person):
        return []
    found: list[Attention | Waiting] = [Waiting(held_for(person), held)]
    late = late_count(person, at)
    if late:
        text = ngettext(
            "%(count)s customer waits too long for your reply.",
            "%(count)s customers wait too long for your reply.",
            late,
        )
        url = f"{reverse('leads:inquiries')}?inquiries-is-whose=mine&inquiries-is-late=late"
        found.append(Attention(text % {"count": late}, url, "clock", 75))
    return found
