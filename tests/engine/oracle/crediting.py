"""Crediting: which share of which line goes to whom, at which level, by which rules (section 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from paceline.engine.formula.tree import names_in
from paceline.engine.plan.model import Credit, Plan

from .days import Calendar, Row, holds
from .formulas import value_of
from .numbers import ZERO

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
        """3.1 to 3.3, 3.8 and 3.9: split rows instead of the own payee, overlay rows beside it,
        and what rules give to somebody else.
        """
        met = self._met(line)
        own = frozenset(rule.id for rule in met if rule.to == "payee")
        splits = [
            row for row in self.rows.get("credit_splits", []) if row["line_id"] == line["line_id"]
        ]
        found = [
            Portion(line, row["payee_id"], row["share"], row["is_overlay"], own) for row in splits
        ]
        replaced = not all(portion.is_overlay for portion in found)
        left = Decimal(1)
        for rule in met:
            if rule.to == "payee" or (replaced and not rule.is_overlay):
                continue
            for payee, share in self._receivers(rule, line):
                left -= ZERO if rule.is_overlay else share
                only = frozenset([rule.id])
                found.append(Portion(line, payee, share, rule.is_overlay, only))
        if not replaced and left > 0:
            found.append(Portion(line, line["payee_id"], left, is_overlay=False, rules=own))
        return found

    def _met(self, line: Row) -> list[Credit]:
        """The direct rules that take a line (3.8)."""
        direct = [credit for credit in self.plan.credits if credit.kind == "direct"]
        met = [one for one in direct if one.when is None or value_of(one.when, line)]
        precedence = self.plan.policies.precedence
        if precedence == "most-specific":
            met.sort(key=lambda one: -len(names_in(one.when.root)) if one.when else 0)
        return met if precedence == "all" else met[:1]

    def _receivers(self, rule: Credit, line: Row) -> list[tuple[str, Decimal]]:
        """Whom a rule credits instead of the own payee, and with how much (3.9)."""
        day = self.calendar.known(line, self.plan.policies.hierarchy_date)
        if rule.to == "owner":
            return [
                (row["payee_id"], row["share"])
                for row in self.rows.get("owners", [])
                if day is not None
                and (row["kind"], row["key"]) == (rule.owner_of, line[rule.owner_of])
                and holds(row, day)
            ]
        share = Decimal(1)
        if rule.share is not None:
            stated = value_of(rule.share, line)
            assert isinstance(stated, Decimal)
            share = stated.quantize(Decimal("1e-8"), ROUND_HALF_UP)
        if rule.to != "team":
            return [] if line.get(rule.to) is None else [(line[rule.to], share)]
        team = self.calendar.team(line["payee_id"], day) if day is not None else None
        return [
            (row["payee_id"], share)
            for row in self.rows.get("teams", [])
            if day is not None
            and team is not None
            and (row["team"], holds(row, day)) == (team, True)
            and row["payee_id"] != line["payee_id"]
        ]

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
        day = self.calendar.known(portion.line, self.plan.policies.hierarchy_date)
        found: list[tuple[str, Levels]] = []
        if day is None:
            return found
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
        day = self.calendar.known(portion.line, self.plan.policies.hierarchy_date)
        if portion.payee is None:
            return "no_payee"
        if any(levels for _, levels, _ in self.taken(portion)):
            return None
        if "payees" in self.rows:
            if not any(row["payee_id"] == portion.payee for row in self.rows["payees"]):
                return "payee_unknown"
            if day is None or not self.calendar.employed(portion.payee, day):
                return "payee_not_employed"
        if day is None or not self.calendar.in_plan(portion.payee, day):
            return "payee_not_assigned"
        return None if portion.rules else "rule_did_not_match"
