"""The order of cards in their lists, on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from paceline.boards import actions as boards
from paceline.boards.models import Card, CardList
from paceline.boards.trello import order, reading
from paceline.boards.trello.actions.desk import NOT_HERE, Desk, keep_trouble
from paceline.boards.trello.asking import Refused
from paceline.boards.trello.models import Twin, TwinKind


def pos_of(desk: Desk, card: Card) -> str:
    """The place in Trello for a card that is made there: between the cards around it."""
    rows = Card.objects.kept().filter(list=card.list_id)
    above = rows.filter(rank__lt=card.rank).order_by("-rank").values_list("pk", flat=True)[:1]
    below = rows.filter(rank__gt=card.rank).order_by("rank").values_list("pk", flat=True)[:1]
    ids = [*above, *below]
    known = {
        one.local: one.place
        for one in desk.twins(TwinKind.CARD, local__in=ids, gone_at__isnull=True)
    }
    high = known.get(above[0]) if above else None
    low = known.get(below[0]) if below else None
    if high is None and low is None:
        return "top" if not above else "bottom"
    return f"{order.between(high, low).normalize():f}"


def keep_places(desk: Desk, fresh: Mapping[str, Decimal], touched: set[str]) -> None:
    """Let the cards of lists stand in the same order on both sides.

    ``fresh`` are the places that Trello said in this pass, by card; ``touched`` the lists with a
    card that was read. Others are looked at only when a card of them moved here since.
    """
    versions = dict(
        CardList.objects.filter(project=desk.project, archived_at__isnull=True).values_list(
            "pk", "version"
        )
    )
    for twin in desk.twins(TwinKind.LIST, gone_at__isnull=True):
        version = versions.get(twin.local or 0)
        if version is None or twin.key in desk.closed_lists:
            continue
        if twin.key in touched or twin.version != version:
            _keep_list(desk, twin, fresh)


def _keep_list(desk: Desk, twin: Twin, fresh: Mapping[str, Decimal]) -> None:
    row = CardList.objects.select_related("project").get(pk=twin.local)
    ranks = list(
        Card.objects.kept().filter(list=row).order_by("rank", "pk").values_list("pk", flat=True)
    )
    twins = {
        one.key: one
        for one in desk.twins(TwinKind.CARD, local__in=ranks, gone_at__isnull=True)
        if one.key and (one.base or {}).get("list") == twin.key
    }
    now = {key: fresh.get(key) or one.place or Decimal(0) for key, one in twins.items()}
    position = {pk: place for place, pk in enumerate(ranks)}
    base = sorted(
        (key for key, one in twins.items() if one.place is not None),
        key=lambda key: (twins[key].place or 0, key),
    )
    here = sorted(twins, key=lambda key: position[twins[key].local or 0])
    there = sorted(twins, key=lambda key: (now[key], key))
    stands = order.whose(base, here, there)
    if stands == "there":
        _arrange_here(desk, row, twins, here, there)
    elif stands == "here":
        _arrange_there(desk, twins, now, here, there)
    for key, one in twins.items():
        if one.place != now[key]:
            one.place = now[key]
            one.save(update_fields=["place"])
    version = CardList.objects.filter(pk=row.pk).values_list("version", flat=True).get()
    if twin.version != version:
        twin.version = version
        twin.save(update_fields=["version"])


def _arrange_here(
    desk: Desk, row: CardList, twins: Mapping[str, Twin], here: list[str], there: list[str]
) -> None:
    changed = order.moved(here, there)
    cards = Card.objects.in_bulk([one.local for one in twins.values() if one.local is not None])
    above: Card | None = None
    for key in there:
        card = cards[twins[key].local or 0]
        if key in changed:
            try:
                boards.move_card(card=card, to=row, after=above, by=None, at=desk.at)
            except NOT_HERE as problem:
                keep_trouble(twins[key], problem, desk.at)
        above = card


def _arrange_there(
    desk: Desk, twins: Mapping[str, Twin], now: dict[str, Decimal], here: list[str],
    there: list[str],
) -> None:  # fmt: skip
    changed = order.moved(there, here)
    for index, key in enumerate(here):
        if key not in changed:
            continue
        above = now[here[index - 1]] if index else None
        later = [one for one in here[index + 1 :] if one not in changed]
        pos = order.between(above, now[later[0]] if later else None)
        try:
            answer = desk.trello.put(f"/cards/{key}", pos=f"{pos.normalize():f}")
        except Refused as problem:
            keep_trouble(twins[key], problem, desk.at)
            continue
        now[key] = reading.place(answer) if isinstance(answer, dict) and "pos" in answer else pos
