"""All that the page of one card shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, QuerySet, Sum, Value
from django.db.models.functions import JSONObject
from django.db.models.lookups import IsNull

from paceline.boards.models import (
    LINKED,
    Attachment,
    Card,
    CardChange,
    CardField,
    CardLink,
    CardList,
    Checklist,
    ChecklistItem,
    Comment,
    Dependency,
    Label,
    Labelling,
    Participant,
    TimeEntry,
)
from paceline.boards.queries.cards import faced
from paceline.boards.queries.projects import people_about, right_of_member
from paceline.crm.models import Company, Contact, Deal
from paceline.goals.models import Goal
from paceline.org.models import Person

COMMENTS_MAX = 100
CHANGES_MAX = 100
MODELS: dict[str, Any] = {"company": Company, "contact": Contact, "deal": Deal, "goal": Goal}
_NAMED_BY = {"company": "name", "contact": "name", "deal": "title", "goal": "name"}


@dataclass(frozen=True, slots=True)
class CheckedItem:
    pk: int
    text: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class CheckedList:
    """A checklist with its items."""

    pk: int
    name: str
    items: list[CheckedItem]


@dataclass(frozen=True, slots=True)
class Beside:
    """Another card for which one waits, or which waits for it: ``pk`` is the dependency's."""

    pk: int
    card: int
    title: str
    is_done: bool
    is_archived: bool


@dataclass(frozen=True, slots=True)
class KeptVersion:
    pk: int
    number: int
    size: int
    added_at: datetime
    added_by: str


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file, or an address, with the versions of the file, the newest first."""

    pk: int
    name: str
    url: str
    versions: list[KeptVersion] = field(default_factory=list)


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
    waits_for: list[Beside]
    holds_up: list[Beside]
    comments: list[Comment]
    files: list[KeptFile]
    links: list[CardLink]
    hidden_links: int
    times: list[TimeEntry]
    changes: list[CardChange] = field(default_factory=list)
    link_names: dict[str, str] = field(default_factory=dict)

    @property
    def minutes(self) -> int:
        return sum(one.minutes for one in self.times)


def detailed(rows: QuerySet[Any], person: Person, on: date) -> QuerySet[Any]:
    """Cards with what their page shows of themselves and of their project, and the person's right
    as a member: one query instead of one for each."""
    labels = Labelling.objects.filter(card=OuterRef("pk")).order_by("id").values("label_id")
    takes_part = Participant.objects.filter(card=OuterRef("pk")).order_by("id").values("person_id")
    works = Person.objects.employed_on(on).filter(pk=OuterRef("executor_id")).order_by()
    found: QuerySet[Any] = rows.annotate(
        label_ids=ArraySubquery(labels),
        participant_ids=ArraySubquery(takes_part),
        executor_works=Exists(works),
        own_right=right_of_member(person, "project"),
        label_rows=_rows(Label.objects.order_by("name", "id"), "project", "pk name colour"),
        list_rows=_rows(CardList.objects.order_by("id"), "project", "pk name"),
        field_rows=_rows(CardField.objects.order_by("rank", "id"), "project", "pk label kind"),
        checklist_rows=_checklist_rows(),
        waits_for_rows=_beside("card", "on"),
        holds_up_rows=_beside("on", "card"),
    )
    return found


def _rows(rows: QuerySet[Any], of: str, names: str, **more: Any) -> ArraySubquery:
    """What belongs to a card or its project, as an annotation of the card."""
    whose = OuterRef("project") if of == "project" else OuterRef("pk")
    row = JSONObject(**{name: name for name in names.split()}, **more)
    return ArraySubquery(rows.filter(**{of: whose}).values(row=row))


def _is_set(name: str) -> IsNull:
    return IsNull(F(name), False)  # noqa: FBT003 - as a lookup is written


def _checklist_rows() -> ArraySubquery:
    items = ChecklistItem.objects.filter(checklist=OuterRef("pk")).order_by("rank", "id")
    row = JSONObject(pk="pk", text="text", is_done=_is_set("done_at"))
    lists = Checklist.objects.order_by("rank", "id")
    return _rows(lists, "card", "pk name", items=ArraySubquery(items.values(row=row)))


def _beside(here: str, there: str) -> ArraySubquery:
    """The cards at the other end of dependencies."""
    return _rows(
        Dependency.objects.order_by("id"),
        here,
        "pk",
        card=f"{there}_id",
        title=f"{there}__title",
        is_done=_is_set(f"{there}__done_at"),
        is_archived=_is_set(f"{there}__archived_at"),
    )


def card_page(card: Any, person: Person, on: date) -> CardPage:
    """Seven or eight queries, whatever hangs on the card. It was read by ``detailed``."""
    links, hidden = _links(card, person)
    changes = history_of(card)
    named = {*card.participant_ids, *_people_in(changes)}
    people = {one.pk: one for one in people_about(card.project, on, named)}
    return CardPage(
        people=people,
        participants=[people[one] for one in card.participant_ids if one in people],
        checklists=[
            CheckedList(one["pk"], one["name"], [CheckedItem(**item) for item in one["items"]])
            for one in card.checklist_rows
        ],
        parts=list(faced(Card.objects.kept().filter(parent=card), on).order_by("rank", "pk")),
        waits_for=[Beside(**one) for one in card.waits_for_rows],
        holds_up=[Beside(**one) for one in card.holds_up_rows],
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


def _files(card: Card) -> list[KeptFile]:
    """The files by name, each with its versions, the newest first. One query."""
    rows = Attachment.objects.filter(card=card, removed_at__isnull=True)
    versions = ("pk", "number", "file__size", "added_at", "added_by__name")
    found: dict[int, KeptFile] = {}
    for pk, name, url, *version in rows.order_by("name", "id", "-versions__number").values_list(
        "pk", "name", "url", *(f"versions__{one}" for one in versions)
    ):
        one = found.setdefault(pk, KeptFile(pk, name, url))
        if version[0] is not None:
            one.versions.append(KeptVersion(*version))
    return list(found.values())


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
