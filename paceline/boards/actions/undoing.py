"""Taking a change of a card back, as long as nobody changed the same since."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.db import transaction

from paceline.boards.actions import cards as making
from paceline.boards.actions import moves, parts, recording, talk
from paceline.boards.actions.recording import ChangedMeanwhile, Conflict
from paceline.boards.models import Card, CardChange, CardList, Label, Labelling, Participant
from paceline.org.models import Person

UNDONE = frozenset(
    {
        "card_changed", "card_moved", "card_archived", "card_restored", "card_done",
        "card_reopened", "card_labelled", "card_people_changed", "card_linked", "card_unlinked",
    }
)  # fmt: skip


class CannotBeUndone(Exception):
    """A change of this kind is not taken back, or was taken back before."""


def may_be_undone(change: CardChange) -> bool:
    """Whether a change is of a kind that is taken back, and says enough for it."""
    link = {**change.before, **change.after}.get("link", ":")
    return change.act in UNDONE and ":" in str(link)


@transaction.atomic
def undo_change(  # noqa: PLR0911 - one kind each
    *, change: CardChange, by: Person | None, at: datetime
) -> Card:
    """Put the fields of a change back to what they were.

    Raises ``ChangedMeanwhile`` when somebody changed one of them since, and ``CannotBeUndone``.
    """
    row: CardChange = CardChange.objects.select_related("card").get(pk=change.pk)
    if not may_be_undone(row) or CardChange.objects.filter(undoes=row).exists():
        raise CannotBeUndone(row)
    card: Card = Card.objects.select_related("list", "executor", "project").get(pk=row.card_id)
    _check_unchanged(card, row)
    told: dict[str, Any] = {"card": card, "by": by, "at": at}
    match row.act:
        case "card_changed":
            found = recording.locked(card)
            recording.apply(found, _values(row.before), by=by, at=at, undoes=row)
            return found
        case "card_moved":
            target = CardList.objects.filter(pk=row.before["list"]).first()
            if target is None:
                raise CannotBeUndone(row)
            return moves.move_card(to=target, over_limit=True, anyway=True, undoes=row, **told)
        case "card_archived":
            return _linked(making.restore_card(**told), row)
        case "card_restored":
            return _linked(making.archive_card(**told), row)
        case "card_done" | "card_reopened":
            return _linked(making.finish_card(done=row.before["done"], anyway=True, **told), row)
        case "card_labelled":
            labels = Label.objects.filter(pk__in=row.before["labels"], project=card.project)
            return parts.set_labels(labels=list(labels), undoes=row, **told)
        case "card_linked" | "card_unlinked":
            return _link_undone(row, told)
        case _:
            people = Person.objects.filter(pk__in=row.before["participants"])
            return parts.set_participants(people=list(people), undoes=row, **told)


def _link_undone(row: CardChange, told: dict[str, Any]) -> Card:
    """A link goes again, or stands again."""
    try:
        if row.act == "card_unlinked":
            return talk.restore_link(name=row.before["link"], undoes=row, **told)
        link = talk.link_named(told["card"], row.after["link"])
    except talk.LinkGone as error:
        raise CannotBeUndone(row) from error
    if link.pk is None:
        raise CannotBeUndone(row)
    return talk.unlink_card(link=link, by=told["by"], at=told["at"], undoes=row)


def _linked(card: Card, undone: CardChange) -> Card:
    """Say of the newest change of a card that it took another one back."""
    last = CardChange.objects.filter(card=card).order_by("-version")[0]
    last.undoes = undone
    last.save(update_fields=["undoes"])
    return card


def _check_unchanged(card: Card, row: CardChange) -> None:
    for name, value in row.after.items():
        if name == "link":  # it stands or not; nobody can have changed it
            continue
        now = _now(card, name)
        if now != (sorted(value) if name in {"labels", "participants"} else value):
            last = (
                CardChange.objects.filter(card=card, after__has_key=name, version__gt=row.version)
                .select_related("by").order_by("-version").first()
            )  # fmt: skip
            who = "Paceline" if last is None or last.by is None else last.by.name
            when = row.at if last is None else last.at
            raise ChangedMeanwhile(card, [Conflict(name, now, row.before.get(name), who, when)])


def _now(card: Card, name: str) -> Any:
    match name:
        case "list":
            return card.list_id
        case "done":
            return card.done_at is not None
        case "archived":
            return card.archived_at is not None
        case "labels":
            rows = Labelling.objects.filter(card=card).values_list("label_id", flat=True)
            return sorted(rows)
        case "participants":
            people = Participant.objects.filter(card=card).values_list("person_id", flat=True)
            return sorted(people)
    return recording.told(getattr(card, name))


def _values(before: dict[str, Any]) -> dict[str, Any]:
    """Kept values as the card's fields take them."""
    values = dict(before)
    for name in ("starts_on", "due_on"):
        if values.get(name):
            values[name] = date.fromisoformat(values[name])
    if values.get("due_time"):
        values["due_time"] = time.fromisoformat(values["due_time"])
    if values.get("executor"):
        values["executor"] = Person.objects.get(pk=values["executor"])
    return values
