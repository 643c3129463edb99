"""A slow, independent calculator: Python, one row at a time, Decimal and Fraction, no SQL.

It shares with the engine only the checked plan and the formula tree. It is written from
docs/calculation.md, whose clause numbers stand beside the code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Any

from paceline.engine.formula.interpret import interpret
from paceline.engine.money import round_to
from paceline.engine.periods import Period
from paceline.engine.plan.model import Component, Credit, Measure, Plan

Row = dict[str, Any]
Rows = Mapping[str, list[Row]]

_WIDE = Context(prec=120)
_TWELVE = Decimal("1e-12")
_EIGHT = Decimal("1e-8")
ZERO = Decimal(0)


def twelve(value: Decimal) -> Decimal:
    return value.quantize(_TWELVE, ROUND_HALF_UP, _WIDE)


@dataclass
class Portion:
    """One payee's share of one line."""

    line: Row
    payee: str | None
    share: Decimal
    is_overlay: bool
    rules: frozenset[str] = frozenset()


@dataclass
class Expected:
    """What the run must give, each table keyed by its grain."""

    credits: dict[tuple[str, str, str], tuple[int, Decimal, Decimal]] = field(default_factory=dict)
    excluded: dict[tuple[str, str], tuple[int, Decimal]] = field(default_factory=dict)
    measures: dict[tuple[str, str], tuple[Decimal, int]] = field(default_factory=dict)
    attainment: dict[tuple[str, str], tuple[Decimal | None, Decimal | None]] = field(
        default_factory=dict
    )
    tiers: dict[tuple[str, str, int], tuple[Decimal, Decimal]] = field(default_factory=dict)
    earnings: dict[tuple[str, str], tuple[Decimal, Decimal]] = field(default_factory=dict)
    statements: dict[str, Decimal] = field(default_factory=dict)
    problems: set[tuple[str, str, str]] = field(default_factory=set)


