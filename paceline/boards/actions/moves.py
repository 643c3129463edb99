"""Cards on their way: from list to list and up and down in one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from paceline.boards import following, hints
from paceline.boards.actions import cards as making
from paceline.boards.actions import ranks, recording
from paceline.boards.actions.cards import IsAPart, ListIsArchived, check_room
from paceline.boards.actions.recording import NotInProject
from paceline.boards.models import Batch, Card, CardChange, CardList, Trigger
from paceline.live.actions import publish_all
from paceline.org.models import Person


class CardMovedMeanwhile(Exception):
    """Somebody else moved the card. ``to`` is where it is now, ``change`` the last move."""

    def __init__(self, to: CardList, change: CardChange | None) -> None:
        super().__init__(str(to))
        self.to, self.change = to, change


@transaction.atomic
def move_card(  # noqa: C901, PLR0913 - one check each
    *,
    card: Card,
    to: CardList,
    after: Card | None = None,
    at_end: bool = False,
    seen_in: CardList | None = None,
    over_limit: bool = False,
    anyway: bool = False,
    batch: Batch | None = None,
    undoes: CardChange | None = None,
    by: Person | None,
    at: datetime,
) -> Card:
    """Put a card into a list of its project, right below ``after``, on top or at the end.

    ``seen_in`` is the list in which whoever moves it saw it: when somebody else moved it since,
    ``CardMovedMeanwhile`` is raised. A card that comes to a list that ends work is done, unless it
    waits for others (``Waits``); one that leaves it is open again. ``ListIsFull`` above the limit.
    """
    here = Card.objects.filter(pk=card.pk).values_list("list_id", flat=True).first()
    held = ranks.lock_lists(here, to.pk)
    found = recording.locked(card)
    if found.list_id is None:
        raise IsAPart(found)
    if found.list_id not in held:
        # Somebody was quicker; taking its list now, out of the order of ids, could end in a circle.
        raise CardMovedMeanwhile(*_where(found))
    if seen_in is not None and found.list_id != seen_in.pk:
        raise CardMovedMeanwhile(*_where(found))
    target, source = held.get(to.pk), held[found.list_id]
    if target is None or target.archived_at is not None:
        raise ListIsArchived(to)
    if target.project_id != found.project_id:
        raise NotInProject(target)
    above = None
    if at_end:
        above = Card.objects.filter(list=target).exclude(pk=found.pk).order_by("rank").last()
    elif after is not None and after.pk != found.pk:
        above = Card.objects.filter(pk=after.pk, list=target).first()
    if target.pk == source.pk:
        found.rank = ranks.rank_after(target, above, found)
        found.save(update_fields=["rank"])
        ranks.raise_version(target.pk)
        following.changed(found.project_id)
        publish_all(hints.topics_of(found)[1:2], "ordered", str(found.pk))
        return found
    if found.done_at is None and not target.ends_work:
        check_room(target, 1, over_limit=over_limit)
    found.rank = ranks.rank_after(target, above, found)
    before, now = {"list": source.pk}, {"list": target.pk}
    is_done = found.done_at is not None
    wants_done = target.ends_work or (is_done and not source.ends_work)
    if wants_done != is_done:
        making.set_done(found, done=wants_done, anyway=anyway, by=by, at=at)
        before["done"], now["done"] = is_done, wants_done
    found.list = target
    recording.note(
        found, before, now, by=by, at=at, act="card_moved", batch=batch, undoes=undoes,
        fields=("list", "rank", "done_at", "done_by"),
    )  # fmt: skip
    ranks.raise_version(source.pk, target.pk)
    recording.tell(
        found, recording.people_of(found), "boards_moved", by=by, at=at, list=target.name
    )
    if wants_done and not is_done:
        making.free_others(found, at=at)
    recording.fire([found], Trigger.MOVED)
    return found


def _where(card: Card) -> tuple[CardList, CardChange | None]:
    rows = CardChange.objects.filter(card=card, act="card_moved").select_related("by")
    found: CardList = CardList.objects.get(pk=card.list_id or 0)
    return found, rows.order_by("-id").first()
