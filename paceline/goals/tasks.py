"""Jobs: reading the sources of goals, and reminding of check-ins."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from paceline.goals.actions import read_all_sources, read_many, remind_owners
from paceline.goals.actions.goals import READ_JOB
from paceline.kernel import jobs
from paceline.kernel.periods import zone_named


@jobs.every("20 * * * *", name="goals.read_sources")
def read_sources_hourly(timestamp: int) -> None:  # noqa: ARG001 - the time planned for
    """What goals are measured by changes all day: orders, deals, figures."""
    now = timezone.now()
    read_all_sources(as_of=now.date(), at=now)


@jobs.task(name=READ_JOB)
def read_goals(goals: list[int]) -> None:
    """A new goal, and one that is about something else now, does not wait for the hour."""
    now = timezone.now()
    read_many(goal_ids=goals, as_of=now.date(), at=now)


@jobs.every("5 * * * *", name="goals.remind_owners")
def remind_hourly(timestamp: int) -> None:  # noqa: ARG001 - the time planned for
    """Every hour, because people's days begin at different times."""
    now = timezone.now()

    def local(zone: str) -> datetime:
        return now.astimezone(zone_named(zone))

    remind_owners(local=local, at=now)
