"""Following lines: each line of some payees' statements from its credit to the tier it falls into.

The queries use the ledger's definitions: what a measure takes, what a tier holds, how money is
rounded. They only look at them along the running total instead of at its end. A line's money in a
tier is what the tier earned with the line less what it had earned before, so lines always add up.
Each payee's lines run for themselves: `receiver` is whose statement they are in.
"""

from __future__ import annotations

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine import windows
from paceline.engine.columns import (
    CONVERTED,
    COUNT,
    EXACT,
    MONEY,
    PLACE,
    TEXT,
    Kind,
    col,
    select,
    typed,
)
from paceline.engine.inputs import line_columns
from paceline.engine.ledger.following_rows import TOLD, RowLines
from paceline.engine.ledger.following_tiers import TierLines
from paceline.engine.ledger.measures import name_of
from paceline.engine.ledger.spread import deciding_parts
from paceline.engine.ledger.sums import value_of
from paceline.engine.ledger.told import TRACE_LINES, is_followed
from paceline.engine.plan.model import Component, Measure
from paceline.engine.shape import Shape
from paceline.engine.steps.crediting import (
    RECEIVER,
    credit_term,
    in_window,
    join_receivers,
    measure_terms,
    taken_by,
)

_PORTION = ("payee_id", "is_overlay", "bits", "level")  # tells apart two shares of one line


