"""Sharing the lines of orders among those who won them; nothing on a closed day changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from paceline.imports.actions import staging
from paceline.kernel import audit
from paceline.orders.actions.days import LOCK, closed_line, raise_revisions
from paceline.orders.models import LineKind, LineShare, OrderLine
from paceline.org.models import Person

WHOLE = Decimal(1)
_CLOSED = f"""
SELECT l.order_number, min(d.day) FROM orders_orderline l {closed_line("l")}
WHERE l.id = ANY (%s) GROUP BY l.order_number ORDER BY 1 LIMIT 1
"""  # noqa: S608 - our own columns
_DAYS = """
SELECT ordered_on FROM orders_orderline WHERE id = ANY (%s)
UNION SELECT r.ordered_on FROM orders_orderline r WHERE r.returns_line_id = ANY (%s)
"""


class LineDayIsClosed(Exception):
    """A final run has used a day of one of the lines. ``order_number`` and ``day`` say which."""

    def __init__(self, order_number: str, day: date) -> None:
        super().__init__(f"{order_number} {day}")
        self.order_number, self.day = order_number, day


class SharedByFile(Exception):
    """The pay desk brought the shares of this order in by file; theirs stand."""

    def __init__(self, order_number: str) -> None:
        super().__init__(order_number)
        self.order_number = order_number


class PartsNotWhole(Exception):
    """All parts but overlays must make the whole."""


@dataclass(frozen=True, slots=True)
class Part:
    """A person's part of every line of some orders: a split, or an overlay on top."""

    person: Person
    share: Decimal
    is_overlay: bool = False


@transaction.atomic
def share_orders(
    *,
    orders: Collection[tuple[str, str]],
    parts: Sequence[Part],
    reason: str,
    by: Person | None,
    at: datetime,
) -> int:
    """Give every sale of these orders (source, number) these parts, in place of those it had.

    Without parts the lines are their seller's again. Lines that are shared like this already stay
    untouched. Raises ``LineDayIsClosed``, ``SharedByFile`` and ``PartsNotWhole``; then nothing
    changed. Returns how many lines changed; their months are calculated again.
    """
    if parts and sum((one.share for one in parts if not one.is_overlay), Decimal(0)) != WHOLE:
        raise PartsNotWhole
    staging.lock_target(LOCK)
    lines = _lines_of(orders)
    wanted = sorted((one.person.pk, one.share, one.is_overlay) for one in parts)
    known: dict[int, list[LineShare]] = {line.pk: [] for line in lines}
    for share in LineShare.objects.filter(line__in=lines).select_related("line"):
        known[share.line_id].append(share)
    changing = [line for line in lines if _said(known[line.pk]) != wanted]
    if not changing:
        return 0
    for line in changing:
        if any(one.imported_by_id is not None for one in known[line.pk]):
            raise SharedByFile(line.order_number)
    ids = [line.pk for line in changing]
    _refuse_closed(ids)
    LineShare.objects.filter(line__in=ids).delete()
    LineShare.objects.bulk_create(
        LineShare(line=line, person=one.person, share=one.share, is_overlay=one.is_overlay)
        for line in changing
        for one in parts
    )
    raise_revisions(_DAYS, [ids, ids])
    audit.record(
        "lines_shared",
        subject=changing[0],
        by=by,
        at=at,
        after={
            "lines": len(changing),
            "parts": [[one.person.number, str(one.share), one.is_overlay] for one in parts],
        },
        reason=reason,
    )
    return len(changing)


def _lines_of(orders: Collection[tuple[str, str]]) -> list[OrderLine]:
    """The sales of the orders, found by their natural key."""
    numbers: dict[str, list[str]] = {}
    for source, number in orders:
        numbers.setdefault(source, []).append(number)
    return [
        line
        for source, listed in sorted(numbers.items())
        for line in OrderLine.objects.filter(
            source=source, order_number__in=listed, kind=LineKind.SALE
        ).order_by("pk")
    ]


def _said(shares: Collection[LineShare]) -> list[tuple[int, Decimal, bool]]:
    return sorted((one.person_id, one.share, one.is_overlay) for one in shares)


def _refuse_closed(ids: list[int]) -> None:
    parameters: list[Any] = [ids]
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED, parameters)
        found = cursor.fetchone()
    if found is not None:
        raise LineDayIsClosed(*found)
