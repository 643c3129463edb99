"""A year's run over ten million lines, against a bare GROUP BY payee, month of the same Parquet.

    PYTHONPATH=. python benchmarks/engine_year.py                     with pandas and Polars beside
    PYTHONPATH=. python benchmarks/engine_year.py --lines 100000000 --against 10000000
    PYTHONPATH=. python benchmarks/engine_year.py --lines 10000000 --spark

2,000 payees, twelve months, four currencies at daily rates, seven components: slices on attainment
of a quota with a cap, a whole-amount rate, a rate per order, roll-ups over one and over four
levels, a bonus with a condition, a pool of each team; every hundredth line is split, every fiftieth
is a return. What cancelled orders of the year before had earned is clawed back in the settlement,
which is a step of its own after the run and timed apart. All run in this process with two threads.
The files are written by parts of ten million lines and kept only if `--folder` says where.
`--spark` starts a master and two workers of one core each on this machine, so that both engines
have the same cores. The load of the machine is printed, because it decides what the figures are
worth.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from benchmarks import by_hand
from benchmarks.engine_run import PAYEES, PLAN, small_tables, write_lines
from paceline import engine
from paceline.engine.columns import Table
from paceline.engine.database import DuckDB
from paceline.engine.executor import Executor
from paceline.engine.settlement.tables import SETTLEMENT_INPUTS
from paceline.engine.shape import arrow_table
from paceline.engine.tables import INPUTS

YEAR = engine.period_from_key("2026")
PART = 10_000_000
NAMES = [f"P{place:05d}" for place in range(PAYEES)]
TEAM_OF = 10  # so many payees make a team
FURTHER = """\
  - id: pool
    name: Team pool
    kind: pool
    pool: {amount: 'sales * 0.1%', share: orders}
settlement:
  pay_date: {days_after_period: 10}
  below_zero: carry-forward
  retroactivity: ignore
  rule_packs: none
  eligibility: {employed_on: period-end, resignation: pays, probation: pays, leave: pays}
  payment: {currency: plan, rounding: {mode: half-up, stage: each-step}}
  clawbacks:
    - {id: gone, on: cancellation, within_days: none, amount: full, recover_at_most: 100%}
