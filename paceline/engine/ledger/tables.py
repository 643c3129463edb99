"""Components that pay by tiers: what each tier takes of the measure and what it earns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine import windows
from paceline.engine.columns import COUNT, EXACT, MONEY, PLACE, TEXT, Kind, col, typed
from paceline.engine.ledger import forms
from paceline.engine.ledger.figures import Figures
from paceline.engine.ledger.measures import add_measures, counts_lines, name_of
from paceline.engine.ledger.rates import (
    Reading,
    TierFigures,
    add_through,
    differences,
    exact_sum,
    held_set,
)
from paceline.engine.ledger.rows import entered, join_to_payee
from paceline.engine.ledger.sums import Sums
from paceline.engine.plan.model import Component, Plan
from paceline.engine.shape import Shape


@dataclass(frozen=True)
class Paid:
    """What a component's tiers earn together, their columns, and the column of its measure."""

    total: exp.Expr
    tiers: tuple[TierFigures, ...]
    measure: str
    exact: exp.Expr | None = None  # before rounding, where the plan asks for that


def by_stretch(plan: Plan) -> dict[str, list[Component]]:
    """The components whose rate tables begin anew inside the period, by the stretch."""
    found: dict[str, list[Component]] = {}
    for component in plan.components:
        if component.rates is None or component.rates.is_spread:
            continue
        unit = windows.window_of(plan, component)
        if windows.is_shorter(plan, unit):
            found.setdefault(unit, []).append(component)
    return found


def part_kinds(plan: Plan) -> dict[str, Kind]:
    """The columns that such components bring with them."""
    return {
        name: c.PRODUCT if name.endswith("/pay") else EXACT
        for components in by_stretch(plan).values()
        for component in components
        for name in _part_names(component)
    }


def join_parts(query: exp.Select, plan: Plan, sums: Sums) -> None:
    """Join what their tiers take of every stretch, added up, to the payees."""
    for unit, components in by_stretch(plan).items():
        kinds: dict[str, Kind] = {}
        for component in components:
            for name in _part_names(component):
                kinds[name] = c.PRODUCT if name.endswith("/pay") else EXACT
        alias = f"parts_{unit.replace('-', '_')}"
        join_to_payee(query, _parts(plan, sums, unit, components), alias, kinds)


def _part_names(component: Component) -> list[str]:
    return [
        f"parts/{component.id}/{place}/{what}"
        for place in range(len(component.rate_table.tiers))
        for what in ("base", "pay")
    ]


def version_of(shape: Shape, component: Component, window: str) -> exp.Expr | None:
    """Which of the dated sets of tiers counts all of a window, where its last day decides."""
    rates = component.rate_table
    if not rates.by_last_day:
        return None
    column = shape.version_of(component)
    if column is not None:
        return col(column)
    unit = windows.window_of(shape.plan, component)
    is_before = windows.is_longer(shape.plan, unit) and window == windows.before(unit)
    return held_set(rates, c.period_starts() if is_before else c.period_ends())


def _reading(shape: Shape, component: Component, window: str) -> Reading:
    """What a component's rate table is read with, from the columns of a window."""
    plan = shape.plan
    rates = component.rate_table
    measure = component.measure or ""
    target = col(f"quotas/{rates.quota}/target") if rates.quota is not None else None
    return Reading(
        plan,
        rates,
        forms.or_nothing(col(name_of(measure, window))),
        forms.or_nothing(col(name_of(rates.subject or measure, window))),
        target,
        forms.incentive_of(plan) if rates.value == "target_share" else None,
        tuple(forms.or_nothing(col(name_of(one, window))) for one in rates.across),
        version_of(shape, component, window),
    )


def stretch_rows(plan: Plan, sums: Sums, keys: Sequence[str]) -> tuple[exp.Select, dict[str, Kind]]:
    """A row for each payee and stretch with its measures, and the types of the columns."""
    columns: dict[str, exp.Expr] = {name: col(name, "v") for name in ("payee_id", *keys)}
    for measure in plan.measures:
        if measure.is_summed and measure.window is None:
            value = typed(col(sums.of_measure(measure, windows.PERIOD), "v"), EXACT)
            columns[name_of(measure.id)] = c.or_else(value, c.number(0, EXACT), EXACT)
            lines = c.or_else(col(sums.lines_of(measure), "v"), c.whole(0), COUNT)
            columns[f"{name_of(measure.id)}/lines"] = lines
    kinds: dict[str, Kind] = {name: COUNT if counts_lines(name) else EXACT for name in columns}
    kinds |= {
        name: TEXT if name in {"payee_id", "line_id"} else PLACE for name in ("payee_id", *keys)
    }
    rows = c.select(columns).from_(sums.by("payee_id", *keys).subquery("v", copy=False), copy=False)
    incentive = plan.target_incentive
    if incentive is not None and incentive.measure is not None:
        figure = plan.measure(incentive.measure)
        if figure.kind == "figure":
            own: dict[str, Kind] = {name_of(figure.id): EXACT}
            join_to_payee(rows, entered([figure]), "e", own, payee="v")
            kinds |= own
    return rows, kinds


