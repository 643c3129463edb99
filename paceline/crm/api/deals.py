"""Deals: what is sold, by whom, for how much and how far it has come, for programs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import Field

from paceline.crm import access, actions, queries
from paceline.crm.api.pipelines import pipeline_of
from paceline.crm.api.records import (
    ID_MAX,
    NUMBER,
    OWNER,
    CustomerRecord,
    FactsIn,
    OwnerIn,
    RecordsAsked,
    Sent,
    asked_rows,
    change_record,
    changeable,
    facts_of,
    give_away,
    own_values,
    owner_of,
    page_of,
    router,
    rows_of,
    shaped,
    written,
)
from paceline.crm.models import (
    ContributorKind,
    Deal,
    Stage,
)
from paceline.kernel.interface import Page, Picked, Problem, answer_one
from paceline.kernel.interface.currencies import Currency
from paceline.kernel.interface.days import Day
from paceline.kernel.interface.problems import invalid
from paceline.kernel.interface.versions import seen_version, tag_of_version
from paceline.org.models import Person
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


class ProductRecord(Schema):
    """A product of a deal; ``amount`` is what it adds to the deal's."""

    product: str
    quantity: Decimal
    price: Decimal
    discount: Decimal
    amount: Decimal


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
    lost_reason: int | None = Field(None, alias="lost_reason_id")
    lost_note: str
    shares: list[ShareRecord] = []
    products: list[ProductRecord] = []

    @staticmethod
    def resolve_stage(row: Deal) -> str:
        return row.stage.name

    @staticmethod
    def resolve_stage_kind(row: Deal) -> str:
        return row.stage.kind

    @staticmethod
    def resolve_shares(row: Deal) -> list[Any]:
        return list(row.contributors.all())

    @staticmethod
    def resolve_products(row: Deal) -> list[Any]:
        return list(row.lines.all())


class SoldRecord(DealRecord):
    """A deal as the pay desk reads it: what explains pay, not what is planned with the customer."""

    @staticmethod
    def resolve_next_step(_row: Deal) -> str:
        return ""

    @staticmethod
    def resolve_next_step_on(_row: Deal) -> None:
        return None

    @staticmethod
    def resolve_custom(_row: Deal) -> dict[str, Any]:
        return {}


class DealFacts(FactsIn):
    """What may be said of a deal; its owner, stage, shares and products have addresses of their
    own."""

    title: str | None = Field(None, min_length=1, max_length=200)
    company: int | None = Field(None, ge=1, le=ID_MAX)
    contact: int | None = Field(None, ge=1, le=ID_MAX)
    amount: Decimal | None = Field(None, ge=0, max_digits=20, decimal_places=4)
    currency: Currency | None = None
    expected_close_on: Day | None = None
    next_step: str | None = Field(None, max_length=200)
    next_step_on: Day | None = None
    points: None = Field(None, exclude=True)


class DealIn(DealFacts):
    """A new deal on top of its column; whoever owns it has the whole of it."""

    pipeline: int = Field(ge=1, le=ID_MAX)
    stage: int | None = Field(None, ge=1, le=ID_MAX)
    owner: str = Field("", max_length=40, description=OWNER)
    title: str = Field(min_length=1, max_length=200)


class DealsAsked(RecordsAsked):
    """Which deals are wanted."""

    also: ClassVar[dict[str, str]] = {
        "pipeline": "pipeline",
        "stage": "stage",
        "stage_kind": "stage__kind",
        "company": "company",
        "contact": "contact",
        "closed_from": "closed_on__gte",
    }

    pipeline: int | None = Field(None, ge=1, le=ID_MAX)
    stage: int | None = Field(None, ge=1, le=ID_MAX)
    stage_kind: Literal["", "open", "won", "lost"] = ""
    company: int | None = Field(None, ge=1, le=ID_MAX, description=noop("Of this company."))
    contact: int | None = Field(None, ge=1, le=ID_MAX)
    closed_from: Day | None = Field(None, description=noop("Closed on or after this day."))


def _deal_record(request: TokenRequest) -> type[DealRecord]:
    return DealRecord if access.may_read_talk(request.person) else SoldRecord


def _deals(rows: Any) -> Any:
    return rows.select_related("team", "owner", "stage").prefetch_related(
        "contributors__person", "lines"
    )


@router.get("/deals", response=Page[DealRecord], summary=noop("List deals"))
def list_deals(request: TokenRequest, asked: Query[DealsAsked]) -> HttpResponse:
    rows = _deals(asked_rows(request, "deal", asked))
    return page_of(request, "deal", rows, asked, _deal_record(request))


