"""The real worker as a process of its own, on the test's database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from django.conf import settings
from django.db import connection

from tests.ops.processes import wait_until

PROJECT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    """What a process of the product needs to work on the database and the files of this test."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "paceline.settings.test",
        "DATABASE_URL": address_of(connection.settings_dict["NAME"]),
        "PACELINE_TEST_MEDIA": str(settings.MEDIA_ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def address_of(database: str) -> str:
    """A database of the test's server as ``DATABASE_URL``."""
    known = connection.settings_dict
    where = urlencode({"host": known["HOST"], "port": known["PORT"]})
    who = f"{quote(known['USER'])}:{quote(known['PASSWORD'])}"
    return f"postgresql://{who}@/{quote(database)}?{where}"


@contextmanager
def running(*words: str, log: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """``paceline WORDS`` until the end of the block, unless it was killed before.

    ``more`` stands in its environment.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "paceline.cli", *words],
            cwd=PROJECT,
            env={**environment(), **more},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=30)


@contextmanager
def writing_held(table: str) -> Iterator[None]:
    """Until the end of the block whoever writes to the table waits in the middle of it."""
    with psycopg.connect(**_parameters()) as holder:
        holder.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        yield


def wait_until_held(table: str) -> None:
    """Until somebody waits to write to the table."""

    def is_waited_for() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass",
                [table],
            )
            return bool(cursor.fetchone()[0])  # type: ignore[index]

    wait_until(is_waited_for, within=60)


def let_time_pass() -> None:
    """Make the silence of every dead worker long, instead of waiting for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'"
        )


def _parameters() -> dict[str, object]:
    left_out = {"cursor_factory", "context"}
    found = connection.get_connection_params()
    return {name: value for name, value in found.items() if name not in left_out}


def cut_connections(*, but_holder_of: str) -> None:
    """End all connections to the database but this one and the one that holds the table, as its
    server does when it is started again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid NOT IN ("
            " SELECT pid FROM pg_locks WHERE granted AND relation = %s::regclass"
            " AND mode = 'ShareRowExclusiveLock')",
            [but_holder_of],
        )