def _parts(plan: Plan, sums: Sums, unit: str, components: list[Component]) -> exp.Select:
    """What each tier takes of every stretch, and what that earns, added up for each payee."""
    shape = sums.shape
    versions = [shape.version_of(one) for one in components]
    keys = ["line_id" if unit == "transaction" else unit, *filter(None, versions)]
    rows, given = stretch_rows(plan, sums, list(dict.fromkeys(keys)))
    figures = Figures(given)
    wanted = {one.measure or "" for one in components}
    for one in components:
        if one.rates is not None:
            wanted |= {*one.rates.read_by}
    add_measures(figures, plan, only=wanted)
    names: list[str] = []
    for component in components:
        reading = _reading(shape, component, windows.PERIOD)
        for place in range(len(reading.rates.tiers)):
            path = f"parts/{component.id}/{place}"
            base = figures.add(f"{path}/base", reading.base(place), EXACT)
            pay = _where_sold(plan, component, reading.pay(place, base.copy()))
            if plan.policies.rounding_stage == "line":
                pay = forms.in_plan_money(plan, pay)
            figures.add(f"{path}/pay", pay, c.PRODUCT)
            names += [f"{path}/base", f"{path}/pay"]
    query = figures.query(rows, ["payee_id", *names])
    added: dict[str, exp.Expr] = {"payee_id": col("payee_id", "z")}
    for name in names:
        added[name] = c.total(col(name, "z"), figures.kinds[name])
    return (
        c.select(added)
        .from_(query.subquery("z", copy=False), copy=False)
        .group_by(col("payee_id", "z"), copy=False)
    )


def _where_sold(plan: Plan, component: Component, pay: exp.Expr) -> exp.Expr:
    """What a stretch pays; nothing where no line counts for what the table is read with, though it
    may pay an amount at zero.
    """
    rates = component.rate_table
    if rates.value == "rate":
        return pay
    wanted = {component.measure or "", *rates.read_by}
    for measure in reversed(plan.measures):
        if measure.id in wanted:
            wanted |= set(measure.parts)
    counts = [
        f"{name_of(one.id)}/lines" for one in plan.measures if one.id in wanted and one.is_summed
    ]
    sold = c.either(*(exp.NEQ(this=col(name), expression=c.whole(0)) for name in counts))
    return c.when((sold, typed(pay, c.PRODUCT)), otherwise=c.number(0, c.PRODUCT))


