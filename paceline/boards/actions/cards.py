"""Cards: making, changing, finishing, putting away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from paceline.boards import following, hints
from paceline.boards.actions import ranks, recording
from paceline.boards.actions.recording import NotInProject, ProjectIsArchived, TooMany
from paceline.boards.models import (
    Card,
    CardChange,
    CardList,
    Dependency,
    Label,
    Labelling,
    Participant,
    Trigger,
)
from paceline.kernel import audit, findable
from paceline.live.actions import publish_all
from paceline.org.models import Person

# A whole project.
CARDS_MAX = 10_000
PARTS_MAX = 100


class ListIsFull(Exception):
    """The list has as many open cards as its limit allows. ``cards`` is the list."""

    def __init__(self, cards: CardList) -> None:
        super().__init__(str(cards))
        self.cards = cards


class ListIsArchived(Exception):
    """The list is not in use any more."""


class IsAPart(Exception):
    """A part of a card has no parts of its own and stands in no list."""


class Waits(Exception):
    """The card waits for others that are not done. ``others`` are their titles."""

    def __init__(self, others: list[str]) -> None:
        super().__init__(", ".join(others))
        self.others = others


def open_list(cards: CardList) -> CardList:
    """A list as it is now, held, in use."""
    found = ranks.lock_lists(cards.pk).get(cards.pk)
    if found is None or found.archived_at is not None:
        raise ListIsArchived(cards)
    if found.project.archived_at is not None:
        raise ProjectIsArchived(found.project)
    return found


def check_room(cards: CardList, coming: int, *, over_limit: bool = False) -> None:
    """Refuse more open cards than the list's limit, unless whoever brings them knows better."""
    if cards.limit is None or over_limit:
        return
    standing = Card.objects.open().filter(list=cards).count()
    if standing + coming > cards.limit:
        raise ListIsFull(cards)


def _check_count(cards: CardList, coming: int) -> None:
    if Card.objects.kept().filter(project=cards.project_id).count() + coming > CARDS_MAX:
        raise TooMany("cards", CARDS_MAX)


@transaction.atomic
def add_card(  # noqa: PLR0913 - all that a card may begin with
    *,
    cards: CardList,
    facts: Mapping[str, Any],
    labels: Sequence[Label] = (),
    participants: Sequence[Person] = (),
    on_top: bool = False,
    over_limit: bool = False,
    recurrence: Any = None,
    recurs_on: Any = None,
    by: Person | None,
    at: datetime,
) -> Card:
    """A new card at the end of a list, or on top of it.

    Raises ``ListIsFull``, ``FactsInvalid``, ``TooMany``, ``PersonHasLeft``, ``PersonCannotSee``.
    """
    found = open_list(cards)
    _check_count(found, 1)
    check_room(found, 1, over_limit=over_limit)
    rank = ranks.rank_on_top(found) if on_top else ranks.ranks_below(found, 1)[0]
    card = new_card(found, facts, rank, by, at)
    card.recurrence, card.recurs_on = recurrence, recurs_on
    card.save()
    _put_on(card, labels, participants, at)
    ranks.raise_version(found.pk)
    _added(card, by, at)
    recording.tell(card, participants, "boards_joined", by=by, at=at)
    recording.fire([card], Trigger.CREATED)
    for label in labels:
        recording.fire([card], Trigger.LABELLED, label=label.pk)
    return card


def new_card(
    cards: CardList, facts: Mapping[str, Any], rank: int, by: Person | None, at: datetime
) -> Card:
    """A card of a held list that is still to be saved."""
    if unknown := sorted(set(facts) - set(recording.FIELDS)):
        raise recording.FieldUnknown(", ".join(unknown))
    card = Card(
        project=cards.project, list=cards, rank=rank, created_by=by, created_at=at, changed_at=at,
        **facts,
    )  # fmt: skip
    card.title = card.title.strip()
    recording.check(card, ["title", *facts])
    if card.executor is not None:
        recording.check_person(cards.project, card.executor, at)
    if cards.ends_work:
        card.done_at, card.done_by = at, by
    return card


def _put_on(
    card: Card, labels: Sequence[Label], participants: Sequence[Person], at: datetime
) -> None:
    if any(one.project_id != card.project_id for one in labels):
        raise NotInProject(labels)
    for person in participants:
        recording.check_person(card.project, person, at)
    Labelling.objects.bulk_create(Labelling(card=card, label=one) for one in labels)
    Participant.objects.bulk_create(Participant(card=card, person=one) for one in participants)


def _added(card: Card, by: Person | None, at: datetime) -> None:
    after = {"project": card.project_id}
    audit.record("card_added", subject=card, by=by, at=at, after=after)
    CardChange.objects.create(
        card=card, version=1, act="card_added", by=by, at=at, after={"title": card.title}
    )
    recording.announce(card, "added")
    if card.executor is not None:
        recording.tell(card, [card.executor], "boards_assigned", by=by, at=at)


