"""A version on its way to quotas: submitted, returned, approved. Only approval makes quotas."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from paceline.goals import actions as goals
from paceline.goals.actions import Target
from paceline.goals.planning import queries
from paceline.goals.planning.actions.refusals import (
    NothingToSubmit,
    NotSubmitted,
    OwnWork,
    VersionClosed,
)
from paceline.goals.planning.actions.versions import lock, open_version
from paceline.goals.planning.models import PlanStep, QuotaPlan, QuotaPlanVersion, StepKind
from paceline.kernel import audit
from paceline.live.actions import publish
from paceline.notifications.actions import notify
from paceline.org.models import Person, Role, RoleGrant


@transaction.atomic
def submit(*, plan: QuotaPlan, by: Person, at: datetime) -> PlanStep:
    """Hand the newest version to those who approve. Raises ``NothingToSubmit``."""
    try:
        version = open_version(plan)
    except VersionClosed as error:
        raise NothingToSubmit from error
    step = PlanStep.objects.create(version=version, kind=StepKind.SUBMITTED, by=by, at=at)
    audit.record(
        "quota_plan_submitted", subject=plan, by=by, at=at, after={"version": version.number}
    )
    grants = RoleGrant.objects.filter(role__in=(Role.FINANCE, Role.EXECUTIVE)).on(at.date())
    notify(
        recipients=[grant.person for grant in grants.select_related("person")],
        kind="quota_plan_to_approve",
        params={"plan": plan.name},
        url=reverse("planning:plan", args=[plan.pk]),
        at=at,
    )
    publish("quota_plans", "submitted")
    return step


def _submitted(plan: QuotaPlan) -> tuple[QuotaPlanVersion, PlanStep]:
    lock(plan)
    version = queries.current_version(plan)
    step = None if version is None else queries.last_step(version)
    if version is None or step is None or step.kind != StepKind.SUBMITTED:
        raise NotSubmitted
    return version, step


@transaction.atomic
def return_plan(*, plan: QuotaPlan, reason: str, by: Person, at: datetime) -> PlanStep:
    """Give a submitted version back with a reason. Raises ``NotSubmitted``."""
    version, submitted = _submitted(plan)
    step = PlanStep.objects.create(
        version=version, kind=StepKind.RETURNED, by=by, at=at, reason=reason
    )
    audit.record("quota_plan_returned", subject=plan, by=by, at=at, reason=reason)
    notify(
        recipients=[submitted.by],
        kind="quota_plan_returned",
        params={"plan": plan.name, "reason": reason},
        url=reverse("planning:plan", args=[plan.pk]),
        at=at,
    )
    publish("quota_plans", "returned")
    return step


@transaction.atomic
def approve(*, plan: QuotaPlan, by: Person, at: datetime) -> int:
    """Make quotas of a submitted version; returns how many were set or changed.

    Raises ``NotSubmitted``, ``OwnWork`` and what ``goals.actions.set_quotas`` raises; then nothing
    changed.
    """
    version, submitted = _submitted(plan)
    if by.pk in (submitted.by_id, version.made_by_id, plan.made_by_id):
        raise OwnWork
    parts = queries.every_part(version)
    targets = [
        (part.person, Target(plan.measure, one.starts_on, one.ends_before, one.amount,
                             plan.currency))
        for part in parts
        for one in queries.slices_of(plan, part)
    ]  # fmt: skip
    changed = goals.set_quotas(
        targets=targets, reason=f"{plan.name} · {version.number}", by=by, at=at
    )
    PlanStep.objects.create(version=version, kind=StepKind.APPROVED, by=by, at=at)
    audit.record(
        "quota_plan_approved",
        subject=plan,
        by=by,
        at=at,
        after={"version": version.number, "quotas": changed},
    )
    notify(
        recipients=[part.person for part in parts],
        kind="quota_plan_approved",
        params={"plan": plan.name},
        url=reverse("planning:plan", args=[plan.pk]),
        at=at,
    )
    publish("quota_plans", "approved")
    return changed
