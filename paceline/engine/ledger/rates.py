"""Rate tables: which part of a measure falls into which tier, and what it earns there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import EXACT, MONEY, PLACE, PRODUCT, RATE, Kind, typed
from paceline.engine.ledger.figures import Figures
from paceline.engine.plan.model import Plan, RateTable, Tier

BLOCK = 8  # so many tiers are added up in one expression


@dataclass(frozen=True)
class TierFigures:
    """The columns of one tier. Bounds are figures where they depend on the payee's target."""

    tier: Tier
    base: str
    earned: str
    lower: str | None
    upper: str | None


@dataclass(frozen=True)
class Reading:
    """What a rate table is read with: the value that earns, the value that its bounds are compared
    with, the payee's target (None unless it is read by attainment) and target incentive.
    """

    plan: Plan
    rates: RateTable
    value: exp.Expr
    subject: exp.Expr
    target: exp.Expr | None = None
    incentive: exp.Expr | None = None
    across: tuple[exp.Expr, ...] = ()  # in a grid: the values that choose the column
    version: exp.Expr | None = None  # of dated tiers by the last day: which set holds

    def bound(self, share: Decimal) -> exp.Expr:
        """A bound as an amount of the subject: as written, or the share of the payee's target."""
        if self.target is None:
            return c.number(share, EXACT)
        return c.times(c.number(share, RATE), typed(self.target.copy(), MONEY), EXACT)

    def base(self, place: int) -> exp.Expr:
        """The part of the value that a tier takes: its slice, or all of it in the tier reached.

        The first tier also takes values below zero: more returned than sold costs what it had
        earned.
        """
        if self.version is not None:
            alone, own = self._set_of(place)
            return self._where_held(place, alone.base(own), EXACT)
        if self.rates.reading == "whole" and not self.rates.tiers[place].marginal:
            return self._whole(place)
        return self._slice(place)

    def _set_of(self, place: int) -> tuple[Reading, int]:
        """The dated set that a tier belongs to, as a table of its own, and its place in that."""
        version = self.rates.tiers[place].version
        sets = self.rates.dated
        table = replace(self.rates, tiers=sets[version].tiers, dated=(), change=None)
        before = sum(len(one.tiers) for one in sets[:version])
        return replace(self, rates=table, version=None), place - before

    def _where_held(self, place: int, value: exp.Expr, kind: Kind) -> exp.Expr:
        assert self.version is not None  # noqa: S101 -- the caller looked
        own = c.whole(self.rates.tiers[place].version)
        held = exp.EQ(this=self.version.copy(), expression=own)
        return typed(c.when((held, typed(value, kind)), otherwise=c.number(0, kind)), kind)

    def _slice(self, place: int) -> exp.Expr:
        tier = self.rates.tiers[place]
        filled = self.subject if self.rates.reading == "interpolated" else self.value
        capped: exp.Expr = filled.copy()
        if tier.upper is not None:
            capped = c.least(capped, self.bound(tier.upper), EXACT)
        taken = typed(capped, EXACT)
        if place:
            above = c.minus(capped, self.bound(tier.lower), EXACT)
            taken = c.greatest(above, c.number(0, EXACT), EXACT)
        following = self._next_whole(place)
        if self.rates.reading != "whole" or following is None:
            return taken
        return c.when((self._below(following), taken), otherwise=c.number(0, EXACT))

    def _whole(self, place: int) -> exp.Expr:
        """All of the value, up to where a marginal tier leaves it as it is."""
        part: exp.Expr = self.value.copy()
        after = place + 1
        if after < len(self.rates.tiers) and self.rates.tiers[after].marginal:
            part = c.least(part, self.bound(self.rates.tiers[after].lower), EXACT)
        return typed(c.when((self.reached(place), part), otherwise=c.number(0, EXACT)), EXACT)

    def reached(self, place: int) -> exp.Expr:
        """The subject lies in the tier, or in a marginal tier right above it; a value on a
        boundary goes to the side that the plan states.
        """
        if self.across:
            return self._in_cell(place)
        tests: list[exp.Expr] = []
        if place:
            tests.append(exp.Not(this=exp.Paren(this=self._below(place))))
        following = place + 1 if self.rates.reading != "whole" else self._next_whole(place)
        if following is not None and following < len(self.rates.tiers):
            tests.append(self._below(following))
        return c.both(*tests) if tests else exp.true()

    def _in_cell(self, place: int) -> exp.Expr:
        """All values lie between the bounds of a cell of a grid; the first row and column also
        take what lies below zero.
        """
        tier = self.rates.tiers[place]
        low, high = (
            (exp.GTE, exp.LT) if self.plan.policies.boundary == "upper" else (exp.GT, exp.LTE)
        )
        tests: list[exp.Expr] = []
        row = (tier.lower, tier.upper)
        sides = [(self.subject, [self.bound(edge) if edge else None for edge in row])]
        for value, column in zip(self.across, tier.across, strict=True):
            sides.append((value, [c.number(edge, EXACT) if edge else None for edge in column]))
        for value, (lower, upper) in sides:
            if lower is not None:
                tests.append(low(this=value.copy(), expression=lower))
            if upper is not None:
                tests.append(high(this=value.copy(), expression=upper))
        return c.both(*tests) if tests else exp.true()

    def _below(self, place: int) -> exp.Expr:
        """The subject has not reached a tier."""
        below = exp.LT if self.plan.policies.boundary == "upper" else exp.LTE
        return below(this=self.subject.copy(), expression=self.bound(self.rates.tiers[place].lower))

    def _next_whole(self, place: int) -> int | None:
        """The next tier above that pays on the whole amount."""
        for above in range(place + 1, len(self.rates.tiers)):
            if not self.rates.tiers[above].marginal:
                return above
        return None

    def pay(self, place: int, base: exp.Expr) -> exp.Expr:
        """What a tier's part earns, exact: a rate on it, the tier's amount, or a part of that."""
        tier = self.rates.tiers[place]
        if self.version is not None and self.rates.value != "rate":
            alone, own = self._set_of(place)
            return self._where_held(place, alone.pay(own, base), PRODUCT)
        if self.rates.value == "rate":
            return self._bounded(base, c.times(base.copy(), c.number(tier.rate, RATE), PRODUCT))
        amount: exp.Expr = c.number(tier.rate, MONEY)
        if self.rates.value == "target_share":
            assert self.incentive is not None  # noqa: S101 -- the plan was checked for it
            share = c.times(c.number(tier.rate, RATE), self.incentive.copy(), PRODUCT)
            amount = typed(share, MONEY)
        if self.rates.reading == "interpolated":
            assert tier.upper is not None  # noqa: S101 -- the plan was checked for it
            width = c.minus(self.bound(tier.upper), self.bound(tier.lower), EXACT)
            return typed(part_of_amount(amount, base, width), PRODUCT)
        paid = c.when((self.reached(place), amount), otherwise=c.number(0, MONEY))
        return typed(paid, PRODUCT)

    def _bounded(self, base: exp.Expr, pay: exp.Expr) -> exp.Expr:
        """At least and at most what each stretch earns; a return takes back as much as the sale."""
        floor, cap = self.rates.floor, self.rates.cap
        if floor is None and cap is None:
            return pay
        size: exp.Expr = typed(exp.Abs(this=pay), PRODUCT)
        if cap is not None:
            size = c.least(size, c.number(cap, PRODUCT), PRODUCT)
        if floor is not None:
            size = c.greatest(size, c.number(floor, PRODUCT), PRODUCT)
        nothing = c.number(0, EXACT)
        taken_back = c.minus(c.number(0, PRODUCT), size.copy(), PRODUCT)
        return typed(
            c.when(
                (exp.GT(this=base.copy(), expression=nothing), size),
                (exp.LT(this=base.copy(), expression=nothing.copy()), taken_back),
                otherwise=c.number(0, PRODUCT),
            ),
            PRODUCT,
        )