class Oracle:
    """Calculates a plan over rows of Python values."""

    def __init__(self, plan: Plan, rows: Rows, period: Period) -> None:
        self.plan = plan
        self.rows = {
            name: rows.get(name, [])
            for name in (
                "order_lines",
                "credit_splits",
                "payees",
                "assignments",
                "reporting",
                "quotas",
                "exchange_rates",
            )
        }
        self.has_payees = "payees" in rows
        self.period = period

    # --- 2: dates ---------------------------------------------------------------------------------

    def _on(self, row: Row, day: date) -> bool:
        ends = row.get("ends_before")
        return bool(row["starts_on"] <= day and (ends is None or day < ends))

    def _employed(self, payee: str | None, day: date) -> bool:
        return not self.has_payees or any(
            row["payee_id"] == payee and self._on(row, day) for row in self.rows["payees"]
        )

    def _member(self, payee: str | None, day: date) -> bool:
        return self._employed(payee, day) and any(
            row["plan"] == self.plan.slug and row["payee_id"] == payee and self._on(row, day)
            for row in self.rows["assignments"]
        )

    def _in_period(self, day: date) -> bool:
        return self.period.starts_on <= day < self.period.ends_before

    def members(self) -> list[str]:
        days = [
            self.period.starts_on + timedelta(days=offset)
            for offset in range((self.period.ends_before - self.period.starts_on).days)
        ]
        names = {row["payee_id"] for row in self.rows["assignments"]}
        return sorted(name for name in names if any(self._member(name, day) for day in days))

    # --- 3: crediting -----------------------------------------------------------------------------

    def _portions(self, line: Row) -> list[Portion]:
        splits = [row for row in self.rows["credit_splits"] if row["line_id"] == line["line_id"]]
        rules = frozenset(
            credit.id
            for credit in self.plan.credits
            if credit.kind == "direct"
            and (credit.when is None or interpret(credit.when.root, line))
        )
        portions = [
            Portion(line, row["payee_id"], row["share"], row["is_overlay"], rules) for row in splits
        ]
        if all(portion.is_overlay for portion in portions):
            portions.append(
                Portion(line, line["payee_id"], Decimal(1), is_overlay=False, rules=rules)
            )
        return portions

    def _managers(self, payee: str | None, day: date) -> list[str]:
        """Those above, nearest first."""
        if self.plan.policies.hierarchy_date == "period-end":
            day = self.period.ends_before - timedelta(days=1)
        chain: list[str] = []
        while True:
            above = [
                row["manager_id"]
                for row in self.rows["reporting"]
                if row["payee_id"] == payee and self._on(row, day)
            ]
            if not above or len(chain) >= 50:
                return chain
            payee = above[0]
            chain.append(above[0])

    def _reached(self, portion: Portion) -> list[tuple[str, int]]:
        """Who is credited, and at which level: 0 for the portion's own payee."""
        day = portion.line["ordered_on"]
        found = [(portion.payee, 0)] if self._member(portion.payee, day) else []
        if not portion.is_overlay and any(c.kind == "rollup" for c in self.plan.credits):
            for level, manager in enumerate(self._managers(portion.payee, day), start=1):
                if self._member(manager, day):
                    found.append((manager, level))
        return [(payee, level) for payee, level in found if payee is not None]

    def _takes(self, credit: Credit, portion: Portion, level: int) -> bool:
        if credit.kind == "direct":
            return level == 0 and credit.id in portion.rules
        top = 50 if credit.level_through is None else credit.level_through
        return credit.level_from <= level <= top and bool(portion.rules & set(credit.of))

    def _reason(self, portion: Portion) -> str | None:
        day = portion.line["ordered_on"]
        takes = any(
            level > 0 and self._takes(credit, portion, level)
            for _, level in self._reached(portion)
            for credit in self.plan.credits
        )
        if portion.payee is None:
            return "no_payee"
        known = any(row["payee_id"] == portion.payee for row in self.rows["payees"])
        if self.has_payees and not known and not takes:
            return "payee_unknown"
        if self.has_payees and known and not self._employed(portion.payee, day) and not takes:
            return "payee_not_employed"
        if not self._member(portion.payee, day) and not takes:
            return "payee_not_assigned"
        return None if portion.rules else "rule_did_not_match"

    # --- 4: exchange ------------------------------------------------------------------------------

    def rate(self, line: Row) -> Decimal:
        if line["currency"] == self.plan.currency:
            return Decimal(1)
        day = line["ordered_on"]
        if self.plan.policies.exchange_date == "period-end":
            day = self.period.ends_before - timedelta(days=1)
        return next(
            row["rate"]
            for row in self.rows["exchange_rates"]
            if (row["from_currency"], row["to_currency"]) == (line["currency"], self.plan.currency)
            and row["rate_type"] == self.plan.policies.exchange_rate
            and row["on_date"] == day
        )

    # --- 5: measures ------------------------------------------------------------------------------

    def _value(self, measure: Measure, portion: Portion) -> Decimal:
        """What one portion adds to a measure, exact."""
        if measure.of is None:
            return Decimal(1)
        value = interpret(measure.of.root, portion.line)
        assert isinstance(value, Decimal)
        shared = twelve(_WIDE.multiply(value, portion.share))
        return _WIDE.multiply(shared, self.rate(portion.line)) if measure.is_money else shared

    def calculate(self) -> Expected:  # noqa: C901, PLR0912 -- a run read from top to bottom
        result = Expected()
        members = self.members()
        raw: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        by_line: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        counted: dict[tuple[str, str], int] = defaultdict(int)
        given: dict[tuple[str, str, str], list[Any]] = {}
        for line in self.rows["order_lines"]:
            if not self._in_period(line["ordered_on"]):
                self._exclude(result, "outside_period", line["currency"], line["amount"])
                continue
            for portion in self._portions(line):
                amount = _WIDE.multiply(line["amount"], portion.share)
                reason = None if portion.is_overlay else self._reason(portion)
                if reason is not None:
                    self._exclude(result, reason, line["currency"], amount)
                for payee, level in self._reached(portion):
                    for credit in self.plan.credits:
                        if self._takes(credit, portion, level):
                            entry = given.setdefault(
                                (credit.id, payee, line["currency"]), [0, ZERO, ZERO]
                            )
                            entry[0] += 1
                            entry[1] += amount
                            entry[2] += _WIDE.multiply(twelve(amount), self.rate(line))
                    for measure in self.plan.measures:
                        rules = [self.plan.credit(name) for name in measure.credits]
                        if any(self._takes(credit, portion, level) for credit in rules):
                            value = self._value(measure, portion)
                            raw[measure.id, payee] += value
                            by_line[measure.id, payee, line["line_id"]] += value
                            counted[measure.id, payee] += 1
        result.credits = {key: (e[0], twelve(e[1]), twelve(e[2])) for key, e in given.items()}
        parts: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
        if self.plan.policies.accumulation == "transaction":
            for (measure_id, payee, _), value in by_line.items():
                parts[measure_id, payee].append(twelve(value))
        else:
            for key, value in raw.items():
                parts[key].append(twelve(value))
        for measure in self.plan.measures:
            for payee in members:
                key = (measure.id, payee)
                result.measures[key] = (sum(parts[key], ZERO), counted[key])
        self._attain(result, members)
        for component in self.plan.components:
            for payee in members:
                self._earn(result, component, payee, parts)
        for payee in members:
            result.statements[payee] = sum(
                (earned for (_, who), (_, earned) in result.earnings.items() if who == payee), ZERO
            )
        return result

    def _exclude(self, result: Expected, reason: str, currency: str, amount: Decimal) -> None:
        count, total = result.excluded.get((reason, currency), (0, ZERO))
        result.excluded[reason, currency] = (count + 1, total + amount)

    # --- 6: attainment ----------------------------------------------------------------------------

    def _attain(self, result: Expected, members: list[str]) -> None:
        for quota in self.plan.quotas:
            for payee in members:
                amounts = [
                    row["amount"]
                    for row in self.rows["quotas"]
                    if row["quota"] == quota.name
                    and row["payee_id"] == payee
                    and row["starts_on"] >= self.period.starts_on
                    and row["ends_before"] <= self.period.ends_before
                ]
                value, count = result.measures[quota.measure, payee]
                target = sum(amounts, ZERO) if amounts else None
                if not target:
                    result.attainment[quota.id, payee] = (target, None)
                    if count:
                        code = "quota_missing" if target is None else "quota_zero"
                        result.problems.add((code, payee, quota.id))
                else:
                    ratio = value / target if value == 0 else _WIDE.divide(value, target)
                    result.attainment[quota.id, payee] = (
                        target,
                        ratio.quantize(_EIGHT, ROUND_DOWN, _WIDE),
                    )

    # --- 7, 8: rate tables and earnings -----------------------------------------------------------

    def _in_tier(
        self, value: Decimal, place: int, bounds: list[tuple[Decimal, Decimal | None]], reading: str
    ) -> Decimal:
        lower, upper = bounds[place]
        if reading == "slice":
            capped = value if upper is None else min(value, upper)
            return capped if place == 0 else max(capped - lower, ZERO)
        if self.plan.policies.boundary == "upper":
            inside = (place == 0 or value >= lower) and (upper is None or value < upper)
        else:
            inside = (place == 0 or value > lower) and (upper is None or value <= upper)
        return value if inside else ZERO

    def _earn(
        self,
        result: Expected,
        component: Component,
        payee: str,
        parts: dict[tuple[str, str], list[Decimal]],
    ) -> None:
        computed = component.amount or ZERO
        if component.rates is not None:
            factor: Decimal | None = Decimal(1)
            if component.rates.quota is not None:
                factor = result.attainment[component.rates.quota, payee][0] or None
            if factor is not None:
                bounds = [
                    (tier.lower * factor, None if tier.upper is None else tier.upper * factor)
                    for tier in component.rates.tiers
                ]
                exact, before = ZERO, ZERO
                for place, tier in enumerate(component.rates.tiers):
                    base = sum(
                        (
                            self._in_tier(part, place, bounds, component.rates.reading)
                            for part in parts[component.measure or "", payee]
                        ),
                        ZERO,
                    )
                    exact += _WIDE.multiply(base, tier.rate)
                    through = round_to(exact, self.plan.digits, self.plan.policies.rounding_mode)
                    result.tiers[component.id, payee, place + 1] = (base, through - before)
                    before = through
                computed += before
        earned = computed
        if not self._holds(result, component, payee):
            earned = ZERO
        else:
            if component.cap is not None:
                earned = min(earned, component.cap)
            if component.floor is not None:
                earned = max(earned, component.floor)
        result.earnings[component.id, payee] = (computed, earned)

    def _holds(self, result: Expected, component: Component, payee: str) -> bool:
        when = component.when
        if when is None:
            return True
        if when.on == "measure":
            return result.measures[when.subject, payee][0] >= when.at_least
        quota = self.plan.quota(when.subject)
        target = result.attainment[quota.id, payee][0]
        return bool(target) and result.measures[quota.measure, payee][0] >= when.at_least * (
            target or ZERO
        )
