"""The calendar of a plan: months from a month on, or years of whole weeks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from paceline.engine.calendars import (
    JANUARY,
    MONTHS,
    PATTERNS,
    RULES,
    WEEKDAYS,
    Calendar,
    MonthYear,
    Rule,
    WeekYear,
)
from paceline.engine.plan.clauses import Clause, Unreadable
from paceline.engine.plan.model import Component
from paceline.engine.plan.policies import Policies

CALENDAR_KEYS = ("year_starts", "fiscal_weeks")
WEEK_CHOICES: dict[str, tuple[str, ...]] = {
    "pattern": tuple(PATTERNS),
    "year_ends/weekday": WEEKDAYS,
    "year_ends/rule": RULES,
    "year_ends/month": MONTHS,
}
_MEANING = {
    "pattern": "how many weeks the three months of each quarter have",
    "year_ends/weekday": "the day of the week on which years end",
    "year_ends/rule": "the last such day of the month, or the one nearest to the month's end",
    "year_ends/month": "the month at the end of which years end",
}


def read_calendar(root: Clause) -> Calendar:
    """What the head of a plan says of its years; nothing is the calendar's own."""
    if all(root.has(key) for key in CALENDAR_KEYS):
        root.child("fiscal_weeks").refuse(
            "calendar_stated_twice",
            "a year begins with a month (year_starts) or consists of weeks (fiscal_weeks): state"
            " one of them",
        )
    if root.has("fiscal_weeks"):
        return _weeks(root.child("fiscal_weeks"))
    return _months(root.child("year_starts")) if root.has("year_starts") else JANUARY


def check_calendar(
    root: Clause, calendar: Calendar, stated: Policies | None, parts: Iterable[Component]
) -> None:
    """A year of weeks has no half-months."""
    if not isinstance(calendar, WeekYear):
        return
    places = []
    if stated is not None and stated.accumulation == "half-month":
        places.append(root.child("policies").child("accumulation"))
    whole = root.child("components")
    halves = {part.id for part in parts if part.accumulation == "half-month"}
    places += [
        part.child("accumulation")
        for _, part in whole.members()
        if part.path.rpartition("/")[2] in halves
    ]
    for place in places:
        place.refuse(
            "weeks_have_no_half_months",
            "a year of weeks has no half-months; choose day, week or month",
        )


def _months(clause: Clause) -> MonthYear:
    """The day on which the plan's year starts, written as 04-01; a first of a month."""
    text = clause.scalar()
    month, _, day = text.partition("-")
    if not (month.isascii() and month.isdigit() and len(month) == 2 and day == "01") or not (
        1 <= int(month) <= 12
    ):
        raise clause.refuse(
            "year_start_malformed",
            f"{text[:20]} is no first day of a month; write it as 04-01",
            value=text[:20],
        )
    return MonthYear(int(month))


def _weeks(clause: Clause) -> WeekYear:
    """`{pattern: 4-4-5, year_ends: {weekday: saturday, rule: last, month: january}}`"""
    clause.keys([], ["pattern", "year_ends"])
    if clause.has("year_ends"):
        clause.child("year_ends").keys([], ["weekday", "rule", "month"])
    found = {place: _choice(clause, place) for place in WEEK_CHOICES}
    if None in found.values():
        raise Unreadable
    return WeekYear(
        PATTERNS[str(found["pattern"])],
        WEEKDAYS.index(str(found["year_ends/weekday"])),
        cast("Rule", found["year_ends/rule"]),
        MONTHS.index(str(found["year_ends/month"])) + 1,
    )


def _choice(clause: Clause, place: str) -> str | None:
    """A word of the clause; None, and noted, where it is left out or wrong."""
    holder, _, key = place.rpartition("/")
    inner = clause.child(holder) if holder and clause.has(holder) else clause
    choices = WEEK_CHOICES[place]
    if not inner.has(key) or (holder and inner is clause):
        clause.refuse(
            "policy_missing",
            f"the policy fiscal_weeks/{place} is not stated ({_MEANING[place]}); choose "
            + ", ".join(choices),
            policy=f"fiscal_weeks/{place}",
            choices=", ".join(choices),
        )
        return None
    try:
        return inner.child(key).choice(choices)
    except Unreadable:
        return None


__all__ = ["CALENDAR_KEYS", "WEEK_CHOICES", "check_calendar", "read_calendar"]
