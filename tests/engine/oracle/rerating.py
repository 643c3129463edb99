"""What a period would have earned without what came back (S9 of docs/settlement.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan

from .days import Row, Rows
from .numbers import ZERO, half_up
from .run import Oracle


@dataclass(frozen=True)
class Back:
    """What came back of a line, as a positive amount."""

    event: str
    line: str
    amount: Decimal


Rated = dict[tuple[str, str], tuple[Decimal, Decimal]]  # event, component: before and after it


def rerated(plan: Plan, rows: Rows, period: Period, payee: str, events: Sequence[Back]) -> Rated:
    """What the payee's components earn before and after each event, one after the other."""
    found: Rated = {}
    before = _earned(plan, rows, period, payee)
    for one in events:
        rows = without(rows, one)
        after = _earned(plan, rows, period, payee)
        found |= {(one.event, name): (before[name], after[name]) for name in before}
        before = after
    return found


def _earned(plan: Plan, rows: Rows, period: Period, payee: str) -> dict[str, Decimal]:
    expected = Oracle(plan, rows, period).calculate()
    return {name: parts[-1] for (name, whose), parts in expected.earnings.items() if whose == payee}


def without(rows: Rows, one: Back) -> Rows:
    """The rows with what is left of a line, or without the line and its split rows."""
    lines: list[Row] = []
    is_gone = False
    for line in rows["order_lines"]:
        if line["line_id"] != one.line:
            lines.append(line)
        elif one.amount < abs(line["amount"]):
            lines.append(_left(line, one.amount))
        else:
            is_gone = True
    found = {**rows, "order_lines": lines}
    if is_gone and "credit_splits" in rows:
        found["credit_splits"] = [
            row for row in rows["credit_splits"] if row["line_id"] != one.line
        ]
    return found


def _left(line: Row, back: Decimal) -> Row:
    """A line with what is left of its amount; quantity and cost in proportion, with 4 decimals."""
    amount = line["amount"]
    left = amount - back if amount > ZERO else amount + back
    share = Fraction(left) / Fraction(amount)
    parts = {
        name: half_up(Fraction(line[name]) * share, 4)
        for name in ("quantity", "cost")
        if line[name] is not None
    }
    return {**line, "amount": left, **parts}


def credited(plan: Plan, rows: Rows, period: Period, names: Iterable[str]) -> dict[str, set[str]]:
    """Who in the plan was credited with lines of the period that a measure takes."""
    oracle = Oracle(plan, rows, period)
    wanted, members = set(names), set(oracle.calendar.members())
    measured = {name for measure in plan.measures for name in measure.credits}
    found: dict[str, set[str]] = {}
    for line in rows["order_lines"]:
        if line["line_id"] not in wanted or not oracle.calendar.is_inside(line):
            continue
        for portion in oracle.crediting.portions(line):
            for payee, _, rules in oracle.crediting.taken(portion):
                if payee in members and measured & {rule.id for rule in rules}:
                    found.setdefault(payee, set()).add(line["line_id"])
    return found
