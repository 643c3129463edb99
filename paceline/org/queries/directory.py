"""What the pages of people, teams, roles and the audit trail show."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from paceline.kernel.audit import AuditEntry
from paceline.kernel.periods import EffectiveDated
from paceline.kernel.rights import Act, all_sections
from paceline.org.models import (
    Employment,
    HierarchyLine,
    Person,
    PersonQuerySet,
    PositionHolding,
    ReportingLine,
    ReportingPath,
    Role,
    RoleGrant,
    Team,
    TeamMembership,
)


def directory(viewer: Person, on: date) -> QuerySet[Any]:
    """Everyone with their seat, team and manager on a day: ``position_title``, ``team_name``,
    ``manager_name``, ``manager_id_on`` and whether they work here (``is_here``)."""
    return seated(Person.objects.visible_to(viewer), on)


def seated(people: PersonQuerySet, on: date) -> QuerySet[Any]:
    """People with what ``directory`` says of each, without asking who reads."""
    this = {"person": OuterRef("pk")}
    lines = ReportingLine.objects.filter(**this).on(on)
    return people.annotate(
        position_title=Subquery(
            PositionHolding.objects.filter(**this).on(on).values("position__title")[:1]
        ),
        team_name=Subquery(TeamMembership.objects.filter(**this).on(on).values("team__name")[:1]),
        manager_name=Subquery(lines.values("manager__name")[:1]),
        is_here=Exists(Employment.objects.filter(**this).on(on)),
    )


@dataclass(frozen=True, slots=True)
class Event:
    """One effective-dated fact of a person's time here, and whether it counts on the day."""

    kind: str
    row: EffectiveDated
    is_now: bool


# What a reader may be kept from is asked for by name; the rest everyone may know.
LIVES: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("employment", Employment, ("person",)),
    ("position", PositionHolding, ("position",)),
    ("team", TeamMembership, ("team",)),
    ("manager", ReportingLine, ("manager",)),
    ("hierarchy", HierarchyLine, ("hierarchy", "manager")),
    ("role", RoleGrant, ("person",)),
)


def life(person: Person, on: date, kinds: frozenset[str]) -> list[Event]:
    """A person's facts of the given kinds, the latest first; one query for each kind."""
    events = [
        Event(kind, row, row.counts_on(on))
        for kind, model, related in LIVES
        if kind in kinds
        for row in model.objects.filter(person=person).select_related(*related)
    ]
    order = {kind: place for place, (kind, _model, _related) in enumerate(LIVES)}
    return sorted(events, key=lambda event: (-event.row.starts_on.toordinal(), order[event.kind]))


@dataclass(slots=True)
class TeamNode:
    """A team in its tree: how deep it hangs and how many belong to it on the day."""

    team: Team
    depth: int
    members: int
    children: list[TeamNode] = field(default_factory=list)


def team_tree(on: date) -> list[TeamNode]:
    """All teams as a tree, roots first; two queries."""
    counts = dict(
        TeamMembership.objects.on(on).order_by().values_list("team").annotate(n=Count("pk"))
    )
    below: dict[int | None, list[Team]] = defaultdict(list)
    for team in Team.objects.all():
        below[team.parent_id].append(team)

    def nodes(parent: int | None, depth: int) -> list[TeamNode]:
        return [
            TeamNode(team, depth, counts.get(team.pk, 0), nodes(team.pk, depth + 1))
            for team in below[parent]
        ]

    return nodes(None, 0)


def role_holders(on: date) -> list[tuple[str, list[RoleGrant]]]:
    """For every role those who have it on a day, with who gave it; one query."""
    held: dict[str, list[RoleGrant]] = defaultdict(list)
    grants = RoleGrant.objects.on(on).select_related("person", "granted_by")
    for grant in grants.order_by("person__name"):
        held[grant.role].append(grant)
    return [(role, held[role]) for role in Role.values]


