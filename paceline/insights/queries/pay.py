"""Facts of released statements; of people whose statements the reader may not open, only sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef

from paceline.incentives.models import Statement
from paceline.insights import access
from paceline.insights.asked import NotAsked, Question
from paceline.insights.dimensions import bucket_of
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.facts import Found, Place, add

GROUP_MIN = 5


def pay_facts(desk: Desk, question: Question, _facts: Collection[str]) -> Found:
    """Credited and earned of the pay periods that lie wholly in the days.

    Somebody who reads sums only is shown no group of fewer than five payees, nor the smallest other
    group where one alone was withheld: the rest would tell it.
    """
    found: Found = {}
    payees: dict[Place, set[str]] = defaultdict(set)
    readable: dict[Place, bool] = defaultdict(lambda: True)
    target = desk.currency(question.currency)
    for number, period, currency, credited, earned, is_readable in _rows(desk, question):
        last = period[1] - timedelta(days=1)
        key = _key(desk, question, number, last, currency)
        place = (bucket_of(last, question.over) if question.over else None, key)
        rate = desk.rate(currency, last, target)
        if rate is None:
            desk.left_out[currency] += 1
            continue
        payees[place].add(number)
        readable[place] = readable[place] and is_readable
        add(found, place, "credited", credited * rate)
        add(found, place, "earned", earned * rate)
    for place in withheld(payees, readable):
        desk.withheld = True
        del found[place]
    return found


def _rows(
    desk: Desk, question: Question
) -> list[tuple[str, tuple[date, date], str, Decimal, Decimal, bool]]:
    """Number, days of the period, currency, credited, earned, whether its reader may open it."""
    released = Statement.objects.filter(
        release__isnull=False,
        period__starts_on__gte=question.span.starts_on,
        period__ends_before__lte=question.span.ends_before,
    )
    visible = Statement.objects.visible_to(desk.reader)
    sums_too = access.may_read_sums_of_pay(desk.reader)
    rows: Any = released if sums_too else released.visible_to(desk.reader)
    rows = rows.annotate(is_seen=Exists(visible.filter(pk=OuterRef("pk"))))
    team = question.only.get("team")
    if team is not None and not desk.teams_below(team):
        raise NotAsked("team_gone", "only-team", team)
    members = None if team is None else desk.members_of(desk.teams_below(team), question.span)
    if "person" in question.only:
        rows = rows.filter(payee__number=question.only["person"])
    if "currency" in question.only:
        rows = rows.filter(currency=question.only["currency"])
    values = rows.values_list(
        "is_seen", "payee__number", "period__starts_on", "period__ends_before", "currency",
        "credited", "earned",
    )  # fmt: skip
    return [
        (number, (first, end), currency, credited, earned, is_seen)
        for is_seen, number, first, end, currency, credited, earned in values
        if members is None or number in members
    ]


def _key(desk: Desk, question: Question, number: str, day: date, currency: str) -> str | None:
    if question.split == "person":
        return number
    if question.split == "currency":
        return currency
    return desk.team_on(number, day) if question.split == "team" else None


def withheld(payees: dict[Place, set[str]], readable: dict[Place, bool]) -> set[Place]:
    """The places whose sums would tell what somebody earned."""
    found: set[Place] = set()
    for bucket in {place[0] for place in payees}:
        here = [place for place in payees if place[0] == bucket and not readable[place]]
        small = {place for place in here if len(payees[place]) < GROUP_MIN}
        others = sorted(
            (place for place in here if place not in small),
            key=lambda place: (len(payees[place]), str(place[1])),
        )
        together = set().union(*(payees[place] for place in small)) if small else set()
        if small and len(together) < GROUP_MIN and others:
            small.add(others[0])
        found |= small
    return found
