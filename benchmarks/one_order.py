"""One changed order among ten million: new statements from kept sums, against a full run.

    PYTHONPATH=. python benchmarks/one_order.py [--lines 10000000] [--rounds 5]

The plan and the tables of `engine_year.py`, the lines in a file for each month, as the product
keeps them. The first run puts the sums of each month on a shelf. Then, in each round, one order of
one month gets another amount, that month's file is written anew (which is not timed), and the year
is calculated over the shelf and, once, in full. Both give the same tables. Two threads; the bare
GROUP BY payee, month over the same files is the baseline.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path

import duckdb

from benchmarks.engine_run import measure, write_lines
from benchmarks.engine_year import YEAR, YEARLY, year_tables
from paceline import engine
from paceline.engine.database import DuckDB
from paceline.engine.hashing import hash_file
from paceline.engine.kept import FolderShelf

MONTHS = 12


def write_months(folder: Path, lines: int) -> list[Path]:
    """The lines of the year, a file for each month, each with its totals in the footer."""
    whole = folder / "year.parquet"
    write_lines(whole, lines, days=365)
    paths = []
    for month in range(1, MONTHS + 1):
        paths.append(folder / f"{month:02d}.parquet")
        keep(f"SELECT * FROM '{whole}' WHERE month(ordered_on) = {month}", paths[-1])
    whole.unlink()
    return paths


def keep(query: str, path: Path) -> None:
    """Write a file of lines that states its totals."""
    connection = duckdb.connect(config={"threads": 2})
    totals = connection.sql(f"SELECT currency, count(*), sum(amount) FROM ({query}) GROUP BY ALL")
    stated = engine.state_totals({row[0]: (row[1], row[2]) for row in totals.fetchall()})
    facts = ", ".join(f"'{name}': '{text}'" for name, text in stated.items())
    connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, KV_METADATA {{{facts}}})")


def change_one(path: Path, place: int) -> None:
    """Give the order line at a place of a file another amount."""
    other = path.with_suffix(".new")
    amount = f"CASE WHEN file_row_number = {place} THEN amount + 12.34 ELSE amount END"
    keep(
        f"SELECT * EXCLUDE (file_row_number) REPLACE (({amount})::DECIMAL(18, 4) AS amount) "
        f"FROM read_parquet('{path}', file_row_number = true)",
        other,
    )
    other.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        report(Path(made), options.lines, options.rounds)


def report(folder: Path, lines: int, rounds: int) -> None:
    paths, small = write_months(folder, lines), year_tables(lines)
    known = {path: hash_file(path) for path in paths}
    plan, shelf = engine.load_plan(YEARLY), FolderShelf(folder / "sums")
    hashes = {name: ["in memory"] for name in small}

    def run(shelf: FolderShelf | None) -> engine.Results:
        files = engine.ParquetFiles(
            tuple(paths), tuple(known[path] for path in paths), grain_checked=True
        )
        tables = engine.Tables({"order_lines": files, **small})
        return engine.calculate(
            plan, tables, YEAR, on=DuckDB(threads=2), shelf=shelf, input_hashes=hashes
        )

    listed = ", ".join(f"'{path}'" for path in paths)
    connection = duckdb.connect(config={"threads": 2})

    def group() -> object:
        return connection.sql(
            "SELECT payee_id, date_trunc('month', ordered_on) AS month, sum(amount) AS amount "
            f"FROM read_parquet([{listed}]) GROUP BY payee_id, month"
        ).to_arrow_table()

    group()
    baseline = statistics.median(measure(group) for _ in range(rounds))
    run(None)
    full = statistics.median(measure(lambda: run(None)) for _ in range(rounds))
    filling = measure(lambda: run(shelf))
    times = []
    for place in range(rounds):
        path = paths[place * 5 % MONTHS]
        change_one(path, 1_000 + place)
        known[path] = hash_file(path)
        found: list[engine.Results] = []
        times.append(measure(lambda: found.append(run(shelf))))  # noqa: B023
        assert found[0].tables() == run(None).tables(), "kept sums disagree with a full run"
    kept = sum(one.stat().st_size for one in (folder / "sums").iterdir()) / 1e6
    print(f"{lines:,} lines in {MONTHS} files, load {os.getloadavg()[0]:.1f}")
    for name, value in (
        ("bare GROUP BY payee, month", baseline),
        ("a full run of the year", full),
        ("the first run with a shelf", filling),
        ("one changed order, kept sums", statistics.median(times)),
    ):
        print(f"  {name:30} {value / 1000:8.2f} s {value / baseline:7.2f} x")
    print(f"  every table identical to a full run in {rounds} rounds; {kept:,.1f} MB kept")


if __name__ == "__main__":
    main()
