"""Checklists of a card on both sides, with their items.

What was deleted on one side goes on the other; its words stay in the history here. When both sides
worded an item differently, Trello's words stand: it keeps no time of its own for them.
"""

from __future__ import annotations

from typing import Any

from paceline.boards import actions as boards
from paceline.boards.models import Card, Checklist, ChecklistItem
from paceline.boards.trello import reading, saying
from paceline.boards.trello.actions.desk import NOT_HERE, Desk, keep_trouble
from paceline.boards.trello.asking import Refused
from paceline.boards.trello.models import Conflict, Twin, TwinKind
from paceline.boards.trello.reading import Item, There


def keep_checklists(desk: Desk, of: Twin, card: Card, there: There) -> None:
    """Let a card have the same checklists on both sides."""
    if card.archived_at is not None:
        return
    rows = Checklist.objects.filter(card=card).prefetch_related("items")
    mine = {one.pk: one for one in rows.order_by("rank", "pk")}
    twins = desk.twins(TwinKind.CHECKLIST, card=card.pk)
    if not mine and not there.checklists and not twins:
        return
    try:
        _keep_all(desk, card, there, mine, twins)
    except (*NOT_HERE, Refused) as problem:
        keep_trouble(of, problem, desk.at)


def _keep_all(
    desk: Desk, card: Card, there: There, mine: dict[int, Checklist], twins: list[Twin]
) -> None:
    theirs = {one.key: one for one in there.checklists}
    paired: list[tuple[Checklist, reading.Checklist]] = []
    for twin in twins:
        ours, other = mine.pop(twin.local or 0, None), theirs.pop(twin.key, None)
        if ours is not None and other is not None:
            paired.append((ours, other))
            continue
        if ours is not None:
            boards.remove_checklist(checklist=ours, by=None, at=desk.at)
        elif other is not None:
            desk.trello.delete(f"/checklists/{twin.key}")
        Twin.objects.filter(pk=twin.pk).delete()
    for key, other in theirs.items():
        ours = next((one for one in mine.values() if one.name == other.name), None)
        if ours is None:
            ours = boards.add_checklist(card=card, name=other.name, by=None, at=desk.at)
        mine.pop(ours.pk, None)
        desk.pair(TwinKind.CHECKLIST, ours.pk, key, card=card.pk)
        paired.append((ours, other))
    for ours in mine.values():
        made = desk.trello.post("/checklists", idCard=there.key, name=ours.name, pos="bottom")
        other = reading.checklist(made)
        desk.pair(TwinKind.CHECKLIST, ours.pk, other.key, card=card.pk)
        paired.append((ours, other))
    known = desk.twins(TwinKind.ITEM, card=card.pk)
    for ours, other in paired:
        _keep_items(desk, card, there.key, ours, other, known)


def _keep_items(
    desk: Desk, card: Card, key: str, ours: Checklist, other: reading.Checklist,
    known: list[Twin],
) -> None:  # fmt: skip
    mine = {one.pk: one for one in ChecklistItem.objects.filter(checklist=ours).order_by("rank")}
    theirs = {one.key: one for one in other.items}
    for twin in known:
        item, their = mine.pop(twin.local or 0, None), theirs.pop(twin.key, None)
        if item is not None and their is not None:
            _keep_item(desk, card, key, twin, item, their)
        elif item is not None:
            boards.change_item(item=item, text="", by=None, at=desk.at)
            Twin.objects.filter(pk=twin.pk).delete()
        elif their is not None:
            desk.trello.delete(f"/cards/{key}/checkItem/{twin.key}")
            Twin.objects.filter(pk=twin.pk).delete()
    for their in theirs.values():
        same = next((one for one in mine.values() if one.text == their.text), None)
        if same is None:
            same = boards.add_items(
                checklist=ours, texts=[their.text], by=None, at=desk.at
            )[0]  # fmt: skip
        mine.pop(same.pk, None)
        if (same.done_at is not None) != their.done:
            boards.tick(item=same, done=their.done, by=None, at=desk.at)
        desk.pair(TwinKind.ITEM, same.pk, their.key, card=card.pk, base=[their.text, their.done])
    for item in mine.values():
        done = item.done_at is not None
        made = desk.trello.post(
            f"/checklists/{other.key}/checkItems", name=item.text, pos="bottom",
            checked="true" if done else "false",
        )  # fmt: skip
        desk.pair(
            TwinKind.ITEM, item.pk, reading.text(made, "id"), card=card.pk,
            base=[saying.cut(item.text, reading.ITEM_MAX), done],
        )  # fmt: skip


def _keep_item(
    desk: Desk, card: Card, key: str, twin: Twin, item: ChecklistItem, their: Item
) -> None:
    base = twin.base or [their.text, their.done]
    ours: list[Any] = [saying.cut(item.text, reading.ITEM_MAX), item.done_at is not None]
    other: list[Any] = [their.text, their.done]
    sent: dict[str, str] = {}
    if other[0] != ours[0]:
        if other[0] != base[0]:
            if ours[0] != base[0]:
                Conflict.objects.create(
                    connection=desk.connection, card=card.pk, title=card.title, field="item",
                    here=ours[0], there=other[0], here_at=card.changed_at, there_at=desk.at,
                    kept_here=False, at=desk.at,
                )  # fmt: skip
            boards.change_item(item=item, text=other[0], by=None, at=desk.at)
        else:
            sent["name"], other[0] = ours[0], ours[0]
    if other[1] != ours[1]:
        if other[1] != base[1]:
            boards.tick(item=item, done=other[1], by=None, at=desk.at)
        else:
            sent["state"], other[1] = "complete" if ours[1] else "incomplete", ours[1]
    if sent:
        desk.trello.put(f"/cards/{key}/checkItem/{twin.key}", **sent)
    if twin.base != other:
        twin.base = other
        twin.save(update_fields=["base"])
