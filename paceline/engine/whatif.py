"""What if: one more order, the next tier, another version of the plan, for one payee.

The first two read only what a run keeps of a payee (measures, targets, tiers, earnings), never the
lines, and take milliseconds. The third is a calculation over the payee's own lines. A component
whose figures cannot be made again from what was kept, or that has clauses this module does not
know, is left out of the answer by name: `earned` is None and `note` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

import duckdb

from paceline.engine.comparison.narrow import narrow
from paceline.engine.database import reused_database
from paceline.engine.errors import EngineError, PayeeUnknown
from paceline.engine.formula.interpret import interpret
from paceline.engine.formula.tree import Formula, Name, names_in
from paceline.engine.known import NOT_EXPLAINED, is_explained, is_known
from paceline.engine.ledger.told import decided_by_others
from paceline.engine.money import EXACT
from paceline.engine.payout import Standing, TierPay, bounds_of, pay_standing
from paceline.engine.periods import Period
from paceline.engine.plan.model import Component, Credit, Measure, Plan
from paceline.engine.results import Results
from paceline.engine.run import calculate
from paceline.engine.shape import shape_of
from paceline.engine.tables import Tables

ZERO = Decimal(0)
OTHERS = "decided_by_others"  # the note where what others do decides a component, too
_TWELVE = Decimal("1e-12")
_UNIT = Decimal("0.0001")  # the smallest step of a measure that counts units


class OrderIncomplete(EngineError):
    """A formula of the plan reads numbers or days that the imagined order does not have."""

    def __init__(self, names: set[str]) -> None:
        self.names = tuple(sorted(names))
        super().__init__(f"the order needs {', '.join(self.names)}")


@dataclass(frozen=True)
class Kept:
    """What a run keeps of one payee; amounts in plan currency, targets None where there is none.

    `bases` are what each tier of a component holds, needed where every line stands alone.
    """

    measures: Mapping[str, Decimal]
    targets: Mapping[str, Decimal | None]
    earned: Mapping[str, Decimal]
    bases: Mapping[str, tuple[Decimal, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """An order that does not exist: what a line of it would say.

    `columns` holds what credit rules and measures look at (product, category, channel, territory,
    the plan's attributes …); text that is left out is empty. `exchange_rate` leads from its
    currency to the plan's. `level` is 0 for the payee's own order, 1 for one of a report.
    """

    amount: Decimal
    currency: str
    ordered_on: date
    quantity: Decimal = Decimal(1)
    exchange_rate: Decimal = Decimal(1)
    kind: str = "sale"
    level: int = 0
    columns: Mapping[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """The order as a line."""
        own = ("amount", "currency", "ordered_on", "quantity", "kind")
        return {**self.columns, **{name: getattr(self, name) for name in own}}


@dataclass(frozen=True)
class Outcome:
    """One component now and then. `earned` is None when it is not explained further."""

    component: str
    now: Decimal
    earned: Decimal | None
    tiers: tuple[TierPay, ...] = ()
    note: str = ""

    @property
    def more(self) -> Decimal | None:
        return None if self.earned is None else self.earned - self.now


@dataclass(frozen=True)
class OneMore:
    """What one more order pays, and which credit rules would take it."""

    credits: tuple[str, ...]
    measures: Mapping[str, Decimal]  # what each measure gains
    outcomes: tuple[Outcome, ...]

    @property
    def more(self) -> Decimal:
        """What the explained components pay more, together."""
        return sum((one.more for one in self.outcomes if one.more is not None), ZERO)

    @property
    def is_whole(self) -> bool:
        return all(one.earned is not None for one in self.outcomes)


@dataclass(frozen=True)
class Step:
    """The next place where a component pays otherwise: a tier or its condition.

    `missing` is what the measure lacks to `reach`; `pays` is what the component, and `pays_in_all`
    what all components pay more there.
    """

    component: str
    kind: Literal["tier", "condition"]
    clause: str
    tier: int | None
    measure: str
    reach: Decimal
    missing: Decimal
    pays: Decimal
    pays_in_all: Decimal


def kept_of(results: Results, payee_id: str) -> Kept:
    """The kept figures of one payee out of a run's results. Raises PayeeUnknown."""
    rows = {
        name: _of_payee(results, name, payee_id)
        for name in ("earnings", "measures", "attainment", "tiers")
    }
    if not rows["earnings"]:
        raise PayeeUnknown(payee_id)
    bases: dict[str, tuple[Decimal, ...]] = {}
    for row in rows["tiers"]:
        bases[row["component"]] = (*bases.get(row["component"], ()), row["base"])
    return Kept(
        {row["measure"]: row["value"] for row in rows["measures"]},
        {row["quota"]: row["target"] for row in rows["attainment"]},
        {row["component"]: row["earned"] for row in rows["earnings"]},
        bases,
    )


def _of_payee(results: Results, name: str, payee_id: str) -> list[dict[str, Any]]:
    table = results.table(name)
    places = [
        place for place, one in enumerate(table.column("payee_id").to_pylist()) if one == payee_id
    ]
    found: list[dict[str, Any]] = table.take(places).to_pylist()
    return found


def columns_asked(plan: Plan) -> tuple[str, ...]:
    """The line columns beside amount and currency that decide what an order pays."""
    formulas = [one.when for one in plan.credits] + [one.of for one in plan.measures]
    read = [names_in(formula.root) for formula in formulas if formula is not None]
    return tuple(sorted(set().union(*read) - {"amount", "currency"})) if read else ()


def nearest_level(plan: Plan) -> int:
    """The level at which an order counts for a payee of the plan: 0 where own orders count."""
    levels = [
        0 if plan.credit(name).kind == "direct" else plan.credit(name).level_from
        for measure in plan.measures
        for name in measure.credits
    ]
    return min(levels, default=0)


def one_more(plan: Plan, kept: Kept, order: Order) -> OneMore:
    """What one more order pays the payee, component by component.

    Raises OrderIncomplete when a formula reads a number that the order does not say.
    """
    taken = _taken_by(plan, order)
    gains = {
        measure.id: _gain(plan, measure, order) if taken & set(measure.credits) else ZERO
        for measure in plan.measures
    }
    return OneMore(
        tuple(credit.id for credit in plan.credits if credit.id in taken),
        gains,
        tuple(_outcome(plan, component, kept, gains) for component in plan.components),
    )


def next_steps(plan: Plan, kept: Kept) -> tuple[Step, ...]:
    """For each component the next tier and the condition that is not met, where there is one.

    Where each line stands alone there is no next tier: nothing adds up towards one.
    """
    found: list[Step] = []
    for component in plan.components:
        if _again(plan, component, kept) is None:
            continue
        if component.when is not None and not _standing(plan, component, kept, {}).holds:
            found += _to_condition(plan, component, kept)
        if component.rates is not None and not shape_of(plan).by_line:
            found += _to_tier(plan, component, kept)
    return tuple(found)


def under_plan(
    plan: Plan,
    tables: Tables,
    period: Period,
    payee_id: str,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Results:
    """What the payee would have earned under another text of the plan, over the same tables.

    A calculation of the engine like any other, over the lines that can reach the payee. Raises
    InputInvalid when the text needs what the tables do not have.
    """
    database = connection or reused_database(tables)
    rows = narrow(plan, tables, period, payee_id, only_read=True, connection=database)
    found = Tables(rows)
    hashes = {name: ["narrowed"] for name in found.sources}
    return calculate(plan, found, period, connection=database, input_hashes=hashes)


# --- one more order -------------------------------------------------------------------------------


def _taken_by(plan: Plan, order: Order) -> set[str]:
    """The credit rules that take the order for the payee."""
    direct = {
        credit.id
        for credit in plan.credits
        if credit.kind == "direct" and is_known(credit) and _matches(credit, order)
    }
    if order.level == 0:
        return direct
    return {
        credit.id
        for credit in plan.credits
        if credit.kind == "rollup"
        and is_known(credit)
        and direct & set(credit.of)
        and credit.level_from <= order.level <= (credit.level_through or order.level)
    }


def _matches(credit: Credit, order: Order) -> bool:
    return credit.when is None or bool(_value(credit.when, order))


def _value(formula: Formula, order: Order) -> Any:
    try:
        return interpret(formula.root, order.row())
    except KeyError as error:
        raise OrderIncomplete({str(error.args[0])}) from None


def _gain(plan: Plan, measure: Measure, order: Order) -> Decimal:
    """What the order adds to a measure: 12 decimals of the formula, then the exchange rate."""
    if measure.of is None:
        return Decimal(1)
    plain = isinstance(measure.of.root, Name)
    value = Decimal(_value(measure.of, order))
    if not plain:
        value = value.quantize(_TWELVE, ROUND_HALF_UP, EXACT)
    if measure.is_money and order.currency != plan.currency:
        value = EXACT.multiply(value, order.exchange_rate)
    return value.quantize(_TWELVE, ROUND_HALF_UP, EXACT)


def _outcome(plan: Plan, component: Component, kept: Kept, gains: Mapping[str, Decimal]) -> Outcome:
    now = kept.earned.get(component.id, ZERO)
    if component.id in decided_by_others(plan):
        return Outcome(component.id, now, None, note=OTHERS)
    if _again(plan, component, kept) is None or not _credits_known(plan, component):
        return Outcome(component.id, now, None, note=NOT_EXPLAINED)
    paid = pay_standing(plan, component, _standing(plan, component, kept, gains))
    return Outcome(component.id, now, paid.earned, paid.tiers)


def _credits_known(plan: Plan, component: Component) -> bool:
    names = [component.measure] if component.measure else []
    return all(is_known(plan.credit(one)) for name in names for one in plan.measure(name).credits)


def _again(plan: Plan, component: Component, kept: Kept) -> Decimal | None:
    """What the component earned, made again from the kept figures; None if that is not possible."""
    if component.id not in kept.earned or not is_explained(plan, component):
        return None
    try:
        earned = pay_standing(plan, component, _standing(plan, component, kept, {})).earned
    except KeyError:
        return None
    return earned if earned == kept.earned[component.id] else None


def _standing(
    plan: Plan, component: Component, kept: Kept, gains: Mapping[str, Decimal]
) -> Standing:
    """Where a component stands: its measure and target, and whether its condition holds."""
    rates, by_line = component.rates, shape_of(plan).by_line
    target = kept.targets[rates.quota] if rates is not None and rates.quota else None
    value = kept.measures[component.measure] if component.measure else ZERO
    gain = gains.get(component.measure or "", ZERO)
    return Standing(
        value=EXACT.add(value, gain),
        target=target,
        holds=_holds(plan, component, kept, gains),
        bases=kept.bases.get(component.id, ()) if by_line else None,
        gain=gain,
    )


def _holds(plan: Plan, component: Component, kept: Kept, gains: Mapping[str, Decimal]) -> bool:
    if component.when is None:
        return True
    measure, least = _threshold(plan, component, kept)
    if least is None:
        return False
    return EXACT.add(kept.measures[measure], gains.get(measure, ZERO)) >= least


def _threshold(plan: Plan, component: Component, kept: Kept) -> tuple[str, Decimal | None]:
    """The measure of a component's condition and the amount it asks for; None: no target."""
    when = component.when
    assert when is not None  # noqa: S101 -- the callers looked
    if when.on == "measure":
        return when.subject, when.at_least
    target = kept.targets[when.subject]
    measure = plan.quota(when.subject).measure
    return measure, EXACT.multiply(when.at_least, target) if target else None


# --- the next step --------------------------------------------------------------------------------


def _to_tier(plan: Plan, component: Component, kept: Kept) -> list[Step]:
    """The first tier whose beginning the measure has not reached."""
    rates = component.rates
    assert rates is not None  # noqa: S101
    assert component.measure is not None  # noqa: S101
    target = kept.targets[rates.quota] if rates.quota else None
    value = kept.measures[component.measure]
    inside = rates.reading == "whole" and plan.policies.boundary == "lower"
    for place, (lower, _) in enumerate(bounds_of(rates, target)):
        reach = EXACT.add(lower, _smallest(plan, component.measure)) if inside else lower
        if place and value < reach:
            tier = rates.tiers[place]
            return [_step(plan, component, kept, "tier", tier.clause, place + 1, reach)]
    return []


def _to_condition(plan: Plan, component: Component, kept: Kept) -> list[Step]:
    measure, least = _threshold(plan, component, kept)
    if least is None or component.when is None:
        return []
    clause = component.when.clause
    return [_step(plan, component, kept, "condition", clause, None, least, measure)]


def _step(
    plan: Plan,
    component: Component,
    kept: Kept,
    kind: Literal["tier", "condition"],
    clause: str,
    tier: int | None,
    reach: Decimal,
    measure: str | None = None,
) -> Step:
    subject = measure or component.measure or ""
    missing = EXACT.subtract(reach, kept.measures[subject])
    pays, in_all = ZERO, ZERO
    for one in plan.components:
        if _again(plan, one, kept) is None:
            continue
        there = pay_standing(plan, one, _standing(plan, one, kept, {subject: missing})).earned
        more = there - kept.earned[one.id]
        in_all += more
        pays = more if one.id == component.id else pays
    return Step(component.id, kind, clause, tier, subject, reach, missing, pays, in_all)


def _smallest(plan: Plan, measure: str) -> Decimal:
    """The smallest step beyond a boundary: one minor unit of money, else a ten-thousandth."""
    return Decimal(1).scaleb(-plan.digits) if plan.measure(measure).is_money else _UNIT
