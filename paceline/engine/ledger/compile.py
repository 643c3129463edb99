"""From a plan to its figures: measures, targets, tiers, components, the statement."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import BOOLEAN, COUNT, EXACT, MONEY, RATE, TEXT, Kind, col, typed
from paceline.engine.ledger.figures import Figures
from paceline.engine.ledger.rates import TierFigures, add_rate_table, base_in_tier
from paceline.engine.ledger.sums import Sums, sums_of
from paceline.engine.plan.model import Component, Plan, Quota
from paceline.engine.shape import Shape

ADJUSTMENTS = ("condition_adjustment", "cap_adjustment", "floor_adjustment")


@dataclass
class Ledger:
    """A plan's figures, and the tiers of each component."""

    shape: Shape
    sums: Sums
    figures: Figures
    tiers: dict[str, tuple[TierFigures, ...]] = field(default_factory=dict)
    adjusted: dict[str, list[str]] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        return self.shape.plan

    def wanted(self) -> list[str]:
        """The figures that results are made of."""
        plan = self.plan
        names = ["payee_id"]
        for measure in plan.measures:
            names += [f"measures/{measure.id}", f"measures/{measure.id}/lines"]
        for quota in plan.quotas:
            names += [f"quotas/{quota.id}/target", f"quotas/{quota.id}/attainment"]
        for component in plan.components:
            for tier in self.tiers.get(component.id, ()):
                names += [name for name in (tier.lower, tier.upper) if name]
                names += [tier.base, tier.earned]
            path = f"components/{component.id}"
            adjusted = self.adjusted.get(component.id, ())
            names += [f"{path}/{part}" for part in ("computed", *adjusted, "earned")]
        return [*names, "statement"]

    def adjust(self, component: Component, name: str, value: exp.Expr) -> None:
        """Note what a condition, cap or floor of a component took or gave."""
        self.adjusted.setdefault(component.id, []).append(name)
        self.figures.add(f"components/{component.id}/{name}", value, MONEY)

    @property
    def contract(self) -> c.Table:
        """The declared types of the wanted figures."""
        return c.table(
            "ledger",
            "payee_id",
            {name: self.figures.kinds[name] for name in self.wanted()},
            nullable=" ".join(
                name for name in self.wanted() if name.startswith(("quotas/", "comp"))
            ),
        )

    def query(self) -> exp.Select:
        """One row for each payee in the plan."""
        return self.figures.query(self._rows(), self.wanted())

    def _rows(self) -> exp.Select:
        """Everyone in the plan with their sums and targets: each gets a statement."""
        members = c.select({"payee_id": col("payee_id")}, distinct=True).from_(
            c.source("members"), copy=False
        )
        columns: dict[str, exp.Expr] = {"payee_id": col("payee_id", "p")}
        for measure in self.plan.measures:
            value, lines = self.sums.of_measure(measure), self.sums.lines_of(measure)
            columns[f"measures/{measure.id}"] = c.or_else(
                typed(col(value, "s"), EXACT), c.number(0, EXACT), EXACT
            )
            columns[f"measures/{measure.id}/lines"] = c.or_else(col(lines, "s"), c.whole(0), COUNT)
        query = c.select(columns).from_(members.subquery("p", copy=False), copy=False)
        sums = self.sums.by_payee().subquery("s", copy=False)
        query = query.join(sums, on=c.same(["payee_id"], "s", "p"), join_type="left", copy=False)
        if self.plan.quotas:
            targets = _targets(self.plan).subquery("t", copy=False)
            for quota in self.plan.quotas:
                name = f"quotas/{quota.id}/target"
                alias = exp.Alias(
                    this=typed(col(name, "t"), MONEY), alias=exp.to_identifier(name, quoted=True)
                )
                query = query.select(alias, copy=False)
            on = c.same(["payee_id"], "t", "p")
            query = query.join(targets, on=on, join_type="left", copy=False)
        parts = _line_parts(self)
        if parts is not None:
            for name in parts.named_selects:
                if name != "payee_id":
                    alias = exp.Alias(
                        this=col(name, "b"), alias=exp.to_identifier(name, quoted=True)
                    )
                    query = query.select(alias, copy=False)
            on = c.same(["payee_id"], "b", "p")
            query = query.join(parts.subquery("b", copy=False), on=on, join_type="left", copy=False)
        return query


