"""Writing plans: a new plan, a new version, saving and discarding a draft."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from paceline.incentives.calculation import documents
from paceline.incentives.calculation.documents import Problem
from paceline.incentives.calculation.periods import (
    CalendarPeriod,
    containing,
    first_together,
)
from paceline.incentives.models import Plan, PlanEdit, PlanVersion
from paceline.kernel import audit, findable
from paceline.live.actions import publish_all
from paceline.org.models import Person


class PlanTextInvalid(Exception):
    """The text cannot be a plan; ``problems`` lists every reason, each with its place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class PlanCodeTaken(Exception):
    """Another plan has this code."""


class PlanCodeDiffers(Exception):
    """The text names another plan than the one it is a version of."""


class EffectiveMidPeriod(Exception):
    """A version takes effect on the first day of a period; ``nearest`` is the one before."""

    def __init__(self, nearest: date) -> None:
        self.nearest = nearest
        super().__init__(str(nearest))


class EffectiveInsidePeriodBefore(Exception):
    """The version before pays the day within a ``period`` that began earlier, so that days would be
    paid twice or not at all. ``nearest`` is the next day on which periods of both begin, if any.
    """

    def __init__(self, period: CalendarPeriod, nearest: date | None) -> None:
        self.period, self.nearest = period, nearest
        super().__init__(period.key)


class DraftAlreadyOpen(Exception):
    """The plan has a version that is not approved yet; that one is edited, not a second."""

    def __init__(self, version: PlanVersion) -> None:
        self.version = version
        super().__init__(str(version))


class DraftChangedMeanwhile(Exception):
    """Someone saved the draft after this text was opened; ``version`` is as it stands now."""

    def __init__(self, version: PlanVersion) -> None:
        self.version = version
        super().__init__(str(version))


class TextStandsStill(Exception):
    """The text was submitted or approved and can no longer be edited."""


@transaction.atomic
def create_plan(*, source: str, effective_from: date, by: Person, at: datetime) -> PlanVersion:
    """Create a plan with its first draft. The text itself states the plan's code.

    Raises ``PlanTextInvalid``, ``EffectiveMidPeriod`` or ``PlanCodeTaken``.
    """
    read = _read(source, effective_from)
    if Plan.objects.filter(code=read.slug).exists():
        raise PlanCodeTaken(read.slug)
    try:
        with transaction.atomic():
            plan = Plan.objects.create(code=read.slug, created_by=by, created_at=at)
    except IntegrityError:
        raise PlanCodeTaken(read.slug) from None
    version = _add_version(plan, source, effective_from, by, at)
    audit.record(
        "plan_created", subject=plan, by=by, at=at,
        after={"version": version.number, "digest": version.digest},
    )  # fmt: skip
    tell_of_plan(plan.pk, "created")
    return version


@transaction.atomic
def start_draft(*, plan: Plan, effective_from: date, by: Person, at: datetime) -> PlanVersion:
    """Begin the next version from the newest text. Raises ``DraftAlreadyOpen``,
    ``EffectiveMidPeriod`` or ``EffectiveInsidePeriodBefore``.
    """
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    newest = plan.versions.order_by("-number").first()
    if newest is None:
        raise PlanVersion.DoesNotExist
    if not PlanVersion.objects.approved().filter(pk=newest.pk).exists():
        raise DraftAlreadyOpen(newest)
    _refuse_inside_period_before(plan, _read(newest.source, effective_from), effective_from)
    version = _add_version(plan, newest.source, effective_from, by, at)
    audit.record(
        "plan_draft_started", subject=version, by=by, at=at,
        after={"from_version": newest.number, "effective_from": effective_from},
    )  # fmt: skip
    tell_of_plan(plan.pk, "drafted")
    return version


