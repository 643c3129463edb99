"""All that the page of one card shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum, Value

from paceline.boards.models import (
    LINKED,
    Attachment,
    Card,
    CardChange,
    CardLink,
    Checklist,
    ChecklistItem,
    Comment,
    Dependency,
    FileVersion,
    Labelling,
    Member,
    Participant,
    TimeEntry,
)
from paceline.boards.queries.cards import faced
from paceline.boards.queries.projects import people_about
from paceline.crm.models import Company, Contact, Deal
from paceline.goals.models import Goal
from paceline.org.models import Person

COMMENTS_MAX = 100
CHANGES_MAX = 100
MODELS: dict[str, Any] = {"company": Company, "contact": Contact, "deal": Deal, "goal": Goal}
_NAMED_BY = {"company": "name", "contact": "name", "deal": "title", "goal": "name"}


@dataclass(slots=True)
class CheckedList:
    """A checklist with its items."""

    pk: int
    name: str
    items: list[ChecklistItem] = field(default_factory=list)


@dataclass(slots=True)
class CardPage:
    """A card with what hangs on it; links only as far as the reader sees them.

    ``people`` are those to whom it can be given (``is_able``) and those whom its history names;
    ``link_names`` what its history calls ``goal:12``, as far as the reader sees that.
    """

    people: dict[int, Any]
    participants: list[Person]
    checklists: list[CheckedList]
    parts: list[Any]
    waits_for: list[Dependency]
    holds_up: list[Dependency]
    comments: list[Comment]
    files: list[Any]
    links: list[CardLink]
    hidden_links: int
    times: list[TimeEntry]
    changes: list[CardChange] = field(default_factory=list)
    link_names: dict[str, str] = field(default_factory=dict)

    @property
    def minutes(self) -> int:
        return sum(one.minutes for one in self.times)


def detailed(rows: QuerySet[Any], person: Person, on: date) -> QuerySet[Any]:
    """Cards with what their page shows of themselves, and the person's right as a member."""
    labels = Labelling.objects.filter(card=OuterRef("pk")).order_by("id").values("label_id")
    takes_part = Participant.objects.filter(card=OuterRef("pk")).order_by("id").values("person_id")
    works = Person.objects.employed_on(on).filter(pk=OuterRef("executor_id")).order_by()
    own = Member.objects.filter(project=OuterRef("project"), person_id=person.pk).values("right")
    found: QuerySet[Any] = rows.annotate(
        label_ids=ArraySubquery(labels),
        participant_ids=ArraySubquery(takes_part),
        executor_works=Exists(works),
        own_right=Subquery(own[:1]),
    )
    return found


def card_page(card: Any, person: Person, on: date) -> CardPage:
    """Some ten queries, whatever hangs on the card. It was read by ``detailed``."""
    links, hidden = _links(card, person)
    changes = history_of(card)
    named = {*card.participant_ids, *_people_in(changes)}
    people = {one.pk: one for one in people_about(card.project, on, named)}
    depends = Dependency.objects.filter(Q(card=card) | Q(on=card)).order_by("id")
    rows = list(depends.select_related("card", "on"))
    return CardPage(
        people=people,
        participants=[people[one] for one in card.participant_ids if one in people],
        checklists=_checklists(card),
        parts=list(faced(Card.objects.kept().filter(parent=card), on).order_by("rank", "pk")),
        waits_for=[one for one in rows if one.card_id == card.pk],
        holds_up=[one for one in rows if one.on_id == card.pk],
        comments=list(
            Comment.objects.filter(card=card, removed_at__isnull=True)
            .select_related("by").order_by("-at", "-id")[:COMMENTS_MAX]
        ),
        files=_files(card),
        links=links,
        hidden_links=hidden,
        times=list(
            TimeEntry.objects.filter(card=card, removed_at__isnull=True).select_related("person")
        ),
        changes=changes,
        link_names=_link_names(changes, links, person),
    )  # fmt: skip


def _people_in(changes: Iterable[CardChange]) -> set[int]:
    """Whom a history names by id."""
    found: set[int] = set()
    for change in changes:
        for side in (change.before, change.after):
            found.update(one for one in [side.get("executor")] if one)
            found.update(side.get("participants") or ())
    return found


def _checklists(card: Card) -> list[CheckedList]:
    """The checklists in order, with their items. One query."""
    rows = Checklist.objects.filter(card=card).order_by("rank", "id", "items__rank", "items__id")
    found: dict[int, CheckedList] = {}
    for pk, name, item, text, done_at in rows.values_list(
        "pk", "name", "items__pk", "items__text", "items__done_at"
    ):
        one = found.setdefault(pk, CheckedList(pk, name))
        if item is not None:
            one.items.append(ChecklistItem(pk=item, checklist_id=pk, text=text, done_at=done_at))
    return list(found.values())


def _files(card: Card) -> list[Any]:
    """The files by name, each with its versions, the newest first. Two queries."""
    versions = FileVersion.objects.select_related("file", "added_by").order_by("-number")
    rows = Attachment.objects.filter(card=card, removed_at__isnull=True)
    shown = Prefetch("versions", versions, to_attr="versions_shown")
    return list(rows.select_related("added_by").prefetch_related(shown))


def _links(card: Card, person: Person) -> tuple[list[CardLink], int]:
    """The links whose other end the reader sees, and how many there are besides. One query."""
    rows = CardLink.objects.filter(card=card).select_related(*LINKED)
    for kind in LINKED:
        seen = MODELS[kind].objects.visible_to(person).filter(pk=OuterRef(kind))
        rows = rows.annotate(**{f"sees_{kind}": Exists(seen)})
    every = list(rows)
    found = [
        one
        for one in every
        if all(
            getattr(one, f"{kind}_id") is None or getattr(one, f"sees_{kind}") for kind in LINKED
        )
    ]
    return found, len(every) - len(found)


def _link_names(
    changes: Iterable[CardChange], links: Iterable[CardLink], person: Person
) -> dict[str, str]:
    """The names of what a history says that the card is or was about. At most one query, and none
    while the links stand."""
    found = {
        f"{kind}:{getattr(one, f'{kind}_id')}": str(getattr(getattr(one, kind), name))
        for one in links
        for kind, name in _NAMED_BY.items()
        if getattr(one, f"{kind}_id") is not None
    }
    missing: dict[str, set[int]] = {}
    for change in changes:
        for side in (change.before, change.after):
            said = str(side.get("link") or "")
            kind, _colon, ref = said.partition(":")
            if kind in MODELS and ref.isdecimal() and said not in found:
                missing.setdefault(kind, set()).add(int(ref))
    rows = [
        MODELS[kind].objects.visible_to(person).filter(pk__in=ids).order_by()
        .values_list(Value(kind), "pk", _NAMED_BY[kind])
        for kind, ids in missing.items()
    ]  # fmt: skip
    if rows:
        first, *others = rows
        every = first.union(*others, all=True) if others else first
        found |= {f"{kind}:{pk}": name for kind, pk, name in every}
    return found


def history_of(card: Card) -> list[CardChange]:
    """What changed, the newest first."""
    rows = CardChange.objects.filter(card=card).select_related("by", "undone_by")
    return list(rows.order_by("-version")[:CHANGES_MAX])


def minutes_of(project: int) -> int:
    """The minutes written down on a project's cards."""
    rows = TimeEntry.objects.filter(card__project=project, removed_at__isnull=True)
    return rows.aggregate(all=Sum("minutes"))["all"] or 0
