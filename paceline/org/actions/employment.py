"""When a person works here, and on which terms."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction

from paceline.kernel import audit
from paceline.org.actions.hierarchies import lock_hierarchies
from paceline.org.actions.reporting import lock_reporting, rebuild_paths
from paceline.org.actions.roles import keep_an_administrator
from paceline.org.actions.succession import days, end_open_rows, end_row, make_room, require_days
from paceline.org.models import (
    Employment,
    HierarchyLine,
    Leave,
    Person,
    PositionHolding,
    ReportingLine,
    RoleGrant,
    TeamMembership,
)


class AlreadyEmployed(Exception):
    """The person is employed on some of these days; ``existing`` says when."""

    def __init__(self, existing: Employment) -> None:
        super().__init__(str(existing))
        self.existing = existing


class NotEmployed(Exception):
    """The person does not work here on that day."""


@dataclass(frozen=True)
class Terms:
    """Where a person works and how the product speaks to them.

    ``country`` ISO 3166 (two letters), ``currency`` ISO 4217 (what they are paid in), ``language``
    one of the product's, ``time_zone`` an IANA name; ``region`` as minimum wages are kept by it.
    """

    country: str
    currency: str
    language: str = "en"
    time_zone: str = "UTC"
    region: str = ""
    probation_ends_before: date | None = None


@transaction.atomic
def employ(
    *,
    person: Person,
    terms: Terms,
    starts_on: date,
    by: Person | None,
    at: datetime,
    ends_before: date | None = None,
    reason: str = "",
) -> Employment:
    """Employ a person from a day on. Raises ``AlreadyEmployed`` on any common day."""
    require_days(starts_on, ends_before)
    Person.objects.select_for_update().get(pk=person.pk)
    existing = Employment.objects.filter(person=person).during(starts_on, ends_before).first()
    if existing is not None:
        raise AlreadyEmployed(existing)
    employment = Employment.objects.create(
        person=person, starts_on=starts_on, ends_before=ends_before, **asdict(terms)
    )
    if ReportingLine.objects.filter(person=person).exists():
        lock_reporting()
        rebuild_paths(person)  # whoever comes back no longer stands aside for their own manager
    audit.record(
        "person_employed",
        subject=person,
        by=by,
        at=at,
        after={**days(employment), **asdict(terms)},
        reason=reason,
    )
    return employment


@transaction.atomic
def change_terms(
    *, person: Person, terms: Terms, starts_on: date, by: Person, at: datetime, reason: str = ""
) -> Employment:
    """Continue an employment on other terms from a day on; the terms before stay as they were."""
    rows = Employment.objects.filter(person=person)
    current = rows.on(starts_on).first()
    if current is None:
        raise NotEmployed(person)
    ends_before = current.ends_before
    if current.starts_on == starts_on:
        end_row(current, starts_on)
    else:
        make_room(rows, starts_on, ends_before)
    employment = Employment.objects.create(
        person=person, starts_on=starts_on, ends_before=ends_before, **asdict(terms)
    )
    audit.record(
        "terms_changed",
        subject=person,
        by=by,
        at=at,
        before={name: getattr(current, name) for name in asdict(terms)},
        after={"starts_on": starts_on, **asdict(terms)},
        reason=reason,
    )
    return employment


@transaction.atomic
def end_employment(
    *,
    person: Person,
    ends_before: date,
    by: Person,
    at: datetime,
    reason: str = "",
    leaver: str = "",
) -> Employment:
    """End a person's employment, and with it their seat, team, places below others and roles.

    From ``ends_before`` on the person can no longer act. Those who report to them keep their line
    until someone gives them another manager; until then whoever led the person sees them too.
    """
    employment: Employment | None = (
        Employment.objects.filter(person=person)
        .during(ends_before, None)
        .select_for_update()
        .order_by("starts_on")
        .first()
    )
    if employment is None or employment.starts_on >= ends_before:
        raise NotEmployed(person)
    before = days(employment)
    keep_an_administrator(without=person, on=ends_before)
    end_open_rows(Employment.objects.filter(person=person), ends_before)
    if leaver:
        Employment.objects.filter(pk=employment.pk).update(leaver=leaver)
    ended = []
    for model in (PositionHolding, TeamMembership, RoleGrant, Leave):
        ended += end_open_rows(model.objects.filter(person=person), ends_before)
    lock_reporting()
    lock_hierarchies()
    for below in (ReportingLine, HierarchyLine):
        ended += end_open_rows(below.objects.filter(person=person), ends_before)
    rebuild_paths(person)
    audit.record(
        "employment_ended",
        subject=person,
        by=by,
        at=at,
        before=before,
        after={"ends_before": ends_before, "ended with it": ended, "leaver": leaver},
        reason=reason,
    )
    employment.ends_before = ends_before
    return employment
