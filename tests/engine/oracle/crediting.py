"""Crediting: which share of which line goes to whom, at which level, by which rules (section 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from paceline.engine.formula.interpret import interpret
from paceline.engine.plan.model import Credit, Plan

from .days import Calendar, Row, holds

Levels = dict[str, int]  # by hierarchy; "" is the reporting line


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

    def _rows_of(self, tree: str) -> list[Row]:
        """The rows of a hierarchy; without a name it is the reporting line."""
        if not tree:
            return self.rows.get("reporting", [])
        return [row for row in self.rows.get("hierarchies", []) if row["hierarchy"] == tree]

    def _managers(self, tree: str, payee: str | None, day: date) -> list[str]:
        """Those above in a hierarchy, nearest first (3.4, 3.10)."""
        if self.plan.policies.hierarchy_date == "period-end":
            day = self.calendar.last_day
        chain: list[str] = []
        while len(chain) < 50:
            above = [
                row["manager_id"]
                for row in self._rows_of(tree)
                if row["payee_id"] == payee and holds(row, day)
            ]
            if not above:
                break
            payee = above[0]
            chain.append(above[0])
        return chain

    def reached(self, portion: Portion) -> list[tuple[str, Levels]]:
        """Whom the portion reaches: its own payee, at no level, then each manager once, with the
        level in every hierarchy that leads there.
        """
        day = portion.line["ordered_on"]
        found: list[tuple[str, Levels]] = []
        if portion.payee is not None and self.calendar.in_plan(portion.payee, day):
            found.append((portion.payee, {}))
        if portion.is_overlay:
            return found
        above: dict[str, Levels] = {}
        for tree in {credit.hierarchy for credit in self.plan.credits if credit.kind == "rollup"}:
            for level, manager in enumerate(self._managers(tree, portion.payee, day), start=1):
                if self.calendar.in_plan(manager, day):
                    above.setdefault(manager, {})[tree] = level
        return [*found, *above.items()]

    def takes(self, credit: Credit, portion: Portion, levels: Levels) -> bool:
        if credit.kind == "direct":
            return not levels and credit.id in portion.rules
        if credit.hierarchy not in levels:
            return False
        top = 50 if credit.level_through is None else credit.level_through
        level = levels[credit.hierarchy]
        return credit.level_from <= level <= top and bool(portion.rules & set(credit.of))

    def taken(self, portion: Portion) -> Iterator[tuple[str, Levels, list[Credit]]]:
        """Payee, levels and the rules that credit the portion there."""
        for payee, levels in self.reached(portion):
            rules = [c for c in self.plan.credits if self.takes(c, portion, levels)]
            if rules:
                yield payee, levels, rules

    def reason(self, portion: Portion) -> str | None:
        """3.6: the first reason that applies; None where the share is credited."""
        day = portion.line["ordered_on"]
        if portion.payee is None:
            return "no_payee"
        if any(levels for _, levels, _ in self.taken(portion)):
            return None
        if "payees" in self.rows:
            if not any(row["payee_id"] == portion.payee for row in self.rows["payees"]):
                return "payee_unknown"
            if not self.calendar.employed(portion.payee, day):
                return "payee_not_employed"
        if not self.calendar.in_plan(portion.payee, day):
            return "payee_not_assigned"
        return None if portion.rules else "rule_did_not_match"
