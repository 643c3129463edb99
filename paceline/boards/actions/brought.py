"""A board from elsewhere as rows: set by set, under the names and times that the file says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from paceline.boards.actions import ranks, recording
from paceline.boards.actions.cards import CARDS_MAX
from paceline.boards.actions.projects import LISTS_MAX
from paceline.boards.intake.brought import Brought, BroughtCard, Someone
from paceline.boards.models import (
    Attachment,
    BoardIntake,
    Card,
    CardChange,
    CardField,
    CardList,
    Checklist,
    ChecklistItem,
    Comment,
    Label,
    Labelling,
    Member,
    Participant,
    Project,
    Right,
)
from paceline.boards.models.cards import TEXT_MAX
from paceline.kernel import findable
from paceline.org.models import Person

BATCH = 2000
VALUE_LETTERS_MAX = 300
COMMENTS_MAX = 100_000
OTHERS_LIST = "…"


@dataclass(slots=True)
class Desk:
    """What one intake writes with: its project, whom names mean, and what has to be said."""

    project: Project
    by: Person
    at: datetime
    people: dict[Someone, Person | None]
    left: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)


def write(intake: BoardIntake, brought: Brought, at: datetime) -> Desk:
    """Write the project of an intake inside the caller's transaction. Raises ``TooMany``."""
    if len(brought.cards) > CARDS_MAX:
        raise recording.TooMany("cards", CARDS_MAX)
    if sum(len(card.comments) for card in brought.cards) > COMMENTS_MAX:
        raise recording.TooMany("comments", COMMENTS_MAX)
    by = intake.requested_by
    _tell_apart(brought)
    project = _project(intake, brought, by, at)
    desk = Desk(project, by, at, _known(brought, project, at), Counter(brought.left))
    _add_members(desk)
    with translation.override(intake.facts.get("language")):
        lists = _lists(desk, brought, _("Without a list"))
    labels = _labels(desk, brought)
    fields = _fields(desk, brought)
    cards = _cards(desk, brought, lists, fields)
    _hang_on(desk, brought, cards, labels)
    findable.changed("card", [card.pk for card in cards.values()])
    return desk


def _tell_apart(brought: Brought) -> None:
    """Cards that the file gives one key, or none, stay cards of their own. What no field has room
    for goes on in a comment."""
    taken: set[str] = set()
    names = {one.key: one.name for one in brought.fields}
    for place, card in enumerate(brought.cards):
        if card.key in taken:
            card.key = f"{card.key} #{place}"
        taken.add(card.key)
        card.notes += [
            f"{names.get(key, key)}: {text}"
            for key, text in card.custom.items() if len(text) > VALUE_LETTERS_MAX
        ]  # fmt: skip


def _project(intake: BoardIntake, brought: Brought, by: Person, at: datetime) -> Project:
    facts = dict(intake.facts)
    facts.pop("language", None)
    facts["team_id"] = facts.pop("team", None)
    name = facts.get("name") or brought.name or Path(intake.file_name).stem
    facts["name"] = (name or intake.file_name)[:120]
    facts["description"] = (facts.get("description") or brought.description)[:TEXT_MAX]
    project = Project(created_by=by, created_at=at, changed_at=at, **facts)
    project.save()
    Member.objects.create(project=project, person=by, right=Right.ARRANGE, added_by=by, added_at=at)
    return project


def _known(brought: Brought, project: Project, at: datetime) -> dict[Someone, Person | None]:
    """Whom the file means: by address, else by a name that only one employed person has."""
    named = {one for card in brought.cards for one in card.people}
    named |= {one.author for card in brought.cards for one in card.comments}
    by_name: dict[str, list[Person]] = {}
    by_address: dict[str, Person] = {}
    for person in Person.objects.employed_on(recording.day_in(project, at)):
        for name in {person.name.casefold(), person.latin_name.casefold()} - {""}:
            by_name.setdefault(name, []).append(person)
        if person.email:
            by_address[person.email.casefold()] = person
    found: dict[Someone, Person | None] = {}
    for one in named:
        same = by_name.get(one.name.casefold(), [])
        found[one] = by_address.get(one.address.casefold()) or (same[0] if len(same) == 1 else None)
    return found


def _add_members(desk: Desk) -> None:
    """Whoever has a card must see it; they may edit, as they could before."""
    people = {person.pk: person for person in desk.people.values() if person is not None}
    people.pop(desk.by.pk, None)
    Member.objects.bulk_create(
        Member(
            project=desk.project, person=one, right=Right.EDIT, added_by=desk.by, added_at=desk.at
        )
        for one in people.values()
    )
    desk.counts["members"] = len(people) + 1


