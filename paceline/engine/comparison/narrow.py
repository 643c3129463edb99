"""The inputs of a run narrowed to what can reach one payee, in memory.

Kept are the lines that the plan looks at and that belong to the payee, to somebody below, to those
who share or compete with them, or are credited to one of these; and what the small tables say of
them. A calculation over what is kept gives the payee the same statement as one over everything.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import col, select
from paceline.engine.comparison.circle import ABOVE, Circle, circle_of
from paceline.engine.database import Workspace
from paceline.engine.errors import EngineError
from paceline.engine.formula.tree import Type
from paceline.engine.inputs import line_columns
from paceline.engine.marks import marks_hold
from paceline.engine.needs import needs
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.shape import Shape, shape_of
from paceline.engine.steps import lines
from paceline.engine.steps.days import anchor_day
from paceline.engine.tables import LINE_ATTRIBUTES, Tables

OF_PEERS = ("assignments", "payees", "leaves", "figures")
WHOLE = ("teams", "owners", "exchange_rates", "rate_tables")
ALWAYS = {"line_id", "ordered_on", "payee_id", "amount", "currency", "kind", "quantity"}
MAX_LINES = 1_000_000  # held in memory for one payee


class TooManyLines(EngineError):
    """More lines decide what a payee earns than are looked at for one payee."""


def narrow(  # noqa: PLR0913 -- whose tables, and what else of them is wanted
    plan: Plan,
    tables: Tables,
    period: Period,
    payee_id: str,
    *,
    also: Sequence[Plan] = (),
    circle: Circle | None = None,
    line_ids: pa.Array | None = None,
    only_read: bool = False,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> dict[str, pa.Table]:
    """The tables of one payee. `also` are other plans that the rows are to be calculated by,
    `circle` those who matter where it is not the payee's own, `line_ids` further lines: what a
    second run to be compared with needs. With `only_read`, columns of lines that the plan does not
    read are left empty, and cost nothing.

    Raises InputInvalid when the tables cannot be read, and TooManyLines.
    """
    plans = (plan, *also)
    reading = dataclasses.replace(plan, attributes=attribute_types(*also, plan))
    shape = shape_of(reading)
    workspace = Workspace(shape, tables, period, connection)
    try:
        workspace.open_inputs()
        given = workspace.inputs.tables
        if circle is None:
            circle = circle_of(plans, tables, period, payee_id)
        found = _small_tables(given, circle)
        since = min(needs(one, period, _earliest(found)).lines_from for one in plans)
        workspace.parameters["horizon"] = since
        wanted = pa.array(sorted(circle.people), pa.string())
        splits = given.get("credit_splits")
        shared = (
            None if splits is None else splits.filter(pc.is_in(splits.column("payee_id"), wanted))
        )
        ids = [] if shared is None else shared.column("line_id").chunks
        ids = [*ids, *([] if line_ids is None else [line_ids])]
        picking = _Picking(workspace, plans, wanted, pa.chunked_array(ids, pa.string()))
        mine = picking.lines(_columns(shape, reading, only_read=only_read), given.get("owners"))
        found["order_lines"] = mine
        if splits is not None:
            theirs = pc.is_in(splits.column("line_id"), mine.column("line_id"))
            found["credit_splits"] = splits.filter(theirs)
        return found
    finally:
        workspace.close()


def attribute_types(*plans: Plan) -> dict[str, Type]:
    """The line attributes of all plans; the last one that declares a name decides its type."""
    found: dict[str, Type] = {}
    for plan in plans:
        found |= plan.attributes
    return found


def _earliest(tables: Mapping[str, pa.Table]) -> date | None:
    """The first day on which one of those who matter is in a plan."""
    rows = tables.get("assignments")
    found = None if rows is None else pc.min(rows.column("starts_on")).as_py()
    return found if isinstance(found, date) else None


def _small_tables(given: Mapping[str, pa.Table], circle: Circle) -> dict[str, pa.Table]:
    """What the tables in memory say of the circle."""
    peers, people, teams = (
        pa.array(sorted(names), pa.string())
        for names in (circle.peers, circle.people, circle.peer_teams)
    )
    found = {name: given[name] for name in WHOLE if name in given}
    for name in OF_PEERS:
        if name in given:
            found[name] = _of(given[name], "payee_id", peers)
    if "quotas" in given:  # a target is a payee's or a team's
        both = pa.concat_arrays([peers, teams])
        found["quotas"] = _of(given["quotas"], "payee_id", both)
    if "coalitions" in given:
        found["coalitions"] = _of(given["coalitions"], "team", teams)
    for name in ABOVE:
        if name in given:  # somebody above all of them changes nothing
            found[name] = _of(_of(given[name], "payee_id", people), "manager_id", people)
    return found


def _of(rows: pa.Table, column: str, names: pa.Array) -> pa.Table:
    return rows.filter(pc.is_in(rows.column(column), names))


def _columns(shape: Shape, plan: Plan, *, only_read: bool) -> dict[str, exp.Expr]:
    read = ALWAYS | lines.columns_read(shape)
    return {
        one.name: c.null(one.kind) if only_read and one.name not in read else col(one.name, "l")
        for one in line_columns(plan)
    }


class _Picking:
    """Picks the lines that may reach the people: their own, shared ones, and credited ones."""

    def __init__(
        self, workspace: Workspace, plans: Sequence[Plan], people: pa.Array, ids: pa.ChunkedArray
    ) -> None:
        self.workspace = workspace
        self.people = people
        self.ids = ids
        self.anchors = {plan.policies.anchor: plan.policies for plan in plans}
        rules = [credit for plan in plans for credit in plan.credits if credit.kind == "direct"]
        self.named = sorted({one.to for one in rules} - {"payee", "team", "owner"})
        self.owned = sorted({one.owner_of for one in rules if one.to == "owner"})

    def lines(self, columns: Mapping[str, exp.Expr], owners: pa.Table | None) -> pa.Table:
        """The lines with these columns, each once."""
        register = self.workspace.register
        register("wanted_people", pa.table({"payee_id": self.people}))
        register("wanted_lines", pa.table({"line_id": self.ids}))
        ways = [("payee_id", "wanted_people", "payee_id")]
        ways += [(name, "wanted_people", "payee_id") for name in self.named]
        for name in self.owned:
            if owners is None:
                break
            of_kind = owners.filter(pc.equal(owners.column("kind"), name))
            keys = pc.unique(_of(of_kind, "payee_id", self.people).column("key"))
            register(f"wanted_{name}", pa.table({"key": keys}))
            ways.append((name, f"wanted_{name}", "key"))
        if len(self.ids):
            ways.append(("line_id", "wanted_lines", "line_id"))
        named = pc.count_distinct(self.ids).as_py()
        is_marked = bool(named) and marks_hold(self.workspace, "wanted_lines", named)

        def picked(column: str, kept_by: str, key: str) -> exp.Select:
            copied = {name: value.copy() for name, value in columns.items()}
            by_marks = is_marked and kept_by == "wanted_lines"
            source = c.source("in_marked_lines" if by_marks else "in_order_lines", "l")
            query = select(copied).from_(source, copy=False)
            same = exp.EQ(this=col(column, "l"), expression=col(key, "w"))
            c.join(query, kept_by, "w", same, kind="semi")
            return query.where(self._inside(), copy=False)

        def query() -> exp.Query:
            """A narrow pass for each way: one for all of them would read every column of every
            line.
            """
            parts: list[exp.Query] = []
            for place, way in enumerate(ways):
                part = picked(*way)
                for number, (column, kept_by, key) in enumerate(ways[:place]):
                    alias = f"b{number}"
                    same = exp.EQ(this=col(column, "l"), expression=col(key, alias))
                    c.join(part, kept_by, alias, same, kind="anti")
                parts.append(part)
            return parts[0] if len(parts) == 1 else c.union_all(parts)

        read = ", ".join(name for name, value in columns.items() if isinstance(value, exp.Column))
        said = f"{sorted(self.anchors)} {ways} {is_marked} {read}"
        found = self.workspace.fetch(f"narrowed lines, {said}", query)
        if found.num_rows > MAX_LINES:
            raise TooManyLines(f"more than {MAX_LINES:,} order lines")
        return found

    def _inside(self) -> exp.Expr:
        days: Iterable[exp.Expr] = (anchor_day(one) for one in self.anchors.values())
        return c.either(*(c.within(day, c.horizon(), c.period_ends()) for day in days))


__all__ = ["LINE_ATTRIBUTES", "MAX_LINES", "TooManyLines", "attribute_types", "narrow"]
