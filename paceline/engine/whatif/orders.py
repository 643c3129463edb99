"""What one more order pays, from what a run keeps of a payee: measures, targets, tiers, earnings.

A component whose figures cannot be made again from what was kept, or that has clauses this module
does not know, is left out of the answer by name: `earned` is None and `note` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from paceline.engine.errors import EngineError
from paceline.engine.formula.interpret import interpret
from paceline.engine.formula.tree import Formula, Name, names_in
from paceline.engine.known import NOT_EXPLAINED, is_explained, is_known
from paceline.engine.ledger.told import decided_by_others
from paceline.engine.money import EXACT
from paceline.engine.payout import Standing, TierPay, pay_standing
from paceline.engine.plan.model import Component, Credit, Measure, Plan
from paceline.engine.shape import shape_of
from paceline.engine.whatif.kept import Kept

ZERO = Decimal(0)
OTHERS = "decided_by_others"  # the note where what others do decides a component, too
_TWELVE = Decimal("1e-12")


class OrderIncomplete(EngineError):
    """A formula of the plan reads numbers or days that the imagined order does not have."""

    def __init__(self, names: set[str]) -> None:
        self.names = tuple(sorted(names))
        super().__init__(f"the order needs {', '.join(self.names)}")


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

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Components that the kept figures do not tell."""
        return tuple(one.component for one in self.outcomes if one.earned is None)

    def answered(self, earned: Mapping[str, Decimal]) -> OneMore:
        """With what a calculation found for components that were not answered. The note stays where
        others decide, too: their figures are what they were.
        """
        outcomes = (
            replace(one, earned=earned[one.component], note=OTHERS if one.note == OTHERS else "")
            if one.earned is None and one.component in earned
            else one
            for one in self.outcomes
        )
        return replace(self, outcomes=tuple(outcomes))


def columns_asked(plan: Plan) -> tuple[str, ...]:
    """The line columns beside amount and currency that decide what an order pays."""
    formulas = [one.when for one in plan.credits] + [one.of for one in plan.measures]
    read = [names_in(formula.root) for formula in formulas if formula is not None]
    keys = {key.removeprefix("by_") for key in shape_of(plan).key_columns}
    return tuple(sorted(keys.union(*read) - {"amount", "currency"}))


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
        if measure.is_summed
    }
    return OneMore(
        tuple(credit.id for credit in plan.credits if credit.id in taken),
        gains,
        tuple(_outcome(plan, component, kept, gains) for component in plan.components),
    )


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
    value = (kept.measures[component.measure] or ZERO) if component.measure else ZERO
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
    return EXACT.add(kept.measures[measure] or ZERO, gains.get(measure, ZERO)) >= least


def _threshold(plan: Plan, component: Component, kept: Kept) -> tuple[str, Decimal | None]:
    """The measure of a component's condition and the amount it asks for; None: no target."""
    when = component.when
    assert when is not None  # noqa: S101 -- the callers looked
    if when.on == "measure":
        return when.subject, when.at_least
    target = kept.targets[when.subject]
    measure = plan.quota(when.subject).measure
    return measure, EXACT.multiply(when.at_least, target) if target else None
