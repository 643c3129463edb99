"""Following lines: each line of one payee's statement from its credit to the tier it falls into.

The queries use the same definitions as the run (`steps`): what a measure takes, what a tier holds,
how money is rounded. They only look at them along the running total instead of at its end.
"""

from __future__ import annotations

from collections.abc import Callable

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
    PRODUCT,
    SHARE,
    STORED,
    TEXT,
    Kind,
    col,
    select,
    table,
    typed,
)
from paceline.engine.shape import Shape
from paceline.engine.steps import crediting, rate_tables
from paceline.engine.steps.measures import value_taken
from paceline.engine.tables import ATTRIBUTE_KINDS, INPUTS

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


class LineSteps:
    """From traced lines to earnings by line and tier, for the payee bound as `payee_id`."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.plan = shape.plan

    @property
    def steps(self) -> dict[str, Callable[[], exp.Query]]:
        """The tables in the order in which they are made."""
        return {
            "line_credits": self._credits,
            "line_values": self._values,
            "line_totals": self._totals,
            "line_bases": self._bases,
            "line_earnings": self._earnings,
        }

    def payee(self) -> exp.Cast:
        return c.parameter("payee_id", TEXT)

    def columns(self) -> dict[str, Kind]:
        """The line columns that a reader or the order of accumulation needs."""
        kinds = {column.name: column.kind for column in INPUTS["order_lines"].columns}
        kinds |= {name: ATTRIBUTE_KINDS[kind] for name, kind in self.plan.attributes.items()}
        wanted = dict.fromkeys(
            (
                "line_id",
                "order_id",
                "ordered_on",
                "kind",
                "amount",
                "currency",
                *self.plan.policies.accumulation_order,
            )
        )
        return {name: kinds[name] for name in wanted}

    def _credits(self) -> exp.Query:
        """Each line as it reaches the payee, directly or from a level below, in plan currency."""
        names = [
            "payee_id",
            "bits",
            "is_overlay",
            "share",
            *(f"line_{name}" for name in self.columns()),
        ]
        carried: dict[str, exp.Expr] = {name: col(name, "g") for name in names}
        amounts = {name: col(name, "g") for name in self.shape.sums if name.startswith("converted")}
        rest = {"rate": col("rate", "g"), "lines": typed(c.whole(1), COUNT), **amounts}

        def start(level: exp.Expr) -> exp.Select:
            query = select({**carried, "level": typed(level, PLACE), **rest})
            return query.from_(c.source("traced_lines", "g"), copy=False)

        direct = c.join(start(c.whole(0)), "members", "m", c.same(["payee_id", "slot"], "m", "g"))
        if not self.shape.rolls_up:
            return direct
        rolled = start(col("level", "h"))
        above = c.both(
            c.same(["payee_id", "slot"], "h", "g"),
            exp.EQ(this=col("manager_id", "h"), expression=self.payee()),
        )
        c.join(rolled, "hierarchy", "h", above)
        in_plan = c.both(
            exp.EQ(this=col("payee_id", "m"), expression=col("manager_id", "h")),
            c.same(["slot"], "m", "g"),
        )
        c.join(rolled, "members", "m", in_plan)
        return c.union_all([direct, rolled.where(exp.Not(this=col("is_overlay", "g")), copy=False)])

    def _values(self) -> exp.Query:
        """What each component's measure takes from each line."""
        columns = {
            "component": col("component", "p"),
            "value": value_taken(self.shape, "t", "g"),
            **{name: col(name, "g") for name in self._carried()},
        }
        query = select(columns).from_(c.source("line_credits", "g"), copy=False)
        c.join(query, "plan_measure_terms", "t", crediting.takes("t", "g", col("level", "g")))
        by_measure = exp.EQ(this=col("measure", "p"), expression=col("subject", "t"))
        c.join(query, "plan_components", "p", by_measure)
        return query.where(exp.Not(this=col("reading", "p").is_(exp.null())), copy=False)

    def _carried(self) -> list[str]:
        return [
            "payee_id",
            "level",
            "is_overlay",
            "bits",
            "share",
            "rate",
            *(f"line_{name}" for name in self.columns()),
        ]

    def _order(self, of: str) -> list[exp.Expr]:
        """The plan's order, made total by the portion of the line."""
        names = [f"line_{name}" for name in self.plan.policies.accumulation_order]
        return [
            exp.Ordered(this=col(name, of), nulls_first=True)
            for name in (*names, "payee_id", "level", "is_overlay")
        ]

    def _totals(self) -> exp.Query:
        """The running total before and after each line, in the window that the plan accumulates
        over.
        """
        partition: list[exp.Expr] = [col("component", "g")]
        if self.shape.by_line:
            partition.append(col("line_line_id", "g"))
        value = typed(col("value", "g"), CONVERTED)
        after = running(value, partition, self._order("g"), CONVERTED)
        whole = exp.Window(
            this=exp.Sum(this=value.copy()), partition_by=[p.copy() for p in partition]
        )
        return select(
            {
                "component": col("component", "g"),
                **{name: col(name, "g") for name in self._carried()},
                "before": typed(c.minus(after, value.copy(), CONVERTED), EXACT),
                "after": typed(after.copy(), EXACT),
                "total": typed(typed(whole, CONVERTED), EXACT),
            }
        ).from_(c.source("line_values", "g"), copy=False)

    def _bases(self) -> exp.Query:
        """The part of each line in each tier: what the tier holds after the line less what it
        held before.
        """
        before, after = (
            rate_tables.base_in_tier(col(name, "g"), "b", self.plan) for name in ("before", "after")
        )
        step = c.minus(typed(col("after", "g"), EXACT), typed(col("before", "g"), EXACT), EXACT)
        at_once = typed(
            c.when(
                (rate_tables.reached(col("total", "g"), "b", self.plan), step),
                otherwise=c.number(0, EXACT),
            ),
            EXACT,
        )
        is_slice = exp.EQ(this=col("reading", "b"), expression=c.text("slice"))
        columns = {
            "component": col("component", "g"),
            **{name: col(name, "g") for name in (*self._carried(), "before", "after")},
            "tier": col("tier", "b"),
            "tier_rate": col("rate", "b"),
            "clause": col("clause", "b"),
            "base": typed(
                c.when((is_slice, c.minus(after, before, EXACT)), otherwise=at_once), EXACT
            ),
        }
        query = select(columns).from_(c.source("line_totals", "g"), copy=False)
        own = c.both(
            c.same(["component"], "b", "g"),
            exp.EQ(this=col("payee_id", "b"), expression=self.payee()),
        )
        return c.join(query, "bounds", "b", own)

    def _earnings(self) -> exp.Query:
        """What each line adds to each tier's rounded money."""
        per_tier: list[exp.Expr] = [col("component", "g"), col("tier", "g")]
        held = running(typed(col("base", "g"), EXACT), per_tier, self._order("g"), EXACT)
        filled = (
            select(
                {
                    "component": col("component", "g"),
                    **{
                        name: col(name, "g")
                        for name in (
                            *self._carried(),
                            "before",
                            "after",
                            "tier",
                            "tier_rate",
                            "clause",
                            "base",
                        )
                    },
                    "held_after": held,
                    "held_before": c.minus(held.copy(), typed(col("base", "g"), EXACT), EXACT),
                }
            )
            .from_(c.source("line_bases", "g"), copy=False)
            .subquery("f", copy=False)
        )
        portion: list[exp.Expr] = [
            col("component", "f"),
            *(col(name, "f") for name in self._portion()),
        ]
        digits, mode = self.plan.digits, self.plan.policies.rounding_mode
        throughs = {
            f"through_{when}": c.rounded(
                rate_tables.sum_through_tier(
                    c.times(
                        col(f"held_{when}", "f"), typed(col("tier_rate", "f"), c.RATE), PRODUCT
                    ),
                    portion,
                    "f",
                ),
                digits,
                mode,
            )
            for when in ("before", "after")
        }
        names = (
            "component",
            *self._carried(),
            "before",
            "after",
            "tier",
            "clause",
            "base",
        )
        inner = (
            select({**{name: col(name, "f") for name in names}, **throughs})
            .from_(filled, copy=False)
            .subquery("t", copy=False)
        )
        own: list[exp.Expr] = [col("component", "t"), *(col(n, "t") for n in self._portion())]
        earned = {
            when: c.minus(
                col(f"through_{when}", "t"),
                rate_tables.previous(col(f"through_{when}", "t"), own, col("tier", "t")),
                MONEY,
            )
            for when in ("before", "after")
        }
        return select(
            {
                **{name: col(name, "t") for name in names},
                "earned": c.minus(earned["after"], earned["before"], MONEY),
            }
        ).from_(inner, copy=False)

    def _portion(self) -> tuple[str, ...]:
        return ("line_line_id", "payee_id", "level", "is_overlay")

    def _order_alone(self) -> list[exp.Expr]:
        names = [f"line_{name}" for name in self.plan.policies.accumulation_order]
        return [
            exp.Ordered(this=col(name), nulls_first=True)
            for name in (*names, "payee_id", "level", "is_overlay")
        ]

    def _credit_name(self) -> exp.Expr:
        """The first credit rule of the component's measure that takes the line."""
        branches: list[tuple[exp.Expr, exp.Expr]] = []
        for component in self.plan.components:
            if component.measure is None:
                continue
            for name in self.plan.measure(component.measure).credits:
                credit = self.plan.credit(name)
                through = 50 if credit.level_through is None else credit.level_through
                bits = exp.BitwiseAnd(this=col("bits"), expression=c.whole(self.shape.bits(credit)))
                test = c.both(
                    exp.EQ(this=col("component"), expression=c.text(component.id)),
                    exp.Between(
                        this=col("level"), low=c.whole(credit.level_from), high=c.whole(through)
                    ),
                    exp.NEQ(this=exp.Paren(this=bits), expression=c.whole(0)),
                )
                branches.append((test, c.text(name)))
        return c.when(*branches, otherwise=exp.null()) if branches else c.null(TEXT)

    def collected(self) -> exp.Query:
        """The lines that took part in a tier, in the order of accumulation."""
        kept = c.either(
            exp.NEQ(this=col("base"), expression=c.number(0, EXACT)),
            exp.NEQ(this=col("earned"), expression=c.number(0, MONEY)),
        )
        columns: dict[str, exp.Expr] = {
            "component": col("component"),
            "payee_id": self.payee(),
            "line_id": col("line_line_id"),
            "tier": col("tier"),
            "ordered_on": col("line_ordered_on"),
            "order_id": col("line_order_id"),
            "credit": self._credit_name(),
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
        return (
            c.conform(TRACE_LINES, columns)
            .from_(c.source("line_earnings"), copy=False)
            .where(kept, copy=False)
            .order_by(col("component"), *self._order_alone(), col("tier"), copy=False)
        )


def running(
    value: exp.Expr, partition: list[exp.Expr], order: list[exp.Expr], kind: Kind
) -> exp.Cast:
    """The sum from the start of the window through this row."""
    window = exp.Window(
        this=exp.Sum(this=value.copy()),
        partition_by=[part.copy() for part in partition],
        order=exp.Order(expressions=[place.copy() for place in order]),
        spec=exp.WindowSpec(
            kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
        ),
    )
    return typed(window, kind)
