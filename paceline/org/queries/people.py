"""Reading people, teams and reporting lines as they were on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from paceline.accounts.models import User
from paceline.accounts.verification import lacking_second_factor
from paceline.kernel.shell import Attention
from paceline.kernel.waiting import Waiting
from paceline.org.models import (
    Employment,
    HierarchyLine,
    Person,
    PersonQuerySet,
    ReportingLine,
    ReportingPath,
    Role,
    RoleGrant,
    Team,
    TeamMembership,
)
from paceline.org.queries.leaders import stranded_waiting

PALETTE_MAX = 8

PAYEES = pa.schema(
    [
        pa.field("payee_id", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("starts_on", pa.date32(), nullable=False),
        pa.field("ends_before", pa.date32()),
        pa.field("currency", pa.string(), nullable=False),
    ]
)
TEAMS = pa.schema(
    [
        pa.field("team", pa.string(), nullable=False),
        pa.field("payee_id", pa.string(), nullable=False),
        pa.field("starts_on", pa.date32(), nullable=False),
        pa.field("ends_before", pa.date32()),
    ]
)
REPORTING = pa.schema(
    [
        pa.field("payee_id", pa.string(), nullable=False),
        pa.field("manager_id", pa.string(), nullable=False),
        pa.field("starts_on", pa.date32(), nullable=False),
        pa.field("ends_before", pa.date32()),
    ]
)
HIERARCHIES = pa.schema([pa.field("hierarchy", pa.string(), nullable=False), *REPORTING])


def reports(person: Person, on: date) -> PersonQuerySet:
    """Those who report to a person directly on a day."""
    return _below(person, on, Q(depth=1))


def people_below(person: Person, on: date) -> PersonQuerySet:
    """Those who report to a person on a day, directly or over others."""
    return _below(person, on, Q())


def people_ever_below(person: Person) -> PersonQuerySet:
    """Those who reported to a person on any day, directly or over others."""
    paths = ReportingPath.objects.filter(ancestor=person, descendant=OuterRef("pk"))
    return Person.objects.filter(Exists(paths))


def _below(person: Person, on: date, depth: Q) -> PersonQuerySet:
    paths = ReportingPath.objects.filter(depth, ancestor=person, descendant=OuterRef("pk")).on(on)
    return Person.objects.filter(Exists(paths))


def leads(person: Person, on: date) -> bool:
    """Whether anybody reports to the person on a day."""
    return bool(ReportingLine.objects.filter(manager=person).on(on).exists())


def manager(person: Person, on: date) -> Person | None:
    """Whom a person reports to on a day."""
    line = ReportingLine.objects.filter(person=person).on(on).select_related("manager").first()
    return None if line is None else line.manager


def team(person: Person, on: date) -> Team | None:
    """The team a person belongs to on a day."""
    row = TeamMembership.objects.filter(person=person).on(on).select_related("team").first()
    return None if row is None else row.team


def members(teams: Iterable[Team], on: date) -> PersonQuerySet:
    """The members of some teams on a day, without those of the teams below them."""
    rows = TeamMembership.objects.filter(team__in=list(teams), person=OuterRef("pk")).on(on)
    return Person.objects.filter(Exists(rows))


def members_during(team: Team, starts_on: date, ends_before: date) -> PersonQuerySet:
    """Who belonged to a team on some day of a range."""
    rows = TeamMembership.objects.filter(team=team, person=OuterRef("pk"))
    return Person.objects.filter(Exists(rows.during(starts_on, ends_before)))


def employment(person: Person, on: date) -> Employment | None:
    """The terms on which a person works here on a day."""
    return Employment.objects.filter(person=person).on(on).first()


def payees(before: date) -> pa.Table:
    """Everyone who was employed on some day before ``before``, for the engine.

    One row a person: first day of the first employment, end of the last, currency of the last that
    began before ``before``. Sorted by ``payee_id``, which is the employee number.
    """
    rows: dict[str, list[object]] = {}
    terms = Employment.objects.filter(starts_on__lt=before).order_by("person__number", "starts_on")
    for number, name, starts_on, ends_before, currency in terms.values_list(
        "person__number", "person__name", "starts_on", "ends_before", "currency"
    ):
        first = rows[number][2] if number in rows else starts_on
        rows[number] = [number, name, first, ends_before, currency]
    return _table(sorted(rows.values(), key=lambda row: str(row[0])), PAYEES)


def terms(before: date) -> list[dict[str, Any]]:
    """Every employment that began before a day: whom, from when until when, where, in which
    currency, until when on probation, and how it ended. By employee number and first day.
    """
    rows = Employment.objects.filter(starts_on__lt=before).order_by("person__number", "starts_on")
    names = (
        "payee_id", "starts_on", "ends_before", "country", "currency", "region",
        "probation_ends_before", "leaver",
    )  # fmt: skip
    values = rows.values_list("person__number", *names[1:])
    return [dict(zip(names, row, strict=True)) for row in values]


def reporting(starts_on: date, ends_before: date) -> pa.Table:
    """The reporting lines that count on some day of the range, for the engine.

    Sorted by ``payee_id`` and ``starts_on``; both ids are employee numbers.
    """
    lines = ReportingLine.objects.during(starts_on, ends_before).values_list(
        "person__number", "manager__number", "starts_on", "ends_before"
    )
    return _table(
        sorted((list(line) for line in lines), key=lambda row: (row[0], row[2])), REPORTING
    )


def hierarchies_table(starts_on: date, ends_before: date) -> pa.Table:
    """The places in named hierarchies that count on some day of the range, for the engine.

    Hierarchies go by their code, people by their number. Sorted by hierarchy, person and first day.
    """
    lines = HierarchyLine.objects.during(starts_on, ends_before).values_list(
        "hierarchy__code", "person__number", "manager__number", "starts_on", "ends_before"
    )
    rows = sorted((list(line) for line in lines), key=lambda row: (row[0], row[1], row[3]))
    return _table(rows, HIERARCHIES)


def teams(starts_on: date, ends_before: date) -> pa.Table:
    """Which team each person belonged to on the days of the range, for the engine.

    Sorted by ``payee_id`` and ``starts_on``; teams go by their code.
    """
    rows = TeamMembership.objects.during(starts_on, ends_before).values_list(
        "team__code", "person__number", "starts_on", "ends_before"
    )
    return _table(sorted((list(row) for row in rows), key=lambda row: (row[1], row[2])), TEAMS)


def _table(rows: list[list[object]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [
        pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def attention(person: Person, as_of: date) -> list[Attention | Waiting]:
    """One's own missing second step, whose lead has left, and that nobody can run pay yet."""
    return [
        *_missing_second_step(person),
        stranded_waiting(person, as_of),
        *_nobody_for_pay(person, as_of),
    ]


