"""Leave of absence, for programs: who is away, and of which kind to whoever may know."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.kernel.interface import (
    Asked,
    Page,
    Problem,
    Record,
    answer_one,
    answer_page,
    refuse_other,
)
from paceline.kernel.interface.days import Day
from paceline.org import access, actions, queries
from paceline.org.api.area import ENDS_BEFORE, NUMBER, Sent, person_of, router, written
from paceline.org.models import Leave, LeaveKind, Person
from paceline.org.requests import TokenRequest


class DaysRecord(Record):
    """Days on which somebody is away."""

    id: int
    person: str = Field("", description=NUMBER)
    kind: str | None = Field(None, description=noop("paid or unpaid; null: not yours to know."))
    starts_on: date
    ends_before: date | None = Field(None, description=ENDS_BEFORE)

    @staticmethod
    def resolve_person(row: Leave) -> str:
        return row.person.number

    @staticmethod
    def resolve_kind(_row: Leave) -> str | None:
        return None


class LeaveRecord(DaysRecord):
    """The same for whoever may know of which kind a leave is."""

    @staticmethod
    def resolve_kind(row: Leave) -> str | None:
        return row.kind


class LeavesAsked(Asked):
    """Which leaves are wanted."""

    person: str = Field("", max_length=40, description=NUMBER)
    on: Day | None = Field(None, description=noop("Those that count on this day."))


class LeaveFacts(Sent):
    """Days and kind of a leave."""

    kind: Literal["paid", "unpaid"]
    starts_on: Day
    ends_before: Day | None = Field(None, description=ENDS_BEFORE)
    reason: str = Field("", max_length=500)


class LeaveIn(LeaveFacts):
    """A new leave."""

    person: str = Field(min_length=1, max_length=40, description=NUMBER)


class ReasonIn(Sent):
    """Why something is taken back."""

    reason: str = Field(min_length=1, max_length=500)


def _record(request: TokenRequest, person: Person | None = None) -> type[DaysRecord]:
    """HR knows every kind, others their own."""
    if person is None:
        knows = access.may_read_every_leave_kind(request.person)
    else:
        knows = access.may_read_leave_kind(request.person, person)
    return LeaveRecord if knows else DaysRecord


@router.get("/leaves", response=Page[DaysRecord], summary=noop("List leaves"))
def list_leaves(request: TokenRequest, asked: Query[LeavesAsked]) -> HttpResponse:
    rows: Any = queries.leaves_for(request.person)
    if asked.person:
        rows = rows.filter(person__number=asked.person)
    if asked.on is not None:
        rows = rows.on(asked.on)
    itself = request.person if asked.person == request.person.number else None
    return answer_page(request, rows, asked, _record(request, itself))


@router.post("/leaves", response=DaysRecord, summary=noop("Enter a leave"))
def enter_leave(request: TokenRequest, sent: LeaveIn) -> HttpResponse:
    if not access.may_enter_leaves(request.person):
        raise Problem("forbidden")
    person = person_of(request, sent.person, "person")
    if not access.may_enter_leaves(request.person, person):
        raise Problem("forbidden")
    made = written(
        lambda: actions.enter_leave(
            person=person,
            kind=LeaveKind(sent.kind),
            starts_on=sent.starts_on,
            ends_before=sent.ends_before,
            reason=sent.reason,
            by=request.person,
            at=request.now,
        )
    )
    return answer_one(request, made, _record(request, person))


def _changeable(request: TokenRequest, pk: int) -> Leave:
    leave: Leave = get_object_or_404(queries.leaves_for(request.person), pk=pk)
    if not access.may_enter_leaves(request.person, leave.person):
        raise Problem("forbidden")
    # Every change of a leave waits for the person's row, so that what is compared still stands.
    Person.objects.select_for_update().get(pk=leave.person_id)
    leave = get_object_or_404(queries.leaves_for(request.person), pk=pk)
    refuse_other(request, leave, _record(request, leave.person))
    return leave


@router.get("/leaves/{int:pk}", response=DaysRecord, summary=noop("Read a leave"))
def read_leave(request: TokenRequest, pk: int) -> HttpResponse:
    leave = get_object_or_404(queries.leaves_for(request.person), pk=pk)
    return answer_one(request, leave, _record(request, leave.person))


@router.put("/leaves/{int:pk}", response=DaysRecord, summary=noop("Change a leave"))
def change_leave(request: TokenRequest, pk: int, sent: LeaveFacts) -> HttpResponse:
    leave = _changeable(request, pk)
    made = written(
        lambda: actions.change_leave(
            leave=leave,
            kind=LeaveKind(sent.kind),
            starts_on=sent.starts_on,
            ends_before=sent.ends_before,
            reason=sent.reason,
            by=request.person,
            at=request.now,
        )
    )
    return answer_one(request, made, _record(request, leave.person))


@router.post("/leaves/{int:pk}/withdrawal", response=DaysRecord, summary=noop("Withdraw a leave"))
def withdraw_leave(request: TokenRequest, pk: int, sent: ReasonIn) -> HttpResponse:
    leave = _changeable(request, pk)
    was = _record(request, leave.person).model_validate(leave)
    actions.withdraw_leave(leave=leave, reason=sent.reason, by=request.person, at=request.now)
    return answer_one(request, was, type(was))
