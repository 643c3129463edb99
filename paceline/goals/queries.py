"""Quotas as screens and the engine read them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

import pyarrow as pa
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Sum

from paceline.goals.models import Quota
from paceline.org.models import Person

QUOTAS = pa.schema(
    [
        pa.field("quota", pa.string(), nullable=False),
        pa.field("payee_id", pa.string(), nullable=False),
        pa.field("starts_on", pa.date32(), nullable=False),
        pa.field("ends_before", pa.date32(), nullable=False),
        pa.field("amount", pa.decimal128(18, 4), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
    ]
)


def quotas_table(starts_on: date, ends_before: date) -> pa.Table:
    """The standing quotas that count on some day of the range, for the engine."""
    rows = list(
        Quota.objects.standing()
        .during(starts_on, ends_before)
        .order_by("measure", "person__number", "starts_on")
        .values_list("measure", "person__number", "starts_on", "ends_before", "amount", "currency")
    )
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(QUOTAS)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, QUOTAS, strict=True)],
        schema=QUOTAS,
    )


def targets_within(
    names: Collection[str], currency: str, starts_on: date, ends_before: date, limit: int
) -> list[tuple[str, str, Decimal]]:
    """Measure, payee's number and the sum of the standing quotas that lie wholly in the days."""
    rows = (
        Quota.objects.standing()
        .filter(
            measure__in=names, currency=currency, starts_on__gte=starts_on,
            ends_before__lte=ends_before,
        )
        .order_by("measure", "person__number")
        .values("measure", "person__number")
        .annotate(total=Sum("amount"))
    )  # fmt: skip
    return [(row["measure"], row["person__number"], row["total"]) for row in rows[:limit]]


HISTORY_MAX = 100


def standing_for(person: Person) -> QuerySet[Quota]:
    """The standing quotas that a person may read, with how often each was changed."""
    rows: QuerySet[Quota] = Quota.objects.visible_to(person).standing()
    return rows.select_related("person").annotate(changes=_changes())


def _changes() -> Subquery:
    """How many rows an earlier decision left for the same payee, measure and first day."""
    same = Quota.objects.filter(
        person=OuterRef("person"), measure=OuterRef("measure"), starts_on=OuterRef("starts_on")
    )
    counted = same.order_by().values("person").annotate(n=Count("pk") - 1).values("n")
    return Subquery(counted, output_field=IntegerField())


def history(quota: Quota) -> list[Quota]:
    """What the quota says and said, the newest first; the last of the list came first."""
    rows = Quota.objects.filter(
        person=quota.person_id, measure=quota.measure, starts_on=quota.starts_on
    ).select_related("person", "set_by", "imported_by")
    return list(rows.order_by("-id")[:HISTORY_MAX])


def years(person: Person) -> list[tuple[str, str]]:
    """The years in which quotas begin that a person may read, the newest first."""
    days = Quota.objects.visible_to(person).standing().order_by().dates("starts_on", "year", "DESC")
    return [(str(day.year), str(day.year)) for day in days]
