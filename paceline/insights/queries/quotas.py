"""Quotas by the day, and what those who have one sold."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from paceline.goals.models import Quota
from paceline.insights.asked import NotAsked, Question
from paceline.insights.dimensions import Span, bucket_after, bucket_of
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.facts import Found, add
from paceline.insights.queries.sales import sales_of

MEASURE = "sales"
STEP = Decimal("0.0001")
RENAMED = {"sold": "holders_sold", "returned": "holders_returned"}


def quota_facts(desk: Desk, question: Question, facts: Collection[str]) -> Found:
    """Quotas that the reader may see, spread over their days, and the sales of their holders."""
    found: Found = {}
    holders: set[str] = set()
    target = desk.currency(question.currency)
    for number, starts_on, ends_before, amount, currency in _asked_for(desk, question):
        rate = desk.rate(currency, starts_on, target)
        if rate is None:
            desk.left_out[currency] += 1
            continue
        holders.add(number)
        whole = Span(starts_on, ends_before)
        for bucket, part in spread(question, whole):
            key = _key(desk, question, number, max(part.starts_on, question.span.starts_on))
            value = share(amount * rate, whole, part)
            add(found, (bucket, key), "quota", value)
            add(found, (bucket, key), "holders_sold", Decimal(0))
    if not set(RENAMED.values()).isdisjoint(facts):
        _add_sales(desk, question, holders, found)
    return found


def holders_of(desk: Desk, question: Question) -> frozenset[str]:
    """Whose sales count: the numbers of those who have a quota in the days."""
    target = desk.currency(question.currency)
    return frozenset(
        number
        for number, starts_on, _ends_before, _amount, currency in _asked_for(desk, question)
        if desk.rate(currency, starts_on, target) is not None
    )


def _asked_for(desk: Desk, question: Question) -> Iterator[tuple[str, date, date, Decimal, str]]:
    """The quotas that the question is about."""
    wanted = _people(desk, question)
    for one in _quotas(desk):
        number, starts_on, ends_before = one[:3]
        if starts_on >= question.span.ends_before or ends_before <= question.span.starts_on:
            continue
        if wanted is not None and number not in wanted:
            continue
        if desk.people_seen is not None and number not in desk.people_seen:
            continue
        yield one


def _quotas(desk: Desk) -> list[tuple[str, date, date, Decimal, str]]:
    """The quotas that the reader may see, read once a page."""
    kept: list[tuple[str, date, date, Decimal, str]] | None = desk.kept.get("quotas")
    if kept is None:
        rows = Quota.objects.visible_to(desk.reader).standing()
        kept = list(
            rows.filter(person__isnull=False, measure=MEASURE).values_list(
                "person__number", "starts_on", "ends_before", "amount", "currency"
            )
        )
        desk.kept["quotas"] = kept
    return kept


def share(amount: Decimal, whole: Span, part: Span) -> Decimal:
    """What falls on some days of a quota; the parts of all its days sum to it exactly."""

    def until(day: date) -> Decimal:
        return (amount * (day - whole.starts_on).days / whole.days).quantize(STEP)

    return until(part.ends_before) - until(part.starts_on)


def _people(desk: Desk, question: Question) -> frozenset[str] | None:
    team, person = question.only.get("team"), question.only.get("person")
    if team is not None and not desk.teams_below(team):
        raise NotAsked("team_gone", "only-team", team)
    members = None if team is None else desk.members_of(desk.teams_below(team), question.span)
    if person is None:
        return members
    return frozenset({person}) if members is None else members & {person}


def spread(question: Question, whole: Span) -> list[tuple[date | None, Span]]:
    """The days of a quota that are asked for, bucket by bucket."""
    starts_on = max(whole.starts_on, question.span.starts_on)
    end = min(whole.ends_before, question.span.ends_before)
    if not question.over:
        return [(None, Span(starts_on, end))]
    found: list[tuple[date | None, Span]] = []
    while starts_on < end:
        after = min(bucket_after(starts_on, question.over), end)
        found.append((bucket_of(starts_on, question.over), Span(starts_on, after)))
        starts_on = after
    return found


def _key(desk: Desk, question: Question, number: str, day: date) -> str | None:
    if question.split == "person":
        return number
    return desk.team_on(number, day) if question.split == "team" else None


def _add_sales(desk: Desk, question: Question, holders: Collection[str], found: Found) -> None:
    """What the holders sold, and nobody else."""
    if not holders:
        return
    # A team's sales are those of its holders on the day when the bucket begins, as its quotas are.
    asked = replace(question, split="person") if question.split else question
    for (bucket, number), sums in sales_of(desk, asked, ["sold", "returned"], holders).items():
        day = max(bucket or question.span.starts_on, question.span.starts_on)
        place = (bucket, _key(desk, question, str(number), day))
        for fact, value in sums.items():
            add(found, place, RENAMED[fact], value)
