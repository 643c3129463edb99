"""Fixtures that every test may use. The cast is in tests/world.py."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from paceline.kernel import postgres

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


@pytest.fixture(scope="session")
def adventureworks() -> Path:
    """The folder with a real company's orders; tests that need it are skipped without it."""
    folder = SHARED / "data" / "adventureworks"
    if not folder.is_dir():
        pytest.skip("the reference data lies beside the project, not in it")
    return folder
