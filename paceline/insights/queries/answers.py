"""Answers: the values of a measure by time and split, beside those they are compared with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from paceline.crm import access as crm
from paceline.insights import access
from paceline.insights.asked import NotAsked, Question
from paceline.insights.dimensions import buckets
from paceline.insights.measures import (
    CUSTOMERS,
    DEALS,
    FEEDBACK,
    MOVES,
    PAY,
    QUOTAS,
    REPLIES,
    SALES,
    SOURCE_OF,
    Measure,
)
from paceline.insights.queries.deals import deal_facts, feedback_facts, move_facts
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.facts import Found, Place, together
from paceline.insights.queries.largest import Largest, facts_by_key, keys_told, largest
from paceline.insights.queries.pay import pay_facts
from paceline.insights.queries.quotas import quota_facts
from paceline.insights.queries.replies import reply_facts
from paceline.insights.queries.sales import customer_facts, sales_facts, shows_all
from paceline.leads import access as leads
from paceline.org.models import Person

Source = Callable[[Desk, Question, Collection[str]], Found]
_SOURCES: dict[str, Source] = {
    SALES: sales_facts,
    CUSTOMERS: customer_facts,
    QUOTAS: quota_facts,
    PAY: pay_facts,
    DEALS: deal_facts,
    MOVES: move_facts,
    FEEDBACK: feedback_facts,
    REPLIES: reply_facts,
}
# Rows on a page and for programs; in a file, which is taken along whole.
ROWS_MAX, FILE_ROWS_MAX = 1000, 200_000


@dataclass(frozen=True, slots=True)
class Row:
    """A value at a bucket and key; ``None`` where it is a share of nothing."""

    bucket: date | None
    key: str | None
    value: Decimal | None
    before: Decimal | None = None

    @property
    def change(self) -> Decimal | None:
        if self.value is None or self.before is None:
            return None
        return self.value - self.before


@dataclass(frozen=True, slots=True)
class Rest:
    """So many keys that have no rows of their own, and what they come to in each bucket; nothing
    where parts do not add up."""

    count: int
    values: dict[date | None, Decimal]


@dataclass(frozen=True, slots=True)
class Answer:
    """``rows`` by bucket and by size; ``total`` is of the whole question, not of what is shown.

    ``left_out`` counts lines without a rate by currency, ``withheld`` says that small groups are
    not shown, ``cut_off`` that there are more rows than these, and ``rest`` what those come to.
    """

    question: Question
    currency: str
    rows: list[Row]
    total: Row
    left_out: dict[str, int] = field(default_factory=dict)
    withheld: bool = False
    cut_off: bool = False
    rest: Rest | None = None

    @property
    def is_empty(self) -> bool:
        return not self.rows or all(not row.value and not row.before for row in self.rows)


class MeasureForbidden(Exception):
    """The reader may not read this measure."""


def may_read_measure(person: Person, measure: Measure) -> bool:
    """Whether the person reads figures of every source that the measure is made of."""
    rights = {
        SALES: access.may_read(person),
        CUSTOMERS: access.may_read(person),
        QUOTAS: access.may_read(person),
        PAY: access.may_read(person),
        DEALS: crm.may_read_customers(person)
        or (crm.may_read_deals(person) and "lost" not in measure.facts),
        MOVES: crm.may_read_customers(person),
        FEEDBACK: crm.may_read_customers(person),
        REPLIES: leads.may_read_inquiries(person),
    }
    return all(rights[source] for source in measure.sources)


def answer(desk: Desk, question: Question, *, most: int | None = None) -> Answer:
    """``most`` rows at most, ``ROWS_MAX`` unless it says otherwise; but of at least some keys all
    days. Raises ``MeasureForbidden`` and ``NotAsked``."""
    if not may_read_measure(desk.reader, question.measure):
        raise MeasureForbidden(question.measure.key)
    _check_pay(question)
    desk.left_out.clear()
    desk.withheld = False
    most = ROWS_MAX if most is None else most
    told = largest(desk, question, most)
    found, others = _told(desk, question, told)
    other = question.compared
    earlier: Found = {}
    others_before: Found = {}
    if other is not None and told is not None:
        earlier, others_before = facts_by_key(desk, other, told)
    elif other is not None:
        earlier = _earlier(desk, question, other, found)
    values = _values(question, found)
    before = {} if other is None else _beside(question, other, earlier)
    rows = [
        Row(bucket, key, values.get((bucket, key)), before.get((bucket, key)))
        for bucket, key in {**values, **before}
    ]
    rows.sort(key=lambda row: (row.bucket or date.min, -(row.value or 0), row.key or ""))
    kept = rows if told else _kept(question, rows, most)
    total = _total(desk, question, {**found, **others}, {**earlier, **others_before})
    return Answer(
        question,
        desk.currency(question.currency),
        kept,
        total,
        dict(desk.left_out),
        desk.withheld,
        told is not None or len(rows) > len(kept),
        _rest(question, rows, kept) if told is None else _rest_of(question, told, others),
    )


def _told(desk: Desk, question: Question, told: Largest | None) -> tuple[Found, Found]:
    """What is told one by one, and the others together."""
    return (facts_of(desk, question), {}) if told is None else facts_by_key(desk, question, told)


def _kept(question: Question, rows: list[Row], most: int) -> list[Row]:
    """What is shown of many rows: the largest; over time the largest keys with all their days."""
    if len(rows) <= most or not (question.over and question.split):
        return rows[:most]
    sizes: Counter[str | None] = Counter()
    for row in rows:
        sizes[row.key] += row.value or Decimal(0)  # type: ignore[assignment]
    few = keys_told(most, len(_starts(question)))
    told = set(sorted(sizes, key=lambda key: (-sizes[key], key or ""))[:few])
    return [row for row in rows if row.key in told]


def _rest(question: Question, rows: list[Row], kept: list[Row]) -> Rest | None:
    """What is not among the rows shown, bucket by bucket."""
    if len(rows) == len(kept) or not question.split:
        return None
    shown = {row.key for row in kept}
    others = {row.key for row in rows} - shown
    if not question.measure.adds_up:
        return Rest(len(others), {})
    values: dict[date | None, Decimal] = {}
    for row in rows:
        if row.key in others:
            values[row.bucket] = values.get(row.bucket, Decimal(0)) + (row.value or 0)
    return Rest(len(others), values)


def _rest_of(question: Question, told: Largest, others: Found) -> Rest:
    values = _values(question, others) if question.measure.adds_up else {}
    return Rest(told.others, {bucket: value or Decimal(0) for (bucket, _), value in values.items()})


def _check_pay(question: Question) -> None:
    """Pay is known by pay period, never by the day or week."""
    if PAY not in question.measure.sources:
        return
    if question.over in {"day", "week"}:
        raise NotAsked("pay_too_fine", "over", question.over)


def _values(question: Question, found: Found) -> dict[Place, Decimal | None]:
    return {place: question.measure.of(facts) for place, facts in found.items()}


def facts_of(desk: Desk, question: Question) -> Found:
    """The facts of the question's measure, source by source."""
    wanted: dict[str, set[str]] = {}
    for fact in question.measure.facts:
        wanted.setdefault(SOURCE_OF[fact], set()).add(fact)
    return together(
        _SOURCES[source](desk, question, wanted[source]) for source in question.measure.sources
    )


