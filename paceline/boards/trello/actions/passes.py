"""One pass: what both sides changed is found by comparing, and carried to the other.

Messages of Trello and changes here only say that there is something, and where; what counts is what
both say when they are asked. So a message may come twice, late, or never, our own changes that
come back are no changes, and a pass that broke off is simply done again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection as database
from django.db import transaction

from paceline.boards import following
from paceline.boards.actions import recording
from paceline.boards.models import Card
from paceline.boards.trello import reading
from paceline.boards.trello.actions import cards, checklists, comments, labels, lists, places
from paceline.boards.trello.actions.connections import (
    access_to,
    begin_pass,
    keep_webhook,
    note_pass,
    note_trouble,
)
from paceline.boards.trello.actions.desk import NOT_HERE, Desk, keep_trouble, named
from paceline.boards.trello.asking import AskingFailed, Pause, Refused, connected
from paceline.boards.trello.models import Connection, Message, Twin, TwinKind
from paceline.boards.trello.reading import There

# Cards of a page, with their checklists; more at once is refused by Trello.
PAGE = 300
# So many cards are asked for one by one; for more, all are read at once.
ALONE_MAX = 25
SAID = frozenset({"commentCard", "copyCommentCard", "updateComment", "deleteComment"})
LOCK = "SELECT pg_try_advisory_lock(hashtext('paceline.trello'), %s)"
UNLOCK = "SELECT pg_advisory_unlock(hashtext('paceline.trello'), %s)"


@contextmanager
def _alone(pk: int) -> Iterator[bool]:
    """Whether nobody else is at this connection; held until the end, also over transactions."""
    with database.cursor() as cursor:
        cursor.execute(LOCK, [pk])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            with database.cursor() as cursor:
                cursor.execute(UNLOCK, [pk])


def keep_in_step(
    *, connection: Connection, at: datetime, is_whole: bool = False, pause: Pause = time.sleep
) -> bool:
    """Carry what either side changed; whether all went well.

    Every change is a transaction of its own: what was done before a failure stays, and the next
    pass goes on from there. ``is_whole`` compares everything, whatever was said.
    """
    with _alone(connection.pk) as held:
        found: Connection | None = (
            Connection.objects.running().select_related("project", "connected_by")
            .filter(pk=connection.pk).first()
        )  # fmt: skip
        if not held or found is None:
            return False
        # Messages that come from now on are of the next pass.
        heard = list(Message.objects.filter(connection=found, taken_at__isnull=True))
        try:
            with connected(access_to(found), pause) as trello:
                desk = Desk(
                    found, found.project, trello, at, ZoneInfo(found.project.time_zone),
                    is_first=found.compared_at is None,
                    is_whole=begin_pass(connection=found, at=at) or is_whole,
                )  # fmt: skip
                _pass(desk, heard)
        except AskingFailed as failure:
            note_trouble(connection=found, code=failure.code, params=failure.params, at=at)
            return False
        except (*NOT_HERE, Refused) as problem:
            # Of a list, say: without it nothing else finds its place.
            code, params = named(problem)
            note_trouble(connection=found, code=code, params=params, at=at)
            return False
        except Exception:
            note_trouble(connection=found, code="unexpected", params={}, at=at)
            raise
        note_pass(connection=found, messages=heard, is_whole=desk.is_whole, at=at)
        return True


def _pass(desk: Desk, heard: list[Message]) -> None:
    """The first load tells nobody and starts no rule. What a pass changes here wakes no other."""
    muted, quiet = following.muted.set(True), recording.quiet.set(desk.is_first)
    depth = recording.depth.set(recording.DEPTH_MAX if desk.is_first else recording.depth.get())
    try:
        _carry(desk, heard)
    finally:
        following.muted.reset(muted)
        recording.quiet.reset(quiet)
        recording.depth.reset(depth)


def _carry(desk: Desk, heard: list[Message]) -> None:
    if desk.project.archived_at is not None:
        raise AskingFailed("project_archived")
    board = _board(desk)
    if desk.is_whole:
        # First, so that nothing happens unheard between reading and listening.
        keep_webhook(connection=desk.connection, trello=desk.trello)
    labels.keep_members(desk, board)
    lists.keep_lists(desk, board)
    labels.keep_labels(desk, board)
    _take_up_again(desk)
    twins = {one.pk: one for one in desk.twins(TwinKind.CARD)}
    rows = Card.objects.filter(project=desk.project, list__isnull=False)
    versions = {pk: (version, put_away is not None) for pk, version, put_away in
                rows.values_list("pk", "version", "archived_at")}  # fmt: skip
    asked = {one.card_key for one in heard} - {""}
    said = {one.card_key for one in heard if one.kind in SAID}
    for twin in twins.values():
        if twin.key and twin.gone_at is None and _is_other(twin, versions):
            asked.add(twin.key)
        desk.is_whole = desk.is_whole or twin.making_since is not None
    desk.is_whole = desk.is_whole or len(asked) > ALONE_MAX
    theirs = _all_cards(desk) if desk.is_whole else _some_cards(desk, asked)
    remarks = comments.all_remarks(desk) if desk.is_whole else {}
    fresh: dict[str, Decimal] = {}
    touched: set[str] = set()
    for twin, card, there in _pairs(desk, twins, versions, theirs):
        cards.keep_pair(desk, twin, card, there)
        fresh[there.key] = there.place
        touched.add(there.said["list"])
        now = cards.load([card.pk])[card.pk] if twin.version != card.version else card
        checklists.keep_checklists(desk, twin, now, there)
        if desk.is_whole:
            comments.keep_remarks(desk, twin, now, remarks.get(there.key, []), is_all=True)
        elif there.key in said:
            found, is_all = comments.remarks_of(desk, there.key)
            comments.keep_remarks(desk, twin, now, found, is_all=is_all)
    comments.send_comments(desk, desk.twins(TwinKind.CARD, gone_at__isnull=True))
    places.keep_places(desk, fresh, touched)


def _is_other(twin: Twin, versions: dict[int, tuple[int, bool]]) -> bool:
    """Whether a card changed here since both were compared, or was deleted for good."""
    if twin.local is None:
        return False
    known = versions.get(twin.local)
    return not (twin.base or {}).get("closed") if known is None else known[0] != twin.version


def _board(desk: Desk) -> reading.Record:
    """The board itself: lists, labels and members, in one answer."""
    try:
        board = desk.trello.get(
            f"/boards/{desk.connection.board_id}", fields="name,closed,url", lists="all",
            list_fields="name,closed,pos", labels="all", label_fields="name,color",
            labels_limit=1000, members="all", member_fields="fullName,username",
        )  # fmt: skip
    except Refused as refused:
        code = "board_gone" if refused.status == 404 else "no_permission"
        raise AskingFailed(code, status=refused.status) from refused
    if not isinstance(board, dict) or not isinstance(board.get("lists"), list):
        raise AskingFailed("unreadable")
    if board.get("closed"):
        raise AskingFailed("board_closed")
    return board


def _take_up_again(desk: Desk) -> None:
    """The first load after an earlier connection: what was the same thing then still is."""
    if not desk.is_first or desk.twins(TwinKind.CARD):
        return
    earlier = Twin.objects.filter(
        connection__project=desk.project, connection__board_id=desk.connection.board_id,
        connection__ended_at__isnull=False, local__isnull=False, gone_at__isnull=True,
        kind__in=[TwinKind.CARD, TwinKind.CHECKLIST, TwinKind.ITEM, TwinKind.COMMENT],
    ).exclude(key="")  # fmt: skip
    known: dict[tuple[str, str], Twin] = {
        (one.kind, one.key): one for one in earlier.order_by("pk")
    }
    Twin.objects.bulk_create(
        [
            Twin(connection=desk.connection, kind=one.kind, local=one.local, key=one.key,
                 card=one.card, base=one.base, version=one.version, place=one.place)
            for one in known.values()
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _all_cards(desk: Desk) -> dict[str, There | None]:
    """Every card of the board, archived ones too, page by page from the newest."""
    found: dict[str, There | None] = {}
    before = ""
    while True:
        more = {"before": before} if before else {}
        said = desk.trello.get(
            f"/boards/{desk.connection.board_id}/cards/all", fields=reading.CARD_FIELDS,
            checklists="all", sort="-id", limit=PAGE, **more,
        )  # fmt: skip
        rows = reading.records(said)
        news = [reading.card(one, desk.zone, desk.closed_lists) for one in rows]
        news = [one for one in news if one.key not in found]
        found.update({one.key: one for one in news})
        if len(rows) < PAGE or not news:
            break
        before = min(one.key for one in news)
    gone = {one.key for one in desk.twins(TwinKind.CARD, gone_at__isnull=True)} - {"", *found}
    # A page may have missed one that was moved meanwhile: each is asked for before it is given up.
    found.update(_some_cards(desk, gone))
    return found


def _some_cards(desk: Desk, wanted: Iterable[str]) -> dict[str, There | None]:
    """Cards one by one; None for those that are gone from the board."""
    found: dict[str, There | None] = {}
    for key in sorted(wanted):
        try:
            one = desk.trello.get(f"/cards/{key}", fields=reading.CARD_FIELDS, checklists="all")
        except Refused as refused:
            if refused.status != 404:
                raise AskingFailed("no_permission", status=refused.status) from refused
            found[key] = None
            continue
        there = reading.card(one, desk.zone, desk.closed_lists)
        found[key] = there if there.board == desk.connection.board_id else None
    return found


def _pairs(
    desk: Desk, twins: dict[int, Twin], versions: dict[int, tuple[int, bool]],
    theirs: dict[str, There | None],
) -> Iterator[tuple[Twin, Card, There]]:  # fmt: skip
    """Cards with their twins, in the order of their places; made on the side that lacks them."""
    by_key = {one.key: one for one in twins.values() if one.key}
    by_local = {one.local: one for one in twins.values() if one.local is not None}
    loaded = cards.load(
        one.local for key in theirs if (one := by_key.get(key)) and one.local in versions
    )
    _find_made(twins, versions, theirs, by_key, loaded)
    waiting = [
        pk for pk, (_version, put_away) in sorted(versions.items()) if not put_away
        and (pk not in by_local or not by_local[pk].key or by_local[pk].gone_at is not None)
    ]  # fmt: skip
    for key, there in sorted(theirs.items(), key=_place):
        known = by_key.get(key)
        if there is None:
            if known is not None and known.gone_at is None:
                cards.mark_gone(desk, known, loaded.get(known.local or 0))
            continue
        if known is None or known.local is None:
            made = _bring(desk, there, known)
        elif known.local in versions:
            cards.mark_back(known)
            made = known, loaded[known.local]
        else:
            # Deleted here for good: it is put away there, and comes anew when it is brought back.
            made = None if cards.put_away(desk, known, there) else _bring(desk, there, known)
        if made is not None:
            yield *made, there
    for pk, card in cards.load(waiting).items():
        sent = cards.send(desk, card, by_local.get(pk))
        if sent is not None:
            yield sent[0], card, sent[1]


def _place(row: tuple[str, There | None]) -> tuple[Decimal, str]:
    return Decimal(0) if row[1] is None else row[1].place, row[0]


def _find_made(
    twins: dict[int, Twin], versions: dict[int, tuple[int, bool]], theirs: dict[str, There | None],
    by_key: dict[str, Twin], loaded: dict[int, Card],
) -> None:  # fmt: skip
    """Cards of which nobody learned whether they were made in Trello."""
    for twin in twins.values():
        if twin.making_since is None or twin.local not in versions:
            continue
        card = cards.load([twin.local])[twin.local]
        strangers = [one for key, one in theirs.items() if one is not None and key not in by_key]
        found = cards.find_made(twin, card, strangers)
        if found is not None:
            by_key[found.key], loaded[card.pk] = twin, card


def _bring(desk: Desk, there: There, twin: Twin | None = None) -> tuple[Twin, Card] | None:
    try:
        with transaction.atomic():
            made = cards.bring(desk, there, twin)
    except NOT_HERE as problem:
        if twin is None:
            twin = Twin.objects.create(
                connection=desk.connection, kind=TwinKind.CARD, key=there.key
            )
        keep_trouble(twin, problem, desk.at)
        return None
    return made
