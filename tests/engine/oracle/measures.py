"""Exchange, measures and quotas, over any stretch of days (sections 4 to 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from paceline.engine.formula.tree import Formula, Name, needed_names
from paceline.engine.plan.model import Measure, Plan, Quota

from .crediting import Crediting, Portion
from .days import FARTHEST, Calendar, Days, Row, within
from .formulas import value_of
from .numbers import ONE, TooLarge, cut, factor, held, product, total, twelve
from .quotas import worked_out

ORDER_LINES = "order_lines"
Figures = Mapping[str, Decimal | None]


@dataclass(frozen=True)
class Entry:
    """What one share of one line adds to a measure."""

    day: date
    line_id: str
    value: Decimal
    portion: Portion

    @property
    def of(self) -> tuple[str, str, bool]:
        """Tells apart the shares of lines that one payee is credited with."""
        return (self.line_id, self.portion.payee or "", self.portion.is_overlay)


Choice = Callable[[Entry], bool]


def word(identifier: str) -> str:
    return identifier.replace("-", "_")


def evaluate(formula: Formula, figures: Figures) -> Decimal | bool | None:
    """5.7: a formula over figures; None where one that it names, and does not guard, is missing."""
    if any(figures[name] is None for name in needed_names(formula.root)):
        return None
    value = value_of(formula, figures)
    assert isinstance(value, Decimal | bool)
    return value


def number(formula: Formula, figures: Figures) -> Decimal | None:
    value = evaluate(formula, figures)
    assert value is None or isinstance(value, Decimal)
    return value


def is_amount(measure: Measure) -> bool:
    """It adds up the amounts of lines as they are."""
    root = None if measure.of is None else measure.of.root
    return measure.kind == "sum" and isinstance(root, Name) and root.name == "amount"


class Measures:
    """Every credited share of the lines, ready to be added up over any days."""

    def __init__(self, plan: Plan, calendar: Calendar, crediting: Crediting) -> None:
        self.plan = plan
        self.calendar = calendar
        self.entries: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        self.seen: dict[tuple[str, str], list[tuple[date, Decimal | str | None]]] = defaultdict(
            list
        )
        first = calendar.period[1] - FARTHEST
        lines = [
            line
            for line in calendar.rows["order_lines"]
            if (day := calendar.anchor(line)) is not None
            and within(day, (first, calendar.period[1]))
        ]
        self.too_large = self._first_too_large(crediting, lines)
        for line in () if self.too_large else lines:
            for portion in crediting.portions(line):
                self._enter(crediting, portion)

    def _first_too_large(self, crediting: Crediting, lines: list[Row]) -> str:
        """1.6: the first clause whose formula over lines has too many digits for one of them,
        then the first that has for a share of it, or in plan currency.
        """
        formulas: list[tuple[str, Formula]] = []
        for credit in self.plan.credits:
            stated = (("when", credit.when), ("share", credit.share))
            formulas += [(f"credits/{credit.id}/{key}", one) for key, one in stated if one]
        seen = [one for one in self.plan.measures if one.is_summed or one.is_keyed]
        formulas += [(f"measures/{one.id}", one.of) for one in seen if one.of]
        for clause, formula in formulas:
            try:
                for line in lines:
                    value_of(formula, line)
            except TooLarge:
                return clause
        portions = [portion for line in lines for portion in crediting.portions(line)]
        for measure in sorted(seen, key=lambda one: one.is_keyed):  # these are looked at later
            try:
                for line in lines:
                    self._value(measure, line, ONE)
                for portion in portions if measure.is_summed else ():
                    self._value(measure, portion.line, portion.share)
            except TooLarge:
                return ORDER_LINES if is_amount(measure) else f"measures/{measure.id}"
        return ""

    def _enter(self, crediting: Crediting, portion: Portion) -> None:
        line = portion.line
        for payee, _, rules in crediting.taken(portion):
            names = {rule.id for rule in rules}
            for measure in self.plan.measures:
                # 3.5: once, however many of its rules took the share.
                if not names & set(measure.credits):
                    continue
                day = self.calendar.anchor(line)
                assert day is not None
                if measure.is_summed:
                    value = self._value(measure, line, portion.share)
                    entry = Entry(day, line["line_id"], value, portion)
                    self.entries[measure.id, payee].append(entry)
                elif measure.is_keyed:
                    self.seen[measure.id, payee].append((day, self._seen(measure, line)))

    def _seen(self, measure: Measure, line: Row) -> Decimal | str | None:
        """5.10: the value of a whole line."""
        assert measure.of is not None
        if measure.kind != "distinct":
            return twelve(self._value(measure, line, ONE))
        value = value_of(measure.of, line)
        return str(value) if value else None

    def _value(self, measure: Measure, line: Row, share: Decimal) -> Decimal:
        """What a share of a line adds, in plan currency if it is money (4.2, 5.2)."""
        if measure.of is None or measure.kind == "distinct":
            return ONE
        value = value_of(measure.of, line)
        assert isinstance(value, Decimal)
        shared = twelve(product(value, share, 20))
        return product(shared, self.rate(line) if measure.is_money else ONE, 22)

    def rate(self, line: Row) -> Decimal:
        """4.1."""
        if line["currency"] == self.plan.currency:
            return ONE
        policies = self.plan.policies
        day = self.calendar.known(line, policies.exchange_date)
        if policies.exchange_date == "period-end":
            day = self.calendar.last_day
        for row in self.calendar.rows.get("exchange_rates", []):
            if (
                (row["from_currency"], row["to_currency"]) == (line["currency"], self.plan.currency)
                and row["rate_type"] == policies.exchange_rate
                and row["on_date"] == day
            ):
                return Decimal(row["rate"])
        # Only the values of windows that no measure looks at need no rate.
        return Decimal("NaN")

    # --- 5 ----------------------------------------------------------------------------------------

    def own_days(self, measure: Measure) -> Days:
        return self.calendar.window(measure.window)

    def inside(self, days: Days) -> Choice:
        first = self.calendar.period[1] - FARTHEST
        return lambda entry: within(entry.day, (max(days[0], first), days[1]))

    def chosen(self, measure: Measure, payee: str, choice: Choice | None) -> list[Entry]:
        if measure.window is not None or choice is None:
            choice = self.inside(self.own_days(measure))
        return [entry for entry in self.entries[measure.id, payee] if choice(entry)]

    def value(self, name: str, payee: str, choice: Choice | None = None) -> Decimal | None:
        """A measure over its own days, or over those that `choice` picks where it has none."""
        measure = self.plan.measure(name)
        try:
            return self._of(measure, payee, choice)
        except TooLarge as error:
            own = ORDER_LINES if is_amount(measure) else f"measures/{name}"
            error.clause = error.clause or own
            raise

    def _of(self, measure: Measure, payee: str, choice: Choice | None) -> Decimal | None:
        if measure.is_summed:
            entries = self.chosen(measure, payee, choice)
            return twelve(held(total(entry.value for entry in entries), 22))
        if measure.kind == "figure":
            return self._figure(measure, payee)
        if measure.is_keyed:
            return self._of_seen(measure, payee)
        if measure.kind == "ratio":
            first, second = (self.value(part, payee, choice) for part in measure.parts)
            parts = [factor(one) for one in (first, second) if one is not None]
            if first is None or second is None or second == 0:
                return None
            return cut(Fraction(parts[0]) / Fraction(parts[1]), 12)
        assert measure.of is not None
        figures = {word(part): self.value(part, payee, choice) for part in measure.parts}
        return number(measure.of, figures)

    def _of_seen(self, measure: Measure, payee: str) -> Decimal | None:
        """5.10: how many different values, or the least or the greatest."""
        days = self.own_days(measure)
        inside = (max(days[0], self.calendar.period[1] - FARTHEST), days[1])
        values = {value for day, value in self.seen[measure.id, payee] if within(day, inside)}
        there = values - {None}
        if measure.kind == "distinct":
            return Decimal(len(there))
        numbers = [value for value in there if isinstance(value, Decimal)]
        if not numbers:
            return None
        return min(numbers) if measure.kind == "min" else max(numbers)

    def _figure(self, measure: Measure, payee: str) -> Decimal | None:
        """5.8."""
        rows = [
            row
            for row in self.calendar.rows.get("figures", [])
            if row["figure"] == measure.name and row["payee_id"] == payee
        ]
        first, before = self.calendar.period
        if measure.reads_last:
            rows = [row for row in rows if row["on_date"] < before]
            return max(rows, key=lambda row: row["on_date"])["value"] if rows else None
        rows = [row for row in rows if within(row["on_date"], (first, before))]
        return total(row["value"] for row in rows) if rows else None

    def count(self, name: str, payee: str, choice: Choice | None = None) -> int:
        """The credited shares that a measure is made of."""
        measure = self.plan.measure(name)
        if measure.is_summed:
            return len(self.chosen(measure, payee, choice))
        return 0

    def sources(self, name: str) -> set[str]:
        """The sums and counts that a measure is calculated from."""
        measure = self.plan.measure(name)
        if measure.is_summed:
            return {name}
        return set().union(*(self.sources(part) for part in measure.parts))

    # --- 6 ----------------------------------------------------------------------------------------

    def quota_days(self, quota: Quota) -> Days:
        """6.4: the whole window whose rows make the target."""
        if quota.over in {"period", self.plan.period}:
            return self.calendar.period
        return self.calendar.unit_days(quota.over)

    def quota_choice(self, quota: Quota) -> Choice | None:
        if quota.over in {"period", self.plan.period}:
            return None
        return self.inside(self.calendar.to_date(quota.over))

    def target(self, quota: Quota, payee: str) -> Decimal | None:
        if quota.is_worked_out:
            return worked_out(self.plan, self.calendar, quota, payee, self.quota_days(quota))
        first, before = self.quota_days(quota)
        amounts = [
            row["amount"]
            for row in self.calendar.rows.get("quotas", [])
            if row["quota"] == quota.name
            and row["payee_id"] == payee
            and row["starts_on"] >= first
            and row["ends_before"] <= before
        ]
        return total(amounts) if amounts else None

    @staticmethod
    def attainment(value: Decimal | None, target: Decimal | None) -> Decimal | None:
        """6.2 and 6.3."""
        if value is None or not target:
            return None
        return cut(Fraction(factor(value)) / Fraction(target), 8)
