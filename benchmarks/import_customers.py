"""How long customers take from a file to records that can be found, against a bare COPY.

    var/venv/bin/python benchmarks/import_customers.py [customers]

The import does everything a person would see: store the file, recognise it, map it, read phones and
addresses, compare every line with what is known, look for likenesses, write records, numbers and
keys, and let them be found. The baseline copies exactly the rows of the tables that the import
filled into the same tables, with the same constraints and indexes, from CSV already in memory.
Processor seconds are those of this process and of the server's; on a busy machine they tell more
than the clock. A database of its own is made for it and removed again.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter, process_time

os.environ["DJANGO_SETTINGS_MODULE"] = "paceline.settings.test"
os.environ["PACELINE_TEST_DB"] = "benchmark_import_customers"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django
import duckdb
import lasting

NOW = datetime(2026, 7, 15, 4, tzinfo=UTC)
CUSTOMERS = 100_000
TABLES = {
    "crm_company": "",
    "crm_contactpoint": "",
    "crm_externalkey": "",
    "search_searchdocument": "WHERE kind = 'company'",
}


def write_file(path: Path, customers: int) -> None:
    """An export in the style of HubSpot: names of two scripts, phones of six countries."""
    duckdb.connect().execute(
        f"""
        COPY (SELECT 90000 + i AS "Record ID",
                     CASE i % 3 WHEN 0 THEN '第' || i || '號星河貿易有限公司'
                          WHEN 1 THEN 'Harbour Store ' || i || ' Ltd.'
                          ELSE 'Laden am Markt ' || i || ' GmbH' END AS "Company name",
                     'shop' || i || '.example' AS "Company Domain Name",
                     ['+886 2 2' || lpad(CAST(i AS VARCHAR), 7, '0'),
                      '+86 138 ' || lpad(CAST(i AS VARCHAR), 8, '0'),
                      '+49 30 ' || lpad(CAST(i AS VARCHAR), 8, '1'),
                      '+1 415 2' || lpad(CAST(i AS VARCHAR), 6, '0'),
                      '+81 90 ' || lpad(CAST(i AS VARCHAR), 8, '1'),
                      '+44 20 7' || lpad(CAST(i AS VARCHAR), 7, '0')][i % 6 + 1]
                         AS "Phone Number",
                     'buy' || i || '@shop' || i || '.example' AS "Email",
                     ['Taiwan', 'China', 'Germany', 'United States', 'Japan',
                      'United Kingdom'][i % 6 + 1] AS "Country/Region",
                     'City ' || i % 500 AS "City", 'Street ' || i AS "Street Address",
                     ['Lead', 'Customer', 'Opportunity'][i % 3 + 1] AS "Lifecycle Stage"
              FROM range({customers}) t (i) ORDER BY i)
        TO '{path}' (HEADER)
        """
    )


def add_people() -> None:
    from paceline.org import actions as org

    team = org.create_team(code="north", name="North", by=None, at=NOW)
    lead = org.add_person(number="M", name="Manager", by=None, at=NOW)
    org.move_to_team(person=lead, team=team, starts_on=date(2020, 1, 1), by=None, at=NOW)
    org.grant_role(person=lead, role="lead", starts_on=date(2020, 1, 1), by=None, at=NOW)


def server_seconds() -> float:
    """Processor seconds of the backend of this connection, where the system tells them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Laps:
    """Seconds by the clock, and of the processor here and in the server, step by step."""

    def __init__(self) -> None:
        self.steps: dict[str, tuple[float, float]] = {}
        self._last = self._now()

    @staticmethod
    def _now() -> tuple[float, float]:
        return perf_counter(), process_time() + server_seconds()

    def lap(self, name: str) -> None:
        now = self._now()
        self.steps[name] = (now[0] - self._last[0], now[1] - self._last[1])
        self._last = now

    def whole(self) -> tuple[float, float]:
        clock, processor = zip(*self.steps.values(), strict=True)
        return sum(clock), sum(processor)


def run_import(path: Path) -> Laps:
    from paceline.imports import actions
    from paceline.org.models import Person

    by = Person.objects.get(number="M")
    laps = Laps()
    source = actions.upload(kind="crm_company", content=path, name=path.name, by=by, at=NOW)
    laps.lap("upload and recognise")
    source = actions.check(source=source, by=by, at=NOW)
    laps.lap("check and preview")
    source = actions.request_commit(source=source, by=by, at=NOW)
    actions.run_commit(source=source, at=NOW)
    source.refresh_from_db()
    laps.lap("commit")
    assert source.state == "committed", source.state
    return laps


def copied(table: str, where: str) -> bytes:
    from django.db import connection

    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY (SELECT * FROM {table} {where} ORDER BY id) TO STDOUT") as out,
    ):
        return b"".join(bytes(chunk) for chunk in out)


def run_copy(rows: dict[str, bytes]) -> Laps:
    from django.db import connection, transaction

    laps = Laps()
    with transaction.atomic(), connection.cursor() as cursor:
        for table, content in rows.items():
            with cursor.copy(f"COPY {table} FROM STDIN") as out:
                for start in range(0, len(content), 1 << 20):
                    out.write(content[start : start + (1 << 20)])
    laps.lap("bare COPY")
    return laps


def empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE crm_company, search_searchdocument CASCADE")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE crm_company")


def main(customers: int) -> None:
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        add_people()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "customers.csv"
            write_file(path, customers)
            laps = run_import(path)
            again = run_import_again(path)
        rows = {table: copied(table, where) for table, where in TABLES.items()}
        empty()
        baseline = run_copy(rows)
        print(f"{customers:,} customers: seconds by the clock, and of the processors")
        for name, (clock, processor) in laps.steps.items():
            print(f"  {name:<28}{clock:8.1f}{processor:8.1f}")
        clock, processor = laps.whole()
        print(f"  {'import, end to end':<28}{clock:8.1f}{processor:8.1f}   (at most 60)")
        print(f"  {'check of the same again':<28}{again[0]:8.1f}{again[1]:8.1f}")
        bare_clock, bare = baseline.whole()
        print(f"  {'bare COPY':<28}{bare_clock:8.1f}{bare:8.1f}")
        print(f"  ratio {processor / bare:.2f} of processor time")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  peak memory {peak:,.0f} MB")
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def run_import_again(path: Path) -> tuple[float, float]:
    """The check of the same file, whose every line is known now."""
    from paceline.imports import actions
    from paceline.org.models import Person

    by = Person.objects.get(number="M")
    laps = Laps()
    source = actions.upload(kind="crm_company", content=path, name=path.name, by=by, at=NOW)
    source = actions.check(source=source, by=by, at=NOW)
    assert source.totals["new"] == 0, source.totals
    laps.lap("again")
    return laps.whole()


if __name__ == "__main__":
    with lasting.database_running():
        django.setup()
        main(int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS)
