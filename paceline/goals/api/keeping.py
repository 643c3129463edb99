"""Proposing goals, changing them and agreeing to them, for programs; and keeping periods."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from pydantic import Field

from paceline.goals import access, actions, measures, wording
from paceline.goals.api.area import EARLIEST, LATEST, router
from paceline.goals.api.goals import GoalRecord, PeriodRecord
from paceline.goals.models import Direction, Goal, GoalPeriod, Level, Unit
from paceline.goals.models.goals import TYPED
from paceline.goals.queries.goals import goals_for
from paceline.imports.batch_schemas import RecordIn
from paceline.kernel.interface import Problem, answer_one
from paceline.kernel.interface.currencies import CurrencyOrEmpty
from paceline.kernel.interface.problems import invalid, unseen
from paceline.kernel.interface.refusals import Refusals
from paceline.kernel.interface.versions import refuse_stale, seen_version, tag_of_version
from paceline.org.models import Person, Team
from paceline.org.requests import TokenRequest

NUMBER = noop("Employee number.")
ID_MAX = 2**63 - 1


class PeriodIn(RecordIn):
    """A new period of goals."""

    name: str = Field(min_length=1, max_length=60)
    starts_on: date = Field(ge=EARLIEST, lt=LATEST)
    ends_before: date = Field(ge=EARLIEST, lt=LATEST)


class GoalFacts(RecordIn):
    """What may be changed of a goal; what is left out stays as it is."""

    name: str | None = Field(None, min_length=1, max_length=160)
    why: str | None = Field(None, max_length=5000)
    start_value: Decimal | None = Field(None, max_digits=20, decimal_places=4)
    target: Decimal | None = Field(None, max_digits=20, decimal_places=4)
    weight: Decimal | None = Field(None, ge=0, le=100, max_digits=5, decimal_places=2)
    reason: str = Field("", max_length=1000, description=noop("Needed once somebody agreed."))


class GoalIn(RecordIn):
    """A goal as it is proposed; it counts once both sides agreed to it."""

    period: int = Field(ge=1, le=ID_MAX)
    level: Literal["company", "team", "person"]
    name: str = Field(min_length=1, max_length=160)
    why: str = Field("", max_length=5000)
    owner: str = Field("", max_length=40, description=NUMBER)
    team: str = Field("", max_length=60, description=noop("Code of the team."))
    parent: int | None = Field(None, ge=1, le=ID_MAX, description=noop("The goal it serves."))
    measure: str = Field(TYPED, max_length=40)
    unit: Literal["money", "quantity", "percent"] = "quantity"
    currency: CurrencyOrEmpty = ""
    start_value: Decimal = Field(Decimal(0), max_digits=20, decimal_places=4)
    target: Decimal = Field(max_digits=20, decimal_places=4)
    direction: Literal["up", "down"] = "up"
    weight: Decimal = Field(Decimal(0), ge=0, le=100, max_digits=5, decimal_places=2)


class AgreementIn(RecordIn):
    """What is agreed to: the ``terms`` of the goal as it was read."""

    terms: int = Field(ge=1, le=2**31 - 1)


class ClosingIn(RecordIn):
    """How a goal ended: with a value, or given up for a reason."""

    value: Decimal | None = Field(None, max_digits=20, decimal_places=4)
    went_well: str = Field("", max_length=5000)
    to_change: str = Field("", max_length=5000, description=noop("Given up: why."))
    is_dropped: bool = False


class GoalPlaceIn(RecordIn):
    """Where a goal hangs: below another one, right after a sibling or as the first."""

    parent: int | None = Field(None, ge=1, le=ID_MAX, description=noop("null: below none."))
    after: int | None = Field(None, ge=1, le=ID_MAX)


_written = Refusals(
    worded=wording.REFUSALS, word=wording.refusal, members={actions.ReasonMissing: "reason"},
    faulty=(actions.GoalInvalid,), meanwhile=(actions.ChangedMeanwhile,),
).written  # fmt: skip


def _answer(request: TokenRequest, pk: int) -> HttpResponse:
    goal = get_object_or_404(goals_for(request.person), pk=pk)
    return answer_one(request, goal, GoalRecord, version=tag_of_version(goal.version))


def _person(request: TokenRequest, number: str) -> Person | None:
    if not number:
        return None
    people = Person.objects.visible_to(request.person).employed_on(request.today)
    found: Person | None = people.filter(number=number).first()
    if found is None:
        raise invalid("owner", _("Nobody has this number."))
    return found


def _team(code: str) -> Team | None:
    if not code:
        return None
    found = Team.objects.filter(code=code).first()
    if found is None:
        raise invalid("team", _("No team has this code."))
    return found


@router.post("/goal-periods", response=PeriodRecord, summary=noop("Add a period of goals"))
def add_goal_period(request: TokenRequest, sent: PeriodIn) -> HttpResponse:
    if not access.may_keep_periods(request.person):
        raise Problem("forbidden")
    facts = actions.PeriodFacts(sent.name, sent.starts_on, sent.ends_before)
    made = _written(lambda: actions.add_period(facts=facts, by=request.person, at=request.now))
    return answer_one(request, made, PeriodRecord)


@router.post("/goals", response=GoalRecord, summary=noop("Propose a goal"))
def propose_goal(request: TokenRequest, sent: GoalIn) -> HttpResponse:
    owner, team = _person(request, sent.owner), _team(sent.team)
    pks = (None if team is None else team.pk, None if owner is None else owner.pk)
    if not access.may_propose(request.person, sent.level, *pks):
        raise Problem("forbidden")
    period = GoalPeriod.objects.filter(pk=sent.period).first()
    if period is None:
        raise unseen("period")
    parent = None
    if sent.parent is not None:
        parent = Goal.objects.visible_to(request.person).filter(pk=sent.parent).first()
        if parent is None:
            raise unseen("parent")
    offered = {one.key for one in measures.offered(request.person)}
    if sent.measure != TYPED and sent.measure not in offered:
        raise invalid("measure", _("You measure no goal by this."))
    proposal = _written(
        lambda: actions.Proposal(
            period=period,
            name=sent.name,
            why=sent.why,
            level=Level(sent.level),
            owner=owner,
            team=team,
            parent=parent,
            weight=sent.weight,
            measured=actions.Measured(
                sent.start_value,
                sent.target,
                Direction(sent.direction),
                sent.measure,
                Unit(sent.unit),
                sent.currency,
            ),
        )
    )
    made = _written(
        lambda: actions.propose_goal(proposal=proposal, by=request.person, at=request.now)
    )
    return _answer(request, made.pk)


@router.patch("/goals/{int:pk}", response=GoalRecord, summary=noop("Change a goal"))
def change_goal(request: TokenRequest, pk: int, sent: GoalFacts) -> HttpResponse:
    goal = get_object_or_404(goals_for(request.person), pk=pk)
    if not access.may_change(request.person, goal):
        raise Problem("forbidden")
    facts = sent.model_dump(exclude_unset=True, exclude={"reason"})
    given = {key: value for key, value in facts.items() if value is not None}
    seen = seen_version(request)
    _written(
        lambda: actions.change_goal(
            goal=goal, facts=given, seen=seen, reason=sent.reason,
            by=request.person, at=request.now,
        )
    )  # fmt: skip
    return _answer(request, pk)


def _changeable(request: TokenRequest, pk: int) -> Goal:
    """A goal that the caller changes, as they read it."""
    goal: Goal = get_object_or_404(goals_for(request.person), pk=pk)
    if not access.may_change(request.person, goal):
        raise Problem("forbidden")
    Goal.objects.select_for_update(of=("self",)).get(pk=pk)
    goal = get_object_or_404(goals_for(request.person), pk=pk)
    refuse_stale(request, goal.version)
    return goal


@router.post("/goals/{int:pk}/closing", response=GoalRecord, summary=noop("Close a goal"))
def close_goal(request: TokenRequest, pk: int, sent: ClosingIn) -> HttpResponse:
    """It changes no more; given up it needs a reason in ``to_change``."""
    goal = _changeable(request, pk)
    facts = sent.model_dump()
    _written(lambda: actions.close_goal(goal=goal, **facts, by=request.person, at=request.now))
    return _answer(request, pk)


@router.put("/goals/{int:pk}/place", response=GoalRecord, summary=noop("Move a goal"))
def move_goal(request: TokenRequest, pk: int, sent: GoalPlaceIn) -> HttpResponse:
    """Nothing of what was agreed changes by it."""
    goal = _changeable(request, pk)
    parent = None if sent.parent is None else _visible(request, sent.parent, "parent")
    after = None if sent.after is None else _visible(request, sent.after, "after")
    if parent is not None and parent.period_id != goal.period_id:
        raise unseen("parent")
    _written(
        lambda: actions.move_goal(
            goal=goal, parent=parent, after=after, by=request.person, at=request.now
        )
    )
    return _answer(request, pk)


def _visible(request: TokenRequest, pk: int, member: str) -> Goal:
    found: Goal | None = Goal.objects.visible_to(request.person).filter(pk=pk).first()
    if found is None:
        raise unseen(member)
    return found


@router.post("/goals/{int:pk}/agreement", response=GoalRecord, summary=noop("Agree to a goal"))
def agree_goal(request: TokenRequest, pk: int, sent: AgreementIn) -> HttpResponse:
    goal = get_object_or_404(goals_for(request.person), pk=pk)
    side = access.side_of(request.person, goal)
    if side is None:
        raise Problem("forbidden")
    _written(
        lambda: actions.agree(
            goal=goal, side=side, terms=sent.terms, by=request.person, at=request.now
        )
    )
    return _answer(request, pk)
