"""What fixtures make through actions once in a process: the rows are copied for later tests.

A copy is put back past triggers and foreign keys, which have judged these rows when they were made.
Ids are never used twice, because sequences do not go back with a rolled-back transaction. On a
company's own server (``DATABASE_URL``) nobody may do that, and everything is made anew.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model

KEPT_BY_MIGRATIONS = ("django_migrations", "django_content_type", "auth_permission")
FILES = Path(settings.MEDIA_ROOT)
_TABLES = """
SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r'
AND relnamespace = 'public'::regnamespace AND relname <> ALL (%s)
"""
Rows = Mapping[str, frozenset[str]]
World = TypeVar("World")
Made = TypeVar("Made")


def rows(*names: str) -> Rows:
    """The rows, as JSON, of these tables that have any; of all when none is named."""
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        if not names:
            cursor.execute(_TABLES, [list(KEPT_BY_MIGRATIONS)])
            names = tuple(name for (name,) in cursor.fetchall())
        cursor.execute(
            " UNION ALL ".join(f"SELECT '{one}', to_json(t)::text FROM {one} t" for one in names)  # noqa: S608
        )
        for name, row in cursor.fetchall():
            found.setdefault(name, set()).add(row)
    return {name: frozenset(of_table) for name, of_table in found.items()}


@dataclass(frozen=True)
class Copy:
    """What leads from the rows before to the rows after."""

    emptied: Rows  # some of these rows changed or went; they are put whole
    put: Mapping[str, str]

    @classmethod
    def of(cls, before: Rows, after: Rows) -> Copy:
        changed = [name for name in before if before[name] - after.get(name, frozenset())]
        new = {
            name: sorted(after[name] if name in changed else after[name] - before.get(name, set()))
            for name in after
        }
        emptied = {name: before[name] for name in changed}
        return cls(emptied, {name: f"[{','.join(one)}]" for name, one in new.items() if one})

    def fits(self) -> bool:
        """Whether all that would be emptied is what was there before."""
        return not self.emptied or rows(*self.emptied) == self.emptied

    def apply(self) -> None:
        """One question to the database for all tables."""
        role = "SET LOCAL session_replication_role = {}" if may_copy() else "SELECT '{}'"
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            cursor.execute(
                ";".join(
                    [
                        role.format("replica"),
                        *(f"DELETE FROM {name}" for name in self.emptied),  # noqa: S608
                        *(
                            f"INSERT INTO {name} OVERRIDING SYSTEM VALUE"  # noqa: S608
                            f" SELECT * FROM json_populate_recordset(NULL::{name}, %s)"
                            for name in self.put
                        ),
                        role.format("origin"),
                    ]
                ),
                list(self.put.values()),
            )


@cache
def may_copy() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')")
        return bool(cursor.fetchone()[0])


@dataclass(frozen=True)
class _Kept:
    copy: Copy
    told: bytes


_kept: dict[Callable[..., Any], _Kept] = {}
_cast_alone: list[Rows] = []


def keep_cast(build: Callable[[], World]) -> tuple[World, Copy]:
    """The cast, and what puts it where nothing is; every later fixture builds on it alone."""
    before = rows()
    world = build()
    after = rows()
    _cast_alone[:] = [after]
    return world, Copy.of(before, after)


def once(build: Callable[[World], Made], world: World) -> Made:
    """What ``build`` makes of the cast: by itself the first time, afterwards a copy of its rows,
    and of its answer as it was then.

    It is made anew where something else than the cast was there before, where files lie elsewhere,
    and where tests commit.
    """
    if not connection.in_atomic_block or Path(settings.MEDIA_ROOT) != FILES or not may_copy():
        return build(world)
    kept = _kept.get(build)
    if kept is not None and kept.copy.fits():
        kept.copy.apply()
        return _Reader(io.BytesIO(kept.told), world).load()  # type: ignore[no-any-return]
    before = rows()
    made = build(world)
    if kept is None and [before] == _cast_alone:
        told = io.BytesIO()
        _Writer(told, world).dump(made)
        _kept[build] = _Kept(Copy.of(before, rows()), told.getvalue())
    return made


def _named(world: Any) -> Iterator[tuple[str, Any]]:
    """The cast, which a copy names instead of copying it."""
    yield "", world
    for name, value in vars(world).items():
        if isinstance(value, Model):
            yield name, value


class _Writer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, world: Any) -> None:
        super().__init__(file)
        self._names = {id(one): name for name, one in _named(world)}

    def persistent_id(self, obj: Any) -> str | None:
        return self._names.get(id(obj))


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, world: Any) -> None:
        super().__init__(file)
        self._named = dict(_named(world))

    def persistent_load(self, pid: str) -> Any:
        return self._named[pid]
