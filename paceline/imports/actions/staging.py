"""Checked rows into tables, set by set: staged, compared, written once, and taken back.

The table of a target is known by its natural key. Only rows that are new or differ are written;
what a changed row said before is kept beside it for undo. All commits to one table take turns under
one advisory lock, and rows go in by key, so that two imports neither deadlock nor mix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.csv
from django.db import connection
from psycopg import sql

from paceline.imports.kinds import Changes, Check, Commit, UndoRefused

# Each is a movement of the bar that whoever waits looks at.
COPIED_ROWS = 20_000
WRITTEN_ROWS = 50_000
# From so many written rows on, what the planner knows of the table is out of date: read seconds
# later, before its own upkeep has come by, a month of lines would be joined row by row.
ANALYZE_ROWS = 1_000


class ImportInterfered(Exception):
    """Rows changed underneath a commit although it held the lock; nothing was kept."""


@dataclass(frozen=True, slots=True)
class Target:
    """A table filled by imports.

    ``records`` is the DuckDB query that gives ``row``, the ``key`` and the ``values`` from
    ``accepted``, in the order of the key. ``before`` is the table of earlier rows, empty
    where pictures are kept. ``only`` is a condition on the table's rows that count.
    """

    table: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    before: str
    records: str
    only: str = "true"

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.key, *self.values)


def _names(columns: Sequence[str], alias: str = "") -> sql.Composable:
    return sql.SQL(", ").join(
        sql.Identifier(alias, column) if alias else sql.Identifier(column) for column in columns
    )


def _same(columns: Sequence[str], left: str, right: str) -> sql.Composable:
    return sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier(left, column), sql.Identifier(right, column))
        for column in columns
    )


def lock_target(name: str) -> None:
    """Wait for other commits to the same table; the lock ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def try_lock_target(name: str) -> bool:
    """Take the same lock if nobody holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def stage(target: Target, check: Check) -> None:
    """Copy the accepted rows into the temporary table ``staged``."""
    reader = check.duck.sql(target.records).to_arrow_reader(COPIED_ROWS)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.staged, pg_temp.matched")
        cursor.execute(
            sql.SQL(
                "CREATE TEMP TABLE staged ON COMMIT DROP AS"
                " SELECT NULL::bigint AS row, {} FROM {} WITH NO DATA"
            ).format(_names(target.columns), sql.Identifier(target.table))
        )
        copy = sql.SQL("COPY pg_temp.staged (row, {}) FROM STDIN (FORMAT csv)")
        with cursor.copy(copy.format(_names(target.columns))) as out:
            for batch in reader:
                buffer = BytesIO()
                pa.csv.write_csv(batch, buffer, pa.csv.WriteOptions(include_header=False))
                out.write(buffer.getbuffer())
        cursor.execute("ANALYZE pg_temp.staged")


def match(target: Target) -> Changes:
    """Compare ``staged`` with the table; ``matched`` keeps row, id and whether it differs."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.matched")
        cursor.execute(
            sql.SQL(
                "CREATE TEMP TABLE matched ON COMMIT DROP AS"
                " SELECT s.row, t.id, ({}) IS DISTINCT FROM ({}) AS differs"
                " FROM pg_temp.staged s JOIN (SELECT * FROM {} WHERE {}) t ON {}"
            ).format(
                _names(target.values, "s"),
                _names(target.values, "t"),
                sql.Identifier(target.table),
                sql.SQL(target.only),
                _same(target.key, "s", "t"),
            )
        )
        cursor.execute("ANALYZE pg_temp.matched")
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_temp.staged), count(*),"
            " count(*) FILTER (WHERE differs) FROM pg_temp.matched"
        )
        staged, matched, changed = cursor.fetchone()
    return Changes(new=staged - matched, changed=changed, same=matched - changed)


