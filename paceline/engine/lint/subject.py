"""A component as something that pays along a measure: its turns, its jumps, its slopes.

Everything is measured with `payout.pay_out`, on both sides of each turn and inside each stretch, so
that what is reported is what would be paid. A kind of component that `pay_out` cannot follow is not
looked at, and that is said.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

from paceline.engine.curve import EXAMPLE_QUOTA
from paceline.engine.formula.interpret import interpret
from paceline.engine.formula.tree import Formula
from paceline.engine.lint.history import History, Line
from paceline.engine.money import EXACT
from paceline.engine.payout import bounds_of, pay_out
from paceline.engine.plan.model import Component, Condition, Credit, Measure, Plan, RateTable

ZERO, ONE = Decimal(0), Decimal(1)
UNIT = Decimal("0.000000000001")  # the smallest step of a measure (docs/calculation.md, 5.3)
FAR = Decimal(1_000_000)
_KNOWN_COMPONENT = frozenset(
    ["id", "name", "kind", "measure", "rates", "amount", "when", "cap", "floor", "clause"]
)
_KNOWN_RATES = frozenset(["reading", "on", "quota", "tiers", "clause"])
_KNOWN_TIER = frozenset(["lower", "upper", "rate", "clause"])
_KNOWN_KINDS = frozenset({"commission", "bonus", "override"})


class _Fine(Plan):
    """The plan paid to the twelfth decimal: slopes are not blurred by rounding to a cent."""

    @property
    def digits(self) -> int:
        return 12


@dataclass(frozen=True)
class Observed:
    """Where a payee stood on the measure in a past period, with the payee's target then."""

    payee: str
    period: str
    value: Decimal
    target: Decimal | None


@dataclass(frozen=True)
class Stretch:
    """The values from `start` to `end` (None: without end), between which pay runs straight.

    `slope` is what one more of the measure adds, `earned` what a value in the middle earns.
    """

    start: Decimal
    end: Decimal | None
    slope: Decimal
    earned: Decimal


@dataclass(frozen=True)
class Jump:
    """Pay on both sides of a value. `on` says whether the value itself is on the upper side."""

    at: Decimal
    below: Decimal
    above: Decimal
    on: bool

    @property
    def size(self) -> Decimal:
        return EXACT.subtract(self.above, self.below)


