"""Hints to open pages, and how far long work has come.

Progress is no business fact: it has no audit line, and it is written beside the business
transaction, so that others see it while that transaction is still open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from paceline.live import events
from paceline.live.models import Progress, ProgressState
from paceline.org.models import Person

WRITE_EVERY_SECONDS = 0.25

RUNNING = (ProgressState.QUEUED, ProgressState.RUNNING)


class Cancelled(Exception):
    """The person who started the work asked it to stop; nothing of it may be kept."""


def publish(topic: str, kind: str, ref: str = "") -> None:
    """Tell pages that follow ``topic`` that something changed, once this transaction is committed.

    ``kind`` and ``ref`` say what, never what it now is. A lost hint must not undo a finished
    action, so an error here is logged and goes no further.
    """
    hint = partial(events.append, connection, topic=topic, kind=kind, ref=ref)
    transaction.on_commit(hint, robust=True)


@transaction.atomic
def start_progress(*, kind: str, by: Person, at: datetime, total: int = 0) -> Progress:
    """Begin to keep the progress of work that is about to be queued; ``total`` 0 is unknown."""
    return Progress.objects.create(kind=kind, started_by=by, started_at=at, total=total)


def advance(
    progress: Progress,
    *,
    done: int | None = None,
    step: str | None = None,
    total: int | None = None,
) -> None:
    """Say how far the work has come. Raises ``Cancelled`` when its starter asked it to stop.

    Call it as often as you like: a new step is written at once, the rest four times a second.
    """
    is_new_step = step is not None and step != progress.step
    progress.done = progress.done if done is None else done
    progress.step = progress.step if step is None else step
    progress.total = progress.total if total is None else total
    now = monotonic()
    written = getattr(progress, "written_at_second", None)
    if written is not None and not is_new_step and now - written < WRITE_EVERY_SECONDS:
        return
    progress.written_at_second = now  # type: ignore[attr-defined]
    progress.state = ProgressState.RUNNING
    if _write_beside(progress):
        raise Cancelled(progress)


@transaction.atomic
def finish(progress: Progress, *, at: datetime) -> None:
    """The work is done: call it in the transaction that keeps the work's result."""
    _end(progress, ProgressState.DONE, at=at, done=max(progress.done, progress.total))


@transaction.atomic
def fail(
    progress: Progress, *, code: str, at: datetime, params: Mapping[str, Any] | None = None
) -> None:
    """The work failed and nothing of it was kept. The reader's page words ``code``."""
    progress.failure = code
    progress.failure_params = dict(params or {})
    _end(progress, ProgressState.FAILED, at=at, done=progress.done)


@transaction.atomic
def stop(progress: Progress, *, at: datetime) -> None:
    """The work stopped because its starter asked for it, and nothing of it was kept."""
    _end(progress, ProgressState.CANCELLED, at=at, done=progress.done)


@transaction.atomic
def request_cancel(*, progress: Progress, by: Person, at: datetime) -> bool:
    """Ask the work to stop at its next step. False when it has ended already or is not theirs."""
    asked = Progress.objects.filter(
        pk=progress.pk, started_by=by, state__in=RUNNING, cancel_requested_at__isnull=True
    ).update(cancel_requested_at=at)
    if asked:
        publish(topic_of(progress), "cancel_requested", str(progress.pk))
    return bool(asked)


def topic_of(progress: Progress) -> str:
    """The topic that pages showing this progress follow."""
    return f"progress:{progress.pk}"


def _end(progress: Progress, state: ProgressState, *, at: datetime, done: int) -> None:
    progress.state, progress.ended_at, progress.done = state, at, done
    fields = ["state", "ended_at", "done", "total", "failure", "failure_params"]
    progress.save(update_fields=fields)
    publish(topic_of(progress), state.value, str(progress.pk))


def _write_beside(progress: Progress) -> bool:
    """Write the progress outside any open transaction; returns whether a stop was asked for.

    Work that was started in the transaction still open here is not visible from beside, and then
    nobody else can be waiting for it: it is written where it is.
    """
    if not connection.in_atomic_block:
        asked = _write(connection, progress)
        events.append(connection, **_hint(progress))
        return bool(asked)
    with _beside() as other:
        asked = _write(other, progress)
        if asked is not None:
            events.append(other, **_hint(progress))
            return asked
    return bool(_write(connection, progress))


def _write(on: BaseDatabaseWrapper, progress: Progress) -> bool | None:
    with on.cursor() as cursor:
        cursor.execute(
            "UPDATE live_progress SET state = %s, done = %s, total = %s, step = %s WHERE id = %s"
            " RETURNING cancel_requested_at IS NOT NULL",
            [progress.state, progress.done, progress.total, progress.step, progress.pk],
        )
        row = cursor.fetchone()
    return None if row is None else bool(row[0])


def _hint(progress: Progress) -> dict[str, str]:
    return {"topic": topic_of(progress), "kind": "advanced", "ref": str(progress.pk)}


@contextmanager
def _beside() -> Iterator[BaseDatabaseWrapper]:
    """A second connection for a moment: kept open it would outlive its thread or its test."""
    other = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        yield other
    finally:
        other.close()
