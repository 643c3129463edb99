"""The inputs of a run: immutable Parquet files with their hashes, taken once from today's rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
from django.db.models import Min

from paceline import engine
from paceline.engine.plan.policies import ANCHORS
from paceline.files.actions import store_file
from paceline.files.models import StoredFile
from paceline.files.queries import path_of
from paceline.goals.queries import figures_table, quotas_table
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.periods import calendar_period
from paceline.incentives.calculation.rate_tables import imported_tables
from paceline.incentives.models import PayPeriod, PlanAssignment, PlanVersion, Run
from paceline.incentives.queries.assignments import AssignedDays, assigned_days
from paceline.incentives.queries.rate_rows import rate_rows_table
from paceline.incentives.queries.terms import coalitions_table
from paceline.kernel.periods import month_after
from paceline.orders.actions import snapshot_months
from paceline.orders.models import ORDERED_ON
from paceline.orders.queries import (
    credit_splits_table,
    exchange_rates_table,
    order_lines_table,
    owners_table,
)
from paceline.org.models import Person
from paceline.org.queries import hierarchies_table, leaves_table, payees, reporting, teams

PARQUET = "application/vnd.apache.parquet"
LINES = "order_lines"

ASSIGNMENTS = pa.schema(
    [
        ("plan", pa.string()),
        ("payee_id", pa.string()),
        ("starts_on", pa.date32()),
        ("ends_before", pa.date32()),
    ]
)


@dataclass(frozen=True, slots=True)
class Input:
    """One file that a run reads: a table, or a part of it (order lines: one file a month)."""

    table: str
    file: StoredFile
    rows: int


def extract_inputs(
    *, period: PayPeriod, versions: Iterable[PlanVersion], by: Person, at: datetime
) -> tuple[Input, ...]:
    """Write what the engine reads; months whose lines did not change are kept files.

    Plans that look at other days than the period's need what was so on those days, too.
    """
    versions = list(versions)
    reach = reach_of(period, versions)
    days = (reach.days_from, period.ends_before)
    dates = anchor_days(versions)
    months = snapshot_months(
        starts_on=reach.lines_from, ends_before=period.ends_before, at=at, dates=dates
    )
    lines = (
        min([reach.lines_from, *(month.month for month in months)]),
        max([period.ends_before, *(month_after(month.month) for month in months)]),
    )
    tables = {
        "assignments": assignments_table(days, versions),
        "credit_splits": credit_splits_table(*lines),
        "exchange_rates": exchange_rates_table(*days),
        "payees": payees(period.ends_before),
        "quotas": quotas_table(*reach.targets),
        "reporting": reporting(*days),
    }
    if "figures" in reach.tables:
        tables["figures"] = figures_table(*days)
    if "coalitions" in reach.tables:
        tables["coalitions"] = coalitions_table(*days)
    if "rate_tables" in reach.tables:
        plans = [documents.load(one.source) for one in versions]
        asked = {one for plan in plans for one in imported_tables(plan)}
        tables["rate_tables"] = rate_rows_table(sorted(asked))
    if "hierarchies" in reach.tables:
        tables["hierarchies"] = hierarchies_table(*days)
    if "quotas" in reach.tables:
        away = leaves_table(min(days[0], reach.targets[0]), max(days[1], reach.targets[1]))
        tables |= {"leaves": away} if away.num_rows else {}
    if "owners" in reach.tables:
        tables["owners"] = owners_table(*days)
    if "teams" in reach.tables:
        tables["teams"] = teams(*days)
    kept = [
        Input(
            name, store_table(table, f"{name}-{period.key}.parquet", by=by, at=at), table.num_rows
        )
        for name, table in tables.items()
    ]
    if not months:
        empty = order_lines_table(*lines)
        kept.append(
            Input(LINES, store_table(empty, f"{LINES}-{period.key}.parquet", by=by, at=at), 0)
        )
    files = StoredFile.objects.in_bulk([month.digest for month in months], field_name="digest")
    kept += [Input(LINES, files[month.digest], month.rows) for month in months]
    return tuple(kept)


def reach_of(period: PayPeriod, versions: Iterable[PlanVersion]) -> engine.Needs:
    """The days and tables that any of the plans needs."""
    known = calendar_period(period.key)
    span = engine.Period(period.starts_on, period.ends_before, period.key, known.kind)
    first = PlanAssignment.objects.filter(plan__in=[one.plan_id for one in versions]).aggregate(
        first=Min("starts_on")
    )["first"]
    found = [engine.needs(documents.load(one.source), span, first) for one in versions]
    if not found:
        days = (period.starts_on, period.ends_before)
        return engine.Needs(period.starts_on, period.starts_on, days, frozenset())
    return engine.Needs(
        min(one.lines_from for one in found),
        min(one.days_from for one in found),
        (min(one.targets[0] for one in found), max(one.targets[1] for one in found)),
        frozenset().union(*(one.tables for one in found)),
    )


def anchor_days(versions: Iterable[PlanVersion]) -> frozenset[str]:
    """The days of a line by which any of the plans places it in a period."""
    found = {ANCHORS[documents.load(one.source).policies.anchor] for one in versions}
    return frozenset(found or {ORDERED_ON})


def tables_of(inputs: Iterable[Input]) -> engine.Tables:
    """The kept files as the engine's tables; their hashes are known and not read again."""
    by_table: dict[str, list[Input]] = {}
    for one in inputs:
        by_table.setdefault(one.table, []).append(one)
    return engine.Tables(
        {
            name: engine.ParquetFiles(
                tuple(path_of(one.file) for one in parts),
                tuple(one.file.digest for one in parts),
                grain_checked=name == LINES,
            )
            for name, parts in by_table.items()
        }
    )


