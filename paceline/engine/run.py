"""A run: the steps in order, over one connection, with the checks that hold them to their
contracts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from paceline.engine import checks
from paceline.engine import columns as c
from paceline.engine.columns import COUNT, EXACT, TEXT, Kind, Table, col, table
from paceline.engine.database import Workspace
from paceline.engine.errors import InputInvalid, ResultsDisagree
from paceline.engine.hashing import fingerprint, hash_file, hash_text
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.shape import Shape, arrow_table, arrow_type, plan_tables, shape_of
from paceline.engine.steps import (
    attainment,
    crediting,
    earnings,
    exchange,
    lines,
    measures,
    rate_tables,
    statement,
)
from paceline.engine.tables import ParquetFiles, Tables

ENGINE_VERSION = "1"
MAX_DAYS = 3_700

EXCLUDED = table(
    "excluded",
    "reason currency",
    {"reason": TEXT, "currency": TEXT, "lines": COUNT, "amount": EXACT},
)
CONSERVATION = table(
    "conservation",
    "currency",
    {
        "currency": TEXT,
        "imported": EXACT,
        "credited": EXACT,
        "excluded": EXACT,
        "overlays": EXACT,
        "imported_lines": COUNT,
    },
)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Check:
    """One promise that the run kept, in figures: what came in is credited or excluded with a
    reason.
    """

    name: str
    currency: str
    imported: Decimal
    credited: Decimal
    excluded: Decimal
    holds: bool


@dataclass(frozen=True)
class Results:
    """All tables of a run. Each is sorted by its grain, so equal inputs give equal bytes."""

    plan: Plan
    period: Period
    fingerprint: str
    inputs: dict[str, list[str]]
    checks: tuple[Check, ...]
    engine_version: str = ENGINE_VERSION
    _tables: dict[str, pa.Table] = field(default_factory=dict, repr=False)

    def table(self, name: str) -> pa.Table:
        """One result table; KeyError for an unknown name."""
        return self._tables[name]

    def tables(self) -> dict[str, pa.Table]:
        """Every result table by name."""
        return dict(self._tables)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """A result table as Python values."""
        rows: list[dict[str, Any]] = self._tables[name].to_pylist()
        return rows


# Steps whose last act is to group by their grain: no two of their rows can share it.
_GROUPED = {
    "line_groups",
    "reach",
    "measure_parts",
    "credits",
    "payees_in_plan",
    "placements",
    "tier_bases",
    "statements",
}
OUTPUTS: tuple[Table, ...] = (
    exchange.CREDITS,
    measures.MEASURES,
    attainment.ATTAINMENT,
    rate_tables.TIERS,
    earnings.EARNINGS,
    statement.STATEMENTS,
    earnings.PROBLEMS,
)


def calculate(
    plan: Plan,
    tables: Tables,
    period: Period,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
    progress: Progress | None = None,
    input_hashes: Mapping[str, list[str]] | None = None,
) -> Results:
    """Run a plan for a period.

    Raises InputInvalid with every reason when the tables cannot be calculated. `progress` is called
    with the step's name, the steps done and the number of steps. `input_hashes` stand for tables
    whose files the caller has hashed already, such as a CSV that was read into memory.
    """
    shape = shape_of(plan)
    workspace = Workspace(
        shape, tables, period, connection, threads=threads, memory_limit=memory_limit
    )
    try:
        return _Run(workspace, shape, period, progress, dict(input_hashes or {})).execute()
    except (duckdb.OutOfRangeException, duckdb.ConversionException):
        raise InputInvalid([checks.problem("amount_too_large", "order_lines")]) from None
    finally:
        workspace.close()


class _Run:
    def __init__(
        self,
        workspace: Workspace,
        shape: Shape,
        period: Period,
        progress: Progress | None,
        hashes: dict[str, list[str]],
    ) -> None:
        self.workspace = workspace
        self.shape = shape
        self.plan = shape.plan
        self.period = period
        self.progress = progress
        self.hashes = hashes
        self.done = 0

    def execute(self) -> Results:
        given = open_run(self.workspace, self.shape, self.period, check=True)
        steps = step_queries(self.shape, given)
        self._tell("lines", len(steps))
        for contract, make in steps:
            self.workspace.create(contract.name, make)
            if contract.name == "reach":
                refuse_missing_rates(self.workspace, self.shape)
            elif contract.name == "hierarchy":
                refuse_circles(self.workspace)
            self._tell(contract.name, len(steps))
        results = {contract.name: fetch_sorted(self.workspace, contract) for contract in OUTPUTS}
        results["excluded"], results["conservation"] = self._account()
        check_grains(self.workspace, [step for step, _ in steps if step.name not in _GROUPED])
        inputs = hash_inputs(self.workspace.tables, self.hashes)
        return Results(
            self.plan,
            self.period,
            fingerprint(
                plan=self.plan.hash,
                engine_version=ENGINE_VERSION,
                period=f"{self.period.starts_on}/{self.period.ends_before}",
                inputs=inputs,
            ),
            inputs,
            conservation_checks(results["conservation"]),
            _tables=results,
        )

    def _tell(self, name: str, total: int) -> None:
        self.done += 1
        if self.progress is not None:
            self.progress(name, self.done, total + 1)

    def _account(self) -> tuple[pa.Table, pa.Table]:
        """Everything that came in, as credited or excluded with a reason."""
        outside = self.workspace.rows("outside the period", lines.outside_period)
        placed = self.workspace.rows("placed", lambda: c.every_row(crediting.PLACEMENTS))
        excluded = [
            {"reason": "outside_period", "currency": currency, "lines": count, "amount": amount}
            for currency, count, amount in outside
        ]
        excluded += [
            dict(zip(EXCLUDED.names, (reason, *rest), strict=True))
            for reason, is_overlay, *rest in placed
            if reason is not None and not is_overlay
        ]
        excluded.sort(key=lambda row: (row["reason"], row["currency"]))
        zero = Decimal(0)
        account: dict[str, dict[str, Any]] = {}
        for currency, (count, amount) in self.workspace.imported.items():
            account[currency] = {
                "currency": currency,
                "imported": amount,
                "credited": zero,
                "excluded": zero,
                "overlays": zero,
                "imported_lines": count,
            }
        for reason, is_overlay, currency, _, amount in placed:
            if reason is None:
                account[currency]["overlays" if is_overlay else "credited"] += amount
        for row in excluded:
            account[row["currency"]]["excluded"] += row["amount"]
        kinds = {column.name: column.kind for column in EXCLUDED.columns}
        totals: dict[str, Kind] = {column.name: column.kind for column in CONSERVATION.columns}
        return (
            arrow_table(kinds, excluded),
            arrow_table(totals, [account[currency] for currency in sorted(account)]),
        )


def open_run(
    workspace: Workspace, shape: Shape, period: Period, *, check: bool = False
) -> list[str]:
    """Open the inputs and lay out what the steps stand on; returns the tables that were given.

    `check` reads every row for what would make the result wrong. A trace leaves it out: its run did
    it.
    """
    if (period.ends_before - period.starts_on).days > MAX_DAYS:
        raise InputInvalid([checks.problem("period_too_long", "period", period.key, str(MAX_DAYS))])
    given = workspace.open_inputs()
    checks.check_presence(shape.plan, shape, given, period)
    if check:
        checks.check_inputs(workspace, shape, given)
    for name, rows in plan_tables(shape).items():
        workspace.register(name, rows)
    days = [row[0] for row in workspace.rows("breakpoints", crediting.breakpoints)]
    calendar, slots = lay_out(period, days)
    workspace.register("calendar", calendar)
    workspace.register("slots", slots)
    if "credit_splits" in given:
        workspace.create("base_splits", lines.base_splits)
        if check:
            workspace.create("split_lines", lambda: lines.split_lines(shape))
    return given


def lay_out(period: Period, breakpoints: list[date]) -> tuple[pa.Table, pa.Table]:
    """The days of the period, each with its slot, and the slots with their first days."""
    starts = [period.starts_on, *breakpoints]
    slots = [{"slot": place, "starts_on": day} for place, day in enumerate(starts)]
    days = []
    place = 0
    for offset in range((period.ends_before - period.starts_on).days):
        day = period.starts_on + timedelta(days=offset)
        if place + 1 < len(starts) and day >= starts[place + 1]:
            place += 1
        days.append({"day": day, "slot": place})
    calendar = {column.name: column.kind for column in lines.CALENDAR.columns}
    slot = {column.name: column.kind for column in lines.SLOTS.columns}
    return arrow_table(calendar, days), arrow_table(slot, slots)


Step = tuple[Table, Callable[[], exp.Query]]


def step_queries(shape: Shape, given: list[str]) -> list[Step]:
    """The steps in order: the contract each one fulfils and the query that does it."""
    with_payees = "payees" in given
    bases = table(
        "tier_bases",
        "component payee_id tier",
        {**{column.name: column.kind for column in rate_tables.BOUNDS.columns}, "base": EXACT},
        nullable="upper upper_amount",
    )
    links = table("links", "payee_id slot", {"payee_id": TEXT, "slot": c.PLACE, "manager_id": TEXT})
    return [
        (crediting.MEMBERS, lambda: crediting.members(with_payees=with_payees)),
        (links, lambda: crediting.links(shape)),
        (crediting.HIERARCHY, crediting.hierarchy),
        (exchange.RATES, lambda: exchange.rates(shape)),
        (
            lines.groups_contract(shape),
            lambda: lines.line_groups(shape, with_splits="credit_splits" in given),
        ),
        (crediting.PLACEMENTS, lambda: crediting.placements(shape, with_payees=with_payees)),
        (crediting.reach_contract(shape), lambda: crediting.reach(shape)),
        (exchange.CREDITS, exchange.credits_given),
        (measures.PAYEES_IN_PLAN, measures.payees_in_plan),
        (measures.PARTS, lambda: measures.measure_parts(shape)),
        (measures.MEASURES, measures.measures),
        (attainment.ATTAINMENT, attainment.attainment),
        (rate_tables.BOUNDS, rate_tables.bounds),
        (bases, lambda: rate_tables.tier_bases(shape)),
        (rate_tables.TIERS, lambda: rate_tables.tiers(shape)),
        (earnings.EARNINGS, earnings.earnings),
        (statement.STATEMENTS, statement.statements),
        (earnings.PROBLEMS, earnings.problems),
    ]


def refuse_missing_rates(workspace: Workspace, shape: Shape) -> None:
    """A line whose currency has no rate on its day cannot be converted: the run is refused."""
    ((unrated,),) = workspace.rows("unrated", exchange.unrated)
    if not unrated:
        return
    plan = shape.plan
    missing = workspace.rows("missing rates", lambda: exchange.missing_rates(shape))
    if missing:
        raise InputInvalid(
            [
                checks.problem(
                    "exchange_rate_missing",
                    "exchange_rates",
                    f"{currency} to {plan.currency} on {day}",
                    plan.policies.exchange_rate,
                )
                for currency, day in missing[:200]
            ]
        )


def refuse_circles(workspace: Workspace) -> None:
    """A reporting line that comes back to its start has no top: the run is refused."""
    rows = workspace.rows("circles", crediting.circles)
    if rows:
        raise InputInvalid(
            [
                checks.problem("reporting_circular", "reporting", payee, str(day))
                for payee, day in rows[:20]
            ]
        )


def fetch_sorted(workspace: Workspace, contract: Table) -> pa.Table:
    """A step's table out of the database, sorted by grain, held to its declared types."""
    rows = workspace.fetch(
        f"fetch {contract.name}",
        lambda: c.every_row(contract).order_by(*(col(name) for name in contract.grain), copy=False),
    )
    schema = pa.schema([(column.name, arrow_type(column.kind)) for column in contract.columns])
    if rows.schema.remove_metadata() != schema:
        raise ResultsDisagree(f"{contract.name}: {rows.schema} instead of {schema}")
    for column in contract.columns:
        if column.required and rows.column(column.name).null_count:
            raise ResultsDisagree(f"{contract.name}.{column.name} is empty")
    return rows


