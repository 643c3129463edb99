"""The trace: one payee's statement opened down to the order lines, from the same definitions.

A line's money is the payout at the running total after the line less the payout before it. Every
sum therefore telescopes: lines add up to their tier, tiers to their component, to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
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
    Table,
    col,
    select,
    table,
    typed,
)
from paceline.engine.database import Workspace
from paceline.engine.errors import PayeeUnknown, ResultsDisagree
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.run import fetch_sorted, open_run, step_queries
from paceline.engine.shape import Shape, shape_of
from paceline.engine.steps import crediting, earnings, lines, rate_tables
from paceline.engine.steps.measures import MEASURES, value_taken
from paceline.engine.tables import ATTRIBUTE_KINDS, INPUTS, Tables

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
_PORTION = ("line_id", "payee_id", "level", "is_overlay")
_BEFORE_LINES = ("members", "links", "hierarchy")
_SKIPPED = ("placements",)


@dataclass(frozen=True)
class Trace:
    """One payee's lines and the tables they add up to.

    `lines` is in the order in which the plan accumulates. Sum of `earned` per component and tier
    equals `tiers`; per component it equals `computed` in `earnings`, where the adjustments follow.
    """

    payee_id: str
    lines: pa.Table
    tiers: pa.Table
    measures: pa.Table
    earnings: pa.Table

    def rows(self) -> list[dict[str, Any]]:
        """The lines as Python values."""
        rows: list[dict[str, Any]] = self.lines.to_pylist()
        return rows


def trace(
    plan: Plan,
    tables: Tables,
    period: Period,
    payee_id: str,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
) -> Trace:
    """Open one payee's statement down to its order lines.

    Give it the tables of the run; they were checked there and are not checked again. Raises
    PayeeUnknown when the payee is not in the plan in this period.
    """
    shape = shape_of(plan)
    workspace = Workspace(
        shape, tables, period, connection, threads=threads, memory_limit=memory_limit
    )
    try:
        return _Tracing(workspace, shape, period, payee_id).execute()
    finally:
        workspace.close()


class _Tracing:
    def __init__(self, workspace: Workspace, shape: Shape, period: Period, payee_id: str) -> None:
        self.workspace = workspace
        self.shape = shape
        self.plan = shape.plan
        self.period = period
        self.payee_id = payee_id
        workspace.parameters["payee_id"] = payee_id

    def execute(self) -> Trace:
        given = open_run(self.workspace, self.shape, self.period)
        with_splits = "credit_splits" in given
        for contract, make in step_queries(self.shape, given):
            if contract.name in _SKIPPED:
                continue
            if contract.name == "line_groups":
                self._narrow(with_splits=with_splits)
                self.workspace.create(contract.name, self._groups, variant="traced")
                continue
            self.workspace.create(contract.name, make)
        self._follow_lines()
        return self._collect()

    def _narrow(self, *, with_splits: bool) -> None:
        """Keep only this payee in the plan, and only the lines of those whose sales count for
        them.
        """
        create = self.workspace.create
        everyone = Table("members_of_all", crediting.MEMBERS.columns, crediting.MEMBERS.grain)
        create(everyone.name, lambda: c.every_row(crediting.MEMBERS))
        create(
            "members",
            lambda: c.every_row(everyone).where(self._is_payee("payee_id"), copy=False),
            variant="one",
        )
        if not self.workspace.rows("one member", lambda: c.every_row(crediting.MEMBERS)):
            raise PayeeUnknown(self.payee_id)
        create("relevant", self._relevant)
        create(
            "traced_lines",
            lambda: c.union_all(
                [
                    self._lines(shared=shared, with_splits=with_splits)
                    for shared in ([False, True] if with_splits else [False])
                ]
            ),
        )

    def _payee(self) -> exp.Cast:
        return c.parameter("payee_id", TEXT)

    def _is_payee(self, name: str, of: str | None = None) -> exp.Expr:
        return exp.EQ(this=col(name, of), expression=self._payee())

    def _relevant(self) -> exp.Query:
        """The payee and everyone below."""
        below = select({"payee_id": col("payee_id")}).from_(c.source("hierarchy"), copy=False)
        alone = select({"payee_id": self._payee()})
        return exp.Union(
            this=alone,
            expression=below.where(self._is_payee("manager_id"), copy=False),
            distinct=True,
        )

    def _columns(self) -> dict[str, Kind]:
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

    def _lines(self, *, shared: bool, with_splits: bool) -> exp.Select:
        share: exp.Expr = col("share", "s") if shared else c.number(1, SHARE)
        payee = col("payee_id", "s" if shared else "l")
        values = lines.converted_values(self.shape, share if shared else None)
        query = select(
            {
                "payee_id": payee,
                "slot": col("slot", "k"),
                "is_overlay": col("is_overlay", "s") if shared else exp.false(),
                "bits": lines.rule_bits(self.shape, "l"),
                "share": typed(share, SHARE),
                **{
                    f"line_{name}": typed(col(name, "l"), kind)
                    for name, kind in self._columns().items()
                },
                "rate": typed(col("rate", "x"), EXCHANGE),
                "shared_amount": lines.share_of(col("amount", "l"), share),
                **{name: typed(value, CONVERTED) for name, value in values.items()},
            }
        ).from_(c.source("in_order_lines", "l"), copy=False)
        lines.join_days(query)
        if shared:
            c.join(query, "in_credit_splits", "s", c.same(["line_id"], "l", "s"))
        elif with_splits:
            c.join(query, "base_splits", "s", c.same(["line_id"], "l", "s"), kind="anti")
        relevant = exp.EQ(this=col("payee_id", "r"), expression=payee.copy())
        return c.join(query, "relevant", "r", relevant, kind="semi")

    def _groups(self) -> exp.Query:
        """The same groups that a run sums from all lines, summed from the traced ones."""
        keys: dict[str, exp.Expr] = {
            name: col(name, "g") for name in ("payee_id", "slot", "is_overlay", "bits")
        }
        keys["currency"] = col("line_currency", "g")
        keys["line_id"] = col("line_line_id", "g") if self.shape.by_line else c.null(TEXT)
        sums: dict[str, exp.Expr] = {
            name: c.total(col(name, "g"), kind)
            for name, kind in self.shape.sums.items()
            if name.startswith("converted")
        }
        sums["lines"] = c.count_rows()
        sums["unrated"] = c.minus(c.count_rows(), exp.Count(this=col("rate", "g")), COUNT)
        sums["amount"] = c.total(col("shared_amount", "g"), EXACT)
        grouped = [key.copy() for key in keys.values() if isinstance(key, exp.Column)]
        return (
            c.conform(lines.groups_contract(self.shape), {**keys, **sums})
            .from_(c.source("traced_lines", "g"), copy=False)
            .group_by(*grouped, copy=False)
        )

    def _follow_lines(self) -> None:
        """Credit, convert, accumulate, put into tiers: line by line."""
        create = self.workspace.create
        create("line_credits", self._credits)
        create("line_values", self._values)
        create("line_totals", self._totals)
        create("line_bases", self._bases)
        create("line_earnings", self._earnings)

    def _credits(self) -> exp.Query:
        """Each line as it reaches the payee, directly or from a level below, in plan currency."""
        names = [
            "payee_id",
            "bits",
            "is_overlay",
            "share",
            *(f"line_{name}" for name in self._columns()),
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
            exp.EQ(this=col("manager_id", "h"), expression=self._payee()),
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
            *(f"line_{name}" for name in self._columns()),
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
            exp.EQ(this=col("payee_id", "b"), expression=self._payee()),
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

    def _collected(self) -> exp.Query:
        """The lines that took part in a tier, in the order of accumulation."""
        kept = c.either(
            exp.NEQ(this=col("base"), expression=c.number(0, EXACT)),
            exp.NEQ(this=col("earned"), expression=c.number(0, MONEY)),
        )
        columns: dict[str, exp.Expr] = {
            "component": col("component"),
            "payee_id": self._payee(),
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

    def _collect(self) -> Trace:
        fetched = {
            contract.name: fetch_sorted(self.workspace, contract)
            for contract in (rate_tables.TIERS, MEASURES, earnings.EARNINGS)
        }
        found = Trace(
            self.payee_id,
            self.workspace.fetch(f"traced {self.plan.hash}", self._collected),
            fetched["tiers"],
            fetched["measures"],
            fetched["earnings"],
        )
        require_sums(found)
        return found

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


def require_sums(found: Trace) -> None:
    """Lines add up to tiers and tiers to components; anything else is a fault of the engine."""
    sums: dict[tuple[str, int], Decimal] = {}
    for component, tier, earned in zip(
        *(found.lines.column(name).to_pylist() for name in ("component", "tier", "earned")),
        strict=True,
    ):
        sums[component, tier] = sums.get((component, tier), Decimal(0)) + earned
    for row in found.tiers.to_pylist():
        traced = sums.pop((row["component"], row["tier"]), Decimal(0))
        if traced != row["earned"]:
            raise ResultsDisagree(
                f"{found.payee_id}: the lines of {row['component']} tier {row['tier']} add up to "
                f"{traced}, not {row['earned']}"
            )
    if sums:
        raise ResultsDisagree(f"{found.payee_id}: lines without a tier: {sorted(sums)}")
