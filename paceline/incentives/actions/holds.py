"""Stopping pay, and letting it go again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from paceline.incentives.models import Hold, HoldRelease, Plan
from paceline.kernel import audit
from paceline.live.actions import publish
from paceline.org.models import Person


class NoteMissing(Exception):
    """Whoever stops pay, or lets it go, says why."""


class ComponentWithoutPlan(Exception):
    """A component belongs to a plan; a hold on it names that plan."""


class HoldReleased(Exception):
    """The hold was released already."""


class ReleasedBySamePerson(Exception):
    """Whoever placed a hold does not release it."""


@transaction.atomic
def place_hold(
    *,
    payee: Person,
    reason: str,
    note: str,
    plan: Plan | None = None,
    component: str = "",
    line_id: str = "",
    by: Person,
    at: datetime,
) -> Hold:
    """Stop what a payee has due: everything, or of a plan, a component or a line.

    It counts for every settlement that is made from now on. Raises ``NoteMissing`` and
    ``ComponentWithoutPlan``.
    """
    if not note.strip():
        raise NoteMissing
    if component and plan is None:
        raise ComponentWithoutPlan(component)
    hold = Hold.objects.create(
        payee=payee,
        plan=plan,
        component=component,
        line_id=line_id,
        reason=reason,
        note=note.strip(),
        placed_by=by,
        placed_at=at,
    )
    after = {"payee": payee.number, "plan": plan.code if plan else "", "component": component}
    after |= {"line": line_id, "reason": reason}
    audit.record("hold_placed", subject=hold, by=by, at=at, reason=note.strip(), after=after)
    publish("holds", "placed", str(hold.pk))
    return hold


@transaction.atomic
def release_hold(*, hold: Hold, reason: str, by: Person, at: datetime) -> HoldRelease:
    """End a hold; the next settlement pays what it held.

    Raises ``NoteMissing``, ``ReleasedBySamePerson`` and ``HoldReleased``.
    """
    hold = Hold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    if not reason.strip():
        raise NoteMissing
    if hold.placed_by_id == by.pk:
        raise ReleasedBySamePerson(hold)
    if HoldRelease.objects.filter(hold=hold).exists():
        raise HoldReleased(hold)
    release = HoldRelease.objects.create(
        hold=hold, reason=reason.strip(), released_by=by, released_at=at
    )
    audit.record("hold_released", subject=hold, by=by, at=at, reason=reason.strip())
    publish("holds", "released", str(hold.pk))
    return release
