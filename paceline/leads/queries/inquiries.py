"""What waits for a reply, and how long replies took."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median_low
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from paceline.leads.models import Inquiry
from paceline.org.models import Person

REPORTED_MAX = 20_000


def waiting_for(person: Person) -> QuerySet[Any]:
    """Inquiries that nobody answered yet, as far as the person sees them; the soonest due first."""
    rows = Inquiry.objects.visible_to(person).waiting()
    return rows.select_related("team", "lead__owner", "contact__owner").order_by(
        F("due_at").asc(nulls_last=True), "id"
    )


def late_count(person: Person, at: datetime) -> int:
    """How many of the person's own inquiries are past their due time. One query."""
    rows = Inquiry.objects.waiting().filter(due_at__lt=at)
    rows = rows.annotate(owner=Coalesce("lead__owner", "contact__owner"))
    return int(rows.filter(owner=person.pk).count())


@dataclass(frozen=True, slots=True)
class Answered:
    """One inquiry as a report reads it. ``seconds`` of work until the reply; None: none came."""

    team: str
    person: str
    channel: str
    seconds: int | None
    target_seconds: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """Inquiries of one kind: how many, the middle time to a reply, and the share in time."""

    name: str
    count: int
    answered: int
    median_seconds: int | None
    share_in_time: Decimal | None


def response_times(
    viewer: Person, starts_at: datetime, ends_at: datetime, at: datetime
) -> list[Answered]:
    """The inquiries that arrived in a span of time, as far as the viewer sees them. One query.

    ``person`` is who answered, or whoever it waits for. What nobody answered counts as not in time
    once it is due; before, and when it was closed without a reply, it counts nowhere.
    """
    rows = (
        Inquiry.objects.visible_to(viewer)
        .filter(arrived_at__gte=starts_at, arrived_at__lt=ends_at)
        .annotate(owner=Coalesce("answered_by__name", "lead__owner__name", "contact__owner__name"))
        .order_by("-arrived_at")
        .values_list(
            "team__name", "owner", "channel", "worked_seconds", "target_minutes", "due_at",
            "closed_at",
        )
    )  # fmt: skip
    found = []
    for team, owner, channel, seconds, minutes, due_at, closed_at in rows[:REPORTED_MAX]:
        target = minutes * 60
        waits = seconds is None and closed_at is None
        is_late = (seconds or 0) > target or (waits and due_at is not None and due_at <= at)
        found.append(Answered(team, owner or "", channel, seconds, target, is_late))
    return found


def summary_of(
    rows: Iterable[Answered], name_of: Callable[[Answered], str] = lambda _one: ""
) -> list[Summary]:
    """Rows by what ``name_of`` calls them, the largest group first. The median is a time that was
    really taken (the lower one of two in the middle)."""
    groups: dict[str, list[Answered]] = {}
    for one in rows:
        groups.setdefault(name_of(one), []).append(one)
    found = []
    for name, group in groups.items():
        times = [one.seconds for one in group if one.seconds is not None]
        settled = [one for one in group if one.seconds is not None or one.is_late]
        good = sum(1 for one in settled if not one.is_late)
        share = Decimal(good) / Decimal(len(settled)) if settled else None
        middle = median_low(times) if times else None
        found.append(Summary(name, len(group), len(times), middle, share))
    return sorted(found, key=lambda one: (-one.count, one.name))