@transaction.atomic
def add_part(*, card: Card, facts: Mapping[str, Any], by: Person | None, at: datetime) -> Card:
    """A part of a card, with an executor and dates of its own. Raises ``IsAPart``."""
    whole = recording.locked(card)
    if whole.list is None:
        raise IsAPart(whole)
    if Card.objects.kept().filter(parent=whole).count() >= PARTS_MAX:
        raise TooMany("parts", PARTS_MAX)
    part = new_card(whole.list, facts, ranks.ranks_below(whole, 1)[0], by, at)
    part.list, part.parent, part.done_at, part.done_by = None, whole, None, None
    part.save()
    _added(part, by, at)
    return part


@transaction.atomic
def change_card(
    *,
    card: Card,
    facts: Mapping[str, Any],
    seen: int | None = None,
    by: Person | None,
    at: datetime,
) -> Card:
    """Change the fields of a card; see :func:`recording.apply` for what is refused."""
    found = recording.locked(card)
    before = (found.due_on, found.executor_id)
    if recording.apply(found, facts, seen=seen, by=by, at=at) is not None:
        others = [one for one in recording.people_of(found) if one.pk != found.executor_id]
        if found.executor is not None and found.executor_id == before[1]:
            others.append(found.executor)
        recording.tell(found, others, "boards_changed", by=by, at=at)
    return found


@transaction.atomic
def finish_card(
    *, card: Card, done: bool = True, anyway: bool = False, by: Person | None, at: datetime
) -> Card:
    """A card is done, or not after all. One that waits for others is done only ``anyway``."""
    found = recording.locked(card)
    if (found.done_at is not None) == done:
        return found
    set_done(found, done=done, anyway=anyway, by=by, at=at)
    recording.note(
        found, {"done": not done}, {"done": done}, by=by, at=at,
        act="card_done" if done else "card_reopened", fields=("done_at", "done_by"),
    )  # fmt: skip
    if done:
        recording.tell(found, recording.people_of(found), "boards_done", by=by, at=at)
        free_others(found, at=at)
    return found


def set_done(
    card: Card, *, done: bool, anyway: bool = False, by: Person | None, at: datetime
) -> None:
    """Set the fields of a held card; the caller saves and notes them. Raises ``Waits``."""
    if done and not anyway:
        others = blockers_of(card)
        if others:
            raise Waits(others)
    card.done_at, card.done_by = (at, by) if done else (None, None)


def blockers_of(card: Card) -> list[str]:
    """The titles of the open cards for which a card waits."""
    rows = Dependency.objects.filter(card=card, on__done_at__isnull=True)
    rows = rows.filter(on__archived_at__isnull=True)
    return list(rows.order_by("id").values_list("on__title", flat=True))


def free_others(card: Card, *, at: datetime) -> None:
    """Tell the executors of cards that waited for this one alone."""
    rows = Dependency.objects.filter(on=card, card__done_at__isnull=True)
    rows = rows.filter(card__archived_at__isnull=True)
    for row in rows.select_related("card__executor", "card__project"):
        publish_all(hints.topics_of(row.card), "changed", str(row.card_id))
        executor = row.card.executor
        if executor is not None and not blockers_of(row.card):
            recording.tell(row.card, [executor], "boards_freed", by=None, at=at)


@transaction.atomic
def archive_card(*, card: Card, by: Person | None, at: datetime) -> Card:
    """Put a card away; it can be brought back."""
    ranks.lock_lists(card.list_id)
    found = recording.locked(card)
    found.archived_at = at
    recording.note(
        found, {"archived": False}, {"archived": True}, by=by, at=at, act="card_archived",
        fields=("archived_at",),
    )  # fmt: skip
    ranks.raise_version(found.list_id)
    return found


@transaction.atomic
def restore_card(*, card: Card, by: Person | None, at: datetime) -> Card:
    """Bring a card back to where it was, or to the project's first list if that is gone."""
    rows = CardList.objects.filter(project=card.project_id, archived_at__isnull=True)
    first = rows.order_by("rank", "pk")[0]
    lists = ranks.lock_lists(card.list_id, first.pk)
    found = recording.locked(card, archived=True)
    if found.archived_at is None:
        return found
    found.archived_at = None
    fields = ["archived_at"]
    if found.list is not None and found.list.archived_at is not None:
        target = lists[first.pk]
        found.list, found.rank = target, ranks.ranks_below(target, 1)[0]
        fields += ["list", "rank"]
    recording.note(
        found, {"archived": True}, {"archived": False}, by=by, at=at, act="card_restored",
        fields=fields,
    )  # fmt: skip
    ranks.raise_version(found.list_id)
    return found


class NotArchived(Exception):
    """Only what was put away is deleted for good."""


@transaction.atomic
def delete_card(*, card: Card, by: Person | None, at: datetime) -> None:
    """Delete a card for good that was put away, with its parts. Raises ``NotArchived``."""
    found = recording.locked(card, archived=True)
    if found.archived_at is None:
        raise NotArchived(found)
    rows = Card.objects.filter(Q(parent=found) | Q(pk=found.pk))
    ids = list(rows.values_list("pk", flat=True))
    audit.record("card_deleted", subject=found, by=by, at=at, after={"cards": len(ids)})
    following.changed(found.project_id)
    publish_all(hints.topics_of(found), "deleted", str(found.pk))
    recording.tell_goals(ids)
    CardChange.objects.filter(card__in=ids).update(undoes=None)
    Card.objects.filter(parent=found).delete()
    found.delete()
    findable.changed("card", ids)
