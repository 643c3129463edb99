"""Repeat purchases: who bought first in a month, and how many of them bought again later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from paceline.crm.models import MODELS
from paceline.kernel.periods import month_from
from paceline.org.models import Person

SPAN = 12


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who bought first in a month; ``bought[n]`` of them bought in the nth month after it,
    None where that month has not come yet."""

    month: date
    customers: int
    bought: list[int | None]


def cohorts(kind: str, person: Person, on: date) -> list[Cohort]:
    """The cohorts of the last twelve months among those whom the person may see. One query."""
    seen = MODELS[kind].objects.visible_to(person).kept().order_by().values("pk")
    since = month_from(on, -(SPAN - 1))
    query, parameters = seen.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT date_trunc('month', p.first_on)::date, m.month, count(*)
            FROM crm_purchases p CROSS JOIN LATERAL unnest(p.months) m (month)
            WHERE p.first_on >= %s AND p.{kind}_id IN ({query}) GROUP BY 1, 2
            """,
            [since, *parameters],
        )
        counted = {(row[0], row[1]): row[2] for row in cursor.fetchall()}
    found = []
    for back in range(SPAN - 1, -1, -1):
        month = month_from(on, -back)
        bought: list[int | None] = [
            counted.get((month, n), 0) if n <= back else None for n in range(SPAN)
        ]
        found.append(Cohort(month, bought[0] or 0, bought))
    return found


def cohort_members(kind: str, person: Person, month: date, after: int | None) -> QuerySet[Any]:
    """Who bought first in this month; with ``after`` those of them who bought in that month."""
    following = month_from(month, 1)
    rows: QuerySet[Any] = MODELS[kind].objects.visible_to(person).kept()
    rows = rows.filter(purchases__first_on__gte=month, purchases__first_on__lt=following)
    return rows if after is None else rows.filter(purchases__months__contains=[after])
