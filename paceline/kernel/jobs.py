"""Background jobs: a thin face over Procrastinate, whose queue lives in the same database.

A job is enqueued in the transaction that causes it: rolled back together, never lost between two
stores. Jobs run at least once (a job whose worker died is run again), so every task loads its
object by id and calls one action that can be called twice.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial, wraps
from typing import Any

from django.db import InterfaceError, OperationalError, connection, connections, transaction
from procrastinate.contrib.django import app as queue
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from procrastinate.retry import RetryStrategy

TaskFunction = Callable[..., Any]

log = logging.getLogger(__name__)

_in_this_transaction = JobManager(DjangoConnector())

# A worker says every ten seconds that it lives; one that has been silent for longer than this is
# dead, and what it was doing is given to another.
SILENT_SECONDS_MAX = 45
KEPT_HOURS = 7 * 24


class DatabaseLost(Exception):
    """The connection to the database broke in the middle of a job, which is to be tried again."""


_TRY_AGAIN = RetryStrategy(max_attempts=10, wait=5, linear_wait=15, retry_exceptions=[DatabaseLost])


def task(*, name: str, queue_name: str = "default") -> Callable[[TaskFunction], Any]:
    """Register a function as a job. Arguments must be JSON values; ids, not objects.

    A job that loses its connection to the database, because the server was started again or
    another one took its place, is tried again a little later.
    """

    def register(function: TaskFunction) -> Any:
        registered = queue.task(name=name, queue=queue_name, retry=_TRY_AGAIN, pass_context=False)
        return registered(_on_a_living_connection(function))

    return register


def _on_a_living_connection(function: TaskFunction) -> TaskFunction:
    """A thread of a worker keeps its connection from job to job, and no request ends that would
    see that it is broken.
    """

    @wraps(function)
    def run(*arguments: Any, **named: Any) -> Any:
        _drop_broken_connections(unheard=True)
        try:
            return function(*arguments, **named)
        except Exception as error:
            if _drop_broken_connections() or _is_lost(error):
                raise DatabaseLost from error
            raise

    return run


def _drop_broken_connections(*, unheard: bool = False) -> bool:
    """Close connections of this thread over which nothing is heard any more; whether there were
    any. Inside a transaction only its owner can tell what an error means.

    With ``unheard`` also those that went while nobody used them, which no error has told of.
    """
    broken = [
        one
        for one in connections.all(initialized_only=True)
        if (one.errors_occurred or (unheard and one.connection is not None))
        and not one.in_atomic_block
        and not one.is_usable()
    ]
    for one in broken:
        one.close()
    return bool(broken)


def every(cron: str, *, name: str) -> Callable[[TaskFunction], Any]:
    """Register a function that runs at the times of a cron line, by one worker at a time.

    The function gets ``timestamp``, the time for which it was planned.
    """

    def register(function: TaskFunction) -> Any:
        once = f"periodic:{name}"
        registered = queue.task(name=name, queue="housekeeping", lock=once, queueing_lock=once)
        job = registered(_on_a_living_connection(function))
        return queue.periodic(cron=cron)(job)

    return register


def enqueue(
    job: Any, *, lock: str | None = None, later: datetime | None = None, **arguments: Any
) -> int:
    """Put a job into the queue inside the current transaction; returns its id.

    ``job`` is a registered job, or its name where importing it would point upwards: actions queue
    what tasks run. Jobs that share a ``lock`` never run at the same time; with ``later`` it waits
    for that moment.
    """
    if isinstance(job, str):
        row = queue.configure_task(job, lock=lock, schedule_at=later)
    else:
        row = job.configure(lock=lock, schedule_at=later)
    # A worker's queue has connections of its own: over those the job would be there, and might
    # run, before what it is about was committed, or although it never was.
    row.job_manager = _in_this_transaction
    return int(row.defer(**arguments))


def wake(job: str, **about: int) -> None:
    """Queue a job that takes up whatever waits, once this transaction is kept; one that waits
    already will see to it.

    For jobs whose work stands in rows of their own: the job only says that there is some, and one
    of the hour takes up what a lost call left. ``about`` are its arguments, where it looks after
    one thing of many: jobs of different things run beside one another.
    """
    waiting = (one[1] for one in connection.run_on_commit)
    call = (job, tuple(sorted(about.items())))
    if not any(
        isinstance(one, partial) and one.func is _wake and one.args == call for one in waiting
    ):
        transaction.on_commit(partial(_wake, *call))


def _wake(job: str, about: tuple[tuple[str, int], ...]) -> None:
    name = ":".join([job, *(str(value) for _name, value in about)])
    with contextlib.suppress(AlreadyEnqueued):
        queue.configure_task(job, lock=name, queueing_lock=name).defer(**dict(about))


@contextlib.contextmanager
def ending(end: Callable[[], None]) -> Iterator[None]:
    """Around the work of a job: an error nobody expected ends what the job is about, so that it
    does not seem to be at work for ever, and still reaches the worker's log. A lost database is no
    such error: the job is tried again.
    """
    try:
        yield
    except Exception as error:
        if not _is_lost(error):
            end()
        raise


def _is_lost(error: Exception) -> bool:
    """Whether an error says that the connection is gone: the server was shut down, or is not heard
    any more, which has no state.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(("08", "57P"))


async def retry_stalled(*, silent_seconds: int = SILENT_SECONDS_MAX) -> int:
    """Give the jobs of dead workers back to the queue; returns how many.

    One job that cannot be given back does not keep the others: of a periodic job the next one may
    wait already, and of two sweeps at once one comes too late.
    """
    jobs = queue.job_manager
    stalled = await jobs.get_stalled_jobs(seconds_since_heartbeat=silent_seconds)
    retried = 0
    for job in stalled:
        try:
            await jobs.retry_job(job)
        except UniqueViolation:
            await jobs.finish_job(job, status=Status.FAILED, delete_job=False)
        except ConnectorException:
            log.warning("Job %s of a dead worker was not given back.", job.id, exc_info=True)
        else:
            retried += 1
    return retried


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