class LineSteps:
    """From traced lines to earnings by line and tier, for the payees whose statements are opened:
    they alone are `members`.
    """

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
        """Each line as it reaches each payee, directly or from a level below, in plan currency."""
        names = [
            *("payee_id", "is_overlay", "bits", "share", "rate"),
            *self.stretches(),
            *(f"line_{name}" for name in self.columns()),
            *(name for name in self.shape.sums if name.startswith("converted")),
        ]

        columns: dict[str, exp.Expr] = {"receiver": col(RECEIVER, "r")}
        columns |= {name: col(name, "g") for name in names}
        columns |= {name: col(name, "r") for name in self.shape.levels}
        columns["lines"] = typed(c.whole(1), COUNT)
        query = select(columns).from_(c.source("traced_lines", "g"), copy=False)
        return join_receivers(self.shape, query)

    def stretches(self) -> tuple[str, ...]:
        """The columns that place a line in a window."""
        shape, spans = self.shape, ("span",) if self.shape.has_windows else ()
        return (*spans, *shape.instances, *shape.versions, *shape.key_columns, *shape.held)

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
        if component.rate_table.imported is not None:
            return RowLines(self, component).earnings()
        return TierLines(self, component).earnings()

    def carried(self) -> list[str]:
        return ["receiver", *_PORTION, "share", "rate", *(f"line_{one}" for one in self.columns())]

    def order(self, component: Component | None = None) -> list[exp.Expr]:
        """The plan's order, made total by the portion of the line. What was sold before the period
        comes first, and where the table changes on a day, what was sold before that.
        """
        names = [f"line_{name}" for name in self.plan.policies.accumulation_order]
        found = [exp.Ordered(this=col(name), nulls_first=True) for name in (*names, *_PORTION)]
        if component is None or component.rates is None:
            return [*found]
        first: list[exp.Expr] = []
        if self.is_longer(component):
            of_period = c.when((in_window(0, None), c.whole(1)), otherwise=c.whole(0))
            first.append(exp.Ordered(this=typed(of_period, PLACE), nulls_first=True))
        version = self.shape.version_of(component) if component.rates.is_spread else None
        if version is not None:
            first.append(exp.Ordered(this=col(version), nulls_first=True))
        return [*first, *found]

    def is_longer(self, component: Component) -> bool:
        """The tiers may have begun to count before the period."""
        return windows.is_longer(self.plan, windows.window_of(self.plan, component))

    def moves(self, component: Component) -> bool:
        """What was sold before the period may now earn another rate: the total decides the tier."""
        rates = component.rate_table
        by_total = rates.reading == "whole" or rates.by_last_day
        return by_total and rates.value == "rate" and self.is_longer(component)

    def _window(self, component: Component) -> str:
        """The days whose lines count: the measure's own window, or what the table accumulates."""
        measure = self.plan.measure(component.measure or "")
        own, unit = windows.key_of(measure), windows.window_of(self.plan, component)
        if own == windows.PERIOD and windows.is_longer(self.plan, unit):
            return windows.to_date(unit)
        return own

    def needs(self, component: Component) -> dict[str, Kind]:
        """The payee's own figures that the rate table is read with."""
        rates, plan = component.rate_table, self.plan
        found: dict[str, Kind] = {}
        if rates.quota is not None:
            found[f"quotas/{rates.quota}/target"] = MONEY
        unit = windows.window_of(plan, component)
        if not windows.is_shorter(plan, unit):
            key = windows.to_date(unit) if windows.is_longer(plan, unit) else windows.PERIOD
            for name in () if rates.is_spread and rates.dated else rates.decided_by:
                found[name_of(name, key)] = EXACT
                if self.moves(component):
                    found[name_of(name, windows.before(unit))] = EXACT
        incentive = plan.target_incentive
        if rates.value == "target_share" and incentive is not None and incentive.measure:
            found[name_of(incentive.measure)] = EXACT
        return found

    def rows(self, component: Component) -> exp.Select:
        """The lines that the component's measure takes or that only choose its tier."""
        measure = self.plan.measure(component.measure or "")
        columns: dict[str, exp.Expr] = {
            name: col(name, "g") for name in (*self.carried(), *self.stretches())
        }
        columns |= {
            "level": self._credit(component, level=True),
            "value": self._taken(measure),
            "credit": self._credit(component),
            **{f"of {part.id}": self._taken(part) for part in self.deciding_parts(component)},
        }
        if component.rates is not None and component.rates.by_shares:
            columns["count"] = self._taken(self.plan.measure(component.rates.subject or ""))
        query = select(columns).from_(c.source("line_credits", "g"), copy=False)
        needs = self.needs(component)
        for name, kind in needs.items():
            value = typed(col(name, "r"), kind)
            alias = exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True))
            query = query.select(alias, copy=False)
        if needs:
            own = exp.EQ(this=col("payee_id", "r"), expression=col("receiver", "g"))
            c.join(query, "ledger", "r", own)
        if component.rates is not None and component.rates.quota is not None:
            target = col(f"quotas/{component.rates.quota}/target", "r")
            query = query.where(exp.GT(this=target, expression=c.number(0, MONEY)), copy=False)
        terms = measure_terms(self.shape, measure)
        if component.rates is not None and component.rates.by_shares:
            terms += measure_terms(self.shape, self.plan.measure(component.rates.subject or ""))
        for part in self.deciding_parts(component):  # its lines choose the tier, whoever is paid
            terms += measure_terms(self.shape, part)
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

    def deciding_parts(self, component: Component) -> list[Measure]:
        """The summed measures that other measures, by which the table is read, are made of, where
        it is read anew in every stretch or its tiers change on a day.
        """
        rates = component.rates
        unit = windows.window_of(self.plan, component)
        by_day = rates is not None and rates.is_spread and bool(rates.dated)
        if rates is None or not (by_day or windows.is_shorter(self.plan, unit)):
            return []
        return deciding_parts(self.plan, rates)

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

    def stretch(self, component: Component) -> list[exp.Expr]:
        """What the running total begins anew in: with each payee, and each shorter stretch."""
        unit, whose = windows.window_of(self.plan, component), col("receiver")
        if not windows.is_shorter(self.plan, unit):
            return [whose]
        return [whose, col("line_line_id" if unit == "transaction" else unit)]

    def collected(self) -> exp.Query:
        """The lines that took part in a tier, payee by payee, in the order of accumulation."""
        columns: dict[str, exp.Expr] = {
            "component": col("component"),
            "payee_id": col("receiver"),
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
            "amount_plan": col("added"),
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
        first = (col("receiver"), col("component"))
        return query.order_by(*first, *self.order(), col("tier"), copy=False)

    def _collected(self) -> list[str]:
        return ["component", "tier", "clause", "base", "earned", *TOLD, *self.carried()]
