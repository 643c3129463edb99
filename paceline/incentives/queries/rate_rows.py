"""Tables of rates as pages, imports and the engine read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from django.db import connection
from django.db.models import Count, Max, QuerySet, Sum
from psycopg import sql

from paceline.incentives.models.rate_rows import RateRow
from paceline.orders.queries import arrow_of
from paceline.org.models import Person

COLUMNS: Mapping[str, pa.DataType] = {
    "rate_table": pa.string(),
    "starts_on": pa.date32(),
    "ends_before": pa.date32(),
    "from": pa.decimal128(38, 12),
    "to": pa.decimal128(38, 12),
    "rate": pa.decimal128(38, 8),
    "amount": pa.decimal128(38, 4),
    "currency": pa.string(),
}
_FIELDS = (
    "rate_table", "starts_on", "ends_before", "above", "ends_at", "rate", "amount", "currency",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RateTableSummary:
    """A table of rates: how many rows and keys it has, and the last day on which rows begin."""

    name: str
    rows: int
    keys: int
    since: date


def rate_tables_for(person: Person) -> list[RateTableSummary]:
    """The tables of rates that a person may read, by name. One query."""
    rows = (
        RateRow.objects.visible_to(person)
        .order_by("rate_table")
        .values("rate_table")
        .annotate(count=Count("pk"), different=Count("keys", distinct=True), since=Max("starts_on"))
    )
    return [
        RateTableSummary(one["rate_table"], one["count"], one["different"], one["since"])
        for one in rows
    ]


def rate_rows_for(person: Person, name: str) -> QuerySet[RateRow]:
    """The rows of one table that a person may read."""
    return RateRow.objects.visible_to(person).filter(rate_table=name)


def names_known() -> list[str]:
    """The names of the tables of rates, for whoever writes a plan."""
    rows = RateRow.objects.order_by("rate_table").values_list("rate_table", flat=True)
    return list(rows.distinct())


def stored_rows(names: Sequence[str]) -> list[tuple[Any, ...]]:
    """The stored rows of some tables: their keys as text, then the columns of a row."""
    rows = RateRow.objects.filter(rate_table__in=names)
    return list(rows.values_list("keys", *_FIELDS))


def rate_rows_table(asked: Iterable[tuple[str, tuple[str, ...]]]) -> pa.Table:
    """The rows of the tables that plans ask, for a run: a column for each column of a key.

    By COPY: a million rows take seconds, and no more memory than their columns.
    """
    asked = list(asked)
    wanted = sql.Literal(sorted({name for name, _by in asked}))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(_KEYS).format(wanted=wanted))
        stated = {name for (name,) in cursor.fetchall()}
    names = sorted({column for _name, by in asked for column in by} | stated)
    schema = pa.schema([*COLUMNS.items(), *((name, pa.string()) for name in names)])
    keys = sql.SQL("").join(
        sql.SQL(", keys::jsonb ->> {name}").format(name=sql.Literal(name)) for name in names
    )
    copy = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(
        sql.SQL(_ROWS).format(keys=keys, wanted=wanted)
    )
    with connection.cursor() as cursor, cursor.copy(copy) as out:
        return arrow_of(b"".join(bytes(chunk) for chunk in out), schema)


_ROWS = """
SELECT rate_table, starts_on, ends_before, above, ends_at, rate, amount, currency{keys}
FROM incentives_raterow WHERE rate_table = ANY({wanted})
ORDER BY rate_table, keys, starts_on, above
"""
_KEYS = """
SELECT DISTINCT jsonb_object_keys(keys::jsonb)
FROM (SELECT DISTINCT keys FROM incentives_raterow WHERE rate_table = ANY({wanted})) AS known
"""


def rate_rows_mark(names: Iterable[str]) -> tuple[int, int, int]:
    """What changes when rows of some tables do: they come and go by files alone. One query."""
    found = RateRow.objects.filter(rate_table__in=list(names)).aggregate(
        count=Count("pk"), last=Max("pk"), imports=Sum("imported_by_id")
    )
    return found["count"], found["last"] or 0, found["imports"] or 0
