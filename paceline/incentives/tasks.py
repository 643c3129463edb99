"""Jobs: the calculation of a run, and its settlement."""

from __future__ import annotations

from django.utils import timezone

from paceline.incentives.actions import quota_effects, runs, settlements
from paceline.incentives.models import QuotaEffect, Run, Settlement
from paceline.kernel import jobs


@jobs.task(name=runs.CALCULATE_JOB)
def calculate_run(run_id: int) -> None:
    """Calculate a run; again after a dead worker, without doing anything twice.

    An error nobody expected ends the run, so that its period is not held for ever, and still
    reaches the worker's log.
    """
    run = Run.objects.select_related("period", "progress", "requested_by").get(pk=run_id)
    try:
        runs.calculate_run(run=run, at=timezone.now())
    except Exception:
        runs.end_broken(run=run, at=timezone.now())
        raise


@jobs.task(name=settlements.SETTLE_JOB)
def settle_run(settlement_id: int) -> None:
    """Settle a run; again after a dead worker, without doing anything twice.

    An error nobody expected ends the settlement, and still reaches the worker's log.
    """
    rows = Settlement.objects.select_related("run__period", "progress", "requested_by")
    settlement = rows.get(pk=settlement_id)
    try:
        settlements.settle_run(settlement=settlement, at=timezone.now())
    except Exception:
        settlements.end_broken(settlement=settlement, at=timezone.now())
        raise


@jobs.task(name=quota_effects.EFFECT_JOB)
def calculate_quota_effect(effect_id: int) -> None:
    """Calculate what a plan of quotas would have paid; again after a dead worker, once only.

    An error nobody expected ends it, and still reaches the worker's log.
    """
    rows = QuotaEffect.objects.select_related(*quota_effects.NEEDED)
    effect = rows.get(pk=effect_id)
    try:
        quota_effects.calculate_effect(effect=effect, at=timezone.now())
    except Exception:
        quota_effects.end_broken(effect=effect, at=timezone.now())
        raise
