"""Long statements end when their starter asks for a stop, not only at the next step.

``advance`` hears a stop between two steps. One statement over half a million rows is one step that
takes a minute: a second connection looks meanwhile whether a stop was asked for, and ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread

import psycopg
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.errors import QueryCanceled

from paceline.live.actions import Cancelled
from paceline.live.models import Progress

LOOK_EVERY_SECONDS = 0.5
_ASKED = "SELECT 1 FROM live_progress WHERE id = %s AND cancel_requested_at IS NOT NULL"


class Stop:
    """What is to be ended, and whether it was asked for."""

    def __init__(self, progress: Progress, work: psycopg.Connection) -> None:
        self.progress = progress
        self.is_asked = False
        self._interrupts: list[Callable[[], object]] = [work.cancel]
        self._raised: list[type[Exception]] = [QueryCanceled]
        self._over = Event()
        self._turn = Lock()

    def also(self, interrupt: Callable[[], object], *, raises: type[Exception]) -> None:
        """Another thing that works: how it is interrupted from another thread, what it raises."""
        self._raised.append(raises)
        self._interrupts.append(interrupt)

    def is_reason_of(self, error: Exception) -> bool:
        """Whether work ended with ``error`` because a stop was asked for."""
        raised = tuple(self._raised)
        return self.is_asked and (isinstance(error, raised) or isinstance(error.__cause__, raised))

    def watch(self) -> None:
        """Look until the work is over; short work never opens the second connection."""
        other: BaseDatabaseWrapper | None = None
        try:
            while not self._over.wait(LOOK_EVERY_SECONDS):
                # Without the database nothing is asked for, and the work ends by itself.
                with suppress(psycopg.Error, OperationalError):
                    other = other or connections.create_connection(DEFAULT_DB_ALIAS)
                    self._look(other)
        finally:
            if other is not None:
                other.close()

    def _look(self, other: BaseDatabaseWrapper) -> None:
        with other.cursor() as cursor:
            cursor.execute(_ASKED, [self.progress.pk])
            self.is_asked = cursor.fetchone() is not None
        if not self.is_asked:
            return
        # Again and again: it may have been between two statements. Never once the work is over,
        # or it would end a statement of whoever comes next on that connection.
        with self._turn:
            if not self._over.is_set():
                for interrupt in self._interrupts:
                    interrupt()

    def end(self) -> None:
        """The work is over: from now on nothing is interrupted."""
        with self._turn:
            self._over.set()


@contextmanager
def stoppable(progress: Progress) -> Iterator[Stop]:
    """Work whose running statement ends within a second or two of a stop that was asked for.

    Enter it inside the transaction, so that only the work is interrupted and never its commit.
    Raises ``Cancelled``.
    """
    connection.ensure_connection()
    stop = Stop(progress, connection.connection)
    watcher = Thread(target=stop.watch, name=f"stop-{progress.pk}", daemon=True)
    watcher.start()
    try:
        yield stop
    except Exception as error:
        if stop.is_reason_of(error):
            raise Cancelled(progress) from error
        raise
    finally:
        stop.end()
        watcher.join()
