"""Customers as order lines name them, kept beside the lines so that a name is found at once."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from typing import Any

from django.db import connection, transaction

from paceline.search.folding import fold, terms

BATCH = 2_000
_KEEP = """
INSERT INTO orders_namedcustomer (name, folded, terms)
SELECT one.name, one.folded, array_to_tsvector(string_to_array(one.terms, chr(10)))
FROM unnest(%s::text[], %s::text[], %s::text[]) AS one (name, folded, terms)
ON CONFLICT (name) DO NOTHING
"""


@transaction.atomic
def keep_names(*, orders: str) -> int:
    """Keep how the lines of some orders name their customers; how many names were new.

    ``orders`` is a table of ``source, order_number``, of whoever follows orders. No audit line: the
    names repeat what lines say.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT l.customer FROM {orders} t"  # noqa: S608 - our own words
            " JOIN orders_orderline l USING (source, order_number) WHERE l.customer <> ''"
            " AND NOT EXISTS (SELECT 1 FROM orders_namedcustomer n WHERE n.name = l.customer)"
        )
        names = [name for (name,) in cursor.fetchall()]
        rest = iter(names)
        while part := list(islice(rest, BATCH)):
            words = ["\n".join(terms([name])) for name in part]
            cursor.execute(_KEEP, [part, [fold(name) for name in part], words])
    return len(names)


@transaction.atomic
def drop_names(*, named: Collection[str] | None = None) -> int:
    """Let go of names that no line says any more: of these, or of all."""
    with connection.cursor() as cursor:
        return _drop(cursor, named)


def _drop(cursor: Any, named: Collection[str] | None) -> int:
    some = "" if named is None else "lower(n.name) = ANY(%s) AND "
    cursor.execute(
        f"DELETE FROM orders_namedcustomer n WHERE {some}"  # noqa: S608 - our own words
        "NOT EXISTS (SELECT 1 FROM orders_orderline l WHERE l.customer = n.name"
        " AND l.customer <> '')",
        None if named is None else [list(named)],
    )
    return int(cursor.rowcount)
