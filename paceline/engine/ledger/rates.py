"""Rate tables: which part of a measure falls into which tier, and what it earns there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import EXACT, MONEY, PRODUCT, RATE, col, typed
from paceline.engine.ledger.figures import Figures
from paceline.engine.plan.model import Component, Plan, RateTable, Tier

BLOCK = 8  # so many tiers are added up in one expression


@dataclass(frozen=True)
class TierFigures:
    """The columns of one tier. Bounds are figures where they depend on the payee's target."""

    tier: Tier
    base: str
    earned: str
    lower: str | None
    upper: str | None


def bound(share: Decimal, target: exp.Expr | None) -> exp.Expr:
    """A bound as an amount of the measure: as written, or the share of the payee's target."""
    if target is None:
        return c.number(share, EXACT)
    return c.times(c.number(share, RATE), typed(target.copy(), MONEY), EXACT)


def base_in_tier(
    rates: RateTable, place: int, value: exp.Expr, target: exp.Expr | None, boundary: str
) -> exp.Cast:
    """The part of `value` that a tier takes: its slice, or all of it when it is the tier reached.

    The first tier also takes values below zero: more returned than sold costs what it had earned.
    """
    tier = rates.tiers[place]
    lower = bound(tier.lower, target)
    upper = None if tier.upper is None else bound(tier.upper, target)
    if rates.reading == "whole":
        return typed(
            c.when(
                (reached(rates, place, value, target, boundary), value.copy()),
                otherwise=c.number(0, EXACT),
            ),
            EXACT,
        )
    capped = value.copy() if upper is None else c.least(value.copy(), upper, EXACT)
    if place == 0:
        return typed(capped, EXACT)
    return c.greatest(c.minus(capped, lower, EXACT), c.number(0, EXACT), EXACT)


def reached(
    rates: RateTable, place: int, value: exp.Expr, target: exp.Expr | None, boundary: str
) -> exp.Expr:
    """The value lies in the tier; a value on a boundary goes to the side that the plan states."""
    tier = rates.tiers[place]
    at_bottom, at_top = (exp.GTE, exp.LT) if boundary == "upper" else (exp.GT, exp.LTE)
    tests: list[exp.Expr] = []
    if place:
        tests.append(at_bottom(this=value.copy(), expression=bound(tier.lower, target)))
    if tier.upper is not None:
        tests.append(at_top(this=value.copy(), expression=bound(tier.upper, target)))
    return c.both(*tests) if tests else exp.true()


def add_rate_table(
    figures: Figures, plan: Plan, component: Component, bases: list[exp.Expr] | None
) -> tuple[exp.Expr, tuple[TierFigures, ...]]:
    """The tiers of a component; returns what they earn together, and their columns.

    `bases` are the tiers' parts when they were added up from lines that stand alone. Without a
    target there is nothing to attain: the columns are empty and the component earns nothing.
    """
    rates = component.rates
    assert rates is not None  # noqa: S101 -- the caller chose a component with rates
    path = f"components/{component.id}/tiers"
    value = col(f"measures/{component.measure}")
    target = col(f"quotas/{rates.quota}/target") if rates.quota is not None else None

    def where_reachable(figure: exp.Expr) -> exp.Expr:
        if target is None:
            return figure
        above = exp.GT(this=target.copy(), expression=c.number(0, MONEY))
        return c.when((above, figure), otherwise=exp.null())

    taken: list[exp.Expr] = []
    made: list[TierFigures] = []
    for place, tier in enumerate(rates.tiers):
        name = f"{path}/{place + 1}"
        base = (
            bases[place]
            if bases is not None
            else base_in_tier(rates, place, value, target, plan.policies.boundary)
        )
        taken.append(figures.add(f"{name}/base", where_reachable(base), EXACT))
        bounds: dict[str, str | None] = {"lower": None, "upper": None}
        if target is not None:
            for side, share in (("lower", tier.lower), ("upper", tier.upper)):
                if share is not None:
                    figures.add(f"{name}/{side}", where_reachable(bound(share, target)), EXACT)
                    bounds[side] = f"{name}/{side}"
        made.append(TierFigures(tier, f"{name}/base", f"{name}/earned", **bounds))
    through = add_through(figures, plan, rates.tiers, taken, path)
    for tier_figures, earned in zip(made, differences(through), strict=True):
        figures.add(tier_figures.earned, earned, MONEY)
    return c.or_else(through[-1].copy(), c.number(0, MONEY), MONEY), tuple(made)


def add_through(
    figures: Figures, plan: Plan, tiers: Sequence[Tier], bases: Sequence[exp.Expr], path: str
) -> list[exp.Expr]:
    """What the tiers through each one earn together, rounded: the component is rounded once."""
    mode, digits = plan.policies.rounding_mode, plan.digits
    found: list[exp.Expr] = []
    pending: list[exp.Expr] = []  # exact sums that are not yet in one column
    for place, (tier, base) in enumerate(zip(tiers, bases, strict=True), start=1):
        pending.append(c.times(base.copy(), c.number(tier.rate, RATE), PRODUCT))
        exact = pending[0].copy()
        for product in pending[1:]:
            exact = c.plus(exact, product.copy(), PRODUCT)
        if len(pending) > BLOCK:
            exact = figures.add(f"{path}/{place}/exact", exact, PRODUCT)
            pending = [exact]
        rounded = c.rounded(exact.copy(), digits, mode)
        found.append(figures.add(f"{path}/{place}/through", rounded, MONEY))
    return found


def differences(through: Sequence[exp.Expr]) -> list[exp.Expr]:
    """What each tier earns: the rounded total through it less that through the tier before."""
    return [
        through[place].copy()
        if place == 0
        else c.minus(through[place].copy(), through[place - 1].copy(), MONEY)
        for place in range(len(through))
    ]
