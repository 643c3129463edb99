"""From a plan to its figures: measures, targets, tiers, components, the statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine import windows
from paceline.engine.columns import BOOLEAN, EXACT, MONEY, RATE, TEXT, col, typed
from paceline.engine.ledger import forms
from paceline.engine.ledger.figures import Figures
from paceline.engine.ledger.measures import (
    add_attainment,
    add_measures,
    later_windows,
    name_of,
    needed_measures,
    over_figures,
)
from paceline.engine.ledger.rate_rows import join_tabled, tabled_kinds
from paceline.engine.ledger.rates import TierFigures
from paceline.engine.ledger.rows import payee_rows, row_kinds
from paceline.engine.ledger.spread import join_spread, spread_kinds
from paceline.engine.ledger.sums import Sums, sums_of
from paceline.engine.ledger.tables import add_rates, join_parts, part_kinds
from paceline.engine.plan.model import Component, Condition, Plan
from paceline.engine.plan.scope import figures_of
from paceline.engine.shape import Shape

ADJUSTMENTS = (
    "multiplier_adjustment",
    "condition_adjustment",
    "cap_adjustment",
    "floor_adjustment",
)


@dataclass
class Ledger:
    """A plan's figures, and the columns of each component that results are made of."""

    shape: Shape
    sums: Sums
    figures: Figures
    tiers: dict[str, tuple[TierFigures, ...]] = field(default_factory=dict)
    adjusted: dict[str, list[str]] = field(default_factory=dict)
    measured: dict[str, str] = field(default_factory=dict)  # component → column of its measure
    details: list[str] = field(default_factory=list)  # further columns for a reader
    unrounded: dict[str, str] = field(default_factory=dict)  # component → what it earns exactly

    @property
    def plan(self) -> Plan:
        return self.shape.plan

    def wanted(self) -> list[str]:
        """The figures that results are made of."""
        plan, names = self.plan, ["payee_id"]
        for measure in plan.measures:
            names.append(name_of(measure.id))
            if measure.is_summed:
                names.append(f"{name_of(measure.id)}/lines")
        for quota in plan.quotas:
            names += [f"quotas/{quota.id}/target", f"quotas/{quota.id}/attainment"]
            names.append(name_of(quota.measure, windows.over(plan, quota.over)))
        for component in plan.components:
            for tier in self.tiers.get(component.id, ()):
                names += [name for name in (tier.lower, tier.upper) if name]
                names += [tier.base, tier.earned]
            path = f"components/{component.id}"
            if component.id in self.measured:
                names.append(self.measured[component.id])
                names += self._read_by(component)
            adjusted = self.adjusted.get(component.id, ())
            names += [f"{path}/{part}" for part in ("computed", *adjusted, "earned")]
        names += self.unrounded.values()
        return list(dict.fromkeys([*names, *self.details, "statement"]))

    def _read_by(self, component: Component) -> list[str]:
        """The columns of the measures by which a rate table is read."""
        rates = component.rates
        unit = windows.window_of(self.plan, component)
        if rates is None or windows.is_shorter(self.plan, unit):
            return []
        keys = [windows.PERIOD]
        if windows.is_longer(self.plan, unit):
            keys = [windows.to_date(unit), windows.before(unit)]
        return [name_of(name, key) for name in rates.read_by for key in keys]

    def adjust(self, component: Component, name: str, value: exp.Expr) -> None:
        """Note what a multiplier, condition, cap or floor of a component took or gave."""
        self.adjusted.setdefault(component.id, []).append(name)
        self.figures.add(f"components/{component.id}/{name}", value, MONEY)

    @property
    def contract(self) -> c.Table:
        """The declared types of the wanted figures."""
        names = [name for name in self.wanted() if name != "payee_id"]
        kinds = {"payee_id": TEXT} | {name: self.figures.kinds[name] for name in names}
        return c.table("ledger", "payee_id", kinds, nullable=" ".join(names))

    def query(self, names: Sequence[str] = ()) -> exp.Select:
        """One row for each payee in the plan: the wanted figures, or these."""
        return self.figures.query(self._rows(), names or self.wanted())

    def _rows(self) -> exp.Select:
        query = payee_rows(self.shape, self.sums)
        join_parts(query, self.plan, self.sums)
        join_spread(query, self.shape, self.sums)
        join_tabled(query, self.plan)
        return query


MAX_LEDGERS = 200
_LEDGERS: dict[str, Ledger] = {}


def ledger_of(shape: Shape) -> Ledger:
    """A plan's ledger, compiled once."""
    found = _LEDGERS.get(shape.plan.hash)
    if found is None:
        if len(_LEDGERS) >= MAX_LEDGERS:
            _LEDGERS.clear()
        found = _LEDGERS[shape.plan.hash] = _compile(shape)
    return found