@dataclass(frozen=True)
class Subject:
    """One component of a plan, and what the past knows of its measure.

    `target` is the quota that amounts are told for where attainment matters: the one in the middle
    of those known, else an assumed 100,000 (`is_assumed`).
    """

    plan: Plan
    component: Component
    measure: Measure
    target: Decimal | None
    is_assumed: bool
    observed: tuple[Observed, ...]
    order: Decimal | None

    def pay(self, value: Decimal) -> Decimal:
        return pay_out(self.plan, self.component, value, self.target).earned

    @property
    def minor(self) -> Decimal:
        return ONE.scaleb(-self.plan.digits)

    @cached_property
    def fine(self) -> Plan:
        return fine(self.plan)

    def paid_exactly(self, value: Decimal, component: Component | None = None) -> Decimal:
        """Pay before rounding to the currency's digits."""
        return pay_out(self.fine, component or self.component, value, self.target).earned

    def share_of(self, value: Decimal) -> Decimal | None:
        """The value as a share of the target; None where no target matters."""
        if not self.target:
            return None
        return EXACT.divide(value, self.target).quantize(Decimal("0.000001"), ROUND_DOWN, EXACT)

    @cached_property
    def bounds(self) -> tuple[tuple[Decimal, str], ...]:
        """Values at which pay may bend or jump, in order, each with the clause that says so."""
        found: dict[Decimal, str] = {}
        rates = self.component.rates
        if rates is not None:
            for (lower, _upper), tier in zip(
                bounds_of(rates, self.target), rates.tiers, strict=False
            ):
                found.setdefault(lower, tier.clause)
        condition = self.component.when
        if condition is not None:
            found[least_of(condition, self.target)] = condition.clause
        return tuple((value, found[value]) for value in sorted(found) if value > 0)

    def jumps(self) -> Iterator[tuple[Jump, str]]:
        """Every place where pay changes by more than the smallest coin, with its clause."""
        for at, clause in self.bounds:
            before, on, after = self.pay(at - UNIT), self.pay(at), self.pay(at + UNIT)
            if abs(on - before) > self.minor:
                yield Jump(at, before, on, on=True), clause
            if abs(after - on) > self.minor:
                yield Jump(at, on, after, on=False), clause

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """Zero to the last turn and beyond, in stretches on which pay runs straight."""
        ends = sorted({ZERO, *(value for value, _ in self.bounds), *self._crossings()})
        pairs: list[tuple[Decimal, Decimal | None]] = [*pairwise(ends), (ends[-1], None)]
        return tuple(self._stretch(start, end) for start, end in pairs)

    def _stretch(self, start: Decimal, end: Decimal | None) -> Stretch:
        width = FAR + start if end is None else end - start
        near, far = (
            start + (width * part).quantize(UNIT, ROUND_CEILING, EXACT)
            for part in (Decimal("0.25"), Decimal("0.75"))
        )
        low, high = self.paid_exactly(near), self.paid_exactly(far)
        slope = ZERO
        if high != low:
            slope = EXACT.divide(high - low, far - near).quantize(
                Decimal("0.00000001"), context=EXACT
            )
        return Stretch(start, end, slope, low)

    def _crossings(self) -> Iterator[Decimal]:
        """Where what the rates earn meets the cap or the floor, to the fourth decimal upwards."""
        free = dataclasses.replace(self.component, cap=None, floor=None)
        limits = [one for one in (self.component.cap, self.component.floor) if one]
        ends = [ZERO, *(value for value, _ in self.bounds)]
        for start, end in [*pairwise(ends), (ends[-1], None)]:
            first = start + UNIT
            last = end - UNIT if end is not None else start + FAR
            low, high = self.paid_exactly(first, free), self.paid_exactly(last, free)
            for limit in limits:
                beyond = end is None and high < limit
                if high > low and low < limit and (limit <= high or beyond):
                    way = EXACT.divide((limit - low) * (last - first), high - low)
                    # pay is known to 12 decimals, so the place to about 6: then upwards to 4
                    place = (first + way).quantize(Decimal("0.000001"), context=EXACT)
                    yield place.quantize(Decimal("0.0001"), ROUND_CEILING, EXACT)

    @cached_property
    def cap_begins(self) -> Decimal | None:
        """The smallest value, to the fourth decimal, at which the cap holds pay back."""
        cap = self.component.cap
        if cap is None or self.component.rates is None:
            return None
        for value in sorted({*(value for value, _ in self.bounds), *self._crossings()}):
            for one in (value, value + Decimal("0.0001")):
                free = dataclasses.replace(self.component, cap=None)
                if self.paid_exactly(one, free) >= cap:
                    return one
        return None


def fine(plan: Plan) -> Plan:
    values: dict[str, Any] = {
        field.name: getattr(plan, field.name) for field in dataclasses.fields(plan)
    }
    return _Fine(**values)


def least_of(condition: Condition, target: Decimal | None) -> Decimal:
    """The condition's threshold as an amount of its measure."""
    if condition.on == "attainment":
        return EXACT.multiply(condition.at_least, target or ZERO)
    return condition.at_least


def not_followed(plan: Plan, component: Component) -> str:
    """Why a component cannot be looked at: `kind`, `rates`, `condition`, `measure`; else empty."""
    rates, condition = component.rates, component.when
    pays_nothing = rates is None and component.amount is None
    is_new = component.kind not in _KNOWN_KINDS or _says_more(component, _KNOWN_COMPONENT)
    if is_new or pays_nothing:
        return "kind"
    if rates is not None and _is_strange(rates):
        return "rates"
    if condition is not None and condition.on not in {"attainment", "measure"}:
        return "condition"
    measure = plan.measure_of(component)
    if measure is not None and measure.kind not in {"sum", "count"}:
        return "measure"
    if rates is not None and condition is not None:
        return "" if plan.measure_seen_by(condition) == component.measure else "condition"
    return ""


