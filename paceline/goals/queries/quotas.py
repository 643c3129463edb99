"""Quotas and entered figures as screens and the engine read them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from paceline.goals.models import Figure, FigureKind, Quota, Unit
from paceline.kernel import formats
from paceline.org.models import Person, Team
from paceline.org.queries import members_during

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

FIGURES = pa.schema(
    [
        pa.field("figure", pa.string(), nullable=False),
        pa.field("payee_id", pa.string(), nullable=False),
        pa.field("on_date", pa.date32(), nullable=False),
        pa.field("value", pa.decimal128(18, 10), nullable=False),
    ]
)


def figures_table(starts_on: date, ends_before: date) -> pa.Table:
    """The standing figures of the days, for the engine."""
    rows = list(
        Figure.objects.standing()
        .filter(on__gte=starts_on, on__lt=ends_before, value__isnull=False)
        .order_by("kind__name", "person__number", "on")
        .values_list("kind__name", "person__number", "on", "value")
    )
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(FIGURES)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, FIGURES, strict=True)],
        schema=FIGURES,
    )


def quotas_table(starts_on: date, ends_before: date) -> pa.Table:
    """The standing quotas that count on some day of the range, for the engine: those of people by
    their number, those of teams by their code.
    """
    rows = list(
        Quota.objects.standing()
        .during(starts_on, ends_before)
        .annotate(holder=Coalesce("person__number", "team__code"))
        .order_by("measure", "holder", "starts_on")
        .values_list("measure", "holder", "starts_on", "ends_before", "amount", "currency")
    )
    return quotas_as_table(rows)


def quotas_as_table(rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    """Rows in the order of ``QUOTAS`` as the table that the engine reads."""
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
            person__isnull=False, measure__in=names, currency=currency, starts_on__gte=starts_on,
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
    return rows.select_related("person", "team").annotate(
        changes=_changes(), holder_name=Coalesce("person__name", "team__name")
    )


def _changes() -> Subquery:
    """How many rows an earlier decision left for the same holder, measure and first day."""
    same = Quota.objects.filter(
        Q(person=OuterRef("person")) | Q(team=OuterRef("team")),
        measure=OuterRef("measure"),
        starts_on=OuterRef("starts_on"),
    )
    counted = same.order_by().values("measure").annotate(n=Count("pk") - 1).values("n")
    return Subquery(counted, output_field=IntegerField())


def history(quota: Quota) -> list[Quota]:
    """What the quota says and said, the newest first; the last of the list came first."""
    rows = Quota.objects.filter(
        person=quota.person_id, team=quota.team_id, measure=quota.measure, starts_on=quota.starts_on
    ).select_related("person", "team", "set_by", "imported_by")
    return list(rows.order_by("-id")[:HISTORY_MAX])


def years(person: Person) -> list[tuple[str, str]]:
    """The years in which quotas begin that a person may read, the newest first."""
    days = Quota.objects.visible_to(person).standing().order_by().dates("starts_on", "year", "DESC")
    return [(str(day.year), str(day.year)) for day in days]


def figures_for(person: Person) -> QuerySet[Figure]:
    """The standing figures that a person may read, with how often each was changed."""
    same = Figure.objects.filter(
        person=OuterRef("person"), kind=OuterRef("kind"), on=OuterRef("on")
    )
    counted = same.order_by().values("person").annotate(n=Count("pk") - 1).values("n")
    rows: QuerySet[Figure] = Figure.objects.visible_to(person).standing()
    return rows.select_related("person", "kind", "entered_by").annotate(
        changes=Subquery(counted, output_field=IntegerField())
    )


def figure_history(figure: Figure) -> list[Figure]:
    """What the figure says and said, the newest first."""
    rows = Figure.objects.filter(person=figure.person_id, kind=figure.kind_id, on=figure.on)
    return list(
        rows.select_related("person", "kind", "entered_by", "imported_by").order_by("-id")[
            :HISTORY_MAX
        ]
    )


def figure_years(person: Person) -> list[tuple[str, str]]:
    """The years for which figures were entered that a person may read, the newest first."""
    days = Figure.objects.visible_to(person).standing().order_by().dates("on", "year", "DESC")
    return [(str(day.year), str(day.year)) for day in days]


def shown(value: Decimal | None, unit: str) -> str:
    """A figure's value in its unit."""
    if value is None:
        return "—"
    plain = value.normalize()
    return formats.percent(plain) if unit == Unit.PERCENT else formats.number(plain)


# A grid larger than this is a file's business.
MEMBERS_MAX, KINDS_MAX = 200, 12


def members_of(team: Team, starts_on: date, ends_before: date) -> list[Person]:
    """Who belonged to a team on some day, by name."""
    return list(members_during(team, starts_on, ends_before).order_by("name", "id")[:MEMBERS_MAX])


def usual_kinds(team: Team, before: date) -> list[FigureKind]:
    """The kinds that were entered for a team's people lately; at the start, all there are."""
    recent = Figure.objects.filter(
        person__team_memberships__team=team, on__lt=before, on__gte=date(before.year - 1, 1, 1)
    )
    used = FigureKind.objects.filter(pk__in=recent.values("kind"))
    return list(used[:KINDS_MAX]) or list(FigureKind.objects.all()[:KINDS_MAX])


def figures_on(
    people: Collection[Person], kinds: Collection[FigureKind], on: date
) -> dict[tuple[int, int], Figure]:
    """What was entered for a day, by person and kind."""
    rows = Figure.objects.standing().filter(person__in=people, kind__in=kinds, on=on)
    rows = rows.select_related("kind")
    return {(one.person_id, one.kind_id): one for one in rows}
