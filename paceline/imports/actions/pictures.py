"""Pictures of small tables around an import, so that it can be taken back exactly."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, connection, transaction
from psycopg import sql

from paceline.imports.kinds import Commit, UndoRefused


def remember(tables: Sequence[str]) -> None:
    """Keep the tables as they are now, until the transaction ends."""
    with connection.cursor() as cursor:
        for table in tables:
            was = sql.Identifier(f"was_{table}")
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS pg_temp.{}").format(was))
            cursor.execute(
                sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS TABLE {}").format(
                    was, sql.Identifier("public", table)
                )
            )


def keep_differences(tables: Sequence[str], commit: Commit) -> None:
    """Write a picture of every row that is not as it was."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                sql.SQL(
                    'INSERT INTO imports_rowpicture (source_id, "table", row_id, before, after)'
                    " SELECT {}, {}, COALESCE(w.id, t.id), to_jsonb(w), to_jsonb(t)"
                    " FROM pg_temp.{} w FULL JOIN {} t ON t.id = w.id"
                    " WHERE to_jsonb(w) IS DISTINCT FROM to_jsonb(t)"
                ).format(
                    sql.Literal(commit.source.pk),
                    sql.Literal(table),
                    sql.Identifier(f"was_{table}"),
                    sql.Identifier("public", table),
                )
            )


def take_back(tables: Sequence[str], commit: Commit) -> None:
    """Make every row as it was. Raises ``UndoRefused`` when one changed or is in use since."""
    for table in tables:
        _refuse_changed(table, commit)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in (_DELETE, _UPDATE, _INSERT):
                for table in tables:
                    cursor.execute(_composed(statement, table, commit))
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute(
                "DELETE FROM imports_rowpicture WHERE source_id = %s", [commit.source.pk]
            )
    except IntegrityError as error:
        raise UndoRefused("undo_still_used") from error


def _refuse_changed(table: str, commit: Commit) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_composed(_CHANGED, table, commit))
        (changed,) = cursor.fetchone()
    if changed:
        raise UndoRefused("rows_changed_since", rows=changed)


def _composed(statement: str, table: str, commit: Commit) -> sql.Composed:
    with connection.cursor() as cursor:
        columns = [
            column.name
            for column in connection.introspection.get_table_description(cursor, table)
            if column.name != "id"
        ]
    return sql.SQL(statement).format(
        table=sql.Identifier("public", table),
        name=sql.Literal(table),
        source=sql.Literal(commit.source.pk),
        columns=sql.SQL(", ").join(sql.Identifier(column) for column in columns),
        old=sql.SQL(", ").join(sql.Identifier("o", column) for column in columns),
    )


_MINE = 'p.source_id = {source} AND p."table" = {name}'
_CHANGED = f"""
SELECT count(*) FROM imports_rowpicture p LEFT JOIN {{table}} t ON t.id = p.row_id
WHERE {_MINE} AND to_jsonb(t) IS DISTINCT FROM p.after
"""  # noqa: S608 - a constant
_DELETE = f"""
DELETE FROM {{table}} t USING imports_rowpicture p
WHERE {_MINE} AND p.before IS NULL AND t.id = p.row_id
"""  # noqa: S608
_UPDATE = f"""
UPDATE {{table}} t SET ({{columns}}) = ROW({{old}})
FROM imports_rowpicture p, jsonb_populate_record(NULL::{{table}}, p.before) o
WHERE {_MINE} AND p.before IS NOT NULL AND p.after IS NOT NULL AND t.id = p.row_id
"""  # noqa: S608
_INSERT = f"""
INSERT INTO {{table}} OVERRIDING SYSTEM VALUE SELECT o.*
FROM imports_rowpicture p, jsonb_populate_record(NULL::{{table}}, p.before) o
WHERE {_MINE} AND p.after IS NULL
"""  # noqa: S608
