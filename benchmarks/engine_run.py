"""A quarter's run over one million lines, against a bare GROUP BY of the same Parquet file.

    PYTHONPATH=. python benchmarks/engine_run.py [--lines 1000000] [--rounds 15] [--unordered]

All run in this process on DuckDB with two threads, each in turns with the baseline. The baseline
sums the amount by payee and month. A run does everything a pay run does: opens and checks all
inputs, credits, converts four currencies at daily rates, measures, attains, pays, checks every
table and fetches the results. The simple plan pays 2 % up to quota and 4 % above, and a manager's
override; the wide one has six components, two kinds of roll-up and a split in every hundredth line.
The file's own sha256 is printed apart: a stored snapshot carries it, and a database has checked
that line ids are unique.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from paceline import engine
from paceline.engine.hashing import hash_file
from paceline.engine.shape import arrow_table
from paceline.engine.tables import INPUTS

PAYEES = 2_000
ROWS_PER_GROUP = 32_768  # as the product writes them
QUARTER = engine.period_from_key("2026Q1")
PLAN = """\
paceline: 1
plan: benchmark
name: Benchmark
currency: USD
period: quarter
policies:
  boundary: upper
  rounding: {mode: half-up, stage: component}
  accumulation: period
  accumulation_order: [ordered_on, line_id]
  hierarchy_date: order-date
  exchange: {date: order-date, rate: average}
  anchor: booking
  returns: own-day
  retroactivity: carry-forward
  splits: exactly-100
credits:
  - {id: own, kind: direct, when: 'category != "cat3"'}
  - {id: team, kind: rollup, of: own, levels: 1}
  - {id: everyone, kind: rollup, of: own, levels: all}
measures:
  - {id: sales, kind: sum, of: amount, credits: own}
  - {id: orders, kind: count, credits: own}
  - {id: team-sales, kind: sum, of: amount, credits: team}
  - {id: all-sales, kind: sum, of: amount, credits: everyone}
quotas:
  - {id: target, measure: sales, name: sales}
components:
  - id: commission
    name: Commission
    kind: commission
    measure: sales
    rates:
      reading: slice
      on: attainment
      quota: target
      tiers: [{from: 0%, rate: 2%}, {from: 80%, rate: 3%}, {from: 100%, rate: 5%}]
    cap: 500000
  - id: whole
    name: Volume
    kind: commission
    measure: sales
    rates: {reading: whole, on: amount, tiers: [{from: 0, rate: 0.1%}, {from: 1000000, rate: 0.2%}]}
  - id: orders
    name: Orders
    kind: commission
    measure: orders
    rates: {reading: slice, on: amount, tiers: [{from: 0, rate: 0.25}]}
  - id: override
    name: Override
    kind: override
    measure: team-sales
    rates: {reading: slice, on: amount, tiers: [{from: 0, rate: 0.5%}]}
  - id: director
    name: Director
    kind: override
    measure: all-sales
    rates: {reading: slice, on: amount, tiers: [{from: 0, rate: 0.05%}]}
  - id: bonus
    name: Bonus
    kind: bonus
    pays: {amount: 1000}
    when: {attainment: target, at_least: 100%}
"""


SIMPLE = (
    PLAN.split("credits:", maxsplit=1)[0]
    + """\
credits:
  - {id: own, kind: direct}
  - {id: team, kind: rollup, of: own, levels: 1}
measures:
  - {id: sales, kind: sum, of: amount, credits: own}
  - {id: team-sales, kind: sum, of: amount, credits: team}
quotas:
  - {id: target, measure: sales, name: sales}
components:
  - id: commission
    name: Commission
    kind: commission
    measure: sales
    rates:
      reading: slice
      on: attainment
      quota: target
      tiers: [{from: 0%, rate: 2%}, {from: 100%, rate: 4%}]
  - id: override
    name: Override
    kind: override
    measure: team-sales
    rates: {reading: slice, on: amount, tiers: [{from: 0, rate: 0.5%}]}