"""
YEARLY = PLAN.replace("period: quarter", "period: year") + FURTHER


def write_year(folder: Path, lines: int, *, by_payee: bool = True) -> list[Path]:
    """The files of the first so many lines; those that are there already are not written again."""
    paths = []
    for first in range(0, lines, PART):
        count = min(PART, lines - first)
        path = folder / f"{'by-payee' if by_payee else 'lines'}-{first}-{count}.parquet"
        if not path.exists():
            write_lines(path, count, first=first, days=365, by_payee=by_payee)
        paths.append(path)
    return paths


def year_tables(lines: int) -> dict[str, Any]:
    """The small tables with teams, and the shares of every hundredth line, in the order of their
    grain.
    """
    teams = [
        {"team": f"T{place // TEAM_OF:03d}", "payee_id": payee, "starts_on": YEAR.starts_on}
        for place, payee in enumerate(NAMES)
    ]
    tables = small_tables(0, period=YEAR, quota=lines // 1000 * 2250)
    query = f"""
        SELECT 'L' || lpad(line::VARCHAR, 10, '0') AS line_id,
               'P' || lpad(((line * 7 + place) % {PAYEES})::VARCHAR, 5, '0') AS payee_id,
               CASE place WHEN 0 THEN 0.6 ELSE 0.4 END::DECIMAL(9, 8) AS share,
               false AS is_overlay
        FROM range(0, {lines}, 100) t (line), range(2) p (place)
        ORDER BY line_id, payee_id"""
    shares = duckdb.connect().sql(query).to_arrow_table()
    return {
        **tables,
        "credit_splits": shares.cast(tables["credit_splits"].schema),
        "teams": fill(INPUTS["teams"], teams),
    }


def settlement_tables(lines: int) -> dict[str, pa.Table]:
    """Every ten-thousandth of so many orders of the year before is cancelled: what its seller and
    the manager had earned on it is clawed back.
    """
    events: list[dict[str, Any]] = []
    earned: list[dict[str, Any]] = []
    for place in range(lines // 10_000):
        line, seller = f"B{place:08d}", place * 7 % PAYEES
        known = {"line_id": line, "occurred_on": YEAR.starts_on - timedelta(days=1 + place % 300)}
        cancelled_on = YEAR.starts_on + timedelta(days=place % 365)
        events.append({"event_id": line, "line_id": line, "kind": "cancellation"})
        events[-1]["happened_on"] = cancelled_on
        amount = Decimal(2_000 + place % 977).scaleb(-2)
        people = [(seller, "commission", amount)]
        if seller:
            people.append(((seller - 1) // 8, "override", amount / 4))
        earned += [
            {**known, "payee_id": NAMES[who], "component": component, "earned": _cents(part)}
            for who, component, part in people
        ]
    employed = [{"payee_id": payee, "starts_on": date(2025, 1, 1)} for payee in NAMES]
    rows = {"line_events": events, "line_earnings": earned, "employment": employed}
    return {name: fill(SETTLEMENT_INPUTS[name], part) for name, part in rows.items()}


def fill(contract: Table, rows: list[dict[str, Any]]) -> pa.Table:
    return arrow_table({column.name: column.kind for column in contract.columns}, rows)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


class Case:
    """One size: its files, the bare GROUP BY and the run."""

    def __init__(self, folder: Path, lines: int, *, by_payee: bool = True) -> None:
        self.lines = lines
        self.paths = write_year(folder, lines, by_payee=by_payee)
        self.small: dict[str, pa.Table] = year_tables(lines)
        files = engine.ParquetFiles(
            tuple(self.paths), tuple(path.name for path in self.paths), grain_checked=True
        )
        self.tables = engine.Tables({"order_lines": files, **self.small})
        self.settling = settlement_tables(lines)
        self.plan = engine.load_plan(YEARLY)
        self.connection = duckdb.connect(config={"threads": 2})

    def group(self) -> object:
        files = ", ".join(f"'{path}'" for path in self.paths)
        return self.connection.sql(
            "SELECT payee_id, date_trunc('month', ordered_on) AS month, sum(amount) AS amount "
            f"FROM read_parquet([{files}]) GROUP BY payee_id, month"
        ).to_arrow_table()

    def run(self, on: Executor | None = None) -> engine.Results:
        hashes = {name: ["in memory"] for name in self.small}
        on = on or DuckDB(threads=2)
        return engine.calculate(self.plan, self.tables, YEAR, on=on, input_hashes=hashes)

    def settle(self, results: engine.Results) -> engine.Settlement:
        tables = engine.SettlementTables(self.settling)
        return engine.settle(self.plan, results, tables, YEAR)


class Taken(NamedTuple):
    """What something took in milliseconds: the median by the clock, the least by the processor.

    Other work on the machine prolongs the one and hardly touches the other.
    """

    clock: float
    processor: float

    def __add__(self, other: object) -> Taken:
        assert isinstance(other, Taken)
        return Taken(self.clock + other.clock, self.processor + other.processor)


def take(act: Callable[[], object]) -> Taken:
    """One round."""
    started, used = time.perf_counter(), time.process_time()
    act()
    return Taken((time.perf_counter() - started) * 1000, (time.process_time() - used) * 1000)


def middles(acts: Sequence[Callable[[], object]], rounds: int) -> list[Taken]:
    """So many rounds of these acts in turns, after one that does not count."""
    for act in acts:
        act()
    taken = [[take(act) for act in acts] for _ in range(rounds)]
    return [
        Taken(statistics.median(one.clock for one in found), min(one.processor for one in found))
        for found in zip(*taken, strict=True)
    ]


def middle(act: Callable[[], object], rounds: int) -> Taken:
    """So many rounds of one act."""
    (found,) = middles([act], rounds)
    return found


def show(name: str, taken: Taken, baseline: Taken) -> None:
    ratios = [one / base for one, base in zip(taken, baseline, strict=True)]
    print(
        f"  {name:34} {taken.clock / 1000:9.2f} s {ratios[0]:8.2f} x"
        f"   processor {taken.processor / 1000:8.2f} s {ratios[1]:8.2f} x",
        flush=True,
    )


def report(case: Case, rounds: int, *, hand: bool) -> Taken:
    """Print one size; returns what the run took."""
    size = sum(path.stat().st_size for path in case.paths) / 1e6
    print(f"{case.lines:,} lines, {size:,.0f} MB of Parquet, load {os.getloadavg()[0]:.1f}")
    baseline, run = middles([case.group, case.run], rounds)
    show("bare GROUP BY payee, month", baseline, baseline)
    show("a year's run", run, baseline)
    results = case.run()
    settling = middle(lambda: case.settle(results), rounds)
    show("its settlement, clawbacks in it", settling, baseline)
    show("both", run + settling, baseline)
    if hand:
        payments = case.settle(results).rows("payments")
        paid = {row["payee_id"]: row["plan_amount"] for row in payments}
        for name, script in (("pandas", by_hand.with_pandas), ("Polars", by_hand.with_polars)):
            found: dict[str, Decimal] = {}
            small = {**case.small, **case.settling}
            taken = take(lambda: found.update(script(case.paths, small)))  # noqa: B023
            show(f"{name}, written by hand", taken, baseline)
            assert found == paid, f"{name} disagrees"
        print(f"  all agree on {len(paid):,} payments to the cent")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  peak memory of this process {peak:,.0f} MB, load {os.getloadavg()[0]:.1f}", flush=True
    )
    return run


def report_spark(case: Case, rounds: int) -> None:
    """The same run on a cluster of this machine, and where the two lines would cross."""
    from paceline.engine import spark
    from scripts import spark_cluster

    settings = spark_cluster.settings(memory="1536m", java="-XX:+UseParallelGC")
    small = Case(case.paths[0].parent, case.lines // 10)
    with spark_cluster.running(memory="2g") as address, spark.connect(address, settings) as on:
        times: dict[int, list[Taken]] = {}
        for one in (small, case):
            times[one.lines] = [
                middle(lambda one=one: one.run(), rounds),  # type: ignore[misc]
                middle(lambda one=one: one.run(on), rounds),  # type: ignore[misc]
            ]
            assert one.run(on).tables() == one.run().tables(), "Spark disagrees"
            print(f"{one.lines:,} lines on both, identical")
            show("DuckDB, two threads", times[one.lines][0], times[one.lines][0])
            show("Spark, two workers of one core", times[one.lines][1], times[one.lines][0])
    grown = case.lines - small.lines
    both = zip(times[case.lines], times[small.lines], strict=True)
    each = [(large.clock - less.clock) / grown for large, less in both]
    fixed = [
        taken.clock - slope * small.lines
        for taken, slope in zip(times[small.lines], each, strict=True)
    ]
    for cores in (2, 4, 8, 16, 32, 64, 128):
        gain = each[0] - each[1] * 2 / cores
        if gain > 0:
            meet = (fixed[1] - fixed[0]) / gain / 1e6
            print(f"  with {cores} cores in all Spark is faster from {meet:,.0f} million lines on")
        else:
            print(f"  with {cores} cores in all DuckDB on two stays faster at every size")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=PART)
    parser.add_argument("--against", type=int, help="a smaller size to compare with, by DuckDB")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--spark", action="store_true")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--unordered", action="store_true", help="not payee by payee")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder, by_payee = options.folder or Path(made), not options.unordered
        if options.spark:
            report_spark(Case(folder, options.lines), options.rounds)
        elif options.against:
            before, after = (
                report(Case(folder, lines, by_payee=by_payee), options.rounds, hand=False)
                for lines in (options.against, options.lines)
            )
            ratios = (after.clock / before.clock, after.processor / before.processor)
            taken = "{:.2f} x, by processor {:.2f} x".format(*ratios)
            print(f"{options.lines:,} lines take {taken} what {options.against:,} take")
        else:
            case = Case(folder, options.lines, by_payee=by_payee)
            report(case, options.rounds, hand=True)


if __name__ == "__main__":
    main()
