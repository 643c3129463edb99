"""Leads, where they stand and what became of them, for programs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.crm import actions
from paceline.crm.api.pipelines import pipeline_of
from paceline.crm.api.records import (
    ID_MAX,
    CustomerIn,
    FactsIn,
    OwnerIn,
    ReachableRecord,
    RecordsAsked,
    Sent,
    add_record,
    answer_record,
    assign_record,
    change_record,
    changeable,
    list_records,
    related,
    router,
    rows_of,
    written,
)
from paceline.crm.models import Conversion, LeadStatus
from paceline.kernel.interface import Page, Picked, Record, answer_one
from paceline.kernel.interface.currencies import Currency
from paceline.kernel.interface.days import Day
from paceline.kernel.interface.problems import invalid
from paceline.org.requests import TokenRequest


class LeadRecord(ReachableRecord):
    """Somebody who showed interest, before it is known whether they will buy."""

    company_name: str
    title: str
    status: str
    why_not: str
    message: str
    interest: str
    languages: list[str]
    country: str
    territory: str
    rating: int | None = None


class LeadFacts(FactsIn):
    """What may be said of a lead."""

    name: str | None = Field(None, min_length=1, max_length=200)
    company_name: str | None = Field(None, max_length=200)
    title: str | None = Field(None, max_length=120)
    message: str | None = Field(None, max_length=10_000)
    interest: str | None = Field(None, max_length=200)
    languages: list[str] | None = Field(None, max_length=10)
    country: str | None = Field(None, max_length=2)
    territory: str | None = Field(None, max_length=80)
    rating: int | None = Field(None, ge=1, le=5)


class LeadIn(LeadFacts, CustomerIn):
    """A new lead; without an owner it waits for one."""

    name: str = Field(min_length=1, max_length=200)


class LeadsAsked(RecordsAsked):
    """Which leads are wanted."""

    also: ClassVar[dict[str, str]] = {"status": "status"}

    status: Literal["", "new", "working", "nurturing", "unqualified", "converted"] = ""


@router.get("/leads", response=Page[LeadRecord], summary=noop("List leads"))
def list_leads(request: TokenRequest, asked: Query[LeadsAsked]) -> HttpResponse:
    return list_records(request, "lead", asked, LeadRecord)


@router.get("/leads/{int:pk}", response=LeadRecord, summary=noop("Read a lead"))
def read_lead(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_record(request, "lead", pk, LeadRecord, picked)


@router.post("/leads", response=LeadRecord, summary=noop("Add a lead"))
def add_lead(request: TokenRequest, sent: LeadIn) -> HttpResponse:
    return add_record(request, "lead", sent, LeadRecord)


@router.patch("/leads/{int:pk}", response=LeadRecord, summary=noop("Change a lead"))
def change_lead(request: TokenRequest, pk: int, sent: LeadFacts) -> HttpResponse:
    change_record(request, "lead", pk, sent)
    return answer_record(request, "lead", pk, LeadRecord)


@router.put("/leads/{int:pk}/owner", response=LeadRecord, summary=noop("Give a lead to somebody"))
def assign_lead(request: TokenRequest, pk: int, sent: OwnerIn) -> HttpResponse:
    return assign_record(request, "lead", pk, sent, LeadRecord)


# Where it stands, and what became of it


class StatusIn(Sent):
    """Where a lead stands; it is converted by its conversion."""

    status: Literal["new", "working", "nurturing", "unqualified"]
    why_not: str = Field("", max_length=200, description=noop("Why it is no customer."))


@router.put("/leads/{int:pk}/status", response=LeadRecord, summary=noop("Say where a lead stands"))
def set_lead_status(request: TokenRequest, pk: int, sent: StatusIn) -> HttpResponse:
    lead = changeable(request, "lead", pk)
    status = LeadStatus(sent.status)
    written(
        lambda: actions.set_status(
            lead=lead, status=status, why_not=sent.why_not, by=request.person, at=request.now
        )
    )
    return answer_record(request, "lead", pk, LeadRecord)


class ConversionRecord(Record):
    """What a lead became. Records that the caller does not see are left out."""

    id: int
    lead: int = Field(0, alias="lead_id")
    contact: int | None = None
    company: int | None = None
    deal: int | None = None
    at: datetime


class NewDealIn(Sent):
    """The deal that a lead becomes besides."""

    title: str | None = Field(None, min_length=1, max_length=200)
    amount: Decimal | None = Field(None, ge=0, max_digits=20, decimal_places=4)
    currency: Currency | None = None
    expected_close_on: Day | None = None


class ConversionIn(Sent):
    """What a lead becomes: a contact that is known or a new one, a company, a deal."""

    contact: int | None = Field(None, ge=1, le=ID_MAX, description=noop("Known; else a new one."))
    company: int | None = Field(None, ge=1, le=ID_MAX)
    company_name: str = Field("", max_length=200, description=noop("Name of a new company."))
    pipeline: int | None = Field(None, ge=1, le=ID_MAX, description=noop("For a new deal."))
    deal: NewDealIn | None = None


def _answer_conversion(request: TokenRequest, lead: int) -> HttpResponse:
    found = get_object_or_404(Conversion, lead=lead)
    told: dict[str, Any] = {"id": found.pk, "lead_id": found.lead_id, "at": found.at}
    for name in ("contact", "company", "deal"):
        pk = getattr(found, f"{name}_id")
        is_seen = pk is not None and rows_of(request, name).filter(pk=pk).exists()
        told[name] = pk if is_seen else None
    return answer_one(request, told, ConversionRecord)


@router.get(
    "/leads/{int:pk}/conversion",
    response=ConversionRecord,
    summary=noop("Read what became of a lead"),
)
def read_conversion(request: TokenRequest, pk: int) -> HttpResponse:
    lead = get_object_or_404(rows_of(request, "lead"), pk=pk)
    return _answer_conversion(request, lead.pk)


@router.post(
    "/leads/{int:pk}/conversion", response=ConversionRecord, summary=noop("Convert a lead")
)
def convert_lead(request: TokenRequest, pk: int, sent: ConversionIn) -> HttpResponse:
    lead = changeable(request, "lead", pk)
    pipeline = None if sent.pipeline is None else pipeline_of(request, sent.pipeline)
    facts = sent.deal.model_dump(exclude_none=True) if sent.deal else {}
    if pipeline is None and facts:
        raise invalid("pipeline", _("Say in which pipeline the deal begins."))
    into = actions.Into(
        contact=related(request, "contact", sent.contact),
        company=related(request, "company", sent.company),
        company_name="" if sent.company is not None else sent.company_name,
        pipeline=pipeline,
        deal_facts=facts,
    )
    written(lambda: actions.convert_lead(lead=lead, into=into, by=request.person, at=request.now))
    return _answer_conversion(request, lead.pk)
