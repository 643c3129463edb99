"""People, teams and positions for programs; and who the token's owner is."""

from __future__ import annotations

from datetime import date
from typing import Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.kernel.interface import Asked, Page, Picked, Record, answer_one, answer_page
from paceline.kernel.interface.areas import Token
from paceline.org import queries
from paceline.org.api.area import router
from paceline.org.models import Position, Team
from paceline.org.requests import TokenRequest


class Me(Record):
    """Who the token's owner is, and how far the token reaches."""

    id: int
    number: str
    name: str
    latin_name: str
    roles: list[str]
    today: date
    time_zone: str
    scopes: list[str]


class PersonRecord(Record):
    """A colleague, as everyone may know them, on the caller's today."""

    id: int
    number: str
    name: str
    latin_name: str
    email: str
    is_here: bool
    position: str | None = Field(None, alias="position_title")
    team: str | None = Field(None, alias="team_name")
    manager: str | None = Field(None, alias="manager_name")


class TeamRecord(Record):
    """A team and the one above it."""

    id: int
    code: str
    name: str
    parent_id: int | None = None


class PositionRecord(Record):
    """A kind of seat that plans follow."""

    id: int
    code: str
    title: str
    level: str
    job_family: str


class PeopleAsked(Asked):
    """Which people are wanted."""

    number: str = Field("", max_length=40, description=noop("Exactly this employee number."))
    email: str = Field("", max_length=254, description=noop("Exactly this address, in any case."))
    team: str = Field("", max_length=60, description=noop("Members of the team with this code."))
    is_here: bool | None = Field(None, description=noop("Whether they work here today."))


class TeamsAsked(Asked):
    """Which teams are wanted."""

    code: str = Field("", max_length=60, description=noop("Exactly this code."))
    parent: int | None = Field(
        None, ge=1, le=2**63 - 1, description=noop("Teams right below this one.")
    )


class PositionsAsked(Asked):
    """Which positions are wanted."""

    code: str = Field("", max_length=60, description=noop("Exactly this code."))
    sort: Literal["id", "-id", "code", "-code"] = "id"


@router.get("/me", auth=Token(), response=Me, summary=noop("Who the token acts for"))
def read_me(request: TokenRequest, picked: Query[Picked]) -> HttpResponse:
    person = request.person
    user = person.user
    assert user is not None  # noqa: S101 - the token is theirs
    me = Me(
        id=person.pk,
        number=person.number,
        name=person.name,
        latin_name=person.latin_name,
        roles=sorted(person.roles),
        today=request.today,
        time_zone=user.time_zone,
        scopes=sorted(request.scopes),
    )
    return answer_one(request, me, Me, picked)


@router.get("/people", response=Page[PersonRecord], summary=noop("List people"))
def list_people(request: TokenRequest, asked: Query[PeopleAsked]) -> HttpResponse:
    rows = queries.directory(request.person, request.today)
    if asked.number:
        rows = rows.filter(number=asked.number)
    if asked.email:
        rows = rows.filter(email__iexact=asked.email)
    if asked.team:
        team = Team.objects.filter(code=asked.team)
        rows = rows.filter(pk__in=queries.members(team, request.today).values("pk"))
    if asked.is_here is not None:
        rows = rows.filter(is_here=asked.is_here)
    return answer_page(request, rows, asked, PersonRecord)


@router.get("/people/{int:pk}", response=PersonRecord, summary=noop("Read a person"))
def read_person(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    person = get_object_or_404(queries.directory(request.person, request.today), pk=pk)
    return answer_one(request, person, PersonRecord, picked)


@router.get("/teams", response=Page[TeamRecord], summary=noop("List teams"))
def list_teams(request: TokenRequest, asked: Query[TeamsAsked]) -> HttpResponse:
    rows = Team.objects.all()
    if asked.code:
        rows = rows.filter(code=asked.code)
    if asked.parent is not None:
        rows = rows.filter(parent=asked.parent)
    return answer_page(request, rows, asked, TeamRecord)


@router.get("/teams/{int:pk}", response=TeamRecord, summary=noop("Read a team"))
def read_team(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_one(request, get_object_or_404(Team, pk=pk), TeamRecord, picked)


@router.get("/positions", response=Page[PositionRecord], summary=noop("List positions"))
def list_positions(request: TokenRequest, asked: Query[PositionsAsked]) -> HttpResponse:
    rows = Position.objects.all()
    if asked.code:
        rows = rows.filter(code=asked.code)
    return answer_page(request, rows, asked, PositionRecord, sort={"code": "code"})
