"""Many cards from lines of text: a few at once, thousands in a job; and taking them back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from paceline.boards import following
from paceline.boards.actions import cards as making
from paceline.boards.actions import ranks, recording
from paceline.boards.actions.recording import ProjectIsArchived
from paceline.boards.models import Batch, Card, CardChange, CardList, Paste, Trigger
from paceline.kernel import audit, findable, jobs
from paceline.live import actions as live
from paceline.notifications.actions import notify
from paceline.org.models import Person

# Up to so many become cards while the page waits; more in a job, up to the room of the project.
LINES_MAX = 500
PIECE = 500
JOB = "boards.make_pasted"
PROGRESS_KIND = "board_paste"


class TooManyLines(Exception):
    """More lines than the project has room for. ``count``, ``room`` and ``most`` say how many."""

    def __init__(self, count: int, room: int, most: int) -> None:
        super().__init__(count)
        self.count, self.room, self.most = count, room, most


class LineTooLong(Exception):
    """A line is longer than a title may be. ``number`` says which, from 1."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def lines_of(text: str) -> list[str]:
    """What becomes cards: every line that is not empty."""
    return [one.strip() for one in text.splitlines() if one.strip()]


@transaction.atomic
def add_cards(
    *, cards: CardList, titles: Sequence[str], over_limit: bool = False, by: Person | None,
    at: datetime,
) -> list[Card]:  # fmt: skip
    """A card for each title, in order, at the end of a list; one audit line for all, and one
    batch by which whoever made several takes them back.

    Raises ``TooManyLines``, ``LineTooLong`` and ``ListIsFull``: then none was added.
    """
    found = making.open_list(cards)
    wanted = _checked(found, titles, over_limit=over_limit)
    return _make(found, wanted, by=by, at=at)


def _checked(cards: CardList, titles: Sequence[str], *, over_limit: bool) -> list[str]:
    """The titles of cards for which a list has room."""
    wanted = [one.strip() for one in titles]
    length = Card._meta.get_field("title").max_length or 0
    for number, title in enumerate(wanted, start=1):
        if not 0 < len(title) <= length:
            raise LineTooLong(number)
    room = making.CARDS_MAX - Card.objects.kept().filter(project=cards.project_id).count()
    if len(wanted) > room:
        raise TooManyLines(len(wanted), max(room, 0), making.CARDS_MAX)
    making.check_room(cards, len(wanted), over_limit=over_limit)
    return wanted


def _make(
    cards: CardList, titles: Sequence[str], *, by: Person | None, at: datetime,
    told: Callable[[int], None] = lambda _done: None,
) -> list[Card]:  # fmt: skip
    """The cards of a held list, in pieces; ``told`` hears how many there are."""
    batch = None
    if by is not None and len(titles) > 1:
        batch = Batch.objects.create(
            project=cards.project, what={"added": cards.pk}, by=by, at=at, count=len(titles)
        )
    places = ranks.ranks_below(cards, len(titles))
    made: list[Card] = []
    for lines in _pieces(list(zip(titles, places, strict=True))):
        piece = Card.objects.bulk_create(
            making.new_card(cards, {"title": title}, rank, by, at) for title, rank in lines
        )
        CardChange.objects.bulk_create(
            CardChange(
                card=one, version=1, act="card_added", by=by, at=at, batch=batch,
                after={"title": one.title},
            )
            for one in piece
        )  # fmt: skip
        made += piece
        told(len(made))
    audit.record("cards_added", subject=cards, by=by, at=at, after={"count": len(made)})
    ranks.raise_version(cards.pk)
    findable.changed("card", [one.pk for one in made])
    _tell(cards)
    for some in _pieces(made):
        recording.fire(some, Trigger.CREATED)
    return made


