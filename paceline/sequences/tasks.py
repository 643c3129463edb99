"""Jobs: who enters and leaves segments, the steps that are due, and beginning with many."""

from __future__ import annotations

from django.utils import timezone

from paceline.kernel import jobs
from paceline.sequences import actions
from paceline.sequences.actions.starts import START_JOB
from paceline.sequences.models import Start


@jobs.every("*/10 * * * *", name="sequences.enter_segments")
def enter_segments(timestamp: int) -> None:  # noqa: ARG001 - the time planned for
    actions.enter_segments(at=timezone.now())


@jobs.every("*/5 * * * *", name="sequences.walk")
def walk(timestamp: int) -> None:  # noqa: ARG001 - the time planned for
    now = timezone.now()
    actions.hand_over(at=now)
    actions.walk(at=now)


@jobs.task(name=START_JOB)
def run_start(start_id: int) -> None:
    """Begin with many; again after a dead worker, it goes on where it stopped."""
    start = Start.objects.select_related("by", "progress", "sequence").get(pk=start_id)
    actions.run_start(start=start, at=timezone.now())
