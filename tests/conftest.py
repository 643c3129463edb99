"""Fixtures that every test may use. The cast is in tests/world.py."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client

from paceline.kernel import jobs, postgres
from tests.world import World, build_world, sign_in

_server: list[AbstractContextManager[None]] = []


def pytest_configure(config: pytest.Config) -> None:
    """Hold the private PostgreSQL for the whole session, each worker its own lease."""
    lease = postgres.database_running()
    lease.__enter__()
    _server.append(lease)


def pytest_unconfigure(config: pytest.Config) -> None:
    while _server:
        _server.pop().__exit__(None, None, None)


SHARED = Path(__file__).resolve().parents[2] / "shared"

_TRUNCATE_TRIGGERS = """
SELECT tgrelid::regclass::text, quote_ident(tgname) FROM pg_trigger
WHERE NOT tgisinternal AND tgtype & 32 > 0
"""

_EMPTY_QUEUE = "TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE"


_plain_flush = DatabaseOperations.execute_sql_flush


def flush_as_owner(operations: DatabaseOperations, sql_list: list[str]) -> None:
    """Emptying the tables after a test that commits: as their owner, past append-only triggers."""
    with operations.connection.cursor() as cursor:
        cursor.execute(_TRUNCATE_TRIGGERS)
        guards = cursor.fetchall()
    off = [f"ALTER TABLE {table} DISABLE TRIGGER {name}" for table, name in guards]
    on = [f"ALTER TABLE {table} ENABLE TRIGGER {name}" for table, name in guards]
    _plain_flush(operations, [*off, *sql_list, _EMPTY_QUEUE, *on])


@pytest.fixture(scope="session", autouse=True)
def _flush_append_only_tables() -> None:
    # On the class, because a browser test opens a second connection beside its event loop.
    DatabaseOperations.execute_sql_flush = flush_as_owner  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def adventureworks() -> Path:
    """The folder with a real company's orders; tests that need it are skipped without it."""
    folder = SHARED / "data" / "adventureworks"
    if not folder.is_dir():
        pytest.skip("the reference data lies beside the project, not in it")
    return folder


@pytest.fixture
def run_jobs() -> Callable[[], int]:
    """Runs every waiting job here and now, inside the test's transaction; returns how many."""
    return jobs.run_waiting


@pytest.fixture
def world(db: None) -> World:
    """The cast: eleven people in every relation and role; see tests/world.py."""
    return build_world()


@pytest.fixture
def client_for() -> Callable[..., Client]:
    """``client_for(person)``: a browser in which that person is signed in, second factor used."""
    return sign_in
