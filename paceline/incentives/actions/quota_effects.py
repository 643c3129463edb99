"""Asking what a plan of quotas would have paid, and calculating it. Nothing of it is ever paid."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from paceline.goals.planning.models import QuotaPlanVersion
from paceline.incentives.calculation import quota_effects as calculation
from paceline.incentives.calculation.execute import InputsRefused
from paceline.incentives.models import QuotaEffect, QuotaEffectRow, Run
from paceline.kernel import audit, jobs
from paceline.live import actions as live
from paceline.org.models import Person

PROGRESS_KIND = "quota_effect"
EFFECT_JOB = "incentives.calculate_quota_effect"
NEEDED = ("version__plan", "run__period", "progress", "requested_by")


class RunDoesNotFit(Exception):
    """The run has no results, lies outside the plan's months, or reads no such quota."""


@transaction.atomic
def request_effect(*, version: QuotaPlanVersion, run: Run, by: Person, at: datetime) -> QuotaEffect:
    """Queue the calculation of a version over a run; a second click gets the first one's.

    Raises ``RunDoesNotFit``.
    """
    run = Run.objects.select_for_update(of=("self",)).select_related("period").get(pk=run.pk)
    plans = calculation.versions_that_read(run, version.plan.measure)
    years = calculation.years_between(version.plan, run.period)
    if run.computed_at is None or years is None or not plans:
        raise RunDoesNotFit
    same = QuotaEffect.objects.filter(version=version, run=run, ended_at__isnull=True).first()
    if same is not None:
        return same
    effect = QuotaEffect.objects.create(
        version=version,
        run=run,
        requested_by=by,
        requested_at=at,
        progress=live.start_progress(kind=PROGRESS_KIND, by=by, at=at, total=len(plans) + 1),
    )
    after = {"version": version.number, "run": str(run)}
    audit.record("quota_effect_requested", subject=version.plan, by=by, at=at, after=after)
    jobs.enqueue(EFFECT_JOB, lock=f"quota-effect:{version.plan_id}", effect_id=effect.pk)
    return effect


def calculate_effect(*, effect: QuotaEffect, at: datetime) -> None:
    """Calculate a queued effect; does nothing when it has ended, so its job may run twice.

    Inputs that the engine refuses end it with the reasons and without rows.
    """
    if effect.ended_at is not None or effect.progress is None:
        return
    version, run, by = effect.version, effect.run, effect.requested_by
    found: list[calculation.Effect] = []
    try:
        plans = calculation.versions_that_read(run, version.plan.measure)
        for done, pay_version in enumerate(plans):
            live.advance(effect.progress, done=done, step="calculating")
            found += calculation.effects_of(version, run, pay_version, by=by, at=at)
        _keep(effect=effect, found=found, at=at)
    except live.Cancelled:
        _end(effect=effect, at=at, state="stopped")
    except InputsRefused as refused:
        effect.problems = [{"code": one.code, **one.params} for one in refused.refusals]
        _end(effect=effect, at=at, state="refused")


@transaction.atomic
def _keep(*, effect: QuotaEffect, found: list[calculation.Effect], at: datetime) -> None:
    effect = _lock(effect)
    if effect.ended_at is not None or effect.progress is None:
        return
    people = Person.objects.in_bulk({one.number for one in found}, field_name="number")
    QuotaEffectRow.objects.bulk_create(
        QuotaEffectRow(
            effect=effect, payee=people[one.number], pay_version=one.version,
            currency=one.currency, quota_was=one.quota_was, quota_would=one.quota_would,
            earned_was=one.earned_was, earned_would=one.earned_would,
        )
        for one in found
    )  # fmt: skip
    live.finish(effect.progress, at=at)
    effect.calculated_at = effect.ended_at = at
    effect.save(update_fields=["calculated_at", "ended_at"])
    audit.record(
        "quota_effect_calculated",
        subject=effect.version.plan,
        by=effect.requested_by,
        at=at,
        after={"payees": len(people)},
    )
    live.publish("quota_plans", "effect")


@transaction.atomic
def _end(*, effect: QuotaEffect, at: datetime, state: str) -> None:
    problems = effect.problems
    effect = _lock(effect)
    if effect.ended_at is not None or effect.progress is None:
        return
    if state == "stopped":
        live.stop(effect.progress, at=at)
    elif state == "refused":
        live.fail(effect.progress, code="inputs_refused", at=at, params={"count": len(problems)})
    else:
        live.fail(effect.progress, code="unexpected", at=at)
    effect.problems, effect.ended_at = problems, at
    effect.save(update_fields=["problems", "ended_at"])
    live.publish("quota_plans", "effect")


def end_broken(*, effect: QuotaEffect, at: datetime) -> None:
    """End a calculation that an unexpected error stopped, so that it can be asked for again."""
    _end(effect=effect, at=at, state="broken")


def _lock(effect: QuotaEffect) -> QuotaEffect:
    rows = QuotaEffect.objects.select_for_update(of=("self",))
    return rows.select_related(*NEEDED).get(pk=effect.pk)
