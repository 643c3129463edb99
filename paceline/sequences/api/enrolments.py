"""Customers who go through sequences, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.kernel.interface import (
    Asked,
    Page,
    Picked,
    Problem,
    Record,
    answer_one,
    answer_page,
)
from paceline.kernel.interface.problems import unseen
from paceline.org.requests import TokenRequest
from paceline.sequences import access, actions
from paceline.sequences.api.shared import (
    NUMBER,
    Id,
    Sent,
    router,
    sequences_of,
    written,
)
from paceline.sequences.models import (
    RECORDS,
    Enrolment,
    Line,
)


class EnrolmentRecord(Record):
    """That a customer goes, or went, through a sequence."""

    id: int
    sequence: int = Field(0, alias="sequence_id")
    company: int | None = Field(None, alias="company_id")
    contact: int | None = Field(None, alias="contact_id")
    lead: int | None = Field(None, alias="lead_id")
    cause: str
    started_at: datetime
    started_by: str | None = Field(None, description=NUMBER)
    next_step: int | None = Field(None, description=noop("Key of the step that comes next."))
    next_at: datetime | None = None
    ended_at: datetime | None = None
    ended_why: str = ""

    @staticmethod
    def resolve_started_by(row: Enrolment) -> str | None:
        return None if row.started_by is None else row.started_by.number

    @staticmethod
    def resolve_next_step(row: Enrolment) -> int | None:
        return None if row.next_step is None else row.next_step.key


class EnrolmentsAsked(Asked):
    """Whose way is wanted."""

    sequence: Id | None = None
    company: Id | None = None
    contact: Id | None = None
    lead: Id | None = None
    running: bool | None = None


class LineRecord(Record):
    """One line of the trace: what was done, why, by whom, what came of it."""

    id: int
    at: datetime
    what: str
    why: str
    step: int | None = Field(None, description=noop("Key of the step."))
    person: str | None = Field(None, description=NUMBER)
    activity: int | None = Field(None, alias="activity_id")
    mail: int | None = Field(None, alias="mail_id")

    @staticmethod
    def resolve_step(row: Line) -> int | None:
        return None if row.step is None else row.step.key

    @staticmethod
    def resolve_person(row: Line) -> str | None:
        return None if row.person is None else row.person.number


class EnrolmentIn(Sent):
    """Begin a sequence with one customer, of the kind with which it goes."""

    sequence: Id
    record: Id


def _enrolments(request: TokenRequest) -> Any:
    rows = Enrolment.objects.visible_to(request.person)
    return rows.select_related("started_by", "next_step")


@router.get(
    "/enrolments", response=Page[EnrolmentRecord], summary=noop("List who goes through sequences")
)
def list_enrolments(request: TokenRequest, asked: Query[EnrolmentsAsked]) -> HttpResponse:
    wanted = {
        "sequence": asked.sequence, "company": asked.company, "contact": asked.contact,
        "lead": asked.lead, "ended_at__isnull": asked.running,
    }  # fmt: skip
    given = {key: value for key, value in wanted.items() if value is not None}
    return answer_page(request, _enrolments(request).filter(**given), asked, EnrolmentRecord)


@router.post("/enrolments", response=EnrolmentRecord, summary=noop("Begin with a customer"))
def enrol(request: TokenRequest, sent: EnrolmentIn) -> HttpResponse:
    if not access.may_begin_any(request.person):
        raise Problem("forbidden")
    found = sequences_of(request).filter(pk=sent.sequence).first()
    if found is None:
        raise unseen("sequence")
    rows = RECORDS[found.of].objects.visible_to(request.person).kept()
    record = rows.select_related("owner", "team").filter(pk=sent.record).first()
    if record is None:
        raise unseen("record")
    if not access.may_begin(request.person, record):
        raise Problem("forbidden")
    made = written(
        lambda: actions.begin(sequence=found, record=record, by=request.person, at=request.now)
    )
    return answer_one(request, made, EnrolmentRecord)


@router.get("/enrolments/{int:pk}", response=EnrolmentRecord, summary=noop("Read a way"))
def read_enrolment(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    found = get_object_or_404(_enrolments(request), pk=pk)
    return answer_one(request, found, EnrolmentRecord, picked)


@router.get(
    "/enrolments/{int:pk}/trace", response=Page[LineRecord], summary=noop("List what was done")
)
def list_trace(request: TokenRequest, pk: int, asked: Query[Asked]) -> HttpResponse:
    found = get_object_or_404(_enrolments(request), pk=pk)
    rows = Line.objects.filter(enrolment=found).select_related("step", "person")
    return answer_page(request, rows, asked, LineRecord)


@router.post(
    "/enrolments/{int:pk}/end", response=EnrolmentRecord, summary=noop("Stop with a customer")
)
def end_enrolment(request: TokenRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(_enrolments(request).select_related(*RECORDS), pk=pk)
    if not access.may_begin(request.person, found.record):
        raise Problem("forbidden")
    actions.stop(enrolment=found, by=request.person, at=request.now)
    return answer_one(request, get_object_or_404(_enrolments(request), pk=pk), EnrolmentRecord)
