"""One more order among the payee's own lines, calculated like any other.

For whatever kept figures cannot tell: grids, windows, formulas, scorecards, lines that stand alone,
tiers that change on a day. A run over the narrowed tables with one line more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.comparison.narrow import narrow
from paceline.engine.database import reused_database
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.run import calculate_part
from paceline.engine.shape import arrow_table
from paceline.engine.tables import EXCHANGE_RATES, Tables
from paceline.engine.whatif.orders import Order

IMAGINED = "\N{WHITE SQUARE}"  # no line of a shop or a file is called like this
_DAYS = ("invoiced_on", "shipped_on", "paid_on", "final_on")
Rows = Mapping[str, pa.Table]


def one_more_counted(
    plan: Plan,
    tables: Tables,
    period: Period,
    payee_id: str,
    order: Order,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> dict[str, Decimal]:
    """What each component earns with the order, by its id; empty when nobody could bring it.

    Every day of the order is the day on which it was ordered. Raises InputInvalid, and TooManyLines
    where more lines decide than are looked at for one payee.
    """
    database = connection or reused_database(tables)
    rows = narrow(plan, tables, period, payee_id, only_read=True, connection=database)
    seller = payee_id if order.level == 0 else _report(plan, rows, payee_id, order)
    if seller is None:
        return {}
    lines = rows["order_lines"]
    line = pa.Table.from_pylist([_line(plan, lines.schema, seller, order)], schema=lines.schema)
    rows = {**rows, "order_lines": pa.concat_tables([lines, line])}
    if order.currency != plan.currency:
        rows["exchange_rates"] = _rates(plan, rows, period, order)
    return calculate_part(plan, rows, period, database).earned_by(payee_id)


def _line(plan: Plan, schema: pa.Schema, seller: str, order: Order) -> dict[str, Any]:
    """The order as a line; who is credited by a column of it is the seller, unless it says."""
    said = {"line_id": IMAGINED, "order_id": IMAGINED, "payee_id": seller, **order.row()}
    said |= dict.fromkeys(_DAYS, order.ordered_on)
    for credit in plan.credits:
        if credit.to in schema.names and said.get(credit.to) is None:
            said[credit.to] = seller
    return {name: said.get(name) for name in schema.names}


def _rates(plan: Plan, rows: Rows, period: Period, order: Order) -> pa.Table:
    """The rates with the order's own on its day, where there is none of that day."""
    policies = plan.policies
    last = period.ends_before - timedelta(days=1)
    wanted = {
        "from_currency": order.currency,
        "to_currency": plan.currency,
        "on_date": last if policies.exchange_date == "period-end" else order.ordered_on,
        "rate_type": policies.exchange_rate,
    }
    kinds = {column.name: column.kind for column in EXCHANGE_RATES.columns}
    own = arrow_table(kinds, [wanted | {"rate": order.exchange_rate}])
    given = rows.get("exchange_rates")
    if given is None:
        return own
    given = given.select(own.column_names).cast(own.schema)
    same = [pc.equal(given.column(name), value) for name, value in wanted.items()]
    is_there = same[0]
    for one in same[1:]:
        is_there = pc.and_(is_there, one)
    return given if pc.any(is_there).as_py() else pa.concat_tables([given, own])


def _report(plan: Plan, rows: Rows, payee_id: str, order: Order) -> str | None:
    """Somebody so many levels below the payee on the day of the order."""
    day = order.ordered_on
    for tree in dict.fromkeys(_trees(plan)):
        table = rows.get("hierarchies" if tree else "reporting")
        if table is not None and tree:
            table = table.filter(pc.equal(table.column("hierarchy"), tree))
        above = dict(zip(_on(table, day, "payee_id"), _on(table, day, "manager_id"), strict=True))
        for name in sorted(above):
            if _climb(above, name, order.level) == payee_id:
                return name
    return None


def _trees(plan: Plan) -> list[str]:
    return [one.hierarchy for one in plan.credits if one.kind == "rollup"]


def _climb(above: Mapping[str, str], name: str, levels: int) -> str | None:
    found: str | None = name
    for _ in range(levels):
        found = above.get(found) if found is not None else None
    return found


def _on(table: pa.Table | None, day: date, column: str) -> list[str]:
    """A column of the rows that hold on a day."""
    if table is None:
        return []
    ends = table.column("ends_before")
    holds = pc.and_(
        pc.less_equal(table.column("starts_on"), day),
        pc.or_(pc.is_null(ends), pc.fill_null(pc.greater(ends, day), fill_value=False)),
    )
    found: list[str] = table.filter(holds).column(column).to_pylist()
    return found
