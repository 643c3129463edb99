"""A run from lines to statements: every table that the engine must give (sections 3 to 9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan

from .components import Books, Components
from .crediting import Crediting
from .days import Calendar, Row, Rows, within
from .measures import ORDER_LINES, Choice, Measures, is_amount
from .numbers import WIDE, ZERO, held, times, total, twelve


@dataclass
class Expected:
    """What the run must give, each table keyed by its grain."""

    credits: dict[tuple[str, str, str], tuple[int, Decimal, Decimal]] = field(default_factory=dict)
    excluded: dict[tuple[str, str], tuple[int, Decimal]] = field(default_factory=dict)
    measures: dict[tuple[str, str], tuple[Decimal | None, int]] = field(default_factory=dict)
    attainment: dict[tuple[str, str], tuple[Decimal | None, Decimal | None, Decimal | None]] = (
        field(default_factory=dict)
    )
    tiers: dict[tuple[str, str, int], tuple[Decimal, Decimal]] = field(default_factory=dict)
    earnings: dict[tuple[str, str], tuple[Decimal, ...]] = field(default_factory=dict)
    statements: dict[str, Decimal] = field(default_factory=dict)
    unrounded: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    problems: set[tuple[str, str, str]] = field(default_factory=set)
    conservation: dict[tuple[str], tuple[Decimal, Decimal, Decimal, int]] = field(
        default_factory=dict
    )
    refused: str | None = None  # the code of what the run is refused for
    clause: str = ""  # whose digits are too many (1.6)


class Oracle:
    """Calculates a plan over rows of Python values."""

    def __init__(self, plan: Plan, rows: Rows, period: Period) -> None:
        self.plan = plan
        self.calendar = Calendar(plan, rows, period)
        self.crediting = Crediting(plan, self.calendar)
        with localcontext(WIDE):
            self.measures = Measures(plan, self.calendar, self.crediting)

    def calculate(self) -> Expected:
        with localcontext(WIDE):
            return self._calculate()

    def _calculate(self) -> Expected:
        result = Expected()
        books = Books(self.calendar.members())
        books.too_large = self.measures.too_large
        if not books.too_large:
            self._add_up(result, books)
        if books.too_large:
            return _too_large(books.too_large)
        self._measure(result, books)
        self._attain(result, books)
        components = Components(self.plan, self.calendar, self.measures, books)
        for component in self.plan.components:
            components.calculate(component)
        self._settle(result, books)
        if books.too_large and not result.refused:
            return _too_large(books.too_large)
        return result

    def _add_up(self, result: Expected, books: Books) -> None:
        """The sums over lines, of which all else is made: those of amounts first."""
        with books.within(ORDER_LINES):
            self._account(result)
        summed = [one for one in self.plan.measures if one.is_summed]
        for measure in sorted(summed, key=lambda one: not is_amount(one)):
            for choice in self._windows(measure.id):
                for payee in books.members:
                    with books.within(measure.id):
                        self.measures.value(measure.id, payee, choice)

    def _windows(self, name: str) -> list[Choice | None]:
        """The windows in which somebody wants a measure, the period first."""
        found: list[Choice | None] = [None]
        asking = (one for one in self.plan.quotas if self._stands_on(one.measure, name))
        found += [self.measures.quota_choice(quota) for quota in asking]
        for part in self.calendar.rated():
            window = part.accumulation or self.plan.policies.accumulation
            rates = part.rates
            assert rates is not None
            read = [part.measure or "", *rates.read_by]
            if self.calendar.is_longer(window) and any(self._stands_on(one, name) for one in read):
                ends = (self.calendar.to_date(window), self.calendar.before(window))
                found += [self.measures.inside(days) for days in ends]
        return found

    def _stands_on(self, whole: str, part: str) -> bool:
        return whole == part or any(
            self._stands_on(one, part) for one in self.plan.measure(whole).parts
        )

    # --- 3: the account of the period's lines -----------------------------------------------------

    def _account(self, result: Expected) -> None:
        credited: dict[tuple[str, str, str], list[tuple[Decimal, Decimal]]] = {}
        for line in self.calendar.rows["order_lines"]:
            day = self.calendar.anchor(line)
            if day is None:  # 2.6
                _exclude(result, "anchor_missing", line["currency"], line["amount"])
                continue
            if not within(day, self.calendar.period):  # 2.2
                _exclude(result, "outside_period", line["currency"], line["amount"])
                continue
            for portion in self.crediting.portions(line):
                amount = times(line["amount"], portion.share)
                reason = None if portion.is_overlay else self.crediting.reason(portion)
                if reason is not None:
                    _exclude(result, reason, line["currency"], amount)
                converted = times(twelve(amount), self.measures.rate(line))
                for payee, _, rules in self.crediting.taken(portion):
                    for rule in rules:
                        key = (rule.id, payee, line["currency"])
                        credited.setdefault(key, []).append((amount, converted))
        result.credits = {
            key: (
                len(parts),
                twelve(total(a for a, _ in parts)),
                twelve(held(total(b for _, b in parts), 22)),
            )
            for key, parts in credited.items()
        }
        self._conserve(result)

    def _conserve(self, result: Expected) -> None:
        """3.7: overlays are on top and stand beside the account."""
        lines = self.calendar.rows["order_lines"]
        for currency in {line["currency"] for line in lines}:
            own = [line for line in lines if line["currency"] == currency]
            imported = total(line["amount"] for line in own)
            excluded = total(a for (_, c), (_, a) in result.excluded.items() if c == currency)
            result.conservation[(currency,)] = (imported, imported - excluded, excluded, len(own))

    # --- 5, 6 -------------------------------------------------------------------------------------

    def _measure(self, result: Expected, books: Books) -> None:
        for measure in self.plan.measures:
            for payee in books.members:
                key = (measure.id, payee)
                books.measures[key] = None
                with books.within(measure.id):
                    for choice in reversed(self._windows(measure.id)):
                        books.measures[key] = self.measures.value(measure.id, payee, choice)
                result.measures[key] = (
                    books.measures[key],
                    self.measures.count(measure.id, payee),
                )

    def _attain(self, result: Expected, books: Books) -> None:
        for quota in self.plan.quotas:
            choice = self.measures.quota_choice(quota)
            for payee in books.members:
                key = (quota.id, payee)
                target = self.measures.target(quota, payee)
                value = books.reached[key] = books.attainments[key] = None
                books.targets[key] = target
                with books.within(f"quotas/{quota.id}"):
                    value = self.measures.value(quota.measure, payee, choice)
                    books.reached[key] = value
                    books.attainments[key] = self.measures.attainment(value, target)
                result.attainment[key] = (value, target, books.attainments[key])
                if not target and self._sold(quota.measure, payee):  # 6.3
                    code = "quota_missing" if target is None else "quota_zero"
                    result.problems.add((code, payee, quota.id))

    def _sold(self, measure: str, payee: str) -> bool:
        sources = self.measures.sources(measure)
        return any(self.measures.count(name, payee) for name in sources)

    # --- 9 ----------------------------------------------------------------------------------------

    def _settle(self, result: Expected, books: Books) -> None:
        result.earnings = {key: earning.parts for key, earning in books.earnings.items()}
        if self.plan.rounds_once:
            result.unrounded = books.unrounded
        for (component, payee), rows in books.tiers.items():
            for place, row in enumerate(rows, start=1):
                result.tiers[component, payee, place] = row
        for (name, payee), met in books.rows.items():
            for place, row in met.items():
                result.tiers[name, payee, place] = row
        result.problems |= {("rate_missing", payee, name) for payee, name in books.unmet}
        if any(self._refuses_missing(name) for _, name in books.unmet):  # 7.20
            result.refused = "rate_missing"
        paid = [component.id for component in self.plan.components if component.unit == "money"]
        for payee in books.members:  # 9.1, 8.10
            result.statements[payee] = total(books.earnings[name, payee].earned for name in paid)

    def _refuses_missing(self, name: str) -> bool:
        rates = self.plan.component(name).rates
        return rates is not None and rates.rows.missing == "refuse"


def _too_large(clause: str) -> Expected:
    code = "amount_too_large" if clause == ORDER_LINES else "figure_too_large"
    return Expected(refused=code, clause=clause)


def _exclude(result: Expected, reason: str, currency: str, amount: Decimal) -> None:
    count, already = result.excluded.get((reason, currency), (0, ZERO))
    result.excluded[reason, currency] = (count + 1, already + amount)


__all__ = ["Expected", "Oracle", "Row", "Rows"]