def check_grains(workspace: Workspace, contracts: list[Table]) -> None:
    """No two rows of a step share its grain: one statement for all steps."""

    def shared(contract: Table) -> exp.Query:
        grouped = (
            c.select({name: col(name) for name in contract.grain})
            .from_(c.source(contract.name), copy=False)
            .group_by(*(col(name) for name in contract.grain), copy=False)
            .having(exp.GT(this=exp.Count(this=exp.Star()), expression=c.whole(1)), copy=False)
        )
        count = c.select({"name": c.text(contract.name), "grains": exp.Count(this=exp.Star())})
        return count.from_(grouped.subquery("g", copy=False), copy=False)

    repeated = [
        name
        for name, count in workspace.rows(
            "grains", lambda: c.union_all([shared(contract) for contract in contracts])
        )
        if count
    ]
    if repeated:
        raise ResultsDisagree(f"rows share their grain in {', '.join(repeated)}")


def conservation_checks(rows: pa.Table) -> tuple[Check, ...]:
    """Credited and excluded add up to what was imported, in every currency; else the engine is
    wrong.
    """
    found = tuple(
        Check(
            "credited_and_excluded_are_imported",
            row["currency"],
            row["imported"],
            row["credited"],
            row["excluded"],
            row["imported"] == row["credited"] + row["excluded"],
        )
        for row in rows.to_pylist()
    )
    broken = [check.currency for check in found if not check.holds]
    if broken:
        raise ResultsDisagree(f"credited and excluded are not imported in {', '.join(broken)}")
    return found


def hash_inputs(tables: Tables, known: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The hashes of the input files; a table handed over in memory is hashed by its content."""
    found: dict[str, list[str]] = {}
    for name, given in tables.sources.items():
        if name in known:
            found[name] = known[name]
        elif isinstance(given, ParquetFiles):
            found[name] = list(given.hashes) or [hash_file(path) for path in given.paths]
        else:
            found[name] = [hash_table(given)]
    return found


def hash_table(rows: pa.Table) -> str:
    """A hash of a table's rows that does not depend on their order or on how they are chunked."""
    names = sorted(rows.column_names)
    texts = sorted(repr(tuple(row[name] for name in names)) for row in rows.to_pylist())
    return hash_text("\n".join([repr(names), *texts]))
