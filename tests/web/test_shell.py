"""The shell around every page."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


def test_home_answers_every_role(world, client_for):
    for name, person in world.cast.items():
        if name == "fred":
            continue
        answer = client_for(person).get("/")
        assert answer.status_code == 200, name
        assert person.name in answer.content.decode()


def test_gallery(world, client_for):
    answer = client_for(world.dana).get("/gallery")
    assert answer.status_code == 200
    assert "chart-months-data" in answer.content.decode()
