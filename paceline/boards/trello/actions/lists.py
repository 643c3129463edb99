"""Lists of both sides: made, renamed, archived and put in order."""

from __future__ import annotations

from typing import Any

from paceline.boards import actions as boards
from paceline.boards.actions import NewList
from paceline.boards.models import Card, CardList
from paceline.boards.trello import order, reading, saying
from paceline.boards.trello.actions.desk import NOT_HERE, Desk, clear_trouble, keep_trouble, unique
from paceline.boards.trello.asking import Refused
from paceline.boards.trello.models import Twin, TwinKind
from paceline.boards.trello.reading import Record

NAME_MAX = 80


def keep_lists(desk: Desk, board: Record) -> None:
    """Let both sides have the same lists. Fills ``desk.lists`` and ``desk.closed_lists``.

    Lists that were archived in Trello before they were known here stay there.
    """
    theirs = {reading.text(one, "id"): one for one in reading.records(board, "lists")}
    desk.closed_lists = {key for key, one in theirs.items() if one.get("closed")}
    mine = {one.pk: one for one in CardList.objects.filter(project=desk.project)}
    twins = desk.twins(TwinKind.LIST)
    for twin in twins:
        _keep_pair(desk, twin, mine.get(twin.local or 0), theirs.get(twin.key))
    twins = [one for one in twins if one.pk is not None]
    known = {one.key for one in twins}
    paired = {one.local for one in twins}
    for key, one in sorted(theirs.items(), key=lambda row: reading.place(row[1])):
        if key not in known and not one.get("closed"):
            twin = _bring(desk, key, one, {pk: row for pk, row in mine.items() if pk not in paired})
            twins.append(twin)
            paired.add(twin.local)
    for row in sorted(mine.values(), key=lambda row: row.rank):
        if row.pk not in paired and row.archived_at is None:
            twins.append(_send(desk, row))
    standing = [one for one in twins if one.gone_at is None]
    desk.lists = {one.key: one.local for one in standing if one.local is not None}
    _keep_order(desk, standing, theirs)


def _keep_pair(desk: Desk, twin: Twin, row: CardList | None, one: Record | None) -> None:
    if one is None:
        if twin.gone_at is None:
            twin.gone_at, twin.trouble, twin.trouble_at = desk.at, "list_gone", desk.at
            twin.save(update_fields=["gone_at", "trouble", "trouble_at"])
        return
    if row is None or twin.gone_at is not None:
        return
    base = twin.base or {}
    name, closed = saying.cut(reading.text(one, "name"), NAME_MAX) or "–", bool(one.get("closed"))
    told: dict[str, Any] = {"by": None, "at": desk.at}
    try:
        if name != base.get("there"):
            others = CardList.objects.filter(project=desk.project, archived_at__isnull=True)
            taken = {
                other.casefold()
                for other in others.exclude(pk=row.pk).values_list("name", flat=True)
            }
            row = boards.change_list(cards=row, facts={"name": unique(name, taken, NAME_MAX)},
                                     **told)  # fmt: skip
        elif row.name != base.get("here"):
            desk.trello.put(f"/lists/{twin.key}", name=row.name)
            name = row.name
        is_closed = row.archived_at is not None
        if closed != is_closed:
            if closed != base.get("closed"):
                _close_here(desk, row, closed=closed)
                is_closed = closed
                desk.is_whole = desk.is_whole or not closed
            else:
                desk.trello.put(f"/lists/{twin.key}/closed", value="true" if is_closed else "false")
        if is_closed:
            desk.closed_lists.add(twin.key)
        else:
            desk.closed_lists.discard(twin.key)
    except (*NOT_HERE, Refused) as problem:
        keep_trouble(twin, problem, desk.at)
        return
    clear_trouble(twin)
    _keep(twin, {"here": row.name, "there": name, "closed": is_closed})


def _keep(twin: Twin, base: dict[str, Any]) -> None:
    if twin.base != base:
        twin.base = base
        twin.save(update_fields=["base"])


def _close_here(desk: Desk, row: CardList, *, closed: bool) -> None:
    """A list that is archived in Trello takes its cards along; so it does here."""
    told: dict[str, Any] = {"by": None, "at": desk.at}
    if not closed:
        boards.restore_list(cards=row, **told)
        return
    for card in Card.objects.kept().filter(list=row):
        boards.archive_card(card=card, **told)
    boards.archive_list(cards=row, **told)


def _bring(desk: Desk, key: str, one: Record, free: dict[int, CardList]) -> Twin:
    """A list of Trello's gets its twin: one of the same name that has none, or a new one."""
    name = saying.cut(reading.text(one, "name"), NAME_MAX) or "–"
    row = next(
        (
            row
            for row in free.values()
            if row.name.casefold() == name.casefold() and row.archived_at is None
        ),
        None,
    )
    if row is None:
        others = CardList.objects.filter(project=desk.project, archived_at__isnull=True)
        taken = {other.casefold() for other in others.values_list("name", flat=True)}
        new = NewList(unique(name, taken, NAME_MAX))
        row = boards.add_list(project=desk.project, new=new, by=None, at=desk.at)
    desk.is_whole = True  # its cards may have come with it
    base = {"here": row.name, "there": name, "closed": False}
    return desk.pair(TwinKind.LIST, row.pk, key, base=base, place=reading.place(one))


def _send(desk: Desk, row: CardList) -> Twin:
    """A list of ours is made in Trello."""
    made = desk.trello.post("/lists", name=row.name, idBoard=desk.connection.board_id, pos="bottom")
    base = {"here": row.name, "there": row.name, "closed": False}
    return desk.pair(
        TwinKind.LIST, row.pk, reading.text(made, "id"), base=base, place=reading.place(made)
    )


def _keep_order(desk: Desk, twins: list[Twin], theirs: dict[str, Record]) -> None:
    """The order of the lists that are in use on both sides."""
    rows = dict(
        CardList.objects.filter(project=desk.project, archived_at__isnull=True).values_list(
            "pk", "rank"
        )
    )
    open_ones = [one for one in twins if one.local in rows and one.key not in desk.closed_lists]
    by_key = {one.key: one for one in open_ones}
    fresh = {
        key: reading.place(theirs[key]) if key in theirs else one.place
        for key, one in by_key.items()
    }
    base = sorted(by_key, key=lambda key: (by_key[key].place or 0, key))
    here = sorted(by_key, key=lambda key: rows[by_key[key].local or 0])
    there = sorted(by_key, key=lambda key: (fresh[key] or 0, key))
    stands = order.whose(base, here, there)
    if stands == "there":
        for place in range(len(there) - 2, -1, -1):
            if here.index(there[place]) != here.index(there[place + 1]) - 1:
                row = CardList.objects.select_related("project").get(
                    pk=by_key[there[place]].local or 0
                )
                before = CardList.objects.get(pk=by_key[there[place + 1]].local or 0)
                boards.place_list(cards=row, before=before, by=None, at=desk.at)
                here.remove(there[place])
                here.insert(here.index(there[place + 1]), there[place])
    elif stands == "here":
        changed = order.moved(there, here)
        for place, key in enumerate(here):
            if key in changed:
                above = fresh[here[place - 1]] if place else None
                later = [one for one in here[place + 1 :] if one not in changed]
                below = fresh[later[0]] if later else None
                pos = order.between(above, below)
                desk.trello.put(f"/lists/{key}/pos", value=str(pos.normalize()))
                fresh[key] = pos
    for key, twin in by_key.items():
        if twin.place != fresh[key]:
            twin.place = fresh[key]
            twin.save(update_fields=["place"])
