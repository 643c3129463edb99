"""Whom a plan pays: giving a plan to a position, a team or a person, for dates."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from paceline.incentives.actions.plans import tell_of_plan
from paceline.incentives.models import Plan, PlanAssignment
from paceline.kernel import audit
from paceline.org.models import Person, Position, Team

Payable = Position | Team | Person


class AssignmentOverlaps(Exception):
    """The plan already pays the same on some of these days, by the row ``existing``."""

    def __init__(self, existing: PlanAssignment) -> None:
        self.existing = existing
        super().__init__(str(existing))


class EndBeforeStart(Exception):
    """The last day comes before the first."""


@transaction.atomic
def assign_plan(
    *,
    plan: Plan,
    to: Payable,
    starts_on: date,
    ends_before: date | None = None,
    by: Person,
    at: datetime,
) -> PlanAssignment:
    """Let the plan pay whoever holds the position, belongs to the team, or is the person.

    Days are half-open; ``None`` leaves the end open. Raises ``EndBeforeStart`` or
    ``AssignmentOverlaps`` with the row in the way.
    """
    if ends_before is not None and ends_before <= starts_on:
        raise EndBeforeStart
    Plan.objects.select_for_update().get(pk=plan.pk)
    target = _target(to)
    _refuse_overlap(plan, target, starts_on, ends_before)
    assignment = PlanAssignment.objects.create(
        plan=plan,
        **target,
        starts_on=starts_on,
        ends_before=ends_before,
        assigned_by=by,
        assigned_at=at,
    )
    audit.record(
        "plan_assigned", subject=plan, by=by, at=at,
        after={"to": str(to), "starts_on": starts_on, "ends_before": ends_before},
    )  # fmt: skip
    tell_of_plan(plan.pk, "assigned")
    return assignment


@transaction.atomic
def end_assignment(
    *, assignment: PlanAssignment, ends_before: date | None, by: Person, at: datetime
) -> PlanAssignment:
    """Set the first day on which the assignment no longer counts (``None``: open again).

    Raises ``EndBeforeStart``, or ``AssignmentOverlaps`` when a longer one runs into the next.
    """
    Plan.objects.select_for_update().get(pk=assignment.plan_id)
    assignment = PlanAssignment.objects.select_related("plan").get(pk=assignment.pk)
    if ends_before is not None and ends_before <= assignment.starts_on:
        raise EndBeforeStart
    target = _target(assignment.position or assignment.team or assignment.person)
    _refuse_overlap(assignment.plan, target, assignment.starts_on, ends_before, but=assignment)
    before = assignment.ends_before
    assignment.ends_before = ends_before
    assignment.save(update_fields=["ends_before"])
    audit.record(
        "plan_assignment_ended", subject=assignment.plan, by=by, at=at,
        before={"to": str(assignment), "ends_before": before},
        after={"to": str(assignment), "ends_before": ends_before},
    )  # fmt: skip
    tell_of_plan(assignment.plan_id, "assigned")
    return assignment


@transaction.atomic
def remove_assignment(*, assignment: PlanAssignment, reason: str, by: Person, at: datetime) -> None:
    """Take back an assignment that should never have been; runs keep what they read."""
    plan = Plan.objects.select_for_update().get(pk=assignment.plan_id)
    audit.record(
        "plan_assignment_removed", subject=plan, by=by, at=at, reason=reason,
        before={
            "to": str(assignment),
            "starts_on": assignment.starts_on,
            "ends_before": assignment.ends_before,
        },
    )  # fmt: skip
    assignment.delete()
    tell_of_plan(plan.pk, "assigned")


def _target(to: Payable | None) -> dict[str, Payable | None]:
    if isinstance(to, Position):
        return {"position": to}
    if isinstance(to, Team):
        return {"team": to}
    return {"person": to}


def _refuse_overlap(
    plan: Plan,
    target: dict[str, Payable | None],
    starts_on: date,
    ends_before: date | None,
    but: PlanAssignment | None = None,
) -> None:
    rows = plan.assignments.filter(**target).during(starts_on, ends_before)
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    existing = rows.select_related("plan", "position", "team", "person").first()
    if existing is not None:
        raise AssignmentOverlaps(existing)