def drop_rows(rows: Sequence[int]) -> None:
    """Take rows that turned out to be wrong out of ``staged``."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pg_temp.staged WHERE row = ANY(%s)", [list(rows)])


def rows_of(
    query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> list[tuple[Any, ...]]:
    """The rows of a query over ``staged`` and ``matched``."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def write(target: Target, changes: Changes, commit: Commit) -> None:
    """Write what is new or differs, keeping what changed rows said before."""
    parts = {
        "table": sql.Identifier(target.table),
        "before": sql.Identifier(target.before),
        "values": _names(target.values),
        "columns": _names(target.columns),
        "staged_columns": _names(target.columns, "s"),
        "old_values": _names(target.values, "t"),
        "settings": sql.SQL(", ").join(
            sql.SQL("{0} = s.{0}").format(sql.Identifier(column)) for column in target.values
        ),
        "source": sql.Literal(commit.source.pk),
    }
    with connection.cursor() as cursor:
        if changes.changed:
            commit.step("changing")
            if target.before:
                cursor.execute(sql.SQL(_KEEP_BEFORE).format(**parts))
            cursor.execute(sql.SQL(_CHANGE).format(**parts))
            _expect(cursor.rowcount, changes.changed)
        written = 0
        if changes.new:
            insert = sql.SQL(_INSERT).format(**parts)
            cursor.execute("SELECT min(row), max(row) FROM pg_temp.staged")
            first, last = cursor.fetchone()
            for start in range(first, last + 1, WRITTEN_ROWS):
                commit.step("writing", written)
                cursor.execute(insert, [start, start + WRITTEN_ROWS - 1])
                written += cursor.rowcount
        _expect(written, changes.new)
        if changes.new + changes.changed >= ANALYZE_ROWS:
            cursor.execute(sql.SQL("ANALYZE {table}").format(**parts))


_KEEP_BEFORE = """
INSERT INTO {before} (source_import_id, row_id, {values}, imported_by_id)
SELECT {source}, t.id, {old_values}, t.imported_by_id
FROM {table} t JOIN pg_temp.matched m ON m.id = t.id WHERE m.differs
"""
_CHANGE = """
UPDATE {table} t SET {settings}, imported_by_id = {source}
FROM pg_temp.staged s JOIN pg_temp.matched m ON m.row = s.row
WHERE m.id = t.id AND m.differs
"""
_INSERT = """
INSERT INTO {table} ({columns}, imported_by_id)
SELECT {staged_columns}, {source} FROM pg_temp.staged s
WHERE s.row BETWEEN %s AND %s AND NOT EXISTS (
    SELECT 1 FROM pg_temp.matched m WHERE m.row = s.row)
"""


def _expect(written: int, expected: int) -> None:
    if written != expected:
        raise ImportInterfered(f"{written} rows were written instead of {expected}")


def refuse_if_changed_since(target: Target, commit: Commit) -> None:
    """Undo is possible only while every row still says what this import wrote.

    Raises ``UndoRefused`` naming the later import.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT source_import_id, count(*) FROM {} WHERE imported_by_id = %s"
                " GROUP BY 1 ORDER BY 1 DESC"
            ).format(sql.Identifier(target.before)),
            [commit.source.pk],
        )
        later = cursor.fetchone()
        if later is not None:
            raise UndoRefused("changed_by_later_import", id=later[0], rows=later[1])
        cursor.execute(
            sql.SQL("SELECT count(*) FROM {} WHERE imported_by_id = %s").format(
                sql.Identifier(target.table)
            ),
            [commit.source.pk],
        )
        present = cursor.fetchone()[0]
    totals = commit.source.totals
    if present != totals["new"] + totals["changed"]:
        raise UndoRefused("rows_changed_since", rows=totals["new"] + totals["changed"] - present)


def take_back(target: Target, commit: Commit) -> None:
    """Restore what changed rows said before and remove the new ones."""
    parts = {
        "table": sql.Identifier(target.table),
        "before": sql.Identifier(target.before),
        "settings": sql.SQL(", ").join(
            sql.SQL("{0} = b.{0}").format(sql.Identifier(column)) for column in target.values
        ),
        "source": sql.Literal(commit.source.pk),
    }
    with connection.cursor() as cursor:
        if commit.source.totals["changed"]:
            commit.step("restoring")
        cursor.execute(
            sql.SQL(
                "UPDATE {table} t SET {settings}, imported_by_id = b.imported_by_id"
                " FROM {before} b WHERE b.source_import_id = {source} AND b.row_id = t.id"
            ).format(**parts)
        )
        commit.step("removing", cursor.rowcount)
        cursor.execute(
            sql.SQL("DELETE FROM {table} WHERE imported_by_id = {source}").format(**parts)
        )
        cursor.execute(
            sql.SQL("DELETE FROM {before} WHERE source_import_id = {source}").format(**parts)
        )
