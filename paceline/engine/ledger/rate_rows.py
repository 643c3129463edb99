"""Tiers that are rows of a table of rates: which row a line meets, what it takes, what it earns.

A table may have a million rows, so its tiers are no columns of the ledger: each component goes
through three tables of its own. `matched_…` says which rows the keys of the lines meet, `sold_…`
what each payee sold under them, `tabled_…` what each row takes of that and what it earns. In a
window that may have begun before the period, columns that begin with `had ` tell the same of what
was sold before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine import windows
from paceline.engine.columns import (
    CONVERTED,
    COUNT,
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
from paceline.engine.ledger.figures import Figures
from paceline.engine.ledger.forms import in_plan_money, or_nothing
from paceline.engine.ledger.measures import add_measures, counts_lines, name_of
from paceline.engine.ledger.rows import join_to_payee, summed_columns, targets
from paceline.engine.ledger.spread import exact_total, running
from paceline.engine.ledger.sums import Sums
from paceline.engine.ledger.tables import stretch_rows
from paceline.engine.plan.model import Component, ImportedTiers, Plan, RateTable
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


HAD = "had "


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


@dataclass(frozen=True)
class RowsOf:
    """The tables of one component."""

    shape: Shape
    sums: Sums
    component: Component

    @property
    def plan(self) -> Plan:
        return self.shape.plan

    @property
    def rates(self) -> RateTable:
        assert self.component.rates is not None  # noqa: S101 -- chosen for it
        return self.component.rates

    @property
    def imported(self) -> ImportedTiers:
        assert self.rates.imported is not None  # noqa: S101
        return self.rates.imported

    @property
    def unit(self) -> str:
        return windows.window_of(self.plan, self.component)

    @property
    def stretch(self) -> list[str]:
        """What the tiers begin anew in, inside the period."""
        if not windows.is_shorter(self.plan, self.unit):
            return []
        return ["line_id" if self.unit == "transaction" else self.unit]

    @property
    def windows(self) -> dict[str, str]:
        """The window that the tiers count, and what of it lies before the period, by the beginning
        of the names of columns.
        """
        if windows.is_longer(self.plan, self.unit):
            return {"": windows.to_date(self.unit), HAD: windows.before(self.unit)}
        return {"": windows.PERIOD}

    @property
    def held(self) -> str:
        return self.shape.held[self.shape.lookup_of(self.rates)]

    @property
    def keys(self) -> list[str]:
        """What decides which rows hold: the columns of the key, and the day."""
        own = [name if name == "payee_id" else f"by_{name}" for name in self.imported.by]
        return [*own, self.held]

    @property
    def table(self) -> str:
        """The rows of the table of rates, laid out."""
        return f"rates_{self.shape.lookup_of(self.rates)}"

    def matched(self, patterns: tuple[int, ...]) -> exp.Query:
        """For each key and stretch of days the entry that holds: of several the one that states
        more, which has the lowest number.
        """
        found: list[exp.Query] = []
        for pattern in patterns:
            keys = c.select({name: col(name) for name in self.keys}, distinct=True)
            keys = keys.from_(c.source("credited"), copy=False)
            columns: dict[str, exp.Expr] = {name: col(name, "k") for name in self.keys}
            query = c.select({**columns, "entry": col("entry", "r")})
            query.from_(keys.subquery("k", copy=False), copy=False)
            tests: list[exp.Expr] = [
                exp.EQ(this=col("pattern", "r"), expression=c.whole(pattern)),
                exp.EQ(this=col("tier", "r"), expression=c.whole(1)),
                c.within(col(self.held, "k"), col("first", "r"), col("before", "r")),
            ]
            last = len(self.imported.by) - 1
            for place, name in enumerate(self.imported.by):
                if not pattern >> (last - place) & 1:
                    key = col(self.keys[place], "k")
                    tests.append(exp.EQ(this=key, expression=col(f"by_{name}", "r")))
            c.join(query, self.table, "r", c.both(*tests))
            found.append(query)
        keys_of = {name: col(name) for name in self.keys}
        lowest = typed(exp.Min(this=col("entry")), PLACE)
        return (
            c.select({**keys_of, "entry": lowest})
            .from_(c.union_all(found).subquery("m", copy=False), copy=False)
            .group_by(*(col(name) for name in self.keys), copy=False)
        )

    def _by_key(self) -> exp.Select:
        """What each payee sold by key and day, with the entry that it meets, if any."""
        measure = self.plan.measure(self.component.measure or "")
        own = list(dict.fromkeys(["payee_id", *self.stretch, *self.keys]))
        columns: dict[str, exp.Expr] = {name: col(name, "v") for name in own}
        columns["entry"] = col("entry", "m")
        asked: set[str] = set()
        for when, window in self.windows.items():
            value = self.sums.of_measure(measure, window)
            lines = self.sums.lines_of(measure, window)
            columns[f"{when}value"] = typed(col(value, "v"), CONVERTED)
            columns[f"{when}lines"] = typed(col(lines, "v"), COUNT)
            asked |= {value, lines}
        rows = self.sums.by(*own, exact=False, only=asked).subquery("v", copy=False)
        query = c.select(columns).from_(rows, copy=False)
        on = c.same(self.keys, "m", "v")
        return c.join(query, f"matched_{self.component.id}", "m", on, kind="left")

    def unmatched(self) -> exp.Select:
        """The keys under which somebody sold and for which the table has no row, with the stretch
        of days.
        """
        columns: dict[str, exp.Expr] = {name: col(name, "k") for name in self.keys}
        nothing = c.both(
            col("entry", "k").is_(exp.null()),
            exp.NEQ(this=col("lines", "k"), expression=c.whole(0)),
        )
        query = c.select(columns, distinct=True)
        query.from_(self._by_key().subquery("k", copy=False), copy=False)
        query.where(nothing, copy=False)
        return query.order_by(*(col(name, "k") for name in self.keys), copy=False).limit(
            20, copy=False
        )

    def unpaid(self) -> exp.Select:
        """The payees who sold something for which the table has no row."""
        nothing = c.both(
            col("entry").is_(exp.null()), exp.NEQ(this=col("lines"), expression=c.whole(0))
        )
        query = c.select({"payee_id": col("payee_id")}, distinct=True)
        query.from_(c.source(f"sold_{self.component.id}"), copy=False)
        return query.where(nothing, copy=False).order_by(col("payee_id"), copy=False)

    def sold(self) -> exp.Select:
        """What each payee sold under each entry, and what its tiers are compared with."""
        keys = ["payee_id", *self.stretch, "entry"]
        columns: dict[str, exp.Expr] = {name: col(name, "k") for name in keys}
        told: dict[str, exp.Expr] = {name: col(name, "s") for name in keys}
        for when in self.windows:
            columns[f"{when}exact"] = c.total(col(f"{when}value", "k"), CONVERTED)
            columns[f"{when}lines"] = c.total(col(f"{when}lines", "k"), COUNT)
            value = c.with_fewer_decimals(col(f"{when}exact", "s"), EXACT)
            told |= {
                f"{when}lines": col(f"{when}lines", "s"),
                f"{when}value": typed(value, EXACT),
                f"{when}subject": typed(self._subject(when, value), EXACT),
            }
        added = c.select(columns).from_(self._by_key().subquery("k", copy=False), copy=False)
        added.group_by(*(col(name, "k") for name in keys), copy=False)
        query = c.select(told).from_(added.subquery("s", copy=False), copy=False)
        if self.rates.subject is not None:
            on = c.same(["payee_id", *self.stretch], "o", "s")
            other = self._other_measure().subquery("o", copy=False)
            query.join(other, on=on, join_type="left", copy=False)
        return query

    def _subject(self, when: str, value: exp.Expr) -> exp.Expr:
        """What the bounds are compared with: the key's own total, that of the whole measure, or
        another measure.
        """
        if self.rates.subject is not None:
            return or_nothing(col(f"{when}other", "o"))
        if self.imported.counts == "each":
            return value.copy()
        partition = [col(name, "s") for name in ("payee_id", *self.stretch)]
        total = exp.Sum(this=col(f"{when}exact", "s"))
        return exact_total(exp.Window(this=total, partition_by=partition))

    def _other_measure(self) -> exp.Select:
        """The measure by which the table is read, for each payee and stretch."""
        subject, keys = self.rates.subject or "", ["payee_id", *self.stretch]
        if HAD in self.windows:
            summed = summed_columns(self.shape, self.sums, "v")
            rows = c.select({"payee_id": col("payee_id", "v"), **summed})
            rows.from_(self.sums.by("payee_id").subquery("v", copy=False), copy=False)
            kinds: dict[str, Kind] = {
                name: COUNT if counts_lines(name) else EXACT for name in summed
            }
            kinds["payee_id"] = TEXT
        else:
            rows, kinds = stretch_rows(self.plan, self.sums, self.stretch)
        figures = Figures(kinds)
        named = {when: name_of(subject, window) for when, window in self.windows.items()}
        for window in self.windows.values():
            add_measures(figures, self.plan, window, only={subject})
        made = figures.query(rows, [*keys, *named.values()])
        columns: dict[str, exp.Expr] = {name: col(name, "f") for name in keys}
        columns |= {f"{when}other": col(name, "f") for when, name in named.items()}
        return c.select(columns).from_(made.subquery("f", copy=False), copy=False)

    # --- tiers ------------------------------------------------------------------------------------

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
