"""Tiers that are rows of a table of rates: which row a line meets, what it takes, what it earns.

A table may have a million rows, so its tiers are no columns of the ledger: each component goes
through three tables of its own. `matched_…` says which rows the keys of the lines meet, `sold_…`
what each payee sold under them, `tabled_…` what each row takes of that and what it earns.
"""

from __future__ import annotations

from functools import partial

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import (
    EXACT,
    MONEY,
    PLACE,
    PRODUCT,
    RATE,
    TEXT,
    Kind,
    col,
    typed,
)
from paceline.engine.kept import Step
from paceline.engine.ledger.forms import in_plan_money
from paceline.engine.ledger.rate_keys import HAD, KeysOf
from paceline.engine.ledger.rows import join_to_payee, targets
from paceline.engine.ledger.spread import running
from paceline.engine.ledger.sums import Sums
from paceline.engine.plan.model import Component, Plan
from paceline.engine.shape import Shape

TABLED: dict[str, Kind] = {
    "payee_id": TEXT,
    "tier": PLACE,
    "lower": RATE,
    "upper": RATE,
    "lower_amount": EXACT,
    "upper_amount": EXACT,
    "base": EXACT,
    "rate": RATE,
    "pay": PRODUCT,
    "earned": MONEY,
    "key": TEXT,
}


def asking(plan: Plan) -> list[Component]:
    """The components whose tiers are rows of a table of rates."""
    return [one for one in plan.components if one.rates is not None and one.rates.imported]


def row_steps(shape: Shape, sums: Sums, patterns: tuple[tuple[int, ...], ...]) -> list[Step]:
    """The tables of these components, in order; `patterns` are what keys of each table of rates
    leave open.
    """
    found: list[Step] = []
    for component in asking(shape.plan):
        rows = RowsOf(shape, sums, component)
        place = shape.lookup_of(rows.rates)
        found += [
            (_step("matched", component), partial(rows.matched, patterns[place])),
            (_step("sold", component), rows.sold),
            (_step("tabled", component), rows.tabled),
        ]
    return found


def _step(name: str, component: Component) -> c.Table:
    return c.Table(f"{name}_{component.id}", (), ())


def tabled_kinds(plan: Plan) -> dict[str, Kind]:
    """The columns that the rows of such components bring to the ledger."""
    found: dict[str, Kind] = {}
    for component in asking(plan):
        found |= _kinds(component)
    return found


def _kinds(component: Component) -> dict[str, Kind]:
    return {f"tabled/{component.id}/pay": PRODUCT, f"tabled/{component.id}/earned": MONEY}


def join_tabled(query: exp.Select, plan: Plan) -> None:
    """Join what the rows earn together to the payees."""
    for place, component in enumerate(asking(plan)):
        columns: dict[str, exp.Expr] = {"payee_id": col("payee_id")}
        for name, kind in _kinds(component).items():
            columns[name] = c.total(col(name.rpartition("/")[2]), kind)
        rows = c.select(columns).from_(c.source(f"tabled_{component.id}"), copy=False)
        rows.group_by(col("payee_id"), copy=False)
        join_to_payee(query, rows, f"tabled_{place}", _kinds(component))