"""
)


def write_lines(
    path: Path, lines: int, *, first: int = 0, days: int = 90, by_payee: bool = True
) -> None:
    """Deterministic lines: 2,000 payees, 90 days, four currencies, 2 % returns. The file states its
    totals by currency and puts the lines that may be split first, marked, then payee by payee, as
    the product's snapshots do; or in no order of payees.
    """
    query = f"""
            SELECT
                'L' || lpad(i::VARCHAR, 10, '0') AS line_id,
                'O' || (i // 3) AS order_id,
                DATE '2026-01-01' + ((hash(i) % {days})::INTEGER) AS ordered_on,
                'P' || lpad((hash(i + 7) % {PAYEES})::VARCHAR, 5, '0') AS payee_id,
                'C' || (hash(i + 1) % 50000) AS customer,
                'S' || (hash(i + 2) % 3000) AS product,
                'cat' || (hash(i + 3) % 12) AS category,
                'web' AS channel,
                'T' || (hash(i + 4) % 20) AS territory,
                CASE WHEN hash(i + 5) % 50 = 0 THEN 'return' ELSE 'sale' END AS kind,
                (1 + hash(i + 6) % 9)::DECIMAL(18, 4) AS quantity,
                ((CASE WHEN hash(i + 5) % 50 = 0 THEN -1 ELSE 1 END
                    * (hash(i + 8) % 1000000)::BIGINT)::DECIMAL(18, 4)
                    * 0.01::DECIMAL(3, 2))::DECIMAL(18, 4) AS amount,
                NULL::DECIMAL(18, 4) AS cost,
                CASE hash(i + 7) % {PAYEES} % 10
                    WHEN 6 THEN 'EUR' WHEN 7 THEN 'EUR' WHEN 8 THEN 'JPY' WHEN 9 THEN 'CNY'
                    ELSE 'USD'
                END AS currency,
                NULL::VARCHAR AS returns_line_id,
                is_split
            FROM (
                SELECT i, true AS is_split FROM range({first}, {first + lines}, 100) t(i)
                UNION ALL
                SELECT i, false FROM range({first}, {first + lines}) t(i) WHERE i % 100 <> 0
            )"""
    limits = {"memory_limit": "5GB", "temp_directory": str(path.parent / "sorting")}
    connection = duckdb.connect(config=limits)
    totals = connection.sql(f"SELECT currency, count(*), sum(amount) FROM ({query}) GROUP BY ALL")
    stated = engine.state_totals({row[0]: (row[1], row[2]) for row in totals.fetchall()})
    facts = ", ".join(f"'{name}': '{text}'" for name, text in stated.items())
    ordered = query
    if by_payee:
        ordered = f"SELECT * FROM ({query}) ORDER BY is_split DESC, payee_id, line_id"
    options = f"FORMAT parquet, ROW_GROUP_SIZE {ROWS_PER_GROUP}, KV_METADATA {{{facts}}}"
    connection.execute(f"COPY ({ordered}) TO '{path}' ({options})")


def small_tables(
    lines: int, *, period: engine.Period = QUARTER, quota: int = 2_000_000
) -> dict[str, Any]:
    """Assignments, a four-level reporting line, quotas, daily rates, splits of every 100th line."""
    names = [f"P{place:05d}" for place in range(PAYEES)]
    first = date(2025, 1, 1)
    rows: dict[str, list[dict[str, Any]]] = {
        "assignments": [
            {"plan": "benchmark", "payee_id": name, "starts_on": first} for name in names
        ],
        "reporting": [
            {
                "payee_id": name,
                "manager_id": names[(place - 1) // 8],
                "starts_on": first,
                "ends_before": date(2026, 2, 15) if place % 50 == 1 else None,
            }
            for place, name in enumerate(names)
            if place
        ],
        "quotas": [
            {
                "quota": "sales",
                "payee_id": name,
                "starts_on": period.starts_on,
                "ends_before": period.ends_before,
                "amount": Decimal(quota),
                "currency": "USD",
            }
            for name in names
        ],
        "exchange_rates": [
            {
                "from_currency": currency,
                "to_currency": "USD",
                "on_date": period.starts_on + timedelta(days=day),
                "rate_type": "average",
                "rate": Decimal(base + day).scaleb(-6),
            }
            for currency, base in (("EUR", 1_100_000), ("JPY", 6_700), ("CNY", 140_000))
            for day in range((period.ends_before - period.starts_on).days)
        ],
        "credit_splits": [
            {
                "line_id": f"L{line:010d}",
                "payee_id": names[(line * 7 + place) % PAYEES],
                "share": Decimal(share),
                "is_overlay": False,
            }
            for line in range(0, lines, 100)
            for place, share in enumerate(("0.6", "0.4"))
        ],
    }
    return {
        name: arrow_table({c.name: c.kind for c in INPUTS[name].columns}, part)
        for name, part in rows.items()
    }


def measure(act: Callable[[], object]) -> float:
    """Milliseconds by the clock."""
    clock, _processor = cost(act)
    return clock


def cost(act: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds by the clock, and of the processor."""
    started, used = time.perf_counter(), time.process_time()
    act()
    return (time.perf_counter() - started) * 1000, (time.process_time() - used) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--unordered", action="store_true", help="not payee by payee")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "order_lines.parquet"
        write_lines(path, options.lines, by_payee=not options.unordered)
        report(path, options.lines, options.rounds)


Act = tuple[str, Callable[[], object]]


def print_pair(baseline: Act, act: Act, rounds: int) -> None:
    """What an act costs, in turns with its baseline."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name, _ in (baseline, act)}
    for _ in range(rounds):
        for name, call in (baseline, act):
            found[name].append(cost(call))
    base, own = (
        [statistics.median(part) for part in zip(*times, strict=True)] for times in found.values()
    )
    for name, (clock, processor) in zip(found, (base, own), strict=True):
        print(
            f"{name:28} median {clock:8.1f} ms {clock / base[0]:6.2f} x   "
            f"processor {processor:8.1f} ms {processor / base[1]:6.2f} x"
        )


def report(path: Path, lines: int, rounds: int) -> None:
    hashing = measure(lambda: hash_file(path))
    lines_file = engine.ParquetFiles((path,), (hash_file(path),), grain_checked=True)
    tables = engine.Tables({"order_lines": lines_file, **small_tables(lines)})
    hashes = {name: ["in-memory"] for name in tables.sources if name != "order_lines"}
    plan, simple = engine.load_plan(PLAN), engine.load_plan(SIMPLE)
    unsplit = engine.Tables({k: v for k, v in tables.sources.items() if k != "credit_splits"})
    connection = duckdb.connect(":memory:")
    connection.execute("SET threads = 2")
    bare = (
        "SELECT payee_id, date_trunc('month', ordered_on) AS month, sum(amount) AS amount "
        f"FROM read_parquet('{path}') GROUP BY payee_id, month"
    )
    acts: dict[str, Callable[[], object]] = {
        "bare GROUP BY payee, month": lambda: connection.sql(bare).to_arrow_table(),
        "a quarter, simple plan": lambda: engine.calculate(
            simple, unsplit, QUARTER, connection=connection, input_hashes=hashes
        ),
        "a quarter, wide plan": lambda: engine.calculate(
            plan, tables, QUARTER, connection=connection, input_hashes=hashes
        ),
        "trace of one payee": lambda: engine.trace(
            plan, tables, QUARTER, "P01234", connection=connection
        ),
        "trace of a lead of eight": lambda: engine.trace(
            plan, tables, QUARTER, "P00240", connection=connection
        ),
    }
    for act in acts.values():
        act()
    print(f"{lines:,} lines, {PAYEES:,} payees, {path.stat().st_size / 1e6:.0f} MB of Parquet")
    bare_name, *others = acts
    for name in others:
        print_pair((bare_name, acts[bare_name]), (name, acts[name]), rounds)
    print(f"sha256 of the file           {hashing:8.1f} ms")


if __name__ == "__main__":
    main()
