"""Jobs: files of sums follow the order lines."""

from __future__ import annotations

from django.utils import timezone

from paceline.insights import actions
from paceline.kernel import jobs


@jobs.task(name="insights_catch_up", queue_name="housekeeping")
def catch_up() -> None:
    actions.catch_up(at=timezone.now())


@jobs.every("*/10 * * * *", name="insights_follow_lines")
def follow_lines(timestamp: int) -> None:  # noqa: ARG001 - the time for which it was planned
    actions.catch_up(at=timezone.now())
