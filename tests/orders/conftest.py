"""Bringing small files of what was sold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from paceline.imports import actions
from paceline.imports.models import Import
from tests.world import NOW, World

Bring = Callable[..., Import]


@pytest.fixture
def bring(world: World, tmp_path: Path) -> Bring:
    """``bring(kind, text, **more)``: the text as a file, by Dana, all the way."""

    def do(kind: str, text: str | bytes, **more: object) -> Import:
        path = tmp_path / "file.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return actions.import_file(
            kind=kind, path=path, name="f.csv", by=world.dana, at=NOW, **more
        )

    return do


@pytest.fixture
def checked(world: World, tmp_path: Path) -> Bring:
    """``checked(kind, text)``: the text as a file, checked but not imported."""

    def do(kind: str, text: str | bytes) -> Import:
        data = text if isinstance(text, bytes) else text.encode()
        source = actions.upload(kind=kind, content=data, name="f.csv", by=world.dana, at=NOW)
        return actions.check(source=source, by=world.dana, at=NOW)

    return do
