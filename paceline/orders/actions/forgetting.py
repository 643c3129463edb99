"""Taking a buyer out of order lines; amounts, days and sellers stay as they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, transaction

from paceline.orders import news
from paceline.orders.actions.naming import drop_names
from paceline.orders.models import TouchedOrder


@transaction.atomic
def forget_customer(
    *, orders: Sequence[tuple[str, str]], texts: Collection[str], pseudonym: str
) -> int:
    """Let lines name a pseudonym where they named the customer by name, address or phone.

    ``orders`` are theirs, by source and number; ``texts`` is what they may be called. A customer
    number stays: without the customer it says nothing. Closed days are no bar, because nothing that
    pay is calculated from changes. Returns how many lines said it. No audit line: the action that
    forgets the person has one.
    """
    wanted = sorted({one.strip().casefold() for one in texts if one.strip()})
    if not wanted:
        return 0
    sources, numbers = [one[0] for one in orders], [one[1] for one in orders]
    said: dict[str, Any] = {
        "texts": wanted, "sources": sources, "numbers": numbers, "name": pseudonym
    }  # fmt: skip
    theirs = (
        "lower(l.customer) = ANY(%(texts)s) AND (position('@' in l.customer) > 0 OR"
        " (l.source, l.order_number) IN"
        " (SELECT * FROM unnest(%(sources)s::text[], %(numbers)s::text[])))"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL paceline.erasing = 'on'")
        before = (
            "UPDATE orders_orderlinebefore b SET customer = %(name)s FROM orders_orderline l"
            " WHERE l.id = b.row_id AND lower(b.customer) = ANY(%(texts)s) AND "
        )
        cursor.execute(before + theirs, said)
        lines_of = "UPDATE orders_orderline l SET customer = %(name)s WHERE "
        cursor.execute(lines_of + theirs, said)
        lines = int(cursor.rowcount)
        cursor.execute("SET LOCAL paceline.erasing = 'off'")
    drop_names(named=wanted)
    if lines:
        news.tell()
    return lines


def look_again(*, orders: Collection[tuple[str, str]]) -> None:
    """Let orders, by source and number, be followed anew though none of their lines changed: what
    was known of their buyer did. The job takes them up once this transaction is kept."""
    TouchedOrder.objects.bulk_create(
        TouchedOrder(source=source, order_number=number) for source, number in sorted(set(orders))
    )
    if orders:
        news.tell()
