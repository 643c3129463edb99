"""Facts of order lines and of customers, from the files of sums, as far as the reader may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from paceline.insights import cubes
from paceline.insights.asked import NotAsked, Question
from paceline.insights.cubes import Narrowed
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.facts import Found

# A member reads the total of their team where at least so many belong to it, by a week or longer.
TEAM_MIN, DAYS_MIN = 5, 7
COLUMNS = ("person", "channel", "category", "product", "territory", "customer", "currency")
CUSTOMERS_MOST = 1000


def sales_facts(
    desk: Desk,
    question: Question,
    facts: Collection[str],
    among: Collection[str] | None = None,
) -> Found:
    """Sums of order lines; of many customers the largest, or those whom ``among`` names."""
    customers = None if among is None else [one or None for one in among]
    outcome = cubes.ask(
        desk.lines,
        sorted(facts),
        replace(narrowed(desk, question), customers=customers),
        desk.rates(desk.currency(question.currency)),
        over=question.over,
        by=question.splits,
        most=CUSTOMERS_MOST if question.split == "customer" and among is None else None,
        size={fact: sign for fact, sign in size_of(question).items() if fact in facts},
    )
    desk.left_out.update(outcome.without_rate)
    return {
        (row[0], key_of(row[1]) if question.split else None): sums
        for row, sums in outcome.sums.items()
    }


def size_of(question: Question) -> Mapping[str, int]:
    """What says how large a key is: the measure, or what it is a share of; facts by their signs."""
    return question.measure.below or question.measure.above


def part_facts(
    desk: Desk,
    question: Question,
    facts: Collection[str],
    keys: Collection[str],
    *,
    others: bool = False,
) -> Found:
    """Sums of the lines of some keys of what the question is split by, which is not customers;
    with ``others`` of all but those, together under no key."""
    outcome = cubes.ask_some(
        desk.lines,
        sorted(facts),
        narrowed(desk, question),
        desk.rates(desk.currency(question.currency)),
        [one or None for one in keys],
        over=question.over,
        by=question.split,
        others=others,
    )
    desk.left_out.update(outcome.without_rate)
    return {
        (row[0], None if others else key_of(row[1])): sums for row, sums in outcome.sums.items()
    }


def sales_of(
    desk: Desk, question: Question, facts: Collection[str], people: Collection[str]
) -> Found:
    """Sums of the order lines of some people, as far as the reader may see each of theirs."""
    one_by_one = narrowed(desk, replace(question, split="person"))
    outcome = cubes.ask(
        desk.lines,
        sorted(facts),
        replace(one_by_one, people=people),
        desk.rates(desk.currency(question.currency)),
        over=question.over,
        by=question.splits,
    )
    desk.left_out.update(outcome.without_rate)
    return {
        (row[0], key_of(row[1]) if question.split else None): sums
        for row, sums in outcome.sums.items()
    }


def shows_all(question: Question, found: Found) -> bool:
    """Whether there are no more customers than the largest that were found."""
    days = Narrowed(question.span.starts_on, question.span.ends_before)
    return len({key for _bucket, key in found}) < cubes.keys_at_most(
        CUSTOMERS_MOST, days, question.over
    )


def customer_facts(desk: Desk, question: Question, _facts: Collection[str]) -> Found:
    """Counts of customers."""
    rows = cubes.count_customers(
        desk.lines, narrowed(desk, question), over=question.over, by=question.splits
    )
    return {
        (row[0], key_of(row[1]) if question.split else None): counts for row, counts in rows.items()
    }


def key_of(value: str | None) -> str:
    return value or ""


def narrowed(desk: Desk, question: Question) -> Narrowed:
    """Which lines the question is about, for this reader. Raises ``NotAsked``."""
    team = question.only.get("team")
    teams = None
    if team is not None:
        teams = desk.teams_below(team)
        if not teams:
            raise NotAsked("team_gone", "only-team", team)
    reach = desk.reach
    if reach is not None and team is not None and may_read_total(desk, question, team):
        reach = None
    return Narrowed(
        question.span.starts_on,
        question.span.ends_before,
        only={name: value or None for name, value in question.only.items() if name in COLUMNS},
        teams=teams,
        reach=reach,
    )


def may_read_total(desk: Desk, question: Question, team: str) -> bool:
    """Whether the reader may see what their own team sold as a whole: undivided, by weeks or
    longer, and only where at least five belong to it, so that nobody's sales can be told."""
    if question.split or set(question.only) != {"team"}:
        return False
    if question.over == "day" or question.span.days < DAYS_MIN:
        return False
    if team not in desk.own_teams:
        return False
    return len(desk.members_of([team], question.span)) >= TEAM_MIN
