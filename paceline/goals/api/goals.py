"""Goals and how they go, for programs: read through the owner of the token, and checked in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.goals import access, actions, wording
from paceline.goals.api.area import EARLIEST, LATEST, router
from paceline.goals.models import CheckIn, Confidence, Goal, GoalPeriod
from paceline.goals.queries.goals import goals_for
from paceline.goals.standing import latest_point
from paceline.imports.batch_schemas import RecordIn
from paceline.kernel.interface import (
    Asked,
    Page,
    Picked,
    Problem,
    Record,
    answer_one,
    answer_page,
)
from paceline.kernel.interface.problems import invalid
from paceline.kernel.interface.versions import tag_of_version
from paceline.org.requests import TokenRequest


class PeriodRecord(Record):
    """A period of goals. It ends before its last member."""

    id: int
    name: str
    starts_on: date
    ends_before: date | None = None
    cadence: str = Field("", description=noop("How often one checks in."))


class GoalRecord(Record):
    """A goal of the company, a team or a person; percentages are numbers (58% is 0.58)."""

    id: int
    period: int = Field(0, description=noop("The id of its period."))
    level: str
    name: str
    owner: str | None = Field(None, description=noop("Employee number."))
    team: str | None = Field(None, description=noop("The code of its team."))
    parent: int | None = Field(None, description=noop("The goal that it serves."))
    measure: str = Field("", description=noop("What it is measured by; typed at check-ins."))
    unit: str = ""
    currency: str = ""
    start_value: Decimal
    target: Decimal
    direction: str = Field("", description=noop("Which side of the target is good."))
    weight: Decimal
    is_agreed: bool = Field(
        default=False, description=noop("Both sides agreed to it as it stands.")
    )
    is_closed: bool = False
    version: int = 1
    terms: int = Field(0, description=noop("The number of what is agreed to."))
    why: str = ""
    value: Decimal | None = Field(None, description=noop("What is known last of how it stands."))
    value_on: date | None = None

    @staticmethod
    def resolve_period(row: Goal) -> int:
        return row.period_id

    @staticmethod
    def resolve_owner(row: Goal) -> str | None:
        return row.owner.number if row.owner is not None else None

    @staticmethod
    def resolve_team(row: Goal) -> str | None:
        return row.team.code if row.team is not None else None

    @staticmethod
    def resolve_parent(row: Goal) -> int | None:
        return row.parent_id

    @staticmethod
    def resolve_is_agreed(row: Any) -> bool:
        return bool(row.owner_agreed and row.lead_agreed)

    @staticmethod
    def resolve_is_closed(row: Goal) -> bool:
        return row.closed_at is not None

    @staticmethod
    def resolve_value(row: Goal) -> Decimal | None:
        points = latest_point(row)
        return points[-1].value if points else None

    @staticmethod
    def resolve_value_on(row: Goal) -> date | None:
        points = latest_point(row)
        return points[-1].on if points else None


class GoalsAsked(Asked):
    """Which goals are wanted."""

    period: int | None = Field(None, ge=1, description=noop("The id of a period."))
    level: Literal["", "company", "team", "person"] = ""
    owner: str = Field("", max_length=40, description=noop("Employee number."))
    parent: int | None = Field(None, ge=1, description=noop("Those that serve this goal."))


class CheckInRecord(Record):
    """Where a goal stood on a day, as somebody said it."""

    id: int
    goal: int = 0
    on: date
    value: Decimal
    measured: Decimal | None = Field(None, description=noop("What its measure said then."))
    confidence: str = ""
    note: str = ""
    blockers: str = ""

    @staticmethod
    def resolve_goal(row: CheckIn) -> int:
        return row.goal_id

    @staticmethod
    def resolve_measured(row: CheckIn) -> Decimal | None:
        measured: Decimal | None = row.source_value
        return measured


class CheckInIn(RecordIn):
    """A check-in of today or of an earlier day of the period."""

    on: date = Field(ge=EARLIEST, lt=LATEST)
    value: Decimal = Field(max_digits=20, decimal_places=4)
    confidence: Literal["high", "medium", "low"] = "high"
    note: str = Field("", max_length=5000)
    blockers: str = Field("", max_length=5000, description=noop("What stands in the way."))


@router.get("/goal-periods", response=Page[PeriodRecord], summary=noop("List periods of goals"))
def list_goal_periods(request: TokenRequest, asked: Query[Asked]) -> HttpResponse:
    return answer_page(request, GoalPeriod.objects.all(), asked, PeriodRecord)


@router.get("/goals", response=Page[GoalRecord], summary=noop("List goals"))
def list_goals(request: TokenRequest, asked: Query[GoalsAsked]) -> HttpResponse:
    wanted = {
        "period": asked.period,
        "level": asked.level,
        "owner__number": asked.owner,
        "parent": asked.parent,
    }
    given = {key: value for key, value in wanted.items() if value not in (None, "")}
    return answer_page(request, goals_for(request.person).filter(**given), asked, GoalRecord)


@router.get("/goals/{int:pk}", response=GoalRecord, summary=noop("Read a goal"))
def read_goal(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    goal = get_object_or_404(goals_for(request.person), pk=pk)
    return answer_one(request, goal, GoalRecord, picked, version=tag_of_version(goal.version))


@router.get(
    "/goals/{int:pk}/check-ins", response=Page[CheckInRecord], summary=noop("List check-ins")
)
def list_check_ins(request: TokenRequest, pk: int, asked: Query[Asked]) -> HttpResponse:
    goal = get_object_or_404(Goal.objects.visible_to(request.person), pk=pk)
    return answer_page(request, CheckIn.objects.filter(goal=goal), asked, CheckInRecord)


@router.post("/goals/{int:pk}/check-ins", response=CheckInRecord, summary=noop("Check in"))
def check_in(request: TokenRequest, pk: int, sent: CheckInIn) -> HttpResponse:
    goal = get_object_or_404(Goal.objects.visible_to(request.person), pk=pk)
    if not access.may_check_in(request.person, goal):
        raise Problem("forbidden")
    said = actions.Said(sent.on, sent.value, Confidence(sent.confidence), sent.note, sent.blockers)
    try:
        row = actions.check_in(
            goal=goal, said=said, today=request.today, by=request.person, at=request.now
        )
    except actions.OutsideThePeriod as problem:
        raise invalid("on", wording.refusal(problem)) from None
    except actions.GoalIsClosed as problem:
        raise Problem("conflict", wording.refusal(problem)) from None
    return answer_one(request, row, CheckInRecord)
