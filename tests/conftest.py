"""Fixtures that every test may use. The cast is in tests/world.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from paceline.kernel import postgres

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def adventureworks() -> Path:
    """The folder with a real company's orders; tests that need it are skipped without it."""
    folder = SHARED / "data" / "adventureworks"
    if not folder.is_dir():
        pytest.skip("the reference data lies beside the project, not in it")
    return folder


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[None]:
    """Hold the private PostgreSQL from before the test database is made until it is dropped."""
    with postgres.database_running():
        yield
