"""Following lines: each line of one payee's statement from its credit to the tier it falls into.

The queries use the ledger's definitions: what a measure takes, what a tier holds, how money is
rounded. They only look at them along the running total instead of at its end. A line's money in a
tier is what the tier earned with the line less what it had earned before, so lines always add up.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine import windows
from paceline.engine.columns import (
    BOOLEAN,
    CONVERTED,
    COUNT,
    DATE,
    EXACT,
    EXCHANGE,
    MONEY,
    PLACE,
    SHARE,
    STORED,
    TEXT,
    Kind,
    col,
    select,
    table,
    typed,
)
from paceline.engine.inputs import line_columns
from paceline.engine.ledger.figures import Figures
from paceline.engine.ledger.forms import in_plan_money, incentive_of, or_nothing
from paceline.engine.ledger.measures import add_measures, name_of
from paceline.engine.ledger.rates import Reading, add_through, differences
from paceline.engine.ledger.sums import value_of
from paceline.engine.ledger.told import is_followed
from paceline.engine.plan.model import Component, Measure
from paceline.engine.shape import Shape
from paceline.engine.steps.crediting import (
    credit_term,
    in_window,
    levels_above,
    measure_terms,
    own_levels,
    taken_by,
)

TRACE_LINES = table(
    "lines",
    "component tier line_id from_payee_id level is_overlay",
    {
        "component": TEXT,
        "payee_id": TEXT,
        "line_id": TEXT,
        "tier": PLACE,
        "ordered_on": DATE,
        "order_id": TEXT,
        "credit": TEXT,
        "kind": TEXT,
        "from_payee_id": TEXT,
        "level": PLACE,
        "is_overlay": BOOLEAN,
        "share": SHARE,
        "amount": STORED,
        "currency": TEXT,
        "rate": EXCHANGE,
        "amount_plan": EXACT,
        "running_before": EXACT,
        "running_after": EXACT,
        "base_in_tier": EXACT,
        "earned": MONEY,
        "clause": TEXT,
    },
    nullable="order_id kind",
)
_PORTION = ("payee_id", "level", "is_overlay")  # tells apart two shares of one line


def payee() -> exp.Cast:
    """The payee whose statement is opened."""
    return c.parameter("payee_id", TEXT)


class LineSteps:
    """From traced lines to earnings by line and tier, for the payee bound as `payee_id`."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.plan = shape.plan

    def columns(self) -> dict[str, Kind]:
        """The line columns that a reader or the order of accumulation needs."""
        kinds = {column.name: column.kind for column in line_columns(self.plan)}
        read = ("line_id", "order_id", "ordered_on", "kind", "amount", "currency")
        wanted = dict.fromkeys((*read, *self.plan.policies.accumulation_order))
        return {name: kinds[name] for name in wanted}

    def credits(self) -> exp.Query:
        """Each line as it reaches the payee, directly or from a level below, in plan currency."""
        names = [
            *("payee_id", "bits", "is_overlay", "share", "rate"),
            *self._stretches(),
            *(f"line_{name}" for name in self.columns()),
            *(name for name in self.shape.sums if name.startswith("converted")),
        ]

        def start(levels: dict[str, exp.Expr]) -> exp.Select:
            columns: dict[str, exp.Expr] = {name: col(name, "g") for name in names}
            columns |= {name: typed(level, PLACE) for name, level in levels.items()}
            columns["lines"] = typed(c.whole(1), COUNT)
            return select(columns).from_(c.source("traced_lines", "g"), copy=False)

        own = c.same(["payee_id", "slot"], "m", "g")
        direct = c.join(start(own_levels(self.shape)), "members", "m", own)
        if not self.shape.rolls_up:
            return direct
        rolled = start(levels_above(self.shape, "h"))
        above = c.both(
            c.same(["payee_id", "slot"], "h", "g"),
            exp.EQ(this=col("manager_id", "h"), expression=payee()),
        )
        c.join(rolled, "hierarchy", "h", above)
        in_plan = c.both(
            exp.EQ(this=col("payee_id", "m"), expression=col("manager_id", "h")),
            c.same(["slot"], "m", "g"),
        )
        c.join(rolled, "members", "m", in_plan)
        return c.union_all([direct, rolled.where(exp.Not(this=col("is_overlay", "g")), copy=False)])

    def _stretches(self) -> tuple[str, ...]:
        """The columns that place a line in a window."""
        spans = ("span",) if self.shape.has_windows else ()
        return (*spans, *self.shape.instances)

    def taken(self) -> exp.Query:
        """The ids of the lines that a measure takes."""
        terms = [term for one in self.plan.measures for term in measure_terms(self.shape, one)]
        query = select({"line_id": col("line_line_id")}, distinct=True).from_(
            c.source("line_credits"), copy=False
        )
        return query.where(taken_by(terms, col("bits"), None), copy=False)

    def components(self) -> list[Component]:
        """The components whose money comes from lines, through a rate table."""
        return [one for one in self.plan.components if is_followed(self.plan, one)]

    def earnings(self, component: Component) -> exp.Query:
        """What each line adds to each tier's rounded money, tier under tier."""
        figures, names = self._figures(component)
        placed = ["span"] if self.shape.has_windows else []
        wanted = [*self._carried(), *placed, "before", "after", "credit", *names]
        wide = figures.query(self._rows(component), wanted)
        assert component.rates is not None  # noqa: S101
        parts: list[exp.Query] = []
        for place, tier in enumerate(component.rates.tiers, start=1):
            base, earned = col(f"{place}/base", "w"), col(f"{place}/earned", "w")
            kept = c.either(
                exp.NEQ(this=base.copy(), expression=c.number(0, EXACT)),
                exp.NEQ(this=earned.copy(), expression=c.number(0, MONEY)),
            )
            if windows.is_longer(self.plan, windows.window_of(self.plan, component)):
                kept = c.both(kept, in_window(0, "w"))
            columns: dict[str, exp.Expr] = {
                "component": c.text(component.id),
                "tier": c.whole(place),
                "clause": c.text(tier.clause),
                "base": base,
                "earned": earned,
                **{
                    name: col(name, "w") for name in (*self._carried(), "before", "after", "credit")
                },
            }
            parts.append(
                select(columns).from_(c.source("wide", "w"), copy=False).where(kept, copy=False)
            )
        query = c.union_all(parts)
        return query.with_("wide", as_=wide, copy=False)

    def _carried(self) -> list[str]:
        return [*_PORTION, "share", "rate", *(f"line_{name}" for name in self.columns())]

    def _order(self) -> list[exp.Expr]:
        """The plan's order, made total by the portion of the line."""
        names = [f"line_{name}" for name in self.plan.policies.accumulation_order]
        return [exp.Ordered(this=col(name), nulls_first=True) for name in (*names, *_PORTION)]

    def _window(self, component: Component) -> str:
        """The days whose lines count: the measure's own window, or what the table accumulates."""
        measure = self.plan.measure(component.measure or "")
        own, unit = windows.key_of(measure), windows.window_of(self.plan, component)
        if own == windows.PERIOD and windows.is_longer(self.plan, unit):
            return windows.to_date(unit)
        return own

    def _needs(self, component: Component) -> dict[str, Kind]:
        """The payee's own figures that the rate table is read with."""
        rates, plan = component.rates, self.plan
        assert rates is not None  # noqa: S101
        found: dict[str, Kind] = {}
        if rates.quota is not None:
            found[f"quotas/{rates.quota}/target"] = MONEY
        unit = windows.window_of(plan, component)
        if not windows.is_shorter(plan, unit):
            key = windows.to_date(unit) if windows.is_longer(plan, unit) else windows.PERIOD
            for name in filter(None, (rates.subject, rates.across)):
                found[name_of(name, key)] = EXACT
        incentive = plan.target_incentive
        if rates.value == "target_share" and incentive is not None and incentive.measure:
            found[name_of(incentive.measure)] = EXACT
        return found

    def _rows(self, component: Component) -> exp.Select:
        """The lines that the component's measure takes, with what it takes of them."""
        measure = self.plan.measure(component.measure or "")
        columns: dict[str, exp.Expr] = {
            name: col(name, "g") for name in (*self._carried(), *self._stretches())
        }
        columns |= {
            "level": self._credit(component, level=True),
            "value": self._taken(measure),
            "credit": self._credit(component),
            **{f"of {part.id}": self._taken(part) for part in self._subject_parts(component)},
        }
        query = select(columns).from_(c.source("line_credits", "g"), copy=False)
        needs = self._needs(component)
        for name, kind in needs.items():
            value = typed(col(name, "r"), kind)
            alias = exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True))
            query = query.select(alias, copy=False)
        if needs:
            query = query.join(c.source("ledger", "r"), join_type="cross", copy=False)
        if component.rates is not None and component.rates.quota is not None:
            target = col(f"quotas/{component.rates.quota}/target", "r")
            query = query.where(exp.GT(this=target, expression=c.number(0, MONEY)), copy=False)
        terms = measure_terms(self.shape, measure)
        taken = taken_by(terms, col("bits", "g"), "g")
        if self.shape.has_windows:
            window = self.shape.windows.index(self._window(component))
            taken = c.both(taken, in_window(window, "g"))
        return query.where(taken, copy=False)

    def _taken(self, measure: Measure) -> exp.Expr:
        """What a measure takes of a line; nothing of a line that is not its own."""
        value = typed(value_of(self.shape.index_of(measure), "g"), CONVERTED)
        terms = measure_terms(self.shape, measure)
        own = taken_by(terms, col("bits", "g"), "g")
        return typed(c.when((own, value), otherwise=c.number(0, CONVERTED)), CONVERTED)

    def _subject_parts(self, component: Component) -> list[Measure]:
        """The summed measures that another measure, by which the table is read, is made of, where
        it is read anew in every stretch.
        """
        rates = component.rates
        unit = windows.window_of(self.plan, component)
        if rates is None or rates.subject is None or not windows.is_shorter(self.plan, unit):
            return []
        wanted = {rates.subject}
        for measure in reversed(self.plan.measures):
            if measure.id in wanted:
                wanted |= set(measure.parts)
        return [one for one in self.plan.measures if one.id in wanted and one.is_summed]

    def _credit(self, component: Component, *, level: bool = False) -> exp.Expr:
        """The first credit rule of the component's measure that takes the line, or the level at
        which it does.
        """
        if level and len(self.shape.levels) == 1:
            return col("level", "g")
        branches: list[tuple[exp.Expr, exp.Expr]] = []
        for name in self.plan.measure(component.measure or "").credits:
            term = credit_term(self.shape, self.plan.credit(name))
            taken = taken_by([term], col("bits", "g"), "g")
            said = typed(col(term[3], "g"), PLACE) if level else typed(c.text(name), TEXT)
            branches.append((taken, said))
        return c.when(*branches, otherwise=c.null(PLACE if level else TEXT))

    def _figures(self, component: Component) -> tuple[Figures, list[str]]:
        """The running totals of a component's lines and what they do to each tier."""
        rates, plan = component.rates, self.plan
        assert rates is not None  # noqa: S101
        given: dict[str, Kind] = dict.fromkeys((*self._carried(), *self._stretches()), TEXT)
        given |= {"value": CONVERTED, "credit": TEXT}
        given |= {f"of {part.id}": CONVERTED for part in self._subject_parts(component)}
        given |= self._needs(component)
        figures = Figures(given)
        stretch = self._stretch(component)
        running = figures.add("running", _running(col("value"), stretch, self._order()), CONVERTED)
        before = figures.add("before", c.minus(running, col("value"), CONVERTED), EXACT)
        after = figures.add("after", running.copy(), EXACT)
        with_line = self._reading(figures, component, after, stretch)
        without = replace(with_line, value=before)
        if rates.value != "rate" and rates.subject is None:
            with_line, without = replace(with_line, subject=after), replace(without, subject=before)
        held: dict[str, list[exp.Expr]] = {"before": [], "after": []}
        for place in range(len(rates.tiers)):
            bases = {
                when: figures.add(f"{place + 1}/taken {when}", reading.base(place), EXACT)
                for when, reading in (("after", with_line), ("before", without))
            }
            part = c.minus(bases["after"], bases["before"], EXACT)
            figures.add(f"{place + 1}/base", part, EXACT)
            paid = self._pay(with_line, place, bases["after"])
            had = self._pay(without, place, bases["before"])
            pay = figures.add(f"{place + 1}/pay", c.minus(paid, had, c.PRODUCT), c.PRODUCT)
            holds = _running(pay.copy(), [], self._order())
            total = figures.add(f"{place + 1}/held", holds, c.PRODUCT)
            held["after"].append(total)
            held["before"].append(c.minus(total.copy(), pay.copy(), c.PRODUCT))
        earned = {
            when: differences(add_through(figures, plan, pays, f"through/{when}"))
            for when, pays in held.items()
        }
        names: list[str] = []
        for place in range(len(rates.tiers)):
            gain = c.minus(earned["after"][place], earned["before"][place], MONEY)
            figures.add(f"{place + 1}/earned", gain, MONEY)
            names += [f"{place + 1}/base", f"{place + 1}/earned"]
        return figures, names

    def _stretch(self, component: Component) -> list[exp.Expr]:
        """What the running total begins anew in."""
        unit = windows.window_of(self.plan, component)
        if not windows.is_shorter(self.plan, unit):
            return []
        return [col("line_line_id" if unit == "transaction" else unit)]

    def _reading(
        self, figures: Figures, component: Component, value: exp.Expr, stretch: list[exp.Expr]
    ) -> Reading:
        """The rate table, read with the total that is reached in the end."""
        rates = component.rates
        assert rates is not None  # noqa: S101
        whole = exp.Window(this=exp.Sum(this=col("value")), partition_by=[*stretch])
        subject: exp.Expr = figures.add("total", typed(whole, CONVERTED), EXACT)
        parts = self._subject_parts(component)
        for part in parts:
            total = exp.Window(
                this=exp.Sum(this=col(f"of {part.id}")),
                partition_by=[one.copy() for one in stretch],
            )
            figures.add(name_of(part.id), typed(total, CONVERTED), EXACT)
        if parts:
            add_measures(figures, self.plan, only={rates.subject or ""})
            subject = or_nothing(col(name_of(rates.subject or "")))
        elif rates.subject is not None:
            subject = or_nothing(col(self._at_total(component, rates.subject)))
        across = None
        if rates.across is not None:
            across = or_nothing(col(self._at_total(component, rates.across)))
        target = col(f"quotas/{rates.quota}/target") if rates.quota is not None else None
        incentive = incentive_of(self.plan) if rates.value == "target_share" else None
        return Reading(self.plan, rates, value, subject, target, incentive, across)

    def _at_total(self, component: Component, measure: str) -> str:
        """The ledger's column of a measure in the window that a component accumulates."""
        unit = windows.window_of(self.plan, component)
        longer = windows.is_longer(self.plan, unit)
        return name_of(measure, windows.to_date(unit) if longer else windows.PERIOD)

    def _pay(self, reading: Reading, place: int, base: exp.Expr) -> exp.Expr:
        """What a tier pays at a point of the running total."""
        pay = reading.pay(place, base.copy())
        if self.plan.policies.rounding_stage == "line":
            pay = in_plan_money(self.plan, pay)
        return typed(pay, c.PRODUCT)

    def collected(self) -> exp.Query:
        """The lines that took part in a tier, in the order of accumulation."""
        columns: dict[str, exp.Expr] = {
            "component": col("component"),
            "payee_id": payee(),
            "line_id": col("line_line_id"),
            "tier": col("tier"),
            "ordered_on": col("line_ordered_on"),
            "order_id": col("line_order_id"),
            "credit": col("credit"),
            "kind": col("line_kind"),
            "from_payee_id": col("payee_id"),
            "level": col("level"),
            "is_overlay": col("is_overlay"),
            "share": col("share"),
            "amount": col("line_amount"),
            "currency": col("line_currency"),
            "rate": col("rate"),
            "amount_plan": c.minus(col("after"), col("before"), EXACT),
            "running_before": col("before"),
            "running_after": col("after"),
            "base_in_tier": col("base"),
            "earned": col("earned"),
            "clause": col("clause"),
        }
        rows = [
            select({name: col(name) for name in self._collected()}).from_(
                c.source(f"followed_{component.id}"), copy=False
            )
            for component in self.components()
        ]
        if not rows:
            nothing = {column.name: c.null(column.kind) for column in TRACE_LINES.columns}
            return select(nothing).where(exp.false(), copy=False)
        query = c.conform(TRACE_LINES, columns)
        query = query.from_(c.union_all(rows).subquery("f", copy=False), copy=False)
        return query.order_by(col("component"), *self._order(), col("tier"), copy=False)

    def _collected(self) -> list[str]:
        own = ("component", "tier", "clause", "base", "earned", "before", "after", "credit")
        return [*own, *self._carried()]


def _running(value: exp.Expr, partition: list[exp.Expr], order: list[exp.Expr]) -> exp.Window:
    """The sum from the start of the window through this row."""
    return exp.Window(
        this=exp.Sum(this=value.copy()),
        partition_by=[part.copy() for part in partition],
        order=exp.Order(expressions=[place.copy() for place in order]),
        spec=exp.WindowSpec(
            kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
        ),
    )
