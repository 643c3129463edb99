"""Deals, and what was said and is to be done, for programs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import Field

from paceline.crm import access, actions
from paceline.crm.api.records import (
    ID_MAX,
    NUMBER,
    ORDER,
    OWNER,
    CustomerRecord,
    FactsIn,
    RecordsAsked,
    Sent,
    asked_rows,
    change_record,
    facts_of,
    owner_of,
    router,
    rows_of,
    written,
)
from paceline.crm.models import Activity, ActivityKind, Deal, Pipeline, Stage, scope_of
from paceline.kernel.interface import Asked, Page, Picked, Problem, Record, answer_one, answer_page
from paceline.kernel.interface.problems import invalid
from paceline.kernel.interface.versions import tag_of_version
from paceline.org.requests import TokenRequest

# Deals


class ShareRecord(Schema):
    """A person's share of a deal."""

    payee: str = Field("", description=NUMBER)
    kind: str
    share: Decimal

    @staticmethod
    def resolve_payee(row: Any) -> str:
        return str(row.person.number)


class DealRecord(CustomerRecord):
    """Something that may be sold, on its way through a pipeline."""

    title: str
    pipeline: int = Field(0, alias="pipeline_id")
    stage: str = ""
    stage_kind: str = Field("", description=noop("open, won or lost."))
    company: int | None = Field(None, alias="company_id")
    contact: int | None = Field(None, alias="contact_id")
    amount: Decimal | None = None
    currency: str
    expected_close_on: date | None = None
    closed_on: date | None = None
    entered_at: datetime
    next_step: str
    next_step_on: date | None = None
    shares: list[ShareRecord] = []

    @staticmethod
    def resolve_stage(row: Deal) -> str:
        return row.stage.name

    @staticmethod
    def resolve_stage_kind(row: Deal) -> str:
        return row.stage.kind

    @staticmethod
    def resolve_shares(row: Deal) -> list[Any]:
        return list(row.contributors.all())


class SoldRecord(DealRecord):
    """A deal as the pay desk reads it: what explains pay, not what is planned with the customer."""

    @staticmethod
    def resolve_next_step(_row: Deal) -> str:
        return ""

    @staticmethod
    def resolve_next_step_on(_row: Deal) -> None:
        return None


class DealFacts(FactsIn):
    """What may be said of a deal; its stage, products and shares are arranged in the browser."""

    title: str | None = Field(None, min_length=1, max_length=200)
    company: int | None = Field(None, ge=1, le=ID_MAX)
    contact: int | None = Field(None, ge=1, le=ID_MAX)
    amount: Decimal | None = Field(None, ge=0, max_digits=20, decimal_places=4)
    currency: str | None = Field(None, pattern="^[A-Z]{3}$")
    expected_close_on: date | None = None
    next_step: str | None = Field(None, max_length=200)
    next_step_on: date | None = None
    points: None = Field(None, exclude=True)


class DealIn(DealFacts):
    """A new deal on top of its column; whoever owns it has the whole of it."""

    pipeline: int = Field(ge=1, le=ID_MAX)
    stage: int | None = Field(None, ge=1, le=ID_MAX)
    owner: str = Field("", max_length=40, description=OWNER)
    title: str = Field(min_length=1, max_length=200)


class DealsAsked(RecordsAsked):
    """Which deals are wanted."""

    pipeline: int | None = Field(None, ge=1, le=ID_MAX)
    stage_kind: Literal["", "open", "won", "lost"] = ""
    company: int | None = Field(None, ge=1, le=ID_MAX, description=noop("Of this company."))
    closed_from: date | None = Field(None, description=noop("Closed on or after this day."))


def _deal_record(request: TokenRequest) -> type[DealRecord]:
    return DealRecord if access.may_read_talk(request.person) else SoldRecord


def _deals(rows: Any) -> Any:
    return rows.select_related("team", "owner", "stage").prefetch_related("contributors__person")


@router.get("/deals", response=Page[DealRecord], summary=noop("List deals"))
def list_deals(request: TokenRequest, asked: Query[DealsAsked]) -> HttpResponse:
    wanted = {
        "pipeline": asked.pipeline,
        "stage__kind": asked.stage_kind,
        "company": asked.company,
        "closed_on__gte": asked.closed_from,
    }
    given = {key: value for key, value in wanted.items() if value not in (None, "")}
    rows = _deals(asked_rows(request, "deal", asked).filter(**given))
    return answer_page(request, rows, asked, _deal_record(request), sort=ORDER)