def _compile(shape: Shape) -> Ledger:
    plan, sums = shape.plan, sums_of(shape, needed_measures(shape.plan))
    given = row_kinds(shape, sums) | part_kinds(plan) | spread_kinds(plan) | tabled_kinds(plan)
    ledger = Ledger(shape, sums, Figures(given))
    figures = ledger.figures
    add_measures(figures, plan)
    for window, measure in later_windows(plan):
        add_measures(figures, plan, window, {measure})
    for quota in plan.quotas:
        add_attainment(figures, plan, quota)
        if any(one.pool is not None for one in plan.components):
            value = col(name_of(quota.measure, windows.over(plan, quota.over)))
            figures.add(f"quotas/{quota.id}/attainment/of", value, EXACT)
    for place, component in enumerate(plan.components):
        _add_component(ledger, component, plan.components[:place])
    figures.add("statement", _total(plan), MONEY)
    return ledger


def _total(plan: Plan) -> exp.Expr:
    """Everything a payee earned; nothing is rounded here, the components already are."""
    paid = [one for one in plan.components if one.unit == "money"]
    parts: list[exp.Expr] = [col(f"components/{one.id}/earned") for one in paid]
    total = parts[0] if parts else c.number(0, MONEY)
    for part in parts[1:]:
        total = exp.Add(this=total, expression=part)
    return total


# --- components -----------------------------------------------------------------------------------


def _add_component(ledger: Ledger, component: Component, above: tuple[Component, ...]) -> None:
    """What a component pays, after its multipliers, its condition, its cap and its floor.

    A component whose condition does not hold pays nothing: neither cap nor floor then applies.
    """
    plan, figures, path = ledger.plan, ledger.figures, f"components/{component.id}"
    named = figures_of(plan.measures, plan.quotas, above)
    holds: exp.Expr | None = None
    if component.when is not None:
        test = _holds(plan, component.when, named)
        holds = figures.add(f"{path}/holds", test, BOOLEAN)
    pay = _computed(ledger, component, named, holds)
    computed = typed(pay.rounded, MONEY)
    column = figures.add(f"{path}/computed", computed.copy(), MONEY)
    if component.multipliers:
        computed = typed(column, MONEY)
    nothing = c.number(0, MONEY)
    amount: exp.Expr = computed.copy()
    if component.multipliers:
        factor = _factor(plan, component, named)
        # All decimals of the product are there when it is rounded: cut to twelve first, a hair less
        # than a cent would become that cent where the plan rounds down.
        product = c.times(typed(computed.copy(), EXACT), factor, c.FORMULA_PRODUCT)
        rounded = forms.in_plan_money(plan, product)
        raised = figures.add(f"{path}/multiplied", rounded, MONEY)
        change = c.minus(raised.copy(), computed.copy(), MONEY)
        ledger.adjust(component, "multiplier_adjustment", change)
        amount = raised.copy()
    earned = amount.copy()
    if holds is not None:
        withheld = c.minus(nothing.copy(), amount.copy(), MONEY)
        ledger.adjust(component, "condition_adjustment", _where(holds, nothing, withheld))
    if component.cap is not None:
        cap = c.number(component.cap, MONEY)
        over = c.least(c.minus(cap, amount.copy(), MONEY), nothing.copy(), MONEY)
        ledger.adjust(component, "cap_adjustment", _where(holds, over, nothing))
        earned = c.least(earned, cap.copy(), MONEY)
    if component.floor is not None:
        floor = c.number(component.floor, MONEY)
        under = c.greatest(c.minus(floor, amount.copy(), MONEY), nothing.copy(), MONEY)
        ledger.adjust(component, "floor_adjustment", _where(holds, under, nothing))
        earned = c.greatest(earned, floor.copy(), MONEY)
    figures.add(f"{path}/earned", _where(holds, earned, nothing), MONEY)
    if plan.rounds_once and component.unit == "money":
        exact = typed(column if pay.exact is None else pay.exact, EXACT)
        if component.multipliers:
            by = _factor(plan, component, named)
            exact = typed(c.times(exact, by, c.FORMULA_PRODUCT), EXACT)
        _add_unrounded(ledger, component, exact, holds)


def _add_unrounded(
    ledger: Ledger, component: Component, exact: exp.Expr, holds: exp.Expr | None
) -> None:
    """What a component earns before any rounding of money, within the same condition and limits."""
    if component.cap is not None:
        exact = c.least(exact, c.number(component.cap, EXACT), EXACT)
    if component.floor is not None:
        exact = c.greatest(exact, c.number(component.floor, EXACT), EXACT)
    name = f"components/{component.id}/unrounded"
    ledger.figures.add(name, _where(holds, exact, c.number(0, EXACT)), EXACT)
    ledger.unrounded[component.id] = name


