"""Who is given a lead and why, and which inquiries wait for a reply, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import ConfigDict, Field

from paceline.crm import access as crm
from paceline.crm.actions import FactsInvalid
from paceline.crm.models import Lead, Source
from paceline.kernel.interface import (
    Area,
    Asked,
    Page,
    Problem,
    Record,
    answer_one,
    answer_page,
    refuse_other,
)
from paceline.kernel.interface.problems import invalid
from paceline.kernel.interface.refusals import Refusals
from paceline.leads import access, actions, queries, wording
from paceline.leads.models import Assignment, Cause, Inquiry, Method, RoutingRule
from paceline.org.models import Person, Team
from paceline.org.requests import TokenRequest, team_with

AREA = Area("routing", gettext_lazy("Who is given leads, and replies"), writes=True)
router = AREA.router()
NUMBER = noop("Employee number.")
TEAM = noop("Code of the team.")
ID_MAX = 2**63 - 1


class RuleRecord(Record):
    """A rule by which a team gives its leads; rules are tried in the order of ``rank``."""

    id: int
    team: str = Field("", description=TEAM)
    rank: int
    name: str
    languages: list[str]
    countries: list[str]
    territories: list[str]
    sources: list[str]
    interests: list[str]
    method: str
    at_work_only: bool
    is_on: bool
    people: list[str] = Field([], description=noop("Employee numbers, in order."))

    @staticmethod
    def resolve_team(row: RoutingRule) -> str:
        return row.team.code

    @staticmethod
    def resolve_people(row: RoutingRule) -> list[str]:
        return [one.person.number for one in row.members.all()]


class RulesAsked(Asked):
    """Which rules are wanted."""

    team: str = Field("", max_length=60, description=TEAM)


class Sent(Schema):
    """What a program sends; a member that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


class RuleFacts(Sent):
    """What a rule asks of a lead, an empty list asking nothing, and whom it may choose."""

    name: str = Field(min_length=1, max_length=80)
    languages: list[str] = Field([], max_length=20)
    countries: list[str] = Field([], max_length=60)
    territories: list[str] = Field([], max_length=60)
    sources: list[str] = Field([], max_length=20)
    interests: list[str] = Field([], max_length=60)
    method: Literal["round_robin", "least_busy", "fixed"]
    at_work_only: bool = False
    is_on: bool = True
    people: list[str] = Field(
        min_length=1, max_length=60, description=noop("Employee numbers, in order.")
    )


class RuleIn(RuleFacts):
    """A new rule, after those that the team has."""

    team: str = Field(min_length=1, max_length=60, description=TEAM)


class PlaceIn(Sent):
    """Try a rule one place earlier, or later."""

    earlier: bool


class WhoRecord(Schema):
    """Somebody whom a rule looked at."""

    name: str
    why: str
    is_chosen: bool


class StepRecord(Schema):
    """A rule that was tried: what it asked that the lead lacks, or the people it looked at."""

    rule: str
    failed: str
    people: list[WhoRecord]


class AssignmentRecord(Record):
    """That rules gave a lead to somebody, or to nobody, and why."""

    id: int
    at: datetime
    cause: str
    rule: int | None = Field(None, alias="rule_id")
    person: str | None = Field(None, description=NUMBER)
    steps: list[StepRecord] = []

    @staticmethod
    def resolve_person(row: Assignment) -> str | None:
        return None if row.person is None else row.person.number


class InquiryRecord(Record):
    """That somebody wrote: when a reply is due, and came."""

    id: int
    team: str = Field("", description=TEAM)
    lead: int | None = Field(None, alias="lead_id")
    contact: int | None = Field(None, alias="contact_id")
    channel: str
    arrived_at: datetime
    due_at: datetime | None = None
    answered_at: datetime | None = None
    worked_seconds: int | None = Field(None, description=noop("Of work, until the reply."))
    is_within_target: bool | None = None
    closed_at: datetime | None = None

    @staticmethod
    def resolve_team(row: Inquiry) -> str:
        return row.team.code


class InquiriesAsked(Asked):
    """Which inquiries are wanted."""

    waiting: bool | None = Field(None, description=noop("Whether nobody has replied yet."))
    lead: int | None = Field(None, ge=1, le=ID_MAX)
    contact: int | None = Field(None, ge=1, le=ID_MAX)


def _rules(request: TokenRequest) -> Any:
    rows = RoutingRule.objects.visible_to(request.person).filter(removed_at__isnull=True)
    return rows.select_related("team").prefetch_related("members__person")


def _arranged(request: TokenRequest, pk: int) -> RoutingRule:
    """A rule of a team whose rules the caller arranges."""
    found: RoutingRule = get_object_or_404(_rules(request), pk=pk)
    if not access.may_arrange(request.person, found.team):
        raise Problem("forbidden")
    return found


def _members(request: TokenRequest, team: Team, numbers: list[str]) -> list[Person]:
    known = {one.number: one for one in queries.sellers_of(team, request.now)}
    for place, number in enumerate(numbers):
        if number not in known:
            raise invalid(f"people.{place}", _("Nobody with this number sells in the team."))
    return [known[number] for number in numbers]


def _facts(sent: RuleFacts) -> dict[str, Any]:
    facts = sent.model_dump(exclude={"team", "people"})
    unknown = set(sent.sources) - set(Source.values)
    if unknown:
        raise invalid("sources", _("Nothing with this name is known here."))
    return facts | {"method": Method(sent.method)}


