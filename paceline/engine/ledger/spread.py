"""Rate tables that look further than at a total: tiers that count one measure and pay on another,
and tiers that change on a day.

Both are read along a running total: from share to share of the lines in the order in which the plan
accumulates, or, where only days matter, from one set of tiers to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine import windows
from paceline.engine.columns import (
    BOOLEAN,
    CONVERTED,
    EXACT,
    MONEY,
    PLACE,
    TEXT,
    Kind,
    col,
    typed,
)
from paceline.engine.inputs import line_columns
from paceline.engine.ledger.figures import Figures
from paceline.engine.ledger.forms import in_plan_money, or_nothing
from paceline.engine.ledger.measures import add_measures, name_of
from paceline.engine.ledger.rates import Reading
from paceline.engine.ledger.rows import join_to_payee, targets
from paceline.engine.ledger.sums import SHARES, Sums
from paceline.engine.plan.model import Component, Measure, Plan, RateTable
from paceline.engine.shape import Shape
from paceline.engine.steps.days import anchor_day

EARLIER = "is_of_period"  # false for what was sold before the period: it comes first
LIMB = 12  # digits


# --- what a tier takes of one step of the running total -------------------------------------------


@dataclass(frozen=True)
class Step:
    """One step of a running total: the total that tiers count before and after it, and what it adds
    to the amount that they pay on; the whole stretch's total; and the version of the table.
    `subject` finds the tier and `across` the columns where other measures do.
    """

    before: exp.Expr
    after: exp.Expr
    value: exp.Expr
    total: exp.Expr
    version: exp.Expr | None = None
    target: exp.Expr | None = None
    subject: exp.Expr | None = None
    across: tuple[exp.Expr, ...] = ()


def add_step(figures: Figures, plan: Plan, rates: RateTable, at: Step, path: str) -> list[exp.Expr]:
    """What each tier takes of a step, as figures under `path`."""
    found: list[exp.Expr] = []
    tables = [one.tiers for one in rates.dated] or [rates.tiers]
    for version, tiers in enumerate(tables):
        table = replace(rates, tiers=tiers, dated=())
        if rates.by_shares:
            bases = _shares(figures, plan, table, at, f"{path}/{version}")
        else:
            bases = _differences(plan, table, at)
        for base in bases:
            taken = typed(base, EXACT)
            if at.version is not None:
                holds = exp.EQ(this=at.version.copy(), expression=c.whole(version))
                taken = typed(c.when((holds, taken), otherwise=c.number(0, EXACT)), EXACT)
            found.append(figures.add(f"{path}/{len(found)}", taken, EXACT))
    return found


def _differences(plan: Plan, table: RateTable, at: Step) -> list[exp.Expr]:
    """What the tiers hold after the step less what they held before; in a table that is read whole
    the tier is the one that the stretch reaches in the end.
    """
    whole = at.total if at.subject is None else at.subject
    after, before = (
        Reading(
            plan,
            table,
            value,
            value if table.reading == "slice" else whole,
            at.target,
            across=at.across,
        )
        for value in (at.after, at.before)
    )
    return [
        c.minus(after.base(place), before.base(place), EXACT) for place in range(len(table.tiers))
    ]


def _shares(figures: Figures, plan: Plan, table: RateTable, at: Step, path: str) -> list[exp.Expr]:
    """The step's amount by tiers, in proportion to the part of the step's count in each.

    Through each tier the part is cut at twelve decimals, so that the tiers add up to the amount.
    """
    low = figures.add(f"{path}/low", c.least(at.before.copy(), at.after.copy(), EXACT), EXACT)
    high = figures.add(f"{path}/high", c.greatest(at.before.copy(), at.after.copy(), EXACT), EXACT)
    width = figures.add(f"{path}/width", c.unscaled(c.minus(high, low, EXACT), EXACT), c.WIDE)
    money = figures.add(f"{path}/money", c.unscaled(at.value.copy(), EXACT), c.WIDE)
    nothing = c.number(0, EXACT)
    through: list[exp.Expr] = []
    for place, tier in enumerate(table.tiers):
        if tier.upper is None:
            through.append(typed(at.value.copy(), EXACT))
            continue
        name = f"{path}/{place}"
        bound = c.number(tier.upper, EXACT)
        part = c.unscaled(c.minus(bound, low, EXACT), EXACT)
        below = _proportion(figures, money, part, width, name)
        still = exp.LT if plan.policies.boundary == "upper" else exp.LTE
        is_point = exp.EQ(this=width.copy(), expression=c.whole(0))
        inside = c.when(
            (
                c.both(is_point, still(this=high.copy(), expression=bound.copy())),
                typed(at.value.copy(), EXACT),
            ),
            (is_point.copy(), nothing.copy()),
            (exp.LTE(this=high.copy(), expression=bound.copy()), typed(at.value.copy(), EXACT)),
            (exp.GTE(this=low.copy(), expression=bound.copy()), nothing.copy()),
            otherwise=c.rescaled(below, EXACT),
        )
        through.append(figures.add(f"{name}/through", inside, EXACT))
    return [
        through[place].copy()
        if place == 0
        else c.minus(through[place].copy(), through[place - 1].copy(), EXACT)
        for place in range(len(through))
    ]


def _proportion(
    figures: Figures, amount: exp.Expr, part: exp.Expr, whole: exp.Expr, path: str
) -> exp.Expr:
    """amount × part ÷ whole in whole numbers, cut towards zero, as one divides on paper: the first
    digits of the part, then its last twelve, so that no product needs more than 38 digits.
    """

    def wide(value: int) -> exp.Cast:
        return typed(c.whole(value), c.WIDE)

    unit = typed(c.number(10**LIMB, c.WIDE_DECIMAL), c.WIDE)
    divisor = exp.Nullif(this=whole.copy(), expression=wide(0))
    inside = c.both(
        exp.GT(this=part.copy(), expression=wide(0)), exp.LT(this=part.copy(), expression=whole)
    )
    counted = typed(c.when((inside, part), otherwise=wide(0)), c.WIDE)
    counted_of = figures.add(f"{path}/part", counted, c.WIDE)
    first = figures.add(f"{path}/first", c.integer_quotient(counted_of.copy(), unit), c.WIDE)
    last = c.minus(counted_of, c.times(first.copy(), unit.copy(), c.WIDE), c.WIDE)
    product = figures.add(f"{path}/product", c.times(amount.copy(), first, c.WIDE), c.WIDE)
    high = figures.add(f"{path}/high", c.integer_quotient(product.copy(), divisor), c.WIDE)
    left = c.minus(product.copy(), c.times(high.copy(), whole.copy(), c.WIDE), c.WIDE)
    left = c.times(left, unit.copy(), c.WIDE)
    lower = c.plus(left, c.times(amount.copy(), last, c.WIDE), c.WIDE)
    low = figures.add(f"{path}/low", c.integer_quotient(lower, divisor.copy()), c.WIDE)
    return c.plus(c.times(high.copy(), unit.copy(), c.WIDE), low.copy(), c.WIDE)


def deciding_parts(plan: Plan, rates: RateTable) -> list[Measure]:
    """The sums of lines that the measures are made of by which tier and column are found."""
    wanted = set(rates.decided_by)
    for measure in reversed(plan.measures):
        if measure.id in wanted:
            wanted |= set(measure.parts)
    return [one for one in plan.measures if one.id in wanted and one.is_summed]


def add_deciding(
    figures: Figures, plan: Plan, rates: RateTable, parts: Mapping[str, exp.Expr], window: str
) -> tuple[exp.Expr | None, tuple[exp.Expr, ...]]:
    """What finds the tier and the column in a stretch, from the stretch's sums of their parts, as
    figures of a window; a missing one reads as zero.
    """
    for name, total in parts.items():
        figures.add(name_of(name, window), exact_total(total), EXACT)
    add_measures(figures, plan, window, {*rates.decided_by})
    found = [or_nothing(col(name_of(name, window))) for name in rates.decided_by]
    across = tuple(found[len(found) - len(rates.across) :])
    return (found[0] if len(found) > len(across) else None), across


def running(value: exp.Expr, partition: list[exp.Expr], order: list[exp.Expr]) -> exp.Window:
    """The sum from the start of the stretch through this row."""
    return exp.Window(
        this=exp.Sum(this=value.copy()),
        partition_by=[part.copy() for part in partition],
        order=exp.Order(expressions=[place.copy() for place in order]),
        spec=exp.WindowSpec(
            kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
        ),
    )


# --- the parts of every payee ---------------------------------------------------------------------


def spread_components(plan: Plan) -> list[Component]:
    """The components whose rate tables are read this way."""
    return [
        one
        for one in plan.components
        if one.rates is not None and one.rates.is_spread and one.rates.imported is None
    ]


def spread_kinds(plan: Plan) -> dict[str, Kind]:
    """The columns that such components bring with them."""
    found: dict[str, Kind] = {}
    for component in spread_components(plan):
        found |= _kinds(plan, component)
    return found


def join_spread(query: exp.Select, shape: Shape, sums: Sums) -> None:
    """Join what their tiers take and earn to the payees."""
    for place, component in enumerate(spread_components(shape.plan)):
        rows = _Spread(shape, sums, component).parts()
        join_to_payee(query, rows, f"spread_{place}", _kinds(shape.plan, component))


def _kinds(plan: Plan, component: Component) -> dict[str, Kind]:
    longer = windows.is_longer(plan, windows.window_of(plan, component))
    found: dict[str, Kind] = {}
    for place in range(len(component.rate_table.tiers)):
        for when in ("", "had ") if longer else ("",):
            found[f"spread/{component.id}/{place}/{when}base"] = EXACT
            found[f"spread/{component.id}/{place}/{when}pay"] = c.PRODUCT
    return found


class _Spread:
    """The tiers of one component, along its running total."""

    def __init__(self, shape: Shape, sums: Sums, component: Component) -> None:
        self.shape, self.plan, self.sums = shape, shape.plan, sums
        self.component, self.rates = component, component.rate_table
        self.unit = windows.window_of(self.plan, component)
        self.keys: list[str] = []  # what a stretch is
        if windows.is_shorter(self.plan, self.unit):
            self.keys.append("line_id" if self.unit == "transaction" else self.unit)
        self.version = shape.version_of(component)

    def parts(self) -> exp.Select:
        """What each tier takes, and what that earns, for each payee."""
        rows, given = self._rows()
        figures = Figures(given)
        longer = windows.is_longer(self.plan, self.unit)
        names: list[str] = []
        for when in ("", "had ") if longer else ("",):
            names += self._add(figures, when)
        wanted = ["payee_id", *self.keys, *names]
        found = figures.query(rows, wanted)
        if self.plan.policies.rounding_stage == "line":
            found = self._added(found, figures, names, [*self.keys], in_money=True)
        return self._added(found, figures, names, [])

    def _added(
        self,
        rows: exp.Select,
        figures: Figures,
        names: list[str],
        keys: list[str],
        *,
        in_money: bool = False,
    ) -> exp.Select:
        columns: dict[str, exp.Expr] = {name: col(name, "z") for name in ("payee_id", *keys)}
        for name in names:
            value: exp.Expr = c.total(col(name, "z"), figures.kinds[name])
            if in_money and name.endswith("pay"):
                value = typed(in_plan_money(self.plan, value), c.PRODUCT)
            columns[name] = value
        return (
            c.select(columns)
            .from_(rows.subquery("z", copy=False), copy=False)
            .group_by(*(col(name, "z") for name in ("payee_id", *keys)), copy=False)
        )

    def _rows(self) -> tuple[exp.Select, dict[str, Kind]]:
        """The steps of the running total, with what each measure takes in each window."""
        keys = ["payee_id", *self.keys]
        keys += [self.version] if self.version else []
        if self.rates.by_shares:
            keys += [key for key in ("line_id", *SHARES) if key not in keys]
        columns: dict[str, exp.Expr] = {key: col(key, "v") for key in keys}
        kinds: dict[str, Kind] = {
            key: TEXT if key in {"payee_id", "line_id"} else SHARES.get(key, PLACE) for key in keys
        }
        parts = {f"of {one.id}": one.id for one in deciding_parts(self.plan, self.rates)}
        for what, name in (self._measures() | parts).items():
            for when, window in self._windows().items():
                own = col(self.sums.of_measure(self.plan.measure(name), window), "v")
                columns[f"{when}{what}"] = typed(own, CONVERTED)
                kinds[f"{when}{what}"] = CONVERTED
        if self.rates.by_shares:
            columns |= self._order_columns()
            kinds |= {name: self._kind(name) for name in self._order_columns()}
        rows = c.select(columns).from_(
            self.sums.by(*keys, exact=False).subquery("v", copy=False), copy=False
        )
        if self.rates.by_shares:
            c.join(rows, "in_order_lines", "l", c.same(["line_id"], "l", "v"))
        if self.rates.quota is not None:
            own_target: dict[str, Kind] = {f"quotas/{self.rates.quota}/target": MONEY}
            quota = self.plan.quota(self.rates.quota)
            join_to_payee(rows, targets(quota), "t", own_target, payee="v")
            kinds |= own_target
        return rows, kinds

    def _measures(self) -> dict[str, str]:
        found = {"value": self.component.measure or ""}
        if self.rates.by_shares:
            found["count"] = self.rates.subject or ""
        return found

    def _windows(self) -> dict[str, str]:
        if windows.is_longer(self.plan, self.unit):
            return {"": windows.to_date(self.unit), "had ": windows.before(self.unit)}
        return {"": windows.PERIOD}

    def _order_columns(self) -> dict[str, exp.Expr]:
        found: dict[str, exp.Expr] = {
            f"order {name}": col(name, "l") for name in self.plan.policies.accumulation_order
        }
        if windows.is_longer(self.plan, self.unit):
            day = anchor_day(self.plan.policies)
            found[EARLIER] = typed(exp.GTE(this=day, expression=c.period_starts()), BOOLEAN)
        return found

    def _kind(self, name: str) -> Kind:
        if name == EARLIER:
            return BOOLEAN
        kinds = {column.name: column.kind for column in line_columns(self.plan)}
        return kinds[name.removeprefix("order ")]

    def _order(self) -> list[exp.Expr]:
        """What was sold before the period, then version by version, then as the plan says."""
        names = [self.version] if self.version else []
        if self.rates.by_shares:
            columns = self._order_columns()
            names = [name for name in (EARLIER,) if name in columns] + names
            names += [name for name in columns if name != EARLIER]
            names += [*SHARES]
        return [exp.Ordered(this=col(name), nulls_first=True) for name in names]

    def _partition(self) -> list[exp.Expr]:
        again = [self.version] if self.version and self.rates.change == "anew" else []
        return [col(name) for name in ("payee_id", *self.keys, *again)]

    def _whole(self, column: str) -> exp.Window:
        """The sum over the whole stretch, or over those of its days on which the tiers hold."""
        return exp.Window(this=exp.Sum(this=col(column)), partition_by=self._partition())

    def _add(self, figures: Figures, when: str) -> list[str]:
        """The tiers of one window: the period's, or one that began before it."""
        path, rates = f"{when}step", self.rates
        ends: dict[str, exp.Expr] = {}
        for what in self._measures():
            sofar = running(col(f"{when}{what}"), self._partition(), self._order())
            through = figures.add(f"{path}/{what}/through", typed(sofar, CONVERTED), CONVERTED)
            earlier = c.minus(through.copy(), col(f"{when}{what}"), CONVERTED)
            for side, exact in (("after", through.copy()), ("before", earlier)):
                amount = c.with_fewer_decimals(exact, EXACT)
                ends[f"{what} {side}"] = figures.add(f"{path}/{what}/{side}", amount, EXACT)
        counted = "count" if rates.by_shares else "value"
        total = figures.add(f"{path}/total", exact_total(self._whole(f"{when}value")), EXACT)
        parts = {
            one.id: self._whole(f"{when}of {one.id}") for one in deciding_parts(self.plan, rates)
        }
        subject, across = add_deciding(figures, self.plan, rates, parts, self._windows()[when])
        value = c.minus(ends["value after"].copy(), ends["value before"].copy(), EXACT)
        at = Step(
            before=ends[f"{counted} before"],
            after=ends[f"{counted} after"],
            value=figures.add(f"{path}/value", value, EXACT),
            total=total,
            version=col(self.version) if self.version else None,
            target=col(f"quotas/{rates.quota}/target") if rates.quota else None,
            subject=subject,
            across=across,
        )
        names: list[str] = []
        for place, base in enumerate(add_step(figures, self.plan, rates, at, f"{path}/tier")):
            name = f"spread/{self.component.id}/{place}/{when}"
            reading = Reading(self.plan, rates, base, base)
            figures.add(f"{name}base", base.copy(), EXACT)
            figures.add(f"{name}pay", reading.pay(place, base.copy()), c.PRODUCT)
            names += [f"{name}base", f"{name}pay"]
        return names


def exact_total(total: exp.Expr) -> exp.Cast:
    """A total of lines, as an amount before rounding."""
    return c.with_fewer_decimals(typed(total, CONVERTED), EXACT)


__all__ = [
    "Step",
    "add_deciding",
    "add_step",
    "deciding_parts",
    "exact_total",
    "join_spread",
    "running",
    "spread_kinds",
]