@dataclass(frozen=True, slots=True)
class AccessRow:
    """Who a person was on a day, as far as their rights go."""

    person: Person
    roles: tuple[str, ...]
    reports: int
    below: int
    makes: tuple[str, ...]
    checks: tuple[str, ...]
    reads: tuple[str, ...]
    may_sign_in: bool


def access_on(on: date) -> list[AccessRow]:
    """Everyone who could act on a day, with what their roles let them make, check and read.

    Rights that follow from a relation (one's own pay, one's reports') are counted by ``reports``
    and ``below``: direct reports, and all below them.
    """
    roles: dict[int, list[str]] = defaultdict(list)
    for person_id, role in RoleGrant.objects.on(on).values_list("person_id", "role"):
        roles[person_id].append(role)
    paths = ReportingPath.objects.on(on).order_by()
    direct = dict(paths.filter(depth=1).values_list("ancestor").annotate(n=Count("pk")))
    below = dict(paths.filter(depth__gt=1).values_list("ancestor").annotate(n=Count("pk")))
    people = Person.objects.employed_on(on).select_related("user")
    return [
        AccessRow(
            person=person,
            roles=tuple(role for role in Role.values if role in roles[person.pk]),
            reports=direct.get(person.pk, 0),
            below=below.get(person.pk, 0),
            makes=_given(roles[person.pk], Act.MAKE),
            checks=_given(roles[person.pk], Act.CHECK),
            reads=_given(roles[person.pk], Act.READ),
            may_sign_in=person.user is not None and person.user.is_active,
        )
        for person in people
    ]


def _given(roles: list[str], act: Act) -> tuple[str, ...]:
    """Objects over which the roles give a right of this kind, in the order of the matrix."""
    found = [
        str(section.of)
        for section in all_sections()
        if any(rule.act is act and not rule.roles.isdisjoint(roles) for rule in section.rules)
    ]
    return tuple(found)


def trail(starts_on: date | None, last_day: date | None, actor: int | None) -> QuerySet[AuditEntry]:
    """The audit trail between two days of the reader's zone, perhaps of one person."""
    entries = AuditEntry.objects.all()
    if starts_on is not None:
        entries = entries.filter(at__gte=_midnight(starts_on))
    if last_day is not None:
        entries = entries.filter(at__lt=_midnight(last_day + timedelta(days=1)))
    if actor is not None:
        entries = entries.filter(actor_id=actor)
    return entries


def trail_actions() -> list[str]:
    """Every kind of action that occurs in the trail."""
    return list(AuditEntry.objects.order_by("action").values_list("action", flat=True).distinct())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody whom a visitor of the demonstration company can be."""

    person: Person
    roles: tuple[str, ...]
    about: str


DEMO_EACH = 3
DEMO_MAX = 40


def demo_people(on: date, text: str = "") -> list[tuple[str, list[DemoPerson]]]:
    """A few people of every kind who can sign in, by role; with a text those whose name has it."""
    granted: dict[int, list[str]] = defaultdict(list)
    for person_id, role in RoleGrant.objects.on(on).values_list("person_id", "role"):
        granted[person_id].append(role)
    led = dict(
        ReportingLine.objects.on(on).order_by().values_list("manager").annotate(n=Count("pk"))
    )
    people = (
        seated(Person.objects.all(), on).filter(is_here=True, user__is_active=True).order_by("pk")
    )
    if text:
        people = people.filter(Q(name__icontains=text) | Q(latin_name__icontains=text))
    found: dict[str, list[DemoPerson]] = {role: [] for role in (*Role.values, "")}
    for person in people:
        roles = tuple(role for role in Role.values if role in granted[person.pk])
        wanted = [role for role in roles if role not in {Role.SALESPERSON, Role.LEAD}]
        kind = wanted[0] if wanted else (Role.LEAD if person.pk in led else Role.SALESPERSON)
        if len(found[kind]) < (DEMO_MAX if text else DEMO_EACH):
            found[kind].append(
                DemoPerson(
                    person,
                    roles,
                    " · ".join(
                        filter(None, (person.latin_name, person.position_title, person.team_name))
                    ),
                )
            )
    return [(kind, people) for kind, people in found.items() if people]