_kept = Refusals(
    worded=(actions.TooManyRules,),
    word=lambda _refused: _("A team has at most 40 rules, each with at most 60 people."),
    faulty=(FactsInvalid,),
).written


def _answer_rule(request: TokenRequest, pk: int) -> HttpResponse:
    return answer_one(request, get_object_or_404(_rules(request), pk=pk), RuleRecord)


@router.get("/routing-rules", response=Page[RuleRecord], summary=noop("List rules for leads"))
def list_routing_rules(request: TokenRequest, asked: Query[RulesAsked]) -> HttpResponse:
    rows = _rules(request)
    rows = rows.filter(team__code=asked.team) if asked.team else rows
    return answer_page(request, rows, asked, RuleRecord)


@router.post("/routing-rules", response=RuleRecord, summary=noop("Add a rule for leads"))
def add_routing_rule(request: TokenRequest, sent: RuleIn) -> HttpResponse:
    team = team_with(request, sent.team, access.may_arrange)
    facts, members = _facts(sent), _members(request, team, sent.people)
    made = _kept(
        lambda: actions.add_rule(
            team=team, facts=facts, members=members, by=request.person, at=request.now
        )
    )
    return _answer_rule(request, made.pk)


@router.get("/routing-rules/{int:pk}", response=RuleRecord, summary=noop("Read a rule for leads"))
def read_routing_rule(request: TokenRequest, pk: int) -> HttpResponse:
    return _answer_rule(request, pk)


@router.put("/routing-rules/{int:pk}", response=RuleRecord, summary=noop("Change a rule"))
def change_routing_rule(request: TokenRequest, pk: int, sent: RuleFacts) -> HttpResponse:
    rule = _arranged(request, pk)
    facts, members = _facts(sent), _members(request, rule.team, sent.people)
    RoutingRule.objects.select_for_update().get(pk=pk)
    refuse_other(request, get_object_or_404(_rules(request), pk=pk), RuleRecord)
    _kept(
        lambda: actions.change_rule(
            rule=rule, facts=facts, members=members, by=request.person, at=request.now
        )
    )
    return _answer_rule(request, pk)


@router.put("/routing-rules/{int:pk}/place", response=RuleRecord, summary=noop("Order the rules"))
def place_routing_rule(request: TokenRequest, pk: int, sent: PlaceIn) -> HttpResponse:
    rule = _arranged(request, pk)
    actions.place_rule(rule=rule, up=sent.earlier, by=request.person, at=request.now)
    return _answer_rule(request, pk)


@router.post("/routing-rules/{int:pk}/removal", response=RuleRecord, summary=noop("Remove a rule"))
def remove_routing_rule(request: TokenRequest, pk: int) -> HttpResponse:
    rule = _arranged(request, pk)
    actions.remove_rule(rule=rule, by=request.person, at=request.now)
    return answer_one(request, rule, RuleRecord)


def _lead(request: TokenRequest, pk: int) -> Lead:
    found: Lead = get_object_or_404(Lead.objects.visible_to(request.person).kept(), pk=pk)
    return found


def _traced(rows: list[Assignment]) -> type[AssignmentRecord]:
    """Traces in the caller's language; the names of everybody in them are asked once."""
    names = wording.names_in(*(row.trace for row in rows))

    class Traced(AssignmentRecord):
        @staticmethod
        def resolve_steps(row: Assignment) -> list[StepRecord]:
            return [
                StepRecord(
                    rule=one.name,
                    failed=one.failed,
                    people=[
                        WhoRecord(name=name, why=why, is_chosen=is_chosen)
                        for name, why, is_chosen in one.people
                    ],
                )
                for one in wording.steps_of(row.trace, names)
            ]

    return Traced


@router.get(
    "/leads/{int:pk}/assignments",
    response=Page[AssignmentRecord],
    summary=noop("List why a lead was given"),
)
def list_assignments(request: TokenRequest, pk: int, asked: Query[Asked]) -> HttpResponse:
    lead = _lead(request, pk)
    rows = Assignment.objects.visible_to(request.person).filter(lead=lead)
    return answer_page(request, rows.select_related("person"), asked, _traced(list(rows)))


@router.post(
    "/leads/{int:pk}/assignments",
    response=AssignmentRecord,
    summary=noop("Let the rules give a lead"),
)
def give_lead(request: TokenRequest, pk: int) -> HttpResponse:
    lead = _lead(request, pk)
    if not crm.may_assign(request.person, lead):
        raise Problem("forbidden")
    made = actions.route_lead(lead=lead, cause=Cause.ASKED, by=request.person, at=request.now)
    if made is None:
        raise Problem("conflict", _("This team gives no leads by rules."))
    return answer_one(request, made, _traced([made]))


@router.get("/inquiries", response=Page[InquiryRecord], summary=noop("List inquiries"))
def list_inquiries(request: TokenRequest, asked: Query[InquiriesAsked]) -> HttpResponse:
    rows = Inquiry.objects.visible_to(request.person).select_related("team")
    if asked.waiting is not None:
        waiting = Inquiry.objects.waiting().values("pk")
        rows = rows.filter(pk__in=waiting) if asked.waiting else rows.exclude(pk__in=waiting)
    wanted = {"lead": asked.lead, "contact": asked.contact}
    rows = rows.filter(**{key: value for key, value in wanted.items() if value is not None})
    return answer_page(request, rows, asked, InquiryRecord)
