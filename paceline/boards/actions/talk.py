"""What people say, keep and note on cards: comments, files, links, time spent."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from paceline.boards.actions import recording
from paceline.boards.actions.recording import TooMany
from paceline.boards.models import (
    LINKED,
    TEXT_MAX,
    Attachment,
    Card,
    CardChange,
    CardLink,
    Comment,
    CommentMention,
    FileVersion,
    TimeEntry,
)
from paceline.files.actions import store_file
from paceline.kernel import audit
from paceline.live.actions import publish
from paceline.orders.models import OrderLine
from paceline.org.models import Person

MENTIONS_MAX = 20
FILES_MAX = 100
VERSIONS_MAX = 100
LINKS_MAX = 50
_NAMED = re.compile(r"@\[[^\]\n]{1,120}\]\((\d{1,18})\)")


class NothingSaid(Exception):
    """There is no text."""


class TextTooLong(Exception):
    """The text has more than ``TEXT_MAX`` letters. ``length`` says how many."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length


class OrderUnknown(Exception):
    """No order has this number."""


class LinkGone(Exception):
    """What a link led to is no more, or an old change does not say what it was."""


def _said(text: str) -> str:
    said = text.strip()
    if not said:
        raise NothingSaid
    if len(said) > TEXT_MAX:
        raise TextTooLong(len(said))
    return said


@transaction.atomic
def add_comment(
    *, card: Card, text: str, author: str = "", by: Person | None, at: datetime
) -> Comment:
    """Say something of a card. People named as ``@[Name](id)`` are told, if they may see it.

    Raises ``NothingSaid`` and ``TextTooLong``.
    """
    found = recording.locked(card)
    made = Comment.objects.create(card=found, text=_said(text), by=by, author=author, at=at)
    named = _mention(made)
    audit.record("card_commented", subject=found, by=by, at=at, after={"comment": made.pk})
    recording.announce(found, "comment")
    recording.tell(found, named, "boards_mentioned", by=by, at=at)
    others = [one for one in recording.people_of(found) if one not in named]
    recording.tell(found, others, "boards_commented", by=by, at=at)
    return made


def _mention(comment: Comment) -> list[Person]:
    """Keep who is named in a comment; returns those who were not before."""
    ids = {int(one) for one in _NAMED.findall(comment.text)[:MENTIONS_MAX]}
    known = set(CommentMention.objects.filter(comment=comment).values_list("person_id", flat=True))
    people = list(Person.objects.filter(pk__in=ids - known))
    CommentMention.objects.bulk_create(
        CommentMention(comment=comment, person=one) for one in people
    )
    return people


@transaction.atomic
def change_comment(*, comment: Comment, text: str, by: Person | None, at: datetime) -> Comment:
    """Say it in other words; those named now for the first time are told."""
    card = recording.locked(comment.card)
    found: Comment = Comment.objects.select_for_update(of=("self",)).get(pk=comment.pk)
    found.text, found.changed_at = _said(text), at
    found.version += 1
    found.save(update_fields=["text", "changed_at", "version"])
    named = _mention(found)
    audit.record("card_comment_changed", subject=card, by=by, at=at, after={"comment": found.pk})
    recording.announce(card, "comment")
    recording.tell(card, named, "boards_mentioned", by=by, at=at)
    return found


@transaction.atomic
def remove_comment(*, comment: Comment, by: Person | None, at: datetime) -> None:
    """Take back what one said; that something stood there stays in the trail."""
    card = recording.locked(comment.card)
    comment.removed_at = at
    comment.save(update_fields=["removed_at"])
    audit.record("card_comment_removed", subject=card, by=by, at=at, before={"comment": comment.pk})
    recording.announce(card, "comment")


@transaction.atomic
def add_file(
    *, card: Card, content: Any, name: str, media_type: str, by: Person | None, at: datetime
) -> FileVersion:
    """Keep a file with a card; one of the same name becomes its next version.

    Raises ``FileTooLarge`` and ``TooMany``.
    """
    found = recording.locked(card)
    stored = store_file(content, name="attachment", media_type=media_type, by=by, at=at)
    shown = name.strip()[:200] or "file"
    rows = Attachment.objects.filter(card=found, removed_at__isnull=True)
    file = rows.filter(name__iexact=shown, url="").first()
    if file is None:
        if rows.count() >= FILES_MAX:
            raise TooMany("files", FILES_MAX)
        file = Attachment.objects.create(card=found, name=shown, added_by=by, added_at=at)
    last = FileVersion.objects.filter(attachment=file).aggregate(last=Max("number"))["last"] or 0
    if last >= VERSIONS_MAX:
        raise TooMany("versions", VERSIONS_MAX)
    made = FileVersion.objects.create(
        attachment=file, number=last + 1, file=stored, added_by=by, added_at=at
    )
    recording.note(
        found, {"file": ""}, {"file": f"{shown} ({made.number})"}, by=by, at=at,
        act="card_file_added",
    )  # fmt: skip
    return made


