from __future__ import annotations

import pytest

from paceline.org.models import Person


@pytest.fixture
def starter(db: None) -> Person:
    """Somebody who starts work."""
    return Person.objects.create(number="L1", name="Lin Starter")
