"""Crediting: which share of which line goes to whom, at which level, by which rules (section 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from paceline.engine.formula.interpret import interpret
from paceline.engine.plan.model import Credit, Plan

from .days import Calendar, Row, holds


@dataclass
class Portion:
    """One payee's share of one line, and the direct rules that take it."""

    line: Row
    payee: str | None
    share: Decimal
    is_overlay: bool
    rules: frozenset[str]


class Crediting:
    """Who is credited with what."""

    def __init__(self, plan: Plan, calendar: Calendar) -> None:
        self.plan = plan
        self.calendar = calendar
        self.rows = calendar.rows

    def portions(self, line: Row) -> list[Portion]:
        """3.1 to 3.3: split rows instead of the own payee, overlay rows beside it."""
        splits = [
            row for row in self.rows.get("credit_splits", []) if row["line_id"] == line["line_id"]
        ]
        rules = frozenset(
            credit.id
            for credit in self.plan.credits
            if credit.kind == "direct"
            and (credit.when is None or interpret(credit.when.root, line))
        )
        found = [
            Portion(line, row["payee_id"], row["share"], row["is_overlay"], rules) for row in splits
        ]
        if all(portion.is_overlay for portion in found):
            found.append(Portion(line, line["payee_id"], Decimal(1), is_overlay=False, rules=rules))
        return found

    def _managers(self, payee: str | None, day: date) -> list[str]:
        """Those above, nearest first (3.4)."""
        if self.plan.policies.hierarchy_date == "period-end":
            day = self.calendar.last_day
        chain: list[str] = []
        while len(chain) < 50:
            above = [
                row["manager_id"]
                for row in self.rows.get("reporting", [])
                if row["payee_id"] == payee and holds(row, day)
            ]
            if not above:
                break
            payee = above[0]
            chain.append(above[0])
        return chain

    def reached(self, portion: Portion) -> list[tuple[str, int]]:
        """Who is credited, and at which level: 0 for the portion's own payee."""
        day = portion.line["ordered_on"]
        found = []
        if portion.payee is not None and self.calendar.in_plan(portion.payee, day):
            found.append((portion.payee, 0))
        if not portion.is_overlay:
            for level, manager in enumerate(self._managers(portion.payee, day), start=1):
                if self.calendar.in_plan(manager, day):
                    found.append((manager, level))
        return found

    def takes(self, credit: Credit, portion: Portion, level: int) -> bool:
        if credit.kind == "direct":
            return level == 0 and credit.id in portion.rules
        top = 50 if credit.level_through is None else credit.level_through
        return credit.level_from <= level <= top and bool(portion.rules & set(credit.of))

    def taken(self, portion: Portion) -> Iterator[tuple[str, int, list[Credit]]]:
        """Payee, level and the rules that credit the portion there."""
        for payee, level in self.reached(portion):
            rules = [c for c in self.plan.credits if self.takes(c, portion, level)]
            if rules:
                yield payee, level, rules

    def reason(self, portion: Portion) -> str | None:
        """3.6: the first reason that applies; None where the share is credited."""
        day = portion.line["ordered_on"]
        if portion.payee is None:
            return "no_payee"
        if any(level > 0 for _, level, _ in self.taken(portion)):
            return None
        if "payees" in self.rows:
            if not any(row["payee_id"] == portion.payee for row in self.rows["payees"]):
                return "payee_unknown"
            if not self.calendar.employed(portion.payee, day):
                return "payee_not_employed"
        if not self.calendar.in_plan(portion.payee, day):
            return "payee_not_assigned"
        return None if portion.rules else "rule_did_not_match"
