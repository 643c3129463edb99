"""Writing sets of rows: ids drawn from the table's own sequence, rows by COPY."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection


def draw(table: str, count: int) -> int:
    """The first of ``count`` ids in a row that nobody else will be given."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(s, nextval(s) + %s - 1) - %s + 1"
            " FROM pg_get_serial_sequence(%s, 'id') s",
            [max(count, 1), max(count, 1), table],
        )
        return int(cursor.fetchone()[0])


def write(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows. Every constraint and trigger of the table is asked, as with any other row."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as out,
    ):
        for row in rows:
            out.write_row(row)


def take_stock(*tables: str) -> None:
    """Let the planner see what came: inside the transaction nobody else does."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ANALYZE {table}")


def document(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
