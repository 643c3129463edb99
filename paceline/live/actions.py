"""Hints to open pages, who else is there, and how far long work has come.

Presence and progress are no business facts: they have no audit line. Progress is written beside
the business transaction, so that others see it while that transaction is still open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from paceline.live import events
from paceline.live.models import PRESENT_SECONDS, Doing, Presence, Progress, ProgressState
from paceline.org.models import Person

WRITE_EVERY_SECONDS = 0.25

RUNNING = (ProgressState.QUEUED, ProgressState.RUNNING)


PAGES_MAX = 50


class TooManyPages(Exception):
    """Nobody reads fifty pages at once: this is a fault, or a flood."""


class Cancelled(Exception):
    """The person who started the work asked it to stop; nothing of it may be kept."""


def publish(topic: str, kind: str, ref: str = "") -> None:
    """Tell pages that follow ``topic`` that something changed, once this transaction is committed.

    ``kind`` and ``ref`` say what, never what it now is. A lost hint must not undo a finished
    action, so an error here is logged and goes no further.
    """
    publish_all([topic], kind, ref)


def publish_all(topics: Iterable[str], kind: str, ref: str = "") -> None:
    """The same of several topics at once."""
    hint = partial(events.append, connection, *topics, kind=kind, ref=ref)
    transaction.on_commit(hint, robust=True)


@transaction.atomic
def be_present(*, kind: str, ref: str, page: UUID, doing: Doing, by: Person, at: datetime) -> None:
    """A page of this person is open. The others are told when somebody came or does another thing.

    Raises ``TooManyPages`` when the person would have more than ``PAGES_MAX`` open at once.
    """
    Person.objects.select_for_update(no_key=True).get(pk=by.pk)
    own = Presence.objects.filter(person=by)
    own.filter(seen_at__lte=at - timedelta(seconds=PRESENT_SECONDS)).delete()
    known = {(one.kind, one.ref, one.page): one for one in own}
    here = known.get((kind, ref, page))
    if here is None:
        if len(known) >= PAGES_MAX:
            raise TooManyPages(by)
        Presence.objects.create(person=by, page=page, kind=kind, ref=ref, doing=doing, seen_at=at)
    else:
        own.filter(pk=here.pk).update(doing=doing, seen_at=at)
    if here is None or here.doing != doing:
        publish(presence_topic(kind, ref), "presence")


@transaction.atomic
def be_gone(*, kind: str, ref: str, page: UUID, by: Person, at: datetime) -> None:  # noqa: ARG001
    """The page was closed."""
    gone, _rows = Presence.objects.filter(person=by, page=page, kind=kind, ref=ref).delete()
    if gone:
        publish(presence_topic(kind, ref), "presence")


def presence_topic(kind: str, ref: str) -> str:
    """The topic of those who look at the same thing."""
    return f"presence:{kind}:{ref}"


@transaction.atomic
def forget_absent(*, at: datetime) -> int:
    """Delete what pages left behind that never said goodbye; returns how many rows went."""
    old = Presence.objects.filter(seen_at__lte=at - timedelta(seconds=PRESENT_SECONDS))
    gone, _rows = old.delete()
    return gone


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
    """Ask the work to stop. False when it has ended already or is not theirs."""
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
        _hint(connection, progress)
        return bool(asked)
    with _beside() as other:
        asked = _write(other, progress)
        if asked is not None:
            _hint(other, progress)
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


def _hint(on: BaseDatabaseWrapper, progress: Progress) -> None:
    events.append(on, topic_of(progress), kind="advanced", ref=str(progress.pk))


@contextmanager
def _beside() -> Iterator[BaseDatabaseWrapper]:
    """A second connection for a moment: kept open it would outlive its thread or its test."""
    other = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        yield other
    finally:
        other.close()
