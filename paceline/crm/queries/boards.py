"""The board: columns of stages with counts and sums by currency, and the cards of each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from paceline.crm.models import Deal, Pipeline, Stage, StageKind
from paceline.org.models import Person

CARDS_MAX = 60
# Won and lost columns show what closed lately; the rest stands in the list.
CLOSED_DAYS = 30


@dataclass(slots=True)
class Card:
    """A deal on the board. ``lacks_step``: nothing is planned; ``is_stale``: it waits too long."""

    deal: Any
    lacks_step: bool
    is_overdue: bool
    is_stale: bool
    days: int


@dataclass(slots=True)
class BoardColumn:
    """A stage with its cards, how many there are, and what they are worth by currency."""

    stage: Stage
    cards: list[Card] = field(default_factory=list)
    count: int = 0
    sums: list[tuple[str, Decimal]] = field(default_factory=list)
    weighted: list[tuple[str, Decimal]] = field(default_factory=list)

    @property
    def hidden(self) -> int:
        return self.count - len(self.cards)


def pipelines_for(person: Person) -> list[Pipeline]:
    """The pipelines of the person's teams that are in use. One query."""
    rows = Pipeline.objects.visible_to(person).filter(retired_at__isnull=True)
    return list(rows.select_related("team").order_by("team__name", "rank", "id"))


def columns_of(
    pipeline: Pipeline,
    person: Person,
    on: date,
    at: datetime,
    *,
    owner: int | None = None,
    only: frozenset[int] | None = None,
) -> list[BoardColumn]:
    """The columns as the person sees them: stages, sums, cards; three queries."""
    stages = Stage.objects.filter(pipeline=pipeline, retired_at__isnull=True)
    if only is not None:
        stages = stages.filter(pk__in=only)
    columns = {one.pk: BoardColumn(one) for one in stages.order_by("rank", "id")}
    deals = _deals(pipeline, person, on, owner).filter(stage__in=list(columns))
    totals = deals.order_by().values("stage_id", "currency").annotate(
        n=Count("pk"), total=Sum("amount")
    )  # fmt: skip
    sums: dict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    for row in totals:
        column = columns[row["stage_id"]]
        column.count += row["n"]
        if row["total"]:
            sums[column.stage.pk].append((row["currency"], row["total"]))
    for pk, found in sums.items():
        column = columns[pk]
        column.sums = sorted(found, key=lambda one: (-one[1], one[0]))
        column.weighted = [(one, total * column.stage.probability) for one, total in column.sums]
    place = Window(RowNumber(), partition_by=F("stage_id"), order_by=[F("board_rank"), F("pk")])
    shown = deals.annotate(place=place).filter(place__lte=CARDS_MAX)
    for deal in shown.select_related("owner", "company", "contact").order_by("board_rank", "pk"):
        column = columns[deal.stage_id]
        column.cards.append(card_of(deal, column.stage, on, at))
    return list(columns.values())


def _deals(pipeline: Pipeline, person: Person, on: date, owner: int | None) -> QuerySet[Any]:
    since = on - timedelta(days=CLOSED_DAYS)
    deals = Deal.objects.visible_to(person).kept().filter(pipeline=pipeline)
    open_ones = deals.filter(closed_on__isnull=True) | deals.filter(closed_on__gte=since)
    return open_ones if owner is None else open_ones.filter(owner_id=owner)


def card_of(deal: Deal, stage: Stage, on: date, at: datetime) -> Card:
    is_open = stage.kind == StageKind.OPEN
    days = max((at - deal.entered_at).days, 0)
    return Card(
        deal=deal,
        lacks_step=is_open and not deal.next_step,
        is_overdue=is_open and deal.next_step_on is not None and deal.next_step_on < on,
        is_stale=is_open and stage.days_until_stale is not None and days > stage.days_until_stale,
        days=days,
    )
