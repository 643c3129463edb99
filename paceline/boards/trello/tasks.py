"""What carries changes between projects and their boards in Trello."""

from __future__ import annotations

from django.utils import timezone

from paceline.boards.trello import actions
from paceline.boards.trello.models import Connection
from paceline.boards.trello.queries import JOB
from paceline.kernel import jobs


@jobs.task(name=JOB, queue_name="slow")
def keep_in_step(pk: int) -> None:
    connection = Connection.objects.filter(pk=pk).first()
    if connection is not None:
        actions.keep_in_step(connection=connection, at=timezone.now())


@jobs.every("*/5 * * * *", name="trello.wake_due")
def wake_due(timestamp: int) -> None:  # noqa: ARG001 - the queue's own argument
    """What has to be tried again, and what nothing was heard of for long."""
    actions.wake_due(at=timezone.now())


@jobs.every("47 19 * * *", name="trello.forget_old_messages")
def forget_old_messages(timestamp: int) -> None:  # noqa: ARG001 - the queue's own argument
    actions.forget_old_messages(at=timezone.now())
