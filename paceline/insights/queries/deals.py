"""Facts of deals and of customer feedback, from those that the reader may see."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.utils import timezone

from paceline.crm.models import Deal, Feedback, StageKind
from paceline.insights.asked import NotAsked, Question
from paceline.insights.dimensions import bucket_of
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.facts import Found, add

HOUR = Decimal(3600)


def deal_facts(desk: Desk, question: Question, _facts: Collection[str]) -> Found:
    """Deals won and lost, by the day on which they were closed."""
    rows = Deal.objects.visible_to(desk.reader).filter(
        archived_at__isnull=True,
        closed_on__gte=question.span.starts_on,
        closed_on__lt=question.span.ends_before,
        stage__kind__in=[StageKind.WON, StageKind.LOST],
    )
    rows = _only(desk, question, rows, {
        "person": "owner__number", "pipeline": "pipeline__name", "origin": "source",
        "currency": "currency",
    })  # fmt: skip
    keys = {
        "team": "team__code", "person": "owner__number", "pipeline": "pipeline__name",
        "origin": "source", "currency": "currency",
    }  # fmt: skip
    path = keys.get(question.split, "pk")
    target = desk.currency(question.currency)
    found: Found = {}
    values = rows.order_by().values_list("closed_on", "stage__kind", "amount", "currency", path)
    for closed_on, kind, amount, currency, key in values:
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


def feedback_facts(desk: Desk, question: Question, _facts: Collection[str]) -> Found:
    """What customers said, and how long it took to settle it."""
    zone = timezone.get_current_timezone()
    rows = Feedback.objects.visible_to(desk.reader).filter(
        at__gte=datetime.combine(question.span.starts_on, time(), zone),
        at__lt=datetime.combine(question.span.ends_before, time(), zone),
    )
    rows = _only(desk, question, rows, {"kind": "kind", "severity": "severity"})
    found: Found = {}
    values = rows.order_by().values_list(
        "at", "settled_at", "kind", "severity", "deal__team__code", "contact__team__code",
        "company__team__code", "lead__team__code",
    )  # fmt: skip
    for at, settled_at, kind, severity, *teams in values:
        day = at.astimezone(zone).date()
        keys = {"kind": kind, "severity": severity, "team": next(filter(None, teams), "")}
        bucket = bucket_of(day, question.over) if question.over else None
        place = (bucket, keys.get(question.split))
        add(found, place, "feedback", Decimal(1))
        if settled_at is not None:
            seconds = Decimal(int((settled_at - at).total_seconds()))
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
            rows = rows.filter(**{path: value}) if value else rows.filter(**{f"{path}": None})
    return rows
