"""Jobs: the calculation of a run."""

from __future__ import annotations

from django.utils import timezone

from paceline.incentives.actions import runs
from paceline.incentives.models import Run
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
