"""What stands behind a payee's components in windows longer than the period, counted from lines.

A run keeps of such a window only what it changed in the period. Where rate tables are grids there,
are read by another measure or come as rows, the next place cannot be told from that: the measures
at both ends, and what was sold under each key, are added up again from the payee's own lines of the
run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine import windows
from paceline.engine.comparison.narrow import narrow
from paceline.engine.database import DuckDB, reused_database
from paceline.engine.executor import Workspace
from paceline.engine.keyed import Keyed, Sold, keys_sold
from paceline.engine.ledger.compile import Ledger, ledger_of
from paceline.engine.ledger.measures import name_of
from paceline.engine.marks import find_split_lines
from paceline.engine.opening import open_run
from paceline.engine.periods import Period
from paceline.engine.plan.model import Component, Plan
from paceline.engine.rate_tables import TABLE
from paceline.engine.run import step_queries, used, variant
from paceline.engine.shape import shape_of
from paceline.engine.tables import Tables
from paceline.engine.whatif.kept import Bases, Kept, Windowed

ZERO = Decimal(0)


def asks_windows(plan: Plan) -> bool:
    """Some component's next place cannot be told from what a run keeps of a window."""
    return bool(_counted(plan))


def with_windows(
    plan: Plan,
    kept: Kept,
    tables: Tables,
    period: Period,
    payee_id: str,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Kept:
    """The kept figures with those of longer windows, counted from the payee's lines of the run.

    Raises InputInvalid, and TooManyLines where more lines decide than are looked at for one payee.
    """
    database = connection or reused_database(tables)
    rows = narrow(plan, tables, period, payee_id, only_read=True, connection=database)
    with _credited(plan, rows, period, database) as (workspace, ledger):
        counting = _Counting(workspace, ledger, payee_id)
        windowed = counting.measures()
        keyed = counting.keys(rows.get(TABLE), period)
        dated = counting.dated()
    return replace(kept, windowed=windowed, keyed={**kept.keyed, **keyed}, dated=dated)


@contextmanager
def _credited(
    plan: Plan, rows: Mapping[str, pa.Table], period: Period, database: duckdb.DuckDBPyConnection
) -> Iterator[tuple[Workspace, Ledger]]:
    """The steps of a run over these rows, up to what the ledger reads; its run checked them."""
    shape = shape_of(plan)
    open_it = partial(DuckDB(database).open, shape, Tables(rows), period)
    with used(open_it, shape, period) as workspace:
        ledger = ledger_of(shape)
        days = open_run(workspace, shape, period)
        *steps, _ledger = step_queries(workspace, ledger, days)
        find_split_lines(workspace, shape)
        for contract, make in steps:
            workspace.create(contract.name, make, variant=variant(contract, workspace, days))
        yield workspace, ledger


@dataclass(frozen=True)
class _Counting:
    workspace: Workspace
    ledger: Ledger
    payee_id: str

    @property
    def plan(self) -> Plan:
        return self.ledger.plan

    def measures(self) -> dict[str, Windowed]:
        """For each such component what its rate table stands on, at both ends of the period."""
        columns = {
            one.id: [
                {name: name_of(name, key) for name in _measures_of(self.plan, one)}
                for key in _ends_of(self.plan, one)
            ]
            for one in _counted(self.plan)
        }
        wanted = [name for ends in columns.values() for own in ends for name in own.values()]
        names = list(dict.fromkeys(["payee_id", *wanted]))
        wide = self._own("in windows", partial(self.ledger.query, names))
        found: dict[str, Windowed] = {}
        for row in wide.to_pylist():
            for component, ends in columns.items():
                now, had = ({name: row[one] for name, one in own.items()} for own in ends)
                found[component] = Windowed(now, had)
        return found

    def dated(self) -> dict[str, tuple[Bases, Bases]]:
        """What the tiers of dated tables hold, by the period's end and before it."""
        columns = {
            one.id: [
                [
                    f"spread/{one.id}/{place}/{when}base"
                    for place in range(len(one.rate_table.tiers))
                ]
                for when in ("", "had ")
            ]
            for one in _counted(self.plan)
            if one.rate_table.is_spread and one.rate_table.dated and not one.rate_table.by_shares
        }
        wanted = [name for ends in columns.values() for own in ends for name in own]
        if not wanted:
            return {}
        wide = self._own("dated", partial(self.ledger.query, ["payee_id", *wanted]))
        found: dict[str, tuple[Bases, Bases]] = {}
        for row in wide.to_pylist():
            for component, ends in columns.items():
                now, had = (tuple(row[name] or ZERO for name in own) for own in ends)
                found[component] = now, had
        return found

    def keys(self, rows: pa.Table | None, period: Period) -> dict[str, tuple[Keyed, ...]]:
        """What was sold under the keys of tables of rates, by the period's end and before it."""
        return {
            one.id: keys_sold(one.rate_table, rows, self._sold(one.id), period)
            for one in _counted(self.plan)
            if one.rate_table.imported is not None
        }

    def _sold(self, component: str) -> dict[int, Sold]:
        names = ("payee_id", "entry", "lines", "value", "had lines", "had value")
        query = c.select({name: c.col(name) for name in names})
        query = query.from_(c.source(f"sold_{component}"), copy=False)
        rows = self._own(f"sold in window {component}", lambda: query)
        return {
            row["entry"]: Sold(row["value"], row["had value"], began=bool(row["had lines"]))
            for row in rows.to_pylist()
            if row["entry"] is not None and row["lines"]
        }

    def _own(self, key: str, make: Callable[[], exp.Select]) -> pa.Table:
        rows = self.workspace.fetch(f"{key} {self.plan.hash}", make, few=True)
        return rows.filter(pc.equal(rows.column("payee_id"), self.payee_id))


def _counted(plan: Plan) -> list[Component]:
    """The components whose window a run keeps too little of."""
    return [
        one
        for one in plan.components
        if one.rates is not None
        and windows.is_longer(plan, windows.window_of(plan, one))
        and (one.rates.read_by or one.rates.imported or one.rates.dated)
    ]


def _ends_of(plan: Plan, component: Component) -> tuple[str, str]:
    unit = windows.window_of(plan, component)
    return windows.to_date(unit), windows.before(unit)


def _measures_of(plan: Plan, component: Component) -> list[str]:
    """What the rate table pays on and is read by, and what these are made of."""
    rates = component.rate_table
    wanted = {component.measure or "", *rates.read_by}
    for measure in reversed(plan.measures):
        if measure.id in wanted:
            wanted |= set(measure.parts)
    return [measure.id for measure in plan.measures if measure.id in wanted]