@router.get("/deals/{int:pk}", response=DealRecord, summary=noop("Read a deal"))
def read_deal(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    found = get_object_or_404(_deals(rows_of(request, "deal")), pk=pk)
    tag = tag_of_version(found.version)
    return answer_one(request, found, _deal_record(request), picked, version=tag)


@router.post("/deals", response=DealRecord, summary=noop("Add a deal"))
def add_deal(request: TokenRequest, sent: DealIn) -> HttpResponse:
    if not access.may_add(request.person):
        raise Problem("forbidden")
    pipelines = Pipeline.objects.visible_to(request.person).filter(retired_at__isnull=True)
    pipeline = pipelines.filter(pk=sent.pipeline).first()
    if pipeline is None or pipeline.team_id not in scope_of(request.person).all_teams:
        raise invalid("pipeline", _("You add records for your own teams only."))
    stage = None
    if sent.stage is not None:
        stage = Stage.objects.filter(pk=sent.stage, pipeline=pipeline).first()
        if stage is None:
            raise invalid("stage", _("The pipeline has no such stage."))
    owner = owner_of(request, sent.owner)
    facts = facts_of(request, sent, "pipeline", "stage")
    try:
        made = written(
            lambda: actions.add_deal(
                pipeline=pipeline, stage=stage, facts=facts, owner=owner,
                by=request.person, at=request.now,
            )
        )  # fmt: skip
    except actions.StageIsElsewhere:
        raise invalid("stage", _("A new deal begins in an open stage.")) from None
    return read_deal_now(request, made.pk)


@router.patch("/deals/{int:pk}", response=DealRecord, summary=noop("Change a deal"))
def change_deal(request: TokenRequest, pk: int, sent: DealFacts) -> HttpResponse:
    change_record(request, "deal", pk, sent)
    return read_deal_now(request, pk)


def read_deal_now(request: TokenRequest, pk: int) -> HttpResponse:
    """The deal as it stands after a write."""
    found = get_object_or_404(_deals(rows_of(request, "deal")), pk=pk)
    tag = tag_of_version(found.version)
    return answer_one(request, found, _deal_record(request), version=tag)


# What was said and is to be done


class ActivityRecord(Record):
    """A call, note, mail, chat, meeting or task."""

    id: int
    kind: str
    company: int | None = Field(None, alias="company_id")
    contact: int | None = Field(None, alias="contact_id")
    lead: int | None = Field(None, alias="lead_id")
    deal: int | None = Field(None, alias="deal_id")
    subject: str
    text: str
    at: datetime
    due_on: date | None = None
    done_at: datetime | None = None
    assignee: str | None = Field(None, description=NUMBER)

    @staticmethod
    def resolve_assignee(row: Activity) -> str | None:
        return row.assignee.number if row.assignee is not None else None


class ActivitiesAsked(Asked):
    """Which activities are wanted."""

    kind: Literal["", "call", "note", "mail", "chat", "meeting", "task"] = ""
    company: int | None = Field(None, ge=1, le=ID_MAX)
    contact: int | None = Field(None, ge=1, le=ID_MAX)
    lead: int | None = Field(None, ge=1, le=ID_MAX)
    deal: int | None = Field(None, ge=1, le=ID_MAX)


class ActivityIn(Sent):
    """Something that was said, written or done, or is to be done, on one record."""

    kind: Literal["call", "note", "mail", "chat", "meeting", "task"]
    record_kind: Literal["company", "contact", "lead", "deal"]
    record: int = Field(ge=1, le=ID_MAX)
    subject: str = Field("", max_length=200)
    text: str = Field("", max_length=20_000)
    due_on: date | None = None
    assignee: str = Field("", max_length=40, description=NUMBER)


@router.get("/activities", response=Page[ActivityRecord], summary=noop("List activities"))
def list_activities(request: TokenRequest, asked: Query[ActivitiesAsked]) -> HttpResponse:
    given = {
        name: value
        for name in ("kind", "company", "contact", "lead", "deal")
        if (value := getattr(asked, name)) not in (None, "")
    }
    rows = Activity.objects.visible_to(request.person).filter(**given).select_related("assignee")
    return answer_page(request, rows, asked, ActivityRecord)


@router.post("/activities", response=ActivityRecord, summary=noop("Write an activity"))
def add_activity(request: TokenRequest, sent: ActivityIn) -> HttpResponse:
    if not access.may_add(request.person) or not access.may_read_talk(request.person):
        raise Problem("forbidden")
    found = rows_of(request, sent.record_kind).filter(pk=sent.record).first()
    if found is None:
        raise invalid("record", _("There is nothing here that you can see."))
    facts: dict[str, Any] = {"subject": sent.subject, "text": sent.text}
    if sent.kind == "task":
        assignee = owner_of(request, sent.assignee) or request.person
        facts |= {"due_on": sent.due_on, "assignee": assignee}
    elif sent.due_on is not None or sent.assignee:
        raise invalid("due_on", _("Only a task is for somebody and has a day."))
    try:
        made = written(
            lambda: actions.add_activity(
                on=actions.On.record(found), kind=ActivityKind(sent.kind), facts=facts,
                by=request.person, at=request.now,
            )
        )  # fmt: skip
    except actions.NothingSaid:
        raise invalid("text", _("Nothing was said.")) from None
    return answer_one(request, made, ActivityRecord)
