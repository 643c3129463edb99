"""Fixtures that every test may use. The cast is in tests/world.py."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client, TransactionTestCase
from pytest_django import DjangoDbBlocker

from paceline.kernel import jobs, postgres
from tests.databases import be_patient, copy_from_template, delete_all_rows, sweep
from tests.world import World, build_world, sign_in

# What is loaded now is no garbage: looking for some took a quarter of finding the tests.
gc.disable()
_server: list[AbstractContextManager[None]] = []


def pytest_configure(config: pytest.Config) -> None:
    """Hold the private PostgreSQL for the whole session, each worker its own lease."""
    lease = postgres.database_running(postgres.tests_folder())
    lease.__enter__()
    _server.append(lease)


# What takes longest, in seconds, each to be done by one process from beginning to end: together
# these use a cluster, or queries that are compiled once.
LONGEST = {
    "tests/engine/test_oracle.py": 200,
    "tests/engine/test_spark": 110,
    "tests/ops/test_lost_database.py": 70,
    "tests/web/test_demo_company.py": 60,
    "tests/ops/test_killed_worker.py": 50,
    "tests/browser/test_live.py": 40,
    "tests/ops/test_demo.py": 35,
    "tests/api/test_fuzz.py": 35,
    "tests/ops/test_live_outage.py": 30,
    "tests/browser/test_walk.py": 20,
    "tests/ops/": 35,
}


def long_one(item: pytest.Item) -> str:
    return next((name for name in LONGEST if item.nodeid.startswith(name)), "")


def deal(items: list[pytest.Item], processes: int) -> list[pytest.Item]:
    """The tests in an order in which every process begins with its part of the long ones, so that
    at the end none waits for another. At the start each is given as many tests as every other, in
    the order in which they stand; whoever is done takes from the end of another's.
    """
    parts: list[list[pytest.Item]] = [[] for _ in range(processes)]
    taken = [0] * processes
    for name, seconds in sorted(LONGEST.items(), key=lambda one: -one[1]):
        if found := [item for item in items if long_one(item) == name]:
            least = taken.index(min(taken))
            parts[least] += found
            taken[least] += seconds
    others = [item for item in items if not long_one(item)]
    dealt: list[pytest.Item] = []
    for place, part in enumerate(parts):
        room = max(0, (len(items) - len(dealt)) // (processes - place) - len(part))
        dealt += part + others[:room]
        del others[:room]
    return dealt + others


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = deal(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    # What is imported by now stays; looking through it again and again takes a tenth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    while _server:
        _server.pop().__exit__(None, None, None)


SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Before the test database is made: it is a copy, and it is emptied by deleting."""
    be_patient()
    with django_db_blocker.unblock():
        copy_from_template()
    TransactionTestCase._fixture_teardown = delete_all_rows


@pytest.fixture(scope="module", autouse=True)
def swept(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """After the tests of a file, outside of any transaction of theirs."""
    yield
    with django_db_blocker.unblock():
        sweep()


@pytest.fixture(scope="session", autouse=True)
def same_form_tokens() -> Iterator[None]:
    """The form token of every page is the same word, so that no short text is in it by chance."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.middleware.csrf._get_new_csrf_string", lambda: "a" * 32)
        yield


@pytest.fixture(autouse=True)
def nothing_tried_before() -> None:
    """Attempts and used codes are counted by ids and addresses, which all tests have in common."""
    cache.clear()


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
