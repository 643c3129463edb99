"""Charts over ten million order lines: the files of sums against a bare GROUP BY of the snapshots.

    var/venv/bin/python benchmarks/insights.py [LINES]

Lines of 24 months of 300 people, as the snapshots hold them; made once below var/benchmarks. Each
question is asked three times, the fastest counts; times are of the processor and the clock in this
process, with two threads. The bare GROUP BY sums the amounts of the same lines by month.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

from paceline.insights.cubes import (
    Lines,
    Narrowed,
    ask,
    cohorts,
    count_customers,
    is_made,
    make_cubes,
)
from paceline.insights.cubes.asking import FAR
from paceline.insights.cubes.making import open_database

MONTHS = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(24)]
FOLDER = Path(__file__).resolve().parents[1] / "var" / "benchmarks"
PEOPLE, MEMORY = 300, 2048

# People sell through two channels in one territory, mostly to customers of their own.
_LINES = """
COPY (SELECT 's/' || o || '/' || (i % 2) AS line_id, 's/' || o AS order_id,
    DATE '{first}' + CAST(hash(o * 7) % 28 AS INTEGER) AS ordered_on,
    'E' || lpad(CAST(p AS VARCHAR), 4, '0') AS payee_id,
    'C' || p || '-' || (hash(o * 11) % 2000) AS customer,
    'P' || (hash(i * 13) % 500) AS product, 'cat' || (hash(i * 13) % 500 % 12) AS category,
    'ch' || ((p + hash(o * 17) % 2) % 6) AS channel, 'T' || (p % 20) AS territory,
    CASE WHEN i % 25 = 0 THEN 'return' ELSE 'sale' END AS kind,
    CAST(1 + i % 3 AS DECIMAL(18, 4)) AS quantity,
    CAST((CASE WHEN i % 25 = 0 THEN -1 ELSE 1 END) * (hash(i * 19) % 100000) / 100
        AS DECIMAL(18, 4)) AS amount,
    CASE WHEN i % 10 = 0 THEN NULL ELSE CAST(50 AS DECIMAL(18, 4)) END AS cost,
    CASE WHEN p % 10 = 0 THEN 'EUR' ELSE 'USD' END AS currency
  FROM (SELECT i, i // 2 + {offset} AS o, hash((i // 2 + {offset}) * 3) % {people} AS p
        FROM range({count}) t(i)))
TO '{path}' (FORMAT parquet, COMPRESSION zstd)
"""


def main(lines: int) -> None:
    folder, cubes = FOLDER / f"lines-{lines}", FOLDER / f"cubes-{lines}"
    folder.mkdir(parents=True, exist_ok=True)
    each = lines // len(MONTHS)
    began = time.process_time()
    digests = {}
    for n, month in enumerate(MONTHS):
        path = folder / f"{month:%Y-%m}.parquet"
        digests[month] = path.stem
        if not path.exists():
            with closing(open_database([folder], memory=MEMORY)) as duck:
                duck.execute(_LINES.format(
                    first=month, offset=n * each, people=PEOPLE, count=each, path=path
                ))  # fmt: skip
        if not is_made(cubes, path.stem):
            make_cubes(path, path.stem, cubes, memory=MEMORY)
    print(f"made or found: {time.process_time() - began:.1f} s of processor time")
    for shape in ("days", "customers", "lines"):
        size = sum(file.stat().st_size for file in cubes.glob(f"*.{shape}.parquet"))
        print(f"{shape}: {size / 1e6:.0f} MB")
    files = [str(path) for path in sorted(folder.glob("*.parquet"))]

    def bare() -> None:
        with closing(open_database([folder], memory=MEMORY)) as duck:
            duck.execute(
                "SELECT date_trunc('month', ordered_on), currency, sum(amount)"
                " FROM read_parquet(?) GROUP BY ALL",
                [files],
            ).fetchall()

    members = [(f"team{n // 10}", f"E{n:04}", date(2020, 1, 1), FAR) for n in range(PEOPLE)]
    rates = {(month, code): Decimal(1) for month in MONTHS for code in ("USD", "EUR")}
    whole = Narrowed(date(2024, 1, 1), date(2026, 1, 1))
    lead = Narrowed(whole.starts_on, whole.ends_before, reach=[one[1:] for one in members[:10]])
    net = ["sold", "returned"]
    questions: dict[str, Callable[[Lines], object]] = {
        "net sales by month": lambda on: ask(on, net, whole, rates, over="month"),
        "net sales by day": lambda on: ask(on, net, whole, rates, over="day"),
        "by month and team": lambda on: ask(on, net, whole, rates, over="month", by=["team"]),
        "by month and channel": lambda on: ask(on, net, whole, rates, over="month", by=["channel"]),
        "by person": lambda on: ask(on, net, whole, rates, by=["person"]),
        "a lead's ten people by day": lambda on: ask(on, net, lead, rates, over="day"),
        "by product": lambda on: ask(on, net, whole, rates, by=["product"]),
        "orders by category": lambda on: ask(on, ["orders"], whole, rates, by=["category"]),
        "customers by month": lambda on: count_customers(on, whole, over="month"),
        "cohorts by quarter": lambda on: cohorts(on, whole, over="quarter"),
    }
    base = best(bare)
    print(f"{'bare GROUP BY of the snapshots':34} {told(base)}")
    for name, question in questions.items():

        def once(question: Callable[[Lines], object] = question) -> None:
            with closing(Lines(cubes, digests, members, memory=MEMORY)) as on:
                question(on)

        found = best(once)
        print(f"{name:34} {told(found)}  {found[0] / base[0]:5.2f} × the bare GROUP BY")


def best(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds of processor and clock of the fastest of three."""
    found = []
    for _round in range(3):
        processor, clock = time.process_time(), time.perf_counter()
        act()
        found.append((time.process_time() - processor, time.perf_counter() - clock))
    return min(found)


def told(seconds: tuple[float, float]) -> str:
    return f"{seconds[0] * 1000:7.0f} ms processor {seconds[1] * 1000:7.0f} ms clock"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
