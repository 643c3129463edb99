"""Goals by programs: read through the owner of the token, checked in by who may."""

from __future__ import annotations

from decimal import Decimal

import pytest

from paceline.goals.models import CheckIn
from tests.api.calling import program_for
from tests.goals.conftest import agree_both, make_aims
from tests.world import World

pytestmark = pytest.mark.django_db


def test_goals_are_read_and_checked_in(world: World) -> None:
    aims = make_aims(world)
    agree_both(aims.priya, world.priya, world.marco)
    priya, omar = program_for(world.priya), program_for(world.omar)
    rows = {row["name"]: row for row in priya.rows(f"/goals?period={aims.quarter.pk}&limit=1")}
    assert set(rows) == {"Grow", "Grow North", "Sell chairs"}
    mine = rows["Sell chairs"]
    assert (mine["owner"], mine["team"], mine["parent"], mine["target"], mine["is_agreed"]) == (
        "E001", "north", aims.north.pk, "92000.0000", True,
    )  # fmt: skip
    assert {row["name"] for row in omar.rows("/goals")} == {"Grow", "Grow North"}
    path = f"/goals/{aims.priya.pk}/check-ins"
    assert omar.get(path).status_code == 404
    assert program_for(world.marco).ask("POST", path, {"on": "2026-07-02", "value": "5"}
                                        ).status_code == 403  # fmt: skip
    late = priya.ask("POST", path, {"on": "2027-01-01", "value": "5"})
    assert (late.status_code, CheckIn.objects.count()) == (422, 0)
    sent = {"on": "2026-07-02", "value": "4000.50", "confidence": "low", "blockers": "Stock"}
    made = priya.ask("POST", path, sent).json()
    assert (Decimal(made["value"]), made["measured"]) == (Decimal("4000.5"), "0.0000")
    assert (made["confidence"], made["blockers"]) == ("low", "Stock")
    found = priya.get(f"/goals/{aims.priya.pk}").json()
    assert (Decimal(found["value"]), found["value_on"]) == (Decimal("4000.5"), "2026-07-02")
    assert [row["name"] for row in priya.rows("/goal-periods")] == ["2026 Q3"]
