"""Charts over ten million order lines: every measure by every split, against a bare GROUP BY.

    var/venv/bin/python benchmarks/insights.py [LINES] [--rounds N] [--over-only | --by-customer]

Lines of 24 months of 300 people, as the snapshots hold them; made once below var/benchmarks. Each
question is asked by who reads everybody's, with the days whole, by month and by day, and by month
by a lead of ten people; the fastest of some rounds counts. Times are of the processor and the clock
of this process, with two threads. The baseline in the same run is the bare GROUP BY
that sums the amounts of the same lines by month; for customers, also the same question without the
files of visits.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "paceline.settings.test"

import django

django.setup()  # measures have words of their own

from paceline.insights.cubes import (  # noqa: E402
    FAR,
    Lines,
    Narrowed,
    ask,
    cohorts,
    count_customers,
    is_made,
    make_cubes,
    make_terms,
    make_visits,
)
from paceline.insights.cubes.asking import Rates  # noqa: E402
from paceline.insights.cubes.making import open_database  # noqa: E402
from paceline.insights.measures import CUSTOMERS, MEASURES, SALES, SPLITS  # noqa: E402

MONTHS = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(24)]
FOLDER = Path(__file__).resolve().parents[1] / "var" / "benchmarks"
PEOPLE, MEMORY = 300, 2048
ASKED_MS = 500
OVERS = ("", "month", "day")

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


Question = Callable[[Lines], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", type=int, nargs="?", default=10_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--over-only", action="store_true", help="print what is over the mark")
    parser.add_argument("--by-customer", action="store_true", help="only the largest customers")
    given = parser.parse_args()
    folder, cubes = FOLDER / f"lines-{given.lines}", FOLDER / f"cubes-{given.lines}"
    digests = made(folder, cubes, given.lines)
    files = [str(path) for path in sorted(folder.glob("*.parquet"))]

    def bare() -> None:
        with closing(open_database([folder], memory=MEMORY)) as duck:
            duck.execute(
                "SELECT date_trunc('month', ordered_on), currency, sum(amount)"
                " FROM read_parquet(?) GROUP BY ALL",
                [files],
            ).fetchall()

    def best(question: Question, *, visits: bool = True) -> tuple[float, float]:
        def once() -> None:
            with closing(Lines(cubes, digests, members, memory=MEMORY)) as on:
                if not visits:
                    on.has_visits = False
                question(on)

        return timed(once, given.rounds)

    members = [(f"team{n // 10}", f"E{n:04}", date(2020, 1, 1), FAR) for n in range(PEOPLE)]
    whole = Narrowed(date(2024, 1, 1), date(2026, 1, 1))
    lead = Narrowed(whole.starts_on, whole.ends_before, reach=[one[1:] for one in members[:10]])
    base = timed(bare, given.rounds)
    print(f"bare GROUP BY of the snapshots: {told(base)}")
    print("processor and clock, ms, and the clock as a multiple of the baseline's")
    if given.by_customer:
        print_largest(members, best, base)
        return
    over = count = 0
    for reader, narrowed in (("all", whole), ("lead", lead)):
        for name, question in questions(narrowed, OVERS if reader == "all" else ("month",)):
            found = best(question)
            count += 1
            is_over = found[1] * 1000 > ASKED_MS
            over += is_over
            if is_over or not given.over_only:
                mark = "!" if is_over else " "
                print(f"{mark} {reader:5}{name:46}{told(found)}{found[1] / base[1]:6.2f} x",
                      flush=True)  # fmt: skip
    print_without_visits(whole, best)
    print(f"\n{over} of {count} questions above {ASKED_MS} ms by the clock")


def questions(narrowed: Narrowed, overs: Sequence[str]) -> Iterator[tuple[str, Question]]:
    """Every measure of order lines and customers by every split, over every length of time."""
    rates = {(month, "USD"): Decimal(1) for month in MONTHS}
    rates |= {(month, "EUR"): Decimal(1080 + n) / 1000 for n, month in enumerate(MONTHS)}
    # Measures of the same facts ask the same question.
    facts = {
        tuple(sorted(one.facts)): key
        for key, one in reversed(MEASURES.items())
        if set(one.sources) == {SALES}
    }
    for over in overs:
        said = f"by {over}" if over else "whole"
        for asked, key in facts.items():
            for split in ("", *SPLITS[SALES]):

                def sums(on: Lines, asked: tuple[str, ...] = asked, over: str = over,
                         split: str = split) -> object:  # fmt: skip
                    most = 1000 if split == "customer" else None
                    by = [split] if split else []
                    return ask(on, asked, narrowed, rates, over=over, by=by, most=most)

                yield f"{key}{' by ' + split if split else ''}, {said}", sums
        for split in ("", *SPLITS[CUSTOMERS]):

            def counts(on: Lines, over: str = over, split: str = split) -> object:
                return count_customers(on, narrowed, over=over, by=[split] if split else [])

            yield f"customers{' by ' + split if split else ''}, {said}", counts
    for over in ("month", "quarter"):

        def stayed(on: Lines, over: str = over) -> object:
            return cohorts(on, narrowed, over=over)

        yield f"cohorts, by {over}", stayed


def print_without_visits(whole: Narrowed, best: Callable[..., tuple[float, float]]) -> None:
    print("\ncustomers without the files of visits, and with them")
    for name, question in questions(whole, ("", "month")):
        if name.startswith(("customers", "cohorts")):
            print(f"  {name:46}{told(best(question, visits=False))}  {told(best(question))}",
                  flush=True)  # fmt: skip


def print_largest(
    members: Sequence[tuple[str, str, date, date]],
    best: Callable[[Question], tuple[float, float]],
    base: tuple[float, float],
) -> None:
    for name, question in largest_customers(members):
        found = best(question)
        mark = "!" if found[1] * 1000 > ASKED_MS else " "
        print(f"{mark} {name:46}{told(found)}{found[1] / base[1]:6.2f} x", flush=True)


def largest_customers(
    members: Sequence[tuple[str, str, date, date]],
) -> Iterator[tuple[str, Question]]:
    """The thousand customers with the largest net sales, by days, rates and whose they are."""
    first, last = MONTHS[0], date(2026, 1, 1)
    one = {(month, money): Decimal(1) for month in MONTHS for money in ("USD", "EUR")}
    euros = one | {(month, "EUR"): Decimal(1080 + n) / 1000 for n, month in enumerate(MONTHS)}
    every = {key: rate + key[0].month for key, rate in euros.items()}
    whole = Narrowed(first, last)
    half = [row[1:] for row in members[: PEOPLE // 2]]
    teams = {row[0] for row in members}
    for name, narrowed, rates, over in (
        ("two years, euros at another rate each month", whole, euros, ""),
        ("two years, one rate for all", whole, one, ""),
        ("two years, every currency at another rate", whole, every, ""),
        ("two years by month", whole, euros, "month"),
        ("a year whose last quarter is the newest", Narrowed(date(2025, 1, 1), last), euros, ""),
        ("a year of odd days", Narrowed(date(2024, 12, 10), date(2025, 12, 10)), euros, ""),
        ("a quarter", Narrowed(date(2025, 10, 1), last), euros, ""),
        ("all teams chosen", Narrowed(first, last, teams=teams), euros, ""),
        ("half the people", Narrowed(first, last, reach=half), euros, ""),
        ("one channel", Narrowed(first, last, {"channel": "ch1"}), euros, ""),
    ):

        def sums(
            on: Lines, narrowed: Narrowed = narrowed, rates: Rates = rates, over: str = over
        ) -> object:
            return ask(on, ("returned", "sold"), narrowed, rates, over=over, by=["customer"],
                       most=1000, size={"sold": 1, "returned": -1})  # fmt: skip

        yield name, sums


def made(folder: Path, cubes: Path, lines: int) -> dict[date, str]:
    """The files of the lines, made where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    each = lines // len(MONTHS)
    digests = {}
    began, busy = time.perf_counter(), 0.0
    for n, month in enumerate(MONTHS):
        path = folder / f"{month:%Y-%m}.parquet"
        digests[month] = path.stem
        if not path.exists():
            with closing(open_database([folder], memory=MEMORY)) as duck:
                duck.execute(_LINES.format(
                    first=month, offset=n * each, people=PEOPLE, count=each, path=path
                ))  # fmt: skip
        if not is_made(cubes, path.stem):
            processor = time.process_time()
            make_cubes(path, path.stem, cubes, memory=512)
            busy += time.process_time() - processor
    processor = time.process_time()
    make_visits(cubes, digests, memory=512)
    visits = time.process_time()
    make_terms(cubes, digests, memory=512)
    print(
        f"sums made or found: {busy:.1f} s of processor time; visits {visits - processor:.1f} s;"
        f" terms {time.process_time() - visits:.1f} s; {time.perf_counter() - began:.1f} s in all"
    )
    for shape in ("days", "products", "customers", "lines", "visits", "terms"):
        size = sum(file.stat().st_size for file in cubes.glob(f"*.{shape}.parquet"))
        print(f"{shape}: {size / 1e6:.0f} MB")
    return digests


def timed(act: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Seconds of processor and clock of the fastest."""
    found = []
    for _round in range(rounds):
        processor, clock = time.process_time(), time.perf_counter()
        act()
        found.append((time.process_time() - processor, time.perf_counter() - clock))
    return min(found)


def told(seconds: tuple[float, float]) -> str:
    return f"{seconds[0] * 1000:7.0f}{seconds[1] * 1000:7.0f}"


if __name__ == "__main__":
    main()
