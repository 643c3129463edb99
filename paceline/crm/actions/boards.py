"""The order of cards in a column: integer ranks with gaps, drawn under the column's lock."""

from __future__ import annotations

from django.db import connection
from django.db.models import Max, Min

from paceline.crm.models import Deal, Stage

GAP = 1024


def lock_stages(*ids: int) -> dict[int, Stage]:
    """Hold columns in the order of their ids, so that two moves wait for each other and never
    in a circle."""
    rows = Stage.objects.select_for_update(of=("self",)).filter(pk__in=set(ids)).order_by("pk")
    return {stage.pk: stage for stage in rows.select_related("pipeline")}


def rank_on_top(stage: Stage) -> int:
    """A rank above every card of a held column."""
    first = Deal.objects.filter(stage=stage).aggregate(first=Min("board_rank"))["first"]
    return 0 if first is None else int(first) - GAP


def ranks_below(stage: Stage, count: int) -> list[int]:
    """Ranks below every card of a held column, in order."""
    last = Deal.objects.filter(stage=stage).aggregate(last=Max("board_rank"))["last"]
    start = 0 if last is None else int(last) + GAP
    return [start + GAP * place for place in range(count)]


def rank_after(stage: Stage, after: Deal | None, moving: Deal) -> int:
    """A rank right below a card of a held column, or on top; makes room when there is none."""
    if after is None:
        others = Deal.objects.filter(stage=stage).exclude(pk=moving.pk)
        first = others.aggregate(first=Min("board_rank"))["first"]
        return 0 if first is None else int(first) - GAP
    for _attempt in range(2):
        above = Deal.objects.filter(pk=after.pk).values_list("board_rank", flat=True).get()
        below = (
            Deal.objects.filter(stage=stage, board_rank__gt=above)
            .exclude(pk=moving.pk)
            .aggregate(next=Min("board_rank"))["next"]
        )
        if below is None:
            return int(above) + GAP
        if below - above > 1:
            return int(above) + (int(below) - int(above)) // 2
        renumber(stage)
    raise AssertionError(stage)


def renumber(stage: Stage) -> None:
    """Give the cards of a held column ranks with gaps again, their order unchanged."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_deal d SET board_rank = n.rank * %s FROM ("
            " SELECT id, row_number() OVER (ORDER BY board_rank, id) AS rank FROM crm_deal"
            " WHERE stage_id = %s) n WHERE n.id = d.id",
            [GAP, stage.pk],
        )
