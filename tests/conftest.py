"""Fixtures that every test may use. The cast is in tests/world.py."""

from __future__ import annotations

import gc
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


# Begun first, so that at the end no process waits for the one that began the longest last.
LONGEST = (
    "tests/engine/test_spark",
    "tests/engine/test_oracle.py",
    "tests/web/test_demo_company.py",
    "tests/ops/",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
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