@transaction.atomic
def add_address(*, card: Card, name: str, url: str, by: Person | None, at: datetime) -> Attachment:
    """Keep the address of something elsewhere with a card."""
    found = recording.locked(card)
    if Attachment.objects.filter(card=found, removed_at__isnull=True).count() >= FILES_MAX:
        raise TooMany("files", FILES_MAX)
    made = Attachment(
        card=found, name=(name.strip() or url)[:200], url=url.strip(), added_by=by, added_at=at
    )
    recording.check(made, ["name", "url"])
    made.save()
    recording.note(found, {"file": ""}, {"file": made.name}, by=by, at=at, act="card_file_added")
    return made


@transaction.atomic
def remove_file(*, attachment: Attachment, by: Person | None, at: datetime) -> None:
    """A file or address leaves a card, with all its versions."""
    card = recording.locked(attachment.card)
    attachment.removed_at = at
    attachment.save(update_fields=["removed_at"])
    recording.note(
        card, {"file": attachment.name}, {"file": ""}, by=by, at=at, act="card_file_removed"
    )


@transaction.atomic
def link_card(*, card: Card, to: Any, by: Person | None, at: datetime) -> CardLink:
    """Say that a card is about a company, contact, deal or goal, or an order by its number.

    Raises ``OrderUnknown`` and ``TooMany``.
    """
    found = recording.locked(card)
    if CardLink.objects.filter(card=found).count() >= LINKS_MAX:
        raise TooMany("links", LINKS_MAX)
    key: dict[str, Any]
    if isinstance(to, str):
        lines = OrderLine.objects.filter(order_number=to.strip())
        line = lines.values("source", "order_number").first()
        if line is None:
            raise OrderUnknown(to)
        key = {"order_source": line["source"], "order_number": line["order_number"]}
    else:
        key = {str(to._meta.model_name): to}
    made, is_new = CardLink.objects.get_or_create(card=found, **key, defaults={"by": by, "at": at})
    if is_new:
        recording.note(found, {}, {"link": _named(made)}, by=by, at=at, act="card_linked")
        _tell_goal(made)
    return made


def _named(link: CardLink) -> str:
    """What a link leads to, as a change keeps it: ``goal:12``, ``order:shop:1001``."""
    if link.order_number:
        return f"order:{link.order_source}:{link.order_number}"
    kinds = (kind for kind in LINKED if getattr(link, f"{kind}_id") is not None)
    kind = next(kinds)
    return f"{kind}:{getattr(link, f'{kind}_id')}"


def link_named(card: Card, name: str) -> CardLink:
    """The link that a change tells of: the one that stands, else one to be saved. Raises
    ``LinkGone``."""
    kind, _colon, ref = name.partition(":")
    if not ref:
        raise LinkGone(name)
    if kind == "order":
        source, _sep, number = ref.partition(":")
        key: dict[str, Any] = {"order_source": source, "order_number": number}
    else:
        model: Any = CardLink._meta.get_field(kind).related_model
        if not model.objects.filter(pk=ref).exists():
            raise LinkGone(name)
        key = {f"{kind}_id": int(ref)}
    return CardLink.objects.filter(card=card, **key).first() or CardLink(card=card, **key)


@transaction.atomic
def restore_link(
    *, card: Card, name: str, by: Person | None, at: datetime, undoes: CardChange
) -> Card:
    """A link that was taken away stands again."""
    found = recording.locked(card)
    link = link_named(found, name)
    if link.pk is None:
        if CardLink.objects.filter(card=found).count() >= LINKS_MAX:
            raise TooMany("links", LINKS_MAX)
        link.by, link.at = by, at
        link.save()
        told = {"link": name}
        recording.note(found, {}, told, by=by, at=at, act="card_linked", undoes=undoes)
        _tell_goal(link)
    return found


def _tell_goal(link: CardLink) -> None:
    """Pages of the goal that a card works for read its cards again."""
    if link.goal_id is not None:
        publish(f"goal:{link.goal_id}", "changed", str(link.goal_id))


@transaction.atomic
def unlink_card(
    *, link: CardLink, by: Person | None, at: datetime, undoes: CardChange | None = None
) -> Card:
    """A card is not about that after all."""
    card = recording.locked(link.card)
    before = {"link": _named(link)}
    _tell_goal(link)
    link.delete()
    recording.note(card, before, {}, by=by, at=at, act="card_unlinked", undoes=undoes)
    return card


@transaction.atomic
def add_time(
    *, card: Card, on: date, minutes: int, note: str = "", by: Person, at: datetime
) -> TimeEntry:
    """Write down the minutes that one spent on a card on a day."""
    found = recording.locked(card)
    made = TimeEntry(card=found, person=by, on=on, minutes=minutes, note=note.strip(), added_at=at)
    recording.check(made, ["minutes", "note", "on"])
    made.save()
    recording.note(found, {}, {"time": minutes}, by=by, at=at, act="card_time_added")
    return made


@transaction.atomic
def remove_time(*, entry: TimeEntry, by: Person, at: datetime) -> None:
    """Take minutes back that one wrote by mistake."""
    card = recording.locked(entry.card)
    entry.removed_at = at
    entry.save(update_fields=["removed_at"])
    recording.note(card, {"time": entry.minutes}, {}, by=by, at=at, act="card_time_removed")
