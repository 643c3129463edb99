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


def test_goals_are_proposed_changed_and_agreed(world: World) -> None:
    aims = make_aims(world)
    priya, marco, omar = (program_for(one) for one in (world.priya, world.marco, world.omar))
    sent = {
        "period": aims.quarter.pk, "level": "person", "name": "Call", "owner": "E001",
        "team": "north", "parent": aims.north.pk, "target": "50", "weight": "20",
    }  # fmt: skip
    made = priya.ask("POST", "/goals", sent)
    assert made.status_code == 200, made.content
    found, path = made.json(), f"/goals/{made.json()['id']}"
    assert (found["owner"], found["terms"], found["is_agreed"]) == ("E001", 1, False)
    assert omar.ask("POST", "/goals", sent).status_code == 403
    for more in ({"period": 10**9}, {"parent": 10**9}, {"measure": "mood"}, {"target": "-1"}):
        assert priya.ask("POST", "/goals", sent | more).status_code in {409, 422}, more
    assert priya.ask("POST", f"{path}/agreement", {"terms": 1}).status_code == 200
    assert marco.ask("POST", f"{path}/agreement", {"terms": 2}).status_code == 409
    assert marco.ask("POST", f"{path}/agreement", {"terms": 1}).json()["is_agreed"] is True
    assert omar.ask("POST", f"{path}/agreement", {"terms": 1}).status_code == 404
    # What both agreed to needs a reason, and their word again.
    tag = priya.get(path)["ETag"]
    assert priya.ask("PATCH", path, {"target": "60"}).status_code == 422
    told = {"target": "60", "reason": "More time"}
    changed = priya.ask("PATCH", path, told, If_Match=tag).json()
    assert (changed["target"], changed["terms"], changed["is_agreed"]) == ("60.0000", 2, False)
    stale = marco.ask("PATCH", path, told | {"target": "70"}, If_Match=tag)
    assert (stale.status_code, stale.json()["conflicts"][0]["field"]) == (412, "target")
    erik = program_for(world.erik)
    later = {"name": "2027 Q1", "starts_on": "2027-01-01", "ends_before": "2027-04-01"}
    assert erik.ask("POST", "/goal-periods", later).status_code == 200
    assert priya.ask("POST", "/goal-periods", later).status_code == 403
