"""The order of cards in a list: integer ranks with gaps, drawn under the list's lock."""

from __future__ import annotations

from django.db import connection
from django.db.models import F, Max, Min

from paceline.boards.models import Card, CardList

GAP = 1024


def lock_lists(*ids: int | None) -> dict[int, CardList]:
    """Hold lists in the order of their ids, so that two moves wait for each other and never in a
    circle."""
    wanted = {one for one in ids if one is not None}
    rows = CardList.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=wanted)
    return {one.pk: one for one in rows.order_by("pk").select_related("project")}


def ranks_below(cards: CardList | Card, count: int) -> list[int]:
    """Ranks below every card of a held list, or every part of a held card, in order."""
    rows = (
        Card.objects.filter(list=cards)
        if isinstance(cards, CardList)
        else Card.objects.filter(parent=cards)
    )
    last = rows.aggregate(last=Max("rank"))["last"]
    start = 0 if last is None else int(last) + GAP
    return [start + GAP * place for place in range(count)]


def rank_on_top(cards: CardList) -> int:
    first = Card.objects.filter(list=cards).aggregate(first=Min("rank"))["first"]
    return 0 if first is None else int(first) - GAP


def rank_after(cards: CardList, after: Card | None, moving: Card) -> int:
    """A rank right below a card of a held list, or on top; makes room when there is none."""
    others = Card.objects.filter(list=cards).exclude(pk=moving.pk)
    if after is None:
        first = others.aggregate(first=Min("rank"))["first"]
        return 0 if first is None else int(first) - GAP
    for _attempt in range(2):
        above = int(Card.objects.filter(pk=after.pk).values_list("rank", flat=True).get())
        below = others.filter(rank__gt=above).aggregate(next=Min("rank"))["next"]
        if below is None:
            return above + GAP
        if below - above > 1:
            return above + (int(below) - above) // 2
        renumber(cards)
    raise AssertionError(cards)


def renumber(cards: CardList) -> None:
    """Give the cards of a held list ranks with gaps again, their order unchanged."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE boards_card c SET rank = n.rank * %s FROM ("
            " SELECT id, row_number() OVER (ORDER BY rank, id) AS rank FROM boards_card"
            " WHERE list_id = %s) n WHERE n.id = c.id",
            [GAP, cards.pk],
        )


def raise_version(*ids: int | None) -> None:
    """Say that the cards of lists moved."""
    CardList.objects.filter(pk__in=[one for one in ids if one is not None]).update(
        version=F("version") + 1
    )