def _nobody_for_pay(person: Person, as_of: date) -> list[Waiting]:
    """Administrators of a new installation are told which roles are still nobody's."""
    if not person.has_role(Role.ADMINISTRATOR):
        return []
    held = RoleGrant.objects.on(as_of)
    lacking = Person.objects.filter(pk=person.pk).exclude(
        Exists(held.filter(role=Role.COMPENSATION)), Exists(held.filter(role=Role.FINANCE))
    )
    told = Attention(
        text=_("Nobody can run and approve pay yet"),
        url=reverse("org:roles"),
        icon="user-plus",
        weight=80,
        detail=_("It takes a compensation manager and a finance approver, who are two people."),
    )
    return [Waiting(lacking, lambda _count: told)]


def _missing_second_step(person: Person) -> list[Waiting]:
    """Whoever runs or approves pay needs a second step before they can."""
    concerned = person.has_role(Role.COMPENSATION, Role.FINANCE) and not settings.DEMO
    if not concerned or not isinstance(person.user, User):
        return []
    told = Attention(
        text=_("Set up a second step for signing in"),
        url=reverse("accounts:security"),
        icon="shield-lock",
        weight=90,
        detail=_("Running and approving pay asks for it."),
    )
    return [Waiting(lacking_second_factor(person.user), lambda _count: told)]