@transaction.atomic
def save_draft(
    *,
    version: PlanVersion,
    source: str,
    effective_from: date,
    lock_version: int,
    by: Person,
    at: datetime,
) -> PlanVersion:
    """Save a draft's text as it was edited from ``lock_version``.

    Raises ``TextStandsStill``, ``DraftChangedMeanwhile``, ``PlanTextInvalid``, ``PlanCodeDiffers``,
    ``EffectiveMidPeriod`` or ``EffectiveInsidePeriodBefore``; the stored draft is then as it was. A
    text that is already stored changes nothing.
    """
    version = PlanVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    refuse_if_submitted(version)
    if version.lock_version != lock_version:
        raise DraftChangedMeanwhile(version)
    read = _read(source, effective_from)
    if read.slug != version.plan.code:
        raise PlanCodeDiffers(read.slug)
    _refuse_inside_period_before(version.plan, read, effective_from)
    digest = documents.digest_of(source)
    if (digest, effective_from) == (version.digest, version.effective_from):
        return version
    before = {"digest": version.digest, "effective_from": version.effective_from}
    version.source = source
    version.digest = digest
    version.effective_from = effective_from
    version.edited_at = at
    version.outline = documents.outline_of(read)
    version.lock_version += 1
    version.save(
        update_fields=[
            "source", "digest", "effective_from", "edited_at", "outline", "lock_version",
        ]
    )  # fmt: skip
    PlanEdit.objects.create(version=version, edited_by=by, edited_at=at, digest=digest)
    findable.changed("plan", [version.pk])
    audit.record(
        "plan_draft_saved", subject=version, by=by, at=at, before=before,
        after={"digest": digest, "effective_from": effective_from},
    )  # fmt: skip
    tell_of_plan(version.plan_id, "edited")
    return version


@transaction.atomic
def discard_draft(*, version: PlanVersion, reason: str, by: Person, at: datetime) -> None:
    """Throw a draft away; its last text stays in the audit trail.

    A plan whose only version it was goes with it, unless it already pays someone.
    Raises ``TextStandsStill``.
    """
    version = PlanVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    refuse_if_submitted(version)
    audit.record(
        "plan_draft_discarded", subject=version, by=by, at=at, reason=reason,
        before={"source": version.source, "effective_from": version.effective_from},
    )  # fmt: skip
    plan = version.plan
    tell_of_plan(plan.pk, "discarded")
    version.edits.all().delete()
    version.returns.all().delete()
    version.acceptances.all().delete()
    gone = version.pk
    version.delete()
    findable.changed("plan", [gone])
    if not plan.versions.exists() and not plan.assignments.exists():
        plan.delete()


def tell_of_plan(plan_id: int, kind: str) -> None:
    """Open pages of the plan and of all plans look again."""
    publish_all(["plans", f"plan:{plan_id}"], kind)


def refuse_if_submitted(version: PlanVersion) -> None:
    if version.state != "draft":
        raise TextStandsStill(version)


def _read(source: str, effective_from: date) -> documents.Plan:
    try:
        plan = documents.load(source)
    except documents.PlanInvalid as invalid:
        raise PlanTextInvalid(invalid.problems) from None
    first_day = containing(effective_from, plan.period, plan.calendar).starts_on
    if effective_from != first_day:
        raise EffectiveMidPeriod(first_day)
    return plan


def _refuse_inside_period_before(plan: Plan, read: documents.Plan, on: date) -> None:
    """A version of other periods begins where one of the version before ends."""
    earlier = plan.versions.approved().filter(effective_from__lt=on)
    before = earlier.order_by("-effective_from", "-number").first()
    if before is None:
        return
    paid = documents.load(before.source)
    period = containing(on, paid.period, paid.calendar)
    if period.starts_on != on:
        own, other = (paid.period, paid.calendar), (read.period, read.calendar)
        nearest = first_together(own, other, on)
        raise EffectiveInsidePeriodBefore(period, nearest)


def _add_version(
    plan: Plan, source: str, effective_from: date, by: Person, at: datetime
) -> PlanVersion:
    latest = plan.versions.aggregate(latest=Max("number"))["latest"] or 0
    digest = documents.digest_of(source)
    version = PlanVersion.objects.create(
        plan=plan,
        number=latest + 1,
        source=source,
        digest=digest,
        effective_from=effective_from,
        authored_by=by,
        authored_at=at,
        edited_at=at,
        outline=documents.outline_of(documents.load(source)),
    )
    PlanEdit.objects.create(version=version, edited_by=by, edited_at=at, digest=digest)
    findable.changed("plan", [version.pk])
    return version
