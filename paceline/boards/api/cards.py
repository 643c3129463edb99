"""Projects, lists and cards, for programs."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import ConfigDict, Field

from paceline.boards import access, actions, wording
from paceline.boards.models import Card, CardField, CardList, Comment, Project
from paceline.kernel.interface import (
    Area,
    Asked,
    Page,
    Picked,
    Problem,
    Record,
    answer_one,
    answer_page,
)
from paceline.kernel.interface.days import Day
from paceline.kernel.interface.own_values import (
    ASKED,
    ASKED_MAX,
    SENT,
    ReadValues,
    SentValues,
    values_sent,
    wanted_values,
)
from paceline.kernel.interface.problems import invalid, unseen
from paceline.kernel.interface.refusals import Refusals
from paceline.kernel.interface.versions import seen_version, tag_of_version
from paceline.org.models import Person
from paceline.org.requests import TokenRequest

AREA = Area("boards", lazy("Projects and cards"), writes=True)
router = AREA.router()
NUMBER = noop("Employee number.")
ID_MAX = 2**63 - 1


class ListRecord(Schema):
    """A list of a project, in the order of the board."""

    id: int
    name: str
    limit: int | None = None
    ends_work: bool = Field(default=False, description=noop("Cards that come here are done."))


class LabelRecord(Schema):
    """A label of a project."""

    id: int
    name: str
    colour: str


class CardFieldRecord(Schema):
    """A field that the project added to its cards; values stand by its id."""

    id: int
    label: str
    kind: str
    options: list[str] = []
    is_required: bool


class ProjectRecord(Record):
    """A project that the token's owner sees."""

    id: int
    version: int
    name: str
    description: str
    team: str | None = Field(None, description=noop("Code of the team."))
    reach: str = Field("", description=noop("members, team or company."))
    time_zone: str
    lists: list[ListRecord] = []
    labels: list[LabelRecord] = []
    custom_fields: list[CardFieldRecord] = []

    @staticmethod
    def resolve_team(row: Project) -> str | None:
        return row.team.code if row.team is not None else None

    @staticmethod
    def resolve_lists(row: Project) -> list[Any]:
        return [one for one in row.lists.all() if one.archived_at is None]

    @staticmethod
    def resolve_labels(row: Project) -> list[Any]:
        return list(row.labels.all())

    @staticmethod
    def resolve_custom_fields(row: Project) -> list[Any]:
        return [one for one in row.fields.all() if one.retired_at is None]


class CardRecord(Record):
    """A card, or a subtask, which has a parent and no list."""

    id: int
    version: int
    project: int = Field(0, alias="project_id")
    list: int | None = Field(None, alias="list_id")
    parent: int | None = Field(None, alias="parent_id")
    title: str
    description: str
    executor: str | None = Field(None, description=NUMBER)
    starts_on: date | None = None
    due_on: date | None = None
    due_time: time | None = Field(None, description=noop("In the time zone of the project."))
    estimate: int | None = Field(None, description=noop("Minutes."))
    done_at: datetime | None = None
    created_at: datetime
    changed_at: datetime
    labels: Any = Field(None, description=noop("Ids of its labels."))
    custom: ReadValues = {}

    @staticmethod
    def resolve_executor(row: Card) -> str | None:
        return row.executor.number if row.executor is not None else None

    @staticmethod
    def resolve_labels(row: Card) -> Any:
        return [one.label_id for one in row.labellings.all()]


class CardsAsked(Asked):
    """Which cards are wanted; archived ones are left out."""

    sort: Literal["id", "-id", "changed_at", "-changed_at"] = "id"
    project: int | None = Field(None, ge=1, le=ID_MAX)
    in_list: int | None = Field(None, ge=1, le=ID_MAX, description=noop("Of this list."))
    executor: str = Field("", max_length=40, description=NUMBER)
    done: bool | None = None
    due_before: Day | None = Field(None, description=noop("Due before this day."))
    custom: str = Field("", max_length=ASKED_MAX, description=ASKED)


