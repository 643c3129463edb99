"""Jobs: the calculation of a run, and its settlement."""

from __future__ import annotations

from django.utils import timezone

from paceline.incentives.actions import quota_effects, runs, settlements
from paceline.incentives.models import QuotaEffect, Run, Settlement
from paceline.kernel import jobs


@jobs.task(name=runs.CALCULATE_JOB)
def calculate_run(run_id: int) -> None:
    """Calculate a run; again after a dead worker, without doing anything twice. One that breaks is
    ended, so that its period is not held for ever.
    """
    run = Run.objects.select_related("period", "progress", "requested_by").get(pk=run_id)
    with jobs.ending(lambda: runs.end_broken(run=run, at=timezone.now())):
        runs.calculate_run(run=run, at=timezone.now())


@jobs.task(name=settlements.SETTLE_JOB)
def settle_run(settlement_id: int) -> None:
    """Settle a run; again after a dead worker, without doing anything twice."""
    rows = Settlement.objects.select_related("run__period", "progress", "requested_by")
    settlement = rows.get(pk=settlement_id)
    with jobs.ending(lambda: settlements.end_broken(settlement=settlement, at=timezone.now())):
        settlements.settle_run(settlement=settlement, at=timezone.now())


@jobs.task(name=quota_effects.EFFECT_JOB)
def calculate_quota_effect(effect_id: int) -> None:
    """Calculate what a plan of quotas would have paid; again after a dead worker, once only."""
    rows = QuotaEffect.objects.select_related(*quota_effects.NEEDED)
    effect = rows.get(pk=effect_id)
    with jobs.ending(lambda: quota_effects.end_broken(effect=effect, at=timezone.now())):
        quota_effects.calculate_effect(effect=effect, at=timezone.now())
