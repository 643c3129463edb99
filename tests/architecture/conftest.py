from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.architecture.rendering import Rendering


@pytest.fixture
def rendering() -> Iterator[Rendering]:
    found = Rendering()
    with found.watched():
        yield found