def ledger_of(shape: Shape) -> Ledger:
    """A plan's ledger, compiled once."""
    found = _LEDGERS.get(shape.plan.hash)
    if found is None:
        if len(_LEDGERS) >= MAX_LEDGERS:
            _LEDGERS.clear()
        found = _LEDGERS[shape.plan.hash] = _compile(shape)
    return found


MAX_LEDGERS = 200
_LEDGERS: dict[str, Ledger] = {}


def _compile(shape: Shape) -> Ledger:
    plan, sums = shape.plan, sums_of(shape)
    given: dict[str, Kind] = {"payee_id": TEXT}
    given |= {f"measures/{measure.id}": EXACT for measure in plan.measures}
    given |= {f"measures/{measure.id}/lines": COUNT for measure in plan.measures}
    given |= {f"quotas/{quota.id}/target": MONEY for quota in plan.quotas}
    if shape.by_line:
        given |= {name: EXACT for name, _ in _part_names(plan)}
    ledger = Ledger(shape, sums, Figures(given))
    figures = ledger.figures
    for quota in plan.quotas:
        _add_attainment(figures, quota)
    for component in plan.components:
        _add_component(ledger, component)
    figures.add("statement", _total(plan), MONEY)
    return ledger


def _total(plan: Plan) -> exp.Expr:
    """Everything a payee earned; nothing is rounded here, the components already are."""
    parts: list[exp.Expr] = [col(f"components/{one.id}/earned") for one in plan.components]
    total = parts[0]
    for part in parts[1:]:
        total = exp.Add(this=total, expression=part)
    return total


def _targets(plan: Plan) -> exp.Select:
    """The sum of each payee's quota rows that lie in the period, a column for each quota."""
    columns: dict[str, exp.Expr] = {"payee_id": col("payee_id")}
    for quota in plan.quotas:
        named = exp.EQ(this=col("quota"), expression=c.text(quota.name))
        amount = c.when((named, typed(col("amount"), MONEY)), otherwise=c.null(MONEY))
        columns[f"quotas/{quota.id}/target"] = typed(exp.Sum(this=amount), MONEY)
    inside = c.both(
        exp.GTE(this=col("starts_on"), expression=c.period_starts()),
        exp.LTE(this=col("ends_before"), expression=c.period_ends()),
    )
    return (
        c.select(columns)
        .from_(c.source("in_quotas"), copy=False)
        .where(inside, copy=False)
        .group_by(col("payee_id"), copy=False)
    )


def _add_attainment(figures: Figures, quota: Quota) -> None:
    """The ratio of measure and target. Without a target, or with one of zero, there is none.

    It is cut, not rounded, at eight decimals, so that 100 % is never shown before it is reached;
    decisions compare the exact amounts, never this figure.
    """
    target, value = col(f"quotas/{quota.id}/target"), col(f"measures/{quota.measure}")
    above = exp.GT(this=target.copy(), expression=c.number(0, MONEY))
    share = c.when((above, ratio(value, target)), otherwise=c.null(RATE))
    figures.add(f"quotas/{quota.id}/attainment", share, RATE)


def ratio(value: exp.Expr, target: exp.Expr) -> exp.Cast:
    """value / target at eight decimals, cut towards zero, by whole numbers.

    Both are lifted to 12 decimals, so value × 10^20 must stay below 10^38.
    """
    lifted = typed(
        exp.Mul(this=c.unscaled(value, EXACT), expression=typed(c.whole(10**8), c.WIDE)), c.WIDE
    )
    divisor = exp.Nullif(
        this=c.unscaled(target.copy(), EXACT), expression=typed(c.whole(0), c.WIDE)
    )
    return c.rescaled(c.integer_quotient(lifted, divisor), RATE)


