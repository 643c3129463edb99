"""Segments, who belongs to them, and repeat purchases by cohort, for programs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.crm import access, actions
from paceline.crm.api.records import Sent, router, shared_team, written
from paceline.crm.models import Lead, Purchases, Segment
from paceline.crm.queries import cohorts as buying_again
from paceline.crm.queries import segments as found_by_rule
from paceline.kernel.interface import (
    Asked,
    Page,
    Picked,
    Problem,
    Record,
    Turned,
    answer_numbered,
    answer_one,
    answer_page,
    refuse_other,
)
from paceline.kernel.interface.problems import Fault
from paceline.org.requests import TokenRequest

Words = Annotated[list[Annotated[str, Field(max_length=80)]], Field(max_length=60)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Score = Annotated[int, Field(ge=1, le=5)]


class SegmentRecord(Record):
    """A rule by which customers belong together; who belongs is never kept."""

    id: int
    of: str = Field("", description=noop("company, contact or lead."))
    name: str
    owner: str = Field("", description=noop("Employee number."))
    team: str | None = Field(None, description=noop("Code of the team it is shared with."))
    rule: dict[str, Any] = Field({}, description=noop("Conditions by name."))

    @staticmethod
    def resolve_owner(row: Segment) -> str:
        return row.owner.number

    @staticmethod
    def resolve_team(row: Segment) -> str | None:
        return None if row.team is None else row.team.code


class MemberRecord(Record):
    """Who belongs: a customer and what they bought, or a lead and how it stands."""

    id: int
    name: str
    number: str = ""
    owner: str | None = Field(None, description=noop("Employee number."))
    lifecycle: str = ""
    status: str = Field("", description=noop("Of a lead."))
    orders: int | None = None
    value: Decimal | None = None
    last_on: date | None = Field(None, description=noop("Of the last purchase."))

    @staticmethod
    def resolve_owner(row: Any) -> str | None:
        return None if row.owner is None else str(row.owner.number)

    @staticmethod
    def resolve_orders(row: Any) -> Any:
        return _bought(row, "orders")

    @staticmethod
    def resolve_value(row: Any) -> Any:
        return _bought(row, "value")

    @staticmethod
    def resolve_last_on(row: Any) -> Any:
        return _bought(row, "last_on")


def _bought(row: Any, name: str) -> Any:
    """What a customer bought; null where they never did, and of leads."""
    if isinstance(row, Lead):
        return None
    try:
        return getattr(row.purchases, name)
    except Purchases.DoesNotExist:
        return None


class CohortRecord(Record):
    """Those who bought first in a month, and how many of them bought again after n months."""

    id: str = Field("", description=noop("The first day of the month."))
    customers: int
    bought: list[int | None] = Field([], description=noop("null: that month is still to come."))


class SegmentsAsked(Asked):
    """Which segments are wanted."""

    of: Literal["", "company", "contact", "lead"] = ""


class CohortsAsked(Turned):
    """Of which customers cohorts are wanted."""

    of: Literal["company", "contact"] = "contact"


class RuleIn(Sent):
    """Conditions, all of which must be met; of a list any. Days count back from today.

    ``status``, ``came_within``, ``came_before``, ``silent_for`` and ``rating_min`` are of leads,
    ``source``, ``language``, ``country``, tags, ``consent`` and ``is_mine`` of all.
    """

    lifecycle: list[Literal["prospect", "customer", "regular", "lapsed"]] | None = None
    status: list[Literal["new", "working", "nurturing", "unqualified", "converted"]] | None = None
    source: Words | None = None
    channel: Words | None = None
    language: Words | None = None
    country: Words | None = None
    tag: Words | None = None
    without_tag: Words | None = None
    consent: Words | None = Field(None, description=noop("Channels of standing consents."))
    bought_within: Days | None = None
    not_bought_for: Days | None = None
    first_within: Days | None = None
    came_within: Days | None = None
    came_before: Days | None = None
    silent_for: Days | None = None
    rating_min: Score | None = None
    orders_min: Days | None = None
    orders_max: Days | None = None
    recency_min: Score | None = None
    recency_max: Score | None = None
    frequency_min: Score | None = None
    frequency_max: Score | None = None
    value_score_min: Score | None = None
    value_score_max: Score | None = None
    value_min: Decimal | None = Field(None, max_digits=20, decimal_places=4)
    value_max: Decimal | None = Field(None, max_digits=20, decimal_places=4)
    has_bought: bool | None = None
    is_quiet: bool | None = None
    is_mine: bool | None = None

    def kept(self) -> dict[str, Any]:
        """The conditions that say something, as a segment keeps them."""
        return {
            name: f"{value.normalize():f}" if isinstance(value, Decimal) else value
            for name, value in self.model_dump(exclude_none=True).items()
            if value != []
        }


class SegmentFacts(Sent):
    """A segment's name, rule and team."""

    name: str = Field(min_length=1, max_length=60)
    team: str | None = Field(None, max_length=60, description=noop("Code; null: only mine."))
    rule: RuleIn


