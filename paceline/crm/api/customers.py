"""Companies, contacts and leads for programs."""

from __future__ import annotations

from typing import Literal

from django.http import HttpResponse
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.crm import actions
from paceline.crm.api.records import (
    ID_MAX,
    ORDER,
    FactsIn,
    NewIn,
    ReachableRecord,
    RecordsAsked,
    answer_record,
    asked_rows,
    change_record,
    facts_of,
    owner_of,
    points_sent,
    router,
    team_of,
    written,
)
from paceline.kernel.interface import Page, Picked, answer_page
from paceline.org.requests import TokenRequest

# Companies


class CompanyRecord(ReachableRecord):
    """An organisation that buys or may buy."""

    latin_name: str
    number: str
    registration: str
    industry: str
    people_count: int | None = None
    website: str
    address: str
    country: str
    territory: str
    language: str
    currency: str
    lifecycle: str
    rating: int | None = None
    parent: int | None = Field(None, alias="parent_id")


class CompanyFacts(FactsIn):
    """What may be said of a company."""

    name: str | None = Field(None, min_length=1, max_length=200)
    latin_name: str | None = Field(None, max_length=200)
    number: str | None = Field(None, max_length=60)
    registration: str | None = Field(None, max_length=60)
    industry: str | None = Field(None, max_length=120)
    people_count: int | None = Field(None, ge=0, le=2**31 - 1)
    website: str | None = Field(None, max_length=300)
    address: str | None = Field(None, max_length=500)
    country: str | None = Field(None, max_length=2)
    territory: str | None = Field(None, max_length=80)
    language: str | None = Field(None, max_length=10)
    currency: str | None = Field(None, pattern="^([A-Z]{3})?$")
    lifecycle: Literal["prospect", "customer", "regular", "lapsed"] | None = None
    rating: int | None = Field(None, ge=1, le=5)


class CompanyIn(CompanyFacts, NewIn):
    """A new company."""

    name: str = Field(min_length=1, max_length=200)


class CustomersAsked(RecordsAsked):
    """Which customers are wanted."""

    number: str = Field("", max_length=60, description=noop("Exactly this customer number."))


@router.get("/companies", response=Page[CompanyRecord], summary=noop("List companies"))
def list_companies(request: TokenRequest, asked: Query[CustomersAsked]) -> HttpResponse:
    rows = asked_rows(request, "company", asked)
    rows = rows.filter(number=asked.number) if asked.number else rows
    return answer_page(request, rows, asked, CompanyRecord, sort=ORDER)


