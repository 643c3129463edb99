"""Many keys over many days: the largest are told one by one, all others together.

Hundreds of people or products on hundreds of days are more rows than anybody reads, and to bring
them out of the files takes many times as long as to sum them. So the largest are found first,
without days; then they alone are asked for by day, and the others as one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from paceline.insights.asked import Question
from paceline.insights.dimensions import buckets
from paceline.insights.measures import SALES
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.facts import Found
from paceline.insights.queries.sales import part_facts, sales_facts, size_of

# Over fewer steps of time everything is asked at once. Of many keys at least so many are told.
STEPS_MANY, KEYS_LEAST = 60, 5


@dataclass(frozen=True, slots=True)
class Largest:
    """The keys that are told one by one, and how many others there are."""

    keys: tuple[str, ...]
    others: int


def keys_told(most: int, steps: int) -> int:
    """Of how many keys all steps of time are told in so many rows, or in a few more."""
    return max(KEYS_LEAST, most // steps)


def largest(desk: Desk, question: Question, most: int) -> Largest | None:
    """Which keys are told where they would be more than ``most`` rows; ``None`` where everything
    may be asked at once. A share is as large as what it is a share of."""
    if question.split in {"", "customer"} or question.measure.sources != (SALES,):
        return None
    steps = len(buckets(question.span, question.over)) if question.over else 0
    if steps <= STEPS_MANY:
        return None
    signs = size_of(question)
    left_out = desk.left_out.copy()  # the same lines, which the question itself counts
    facts = sales_facts(desk, replace(question, over=""), signs)
    desk.left_out = left_out
    if len(facts) * steps <= most:
        return None
    sizes = {
        key or "": sum((one[fact] * sign for fact, sign in signs.items()), Decimal(0))
        for (_bucket, key), one in facts.items()
    }
    ordered = sorted(sizes, key=lambda key: (-sizes[key], key))
    few = keys_told(most, steps)
    return Largest(tuple(ordered[:few]), len(ordered) - few) if len(ordered) > few else None


def facts_by_key(desk: Desk, question: Question, told: Largest) -> tuple[Found, Found]:
    """The facts of the largest by bucket and key, and of all others by bucket, under no key."""
    facts = question.measure.facts
    shown = part_facts(desk, question, facts, told.keys)
    left_out = desk.left_out.copy()
    others = part_facts(desk, question, facts, told.keys, others=True)
    desk.left_out = left_out
    return shown, others