class SegmentIn(SegmentFacts):
    """A new segment."""

    of: Literal["company", "contact", "lead"]


def _segments(request: TokenRequest) -> Any:
    return Segment.objects.visible_to(request.person).select_related("owner", "team")


def _saved(request: TokenRequest, sent: SegmentFacts, of: str, known: Segment | None) -> Segment:
    team = shared_team(request, sent.team)
    foreign = sorted(set(sent.rule.kept()) - found_by_rule.keys_of(of))
    if foreign:
        told = _("Records of this kind cannot be chosen by it.")
        faults = [Fault("body", f"rule.{one}", told) for one in foreign]
        raise Problem("invalid", faults=faults)
    made: Segment = written(
        lambda: actions.save_segment(
            segment=known, of=of, name=sent.name, rule=sent.rule.kept(), team=team,
            by=request.person, at=request.now,
        )
    )  # fmt: skip
    return made


@router.get("/segments", response=Page[SegmentRecord], summary=noop("List segments"))
def list_segments(request: TokenRequest, asked: Query[SegmentsAsked]) -> HttpResponse:
    rows = _segments(request)
    rows = rows.filter(of=asked.of) if asked.of else rows
    return answer_page(request, rows, asked, SegmentRecord)


@router.post("/segments", response=SegmentRecord, summary=noop("Keep a segment"))
def add_segment(request: TokenRequest, sent: SegmentIn) -> HttpResponse:
    if not access.may_add(request.person):
        raise Problem("forbidden")
    return answer_one(request, _saved(request, sent, sent.of, None), SegmentRecord)


@router.get("/segments/{int:pk}", response=SegmentRecord, summary=noop("Read a segment"))
def read_segment(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_one(request, get_object_or_404(_segments(request), pk=pk), SegmentRecord, picked)


def _own(request: TokenRequest, pk: int) -> Segment:
    """A segment of the caller's, held, and as they read it."""
    found: Segment = get_object_or_404(_segments(request), pk=pk)
    if found.owner_id != request.person.pk:
        raise Problem("forbidden")
    Segment.objects.select_for_update(of=("self",)).get(pk=pk)
    found = get_object_or_404(_segments(request), pk=pk)
    refuse_other(request, found, SegmentRecord)
    return found


@router.put("/segments/{int:pk}", response=SegmentRecord, summary=noop("Change a segment"))
def change_segment(request: TokenRequest, pk: int, sent: SegmentFacts) -> HttpResponse:
    known = _own(request, pk)
    return answer_one(request, _saved(request, sent, known.of, known), SegmentRecord)


@router.post("/segments/{int:pk}/removal", response=SegmentRecord, summary=noop("Delete a segment"))
def delete_segment(request: TokenRequest, pk: int) -> HttpResponse:
    segment = _own(request, pk)
    was = SegmentRecord.model_validate(segment)
    actions.delete_segment(segment=segment, by=request.person, at=request.now)
    return answer_one(request, was, SegmentRecord)


@router.get(
    "/segments/{int:pk}/members", response=Page[MemberRecord], summary=noop("List who belongs")
)
def list_members(request: TokenRequest, pk: int, asked: Query[Asked]) -> HttpResponse:
    segment = get_object_or_404(_segments(request), pk=pk)
    rows = found_by_rule.members(segment.rule, segment.of, request.person, request.today)
    bought = [] if segment.of == "lead" else ["purchases"]
    return answer_page(request, rows.select_related("owner", *bought), asked, MemberRecord)


@router.get("/cohorts", response=Page[CohortRecord], summary=noop("Read who bought again"))
def list_cohorts(request: TokenRequest, asked: Query[CohortsAsked]) -> HttpResponse:
    if not access.may_read_customers(request.person):
        raise Problem("forbidden")
    found = [
        CohortRecord(id=one.month.isoformat(), customers=one.customers, bought=one.bought)
        for one in buying_again.cohorts(asked.of, request.person, request.today)
    ]
    return answer_numbered(request, asked, CohortRecord, lambda _number: (found, False))