def _earlier(desk: Desk, question: Question, other: Question, found: Found) -> Found:
    """The facts of the days compared with. Of many customers those who are shown are asked for,
    whether they were among the largest then or not; where all are shown, the largest then too."""
    if question.split != "customer":
        return facts_of(desk, other)
    shown = {key for _bucket, key in found if key is not None}
    earlier = sales_facts(desk, other, question.measure.facts, shown) if shown else {}
    if shows_all(question, found):
        left_out = desk.left_out.copy()
        earlier = {**facts_of(desk, other), **earlier}
        desk.left_out = left_out
    return earlier


def _beside(question: Question, other: Question, found: Found) -> dict[Place, Decimal | None]:
    """The values of the days compared with, each at the bucket beside which it stands."""
    values = _values(other, found)
    if not question.over:
        return values
    beside = dict(zip(_starts(other), _starts(question), strict=False))
    return {
        (beside[bucket], key): value
        for (bucket, key), value in values.items()
        if bucket is not None and bucket in beside
    }


def _starts(question: Question) -> list[date]:
    return buckets(question.span, question.over)


def _total(desk: Desk, question: Question, found: Found, earlier: Found) -> Row:
    """Of the whole question: facts added where they add up, else asked again undivided."""
    other = question.compared
    if not _adds_up(desk, question):
        left_out = desk.left_out.copy()  # the same lines, which were counted already
        found = facts_of(desk, replace(question, over="", split=""))
        if other is not None:
            earlier = facts_of(desk, replace(other, over="", split=""))
        desk.left_out = left_out
    of = question.measure.of(_folded(found))
    return Row(None, None, of, question.measure.of(_folded(earlier)) if other else None)


def totals(desk: Desk, question: Question, measures: Iterable[Measure]) -> dict[str, Row]:
    """Several measures of the days and lines of one question, undivided, by their keys: each source
    is asked once for all that they are made of. What the reader may not read is not among them.
    Raises ``NotAsked``."""
    known = {one.key: one for one in measures if may_read_measure(desk.reader, one)}
    wanted: dict[str, set[str]] = {}
    for one in known.values():
        for fact in one.facts:
            wanted.setdefault(SOURCE_OF[fact], set()).add(fact)
    whole = replace(question, over="", split="")
    other = whole.compared

    def summed(asked: Question) -> dict[str, Decimal]:
        found = (_SOURCES[source](desk, asked, facts) for source, facts in wanted.items())
        return _folded(together(found))

    now, before = summed(whole), {} if other is None else summed(other)
    return {
        key: Row(None, None, one.of(now), one.of(before) if other else None)
        for key, one in known.items()
    }


def _adds_up(desk: Desk, question: Question) -> bool:
    """Customers and orders may be in several parts; not all customers are shown; and what is
    withheld is part of the whole."""
    if not question.over and not question.split:
        return True
    parts = {"product", "category"} if "orders" in question.measure.facts else set()
    return (
        CUSTOMERS not in question.measure.sources
        and question.split not in {"customer", *parts}
        and not desk.withheld
    )


def _folded(found: Found) -> dict[str, Decimal]:
    facts: dict[str, Decimal] = {}
    for one in found.values():
        for fact, value in one.items():
            facts[fact] = facts.get(fact, Decimal(0)) + value
    return facts
