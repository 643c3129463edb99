"""Fields of a team's own, tags, and views that are kept, for programs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.crm import access, actions
from paceline.crm.actions.lists import OPTIONS_MAX
from paceline.crm.actions.timeline import TAGS_MAX
from paceline.crm.api.records import Sent, changeable, router, shared_team, written
from paceline.crm.models import CustomField, FieldKind, SavedView, Tag
from paceline.kernel.interface import (
    Asked,
    Page,
    Picked,
    Problem,
    Record,
    answer_one,
    answer_page,
    refuse_other,
)
from paceline.org.requests import TokenRequest, team_with

TEAM = noop("Code of the team.")
Kind = Literal["company", "contact", "lead", "deal"]
Word = Annotated[str, Field(min_length=1, max_length=100)]


class ListsAsked(Asked):
    """Of which list, and of which team."""

    of: Literal["", "company", "contact", "lead", "deal"] = ""
    team: str = Field("", max_length=60, description=TEAM)


def _narrowed(rows: Any, asked: ListsAsked) -> Any:
    wanted = {"of": asked.of, "team__code": asked.team}
    return rows.filter(**{key: value for key, value in wanted.items() if value})


# Fields of a team's own


class FieldRecord(Record):
    """A field that a team added to its records; values stand by its id."""

    id: int
    team: str = Field("", description=TEAM)
    of: str
    label: str
    kind: str
    options: list[str] = []
    is_required: bool
    in_use: bool = True

    @staticmethod
    def resolve_team(row: CustomField) -> str:
        return row.team.code

    @staticmethod
    def resolve_in_use(row: CustomField) -> bool:
        return row.retired_at is None


class FieldFacts(Sent):
    """What a field is called and asks; taken out of use, its values stay."""

    label: str = Field(min_length=1, max_length=60)
    options: list[Word] = Field(
        [], max_length=OPTIONS_MAX, description=noop("Words to choose from.")
    )
    is_required: bool = False
    in_use: bool = True


class FieldIn(FieldFacts):
    """A new field on a team's records."""

    team: str = Field(min_length=1, max_length=60, description=TEAM)
    of: Kind
    kind: Literal[
        "text", "long_text", "number", "money", "day", "yes_no", "choice", "choices", "link"
    ]


def _fields(request: TokenRequest) -> Any:
    return CustomField.objects.visible_to(request.person).select_related("team")


@router.get("/custom-fields", response=Page[FieldRecord], summary=noop("List own fields"))
def list_custom_fields(request: TokenRequest, asked: Query[ListsAsked]) -> HttpResponse:
    return answer_page(request, _narrowed(_fields(request), asked), asked, FieldRecord)


