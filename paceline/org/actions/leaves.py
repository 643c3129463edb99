"""Leave of absence: entered, changed and withdrawn.

The audit trail keeps the days and the reason. Of which kind a leave is stays out of it: fewer may
know that than may read the trail.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from paceline.kernel import audit
from paceline.org.actions.employment import NotEmployed
from paceline.org.actions.succession import Overlaps, days, require_days
from paceline.org.models import Employment, Leave, LeaveKind, Person


@transaction.atomic
def enter_leave(
    *,
    person: Person,
    kind: LeaveKind,
    starts_on: date,
    by: Person | None,
    at: datetime,
    ends_before: date | None = None,
    reason: str = "",
) -> Leave:
    """Let a person be away from a day on. The same fact said twice changes nothing.

    Raises ``NotEmployed`` when they do not work here on the first day, and ``Overlaps``.
    """
    _refuse(person, starts_on, ends_before)
    rows = Leave.objects.filter(person=person)
    given = {"kind": kind, "starts_on": starts_on, "ends_before": ends_before}
    same: Leave | None = rows.filter(**given).first()
    if same is not None:
        return same
    _refuse_overlap(person, starts_on, ends_before)
    leave: Leave = Leave.objects.create(person=person, **given)
    audit.record("leave_entered", subject=person, by=by, at=at, after=days(leave), reason=reason)
    return leave


@transaction.atomic
def change_leave(
    *,
    leave: Leave,
    kind: LeaveKind,
    starts_on: date,
    by: Person,
    at: datetime,
    ends_before: date | None = None,
    reason: str = "",
) -> Leave:
    """Let a leave be of other days or of another kind. Raises what ``enter_leave`` raises."""
    _refuse(leave.person, starts_on, ends_before)
    leave = Leave.objects.select_for_update().get(pk=leave.pk)
    if (leave.kind, leave.starts_on, leave.ends_before) == (kind, starts_on, ends_before):
        return leave
    _refuse_overlap(leave.person, starts_on, ends_before, but=leave)
    before = days(leave)
    leave.kind, leave.starts_on, leave.ends_before = kind, starts_on, ends_before
    leave.save(update_fields=["kind", "starts_on", "ends_before"])
    audit.record(
        "leave_changed",
        subject=leave.person,
        by=by,
        at=at,
        before=before,
        after=days(leave),
        reason=reason,
    )
    return leave


@transaction.atomic
def withdraw_leave(*, leave: Leave, by: Person, at: datetime, reason: str) -> None:
    """Take a leave away that never was; the trail remembers its days."""
    before, person = days(leave), leave.person
    leave.delete()
    audit.record("leave_withdrawn", subject=person, by=by, at=at, before=before, reason=reason)


def _refuse(person: Person, starts_on: date, ends_before: date | None) -> None:
    require_days(starts_on, ends_before)
    Person.objects.select_for_update().get(pk=person.pk)
    if not Employment.objects.filter(person=person).on(starts_on).exists():
        raise NotEmployed(person)


def _refuse_overlap(
    person: Person, starts_on: date, ends_before: date | None, but: Leave | None = None
) -> None:
    rows = Leave.objects.filter(person=person).during(starts_on, ends_before)
    taken = rows.exclude(pk=but.pk if but else None).order_by("starts_on").first()
    if taken is not None:
        raise Overlaps(taken)
