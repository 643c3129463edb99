"""What waits for a person: rows of many tables, counted together.

Each app says which rows wait for whom and what is said of them; the first page asks about all of
them in one query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from paceline.kernel.shell import Attention


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows that wait, and what is said when there are any of them."""

    rows: QuerySet[Any]
    say: Callable[[int], Attention]


def worded(found: Iterable[Attention | Waiting]) -> list[Attention]:
    """What is to be said, in the given order; what nothing waits for is left out. One query."""
    found = list(found)
    waiting = [one for one in found if isinstance(one, Waiting)]
    counted = dict(zip(map(id, waiting), counts([one.rows for one in waiting]), strict=True))
    said = []
    for one in found:
        if isinstance(one, Attention):
            said.append(one)
        elif counted[id(one)]:
            said.append(one.say(counted[id(one)]))
    return said


def counts(rows: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows each of them has, asked in one query."""
    asked: list[tuple[str, Sequence[Any]] | None] = []
    for one in rows:
        try:
            asked.append(one.order_by().values("pk").query.sql_with_params())
        except EmptyResultSet:
            asked.append(None)
    known = [one for one in asked if one is not None]
    if not known:
        return [0] * len(asked)
    # The texts are Django's own; values stay parameters.
    parts = [f"(SELECT count(*) FROM ({sql}) AS asked)" for sql, _params in known]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", [p for _sql, params in known for p in params])
        found = iter(cursor.fetchone() or ())
    return [0 if one is None else next(found) for one in asked]
