"""Jobs of boards."""

from __future__ import annotations

from django.utils import timezone

from paceline.boards.actions import intake as intakes
from paceline.boards.models import BoardIntake
from paceline.kernel import jobs


@jobs.task(name=intakes.JOB)
def bring_in(intake_id: int) -> None:
    """Bring in a board; again after a dead worker, without doing anything twice.

    An error nobody expected ends it, and still reaches the worker's log.
    """
    intake = BoardIntake.objects.select_related("file", "requested_by", "progress").get(
        pk=intake_id
    )
    try:
        intakes.bring_in(intake=intake, at=timezone.now())
    except Exception:
        intakes.end_broken(intake=intake, at=timezone.now())
        raise
