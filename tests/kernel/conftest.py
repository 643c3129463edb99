"""Private servers for tests, beside the one that the suite itself uses."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from paceline.kernel import postgres
from paceline.kernel.postgres import placement

FolderMaker = Callable[[Path], Path]


@pytest.fixture(scope="session")
def private_folder() -> Iterator[FolderMaker]:
    """Names a folder for a private server; stops the server and removes its files at the end."""
    made: list[Path] = []

    def make(parent: Path) -> Path:
        made.append(parent / "postgres")
        return made[-1]

    yield make
    for folder in made:
        if folder.is_dir():
            placed = placement.place(folder)
            if postgres.is_running(folder):
                postgres.stop(folder)
            shutil.rmtree(placed.home, ignore_errors=True)
            shutil.rmtree(placed.sockets, ignore_errors=True)
