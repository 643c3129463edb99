"""What if and why, for one payee of a million lines, against a bare GROUP BY of the same file.

    PYTHONPATH=. python benchmarks/what_if.py [--lines 1000000] [--rounds 7]

One run is calculated and kept; then, in turns in this process on two threads: what one more order
pays and what is missing to the next tiers, from the kept figures; what another text of the plan
would have paid, over the payee's own lines; and why the payee's pay differs after one changed order
and a new rate, cause by cause.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.engine_run import PLAN, QUARTER, measure, small_tables, write_lines
from paceline import engine
from paceline.engine import whatif
from paceline.engine.compare import Side, compare
from paceline.engine.hashing import hash_file

PAYEE, LEAD = "P01234", "P00240"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "order_lines.parquet"
        write_lines(path, options.lines)
        report(path, options.lines, options.rounds)


def changed(path: Path) -> Path:
    """The same file with one order of the payee raised by 1,000."""
    rows = pq.read_table(path)
    mine = pc.equal(rows.column("payee_id"), PAYEE)
    first = pc.index(mine, value=pa.scalar(True)).as_py()  # noqa: FBT003
    amounts = rows.column("amount").to_pylist()
    amounts[first] += 1000
    kind = rows.schema.field("amount").type
    place = rows.column_names.index("amount")
    target = path.with_name("changed.parquet")
    pq.write_table(rows.set_column(place, "amount", pa.array(amounts, kind)), target)
    return target


def report(path: Path, lines: int, rounds: int) -> None:
    def tables(file: Path) -> engine.Tables:
        given = engine.ParquetFiles((file,), (hash_file(file),), grain_checked=True)
        return engine.Tables({"order_lines": given, **small})

    small = small_tables(lines)
    before, after = tables(path), tables(changed(path))
    hashes = {name: ["in-memory"] for name in before.sources if name != "order_lines"}
    plan = engine.load_plan(PLAN)
    other = engine.load_plan(PLAN.replace("rate: 5%", "rate: 6%"))
    results = engine.calculate(plan, before, QUARTER, threads=2, input_hashes=hashes)
    connection = duckdb.connect(":memory:")
    connection.execute("SET threads = 2")
    bare = (
        "SELECT payee_id, date_trunc('month', ordered_on) AS month, sum(amount) AS amount "
        f"FROM read_parquet('{path}') GROUP BY payee_id, month"
    )
    order = whatif.Order(Decimal(5000), "USD", date(2026, 3, 31), columns={"category": "cat1"})
    sides = (Side(plan, before, QUARTER), Side(other, after, QUARTER))
    acts: dict[str, Callable[[], object]] = {
        "bare GROUP BY payee, month": lambda: connection.sql(bare).to_arrow_table(),
        "one more order": lambda: whatif.one_more(plan, whatif.kept_of(results, PAYEE), order),
        "the next tiers": lambda: whatif.next_steps(plan, whatif.kept_of(results, PAYEE)),
        "another text of the plan": lambda: whatif.under_plan(other, before, QUARTER, PAYEE),
        "why it changed, a payee": lambda: compare(PAYEE, *sides),
        "why it changed, a lead": lambda: compare(LEAD, *sides),
    }
    for act in acts.values():
        act()
    found: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            found[name].append(measure(act))
    baseline = statistics.median(found["bare GROUP BY payee, month"])
    print(f"{lines:,} lines, {path.stat().st_size / 1e6:.0f} MB of Parquet")
    for name, times in found.items():
        middle = statistics.median(times)
        print(
            f"{name:28} median {middle:8.1f} ms  min {min(times):8.1f} ms  "
            f"{middle / baseline:6.2f} x the baseline"
        )


if __name__ == "__main__":
    main()
