"""Facts of deals and of customer feedback, from those that the reader may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Value
from django.db.models.functions import Left
from django.utils import timezone

from paceline.crm.models import Deal, Feedback, FeedbackKind, StageChange, StageKind
from paceline.insights.asked import NotAsked, Question
from paceline.insights.dimensions import Span, bucket_of
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.facts import Found, add

HOUR = Decimal(3600)
SAID_MAX = 201  # one more than a page shows


def deal_facts(desk: Desk, question: Question, _facts: Collection[str]) -> Found:
    """Deals won and lost, by the day on which they were closed."""
    keys = {
        "team": "team__code", "person": "owner__number", "pipeline": "pipeline__name",
        "origin": "source", "currency": "currency",
    }  # fmt: skip
    path = keys.get(question.split, "pk")
    target = desk.currency(question.currency)
    found: Found = {}

    def closed(days: Span) -> list[Any]:
        rows = closed_deals(desk, question, days).order_by()
        return list(rows.values_list("closed_on", "stage__kind", "amount", "currency", path))

    what = ("deals", path, tuple(sorted(question.only.items())))
    for closed_on, kind, amount, currency, key in desk.read(what, question.span, closed):
        if not question.span.starts_on <= closed_on < question.span.ends_before:
            continue
        bucket = bucket_of(closed_on, question.over) if question.over else None
        place = (bucket, (key or "") if question.split else None)
        is_won = kind == StageKind.WON
        add(found, place, "won", Decimal(is_won))
        add(found, place, "lost", Decimal(not is_won))
        if not is_won or amount is None:
            continue
        rate = desk.rate(currency, closed_on, target)
        if rate is None:
            desk.left_out[currency] += 1
        else:
            add(found, place, "won_amount", amount * rate)
    return found


def closed_deals(desk: Desk, question: Question, days: Span) -> Any:
    """The deals that a question is about and that were won or lost on some days."""
    rows = Deal.objects.visible_to(desk.reader).filter(
        archived_at__isnull=True,
        closed_on__gte=days.starts_on,
        closed_on__lt=days.ends_before,
        stage__kind__in=[StageKind.WON, StageKind.LOST],
    )
    return _only(desk, question, rows, {
        "person": "owner__number", "pipeline": "pipeline__name", "origin": "source",
        "currency": "currency",
    })  # fmt: skip


MOVE_PATHS = {
    "stage": "to_stage", "team": "deal__team__code", "person": "deal__owner__number",
    "pipeline": "deal__pipeline__name", "origin": "deal__source",
}  # fmt: skip


def move_facts(desk: Desk, question: Question, _facts: Collection[str]) -> Found:
    """How often deals came into stages."""
    zone = timezone.get_current_timezone()
    path = MOVE_PATHS.get(question.split, "to_stage")
    found: Found = {}
    for at, key in moves_of(desk, question).order_by().values_list("at", path):
        bucket = bucket_of(at.astimezone(zone).date(), question.over) if question.over else None
        add(found, (bucket, str(key or "") if question.split else None), "entered", Decimal(1))
    return found


def moves_of(desk: Desk, question: Question) -> Any:
    """What came into which stage on the days of a question, of deals that the reader may see."""
    zone = timezone.get_current_timezone()
    rows = StageChange.objects.filter(
        deal__in=Deal.objects.visible_to(desk.reader).order_by().values("pk"),
        at__gte=datetime.combine(question.span.starts_on, time(), zone),
        at__lt=datetime.combine(question.span.ends_before, time(), zone),
    )
    return _only(desk, question, rows, {
        name: path for name, path in MOVE_PATHS.items() if name != "team"
    })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What a customer said of us."""

    at: datetime
    settled_at: datetime | None
    kind: str
    severity: str
    person: str
    team: str
    text: str

    @property
    def kind_name(self) -> str:
        return str(FeedbackKind(self.kind).label)


def feedback_of(desk: Desk, question: Question, days: Span) -> Any:
    """What customers said on some days, as a question narrows it and the reader may see it."""
    zone = timezone.get_current_timezone()
    rows = Feedback.objects.visible_to(desk.reader).filter(
        at__gte=datetime.combine(days.starts_on, time(), zone),
        at__lt=datetime.combine(days.ends_before, time(), zone),
    )
    return _only(desk, question, rows, {
        "kind": "kind", "severity": "severity", "person": "assignee__number",
    })  # fmt: skip


def feedback_rows(desk: Desk, question: Question, most: int | None = None) -> list[Said]:
    """What customers said in the days of a question, the newest first, as far as it may be read.
    Its words are those of a page that shows them (``desk.days``), and cut."""
    zone = timezone.get_current_timezone()
    words = Left("text", SAID_MAX) if desk.days is not None else Value("")

    def came(days: Span) -> list[Any]:
        rows = feedback_of(desk, question, days)
        return list(rows.order_by("-at", "-pk").values_list(
            "at", "settled_at", "kind", "severity", words, "assignee__number", "deal__team__code",
            "contact__team__code", "company__team__code", "lead__team__code",
        ))  # fmt: skip

    what = ("feedback", tuple(sorted(question.only.items())))
    found = [
        Said(at, settled_at, kind, severity, person or "", next(filter(None, teams), ""), text)
        for at, settled_at, kind, severity, text, person, *teams in desk.read(
            what, question.span, came
        )
        if question.span.starts_on <= at.astimezone(zone).date() < question.span.ends_before
    ]
    return found[:most]


def feedback_facts(desk: Desk, question: Question, _facts: Collection[str]) -> Found:
    """What customers said, and how long it took to settle it."""
    zone = timezone.get_current_timezone()
    found: Found = {}
    for one in feedback_rows(desk, question):
        day = one.at.astimezone(zone).date()
        keys = {
            "kind": one.kind, "severity": one.severity, "team": one.team, "person": one.person,
        }  # fmt: skip
        bucket = bucket_of(day, question.over) if question.over else None
        place = (bucket, keys.get(question.split))
        add(found, place, "feedback", Decimal(1))
        if one.settled_at is not None:
            seconds = Decimal(int((one.settled_at - one.at).total_seconds()))
            add(found, place, "settled", Decimal(1))
            add(found, place, "hours_to_settle", seconds / HOUR)
    return found


def _only(desk: Desk, question: Question, rows: Any, paths: dict[str, str]) -> Any:
    team = question.only.get("team")
    if team is not None:
        codes = desk.teams_below(team)
        if not codes:
            raise NotAsked("team_gone", "only-team", team)
        if rows.model is Deal:
            rows = rows.filter(team__code__in=codes)
        elif rows.model is StageChange:
            rows = rows.filter(deal__team__code__in=codes)
        else:
            rows = (
                rows.filter(deal__team__code__in=codes)
                | rows.filter(deal__isnull=True, contact__team__code__in=codes)
                | rows.filter(
                    deal__isnull=True, contact__isnull=True, company__team__code__in=codes
                )
                | rows.filter(deal__isnull=True, lead__team__code__in=codes)
            )
    for name, path in paths.items():
        if name in question.only:
            value = question.only[name]
            if name == "stage" and not (value.isdecimal() and len(value) < 19):
                raise NotAsked("unknown", "only-stage", value)
            rows = rows.filter(**{path: value}) if value else rows.filter(**{f"{path}": None})
    return rows
