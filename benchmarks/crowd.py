"""A company with many customers in a database of its own, made once and kept for the next reading.

    var/venv/bin/python benchmarks/crowd.py [customers]       makes it, and says how long that took

Other benchmarks hold ``crowd_running(customers)`` around what they measure. The people are those of
the demonstration; customers, deals, orders and talk are those of ``PACELINE_DEMO_CUSTOMERS``.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time

os.environ["DJANGO_SETTINGS_MODULE"] = "paceline.settings.test"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django
import lasting

CUSTOMERS = 100_000


@contextmanager
def crowd_running(customers: int = CUSTOMERS) -> Iterator[None]:
    """The database with so many customers, made when it is not there yet."""
    with lasting.database_running():
        django.setup()
        from django.db import connection

        connection.settings_dict["NAME"] = name = f"benchmark_crowd_{customers}"
        is_new = _made(name)
        try:
            _prepare(customers if is_new else 0)
        except BaseException:
            if is_new:
                connection.close()
                _drop(name)
            raise
        yield


def _made(name: str) -> bool:
    """Whether the database was made just now."""
    from django.db import connection

    with connection.creation._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone():
            return False
        cursor.execute(f"CREATE DATABASE {name}")
    return True


def _drop(name: str) -> None:
    from django.db import connection

    with connection.creation._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _prepare(customers: int) -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from paceline.kernel.migrating import migrate_if_empty
    from paceline.web.demo import story

    migrate_if_empty()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    if not customers:
        return
    began, busy = perf_counter(), process_time()

    def say(what: str) -> None:
        print(f"  {perf_counter() - began:6.1f} s  {process_time() - busy:6.1f} s  {what}")

    with tempfile.TemporaryDirectory() as folder:
        company = story.draw_up(timezone.localdate(), Path(folder), say, scale=0)
        story.tell(company, customers=customers)
    say("whole, by the clock and of this process's processor time")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def main() -> None:
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS
    with crowd_running(customers):
        from django.db import connection

        tables = ("crm_company", "crm_contact", "crm_lead", "crm_deal", "crm_dealline",
                  "crm_dealcontributor", "crm_stagechange", "crm_contactpoint", "crm_tagging",
                  "crm_activity", "crm_orderlink", "crm_customerorder", "crm_purchases",
                  "orders_orderline", "search_searchdocument")  # fmt: skip
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"SELECT count(*) FROM {table}")
                print(f"{table:24}{cursor.fetchone()[0]:>10,}")


if __name__ == "__main__":
    main()
