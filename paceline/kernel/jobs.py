"""Background jobs: a thin face over Procrastinate, whose queue lives in the same database.

A job is enqueued in the transaction that causes it: rolled back together, never lost between two
stores. Jobs run at least once (a job whose worker died is run again), so every task loads its
object by id and calls one action that can be called twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.db import connection
from procrastinate.contrib.django import app as queue

TaskFunction = Callable[..., Any]

# A worker says every ten seconds that it lives; one that has been silent for longer than this is
# dead, and what it was doing is given to another.
SILENT_SECONDS_MAX = 45
KEPT_HOURS = 7 * 24


def task(*, name: str, queue_name: str = "default") -> Callable[[TaskFunction], Any]:
    """Register a function as a job. Arguments must be JSON values; ids, not objects."""

    def register(function: TaskFunction) -> Any:
        return queue.task(name=name, queue=queue_name, pass_context=False)(function)

    return register


def every(cron: str, *, name: str) -> Callable[[TaskFunction], Any]:
    """Register a function that runs at the times of a cron line, by one worker at a time.

    The function gets ``timestamp``, the time for which it was planned.
    """

    def register(function: TaskFunction) -> Any:
        once = f"periodic:{name}"
        job = queue.task(name=name, queue="housekeeping", lock=once, queueing_lock=once)(function)
        return queue.periodic(cron=cron)(job)

    return register


def enqueue(job: Any, *, lock: str | None = None, **arguments: Any) -> int:
    """Put a job into the queue inside the current transaction; returns its id.

    ``job`` is a registered job, or its name where importing it would point upwards: actions queue
    what tasks run. Jobs that share a ``lock`` never run at the same time.
    """
    if isinstance(job, str):
        return int(queue.configure_task(job, lock=lock).defer(**arguments))
    return int(job.configure(lock=lock).defer(**arguments))


async def retry_stalled() -> int:
    """Give the jobs of dead workers back to the queue; returns how many."""
    stalled = list(
        await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS_MAX)
    )
    for job in stalled:
        await queue.job_manager.retry_job(job)
    return len(stalled)


async def remove_finished() -> None:
    """Forget jobs that ended long ago, failed ones included."""
    await queue.job_manager.delete_old_jobs(
        nb_hours=KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


def run_waiting() -> int:
    """Run every job that waits now, here in this process; returns how many ran.

    For tests and for setting up a company before a worker runs. The first error is raised after
    its job is marked as failed.
    """
    ran = 0
    while (waiting := _take_waiting()) is not None:
        job_id, name, arguments = waiting
        try:
            queue.tasks[name].func(**arguments)
        except BaseException:
            _set_status(job_id, "failed")
            raise
        _set_status(job_id, "succeeded")
        ran += 1
    return ran


def _take_waiting() -> tuple[int, str, dict[str, Any]] | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = ("
            " SELECT id FROM procrastinate_jobs WHERE status = 'todo'"
            " AND (scheduled_at IS NULL OR scheduled_at <= clock_timestamp())"
            " ORDER BY priority DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED)"
            " RETURNING id, task_name, args::text"
        )
        row = cursor.fetchone()
    return None if row is None else (row[0], row[1], json.loads(row[2]))


def _set_status(job_id: int, status: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status WHERE id = %s",
            [status, job_id],
        )
