"""Following lines: each line of one payee's statement from its credit to the tier it falls into.

The queries use the ledger's definitions: what a measure takes, what a tier holds, how money is
rounded. They only look at them along the running total instead of at its end. A line's money in a
tier is what the tier earned with the line less what it had earned before, so lines always add up.
"""

from __future__ import annotations

from sqlglot import exp

from paceline.engine import columns as c
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
from paceline.engine.ledger.rates import add_through, base_in_tier, differences, reached
from paceline.engine.ledger.sums import value_of
from paceline.engine.plan.model import Component
from paceline.engine.shape import Shape
from paceline.engine.steps.crediting import credit_term, measure_terms, taken_by

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
            *(f"line_{name}" for name in self.columns()),
            *(name for name in self.shape.sums if name.startswith("converted")),
        ]

        def start(level: exp.Expr) -> exp.Select:
            columns: dict[str, exp.Expr] = {name: col(name, "g") for name in names}
            columns |= {"level": typed(level, PLACE), "lines": typed(c.whole(1), COUNT)}
            return select(columns).from_(c.source("traced_lines", "g"), copy=False)

        direct = c.join(start(c.whole(0)), "members", "m", c.same(["payee_id", "slot"], "m", "g"))
        if not self.shape.rolls_up:
            return direct
        rolled = start(col("level", "h"))
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

    def components(self) -> list[Component]:
        """The components whose money comes from lines, through a rate table."""
        return [one for one in self.plan.components if one.rates is not None]

    def earnings(self, component: Component) -> exp.Query:
        """What each line adds to each tier's rounded money, tier under tier."""
        figures, names = self._figures(component)
        wanted = [*self._carried(), "before", "after", "credit", *names]
        wide = figures.query(self._rows(component), wanted)
        assert component.rates is not None  # noqa: S101
        parts: list[exp.Query] = []
        for place, tier in enumerate(component.rates.tiers, start=1):
            base, earned = col(f"{place}/base", "w"), col(f"{place}/earned", "w")
            kept = c.either(
                exp.NEQ(this=base.copy(), expression=c.number(0, EXACT)),
                exp.NEQ(this=earned.copy(), expression=c.number(0, MONEY)),
            )
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

    def _rows(self, component: Component) -> exp.Select:
        """The lines that the component's measure takes, with what it takes of them."""
        measure = self.plan.measure(component.measure or "")
        value = typed(value_of(self.shape.index_of(measure), "g"), CONVERTED)
        columns: dict[str, exp.Expr] = {name: col(name, "g") for name in self._carried()}
        columns |= {"value": value, "credit": self._credit(component)}
        query = select(columns).from_(c.source("line_credits", "g"), copy=False)
        assert component.rates is not None  # noqa: S101
        if component.rates.quota is not None:
            name = f"quotas/{component.rates.quota}/target"
            alias = exp.Alias(this=col(name, "r"), alias=exp.to_identifier(name, quoted=True))
            query = query.select(alias, copy=False)
            query = query.join(c.source("ledger", "r"), join_type="cross", copy=False)
            query = query.where(
                exp.GT(this=col(name, "r"), expression=c.number(0, MONEY)), copy=False
            )
        terms = measure_terms(self.shape, measure)
        return query.where(taken_by(terms, col("bits", "g"), col("level", "g")), copy=False)

    def _credit(self, component: Component) -> exp.Expr:
        """The first credit rule of the component's measure that takes the line."""
        branches: list[tuple[exp.Expr, exp.Expr]] = []
        for name in self.plan.measure(component.measure or "").credits:
            term = credit_term(self.shape, self.plan.credit(name))
            taken = taken_by([term], col("bits", "g"), col("level", "g"))
            branches.append((taken, typed(c.text(name), TEXT)))
        return c.when(*branches, otherwise=c.null(TEXT))

    def _figures(self, component: Component) -> tuple[Figures, list[str]]:
        """The running totals of a component's lines and what they do to each tier."""
        rates = component.rates
        assert rates is not None  # noqa: S101
        given: dict[str, Kind] = dict.fromkeys(self._carried(), TEXT)
        given |= {"value": CONVERTED, "credit": TEXT}
        target: exp.Expr | None = None
        if rates.quota is not None:
            given[f"quotas/{rates.quota}/target"] = MONEY
            target = col(f"quotas/{rates.quota}/target")
        figures = Figures(given)
        window: list[exp.Expr] = [col("line_line_id")] if self.shape.by_line else []
        running = figures.add("running", _running(col("value"), window, self._order()), CONVERTED)
        before = figures.add("before", c.minus(running, col("value"), CONVERTED), EXACT)
        after = figures.add("after", running.copy(), EXACT)
        whole = exp.Window(this=exp.Sum(this=col("value")), partition_by=[*window])
        total = figures.add("total", typed(whole, CONVERTED), EXACT)
        boundary = self.plan.policies.boundary
        held: dict[str, list[exp.Expr]] = {"before": [], "after": []}
        for place in range(len(rates.tiers)):
            if rates.reading == "whole":
                step = c.minus(after.copy(), before.copy(), EXACT)
                inside = reached(rates, place, total, target, boundary)
                part: exp.Expr = c.when((inside, step), otherwise=c.number(0, EXACT))
            else:
                part = c.minus(
                    base_in_tier(rates, place, after, target, boundary),
                    base_in_tier(rates, place, before, target, boundary),
                    EXACT,
                )
            base = figures.add(f"{place + 1}/base", part, EXACT)
            holds = _running(base.copy(), [], self._order())
            with_line = figures.add(f"{place + 1}/held", holds, EXACT)
            held["after"].append(with_line)
            held["before"].append(c.minus(with_line.copy(), base.copy(), EXACT))
        earned = {
            when: differences(
                add_through(figures, self.plan, rates.tiers, bases, f"through/{when}")
            )
            for when, bases in held.items()
        }
        names: list[str] = []
        for place in range(len(rates.tiers)):
            with_it, without = earned["after"][place], earned["before"][place]
            figures.add(f"{place + 1}/earned", c.minus(with_it, without, MONEY), MONEY)
            names += [f"{place + 1}/base", f"{place + 1}/earned"]
        return figures, names

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
        query = c.conform(TRACE_LINES, columns)
        if not rows:
            empty = select({name: c.null(TEXT) for name in self._collected()})
            rows = [empty.where(exp.false(), copy=False)]
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
