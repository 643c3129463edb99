"""Goals, quotas and entered figures for programs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.goals import access, actions, wording
from paceline.goals.actions.figures import lock_figures
from paceline.goals.actions.quotas import lock_quotas
from paceline.goals.models import (
    CheckIn,
    Confidence,
    Figure,
    FigureKind,
    Goal,
    GoalPeriod,
    Quota,
)
from paceline.goals.queries.goals import goals_for
from paceline.goals.standing import latest_point
from paceline.imports.batch_schemas import RecordIn
from paceline.kernel.interface import (
    Area,
    Asked,
    Page,
    Picked,
    Problem,
    Record,
    answer_one,
    answer_page,
    refuse_stale,
)
from paceline.kernel.interface.problems import invalid
from paceline.kernel.interface.versions import tag_of_version
from paceline.org.models import Person
from paceline.org.requests import TokenRequest

AREA = Area("goals", lazy("Goals, quotas and figures"), writes=True)
router = AREA.router()

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)
REASON = noop("Why; kept in the audit trail. Needed where something is changed.")


class QuotaRecord(Record):
    """What a payee is asked to reach in a range of days. The range ends before its last member."""

    id: int
    payee: str | None = Field(None, description=noop("Employee number."))
    team: str | None = Field(None, description=noop("The code of a team asked as a whole."))
    measure: str
    amount: Decimal
    currency: str
    starts_on: date
    ends_before: date | None = None

    @staticmethod
    def resolve_payee(row: Quota) -> str | None:
        return row.person.number if row.person is not None else None

    @staticmethod
    def resolve_team(row: Quota) -> str | None:
        return row.team.code if row.team is not None else None


class QuotasAsked(Asked):
    """Which of the standing quotas are wanted."""

    payee: str = Field("", max_length=40, description=noop("Employee number."))
    measure: str = Field("", max_length=60)
    on: date | None = Field(None, description=noop("Those that count on this day."))


class QuotaIn(RecordIn):
    """A quota as it shall stand; one that begins on the same day is replaced and kept."""

    payee: str = Field(min_length=1, max_length=40, description=noop("Employee number."))
    measure: str = Field("sales", min_length=1, max_length=60)
    starts_on: date = Field(ge=EARLIEST, lt=LATEST)
    ends_before: date = Field(gt=EARLIEST, le=LATEST)
    amount: Decimal = Field(ge=0, max_digits=20, decimal_places=4)
    currency: str = Field(pattern="^[A-Z]{3}$")
    reason: str = Field("", max_length=1000, description=REASON)


class FigureRecord(Record):
    """What was entered for a payee on a day; a share is a number (58% is 0.58)."""

    id: int
    payee: str = Field("", description=noop("Employee number."))
    figure: str = ""
    unit: str = ""
    on: date
    value: Decimal | None = None

    @staticmethod
    def resolve_payee(row: Figure) -> str:
        return row.person.number

    @staticmethod
    def resolve_figure(row: Figure) -> str:
        return row.kind.name

    @staticmethod
    def resolve_unit(row: Figure) -> str:
        return row.kind.unit


class FiguresAsked(Asked):
    """Which of the standing figures are wanted."""

    payee: str = Field("", max_length=40, description=noop("Employee number."))
    figure: str = Field("", max_length=60, description=noop("The name of its kind."))
    on_from: date | None = Field(None, description=noop("From this day on."))
    on_before: date | None = Field(None, description=noop("Before this day."))


class FigureIn(RecordIn):
    """A figure as it shall stand; no value takes back what was entered."""

    payee: str = Field(min_length=1, max_length=40, description=noop("Employee number."))
    figure: str = Field(min_length=1, max_length=60, description=noop("The name of its kind."))
    on: date = Field(ge=EARLIEST, lt=LATEST)
    value: Decimal | None = Field(max_digits=18, decimal_places=10)
    reason: str = Field("", max_length=1000, description=REASON)


def _payee(number: str) -> Person:
    person = Person.objects.filter(number=number).first()
    if person is None:
        raise invalid("payee", _("Nobody has this employee number."))
    return person


@router.get("/quotas", response=Page[QuotaRecord], summary=noop("List quotas"))
def list_quotas(request: TokenRequest, asked: Query[QuotasAsked]) -> HttpResponse:
    rows = Quota.objects.visible_to(request.person).standing()
    if asked.on is not None:
        rows = rows.on(asked.on)
    wanted = {"person__number": asked.payee, "measure": asked.measure}
    given = {key: value for key, value in wanted.items() if value}
    rows = rows.filter(**given).select_related("person", "team")
    return answer_page(request, rows, asked, QuotaRecord)


@router.get("/quotas/{int:pk}", response=QuotaRecord, summary=noop("Read a quota"))
def read_quota(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    rows = Quota.objects.visible_to(request.person).standing().select_related("person", "team")
    quota = get_object_or_404(rows, pk=pk)
    return answer_one(request, quota, QuotaRecord, picked, version=tag_of_version(quota.pk))


@router.post("/quotas", response=QuotaRecord, summary=noop("Set a quota"))
def set_quota(request: TokenRequest, sent: QuotaIn) -> HttpResponse:
    if not access.may_set_quota(request.person):
        raise Problem("forbidden")
    if sent.ends_before <= sent.starts_on:
        raise invalid("ends_before", _("The end must come after the start."))
    person = _payee(sent.payee)
    with transaction.atomic():
        lock_quotas()
        standing = (
            Quota.objects.standing()
            .filter(person=person, measure=sent.measure, starts_on=sent.starts_on)
            .first()
        )
        refuse_stale(request, standing and standing.pk, exists=standing is not None)
        try:
            quota = actions.set_quota(
                person=person,
                target=actions.Target(
                    sent.measure, sent.starts_on, sent.ends_before, sent.amount, sent.currency
                ),
                reason=sent.reason,
                by=request.person,
                at=request.now,
            )
        except actions.QuotaOverlaps as overlap:
            last = overlap.existing.ends_before
            shown = last - timedelta(days=1) if last else "…"
            detail = _("Another quota stands from %(first)s to %(last)s.")
            values = {"first": overlap.existing.starts_on, "last": shown}
            raise Problem("conflict", detail % values) from None
        except actions.QuotaUnchanged:
            assert standing is not None  # noqa: S101 - it says the same
            quota = standing
    return answer_one(request, quota, QuotaRecord, version=tag_of_version(quota.pk))


@router.get("/figures", response=Page[FigureRecord], summary=noop("List figures"))
def list_figures(request: TokenRequest, asked: Query[FiguresAsked]) -> HttpResponse:
    wanted = {
        "person__number": asked.payee,
        "kind__name": asked.figure,
        "on__gte": asked.on_from,
        "on__lt": asked.on_before,
    }
    given = {key: value for key, value in wanted.items() if value not in (None, "")}
    rows = Figure.objects.visible_to(request.person).standing().filter(**given)
    return answer_page(request, rows.select_related("person", "kind"), asked, FigureRecord)


@router.get("/figures/{int:pk}", response=FigureRecord, summary=noop("Read a figure"))
def read_figure(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    rows = Figure.objects.visible_to(request.person).standing().select_related("person", "kind")
    figure = get_object_or_404(rows, pk=pk)
    return answer_one(request, figure, FigureRecord, picked, version=tag_of_version(figure.pk))


@router.post("/figures", response=FigureRecord, summary=noop("Enter a figure"))
def enter_figure(request: TokenRequest, sent: FigureIn) -> HttpResponse:
    if not access.may_enter_figures(request.person):
        raise Problem("forbidden")
    person = _payee(sent.payee)
    kind = FigureKind.objects.filter(name=sent.figure).first()
    if kind is None:
        raise invalid("figure", _("There is no kind of figure with this name."))
    with transaction.atomic():
        lock_figures()
        rows = Figure.objects.standing().filter(person=person, kind=kind, on=sent.on)
        standing = rows.first()
        refuse_stale(request, standing and standing.pk, exists=standing is not None)
        if standing is None and sent.value is None:
            raise invalid("value", _("There is nothing to take back."))
        try:
            actions.enter_figures(
                entries=[actions.Entry(person, kind, sent.on, sent.value)],
                reason=sent.reason,
                by=request.person,
                at=request.now,
            )
        except actions.ReasonMissing:
            message = _("Say why: it was entered before.")
            raise invalid("reason", message) from None
        figure = rows.get()
    return answer_one(request, figure, FigureRecord, version=tag_of_version(figure.pk))


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
    return answer_one(request, goal, GoalRecord, picked)


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
