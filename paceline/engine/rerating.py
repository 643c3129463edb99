"""What a period would have earned without sales that came back: the re-rating of a clawback (S9).

The period is calculated again over the lines that can reach one payee, without the first return's
part of its line, then without the second's as well, and so on. What each return is worth is the
pay before it less the pay after it, so that the returns of a period add up to the pay with all of
its sales less the pay without any of those that came back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from paceline.engine.comparison.narrow import narrow
from paceline.engine.database import reused_database
from paceline.engine.ledger.told import is_followed
from paceline.engine.money import EXACT, round_to
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.run import calculate, calculate_part
from paceline.engine.tables import ParquetFiles, Tables
from paceline.engine.trace import reached_lines

ZERO = Decimal(0)
_IN_PROPORTION = ("quantity", "cost")  # what comes back together with its part of the amount
_STORED = 4  # decimals of amounts as they arrive


@dataclass(frozen=True)
class Returned:
    """A sale that failed: how much of its line's amount came back, as a positive amount."""

    event_id: str
    line_id: str
    amount: Decimal


@dataclass(frozen=True)
class Rerated:
    """What a component earned for the payee before a return and after it."""

    event_id: str
    component: str
    before: Decimal
    after: Decimal


def rests_on_lines(plan: Plan) -> bool:
    """Whether every component of money can be laid on lines, so that who earned on a line is
    everybody whom a re-rating of it may reach.
    """
    paid = (one for one in plan.components if one.unit == "money")
    return all(is_followed(plan, one) for one in paid)


def credited_with(
    plan: Plan,
    tables: Tables,
    period: Period,
    line_ids: Iterable[str],
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> dict[str, set[str]]:
    """Who was credited with some lines, all of them of the period, whatever that earned: payees,
    each with the lines that a measure of the plan takes for them.
    """
    rows = _only(tables, sorted(set(line_ids)))
    if not rows.sources["order_lines"].num_rows:  # type: ignore[union-attr]
        return {}
    database = connection or reused_database(rows)
    hashes = {name: ["a part"] for name in rows.sources}
    results = calculate(plan, rows, period, connection=database, input_hashes=hashes)
    payees = sorted({row["payee_id"] for row in results.rows("credits")})
    return {
        payee: found
        for payee in payees
        if (found := reached_lines(plan, rows, period, payee, connection=database))
    }


def _only(tables: Tables, line_ids: list[str]) -> Tables:
    """The tables with these order lines alone, in memory."""
    wanted = pa.array(line_ids, pa.string())
    sources = dict(tables.sources)
    for name in {"order_lines", "credit_splits"} & set(sources):
        source = sources[name]
        parts = (
            [pq.read_table(path) for path in source.paths]
            if isinstance(source, ParquetFiles)
            else [source]
        )
        kept = [one.filter(pc.is_in(one.column("line_id"), wanted)) for one in parts]
        sources[name] = pa.concat_tables(kept, promote_options="permissive")
    return Tables(sources)


def rerate(
    plan: Plan,
    tables: Tables,
    period: Period,
    payee_id: str,
    returned: Sequence[Returned],
    *,
    gone: Iterable[Returned] = (),
    connection: duckdb.DuckDBPyConnection | None = None,
) -> list[Rerated]:
    """For each return, in the order given, what the payee's components earn before and after it.

    `gone` came back earlier and was counted then. Raises InputInvalid, and TooManyLines where more
    lines decide than are looked at for one payee.
    """
    database = connection or reused_database(tables)
    rows = narrow(plan, tables, period, payee_id, only_read=True, connection=database)
    for one in gone:
        rows = _without(rows, one)
    before = calculate_part(plan, rows, period, database).earned_by(payee_id)
    found: list[Rerated] = []
    for one in returned:
        rows = _without(rows, one)
        after = calculate_part(plan, rows, period, database).earned_by(payee_id)
        found += [
            Rerated(one.event_id, name, before[name], after.get(name, ZERO)) for name in before
        ]
        before = after
    return found


def _without(rows: Mapping[str, pa.Table], one: Returned) -> dict[str, pa.Table]:
    """The tables without what came back of a line: all of it, or its part."""
    lines = rows["order_lines"]
    is_it = pc.equal(lines.column("line_id"), one.line_id)
    others, its = lines.filter(pc.invert(is_it)), lines.filter(is_it).to_pylist()
    left = [row for line in its if (row := _left_of(line, one.amount)) is not None]
    kept = pa.Table.from_pylist(left, schema=lines.schema)
    found = {**rows, "order_lines": pa.concat_tables([others, kept])}
    if not left and "credit_splits" in rows:
        splits = rows["credit_splits"]
        found["credit_splits"] = splits.filter(pc.not_equal(splits.column("line_id"), one.line_id))
    return found


def _left_of(line: dict[str, Any], back: Decimal) -> dict[str, Any] | None:
    """A line without what came back; None when nothing is left of it."""
    amount: Decimal = line["amount"]
    if abs(back) >= abs(amount):
        return None
    left = amount - back if amount > 0 else amount + back
    part = {
        name: round_to(EXACT.divide(EXACT.multiply(line[name], left), amount), _STORED)
        for name in _IN_PROPORTION
        if line[name] is not None
    }
    return {**line, "amount": left, **part}
