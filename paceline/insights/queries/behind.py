"""The records that a figure is made of, as far as the reader may see them."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from paceline.crm.models import StageKind
from paceline.goals.models import Quota
from paceline.insights import cubes
from paceline.insights.asked import NotAsked, Question
from paceline.insights.dimensions import Span
from paceline.insights.measures import CUSTOMERS, DEALS, FEEDBACK, MOVES, QUOTAS, REPLIES, SALES
from paceline.insights.queries.deals import closed_deals, feedback_of, moves_of
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.quotas import MEASURE, holders_of
from paceline.insights.queries.replies import inquiries_of
from paceline.insights.queries.sales import COLUMNS, may_read_total, narrowed
from paceline.orders.models import OrderLine
from paceline.org.models import ReportingPath, TeamMembership

OPENED = frozenset({SALES, CUSTOMERS, QUOTAS, DEALS, MOVES, FEEDBACK, REPLIES})
BUYERS_MAX = 10_000


def sources_of(question: Question) -> tuple[str, ...]:
    """Which kinds of records stand behind the question's measure, the chief one first."""
    sources = question.measure.sources
    return (*sources, SALES) if "holders_sold" in question.measure.facts else sources


def source_of(question: Question) -> str:
    return sources_of(question)[0]


def behind(desk: Desk, question: Question, source: str = "", began: Span | None = None) -> Any:
    """The rows of a source in ``OPENED`` behind a question; ``began`` narrows customers to those
    whose first order lies in some days. Raises ``NotAsked``."""
    source = source or source_of(question)
    if source == CUSTOMERS:
        return buyers(desk, question, began)
    return {
        SALES: _lines, QUOTAS: _quotas, DEALS: _deals, MOVES: _moves, FEEDBACK: _feedback,
        REPLIES: _inquiries,
    }[source](desk, question)  # fmt: skip


def opens(desk: Desk, question: Question, source: str = "") -> bool:
    """Whether the reader may see what the figure is made of: the total of a team is told to its
    members, but not whose lines make it."""
    source = source or source_of(question)
    if source not in OPENED or source not in sources_of(question):
        return False
    team = question.only.get("team")
    is_total = source == source_of(question) and source in {SALES, CUSTOMERS}
    if is_total and desk.reach is not None and team is not None:
        return not may_read_total(desk, question, team)
    return True


def buyers(desk: Desk, question: Question, began: Span | None = None) -> list[cubes.Buyer]:
    """The customers whom the figure counts, at most ``BUYERS_MAX``."""
    of = question.measure.above
    which = "new" if "new_buyers" in of else "repeat" if "repeat_buyers" in of else ""
    days = None if began is None else (began.starts_on, began.ends_before)
    return cubes.list_buyers(
        desk.lines, narrowed(desk, question), which=which, began=days, most=BUYERS_MAX
    )


def _moves(desk: Desk, question: Question) -> Any:
    return moves_of(desk, question).select_related(
        "deal__company", "deal__contact", "deal__owner", "deal__team", "to_stage", "from_stage"
    )


def _deals(desk: Desk, question: Question) -> Any:
    rows = closed_deals(desk, question, question.span)
    if "lost" not in question.measure.facts:
        rows = rows.filter(stage__kind=StageKind.WON)
    return rows.select_related("company", "contact", "owner", "team", "stage")


def _feedback(desk: Desk, question: Question) -> Any:
    rows = feedback_of(desk, question, question.span)
    if "settled" in question.measure.facts:
        rows = rows.filter(settled_at__isnull=False)
    return rows.select_related("deal", "contact", "company", "lead", "assignee")


def _inquiries(desk: Desk, question: Question) -> Any:
    rows = inquiries_of(desk, question)
    is_answered = Q(worked_seconds__isnull=False)
    if "answered" in question.measure.facts:
        rows = rows.filter(is_answered)
    else:
        midnight = datetime.combine(desk.today, time(), timezone.get_current_timezone())
        rows = rows.filter(is_answered | Q(closed_at__isnull=True, due_at__lt=midnight))
    return rows.select_related("lead__owner", "contact__owner", "answered_by", "team")


def _quotas(desk: Desk, question: Question) -> Any:
    """The quotas that count on some of the days."""
    rows = Quota.objects.visible_to(desk.reader).standing().filter(
        person__isnull=False,
        measure=MEASURE,
        starts_on__lt=question.span.ends_before,
        ends_before__gt=question.span.starts_on,
    )  # fmt: skip
    if desk.people_seen is not None:
        rows = rows.filter(person__number__in=desk.people_seen)
    team, person = question.only.get("team"), question.only.get("person")
    if team is not None:
        rows = rows.filter(person__number__in=desk.members_of(_teams(desk, team), question.span))
    if person is not None:
        rows = rows.filter(person__number=person)
    return rows.select_related("person")


def _lines(desk: Desk, question: Question) -> Any:
    """Order lines of the people whom the reader may see line by line, on those days."""
    span = question.span
    rows = OrderLine.objects.filter(ordered_on__gte=span.starts_on, ordered_on__lt=span.ends_before)
    if desk.reach is not None:
        below = ReportingPath.objects.filter(
            Q(ends_before__isnull=True) | Q(ends_before__gt=OuterRef("ordered_on")),
            ancestor=desk.reader,
            descendant=OuterRef("person"),
            starts_on__lte=OuterRef("ordered_on"),
        )
        rows = rows.filter(Q(person=desk.reader) | Exists(below))
    team = question.only.get("team")
    if team is not None:
        belongs = TeamMembership.objects.filter(
            Q(ends_before__isnull=True) | Q(ends_before__gt=OuterRef("ordered_on")),
            team__code__in=_teams(desk, team),
            person=OuterRef("person"),
            starts_on__lte=OuterRef("ordered_on"),
        )
        rows = rows.filter(Exists(belongs))
    if "holders_sold" in question.measure.facts:
        rows = rows.filter(person__number__in=holders_of(desk, question))
    for name in COLUMNS:
        if name not in question.only:
            continue
        value = question.only[name]
        if name == "person":
            rows = rows.filter(person__number=value) if value else rows.filter(person=None)
        else:
            rows = rows.filter(**{name: value})
    return rows.select_related("person")


def _teams(desk: Desk, team: str) -> frozenset[str]:
    codes = desk.teams_below(team)
    if not codes:
        raise NotAsked("team_gone", "only-team", team)
    return codes