class Sent(Schema):
    """What a program sends; a member that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


class CardFacts(Sent):
    """What may be said of a card; what is left out stays as it is, null empties it."""

    title: str | None = Field(None, min_length=1, max_length=300)
    description: str | None = Field(None, max_length=20_000)
    executor: str | None = Field(None, max_length=40, description=NUMBER)
    starts_on: Day | None = None
    due_on: Day | None = None
    due_time: time | None = None
    estimate: int | None = Field(None, ge=1, le=1_000_000)
    custom: SentValues | None = Field(None, description=SENT)


class CardIn(CardFacts):
    """A new card at the end of a list."""

    in_list: int = Field(ge=1, le=ID_MAX)
    title: str = Field(min_length=1, max_length=300)


class PlaceIn(Sent):
    """Where a card goes: below another one of the list, or on top without it."""

    to: int = Field(ge=1, le=ID_MAX, description=noop("Id of the list."))
    after: int | None = Field(None, ge=1, le=ID_MAX, description=noop("Id of the card above."))


class CommentRecord(Record):
    """What somebody said of a card."""

    id: int
    card: int = Field(0, alias="card_id")
    text: str
    at: datetime
    by: str | None = Field(None, description=NUMBER)

    @staticmethod
    def resolve_by(row: Comment) -> str | None:
        return row.by.number if row.by is not None else None


class CommentIn(Sent):
    """What is to be said."""

    text: str = Field(min_length=1, max_length=20_000)


def _projects(request: TokenRequest) -> Any:
    rows = Project.objects.visible_to(request.person).kept().select_related("team")
    return rows.prefetch_related("lists", "labels", "fields")


def cards_of(request: TokenRequest) -> Any:
    rows = Card.objects.visible_to(request.person).kept()
    return rows.select_related("project", "executor", "list").prefetch_related("labellings")


def editable(request: TokenRequest, pk: int) -> Any:
    card = get_object_or_404(cards_of(request), pk=pk)
    if not access.may_edit(request.person, card.project):
        raise Problem("forbidden")
    return card


written = Refusals(
    worded=wording.REFUSALS, word=wording.refusal, faulty=(actions.FactsInvalid,),
    meanwhile=(actions.ChangedMeanwhile,),
).written  # fmt: skip


def _facts(request: TokenRequest, sent: CardFacts, *without: str) -> dict[str, Any]:
    facts = sent.model_dump(exclude_unset=True, exclude={"custom", *without})
    for name in ("title", "description"):
        if name in facts and facts[name] is None:
            facts.pop(name)
    if facts.get("executor") is not None:
        number = facts["executor"]
        facts["executor"] = Person.objects.visible_to(request.person).filter(number=number).first()
        if facts["executor"] is None:
            raise invalid("executor", _("Nobody has this number."))
    return facts


def _own_values(project: int, sent: CardFacts, card: Card | None = None) -> dict[str, Any]:
    """The values of the project's own fields as a fact, where any were sent or are required."""
    if card is not None and not sent.custom:
        return {}
    own = list(CardField.objects.filter(project=project, retired_at__isnull=True))
    values = values_sent(own, sent.custom or {}, None if card is None else card.custom)
    return {"custom": values} if values else {}


def _list_in(project: Any, pk: int, member: str) -> CardList:
    rows = CardList.objects.filter(project__in=project, pk=pk).select_related("project")
    found: CardList | None = rows.filter(archived_at__isnull=True).first()
    if found is None:
        raise unseen(member)
    return found


@router.get("/projects", response=Page[ProjectRecord], summary=noop("List projects"))
def list_projects(request: TokenRequest, asked: Query[Asked]) -> HttpResponse:
    return answer_page(request, _projects(request), asked, ProjectRecord)