def _lists(desk: Desk, brought: Brought, unnamed: str) -> dict[str, CardList]:
    """Lists in their order. Names that repeat get a number; too many share the last one."""
    taken: set[str] = set()
    made: dict[str, CardList] = {}
    for rank, one in enumerate(brought.lists):
        if rank >= LISTS_MAX - 1 and len(brought.lists) > LISTS_MAX:
            made[one.key] = made.get("") or CardList(
                project=desk.project, name=OTHERS_LIST, rank=rank, changed_by=desk.by,
                changed_at=desk.at,
            )  # fmt: skip
            made[""] = made[one.key]
            desk.left["lists_joined"] += 1
            continue
        name = _once(one.name.strip()[:70] or unnamed, taken)
        made[one.key] = CardList(
            project=desk.project, name=name, rank=rank, ends_work=one.ends_work,
            changed_by=desk.by, changed_at=desk.at,
            archived_at=desk.at if one.is_archived else None,
        )  # fmt: skip
    rows = list({id(row): row for row in made.values()}.values())
    if not rows or all(row.archived_at for row in rows):
        rows.append(
            CardList(project=desk.project, name=_once(unnamed, taken), rank=len(rows),
                     changed_by=desk.by, changed_at=desk.at)
        )  # fmt: skip
    CardList.objects.bulk_create(rows)
    desk.counts["lists"] = len(rows)
    return made


def _once(name: str, taken: set[str]) -> str:
    """The name, with a number behind it if it is taken already, whatever the case."""
    found, number = name, 2
    while found.casefold() in taken:
        found, number = f"{name} ({number})", number + 1
    taken.add(found.casefold())
    return found


def _labels(desk: Desk, brought: Brought) -> dict[str, Label]:
    """Labels by key; those of one name are one."""
    made: dict[str, Label] = {}
    by_name: dict[str, Label] = {}
    for one in brought.labels:
        name = one.name.strip()[:60]
        label = by_name.setdefault(
            name.casefold(), Label(project=desk.project, name=name, colour=one.colour)
        )
        made[one.key] = label
    Label.objects.bulk_create(by_name.values())
    desk.counts["labels"] = len(by_name)
    return made


def _fields(desk: Desk, brought: Brought) -> dict[str, CardField]:
    taken: set[str] = set()
    made = {
        one.key: CardField(
            project=desk.project, label=_once(one.name.strip()[:50] or "–", taken), kind=one.kind,
            options=one.options, rank=rank,
        )
        for rank, one in enumerate(brought.fields)
    }  # fmt: skip
    CardField.objects.bulk_create(made.values())
    desk.counts["fields"] = len(made)
    return made


def _cards(
    desk: Desk,
    brought: Brought,
    lists: Mapping[str, CardList],
    fields: Mapping[str, CardField],
) -> dict[str, Card]:
    """Cards in the order of their lists, then their parts."""
    made: dict[str, Card] = {}
    places: Counter[Any] = Counter()
    for one in [card for card in brought.cards if not card.parent]:
        found = lists[one.list_key]
        card = _card(desk, one, fields)
        card.list, card.rank = found, places[found.pk] * ranks.GAP
        places[found.pk] += 1
        made[one.key] = card
    _create(made.values())
    parts: dict[str, Card] = {}
    for one in [card for card in brought.cards if card.parent]:
        card = _card(desk, one, fields)
        card.parent = made[one.parent]
        card.rank = places["part", one.parent] * ranks.GAP
        places["part", one.parent] += 1
        parts[one.key] = card
    _create(parts.values())
    desk.counts["cards"], desk.counts["parts"] = len(made), len(parts)
    return made | parts


def _create(cards: Iterable[Card]) -> None:
    Card.objects.bulk_create(cards, batch_size=BATCH)


def _card(desk: Desk, one: BroughtCard, fields: Mapping[str, CardField]) -> Card:
    executor = next(
        (person for someone in one.people if (person := desk.people[someone]) is not None), None
    )
    desk.counts["done"] += one.is_done
    desk.left["titles_cut"] += len(one.title) > 300
    done_at = (one.done_at or desk.at) if one.is_done else None
    return Card(
        project=desk.project, title=one.title[:300], description=one.description[:TEXT_MAX],
        executor=executor, starts_on=one.starts_on, due_on=one.due_on, due_time=one.due_time,
        done_at=done_at, custom=_custom(desk, one, fields), created_by=desk.by,
        created_at=one.created_at or desk.at, changed_at=desk.at,
        archived_at=desk.at if one.is_archived else None,
    )  # fmt: skip


