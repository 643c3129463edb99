"""What the sources say about goals: whose facts count, on which days, in which currency."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from paceline.goals import measures
from paceline.goals.measures import RECORDS_MAX, Fact, People, Record, Source
from paceline.goals.models import Goal, Level, Unit
from paceline.goals.models.goals import TYPED
from paceline.orders.models import ExchangeRate
from paceline.org.models import Person, Team, TeamMembership

ONE_DAY = timedelta(days=1)
PLACES = Decimal("0.0001")
RATE_DAYS = 366  # a rate older than a year says nothing about today
ALONE_MAX = 20  # so few people are named to the source, instead of asking for everybody

NO_SOURCE, NOTHING_YET, NO_RATE, NO_OWNER = "no_source", "nothing_yet", "no_rate", "no_owner"


@dataclass(frozen=True, slots=True)
class Read:
    """What a source says of a goal as of a day; without a value, ``problem`` says why."""

    value: Decimal | None
    problem: str = ""


class RateMissing(Exception):
    """No rate is known between two currencies on or before a day."""


def read(goals: Sequence[Goal], as_of: date) -> dict[int, Read]:
    """The value of each goal that is measured by a source, as of the end of a day.

    Facts are asked for once a source and range of days. Needs ``goal.period``.
    """
    wanted = [goal for goal in goals if goal.measure != TYPED]
    known = measures.known({goal.measure for goal in wanted})
    found = {goal.pk: Read(None, NO_SOURCE) for goal in wanted if goal.measure not in known}
    groups: dict[tuple[str, date, date], list[Goal]] = defaultdict(list)
    for goal in wanted:
        if goal.measure in known:
            before = min(goal.period.end, as_of + ONE_DAY)
            groups[goal.measure, goal.period.starts_on, before].append(goal)
    people = _Members() if wanted else None
    rates = _Rates()
    for (key, first, before), members in groups.items():
        if before <= first:
            found |= {goal.pk: Read(None, NOTHING_YET) for goal in members}
            continue
        assert people is not None  # noqa: S101 - there are goals
        facts = _Facts(known[key], first, before, people, _named(members))
        found |= {goal.pk: facts.read(goal, rates) for goal in members}
    return found


def _named(goals: Iterable[Goal]) -> set[int] | None:
    """The owners, when a few personal goals are all that is asked for."""
    owners: set[int] = set()
    for goal in goals:
        if goal.level != Level.PERSON:
            return None
        owners |= {goal.owner_id} if goal.owner_id else set()
    return owners if len(owners) <= ALONE_MAX else None


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind a goal's figure: records that the reader sees, and how many others."""

    seen: list[Record]
    hidden: int
    is_cut: bool


def behind(
    goal: Goal, source: Source, reader: Person, as_of: date, most: int = RECORDS_MAX
) -> Behind:
    """The newest records behind the figure of a goal, as of the end of a day.

    They are told apart by people and days as the figure itself is. Needs ``goal.period``.
    """
    first, before = goal.period.starts_on, min(goal.period.end, as_of + ONE_DAY)
    people: People = None
    days: dict[int, list[tuple[date, date | None]]] | None = None
    if goal.level == Level.PERSON:
        people = {goal.owner_id} if goal.owner_id else set()
    elif goal.team_id is not None:
        days = _Members().days_in(goal.team_id)
        people = set(days)
    if source.records is None or before <= first or people == set():
        return Behind([], 0, is_cut=False)
    found = list(source.records(reader, first, before, people, most))
    ours = [
        one
        for one in found
        if days is None or (one.person_id in days and _is_within(one.on, days[one.person_id]))
    ]
    seen = [one for one in ours if one.is_seen]
    return Behind(seen, len(ours) - len(seen), is_cut=len(found) >= most)


def _is_within(on: date, days: Iterable[tuple[date, date | None]]) -> bool:
    return any(first <= on and (end is None or on < end) for first, end in days)


class _Members:
    """Who belongs to a team or one below it on which days; two queries, asked when needed."""

    def __init__(self) -> None:
        self._rows: dict[int, list[tuple[int, date, date | None]]] | None = None
        self._below: dict[int | None, list[int]] = defaultdict(list)

    def days_in(self, team_id: int) -> dict[int, list[tuple[date, date | None]]]:
        if self._rows is None:
            self._rows = defaultdict(list)
            members = TeamMembership.objects.order_by("starts_on")
            for team, person, first, before in members.values_list(
                "team_id", "person_id", "starts_on", "ends_before"
            ):
                self._rows[team].append((person, first, before))
            for pk, parent in Team.objects.values_list("pk", "parent_id"):
                self._below[parent].append(pk)
        found: dict[int, list[tuple[date, date | None]]] = defaultdict(list)
        waiting = [team_id]
        while waiting:
            team = waiting.pop()
            waiting += self._below[team]
            for person, first, before in self._rows[team]:
                found[person].append((first, before))
        return found


