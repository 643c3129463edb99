"""Who is away, as pages and the engine read it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import pyarrow as pa
from django.db.models import QuerySet

from paceline.org.models import Leave, LeaveKind, Person

LEAVES = pa.schema(
    [
        pa.field("payee_id", pa.string(), nullable=False),
        pa.field("starts_on", pa.date32(), nullable=False),
        pa.field("ends_before", pa.date32()),
    ]
)
EVERY_KIND = frozenset(LeaveKind)


def leaves_for(person: Person) -> QuerySet[Leave]:
    """The leaves of which a person may know."""
    rows: QuerySet[Leave] = Leave.objects.visible_to(person)
    return rows.select_related("person")


def leaves_table(
    starts_on: date, ends_before: date, kinds: Collection[LeaveKind] = EVERY_KIND
) -> pa.Table:
    """The leaves of some kinds that hold on some day of the range, for the engine: days only.

    Sorted by ``payee_id``, which is the employee number, and first day.
    """
    rows = list(
        Leave.objects.during(starts_on, ends_before)
        .filter(kind__in=kinds)
        .order_by("person__number", "starts_on")
        .values_list("person__number", "starts_on", "ends_before")
    )
    columns = list(zip(*rows, strict=True)) or [()] * len(LEAVES)
    arrays = [pa.array(one, field.type) for one, field in zip(columns, LEAVES, strict=True)]
    return pa.Table.from_arrays(arrays, schema=LEAVES)