@router.get("/deals/{int:pk}", response=DealRecord, summary=noop("Read a deal"))
def read_deal(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    found = get_object_or_404(_deals(rows_of(request, "deal")), pk=pk)
    tag = tag_of_version(found.version)
    return answer_one(request, found, _deal_record(request), picked, version=tag)


@router.post("/deals", response=DealRecord, summary=noop("Add a deal"))
def add_deal(request: TokenRequest, sent: DealIn) -> HttpResponse:
    if not access.may_add(request.person):
        raise Problem("forbidden")
    pipeline = pipeline_of(request, sent.pipeline)
    stage = None
    if sent.stage is not None:
        stage = Stage.objects.filter(pk=sent.stage, pipeline=pipeline).first()
        if stage is None:
            raise invalid("stage", _("The pipeline has no such stage."))
    owner = owner_of(request, sent.owner)
    facts = facts_of(request, sent, "pipeline", "stage")
    facts |= own_values("deal", pipeline.team_id, sent)
    made = written(
        lambda: actions.add_deal(
            pipeline=pipeline, stage=stage, facts=facts, owner=owner,
            by=request.person, at=request.now,
        )
    )  # fmt: skip
    return answer_deal(request, made.pk)


@router.patch("/deals/{int:pk}", response=DealRecord, summary=noop("Change a deal"))
def change_deal(request: TokenRequest, pk: int, sent: DealFacts) -> HttpResponse:
    change_record(request, "deal", pk, sent)
    return answer_deal(request, pk)


def answer_deal(request: TokenRequest, pk: int) -> HttpResponse:
    """The deal as it stands after a write; whoever gave it away reads it once more."""
    found = _deals(shaped(Deal.objects.all(), "deal")).get(pk=pk)
    tag = tag_of_version(found.version)
    return answer_one(request, found, _deal_record(request), version=tag)


@router.put("/deals/{int:pk}/owner", response=DealRecord, summary=noop("Give a deal to somebody"))
def assign_deal(request: TokenRequest, pk: int, sent: OwnerIn) -> HttpResponse:
    give_away(request, "deal", pk, sent)
    return answer_deal(request, pk)


# Who helped to win it


class ShareIn(Sent):
    """A person's share of a deal: 0.4 for 40 %."""

    payee: str = Field(min_length=1, max_length=40, description=NUMBER)
    kind: Literal["owner", "co_seller", "assist", "overlay"]
    share: Decimal = Field(gt=0, le=1, max_digits=9, decimal_places=8)


class SharesIn(Sent):
    """Everybody who shares in a deal; all but overlays make up 1."""

    shares: list[ShareIn] = Field(min_length=1, max_length=20)


@router.put("/deals/{int:pk}/shares", response=DealRecord, summary=noop("Agree who shares"))
def agree_shares(request: TokenRequest, pk: int, sent: SharesIn) -> HttpResponse:
    deal = changeable(request, "deal", pk)
    if not access.may_agree_shares(request.person, deal):
        raise Problem("forbidden")
    shares = [
        actions.Share(person, ContributorKind(one.kind), one.share)
        for person, one in zip(_people(request, deal, sent), sent.shares, strict=True)
    ]
    written(
        lambda: actions.agree_shares(
            deal=deal, shares=shares, seen=seen_version(request), by=request.person, at=request.now
        )
    )
    return answer_deal(request, pk)


def _people(request: TokenRequest, deal: Deal, sent: SharesIn) -> list[Person]:
    """Those named: colleagues to whom the caller may give records, and who shares already."""
    numbers = {one.payee for one in sent.shares}
    colleagues = queries.sellers(request.person, request.today).filter(number__in=numbers)
    known = {one.person.number: one.person for one in deal.contributors.select_related("person")}
    known |= {one.number: one for one in colleagues}
    for place, one in enumerate(sent.shares):
        if one.payee not in known:
            told = _("You cannot give a record to anybody with this number.")
            raise invalid(f"shares.{place}.payee", told)
    return [known[one.payee] for one in sent.shares]


# What is sold


class ProductIn(Sent):
    """A product of a deal; the discount is a share: 0.1 for 10 %."""

    product: str = Field(min_length=1, max_length=200)
    quantity: Decimal = Field(gt=0, max_digits=18, decimal_places=4)
    price: Decimal = Field(ge=0, max_digits=20, decimal_places=4)
    discount: Decimal = Field(Decimal(0), ge=0, le=1, max_digits=7, decimal_places=6)


class ProductsIn(Sent):
    """All products of a deal; its amount is their sum."""

    products: list[ProductIn] = Field(max_length=200)


@router.put("/deals/{int:pk}/products", response=DealRecord, summary=noop("List what is sold"))
def set_products(request: TokenRequest, pk: int, sent: ProductsIn) -> HttpResponse:
    deal = changeable(request, "deal", pk)
    lines = [
        actions.Line(one.product, one.quantity, one.price, one.discount) for one in sent.products
    ]
    written(
        lambda: actions.set_lines(
            deal=deal, lines=lines, seen=seen_version(request), by=request.person, at=request.now
        )
    )
    return answer_deal(request, pk)