class _Facts:
    """The facts of a source and of some days, and what they make for a goal."""

    def __init__(
        self, source: Source, first: date, before: date, people: _Members, named: set[int] | None
    ) -> None:
        self._source, self._people = source, people
        self._by_person: dict[int | None, list[Fact]] = defaultdict(list)
        self._made: dict[tuple[str, int | None, str], Read] = {}
        for fact in source.daily(first, before, named):
            self._by_person[fact.person_id].append(fact)

    def read(self, goal: Goal, rates: _Rates) -> Read:
        whose = goal.owner_id if goal.level == Level.PERSON else goal.team_id
        if goal.level == Level.PERSON and whose is None:
            return Read(None, NO_OWNER)
        key = (goal.level, whose, goal.currency)
        if key not in self._made:
            self._made[key] = self._sum(self._facts_of(goal), goal, rates)
        return self._made[key]

    def _facts_of(self, goal: Goal) -> list[Fact]:
        if goal.level == Level.PERSON:
            return self._by_person[goal.owner_id]
        if goal.team_id is None:
            return [fact for facts in self._by_person.values() for fact in facts]
        found = []
        for person, days in self._people.days_in(goal.team_id).items():
            found += [fact for fact in self._by_person.get(person, ()) if _is_within(fact.on, days)]
        return found

    def _sum(self, facts: list[Fact], goal: Goal, rates: _Rates) -> Read:
        source = self._source
        if source.unit != goal.unit:
            return Read(None, NO_SOURCE)
        # A rate of money by money needs one currency, whichever all others can be brought to.
        for currency in [goal.currency] if goal.currency else _usual_currencies(facts):
            try:
                sums = self._in_currency(facts, currency, rates)
            except RateMissing:
                continue
            value = source.value(sums)
            if value is None:
                return Read(None, NOTHING_YET)
            return Read(value.quantize(PLACES, rounding=ROUND_HALF_UP))
        return Read(None, NO_RATE)

    def _in_currency(self, facts: list[Fact], currency: str, rates: _Rates) -> list[Decimal]:
        """The sums of the parts; money in one currency. Raises ``RateMissing``."""
        sums = [Decimal(0)] * self._source.parts
        for fact in facts:
            for place, part in enumerate(fact.parts):
                is_money = place in self._source.money and fact.currency
                rate = rates.on(fact.currency, currency, fact.on) if is_money else 1
                sums[place] += part * rate
        return sums


def _usual_currencies(facts: Iterable[Fact]) -> list[str]:
    """The currencies that facts are in, the one of most facts first."""
    counted = Counter(fact.currency for fact in facts if fact.currency)
    return sorted(counted, key=lambda one: (-counted[one], one)) or [""]


class _Rates:
    """Exchange rates by day: the last that is known on or before it. One query a pair."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[str, str], list[tuple[date, Decimal]]] = {}
        self._found: dict[tuple[str, str, date], Decimal] = {}

    def on(self, source: str, target: str, day: date) -> Decimal:
        """Raises ``RateMissing``."""
        if source == target:
            return Decimal(1)
        key = (source, target, day)
        if key not in self._found:
            self._found[key] = self._last(source, target, day)
        return self._found[key]

    def _last(self, source: str, target: str, day: date) -> Decimal:
        rows = self._pairs.get((source, target))
        if rows is None:
            pair: Any = ExchangeRate.objects.filter(from_currency=source, to_currency=target)
            found = pair.filter(rate_type="average").order_by("on").values_list("on", "rate")
            rows = self._pairs[source, target] = list(found)
        place = bisect_right(rows, day, key=lambda row: row[0]) - 1
        if place < 0 or (day - rows[place][0]).days > RATE_DAYS:
            raise RateMissing(f"{source}/{target} {day}")
        return rows[place][1]


def converter(on: date) -> Callable[[Decimal, str, str], Decimal | None]:
    """Amounts of one currency in another, to the hundredth, by the last rate known on a day; None
    where there is none. One query for all currencies, once one is asked for."""

    @cache
    def rates() -> dict[tuple[str, str], Decimal]:
        known = ExchangeRate.objects.filter(
            rate_type="average", on__lte=on, on__gte=on - timedelta(days=RATE_DAYS)
        )
        pairs = ("from_currency", "to_currency")
        latest = known.order_by(*pairs, "-on").distinct(*pairs)
        return {
            (source, target): rate for source, target, rate in latest.values_list(*pairs, "rate")
        }

    def convert(amount: Decimal, source: str, target: str) -> Decimal | None:
        rate = Decimal(1) if source == target else rates().get((source, target))
        if rate is None:
            return None
        return (amount * rate).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)

    return convert


def unit_of(measure: str) -> Unit | None:
    """The unit that a measure prescribes; None where the goal says its own."""
    source = measures.find(measure)
    return None if source is None else source.unit