@dataclass(frozen=True)
class _Pay:
    """What a component computes; `exact` before rounding, None where nothing is rounded."""

    rounded: exp.Expr
    exact: exp.Expr | None = None


def _computed(
    ledger: Ledger, component: Component, named: Mapping[str, str], holds: exp.Expr | None
) -> _Pay:
    """What a component computes in its own form."""
    plan, figures = ledger.plan, ledger.figures
    if component.rates is not None:
        paid = add_rates(figures, ledger.shape, component)
        ledger.tiers[component.id], ledger.measured[component.id] = paid.tiers, paid.measure
        return _Pay(paid.total, paid.exact)
    if component.formula is not None:
        exact: exp.Expr = forms.or_nothing(over_figures(component.formula, named))
        return _Pay(forms.in_plan_money(plan, exact.copy()), exact)
    if component.target_share is not None:
        incentive = forms.incentive_of(plan)
        assert incentive is not None  # noqa: S101 -- the plan was checked for it
        exact = c.times(c.number(component.target_share, RATE), incentive, c.PRODUCT)
        return _Pay(forms.in_plan_money(plan, exact.copy()), exact)
    if component.scorecard is not None:
        return _Pay(*_scored(ledger, component, named))
    return _Pay(_group_pay(ledger, component, named, holds))


def _scored(
    ledger: Ledger, component: Component, named: Mapping[str, str]
) -> tuple[exp.Expr, exp.Expr]:
    """A scorecard, with the columns that explain it."""
    assert component.scorecard is not None  # noqa: S101 -- the caller looked
    scored = forms.add_scorecard(ledger.figures, ledger.plan, component, named)
    for indicator in component.scorecard.indicators:
        own = f"components/{component.id}/indicators/{indicator.id}"
        ledger.details += [f"{own}/value", f"{own}/score", f"{own}/amount"]
    return scored


def _group_pay(
    ledger: Ledger, component: Component, named: Mapping[str, str], holds: exp.Expr | None
) -> exp.Expr:
    """Pools and contests, with the columns that explain them; else a fixed amount."""
    plan, figures = ledger.plan, ledger.figures
    path = f"components/{component.id}"
    if component.pool is not None:
        ledger.details += [f"{path}/pool/{part}" for part in ("amount", "weight", "weights")]
        return forms.add_pool(figures, plan, component, named)
    if component.contest is not None:
        ledger.details += [f"{path}/contest/{part}" for part in ("score", "rank", "tied")]
        return forms.add_contest(figures, plan, component, named, holds)
    return c.number(component.amount or 0, MONEY)


def _factor(plan: Plan, component: Component, named: Mapping[str, str]) -> exp.Expr:
    """The product of a component's multipliers; one whose condition does not hold is 1."""
    factor: exp.Expr = c.number(1, EXACT)
    for multiplier in component.multipliers:
        by = over_figures(multiplier.by, named)
        by = c.or_else(typed(by, EXACT), c.number(1, EXACT), EXACT)
        if multiplier.when is not None:
            test = _holds(plan, multiplier.when, named)
            by = typed(c.when((test, by), otherwise=c.number(1, EXACT)), EXACT)
        factor = typed(c.times(factor, by, c.FORMULA_PRODUCT), EXACT)
    return factor


def _where(holds: exp.Expr | None, value: exp.Expr, otherwise: exp.Expr) -> exp.Expr:
    """A value where the component's condition holds, if it has one."""
    if holds is None:
        return value
    return c.when((holds.copy(), value), otherwise=otherwise.copy())


def _holds(plan: Plan, when: Condition, named: Mapping[str, str]) -> exp.Expr:
    """The condition, decided on exact amounts: measure ≥ share × target, not on the shown
    attainment. Where a figure that it needs is missing it does not hold.
    """
    if when.formula is not None:
        test: exp.Expr = over_figures(when.formula, named)
    elif when.on == "measure":
        value = col(name_of(when.subject))
        test = exp.GTE(this=value, expression=c.number(when.at_least, EXACT))
    else:
        quota = plan.quota(when.subject)
        target = col(f"quotas/{quota.id}/target")
        value = col(name_of(quota.measure, windows.over(plan, quota.over)))
        needed = c.times(c.number(when.at_least, RATE), target.copy(), EXACT)
        above = exp.GT(this=target, expression=c.number(0, MONEY))
        test = c.both(above, exp.GTE(this=value, expression=needed))
    return exp.Coalesce(this=test, expressions=[exp.false()])
