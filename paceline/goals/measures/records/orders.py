"""The order lines and orders behind a goal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from paceline.goals import access
from paceline.goals.measures import People, Record
from paceline.goals.measures.records import address_of
from paceline.orders.access import may_read_lines
from paceline.orders.models import LineKind
from paceline.org.models import Person

# As the facts have them (measures.orders), line by line.
_LINES = """
SELECT coalesce(s.person_id, l.person_id) AS who, l.ordered_on, l.id, l.order_number, l.kind,
       concat_ws(' · ', nullif(l.product, ''), nullif(l.channel, '')),
       l.amount * coalesce(s.share, 1), l.currency
FROM orders_orderline l
LEFT JOIN orders_lineshare s ON NOT s.is_overlay AND s.line_id = CASE
    WHEN l.returns_line_id IS NULL OR EXISTS (
        SELECT 1 FROM orders_lineshare own WHERE own.line_id = l.id) THEN l.id
    ELSE l.returns_line_id END
WHERE l.ordered_on >= %(first)s AND l.ordered_on < %(before)s
  AND l.kind = ANY(%(kinds)s)
  AND (%(people)s::bigint[] IS NULL OR coalesce(s.person_id, l.person_id) = ANY(%(people)s))
ORDER BY l.ordered_on DESC, l.id DESC, 1 LIMIT %(most)s
"""
_ORDERS = """
SELECT who, day, line, order_number, 'sale', '', amount, currency FROM (
    SELECT (array_agg(person_id ORDER BY id))[1] AS who, min(ordered_on) AS day, min(id) AS line,
           order_number, sum(amount) AS amount, min(currency) AS currency
    FROM orders_orderline
    WHERE kind = 'sale' AND ordered_on >= %(first)s AND ordered_on < %(before)s
    GROUP BY source, order_number) o
WHERE %(people)s::bigint[] IS NULL OR who = ANY(%(people)s)
ORDER BY day DESC, line DESC LIMIT %(most)s
"""


def _records(
    query: str, kinds: list[str], reader: Person, first: date, before: date, people: People,
    most: int,
) -> Iterator[Record]:  # fmt: skip
    values: dict[str, Any] = {
        "first": first, "before": before, "kinds": kinds, "most": most,
        "people": None if people is None else list(people),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows = cursor.fetchall()
    is_told = access.told_of_lines(reader)
    opens = may_read_lines(reader)
    names = dict(LineKind.choices)
    for who, on, line, number, kind, detail, amount, currency in rows:
        if not is_told(who, on):
            yield Record(who, on, is_seen=False)
            continue
        yield Record(
            who,
            on,
            _("Order %(number)s") % {"number": number},
            address_of("orders:line", line) if opens else "",
            detail,
            figure="" if query is _ORDERS else str(names[kind]),
            amount=amount,
            currency=currency,
        )


Opened = Callable[[Person, date, date, People, int], Iterator[Record]]
lines: Opened = partial(_records, _LINES, [LineKind.SALE, LineKind.RETURN])
sales: Opened = partial(_records, _LINES, [LineKind.SALE])
orders: Opened = partial(_records, _ORDERS, [])
