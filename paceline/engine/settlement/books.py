"""What a settlement stands on: the plan's clause, the period, and the rows of its tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from paceline.engine.errors import InputInvalid, Problem
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.plan.settlement_model import SettlementPlan
from paceline.engine.settlement.opening import Row, problem
from paceline.engine.settlement.shares import Rounding

Index = dict[str | date, list[Row]]


@dataclass(frozen=True, order=True)
class Note:
    """Something that a reader should know although nothing was refused."""

    payee: str
    code: str
    subject: str
    clause: str


@dataclass
class Books:
    """The inputs of one settlement, found by payee, and what there is to note."""

    plan: Plan
    rules: SettlementPlan
    period: Period
    rows: dict[str, list[Row]]
    notes: set[Note] = field(default_factory=set[Note])
    problems: list[Problem] = field(default_factory=list[Problem])
    _indexes: dict[tuple[str, str], Index] = field(default_factory=dict[tuple[str, str], Index])

    @cached_property
    def rounding(self) -> Rounding:
        return Rounding(self.plan.digits, self.plan.policies.rounding_mode)

    @cached_property
    def days(self) -> frozenset[date]:
        """The days of the period."""
        first, before = self.period.starts_on, self.period.ends_before
        return frozenset(first + timedelta(days=place) for place in range((before - first).days))

    @cached_property
    def last_day(self) -> date:
        return self.period.ends_before - timedelta(days=1)

    @cached_property
    def pays_on(self) -> date:
        return self.last_day + timedelta(days=self.rules.days_after_period)

    def of(self, table: str, key: str | date, column: str = "payee_id") -> list[Row]:
        """The rows of a table whose column holds the key."""
        index = self._indexes.get((table, column))
        if index is None:
            index = defaultdict[str | date, list[Row]](list)
            for row in self.rows[table]:
                index[row[column]].append(row)
            self._indexes[table, column] = index
        return index.get(key, [])

    def employment(self, payee: str) -> Row | None:
        """The latest employment that began before the period ended."""
        rows = [
            row
            for row in self.of("employment", payee)
            if row["starts_on"] < self.period.ends_before
        ]
        return rows[-1] if rows else None

    def left_on(self, payee: str) -> date | None:
        """The first day without employment, if that is reached by the day the plan looks at."""
        row = self.employment(payee)
        at_pay = self.rules.eligibility.employed_on == "pay-date"
        looks_at = self.pays_on if at_pay else self.last_day
        if row is None or row["ends_before"] is None or row["ends_before"] > looks_at:
            return None
        left: date = row["ends_before"]
        return left

    def agreement(self, payee: str, kind: str) -> Row | None:
        """An agreement of that kind which holds on the day of payment."""
        rows = (row for row in self.of("agreements", payee) if row["kind"] == kind)
        return next((row for row in rows if holds_on(row, self.pays_on)), None)

    def note(self, payee: str, code: str, subject: str, clause: str) -> None:
        self.notes.add(Note(payee, code, subject, clause))

    def refuse(self, code: str, table: str, subject: str = "", detail: str = "") -> None:
        """Remember a reason against the settlement; `stop_if_refused` raises them all."""
        found = problem(code, table, subject, detail)
        if found not in self.problems:
            self.problems.append(found)

    def stop_if_refused(self) -> None:
        if self.problems:
            raise InputInvalid(self.problems[:200])


def holds_on(row: Row, day: date) -> bool:
    """Half-open: from `starts_on` up to, not including, `ends_before`."""
    return bool(
        row["starts_on"] <= day and (row["ends_before"] is None or day < row["ends_before"])
    )