class RowsOf(KeysOf):
    """What the rows of one component's table take and earn."""

    def bounds(self, target: exp.Expr | None) -> tuple[exp.Expr, exp.Expr]:
        """A row's bounds `r` as amounts: as stated, or the shares of the payee's target."""
        lower, upper = col("lower", "r"), col("upper", "r")
        if target is None:
            return lower, upper
        return tuple(  # type: ignore[return-value]
            c.times(typed(side, RATE), typed(target.copy(), MONEY), EXACT)
            for side in (lower, upper)
        )

    def base(
        self, value: exp.Expr, subject: exp.Expr, bounds: tuple[exp.Expr, exp.Expr]
    ) -> exp.Expr:
        """The part of a value that a row `r` takes: its slice, or all where it is reached."""
        lower, upper = bounds
        open_above = upper.copy().is_(exp.null())
        is_first = exp.EQ(this=col("tier", "r"), expression=c.whole(1))
        if self.rates.reading == "whole":
            reached = self.reached(subject, bounds)
            return typed(c.when((reached, value), otherwise=c.number(0, EXACT)), EXACT)
        least = c.least(value.copy(), typed(upper, EXACT), EXACT)
        capped = typed(c.when((open_above, typed(value, EXACT)), otherwise=least), EXACT)
        above = c.greatest(c.minus(capped, typed(lower, EXACT), EXACT), c.number(0, EXACT), EXACT)
        return typed(c.when((is_first, capped.copy()), otherwise=above), EXACT)

    def reached(self, subject: exp.Expr, bounds: tuple[exp.Expr, exp.Expr]) -> exp.Expr:
        """The subject lies in the row's tier; a boundary belongs to the side that the plan says."""
        lower, upper = bounds
        below = exp.LT if self.plan.policies.boundary == "upper" else exp.LTE
        is_first = exp.EQ(this=col("tier", "r"), expression=c.whole(1))
        from_below = exp.Not(
            this=exp.Paren(this=below(this=subject.copy(), expression=lower.copy()))
        )
        to_above = below(this=subject.copy(), expression=upper.copy())
        return c.both(
            exp.Paren(this=c.either(is_first, from_below)),
            exp.Paren(this=c.either(upper.copy().is_(exp.null()), to_above)),
        )

    def tabled(self) -> exp.Select:
        """What each row takes and earns, for each payee; rows that take nothing are left out."""
        target: exp.Expr | None = None
        if self.rates.quota is not None:
            target = col(f"quotas/{self.rates.quota}/target", "t")
        bounds = self.bounds(target)
        columns: dict[str, exp.Expr] = {
            "payee_id": col("payee_id", "s"),
            "tier": col("row", "r"),
            "lower": typed(col("lower", "r"), RATE),
            "upper": typed(col("upper", "r"), RATE),
            "lower_amount": typed(bounds[0].copy(), EXACT),
            "upper_amount": typed(bounds[1].copy(), EXACT),
            "rate": typed(col("paid", "r"), RATE),
            "key": col("key", "r"),
        }
        for when in self.windows:
            value, subject = col(f"{when}value", "s"), col(f"{when}subject", "s")
            base = self.base(value, subject, bounds)
            columns[f"{when}base"] = base
            columns[f"{when}pay"] = typed(self._pay(when, base, subject, bounds), PRODUCT)
        rows = c.select(columns).from_(c.source(f"sold_{self.component.id}", "s"), copy=False)
        c.join(rows, self.table, "r", c.same(["entry"], "r", "s"))
        if target is not None:
            quota = self.plan.quota(self.rates.quota or "")
            on = c.same(["payee_id"], "t", "s")
            rows.join(targets(quota).subquery("t", copy=False), on=on, copy=False)
            rows.where(exp.GT(this=target.copy(), expression=c.number(0, MONEY)), copy=False)
        return self._earned(self._added(rows))

    def _pay(
        self, when: str, base: exp.Expr, subject: exp.Expr, bounds: tuple[exp.Expr, exp.Expr]
    ) -> exp.Expr:
        paid = typed(col("paid", "r"), RATE)
        if self.rates.value == "rate":
            pay: exp.Expr = c.times(base.copy(), paid, PRODUCT)
        else:
            sold = exp.NEQ(this=col(f"{when}lines", "s"), expression=c.whole(0))
            reached = c.both(sold, self.reached(subject, bounds))
            pay = c.when((reached, typed(paid, PRODUCT)), otherwise=c.number(0, PRODUCT))
        if self.plan.policies.rounding_stage == "line":
            pay = in_plan_money(self.plan, typed(pay, PRODUCT))
        return pay

    def _added(self, rows: exp.Select) -> exp.Select:
        """The same over all stretches together."""
        columns: dict[str, exp.Expr] = {name: col(name, "z") for name in ("payee_id", "tier")}
        for name in ("lower", "upper", "lower_amount", "upper_amount", "rate", "key"):
            columns[name] = typed(exp.Min(this=col(name, "z")), TABLED[name])
        some: list[exp.Expr] = []
        for name in [f"{when}{what}" for when in self.windows for what in ("base", "pay")]:
            kind = TABLED[name.removeprefix(HAD)]
            columns[name] = c.total(col(name, "z"), kind)
            some.append(exp.NEQ(this=col(name, "z"), expression=c.number(0, kind)))
        return (
            c.select(columns)
            .from_(rows.subquery("z", copy=False), copy=False)
            .where(c.either(*some), copy=False)
            .group_by(col("payee_id", "z"), col("tier", "z"), copy=False)
        )

    def _earned(self, rows: exp.Select) -> exp.Select:
        """What each row earns: the rounded money of the rows through it less that of those before,
        or, with `stage: tier`, its own rounded money.

        In a window that began before the period the rows begin with what had been earned: what
        each has added since takes its place behind that.
        """
        columns: dict[str, exp.Expr] = {name: col(name, "y") for name in TABLED if name != "earned"}
        had: exp.Expr | None = None
        payee, tier = col("payee_id", "y"), col("tier", "y")
        if HAD in self.windows:
            for name in ("base", "pay"):
                columns[name] = c.minus(col(name, "y"), col(f"{HAD}{name}", "y"), TABLED[name])
            had = self.standing(col(f"{HAD}pay", "y"), payee, tier)
        columns["earned"] = self.rounded_steps(columns["pay"], [payee], [tier], had)
        query = c.select(columns).from_(rows.subquery("y", copy=False), copy=False)
        moved = [
            exp.NEQ(this=col(name, "x"), expression=c.number(0, TABLED[name]))
            for name in ("base", "pay")
        ]
        kept = c.select({name: col(name, "x") for name in columns})
        kept.from_(query.subquery("x", copy=False), copy=False)
        return kept.where(c.either(*moved), copy=False)

    def standing(self, pay: exp.Expr, payee: exp.Expr, tier: exp.Expr) -> exp.Expr:
        """What had been earned before the period: by all rows of the payee, or, where each row is
        rounded, by the row.
        """
        by_row = self.plan.policies.rounding_stage == "tier"
        whose = [payee, tier] if by_row else [payee]
        total = exp.Window(this=exp.Sum(this=pay), partition_by=[one.copy() for one in whose])
        return typed(total, PRODUCT)

    def rounded_steps(
        self,
        pay: exp.Expr,
        partition: list[exp.Expr],
        order: list[exp.Expr],
        had: exp.Expr | None = None,
    ) -> exp.Expr:
        """What each step of a running total of money adds to it, rounded; `had` is where the total
        begins.
        """
        if self.plan.policies.rounding_stage == "tier":
            first, *order = order
            partition = [*partition, first.this if isinstance(first, exp.Ordered) else first]
        ordered: list[exp.Expr] = [
            one if isinstance(one, exp.Ordered) else exp.Ordered(this=one, nulls_first=True)
            for one in order
        ]
        through = typed(running(pay, partition, ordered) if ordered else pay.copy(), PRODUCT)
        if had is not None:
            through = c.plus(had.copy(), through, PRODUCT)
        before = c.minus(through.copy(), pay.copy(), PRODUCT)
        after = in_plan_money(self.plan, through)
        return c.minus(after, in_plan_money(self.plan, before), MONEY)
