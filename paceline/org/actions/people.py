"""People and their ways in."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from paceline.accounts.models import User
from paceline.kernel import audit, findable
from paceline.org.models import Person


class NumberTaken(Exception):
    """Another person already has this employee number."""


class AccountAlreadyLinked(Exception):
    """The account belongs to another person, or the person already has one."""


@transaction.atomic
def add_person(
    *,
    number: str,
    name: str,
    by: Person | None,
    at: datetime,
    latin_name: str = "",
    email: str = "",
) -> Person:
    """Make a person known to the company; employment, seat and team follow by their own actions."""
    if Person.objects.filter(number=number).exists():
        raise NumberTaken(number)
    person = Person.objects.create(number=number, name=name, latin_name=latin_name, email=email)
    findable.changed("person", [person.pk])
    audit.record(
        "person_added",
        subject=person,
        by=by,
        at=at,
        after={"number": number, "name": name, "latin_name": latin_name, "email": email},
    )
    return person


@transaction.atomic
def change_person(  # only what is given changes; None leaves a field alone
    *,
    person: Person,
    by: Person,
    at: datetime,
    name: str | None = None,
    latin_name: str | None = None,
    email: str | None = None,
    reason: str = "",
) -> Person:
    """Change how a person is called or reached."""
    person = Person.objects.select_for_update().get(pk=person.pk)
    wanted = {"name": name, "latin_name": latin_name, "email": email}
    changed = {
        field: value
        for field, value in wanted.items()
        if value is not None and value != getattr(person, field)
    }
    if not changed:
        return person
    before = {field: getattr(person, field) for field in changed}
    for field, value in changed.items():
        setattr(person, field, value)
    person.save(update_fields=list(changed))
    findable.changed("person", [person.pk])
    audit.record(
        "person_changed",
        subject=person,
        by=by,
        at=at,
        before=before,
        after=changed,
        reason=reason,
    )
    return person


@transaction.atomic
def link_user(*, person: Person, user: User, by: Person | None, at: datetime) -> Person:
    """Let an account act as this person."""
    person = Person.objects.select_for_update().get(pk=person.pk)
    if person.user_id is not None or Person.objects.filter(user=user).exists():
        raise AccountAlreadyLinked(person)
    person.user = user
    person.save(update_fields=["user"])
    audit.record("account_linked", subject=person, by=by, at=at, after={"account": user.email})
    return person
