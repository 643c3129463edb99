"""How long order lines take from a file to the table, against a bare COPY of the same rows.

    var/venv/bin/python benchmarks/import_lines.py [lines]

The baseline copies exactly the rows that the import ends with into the same table, with the same
constraints and indexes, in one transaction, from a CSV that is already in memory. The import does
everything a person would see: store the file, recognise it, map it, check every line, compare it
with what is stored, and write it in a job. Both run on the same server, one after the other. A
database of its own is made for it and removed again.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter

os.environ["DJANGO_SETTINGS_MODULE"] = "paceline.settings.test"
os.environ["PACELINE_TEST_DB"] = "benchmark_import_lines"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django
import duckdb
import lasting

NOW = datetime(2026, 7, 15, 4, tzinfo=UTC)
LINES = 1_000_000
PEOPLE = 200
COLUMNS = (
    "source, order_number, line_number, kind, ordered_on, person_id, customer, product, category,"
    " channel, territory, quantity, amount, cost, currency"
)


def write_file(path: Path, lines: int) -> None:
    """Orders of three lines over two years, sold by everyone, in the order of their days."""
    duckdb.connect().execute(
        f"""
        COPY (SELECT 'SO' || lpad(CAST(i // 3 AS VARCHAR), 8, '0') AS "Order", i % 3 + 1 AS "Line",
                     DATE '2024-07-01' + CAST(i // 3 * 3 * 730 // {lines} AS INTEGER)
                         AS "Order date",
                     'P' || CAST(hash(i // 3) % {PEOPLE} AS VARCHAR) AS "Payee",
                     'Customer ' || CAST(hash(i // 3) % 5000 AS VARCHAR) AS "Customer",
                     'Product ' || CAST(hash(i) % 300 AS VARCHAR) AS "Product",
                     'Category ' || CAST(hash(i) % 300 % 12 AS VARCHAR) AS "Category",
                     ['shop', 'chat', 'live', 'partner'][CAST(hash(i // 3) % 4 AS INTEGER) + 1]
                         AS "Channel",
                     'Region ' || CAST(hash(i // 3) % 9 AS VARCHAR) AS "Territory",
                     hash(i) % 5 + 1 AS "Quantity",
                     CAST(CAST(hash(i) % 500000 AS DECIMAL(18, 2)) / 100 + 1 AS DECIMAL(18, 2))
                         AS "Amount",
                     CAST(CAST(hash(i) % 300000 AS DECIMAL(18, 2)) / 100 AS DECIMAL(18, 2))
                         AS "Cost",
                     'USD' AS "Currency"
              FROM range({lines}) t (i) ORDER BY i)
        TO '{path}' (HEADER)
        """
    )


def add_people() -> None:
    from paceline.org import actions as org
    from paceline.org.models import Employment, Person

    people = Person.objects.bulk_create(
        Person(number=f"P{n}", name=f"Seller {n}") for n in range(PEOPLE)
    )
    Employment.objects.bulk_create(
        Employment(person=person, starts_on=date(2020, 1, 1), country="US", currency="USD")
        for person in people
    )
    manager = org.add_person(number="M", name="Manager", by=None, at=NOW)
    org.grant_role(person=manager, role="compensation", starts_on=date(2020, 1, 1), by=None, at=NOW)


def run_import(path: Path) -> dict[str, float]:
    from paceline.imports import actions
    from paceline.org.models import Person

    by = Person.objects.get(number="M")
    times, last = {}, perf_counter()

    def lap(name: str) -> None:
        nonlocal last
        times[name] = perf_counter() - last
        last = perf_counter()

    source = actions.upload(kind="order_lines", content=path, name=path.name, by=by, at=NOW)
    lap("upload and recognise")
    source = actions.check(source=source, by=by, at=NOW)
    lap("check and preview")
    source = actions.request_commit(source=source, by=by, at=NOW)
    actions.run_commit(source=source, at=NOW)
    source.refresh_from_db()
    lap("commit")
    assert source.state == "committed", source.state
    return times


def run_copy(rows: bytes) -> float:
    from django.db import connection, transaction

    started = perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        copy = f"COPY orders_orderline ({COLUMNS}) FROM STDIN (FORMAT csv)"
        with cursor.copy(copy) as out:
            for start in range(0, len(rows), 1 << 20):
                out.write(rows[start : start + (1 << 20)])
    return perf_counter() - started


def rows_of_table() -> bytes:
    from django.db import connection

    copy = f"COPY (SELECT {COLUMNS} FROM orders_orderline ORDER BY id) TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(copy) as out:
        return b"".join(bytes(chunk) for chunk in out)


def empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE orders_orderline CASCADE")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE orders_orderline")


def main(lines: int) -> None:
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        add_people()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "lines.csv"
            write_file(path, lines)
            size = path.stat().st_size
            times = run_import(path)
            again = run_import(path) if lines <= 200_000 else {}
        rows = rows_of_table()
        empty()
        baseline = run_copy(rows)
        whole = sum(times.values())
        print(f"{lines:,} lines, {size / 1e6:.0f} MB of CSV")
        for name, seconds in times.items():
            print(f"  {name:<22}{seconds:8.1f} s")
        print(f"  {'import, end to end':<22}{whole:8.1f} s   {lines / whole:,.0f} lines/s")
        if again:
            print(f"  {'the same file again':<22}{sum(again.values()):8.1f} s")
        print(f"  {'bare COPY':<22}{baseline:8.1f} s   {lines / baseline:,.0f} lines/s")
        print(f"  ratio {whole / baseline:.2f} (at most 4)")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  peak memory {peak:,.0f} MB")
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


if __name__ == "__main__":
    with lasting.database_running():
        django.setup()
        main(int(sys.argv[1]) if len(sys.argv) > 1 else LINES)
