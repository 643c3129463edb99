"""What a card is made of: labels, people, checklists, and the cards it waits for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max

from paceline.boards.actions import projects, recording
from paceline.boards.actions.recording import NotInProject, TooMany
from paceline.boards.models import (
    Batch,
    Card,
    CardChange,
    Checklist,
    ChecklistItem,
    Dependency,
    Label,
    Labelling,
    Participant,
    Trigger,
)
from paceline.org.models import Person

CHECKLISTS_MAX = 20
ITEMS_MAX = 200
PARTICIPANTS_MAX = 50
DEPENDENCIES_MAX = 50


class WaitsInACircle(Exception):
    """The other card waits for this one already, by itself or through others. ``on`` is it."""

    def __init__(self, on: Card) -> None:
        super().__init__(str(on))
        self.on = on


@transaction.atomic
def set_labels(
    *,
    card: Card,
    labels: Sequence[Label],
    batch: Batch | None = None,
    undoes: CardChange | None = None,
    by: Person | None,
    at: datetime,
) -> Card:
    """Give a card exactly these labels of its project."""
    found = recording.locked(card)
    if any(one.project_id != found.project_id for one in labels):
        raise NotInProject(labels)
    known = Labelling.objects.filter(card=found).order_by("id")
    before = list(known.values_list("label_id", flat=True))
    after = list(dict.fromkeys(one.pk for one in labels))
    if set(before) == set(after):
        return found
    known.exclude(label__in=after).delete()
    new = [one for one in after if one not in before]
    Labelling.objects.bulk_create(Labelling(card=found, label_id=one) for one in new)
    recording.note(
        found, {"labels": before}, {"labels": after}, by=by, at=at, act="card_labelled",
        batch=batch, undoes=undoes,
    )  # fmt: skip
    for one in new:
        recording.fire([found], Trigger.LABELLED, label=one)
    return found


@transaction.atomic
def set_participants(
    *,
    card: Card,
    people: Sequence[Person],
    undoes: CardChange | None = None,
    by: Person | None,
    at: datetime,
) -> Card:
    """Let exactly these people take part in a card. New ones work here and see the project."""
    found = recording.locked(card)
    if len(people) > PARTICIPANTS_MAX:
        raise TooMany("participants", PARTICIPANTS_MAX)
    known = Participant.objects.filter(card=found).order_by("id")
    before = list(known.values_list("person_id", flat=True))
    after = {one.pk: one for one in people}
    if set(before) == set(after):
        return found
    new = [one for pk, one in after.items() if pk not in before]
    for one in new:
        recording.check_person(found.project, one, at)
    known.exclude(person__in=after).delete()
    Participant.objects.bulk_create(Participant(card=found, person=one) for one in new)
    recording.note(
        found, {"participants": before}, {"participants": list(after)}, by=by, at=at,
        act="card_people_changed", undoes=undoes,
    )  # fmt: skip
    recording.tell(found, new, "boards_joined", by=by, at=at)
    return found


# Checklists


@transaction.atomic
def add_checklist(
    *, card: Card, name: str, items: Sequence[str] = (), by: Person | None, at: datetime
) -> Checklist:
    """A new checklist at the end of a card, with its items."""
    found = recording.locked(card)
    rows = Checklist.objects.filter(card=found)
    if rows.count() >= CHECKLISTS_MAX:
        raise TooMany("checklists", CHECKLISTS_MAX)
    last = rows.aggregate(last=Max("rank"))["last"]
    made = Checklist(card=found, name=name.strip(), rank=0 if last is None else last + 1)
    recording.check(made, ["name"])
    made.save()
    _add_items(made, items)
    _checked(found, "", made.name, by, at)
    return made


@transaction.atomic
def add_items(
    *, checklist: Checklist, texts: Sequence[str], by: Person | None, at: datetime
) -> list[ChecklistItem]:
    """More to tick off, at the end."""
    found = recording.locked(checklist.card)
    made = _add_items(checklist, texts)
    _checked(found, "", ", ".join(one.text for one in made)[:200], by, at)
    return made


def _add_items(checklist: Checklist, texts: Sequence[str]) -> list[ChecklistItem]:
    wanted = [one.strip() for one in texts if one.strip()]
    rows = ChecklistItem.objects.filter(checklist=checklist)
    if rows.count() + len(wanted) > ITEMS_MAX:
        raise TooMany("items", ITEMS_MAX)
    last = rows.aggregate(last=Max("rank"))["last"]
    start = 0 if last is None else last + 1
    made = [
        ChecklistItem(checklist=checklist, text=text, rank=start + place)
        for place, text in enumerate(wanted)
    ]
    for one in made:
        recording.check(one, ["text"])
    return ChecklistItem.objects.bulk_create(made)


def _checked(card: Card, before: str, after: str, by: Person | None, at: datetime) -> None:
    recording.note(
        card, {"checklist": before}, {"checklist": after}, by=by, at=at, act="card_checked"
    )


@transaction.atomic
def tick(*, item: ChecklistItem, done: bool, by: Person | None, at: datetime) -> ChecklistItem:
    """Tick an item off, or not after all."""
    card = recording.locked(item.checklist.card)
    found: ChecklistItem = ChecklistItem.objects.get(pk=item.pk)
    if (found.done_at is not None) == done:
        return found
    found.done_at, found.done_by = (at, by) if done else (None, None)
    found.save(update_fields=["done_at", "done_by"])
    mark = ("☐", "☑") if done else ("☑", "☐")
    _checked(card, f"{mark[0]} {found.text}", f"{mark[1]} {found.text}", by, at)
    return found


@transaction.atomic
def change_item(
    *, item: ChecklistItem, text: str, by: Person | None, at: datetime
) -> ChecklistItem:
    """Say an item in other words; without words it goes."""
    card = recording.locked(item.checklist.card)
    found: ChecklistItem = ChecklistItem.objects.get(pk=item.pk)
    before, found.text = found.text, text.strip()
    if not found.text:
        found.delete()
    else:
        recording.check(found, ["text"])
        found.save(update_fields=["text"])
    _checked(card, before, found.text, by, at)
    return found


@transaction.atomic
def remove_checklist(*, checklist: Checklist, by: Person | None, at: datetime) -> None:
    """A checklist goes with its items; their words stay in the history."""
    card = recording.locked(checklist.card)
    items = list(ChecklistItem.objects.filter(checklist=checklist).order_by("rank"))
    said = "\n".join([checklist.name, *(one.text for one in items)])
    checklist.delete()
    _checked(card, said, "", by, at)


# Dependencies


@transaction.atomic
def add_dependency(*, card: Card, on: Card, by: Person | None, at: datetime) -> Dependency:
    """Let a card wait for another one of its project.

    Raises ``WaitsInACircle`` when the other one waits for it, ``NotInProject`` and ``TooMany``.
    """
    # One at a time in a project: two that close a circle together would each see none.
    project = projects.held(card.project)
    found = recording.locked(card)
    if on.project_id != project.pk or on.archived_at is not None:
        raise NotInProject(on)
    if found.pk == on.pk or _waits_for(on.pk, found.pk):
        raise WaitsInACircle(on)
    rows = Dependency.objects.filter(card=found)
    known: Dependency | None = rows.filter(on=on).first()
    if known is not None:
        return known
    if rows.count() >= DEPENDENCIES_MAX:
        raise TooMany("dependencies", DEPENDENCIES_MAX)
    made = Dependency.objects.create(card=found, on=on, by=by, at=at)
    recording.note(
        found, {"waits_for": ""}, {"waits_for": on.title}, by=by, at=at, act="card_depends"
    )
    return made


def _waits_for(start: int, goal: int) -> bool:
    """Whether one card waits for another, by itself or through others."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE way(id) AS (SELECT %s::bigint UNION SELECT d.on_id FROM"
            " boards_dependency d JOIN way ON d.card_id = way.id)"
            " SELECT EXISTS (SELECT 1 FROM way WHERE id = %s)",
            [start, goal],
        )
        return bool(cursor.fetchone()[0])


@transaction.atomic
def remove_dependency(*, dependency: Dependency, by: Person | None, at: datetime) -> None:
    """A card does not wait for another one any more."""
    found = recording.locked(dependency.card)
    title = dependency.on.title
    dependency.delete()
    recording.note(found, {"waits_for": title}, {"waits_for": ""}, by=by, at=at, act="card_depends")
