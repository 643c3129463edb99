"""When teams and people work, for programs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from zoneinfo import available_timezones

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.crm.actions import FactsInvalid
from paceline.crm.models import scope_of
from paceline.kernel.interface import Picked, Problem, Record, answer_one, refuse_other
from paceline.kernel.interface.days import Day
from paceline.kernel.interface.problems import invalid
from paceline.leads import access, actions, queries
from paceline.leads.api.routing import Sent, router
from paceline.leads.hours import MINUTES, Hours, WeekInvalid
from paceline.leads.models import WorkingWeek
from paceline.org.models import Team
from paceline.org.requests import TokenRequest

Minute = Annotated[int, Field(ge=0, le=MINUTES)]
Span = Annotated[list[Minute], Field(min_length=2, max_length=2)]
Spans = Annotated[list[Span], Field(max_length=12)]


class HoursRecord(Record):
    """A week of seven lists of spans of minutes since midnight, Monday first."""

    id: int
    week: list[list[list[int]]]
    time_zone: str
    closed_on: list[date]
    is_stated: bool = Field(default=False, description=noop("Said so; else the usual hours."))


class HoursIn(Sent):
    """A week, its zone and the days on which nobody works."""

    week: list[Spans] = Field(min_length=7, max_length=7)
    time_zone: str = Field("", max_length=64, description=noop("Without: that of the people."))
    closed_on: list[Day] = Field([], max_length=400)


def _told(pk: int, hours: Hours, *, stated: bool) -> HoursRecord:
    week = [[list(span) for span in day] for day in hours.week]
    return HoursRecord(
        id=pk, week=week, time_zone=str(hours.zone), closed_on=sorted(hours.closed),
        is_stated=stated,
    )  # fmt: skip


def _of_team(request: TokenRequest, team: Team) -> HoursRecord:
    stated = WorkingWeek.objects.filter(team=team).exists()
    return _told(team.pk, queries.hours_of_team(team, request.today), stated=stated)


def _team(request: TokenRequest, pk: int) -> Team:
    scope = scope_of(request.person)
    rows = Team.objects.all() if scope.oversees else Team.objects.filter(pk__in=scope.all_teams)
    if not access.may_read_routing(request.person):
        raise Problem("forbidden")
    return get_object_or_404(rows, pk=pk)


def _mine(request: TokenRequest) -> HoursRecord:
    if not access.may_set_own_hours(request.person):
        raise Problem("forbidden")
    person = request.person
    team = next(iter(scope_of(person).teams), 0)
    hours = queries.hours_of_people([person.pk], team, request.today)[person.pk]
    return _told(person.pk, hours, stated=WorkingWeek.objects.filter(person=person).exists())


def _facts(sent: HoursIn) -> dict[str, Any]:
    if sent.time_zone and sent.time_zone not in available_timezones():
        raise invalid("time_zone", _("Nothing with this name is known here."))
    return sent.model_dump()


def _kept(act: Any) -> None:
    try:
        act()
    except WeekInvalid as problem:
        told = _("The hours must follow one another.")
        raise invalid(f"week.{problem.day}", told) from None
    except FactsInvalid as refused:
        field, texts = next(iter(refused.errors.items()))
        raise invalid(field, str(texts[0])) from None


@router.get(
    "/working-hours/teams/{int:pk}", response=HoursRecord, summary=noop("Read when a team works")
)
def read_team_hours(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_one(request, _of_team(request, _team(request, pk)), HoursRecord, picked)


@router.put(
    "/working-hours/teams/{int:pk}", response=HoursRecord, summary=noop("Say when a team works")
)
def set_team_hours(request: TokenRequest, pk: int, sent: HoursIn) -> HttpResponse:
    team = _team(request, pk)
    if not access.may_arrange(request.person, team):
        raise Problem("forbidden")
    Team.objects.select_for_update().get(pk=pk)
    refuse_other(request, _of_team(request, team), HoursRecord)
    facts = _facts(sent)
    _kept(lambda: actions.set_hours(team=team, **facts, by=request.person, at=request.now))
    return answer_one(request, _of_team(request, team), HoursRecord)


@router.get("/working-hours/mine", response=HoursRecord, summary=noop("Read when you work"))
def read_own_hours(request: TokenRequest, picked: Query[Picked]) -> HttpResponse:
    return answer_one(request, _mine(request), HoursRecord, picked)


@router.put("/working-hours/mine", response=HoursRecord, summary=noop("Say when you work"))
def set_own_hours(request: TokenRequest, sent: HoursIn) -> HttpResponse:
    refuse_other(request, _mine(request), HoursRecord)
    facts = _facts(sent)
    _kept(
        lambda: actions.set_own_hours(
            person=request.person, **facts, by=request.person, at=request.now
        )
    )
    return answer_one(request, _mine(request), HoursRecord)
