"""Sources that come from order lines: booked sales, orders, order value, returns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.goals import measures
from paceline.goals.measures import Fact, People, Source
from paceline.goals.measures.records import orders as opened
from paceline.goals.models.quotas import Unit
from paceline.goals.progress import divided

NONE = Decimal(0)

# A shared line counts for those who share in it; a return of a shared line goes back to them.
# What comes on top of a line is left out, or a team would count it twice.
_LINES = """
SELECT coalesce(s.person_id, l.person_id) AS who, l.ordered_on, l.currency,
       sum(l.amount * coalesce(s.share, 1)),
       coalesce(sum(l.amount * coalesce(s.share, 1)) FILTER (WHERE l.kind = 'sale'), 0)
FROM orders_orderline l
LEFT JOIN orders_lineshare s ON NOT s.is_overlay AND s.line_id = CASE
    WHEN l.returns_line_id IS NULL OR EXISTS (
        SELECT 1 FROM orders_lineshare own WHERE own.line_id = l.id) THEN l.id
    ELSE l.returns_line_id END
WHERE l.ordered_on >= %(first)s AND l.ordered_on < %(before)s
  AND (%(people)s::bigint[] IS NULL OR coalesce(s.person_id, l.person_id) = ANY(%(people)s))
GROUP BY 1, 2, 3 ORDER BY 2, 1, 3
"""
# An order counts once: for the person of its first line, on its first day.
_ORDERS = """
SELECT who, day, count(*) FROM (
    SELECT (array_agg(person_id ORDER BY id))[1] AS who, min(ordered_on) AS day
    FROM orders_orderline
    WHERE kind = 'sale' AND ordered_on >= %(first)s AND ordered_on < %(before)s
    GROUP BY source, order_number) o
WHERE %(people)s::bigint[] IS NULL OR who = ANY(%(people)s)
GROUP BY 1, 2 ORDER BY 2, 1
"""


def _rows(query: str, first: date, before: date, people: People) -> list[tuple[Any, ...]]:
    values = {"first": first, "before": before, "people": None if people is None else list(people)}
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def sales(first: date, before: date, people: People) -> Iterator[Fact]:
    """Sales less returns, net of tax and discount, by the day of the order or the return."""
    for who, on, currency, amount, _sold in _rows(_LINES, first, before, people):
        yield Fact(who, on, currency, (amount,))


def orders(first: date, before: date, people: People) -> Iterator[Fact]:
    for who, on, count in _rows(_ORDERS, first, before, people):
        yield Fact(who, on, "", (Decimal(count),))


def order_values(first: date, before: date, people: People) -> Iterator[Fact]:
    for who, on, currency, _net, sold in _rows(_LINES, first, before, people):
        yield Fact(who, on, currency, (sold, NONE))
    for who, on, count in _rows(_ORDERS, first, before, people):
        yield Fact(who, on, "", (NONE, Decimal(count)))


def returns(first: date, before: date, people: People) -> Iterator[Fact]:
    for who, on, currency, net, sold in _rows(_LINES, first, before, people):
        yield Fact(who, on, currency, (sold - net, sold))


def ratio(parts: Sequence[Decimal]) -> Decimal | None:
    """The first part of the second; nothing where the second is nothing."""
    return divided(parts[0], parts[1])


def register() -> None:
    """Let goals be measured by what was sold; called once at start."""
    measures.register(
        Source(
            key="sales",
            label=_("Booked sales"),
            definition=_(
                "Order lines less returns, net of tax and discount, on the day of the order or "
                "return; shared lines by share."
            ),
            unit=Unit.MONEY,
            daily=sales,
            money=(0,),
            records=opened.lines,
        )
    )
    measures.register(
        Source(
            key="orders",
            label=pgettext_lazy("measure", "Orders"),
            definition=_("Each order once, for the person of its first line."),
            unit=Unit.QUANTITY,
            daily=orders,
            records=opened.orders,
        )
    )
    measures.register(
        Source(
            key="order_value",
            label=_("Average order value"),
            definition=_("What was sold before returns, divided by the number of orders."),
            unit=Unit.MONEY,
            daily=order_values,
            value=ratio,
            parts=2,
            money=(0,),
            is_level=True,
            lowered_by=frozenset({"orders"}),
            records=opened.sales,
        )
    )
    measures.register(
        Source(
            key="return_rate",
            label=_("Return rate"),
            definition=_("What came back in the days, divided by what was sold in them."),
            unit=Unit.PERCENT,
            daily=returns,
            value=ratio,
            parts=2,
            money=(0, 1),
            is_level=True,
            raised_by=frozenset({"orders", "sales"}),
            records=opened.lines,
        )
    )