def held_set(rates: RateTable, before: exp.Expr) -> exp.Expr:
    """The number of the dated set that holds on the day before a day."""
    found = [
        (exp.GT(this=before.copy(), expression=typed(c.text(str(starts)), c.DATE)), c.whole(place))
        for place, starts in reversed(list(enumerate(rates.change_days, start=1)))
    ]
    return typed(c.when(*found, otherwise=c.whole(0)), PLACE) if found else c.whole(0)


def part_of_amount(amount: exp.Expr, part: exp.Expr, whole: exp.Expr) -> exp.Cast:
    """amount × part ÷ whole at eight decimals, cut towards zero, by whole numbers.

    Amount × part must stay below 10^18. A whole of zero gives nothing.
    """
    product = exp.Mul(this=c.unscaled(amount, MONEY), expression=c.unscaled(part, EXACT))
    lifted = typed(
        exp.Mul(this=typed(product, c.WIDE), expression=typed(c.whole(10**4), c.WIDE)), c.WIDE
    )
    divisor = exp.Nullif(this=c.unscaled(whole, EXACT), expression=typed(c.whole(0), c.WIDE))
    quotient = c.integer_quotient(lifted, divisor)
    return c.or_else(c.rescaled(quotient, RATE), c.number(0, RATE), RATE)


def add_through(
    figures: Figures, plan: Plan, pays: Sequence[exp.Expr], path: str
) -> list[exp.Expr]:
    """What the tiers through each one earn together, rounded: the component is rounded once.

    With `stage: tier` each tier is rounded and the rounded amounts are added up.
    """
    mode, digits = plan.policies.rounding_mode, plan.digits
    by_tier = plan.policies.rounding_stage == "tier"
    kind: Kind = MONEY if by_tier else PRODUCT
    found: list[exp.Expr] = []
    pending: list[exp.Expr] = []  # sums that are not yet in one column
    for place, pay in enumerate(pays, start=1):
        pending.append(c.rounded(pay.copy(), digits, mode) if by_tier else pay.copy())
        total = pending[0].copy()
        for part in pending[1:]:
            total = c.plus(total, part.copy(), kind)
        if len(pending) > BLOCK:
            total = figures.add(f"{path}/{place}/exact", total, kind)
            pending = [total]
        rounded = total.copy() if by_tier else c.rounded(total.copy(), digits, mode)
        found.append(figures.add(f"{path}/{place}/through", rounded, MONEY))
    return found


def exact_sum(figures: Figures, pays: Sequence[exp.Expr], path: str) -> exp.Expr:
    """What the tiers earn together before any rounding of money."""
    total = pays[0].copy()
    for place, pay in enumerate(pays[1:], start=2):
        total = c.plus(total, pay.copy(), PRODUCT)
        if place % BLOCK == 0:
            total = figures.add(f"{path}/{place}/unrounded", total, PRODUCT)
    return total


def differences(through: Sequence[exp.Expr]) -> list[exp.Expr]:
    """What each tier earns: the rounded total through it less that through the tier before."""
    return [
        through[place].copy()
        if place == 0
        else c.minus(through[place].copy(), through[place - 1].copy(), MONEY)
        for place in range(len(through))
    ]