def _pieces(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for first in range(0, len(rows), PIECE):
        yield rows[first : first + PIECE]


def _tell(cards: CardList) -> None:
    following.changed(cards.project_id)
    live.publish_all([f"project:{cards.project_id}"], "added", str(cards.pk))


# Thousands


@transaction.atomic
def request_paste(*, cards: CardList, titles: Sequence[str], by: Person, at: datetime) -> Paste:
    """Keep lines and queue their becoming cards. What can be refused is refused now.

    Raises what :func:`add_cards` raises.
    """
    found = making.open_list(cards)
    wanted = _checked(found, titles, over_limit=False)
    made = Paste.objects.create(
        project=found.project,
        list=found,
        text="\n".join(wanted),
        count=len(wanted),
        requested_by=by,
        requested_at=at,
        progress=live.start_progress(kind=PROGRESS_KIND, by=by, at=at, total=len(wanted)),
    )
    audit.record("cards_pasted", subject=found, by=by, at=at, after={"count": made.count})
    jobs.enqueue(JOB, paste_id=made.pk)
    return made


# What may have become of the list since; the text is kept.
REFUSED = (
    making.ListIsArchived, making.ListIsFull, ProjectIsArchived, TooManyLines,
)  # fmt: skip


def make_pasted(*, paste: Paste, at: datetime) -> None:
    """Make the cards of a queued paste, all or none; does nothing when it has ended already."""
    if paste.ended_at is not None or paste.progress is None:
        return
    try:
        live.advance(paste.progress, done=0, step="writing")
        _keep(paste, at)
    except REFUSED as refused:
        _end(paste, type(refused).__name__, at)
    except live.Cancelled:
        _end(paste, "stopped", at)


@transaction.atomic
def _keep(paste: Paste, at: datetime) -> None:
    progress = paste.progress
    if progress is None:
        return
    found = making.open_list(paste.list)
    held = Paste.objects.select_for_update(of=("self",)).get(pk=paste.pk)
    if held.ended_at is not None:
        return
    titles = _checked(found, lines_of(held.text), over_limit=False)
    made = _make(
        found, titles, by=paste.requested_by, at=at,
        told=lambda done: live.advance(progress, done=done),
    )  # fmt: skip
    paste.batch = CardChange.objects.get(card=made[0], version=1).batch
    _end(paste, "done", at)


@transaction.atomic
def end_broken(*, paste: Paste, at: datetime) -> None:
    """End a paste that an unexpected error stopped; no card was made, and the text is kept."""
    _end(paste, "unexpected", at)


def _end(paste: Paste, how: str, at: datetime) -> None:
    if paste.progress is None:
        return
    if how == "done":
        live.finish(paste.progress, at=at)
        paste.text = ""  # the cards say it now
    elif how == "stopped":
        live.stop(paste.progress, at=at)
    else:
        live.fail(paste.progress, code="paste_refused", at=at)
    paste.ended_at, paste.failure = at, "" if how in {"done", "stopped"} else how
    paste.save(update_fields=["ended_at", "failure", "batch", "text"])
    live.publish(f"project:{paste.project_id}", "pasted", str(paste.pk))
    if how == "stopped":
        return
    notify(
        recipients=[paste.requested_by],
        kind="cards_pasted" if how == "done" else "cards_not_pasted",
        params={"list": paste.list.name, "project": paste.project.name},
        url=f"/boards/pastes/{paste.pk}",
        at=at,
    )


def take_back(batch: Batch, *, by: Person, at: datetime) -> int:
    """Put away those cards of a batch that nobody changed since they were made; how many."""
    rows = Card.objects.select_for_update(of=("self",), no_key=True).filter(
        changes__batch=batch, changes__version=1, version=1, archived_at__isnull=True
    )
    found = list(rows.order_by("pk"))
    for piece in _pieces(found):
        ids = [one.pk for one in piece]
        Card.objects.filter(pk__in=ids).update(version=2, changed_at=at, archived_at=at)
        CardChange.objects.bulk_create(
            CardChange(
                card=one, version=2, act="card_archived", by=by, at=at,
                before={"archived": False}, after={"archived": True},
            )
            for one in piece
        )  # fmt: skip
        recording.tell_goals(ids)
    findable.changed("card", [one.pk for one in found])
    for cards in CardList.objects.filter(pk__in={one.list_id for one in found}):
        ranks.raise_version(cards.pk)
        _tell(cards)
    return len(found)