def days_under_plans(
    inputs: Iterable[Input], period: PayPeriod
) -> dict[tuple[str, str], list[tuple[date, date]]]:
    """By slug of a plan and number of a payee: their days in the period, first and after the last.

    Read from the kept file, so that it is what the engine went by.
    """
    found: dict[tuple[str, str], list[tuple[date, date]]] = {}
    for one in inputs:
        if one.table != "assignments":
            continue
        for row in pq.read_table(path_of(one.file)).to_pylist():
            first = max(row["starts_on"], period.starts_on)
            before = min(row["ends_before"] or period.ends_before, period.ends_before)
            if first < before:
                found.setdefault((row["plan"], row["payee_id"]), []).append((first, before))
    return found


def inputs_of(run: Run) -> tuple[Input, ...]:
    """The files that a calculated run was made of, in the order in which it read them."""
    rows = run.inputs.select_related("file").order_by("table", "id")
    return tuple(Input(row.table, row.file, row.rows) for row in rows)


def assignments_table(days: tuple[date, date], versions: Iterable[PlanVersion]) -> pa.Table:
    """Whom each plan pays on which of the days, person by person."""
    slugs = {version.plan_id: documents.load(version.source).slug for version in versions}
    rows = sorted(
        (slugs[one.plan_id], one.payee_number, one.starts_on, one.ends_before)
        for one in merged(assigned_days(tuple(slugs), *days))
    )
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, ASSIGNMENTS, strict=True)],
        schema=ASSIGNMENTS,
    )


def merged(days: Sequence[AssignedDays]) -> list[AssignedDays]:
    """Ranges of one plan and payee that touch or overlap become one: nobody is paid twice."""
    found: list[AssignedDays] = []
    for one in sorted(days, key=lambda row: (row.plan_id, row.payee_number, row.starts_on)):
        last = found[-1] if found else None
        same = last is not None and (last.plan_id, last.payee_number) == (
            one.plan_id,
            one.payee_number,
        )
        if last is not None and same and one.starts_on <= last.ends_before:
            later: date = max(last.ends_before, one.ends_before)
            found[-1] = replace(last, ends_before=later)
        else:
            found.append(one)
    return found


def store_table(table: pa.Table, name: str, *, by: Person, at: datetime) -> StoredFile:
    """Keep a table as a Parquet file; the same rows give the same file."""
    target = pa.BufferOutputStream()
    pq.write_table(table, target, compression="zstd", store_schema=False)
    return store_file(target.getvalue().to_pybytes(), name=name, media_type=PARQUET, by=by, at=at)
