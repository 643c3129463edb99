"""Background jobs: a thin face over Procrastinate, whose queue lives in the same database.

A job is enqueued in the transaction that causes it: rolled back together, never lost between two
stores. Jobs run at least once, so every task loads its object by id and calls one action that can
be called twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from procrastinate.contrib.django import app as queue

TaskFunction = Callable[..., Any]


def task(*, name: str, queue_name: str = "default") -> Callable[[TaskFunction], Any]:
    """Register a function as a job. Arguments must be JSON values; ids, not objects."""

    def register(function: TaskFunction) -> Any:
        return queue.task(name=name, queue=queue_name, pass_context=False)(function)

    return register


def enqueue(job: Any, *, lock: str | None = None, **arguments: Any) -> int:
    """Put a job into the queue inside the current transaction; returns its id.

    Jobs that share a ``lock`` never run at the same time.
    """
    return int(job.configure(lock=lock).defer(**arguments))
