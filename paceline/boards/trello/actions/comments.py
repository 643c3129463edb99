"""Comments: each is changed and removed where it was written, and carried to the other side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from paceline.boards import actions as boards
from paceline.boards.models import Card, Comment
from paceline.boards.trello import reading, saying
from paceline.boards.trello.actions.desk import NOT_HERE, Desk, keep_trouble
from paceline.boards.trello.asking import Refused
from paceline.boards.trello.models import Twin, TwinKind
from paceline.boards.trello.reading import Remark

PAGE = 1000
_NAMED = re.compile(r"@\[([^\]\n]{1,120})\]\(\d{1,18}\)")


def remarks_of(desk: Desk, key: str) -> tuple[list[Remark], bool]:
    """What Trello has of a card's comments, and whether that is all of them."""
    said = desk.trello.get(f"/cards/{key}/actions", filter=reading.COMMENTS, limit=PAGE)
    return _remarks(said), len(reading.records(said)) < PAGE


def all_remarks(desk: Desk) -> dict[str, list[Remark]]:
    """Every comment of the board by card, page by page, from the newest."""
    found: dict[str, list[Remark]] = {}
    before = ""
    while True:
        more = {"before": before} if before else {}
        said = desk.trello.get(
            f"/boards/{desk.connection.board_id}/actions", filter=reading.COMMENTS, limit=PAGE,
            **more,
        )  # fmt: skip
        rows = reading.records(said)
        for one in _remarks(rows):
            found.setdefault(one.card, []).append(one)
        if len(rows) < PAGE:
            return found
        before = reading.text(rows[-1], "id")


def _remarks(said: object) -> list[Remark]:
    return [one for row in reading.records(said) if (one := reading.remark(row)) is not None]


def unsent(desk: Desk) -> QuerySet[Any]:
    """Comments that were written here and that Trello does not have as they are."""
    twins = Twin.objects.filter(
        connection=desk.connection, kind=TwinKind.COMMENT, local=OuterRef("pk")
    )
    rows: QuerySet[Any] = Comment.objects.filter(
        card__project=desk.project, card__list__isnull=False, author=""
    )
    rows = rows.annotate(
        is_new=~Exists(twins),
        is_other=Exists(twins.filter(base__mine=True).exclude(version=OuterRef("version"))),
        is_sent=Exists(twins.filter(base__mine=True)),
    )
    return rows.filter(
        Q(is_new=True, removed_at__isnull=True)
        | Q(is_other=True)
        | Q(is_sent=True, removed_at__isnull=False)
    )


def worded(comment: Comment) -> str:
    """A comment as Trello shows it: under the name of whoever wrote it, because one token speaks
    for all."""
    name = "Paceline" if comment.by is None else comment.by.name
    said = _NAMED.sub(r"@\1", comment.text)
    return saying.cut(f"**{name}:** {said}", saying.TEXT_MAX)


def keep_remarks(
    desk: Desk, of: Twin, card: Card, remarks: Sequence[Remark], *, is_all: bool
) -> None:
    """Bring what was said in Trello, changed or removed there."""
    twins = {one.key: one for one in desk.twins(TwinKind.COMMENT, card=card.pk)}
    theirs = {one.key: one for one in remarks}
    if card.archived_at is not None or not (twins or theirs):
        return
    try:
        for one in sorted(remarks, key=lambda row: row.at):
            _bring(desk, card, one, twins.get(one.key))
        for key, twin in twins.items():
            if is_all and key not in theirs:
                _remove(desk, twin)
    except NOT_HERE as problem:
        keep_trouble(of, problem, desk.at)


def _bring(desk: Desk, card: Card, one: Remark, twin: Twin | None) -> None:
    if twin is None:
        if one.member == desk.connection.account_id and (ours := _ours(desk, card, one)):
            _keep(desk, ours, one.key, one.text)
            return
        made = boards.add_comment(
            card=card, text=one.text, author=one.author, by=None, at=max(one.at, card.created_at)
        )
        desk.pair(
            TwinKind.COMMENT, made.pk, one.key, card=card.pk, version=made.version,
            base={"text": one.text, "mine": False},
        )  # fmt: skip
        return
    base = twin.base or {}
    if base.get("mine") or base.get("text") == one.text:
        return
    row = Comment.objects.select_related("card").filter(pk=twin.local).first()
    if row is not None and row.removed_at is None:
        row = boards.change_comment(comment=row, text=one.text, by=None, at=desk.at)
        twin.version = row.version
    twin.base = {**base, "text": one.text}
    twin.save(update_fields=["base", "version"])


def _ours(desk: Desk, card: Card, one: Remark) -> Comment | None:
    """The comment of ours that was sent when the answer was lost."""
    rows = unsent(desk).filter(card=card, is_new=True, removed_at__isnull=True)
    same = (row for row in rows.select_related("by", "card") if worded(row) == one.text)
    return next(same, None)


def _keep(desk: Desk, row: Comment, key: str, text: str) -> None:
    desk.pair(
        TwinKind.COMMENT, row.pk, key, card=row.card_id, version=row.version,
        base={"text": text, "mine": True},
    )  # fmt: skip


def _remove(desk: Desk, twin: Twin) -> None:
    row = Comment.objects.select_related("card").filter(pk=twin.local).first()
    if row is not None and row.removed_at is None:
        boards.remove_comment(comment=row, by=None, at=desk.at)
    twin.delete()


def send_comments(desk: Desk, cards: Iterable[Twin]) -> None:
    """Send what was said, changed or removed here on cards that both sides have."""
    by_card = {one.local: one for one in cards if one.key and one.gone_at is None}
    rows = unsent(desk).filter(card__archived_at__isnull=True)
    for row in rows.select_related("by", "card").order_by("at", "pk"):
        of = by_card.get(row.card_id)
        if of is None:
            continue
        try:
            _send(desk, of, row)
        except Refused as problem:
            keep_trouble(of, problem, desk.at)


def _send(desk: Desk, of: Twin, row: Comment) -> None:
    twin = Twin.objects.filter(
        connection=desk.connection, kind=TwinKind.COMMENT, local=row.pk
    ).first()
    said = worded(row)
    if twin is None:
        made = desk.trello.post(f"/cards/{of.key}/actions/comments", text=said)
        _keep(desk, row, reading.text(made, "id"), said)
    elif row.removed_at is not None:
        desk.trello.delete(f"/cards/{of.key}/actions/{twin.key}/comments")
        twin.delete()
    else:
        desk.trello.put(f"/cards/{of.key}/actions/{twin.key}/comments", text=said)
        twin.base, twin.version = {"text": said, "mine": True}, row.version
        twin.save(update_fields=["base", "version"])