@router.get("/projects/{int:pk}", response=ProjectRecord, summary=noop("Read a project"))
def read_project(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    found = get_object_or_404(_projects(request), pk=pk)
    return answer_one(request, found, ProjectRecord, picked)


@router.get("/cards", response=Page[CardRecord], summary=noop("List cards"))
def list_cards(request: TokenRequest, asked: Query[CardsAsked]) -> HttpResponse:
    wanted = {
        "project": asked.project,
        "list": asked.in_list,
        "executor__number": asked.executor,
        "due_on__lt": asked.due_before,
        "done_at__isnull": None if asked.done is None else not asked.done,
    }
    rows = cards_of(request).filter(
        **{key: value for key, value in wanted.items() if value not in (None, "")}
    )
    if asked.custom:
        own = CardField.objects.visible_to(request.person)
        rows = rows.filter(wanted_values(own, asked.custom))
    order = {"id": "pk", "changed_at": "changed_at"}

    def columns() -> dict[str, list[str]]:
        fields = CardField.objects.visible_to(request.person).filter(retired_at__isnull=True)
        fields = fields.filter(project=asked.project) if asked.project else fields
        return {"custom": [one.key for one in fields]}

    return answer_page(request, rows, asked, CardRecord, sort=order, spread=columns)


@router.get("/cards/{int:pk}", response=CardRecord, summary=noop("Read a card"))
def read_card(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    found = get_object_or_404(cards_of(request), pk=pk)
    return answer_one(request, found, CardRecord, picked, version=tag_of_version(found.version))


def _answer_card(request: TokenRequest, pk: int) -> HttpResponse:
    """The card as it stands after a write."""
    found = get_object_or_404(cards_of(request), pk=pk)
    return answer_one(request, found, CardRecord, version=tag_of_version(found.version))


@router.post("/cards", response=CardRecord, summary=noop("Add a card"))
def add_card(request: TokenRequest, sent: CardIn) -> HttpResponse:
    cards = _list_in(_projects(request).values("pk"), sent.in_list, "in_list")
    if not access.may_edit(request.person, cards.project):
        raise Problem("forbidden")
    facts = _facts(request, sent, "in_list") | _own_values(cards.project_id, sent)
    made = written(
        lambda: actions.add_card(cards=cards, facts=facts, by=request.person, at=request.now)
    )
    return _answer_card(request, made.pk)


@router.patch("/cards/{int:pk}", response=CardRecord, summary=noop("Change a card"))
def change_card(request: TokenRequest, pk: int, sent: CardFacts) -> HttpResponse:
    card = editable(request, pk)
    facts = _facts(request, sent) | _own_values(card.project_id, sent, card)
    seen = seen_version(request)
    written(
        lambda: actions.change_card(
            card=card, facts=facts, seen=seen, by=request.person, at=request.now
        )
    )
    return _answer_card(request, pk)


@router.post("/cards/{int:pk}/place", response=CardRecord, summary=noop("Move a card"))
def place_card(request: TokenRequest, pk: int, sent: PlaceIn) -> HttpResponse:
    card = editable(request, pk)
    to = _list_in([card.project_id], sent.to, "to")
    after = Card.objects.filter(list=to, pk=sent.after).first() if sent.after else None
    if sent.after and after is None:
        raise unseen("after")
    written(
        lambda: actions.move_card(card=card, to=to, after=after, by=request.person, at=request.now)
    )
    return _answer_card(request, pk)


@router.get("/cards/{int:pk}/comments", response=Page[CommentRecord], summary=noop("List comments"))
def list_comments(request: TokenRequest, pk: int, asked: Query[Asked]) -> HttpResponse:
    card = get_object_or_404(cards_of(request), pk=pk)
    rows = Comment.objects.filter(card=card, removed_at__isnull=True).select_related("by")
    return answer_page(request, rows, asked, CommentRecord)


@router.post("/cards/{int:pk}/comments", response=CommentRecord, summary=noop("Write a comment"))
def add_comment(request: TokenRequest, pk: int, sent: CommentIn) -> HttpResponse:
    card = get_object_or_404(cards_of(request), pk=pk)
    if not access.may_comment(request.person, card.project):
        raise Problem("forbidden")
    made = written(
        lambda: actions.add_comment(card=card, text=sent.text, by=request.person, at=request.now)
    )
    return answer_one(request, made, CommentRecord)
