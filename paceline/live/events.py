"""The append-only event table: id order is commit order, and a wake carries nothing.

A reader that remembers the last id it saw would lose a row whose id is smaller but which was
committed later. Therefore an event is appended in a tiny transaction of its own, its id drawn under
one advisory lock that is held until commit. That lock is never taken inside a business transaction:
there it would be held, and make everybody wait, for as long as that transaction runs.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from paceline.live import wake

APPEND_LOCK = 7_205_759_403
WINDOW_HOURS = 48

# One statement is one transaction on a connection in autocommit. The lock's row is made before the
# insert reads it, so the id (a default) is drawn under the lock. A crash loses hints, never data,
# so the commit does not wait for the disk.
_APPEND = """
WITH held AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(%s)
)
INSERT INTO live_liveevent (topic, kind, ref, at)
SELECT topic, %s, %s, clock_timestamp() FROM held, unnest(%s::text[]) AS topic
"""
# Of many topics each row would notify; equal notifications of one transaction are sent once.
# In the tiny transaction of the event alone, because a transaction that notifies holds a lock of
# the whole server until it is committed.
_NOTIFY = "RETURNING pg_notify(%s, '')"

_TRIM = """
DELETE FROM live_liveevent
WHERE at < clock_timestamp() - make_interval(hours => %s)
  AND id < (SELECT max(id) FROM live_liveevent)
"""


def append(connection: BaseDatabaseWrapper, *topics: str, kind: str, ref: str = "") -> None:
    """Append one event for each topic and wake the readers once.

    ``connection`` must be outside a transaction.
    """
    values: list[int | str | list[Any]] = [APPEND_LOCK, kind, ref, list(topics)]
    with connection.cursor() as cursor:
        if wake.goes_over_bus():
            cursor.execute(_APPEND, values)
        else:
            cursor.execute(_APPEND + _NOTIFY, [*values, wake.CHANNEL])
    wake.call()


def trim(connection: BaseDatabaseWrapper) -> int:
    """Delete events older than the window, but never the newest; returns how many went."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIM, [WINDOW_HOURS])
        return int(cursor.rowcount)