@router.get("/companies/{int:pk}", response=CompanyRecord, summary=noop("Read a company"))
def read_company(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_record(request, "company", pk, CompanyRecord, picked)


@router.post("/companies", response=CompanyRecord, summary=noop("Add a company"))
def add_company(request: TokenRequest, sent: CompanyIn) -> HttpResponse:
    team, owner = team_of(request, sent.team), owner_of(request, sent.owner)
    facts, points = facts_of(request, sent), points_sent(sent)
    made = written(
        lambda: actions.add_company(
            team=team, facts=facts, points=points, owner=owner, by=request.person, at=request.now
        )
    )
    return answer_record(request, "company", made.pk, CompanyRecord)


@router.patch("/companies/{int:pk}", response=CompanyRecord, summary=noop("Change a company"))
def change_company(request: TokenRequest, pk: int, sent: CompanyFacts) -> HttpResponse:
    change_record(request, "company", pk, sent)
    return answer_record(request, "company", pk, CompanyRecord)


# Contacts


class ContactRecord(ReachableRecord):
    """A human being who buys, or who decides or asks for a company."""

    company: int | None = Field(None, alias="company_id")
    latin_name: str
    number: str
    title: str
    department: str
    languages: list[str]
    country: str
    territory: str
    address: str
    time_zone: str
    lifecycle: str
    rating: int | None = None


class ContactFacts(FactsIn):
    """What may be said of a contact."""

    name: str | None = Field(None, min_length=1, max_length=200)
    latin_name: str | None = Field(None, max_length=200)
    company: int | None = Field(None, ge=1, le=ID_MAX)
    number: str | None = Field(None, max_length=60)
    title: str | None = Field(None, max_length=120)
    department: str | None = Field(None, max_length=120)
    languages: list[str] | None = Field(None, max_length=10)
    country: str | None = Field(None, max_length=2)
    territory: str | None = Field(None, max_length=80)
    address: str | None = Field(None, max_length=500)
    lifecycle: Literal["prospect", "customer", "regular", "lapsed"] | None = None
    rating: int | None = Field(None, ge=1, le=5)


class ContactIn(ContactFacts, NewIn):
    """A new contact."""

    name: str = Field(min_length=1, max_length=200)


class ContactsAsked(CustomersAsked):
    """Which contacts are wanted."""

    company: int | None = Field(None, ge=1, le=ID_MAX, description=noop("Of this company."))


@router.get("/contacts", response=Page[ContactRecord], summary=noop("List contacts"))
def list_contacts(request: TokenRequest, asked: Query[ContactsAsked]) -> HttpResponse:
    rows = asked_rows(request, "contact", asked)
    rows = rows.filter(number=asked.number) if asked.number else rows
    rows = rows if asked.company is None else rows.filter(company=asked.company)
    return answer_page(request, rows, asked, ContactRecord, sort=ORDER)


@router.get("/contacts/{int:pk}", response=ContactRecord, summary=noop("Read a contact"))
def read_contact(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_record(request, "contact", pk, ContactRecord, picked)


@router.post("/contacts", response=ContactRecord, summary=noop("Add a contact"))
def add_contact(request: TokenRequest, sent: ContactIn) -> HttpResponse:
    team, owner = team_of(request, sent.team), owner_of(request, sent.owner)
    facts, points = facts_of(request, sent), points_sent(sent)
    made = written(
        lambda: actions.add_contact(
            team=team, facts=facts, points=points, owner=owner, by=request.person, at=request.now
        )
    )
    return answer_record(request, "contact", made.pk, ContactRecord)


@router.patch("/contacts/{int:pk}", response=ContactRecord, summary=noop("Change a contact"))
def change_contact(request: TokenRequest, pk: int, sent: ContactFacts) -> HttpResponse:
    change_record(request, "contact", pk, sent)
    return answer_record(request, "contact", pk, ContactRecord)


# Leads


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


class LeadIn(LeadFacts, NewIn):
    """A new lead; without an owner it waits for one."""

    name: str = Field(min_length=1, max_length=200)


class LeadsAsked(RecordsAsked):
    """Which leads are wanted."""

    status: Literal["", "new", "working", "nurturing", "unqualified", "converted"] = ""


@router.get("/leads", response=Page[LeadRecord], summary=noop("List leads"))
def list_leads(request: TokenRequest, asked: Query[LeadsAsked]) -> HttpResponse:
    rows = asked_rows(request, "lead", asked)
    rows = rows.filter(status=asked.status) if asked.status else rows
    return answer_page(request, rows, asked, LeadRecord, sort=ORDER)


@router.get("/leads/{int:pk}", response=LeadRecord, summary=noop("Read a lead"))
def read_lead(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_record(request, "lead", pk, LeadRecord, picked)


@router.post("/leads", response=LeadRecord, summary=noop("Add a lead"))
def add_lead(request: TokenRequest, sent: LeadIn) -> HttpResponse:
    team, owner = team_of(request, sent.team), owner_of(request, sent.owner)
    facts, points = facts_of(request, sent), points_sent(sent)
    made = written(
        lambda: actions.add_lead(
            team=team, facts=facts, points=points, owner=owner, by=request.person, at=request.now
        )
    )
    return answer_record(request, "lead", made.pk, LeadRecord)


@router.patch("/leads/{int:pk}", response=LeadRecord, summary=noop("Change a lead"))
def change_lead(request: TokenRequest, pk: int, sent: LeadFacts) -> HttpResponse:
    change_record(request, "lead", pk, sent)
    return answer_record(request, "lead", pk, LeadRecord)
