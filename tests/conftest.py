"""Fixtures that every test may use. The cast is in tests/world.py."""

from __future__ import annotations

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
