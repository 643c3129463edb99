"""One change of many cards at once, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from paceline.boards.actions import cards as making
from paceline.boards.actions import moves, parts, pastes, ranks, recording, undoing
from paceline.boards.actions.recording import ChangedMeanwhile, TooMany
from paceline.boards.models import Batch, Card, CardChange, CardList, Label, Project
from paceline.kernel import audit
from paceline.org.models import Person

BATCH_MAX = 500


class NothingToDo(Exception):
    """No change was named, or no card."""


class BatchUndone(Exception):
    """The change was taken back before."""


@dataclass(frozen=True, slots=True)
class What:
    """What is done with every card: exactly one of these."""

    executor: Person | None = None
    move_to: CardList | None = None
    label: Label | None = None
    finish: bool = False
    archive: bool = False

    def told(self) -> dict[str, Any]:
        named = {"executor": self.executor, "list": self.move_to, "label": self.label}
        found = {name: one.pk for name, one in named.items() if one is not None}
        flags = {"finish": self.finish, "archive": self.archive}
        return {**found, **{name: True for name, is_set in flags.items() if is_set}}


@transaction.atomic
def change_many(
    *, project: Project, cards: Sequence[Card], what: What, by: Person, at: datetime
) -> Batch:
    """Do one thing with many cards of a project. Those for which it cannot be done are skipped.

    Raises ``TooMany`` and ``NothingToDo``, and nothing was changed.
    """
    if len(cards) > BATCH_MAX:
        raise TooMany("cards", BATCH_MAX)
    if len(what.told()) != 1 or not cards:
        raise NothingToDo
    # All lists at once and first: each move would take some of them, in another order.
    ranks.lock_lists(*CardList.objects.filter(project=project).values_list("pk", flat=True))
    batch = Batch.objects.create(project=project, what=what.told(), by=by, at=at)
    for card in cards:
        try:
            with transaction.atomic():
                done = _change(card, what, batch, by, at)
        except _SKIPPED:
            batch.skipped += 1
        else:
            batch.count += int(done)
            batch.skipped += int(not done)
    batch.save(update_fields=["count", "skipped"])
    audit.record(
        "cards_batch_changed", subject=project, by=by, at=at,
        after={"what": what.told(), "count": batch.count, "skipped": batch.skipped},
    )  # fmt: skip
    return batch


_SKIPPED = (
    making.IsAPart,
    making.ListIsArchived,
    making.ListIsFull,
    making.Waits,
    moves.CardMovedMeanwhile,
    recording.CardIsArchived,
    recording.CardIsGone,
    recording.NotInProject,
    recording.PersonCannotSee,
    recording.PersonHasLeft,
)


def _change(card: Card, what: What, batch: Batch, by: Person, at: datetime) -> bool:
    """Whether anything of the card changed."""
    before = card.version
    told: dict[str, Any] = {"card": card, "by": by, "at": at}
    if what.executor is not None:
        found = recording.locked(card)
        recording.apply(found, {"executor": what.executor}, by=by, at=at, batch=batch)
    elif what.move_to is not None:
        if card.list_id == what.move_to.pk:
            return False
        found = moves.move_card(to=what.move_to, at_end=True, batch=batch, **told)
    elif what.label is not None:
        known = [one.label for one in card.labellings.select_related("label")]
        found = parts.set_labels(labels=[*known, what.label], batch=batch, **told)
    elif what.finish:
        found = making.finish_card(**told)
    else:
        found = making.archive_card(**told)
    last = CardChange.objects.filter(card=found, version=found.version).first()
    if found.version > before and last is not None and last.batch_id is None:
        last.batch = batch
        last.save(update_fields=["batch"])
    return found.version > before


@transaction.atomic
def undo_batch(*, batch: Batch, by: Person, at: datetime) -> tuple[int, int]:
    """Take one change of many cards back; returns for how many it could and could not be done."""
    found: Batch = Batch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if found.undone_at is not None:
        raise BatchUndone(found)
    lists = CardList.objects.filter(project=found.project_id)
    ranks.lock_lists(*lists.values_list("pk", flat=True))
    if "added" in found.what:
        done = pastes.take_back(found, by=by, at=at)
        left = found.count - done
    else:
        done, left = _undo_each(found, by=by, at=at)
    found.undone_at = at
    found.save(update_fields=["undone_at"])
    audit.record("cards_batch_undone", subject=found.project, by=by, at=at, after={"undone": done})
    return done, left


def _undo_each(batch: Batch, *, by: Person, at: datetime) -> tuple[int, int]:
    done = left = 0
    for change in CardChange.objects.filter(batch=batch).order_by("-id"):
        try:
            with transaction.atomic():
                undoing.undo_change(change=change, by=by, at=at)
        except (ChangedMeanwhile, undoing.CannotBeUndone, *_SKIPPED):
            left += 1
        else:
            done += 1
    return done, left
