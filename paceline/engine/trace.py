"""The trace: statements opened down to the order lines, from the same definitions.

A line's money is the payout at the running total after the line less the payout before it. Every
sum therefore telescopes: lines add up to their tier, tiers to their component, to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import (
    CONVERTED,
    COUNT,
    EXACT,
    SHARE,
    Table,
    col,
    select,
    typed,
)
from paceline.engine.database import DuckDB, reused_database
from paceline.engine.errors import PayeeUnknown, ResultsDisagree
from paceline.engine.executor import Workspace
from paceline.engine.kept import Step
from paceline.engine.ledger.compile import ledger_of
from paceline.engine.ledger.following import LineSteps
from paceline.engine.ledger.rows import keyed_measures
from paceline.engine.ledger.told import decided_by_others
from paceline.engine.marks import find_split_lines, lines_named, marks_hold
from paceline.engine.opening import open_days
from paceline.engine.people import members_of, people_of
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.run import fetch_ledger, step_queries, used, variant
from paceline.engine.shape import Shape, shape_of
from paceline.engine.split_rows import SPLIT_IDS
from paceline.engine.steps import lines, portions
from paceline.engine.steps.days import Days, anchor_day
from paceline.engine.steps.portions import Way
from paceline.engine.tables import Tables


@dataclass(frozen=True)
class Trace:
    """One payee's lines and the tables they add up to.

    `lines` is in the order in which the plan accumulates. Sum of `earned` per component and tier
    equals `tiers`; per component it equals `computed` in `earnings`, where the adjustments follow.
    Components that other payees decide, too, such as pools and contests, are no part of `earnings`.
    `orders` has the line columns that formulas of the plan read, one row for each line.
    """

    payee_id: str
    lines: pa.Table
    tiers: pa.Table
    measures: pa.Table
    earnings: pa.Table
    attainment: pa.Table
    orders: pa.Table

    def orders_by_id(self) -> dict[str, dict[str, Any]]:
        """The columns that the plan's formulas read, of each line, by its id."""
        return {row["line_id"]: row for row in self.orders.to_pylist()}

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
    (found,) = traces(
        plan,
        tables,
        period,
        [payee_id],
        connection=connection,
        threads=threads,
        memory_limit=memory_limit,
    )
    return found


PAYEES_AT_ONCE = 40  # their lines are in memory together


def traces(
    plan: Plan,
    tables: Tables,
    period: Period,
    payee_ids: Sequence[str],
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
) -> Iterator[Trace]:
    """Open the statements of several payees in their order, each as `trace` does, with one pass
    over the lines for many of them.

    Raises PayeeUnknown when one of them is not in the plan in this period, and InputInvalid where a
    figure of the plan is too large, as the run does.
    """
    shape = shape_of(plan)
    database = connection or reused_database(tables, threads=threads, memory_limit=memory_limit)
    for first in range(0, len(payee_ids), PAYEES_AT_ONCE):
        some = payee_ids[first : first + PAYEES_AT_ONCE]
        with used(partial(DuckDB(database).open, shape, tables, period), shape, period) as opened:
            found = _Tracing(opened, shape, period, some).execute()
        yield from found