class _Tiers:
    """The tiers of one component in the ledger, made one after the other."""

    def __init__(self, figures: Figures, shape: Shape, component: Component) -> None:
        plan = shape.plan
        self.figures, self.plan, self.component = figures, plan, component
        self.unit = windows.window_of(plan, component)
        self.path = f"components/{component.id}/tiers"
        self.window = windows.PERIOD
        self.earlier: Reading | None = None
        if windows.is_longer(plan, self.unit):
            self.window = windows.to_date(self.unit)
            self.earlier = _reading(shape, component, windows.before(self.unit))
            self.place = shape.windows.index(windows.before(self.unit))
        self.now = _reading(shape, component, self.window)
        self.is_spread = self.now.rates.is_spread
        self.pays: list[exp.Expr] = []
        self.had: list[exp.Expr] = []

    def reachable(self, figure: exp.Expr) -> exp.Expr:
        """A figure where the payee has something to attain."""
        if self.now.target is None:
            return figure
        above = exp.GT(this=self.now.target.copy(), expression=c.number(0, MONEY))
        return c.when((above, figure), otherwise=exp.null())

    def _before(self, pay: exp.Expr) -> exp.Expr:
        """What had been earned before the period: nothing when the window begins with it."""
        first, last = (
            c.parameter(f"window_{self.place}_{side}", c.PLACE) for side in ("from", "through")
        )
        is_empty = exp.GT(this=first, expression=last)
        return c.when((is_empty, c.number(0, c.PRODUCT)), otherwise=typed(pay, c.PRODUCT))

    def add(self, place: int) -> TierFigures:
        """The part of the measure in a tier, what it pays, and the tier's bounds."""
        name, figures = f"{self.path}/{place + 1}", self.figures
        figures.add(f"{name}/base", self._base(name, place), EXACT)
        bounds: dict[str, str | None] = {"lower": None, "upper": None}
        tier = self.now.rates.tiers[place]
        if self.now.target is not None:
            for side, share in (("lower", tier.lower), ("upper", tier.upper)):
                if share is not None:
                    amount = self.reachable(self.now.bound(share))
                    figures.add(f"{name}/{side}", amount, EXACT)
                    bounds[side] = f"{name}/{side}"
        return TierFigures(tier, f"{name}/base", f"{name}/earned", **bounds)

    def _base(self, name: str, place: int) -> exp.Expr:
        if self.is_spread:
            return self._spread_base(place)
        if windows.is_shorter(self.plan, self.unit):
            parts = f"parts/{self.component.id}/{place}"
            pay = c.or_else(col(f"{parts}/pay"), c.number(0, c.PRODUCT), c.PRODUCT)
            self.pays.append(pay)
            return c.or_else(col(f"{parts}/base"), c.number(0, EXACT), EXACT)
        if self.earlier is None:
            self.pays.append(self.reachable(self.now.pay(place, col(f"{name}/base"))))
            return self.reachable(self.now.base(place))
        taken = self.figures.add(f"{name}/taken", self.reachable(self.now.base(place)), EXACT)
        self.pays.append(self.reachable(self.now.pay(place, taken.copy())))
        had = self.reachable(self.earlier.base(place))
        had = self.figures.add(f"{name}/had", had, EXACT)
        self.had.append(self.reachable(self._before(self.earlier.pay(place, had.copy()))))
        return c.minus(taken.copy(), had.copy(), EXACT)

    def _spread_base(self, place: int) -> exp.Expr:
        """What the tier takes, worked out line by line, or version by version of the table."""
        path = f"spread/{self.component.id}/{place}"
        self.pays.append(self.reachable(_or_zero(f"{path}/pay", c.PRODUCT)))
        taken = _or_zero(f"{path}/base", EXACT)
        if self.earlier is not None:
            self.had.append(self.reachable(_or_zero(f"{path}/had pay", c.PRODUCT)))
            taken = c.minus(taken, _or_zero(f"{path}/had base", EXACT), EXACT)
        return self.reachable(taken)


def _or_zero(name: str, kind: Kind) -> exp.Expr:
    return c.or_else(col(name), c.number(0, kind), kind)


def add_rates(figures: Figures, shape: Shape, component: Component) -> Paid:
    """The tiers of a component and what they earn together.

    In a window that began before the period, a tier earns what it has earned to date less what it
    had before the period. Without a target there is nothing to attain: the columns are empty and
    the component earns nothing.
    """
    plan = shape.plan
    if component.rates is not None and component.rates.imported is not None:
        return _tabled(plan, component)
    tiers = _Tiers(figures, shape, component)
    made = tuple(tiers.add(place) for place in range(len(tiers.now.rates.tiers)))
    through = add_through(figures, plan, tiers.pays, tiers.path)
    earned, total = differences(through), through[-1].copy()
    if tiers.had:
        had = add_through(figures, plan, tiers.had, f"{tiers.path}/earlier")
        pairs = zip(earned, differences(had), strict=True)
        earned = [c.minus(after, before, MONEY) for after, before in pairs]
        total = c.minus(total, had[-1].copy(), MONEY)
    for tier, amount in zip(made, earned, strict=True):
        figures.add(tier.earned, amount, MONEY)
    measure = name_of(component.measure or "", tiers.window)
    total = c.or_else(total, c.number(0, MONEY), MONEY)
    return Paid(total, made, measure, _unrounded(tiers) if plan.rounds_once else None)


def _tabled(plan: Plan, component: Component) -> Paid:
    """What the rows of a table of rates earn together: they are told beside the ledger."""
    total = _or_zero(f"tabled/{component.id}/earned", MONEY)
    exact = forms.or_nothing(_or_zero(f"tabled/{component.id}/pay", c.PRODUCT))
    unit = windows.window_of(plan, component)
    window = windows.to_date(unit) if windows.is_longer(plan, unit) else windows.PERIOD
    return Paid(total, (), name_of(component.measure or "", window), exact)


def _unrounded(tiers: _Tiers) -> exp.Expr:
    exact = exact_sum(tiers.figures, tiers.pays, tiers.path)
    if tiers.had:
        had = exact_sum(tiers.figures, tiers.had, f"{tiers.path}/earlier")
        exact = c.minus(exact, had, c.PRODUCT)
    return forms.or_nothing(exact)
