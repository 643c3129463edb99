"""Cards for lists, calendars and timelines, and what somebody has to do on all boards."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum, Window
from django.db.models.functions import Coalesce

from paceline.boards.models import Card, Participant, Project
from paceline.boards.queries.cards import Narrowing, faced, narrowed
from paceline.org.models import Person

CARDS_MAX = 500
DAYS_MAX = 1000


def listed(project: Project, person: Person, on: date, by: Narrowing) -> QuerySet[Any]:
    """Every card of a project and its subtasks, for a table."""
    rows = narrowed(Card.objects.kept().filter(project=project), by, person, on)
    found: QuerySet[Any] = faced(rows, on).select_related("executor", "list", "parent__list")
    spent = Sum("times__minutes", filter=Q(times__removed_at__isnull=True))
    with_time: QuerySet[Any] = found.annotate(minutes=Coalesce(spent, 0))
    return with_time


def in_lists(project: Project, person: Person, on: date, by: Narrowing) -> list[Any]:
    """The cards of a project in the order of its lists, without their subtasks."""
    rows = Card.objects.kept().filter(
        project=project, list__isnull=False, list__archived_at__isnull=True
    )
    found = faced(narrowed(rows, by, person, on), on).select_related("executor", "list")
    return list(found.order_by("list__rank", "rank", "pk")[:CARDS_MAX])


def between(
    project: Project, person: Person, on: date, by: Narrowing, first: date, last: date
) -> list[Any]:
    """Cards and subtasks that are due or under way from ``first`` to ``last``."""
    rows = Card.objects.kept().filter(project=project)
    rows = rows.filter(
        Q(due_on__gte=first, due_on__lte=last)
        | Q(starts_on__lte=last, due_on__gte=first)
        | Q(starts_on__gte=first, starts_on__lte=last)
    )
    found = faced(narrowed(rows, by, person, on), on)
    return list(found.order_by("due_on", "due_time", "pk")[:DAYS_MAX])


def mine(person: Person, on: date) -> QuerySet[Any]:
    """What somebody has to do or takes part in, on every board that they see."""
    takes_part = Participant.objects.filter(card=OuterRef("pk"), person=person)
    rows = Card.objects.visible_to(person).open().filter(project__archived_at__isnull=True)
    rows = rows.filter(Q(executor=person) | Q(Exists(takes_part)))
    found: QuerySet[Any] = faced(rows, on).select_related("executor", "project", "list", "parent")
    return found


def unscheduled(project: Project) -> int:
    """How many open cards have neither a start nor a due date."""
    rows = Card.objects.open().filter(project=project, starts_on__isnull=True, due_on__isnull=True)
    return rows.count()


def due_of(person: Person, on: date, most: int) -> tuple[list[Any], int]:
    """The open cards of somebody that are late or due today, the oldest first, and how many there
    are. One query."""
    rows = (
        Card.objects.visible_to(person)
        .open()
        .filter(executor=person, due_on__lte=on, project__archived_at__isnull=True)
    )
    counted = rows.annotate(among=Window(Count("pk"))).select_related("project")
    found = list(counted.order_by("due_on", "due_time", "pk")[:most])
    return found, found[0].among if found else 0


FEED_MAX = 1000
FEED_DAYS = 60


def for_calendar(person: Person, on: date) -> list[Any]:
    """What stands in somebody's calendar: their cards with a date, from two months ago on."""
    takes_part = Participant.objects.filter(card=OuterRef("pk"), person=person)
    rows = Card.objects.visible_to(person).kept()
    rows = rows.filter(
        project__archived_at__isnull=True, due_on__gte=on - timedelta(days=FEED_DAYS)
    )
    rows = rows.filter(Q(executor=person) | Q(Exists(takes_part)))
    return list(rows.select_related("project").order_by("due_on", "pk")[:FEED_MAX])