def _is_strange(rates: RateTable) -> bool:
    return (
        rates.reading not in {"slice", "whole"}
        or rates.on not in {"attainment", "amount"}
        or _says_more(rates, _KNOWN_RATES)
        or any(_says_more(tier, _KNOWN_TIER) for tier in rates.tiers)
    )


def _says_more(clause: Any, known: frozenset[str]) -> bool:
    """Whether a clause has something beside what this linter knows."""
    for field in dataclasses.fields(clause):
        default = None if field.default is dataclasses.MISSING else field.default
        if field.name not in known and getattr(clause, field.name) not in (default, None, ()):
            return True
    return False


def subject_of(
    plan: Plan,
    component: Component,
    history: History | None,
    orders: dict[str, Decimal | None] | None = None,
) -> Subject | None:
    """The component beside its history; None when it pays a fixed amount without a condition.

    ``orders`` keeps the usual order by measure for other components of this plan and history.
    """
    measure = plan.measure_of(component)
    if measure is None:
        return None
    name = plan.quota(component.quota).name if component.quota else ""
    known = _targets(history, name) if history is not None and name else []
    target = middle(known) or (EXAMPLE_QUOTA if name else None)
    observed = _observed(plan, measure, name, history) if history is not None else ()
    orders = {} if orders is None else orders
    if measure.id not in orders:
        orders[measure.id] = order_size(plan, measure, history) if history is not None else None
    order = orders[measure.id]
    return Subject(plan, component, measure, target, bool(name) and not known, observed, order)


def _targets(history: History, name: str) -> list[Decimal]:
    coming = [one.amount for one in history.coming if one.quota == name and one.amount > 0]
    return coming or list(history.target_of(name).values())


def _observed(plan: Plan, measure: Measure, quota: str, history: History) -> tuple[Observed, ...]:
    if plan.policies.accumulation == "transaction":
        return tuple(
            Observed(str(line.get("payee_id") or ""), "", value, None)
            for _place, line, value in values_of(plan, measure, history.lines)
            if line.get("payee_id")
        )
    targets = history.target_of(quota) if quota else {}
    return tuple(
        Observed(one.payee, one.period, one.value, targets.get((one.payee, one.period)))
        for one in history.values_of(plan, measure)
    )


def values_of(
    plan: Plan, measure: Measure, lines: Sequence[Line]
) -> Iterator[tuple[int, Line, Decimal]]:
    """Which lines add what to a measure as far as it is known, each with its place: not those that
    no rule is known to take, that are in another currency, or that lack a number.
    """
    if measure.kind not in {"sum", "count"}:
        return
    rules = _takers(plan, measure)
    takes_all = any(rule.when is None for rule in rules)
    for place, line in enumerate(lines):
        if measure.is_money and measure.of is not None and line.get("currency") != plan.currency:
            continue
        if not takes_all and not any(
            rule.when is not None and read(rule.when, line) is True for rule in rules
        ):
            continue
        found = ONE if measure.of is None else read(measure.of, line)
        if isinstance(found, Decimal):
            yield place, line, found


def _takers(plan: Plan, measure: Measure) -> list[Credit]:
    """The rules that take lines for a measure, those below its roll-ups included."""
    rules = [plan.credit(one) for one in measure.credits]
    direct = [rule for rule in rules if rule.kind == "direct"]
    return direct + [plan.credit(one) for rule in rules if rule.kind == "rollup" for one in rule.of]


def read(formula: Formula, line: Line) -> object:
    """The formula's value for a line; None when the line does not say what the formula needs."""
    if not formula.names <= line.keys():
        return None
    try:
        return interpret(formula.root, line)
    except KeyError:
        return None


def order_size(plan: Plan, measure: Measure, history: History) -> Decimal | None:
    """What an order in the middle of those known adds to the measure; None when none is known."""
    sizes: dict[object, Decimal] = {}
    for place, line, value in values_of(plan, measure, history.lines):
        if line.get("kind", "sale") == "sale":
            key = line.get("order_id") or place
            sizes[key] = sizes.get(key, ZERO) + value
    return middle([size for size in sizes.values() if size > 0])


def middle(values: Sequence[Decimal]) -> Decimal | None:
    """The lower median: always one of the values."""
    return sorted(values)[(len(values) - 1) // 2] if values else None