def _part_names(plan: Plan) -> list[tuple[str, tuple[Component, int]]]:
    return [
        (f"parts/{component.id}/{place}", (component, place))
        for component in plan.components
        if component.rates is not None
        for place in range(len(component.rates.tiers))
    ]


def _line_parts(ledger: Ledger) -> exp.Select | None:
    """Where each line stands alone: what each tier takes of every line, added up."""
    if not ledger.shape.by_line:
        return None
    plan, sums = ledger.plan, ledger.sums
    columns: dict[str, exp.Expr] = {"payee_id": col("payee_id", "v")}
    for name, (component, place) in _part_names(plan):
        assert component.rates is not None  # noqa: S101
        assert component.measure is not None  # noqa: S101
        value = typed(col(sums.of_measure(plan.measure(component.measure)), "v"), EXACT)
        base = base_in_tier(component.rates, place, value, None, plan.policies.boundary)
        columns[name] = c.total(base, EXACT)
    return (
        c.select(columns)
        .from_(sums.by_line().subquery("v", copy=False), copy=False)
        .group_by(col("payee_id", "v"), copy=False)
    )


def _add_component(ledger: Ledger, component: Component) -> None:
    """What a component pays, after its condition, its cap and its floor.

    A component whose condition does not hold pays nothing: neither cap nor floor then applies.
    """
    figures, path = ledger.figures, f"components/{component.id}"
    computed: exp.Expr = c.number(component.amount or 0, MONEY)
    if component.rates is not None:
        bases: list[exp.Expr] | None = None
        if ledger.shape.by_line:
            bases = [
                c.or_else(col(f"parts/{component.id}/{place}"), c.number(0, EXACT), EXACT)
                for place in range(len(component.rates.tiers))
            ]
        computed, ledger.tiers[component.id] = add_rate_table(
            figures, ledger.plan, component, bases
        )
    figures.add(f"{path}/computed", computed, MONEY)
    nothing = c.number(0, MONEY)
    earned: exp.Expr = computed.copy()
    holds: exp.Expr | None = None
    if component.when is not None:
        holds = figures.add(f"{path}/holds", _holds(ledger.plan, component), BOOLEAN)
        withheld = c.minus(nothing.copy(), computed.copy(), MONEY)
        ledger.adjust(component, "condition_adjustment", _where(holds, nothing, withheld))
    if component.cap is not None:
        cap = c.number(component.cap, MONEY)
        over = c.least(c.minus(cap, computed.copy(), MONEY), nothing.copy(), MONEY)
        ledger.adjust(component, "cap_adjustment", _where(holds, over, nothing))
        earned = c.least(earned, cap.copy(), MONEY)
    if component.floor is not None:
        floor = c.number(component.floor, MONEY)
        under = c.greatest(c.minus(floor, computed.copy(), MONEY), nothing.copy(), MONEY)
        ledger.adjust(component, "floor_adjustment", _where(holds, under, nothing))
        earned = c.greatest(earned, floor.copy(), MONEY)
    figures.add(f"{path}/earned", _where(holds, earned, nothing), MONEY)


def _where(holds: exp.Expr | None, value: exp.Expr, otherwise: exp.Expr) -> exp.Expr:
    """A value where the component's condition holds, if it has one."""
    if holds is None:
        return value
    return c.when((holds.copy(), value), otherwise=otherwise.copy())


def _holds(plan: Plan, component: Component) -> exp.Expr:
    """The condition, decided on exact amounts: measure ≥ share × target, not on the shown
    attainment.
    """
    when = component.when
    assert when is not None  # noqa: S101 -- the caller looked
    if when.on == "measure":
        value = col(f"measures/{when.subject}")
        return exp.GTE(this=value, expression=c.number(when.at_least, EXACT))
    quota = plan.quota(when.subject)
    target, value = col(f"quotas/{quota.id}/target"), col(f"measures/{quota.measure}")
    needed = c.times(c.number(when.at_least, RATE), target.copy(), EXACT)
    above = exp.GT(this=target, expression=c.number(0, MONEY))
    met = exp.GTE(this=value, expression=needed)
    return exp.Coalesce(this=c.both(above, met), expressions=[exp.false()])
