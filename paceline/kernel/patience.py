"""How long a question to the database may take before whoever asked is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled


class TookTooLong(Exception):
    """The database had not answered in time; it was asked to stop."""


@contextmanager
def ended_after(milliseconds: int) -> Iterator[None]:
    """Each question asked meanwhile may take so long. Only to read: a transaction of its own.

    Raises ``TookTooLong``.
    """
    was_open = connection.in_atomic_block
    try:
        with transaction.atomic():
            before = _limit(f"{milliseconds}ms")
            yield
            if was_open:
                _limit(before)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TookTooLong from error
        raise


def _limit(time: str) -> str:
    """Set how long a statement may take until the transaction's end; what it was before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'),"
            " set_config('statement_timeout', %s, true)",
            [time],
        )
        return str(cursor.fetchone()[0])
