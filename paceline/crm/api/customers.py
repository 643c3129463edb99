"""Companies and contacts for programs."""

from __future__ import annotations

from typing import ClassVar, Literal

from django.http import HttpResponse
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.crm.api.records import (
    ID_MAX,
    CustomerIn,
    FactsIn,
    OwnerIn,
    ReachableRecord,
    RecordsAsked,
    add_record,
    answer_record,
    assign_record,
    change_record,
    list_records,
    router,
)
from paceline.kernel.interface import Page, Picked
from paceline.kernel.interface.currencies import CurrencyOrEmpty
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
    currency: CurrencyOrEmpty | None = None
    lifecycle: Literal["prospect", "customer", "regular", "lapsed"] | None = None
    rating: int | None = Field(None, ge=1, le=5)


class CompanyIn(CompanyFacts, CustomerIn):
    """A new company."""

    name: str = Field(min_length=1, max_length=200)


class CustomersAsked(RecordsAsked):
    """Which customers are wanted."""

    also: ClassVar[dict[str, str]] = {"number": "number"}

    number: str = Field("", max_length=60, description=noop("Exactly this customer number."))


@router.get("/companies", response=Page[CompanyRecord], summary=noop("List companies"))
def list_companies(request: TokenRequest, asked: Query[CustomersAsked]) -> HttpResponse:
    return list_records(request, "company", asked, CompanyRecord)


@router.get("/companies/{int:pk}", response=CompanyRecord, summary=noop("Read a company"))
def read_company(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_record(request, "company", pk, CompanyRecord, picked)


@router.post("/companies", response=CompanyRecord, summary=noop("Add a company"))
def add_company(request: TokenRequest, sent: CompanyIn) -> HttpResponse:
    return add_record(request, "company", sent, CompanyRecord)


@router.patch("/companies/{int:pk}", response=CompanyRecord, summary=noop("Change a company"))
def change_company(request: TokenRequest, pk: int, sent: CompanyFacts) -> HttpResponse:
    change_record(request, "company", pk, sent)
    return answer_record(request, "company", pk, CompanyRecord)


@router.put(
    "/companies/{int:pk}/owner", response=CompanyRecord, summary=noop("Give a company to somebody")
)
def assign_company(request: TokenRequest, pk: int, sent: OwnerIn) -> HttpResponse:
    return assign_record(request, "company", pk, sent, CompanyRecord)


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


class ContactIn(ContactFacts, CustomerIn):
    """A new contact."""

    name: str = Field(min_length=1, max_length=200)


class ContactsAsked(CustomersAsked):
    """Which contacts are wanted."""

    also: ClassVar[dict[str, str]] = {"number": "number", "company": "company"}

    company: int | None = Field(None, ge=1, le=ID_MAX, description=noop("Of this company."))


@router.get("/contacts", response=Page[ContactRecord], summary=noop("List contacts"))
def list_contacts(request: TokenRequest, asked: Query[ContactsAsked]) -> HttpResponse:
    return list_records(request, "contact", asked, ContactRecord)


@router.get("/contacts/{int:pk}", response=ContactRecord, summary=noop("Read a contact"))
def read_contact(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_record(request, "contact", pk, ContactRecord, picked)


@router.post("/contacts", response=ContactRecord, summary=noop("Add a contact"))
def add_contact(request: TokenRequest, sent: ContactIn) -> HttpResponse:
    return add_record(request, "contact", sent, ContactRecord)


@router.patch("/contacts/{int:pk}", response=ContactRecord, summary=noop("Change a contact"))
def change_contact(request: TokenRequest, pk: int, sent: ContactFacts) -> HttpResponse:
    change_record(request, "contact", pk, sent)
    return answer_record(request, "contact", pk, ContactRecord)


@router.put(
    "/contacts/{int:pk}/owner", response=ContactRecord, summary=noop("Give a contact to somebody")
)
def assign_contact(request: TokenRequest, pk: int, sent: OwnerIn) -> HttpResponse:
    return assign_record(request, "contact", pk, sent, ContactRecord)
