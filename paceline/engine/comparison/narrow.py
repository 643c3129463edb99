"""The inputs of a run narrowed to what can reach one payee, in memory.

Kept are the lines of the period that belong to the payee, to somebody below, or are split with one
of them; the reporting lines below; and the payee's own assignments, employment and quotas. A
calculation over them gives the payee the same statement as one over everything, in little time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import col, select
from paceline.engine.database import Workspace
from paceline.engine.formula.tree import Type
from paceline.engine.inputs import line_columns, open_inputs
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.plan.policies import Policies
from paceline.engine.shape import shape_of
from paceline.engine.steps import lines
from paceline.engine.steps.days import anchor_day
from paceline.engine.tables import Tables

ABOVE = ("reporting", "hierarchies")  # who is above whom
OF_PAYEE = ("assignments", "payees", "quotas", "leaves")


def narrow(  # noqa: PLR0913 -- whose tables, and what else of them is wanted
    plan: Plan,
    tables: Tables,
    period: Period,
    payee_id: str,
    *,
    attributes: Mapping[str, Type] | None = None,
    people: set[str] | None = None,
    line_ids: pa.Array | None = None,
    only_read: bool = False,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> dict[str, pa.Table]:
    """The tables of one payee. `attributes` are further line columns to keep, `people` those whose
    lines are wanted instead of the payee's and everybody's below, `line_ids` further lines: what a
    second run to be compared with needs. With `only_read`, columns of lines that the plan does not
    read are left empty, and cost nothing.

    Raises InputInvalid when the tables cannot be read.
    """
    reading = dataclasses.replace(plan, attributes={**plan.attributes, **(attributes or {})})
    shape = shape_of(reading)
    workspace = Workspace(shape, tables, period, connection)
    try:
        workspace.open_inputs()
        given = workspace.inputs.tables
        if people is None:
            people = people_below(plan, tables, period, payee_id)
        wanted = pa.array(sorted(people), pa.string())
        found = {
            name: rows.filter(pc.equal(rows.column("payee_id"), payee_id))
            for name, rows in given.items()
            if name in OF_PAYEE
        }
        for name in ABOVE:
            if name in given:
                found[name] = _reporting(given[name], wanted, payee_id)
        if "exchange_rates" in given:
            found["exchange_rates"] = given["exchange_rates"]
        splits = given.get("credit_splits")
        shared = (
            None if splits is None else splits.filter(pc.is_in(splits.column("payee_id"), wanted))
        )
        ids = [] if shared is None else shared.column("line_id").chunks
        ids = [*ids, *([] if line_ids is None else [line_ids])]
        read = ALWAYS | lines.columns_read(shape)
        columns: dict[str, exp.Expr] = {
            one.name: c.null(one.kind) if only_read and one.name not in read else col(one.name, "l")
            for one in line_columns(reading)
        }
        mine = _lines(workspace, plan.policies, columns, wanted, pa.chunked_array(ids, pa.string()))
        found["order_lines"] = mine
        if splits is not None:
            theirs = pc.is_in(splits.column("line_id"), mine.column("line_id"))
            found["credit_splits"] = splits.filter(theirs)
        return found
    finally:
        workspace.close()


def people_below(
    plan: Plan, tables: Tables, period: Period, payee_id: str, *, rolls_up: bool | None = None
) -> set[str]:
    """The payee and, where the plan rolls up, everybody who reported to them in the period,
    directly or further down. `rolls_up` decides it for another plan.
    """
    below = shape_of(plan).rolls_up if rolls_up is None else rolls_up
    given = {name: tables.sources[name] for name in ABOVE if name in tables}
    if not below or not given:
        return {payee_id}
    reports: dict[str, list[str]] = {}
    for rows in open_inputs(plan, Tables(given)).tables.values():
        starts, ends = rows.column("starts_on"), rows.column("ends_before")
        still = pc.fill_null(pc.greater(ends, period.starts_on), fill_value=True)
        held = rows.filter(pc.and_(pc.less(starts, period.ends_before), still))
        names = (held.column(name).to_pylist() for name in ("payee_id", "manager_id"))
        for payee, manager in zip(*names, strict=True):
            reports.setdefault(manager, []).append(payee)
    found, open_ones = {payee_id}, [payee_id]
    while open_ones:
        for name in reports.get(open_ones.pop(), ()):
            if name not in found:
                found.add(name)
                open_ones.append(name)
    return found


def _reporting(rows: pa.Table, people: pa.Array, payee_id: str) -> pa.Table:
    """The reporting lines below the payee; the payee's own manager changes nothing for them."""
    inside = pc.is_in(rows.column("payee_id"), people)
    return rows.filter(pc.and_(inside, pc.not_equal(rows.column("payee_id"), payee_id)))


ALWAYS = {"line_id", "ordered_on", "payee_id", "amount", "currency", "kind", "quantity"}


def _lines(
    workspace: Workspace,
    policies: Policies,
    columns: Mapping[str, exp.Expr],
    people: pa.Array,
    ids: pa.ChunkedArray,
) -> pa.Table:
    workspace.register("wanted_people", pa.table({"payee_id": people}))
    workspace.register("wanted_lines", pa.table({"line_id": ids}))

    def part(kept_by: str, column: str) -> exp.Select:
        copied = {name: value.copy() for name, value in columns.items()}
        query = select(copied).from_(c.source("in_order_lines", "l"), copy=False)
        c.join(query, kept_by, "w", c.same([column], "w", "l"), kind="semi")
        inside = c.within(anchor_day(policies), c.period_starts(), c.period_ends())
        return query.where(inside, copy=False)

    def query() -> exp.Query:
        """Two narrow passes: one pass for either reason would read every column of every line."""
        mine = part("wanted_people", "payee_id")
        if not len(ids):
            return mine
        further = part("wanted_lines", "line_id")
        c.join(further, "wanted_people", "p", c.same(["payee_id"], "p", "l"), kind="anti")
        return c.union_all([mine, further])

    read = ", ".join(name for name, value in columns.items() if isinstance(value, exp.Column))
    return workspace.fetch(f"narrowed lines, further: {bool(len(ids))}, {read}", query)