@router.get("/custom-fields/{int:pk}", response=FieldRecord, summary=noop("Read an own field"))
def read_custom_field(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_one(request, get_object_or_404(_fields(request), pk=pk), FieldRecord, picked)


@router.post("/custom-fields", response=FieldRecord, summary=noop("Add an own field"))
def add_custom_field(request: TokenRequest, sent: FieldIn) -> HttpResponse:
    team = team_with(request, sent.team, access.may_arrange)
    made = written(
        lambda: actions.add_custom_field(
            team=team, of=sent.of, label=sent.label, kind=FieldKind(sent.kind),
            options=sent.options, is_required=sent.is_required, by=request.person,
            at=request.now,
        )
    )  # fmt: skip
    return answer_one(request, made, FieldRecord)


@router.put("/custom-fields/{int:pk}", response=FieldRecord, summary=noop("Change an own field"))
def change_custom_field(request: TokenRequest, pk: int, sent: FieldFacts) -> HttpResponse:
    found = get_object_or_404(_fields(request), pk=pk)
    if not access.may_arrange(request.person, found.team):
        raise Problem("forbidden")
    CustomField.objects.select_for_update().get(pk=pk)
    refuse_other(request, get_object_or_404(_fields(request), pk=pk), FieldRecord)
    made = written(
        lambda: actions.change_custom_field(
            field=found, **sent.model_dump(), by=request.person, at=request.now
        )
    )
    return answer_one(request, made, FieldRecord)


# Tags


class TagRecord(Record):
    """A word that a team puts on its records."""

    id: int
    team: str = Field("", description=TEAM)
    name: str

    @staticmethod
    def resolve_team(row: Tag) -> str:
        return row.team.code


class TagsAsked(Asked):
    """Of which team tags are wanted."""

    team: str = Field("", max_length=60, description=TEAM)


class TaggedRecord(Record):
    """The tags of a record."""

    id: int
    tags: list[str] = []


class TagsIn(Sent):
    """Exactly these tags; new words become tags of the record's team."""

    tags: list[Annotated[str, Field(min_length=1, max_length=40)]] = Field(max_length=TAGS_MAX)


@router.get("/tags", response=Page[TagRecord], summary=noop("List tags"))
def list_tags(request: TokenRequest, asked: Query[TagsAsked]) -> HttpResponse:
    rows = Tag.objects.visible_to(request.person).select_related("team")
    rows = rows.filter(team__code=asked.team) if asked.team else rows
    return answer_page(request, rows, asked, TagRecord)


def _set_tags(request: TokenRequest, kind: str, pk: int, sent: TagsIn) -> HttpResponse:
    record = changeable(request, kind, pk)
    tags = written(
        lambda: actions.set_tags(record=record, names=sent.tags, by=request.person, at=request.now)
    )
    return answer_one(request, TaggedRecord(id=pk, tags=tags), TaggedRecord)


@router.put("/companies/{int:pk}/tags", response=TaggedRecord, summary=noop("Tag a company"))
def tag_company(request: TokenRequest, pk: int, sent: TagsIn) -> HttpResponse:
    return _set_tags(request, "company", pk, sent)


@router.put("/contacts/{int:pk}/tags", response=TaggedRecord, summary=noop("Tag a contact"))
def tag_contact(request: TokenRequest, pk: int, sent: TagsIn) -> HttpResponse:
    return _set_tags(request, "contact", pk, sent)


@router.put("/leads/{int:pk}/tags", response=TaggedRecord, summary=noop("Tag a lead"))
def tag_lead(request: TokenRequest, pk: int, sent: TagsIn) -> HttpResponse:
    return _set_tags(request, "lead", pk, sent)


@router.put("/deals/{int:pk}/tags", response=TaggedRecord, summary=noop("Tag a deal"))
def tag_deal(request: TokenRequest, pk: int, sent: TagsIn) -> HttpResponse:
    return _set_tags(request, "deal", pk, sent)


# Views


class ViewRecord(Record):
    """Filters, order and columns of a list, kept under a name."""

    id: int
    of: str
    name: str
    owner: str = Field("", description=noop("Employee number."))
    team: str | None = Field(None, description=noop("Code of the team it is shared with."))
    choices: dict[str, str] = Field({}, description=noop("Parameters of the list's page."))

    @staticmethod
    def resolve_owner(row: SavedView) -> str:
        return row.owner.number

    @staticmethod
    def resolve_team(row: SavedView) -> str | None:
        return None if row.team is None else row.team.code


class ViewIn(Sent):
    """A view; the same name again replaces one's own."""

    of: Kind
    name: str = Field(min_length=1, max_length=60)
    team: str | None = Field(None, max_length=60, description=noop("Code; null: only mine."))
    choices: dict[
        Annotated[str, Field(max_length=60)], Annotated[str, Field(max_length=200)]
    ] = Field(max_length=60)  # fmt: skip


def _views(request: TokenRequest) -> Any:
    return SavedView.objects.visible_to(request.person).select_related("owner", "team")


@router.get("/saved-views", response=Page[ViewRecord], summary=noop("List views"))
def list_saved_views(request: TokenRequest, asked: Query[ListsAsked]) -> HttpResponse:
    return answer_page(request, _narrowed(_views(request), asked), asked, ViewRecord)


@router.get("/saved-views/{int:pk}", response=ViewRecord, summary=noop("Read a view"))
def read_saved_view(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_one(request, get_object_or_404(_views(request), pk=pk), ViewRecord, picked)


@router.post("/saved-views", response=ViewRecord, summary=noop("Keep a view"))
def save_view(request: TokenRequest, sent: ViewIn) -> HttpResponse:
    if not access.may_read_customers(request.person):
        raise Problem("forbidden")
    team = shared_team(request, sent.team)
    made = written(
        lambda: actions.save_view(
            of=sent.of, name=sent.name, choices=sent.choices, team=team, by=request.person,
            at=request.now,
        )
    )  # fmt: skip
    return answer_one(request, made, ViewRecord)


@router.post("/saved-views/{int:pk}/removal", response=ViewRecord, summary=noop("Delete a view"))
def delete_saved_view(request: TokenRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(_views(request), pk=pk)
    if view.owner_id != request.person.pk:
        raise Problem("forbidden")
    refuse_other(request, view, ViewRecord)
    was = ViewRecord.model_validate(view)
    actions.delete_view(view=view, by=request.person, at=request.now)
    return answer_one(request, was, ViewRecord)
