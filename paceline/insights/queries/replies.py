"""Facts of first replies to leads and customers, from those that the reader may see."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.db.models.functions import Coalesce
from django.utils import timezone

from paceline.insights.asked import NotAsked, Question
from paceline.insights.dimensions import bucket_of
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.facts import Found, add
from paceline.leads.models import Inquiry

HOUR = Decimal(3600)
PATHS = {"team": "team__code", "person": "number", "origin": "channel"}


def reply_facts(desk: Desk, question: Question, _facts: Collection[str]) -> Found:
    """When leads and questions arrived, and how long the first reply took of the team's working
    time. What waits counts as late from the reader's day on by which it was due."""
    zone = timezone.get_current_timezone()
    rows = inquiries_of(desk, question)
    found: Found = {}
    midnight = datetime.combine(desk.today, time(), zone)
    path = PATHS.get(question.split, "pk")
    for arrived_at, seconds, minutes, due_at, closed_at, key in rows.values_list(
        "arrived_at", "worked_seconds", "target_minutes", "due_at", "closed_at", path
    ):
        day = arrived_at.astimezone(zone).date()
        bucket = bucket_of(day, question.over) if question.over else None
        place = (bucket, (key or "") if question.split else None)
        if seconds is not None:
            add(found, place, "answered", Decimal(1))
            add(found, place, "hours_to_reply", Decimal(seconds) / HOUR)
            add(found, place, "replies_due", Decimal(1))
            add(found, place, "in_time", Decimal(seconds <= minutes * 60))
        elif closed_at is None and due_at is not None and due_at < midnight:
            add(found, place, "replies_due", Decimal(1))
            add(found, place, "in_time", Decimal(0))
    return found


def inquiries_of(desk: Desk, question: Question) -> Any:
    """Leads and questions that arrived in the days, as far as the reader may see them; ``number``
    is of whoever answered, else of whoever should."""
    zone = timezone.get_current_timezone()
    rows = Inquiry.objects.visible_to(desk.reader).filter(
        arrived_at__gte=datetime.combine(question.span.starts_on, time(), zone),
        arrived_at__lt=datetime.combine(question.span.ends_before, time(), zone),
    )
    rows = rows.annotate(
        number=Coalesce("answered_by__number", "lead__owner__number", "contact__owner__number")
    ).order_by()
    team = question.only.get("team")
    if team is not None:
        codes = desk.teams_below(team)
        if not codes:
            raise NotAsked("team_gone", "only-team", team)
        rows = rows.filter(team__code__in=codes)
    for name in ("person", "origin"):
        if name in question.only:
            empty = None if name == "person" else ""
            rows = rows.filter(**{PATHS[name]: question.only[name] or empty})
    return rows
