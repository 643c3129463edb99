"""Projects as their readers see them, and what belongs to one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from paceline.boards.models import (
    CardField,
    CardList,
    Label,
    Member,
    Project,
    Reach,
    Recurrence,
    Rule,
    RuleRun,
)
from paceline.org.models import Person, TeamMembership

PEOPLE_MAX = 2000


def projects_for(person: Person) -> QuerySet[Any]:
    """The projects that somebody sees, with how many of their cards are open and done."""
    top = Q(cards__archived_at__isnull=True, cards__list__isnull=False)
    rows = Project.objects.visible_to(person).select_related("team")
    found: QuerySet[Any] = rows.annotate(
        open_cards=Count("cards", filter=top & Q(cards__done_at__isnull=True)),
        done_cards=Count("cards", filter=top & Q(cards__done_at__isnull=False)),
    )
    return found


def right_of_member(person: Person, project: str = "pk") -> Subquery:
    """What a person may do in a project as one of its members, as an annotation; none where they
    are none."""
    own = Member.objects.filter(project=OuterRef(project), person_id=person.pk)
    return Subquery(own.values("right")[:1])


def lists_of(project: Project) -> list[CardList]:
    """The lists in use, in order."""
    rows = CardList.objects.filter(project=project, archived_at__isnull=True)
    return list(rows.order_by("rank", "id"))


def labels_of(project: Project) -> list[Label]:
    return list(Label.objects.filter(project=project))


def fields_of(project: Project) -> list[CardField]:
    """The fields in use, in order."""
    return list(CardField.objects.filter(project=project, retired_at__isnull=True))


def members_of(project: Project) -> list[Member]:
    rows = Member.objects.filter(project=project).select_related("person")
    return list(rows.order_by("person__name", "pk"))


def able_people(project: Project, on: date) -> list[Person]:
    """To whom cards of the project can be given: who works here and is a member, of its team where
    it is open to that, or anybody where it is open to all. One query."""
    return list(_able(project, on).order_by("name", "pk")[:PEOPLE_MAX])


def people_about(project: Project, on: date, ids: Iterable[int]) -> list[Any]:
    """The same, marked ``is_able``, and some others, such as those whom a history names. One
    query."""
    able = _able(project, on)
    rows = Person.objects.filter(Q(pk__in=able.values("pk")) | Q(pk__in=set(ids)))
    marked = rows.annotate(is_able=Exists(able.filter(pk=OuterRef("pk"))))
    return list(marked.order_by("name", "pk")[:PEOPLE_MAX])


def _able(project: Project, on: date) -> Any:
    members = Member.objects.filter(project=project).values("person")
    rows = Person.objects.employed_on(on)
    if project.reach == Reach.MEMBERS:
        rows = rows.filter(pk__in=members)
    elif project.reach == Reach.TEAM:
        team = TeamMembership.objects.filter(team=project.team).on(on).values("person")
        rows = rows.filter(Q(pk__in=members) | Q(pk__in=team))
    return rows


def recurrences_of(project: Project) -> list[Recurrence]:
    rows = Recurrence.objects.filter(project=project, stopped_at__isnull=True)
    return list(rows.select_related("executor"))


def rules_of(project: Project) -> list[Any]:
    """The rules in use, each with what its last run did."""
    last = RuleRun.objects.filter(rule=OuterRef("pk")).order_by("-id").values("outcome")[:1]
    rows = Rule.objects.filter(project=project, stopped_at__isnull=True)
    return list(rows.select_related("list", "label").annotate(last_outcome=Subquery(last)))