def reached_lines(
    plan: Plan,
    tables: Tables,
    period: Period,
    payee_id: str,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> set[str]:
    """The ids of the lines that a measure of the plan takes for the payee.

    Raises PayeeUnknown when the payee is not in the plan in this period.
    """
    shape = shape_of(plan)
    open_it = partial(DuckDB(connection).open, shape, tables, period)
    with used(open_it, shape, period) as workspace:
        return _Tracing(workspace, shape, period, [payee_id]).reach()


class _Tracing:
    def __init__(
        self, workspace: Workspace, shape: Shape, period: Period, payee_ids: Sequence[str]
    ) -> None:
        self.workspace = workspace
        self.shape = shape
        self.plan = shape.plan
        self.period = period
        self.payee_ids = payee_ids
        self.ledger = ledger_of(shape)
        self.lines = LineSteps(shape)
        self.days = Days(self.plan.policies)

    def execute(self) -> list[Trace]:
        self._credit()
        for component in self.lines.components():
            self.workspace.create(
                f"followed_{component.id}",
                partial(self.lines.earnings, component),
                variant=self.plan.hash,
            )
        return self._collect()

    def reach(self) -> set[str]:
        """The lines that reach one of the payees through a measure."""
        self._find_lines()
        rows = self.workspace.rows(f"reached {self.plan.hash}", self.lines.taken)
        return {line_id for (line_id,) in rows}

    def _find_lines(self) -> list[Step]:
        """Find the lines that reach the payees; returns the steps that add them up."""
        self.days = open_days(self.workspace, self.shape, self.period)
        self._narrow()
        self.workspace.create("line_credits", self.lines.credits, variant=self.plan.hash)
        return step_queries(self.workspace, self.ledger, self.days)

    def _credit(self) -> None:
        """The ledger of the payees, as a run comes to it from all lines."""
        (groups, _), *steps = self._find_lines()
        if keyed_measures(self.plan):
            find_split_lines(self.workspace, self.shape)
        self.workspace.create(groups.name, self._groups, variant="traced")
        for step in steps:
            self._take(*step)

    def _take(self, contract: Table, make: Callable[[], exp.Query]) -> None:
        which = variant(contract, self.workspace, self.days)
        self.workspace.create(contract.name, make, variant=which)

    def _narrow(self) -> None:
        """Keep only these payees in the plan, and only the lines of those whose sales count for
        them.
        """
        create = self.workspace.create
        inputs = self.workspace.inputs
        people = people_of(self.shape, inputs, self.period, only=self.payee_ids)
        people.put(self.workspace)
        followed = members_of(people.reaching)
        first = self.workspace.parameters["first_slot"]  # of the period
        in_period = followed.filter(pc.greater_equal(followed.column("slot"), first))
        in_plan = set(in_period.column("payee_id").to_pylist())
        for name in self.payee_ids:
            if name not in in_plan:
                raise PayeeUnknown(name)
        below = pc.unique(people.reaching.column("payee_id"))  # they themselves among them
        self.workspace.register("relevant", pa.table({"payee_id": below}))
        with_splits = "credit_splits" in self.workspace.tables
        is_marked = with_splits and marks_hold(
            self.workspace, SPLIT_IDS.name, lines_named(self.workspace)
        )
        create(
            "traced_lines",
            lambda: c.union_all(
                [
                    self._lines(way, with_splits=with_splits, is_marked=is_marked)
                    for way in portions.ways(self.shape, with_splits=with_splits)
                    if way.kind != "replaced"
                ]
            ),
            variant=f"{self.days} {is_marked} {self._read()}",
        )

    def _lines(self, way: Way, *, with_splits: bool, is_marked: bool) -> exp.Select:
        """The lines of one way of handing them out, as far as they count for the payees; shared
        ones are looked for among the marked ones where marks tell them all.
        """
        source = "in_marked_lines" if is_marked and way.kind == "shared" else "in_order_lines"
        handed = portions.portion(self.shape, way)
        share: exp.Expr = c.number(1, SHARE) if handed.share is None else handed.share
        values = lines.converted_values(self.shape, self.days, handed.share)
        query = select(
            {
                "payee_id": handed.payee,
                "slot": self.days.slot(),
                **{name: lines.key_of_line(self.days, name) for name in self._stretches()},
                "is_overlay": handed.is_overlay,
                "bits": handed.bits,
                "share": typed(share, SHARE),
                **{
                    f"line_{name}": typed(col(name, "l"), kind)
                    for name, kind in self.lines.columns().items()
                },
                **{f"read_{name}": col(name, "l") for name in self._read()},
                "rate": self.days.rate(),
                "shared_amount": lines.share_of_amount(share.copy()),
                **{name: typed(value, CONVERTED) for name, value in values.items()},
            }
        ).from_(c.source(source, "l"), copy=False)
        self.days.join(query)
        anchor = anchor_day(self.plan.policies)
        query.where(c.within(anchor, c.horizon(), c.period_ends()), copy=False)
        portions.join_way(
            query, self.shape, self.days, way, with_splits=with_splits, numbered=False
        )
        if way.kind == "whole" and with_splits:
            portions.leave_out_split(query)
        relevant = exp.EQ(this=col("payee_id", "r"), expression=handed.payee.copy())
        return c.join(query, "relevant", "r", relevant, kind="semi")

    def _stretches(self) -> list[str]:
        return [name for name in lines.group_keys(self.shape)[5:] if name != "line_id"]

    def _orders(self) -> exp.Query:
        """The lines that reach each payee, with the columns that the plan's formulas read."""
        columns = {"receiver": col("receiver", "r"), "line_id": col("line_line_id", "g")}
        columns |= {name: col(f"read_{name}", "g") for name in self._read()}
        query = select(columns, distinct=True).from_(c.source("traced_lines", "g"), copy=False)
        return c.join(query, "line_credits", "r", c.same(["line_line_id"], "r", "g"))

    def _read(self) -> list[str]:
        return sorted(lines.columns_read(self.shape) - {"line_id"})

    def _groups(self) -> exp.Query:
        """The same groups that a run sums from all lines, summed from the traced ones."""
        keys: dict[str, exp.Expr] = {
            name: col(name, "g") for name in ("payee_id", "slot", "is_overlay", "bits")
        }
        keys["currency"] = col("line_currency", "g")
        keys |= {
            name: col("line_line_id" if name == "line_id" else name, "g")
            for name in lines.group_keys(self.shape)[5:]
        }
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

    def _collect(self) -> list[Trace]:
        """What was traced, payee by payee."""
        fetched = fetch_ledger(self.workspace, self.ledger).tables()
        others = pa.array(sorted(decided_by_others(self.plan)), pa.string())
        earned = fetched["earnings"]
        earned = earned.filter(pc.invert(pc.is_in(earned.column("component"), others)))
        lines_of = _by(self.workspace.fetch(f"traced {self.plan.hash}", self.lines.collected))
        orders = self.workspace.fetch(f"orders {self.plan.hash}", self._orders)
        keys = [("receiver", "ascending"), ("line_id", "ascending")]
        orders_of = _by(orders.sort_by(keys), "receiver")
        found: list[Trace] = []
        for name in self.payee_ids:
            mine = pc.field("payee_id") == name
            one = Trace(
                name,
                lines_of(name),
                fetched["tiers"].filter(mine),
                fetched["measures"].filter(mine),
                earned.filter(mine),
                fetched["attainment"].filter(mine),
                orders_of(name).drop_columns("receiver"),
            )
            require_sums(one, {component.id for component in self.lines.components()})
            found.append(one)
        return found


def _by(rows: pa.Table, column: str = "payee_id") -> Callable[[str], pa.Table]:
    """The rows of one payee, out of rows that are in the order of the payees."""
    places: dict[str, tuple[int, int]] = {}
    begins = 0
    for one in pc.value_counts(rows.column(column)).to_pylist():  # by first appearance
        places[one["values"]] = (begins, one["counts"])
        begins += one["counts"]
    return lambda name: rows.slice(*places.get(name, (0, 0)))


def require_sums(found: Trace, followed: set[str]) -> None:
    """Lines add up to the tiers of the components that are followed to their lines; anything else
    is a fault of the engine.
    """
    sums: dict[tuple[str, int], Decimal] = {}
    for component, tier, earned in zip(
        *(found.lines.column(name).to_pylist() for name in ("component", "tier", "earned")),
        strict=True,
    ):
        sums[component, tier] = sums.get((component, tier), Decimal(0)) + earned
    for row in found.tiers.to_pylist():
        if row["component"] not in followed:
            continue
        traced = sums.pop((row["component"], row["tier"]), Decimal(0))
        if traced != row["earned"]:
            raise ResultsDisagree(
                f"{found.payee_id}: the lines of {row['component']} tier {row['tier']} add up to "
                f"{traced}, not {row['earned']}"
            )
    # Rows of a table of rates that take and earn nothing are not told, though lines that cancel
    # each other may lie in them.
    if lost := sorted(key for key, earned in sums.items() if earned):
        raise ResultsDisagree(f"{found.payee_id}: lines without a tier: {lost}")
