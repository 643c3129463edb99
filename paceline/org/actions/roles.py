"""Roles given for a time, never by oneself, and never two that check each other."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from paceline.kernel import audit
from paceline.org.actions.succession import days, end_row, require_days
from paceline.org.models import Person, Role, RoleGrant

# Whoever makes pay does not approve it, and whoever gives rights does neither.
APART = (
    frozenset({Role.COMPENSATION, Role.FINANCE}),
    frozenset({Role.COMPENSATION, Role.ADMINISTRATOR}),
    frozenset({Role.FINANCE, Role.ADMINISTRATOR}),
)


class IncompatibleRoles(Exception):
    """The person has a role that must stay apart from the new one; ``existing`` is that role."""

    def __init__(self, existing: str) -> None:
        super().__init__(existing)
        self.existing = existing


class OwnRole(Exception):
    """Nobody gives or takes a role of their own."""


class RoleAlreadyGranted(Exception):
    """The person has this role on some of these days; ``existing`` says when."""

    def __init__(self, existing: RoleGrant) -> None:
        super().__init__(str(existing))
        self.existing = existing


class RoleNotGranted(Exception):
    """The person does not have this role."""


class LastAdministrator(Exception):
    """Without this person nobody could give rights any more."""


@transaction.atomic
def grant_role(
    *,
    person: Person,
    role: str,
    starts_on: date,
    by: Person | None,
    at: datetime,
    ends_before: date | None = None,
    reason: str = "",
) -> RoleGrant:
    """Give a person a role from a day on.

    Raises ``OwnRole``, ``RoleAlreadyGranted``, ``IncompatibleRoles``.
    """
    require_days(starts_on, ends_before)
    if by is not None and by.pk == person.pk:
        raise OwnRole(person)
    Person.objects.select_for_update().get(pk=person.pk)
    for existing in RoleGrant.objects.filter(person=person).during(starts_on, ends_before):
        if existing.role == role:
            raise RoleAlreadyGranted(existing)
        if frozenset({Role(existing.role), Role(role)}) in APART:
            raise IncompatibleRoles(existing.role)
    grant = RoleGrant.objects.create(
        person=person, role=role, starts_on=starts_on, ends_before=ends_before, granted_by=by
    )
    audit.record(
        "role_granted",
        subject=person,
        by=by,
        at=at,
        after={"role": role, **days(grant)},
        reason=reason,
    )
    return grant


@transaction.atomic
def end_role(
    *,
    person: Person,
    role: str,
    ends_before: date,
    by: Person,
    at: datetime,
    reason: str = "",
) -> None:
    """Take a role away from a day on.

    Raises ``RoleNotGranted``, ``OwnRole``, ``LastAdministrator``.
    """
    if by.pk == person.pk:
        raise OwnRole(person)
    if role == Role.ADMINISTRATOR:
        keep_an_administrator(without=person, on=ends_before)
    grant = (
        RoleGrant.objects.filter(person=person, role=role)
        .during(ends_before, None)
        .select_for_update()
        .order_by("starts_on")
        .first()
    )
    if grant is None:
        raise RoleNotGranted(role)
    before = days(grant)
    end_row(grant, ends_before)
    audit.record(
        "role_ended",
        subject=person,
        by=by,
        at=at,
        before={"role": role, **before},
        after={"ends_before": ends_before},
        reason=reason,
    )


def keep_an_administrator(*, without: Person, on: date) -> None:
    """Refuse a change after which no administrator would be left on a day."""
    # All rows are locked, in one order and before any other, so that two administrators can neither
    # dismiss each other at once nor wait for each other.
    administrators = set(
        RoleGrant.objects.filter(role=Role.ADMINISTRATOR)
        .on(on)
        .select_for_update()
        .order_by("pk")
        .values_list("person_id", flat=True)
    )
    if administrators == {without.pk}:
        raise LastAdministrator(without)