def _custom(desk: Desk, one: BroughtCard, fields: Mapping[str, CardField]) -> dict[str, Any]:
    """Values of the board's own fields as cards keep them; what is no such value is counted."""
    found: dict[str, Any] = {}
    for key, text in one.custom.items():
        described = fields[key]
        value = _kept(described.kind, text)
        if value is None:
            desk.left["values_unread"] += 1
        else:
            found[described.key] = value
    return found


def _kept(kind: str, text: str) -> Any:
    if kind == "number":
        try:
            return f"{Decimal(text).normalize():f}"
        except InvalidOperation:
            return None
    if kind == "day":
        try:
            return date.fromisoformat(text[:10]).isoformat()
        except ValueError:
            return None
    return text == "true" or None if kind == "yes_no" else text[:VALUE_LETTERS_MAX]


def _hang_on(
    desk: Desk, brought: Brought, cards: Mapping[str, Card], labels: Mapping[str, Label]
) -> None:
    """What hangs on cards: labels, people, checklists, comments, addresses, and their beginning."""
    labellings, participants, changes = [], [], []
    lists, items, comments, links = [], [], [], []
    for one in brought.cards:
        card = cards[one.key]
        chosen = {labels[key] for key in one.labels if key in labels}
        labellings += [Labelling(card=card, label=label) for label in chosen]
        others = {desk.people[someone] for someone in one.people} - {None, card.executor}
        participants += [Participant(card=card, person=person) for person in others]
        after = {"title": card.title}
        changes.append(
            CardChange(card=card, version=1, act="card_added", by=desk.by, at=desk.at, after=after)
        )
        for place, (name, rows) in enumerate(one.checklists):
            checklist = Checklist(card=card, name=name.strip()[:120] or "–", rank=place)
            lists.append(checklist)
            items += [
                ChecklistItem(
                    checklist=checklist, text=row.text[:500], rank=at,
                    done_at=desk.at if row.is_done else None,
                )
                for at, row in enumerate(rows)
            ]  # fmt: skip
        comments += _comments(desk, card, one)
        links += [
            Attachment(card=card, name=(name or url)[:200], url=url, added_by=desk.by,
                       added_at=desk.at)
            for name, url in one.links if len(url) <= 1000
        ]  # fmt: skip
    Labelling.objects.bulk_create(labellings, batch_size=BATCH)
    Participant.objects.bulk_create(participants, batch_size=BATCH)
    CardChange.objects.bulk_create(changes, batch_size=BATCH)
    Checklist.objects.bulk_create(lists, batch_size=BATCH)
    ChecklistItem.objects.bulk_create(items, batch_size=BATCH)
    Comment.objects.bulk_create(comments, batch_size=BATCH)
    Attachment.objects.bulk_create(links, batch_size=BATCH)
    desk.counts.update(
        checklists=len(lists), items=len(items), comments=len(comments), links=len(links)
    )


def _comments(desk: Desk, card: Card, one: BroughtCard) -> list[Comment]:
    """What was said, under the names of then; and whatever found no place in the card itself."""
    found = []
    for said in one.comments:
        person = desk.people.get(said.author)
        found += [
            Comment(card=card, text=text, by=person, at=said.at,
                    author="" if person else said.author.name[:120])
            for text in _in_pieces(said.text)
        ]  # fmt: skip
    rest = [one.title] if len(one.title) > 300 else []
    if one.notes:
        rest += _in_pieces("\n".join(one.notes))
    if len(one.description) > TEXT_MAX:
        rest += _in_pieces(one.description[TEXT_MAX:])
    strangers = [
        someone.name or someone.address for someone in one.people if desk.people[someone] is None
    ]
    if strangers:
        rest.append("@ " + ", ".join(strangers)[: TEXT_MAX - 2])
    return found + [Comment(card=card, text=text, by=desk.by, at=desk.at) for text in rest]


def _in_pieces(text: str) -> list[str]:
    """A text in pieces that comments have room for; nothing of it is lost."""
    return [text[at : at + TEXT_MAX] for at in range(0, len(text), TEXT_MAX)]
