"""Hierarchies and leave by programs: who may know which part of them, and who may change it."""

from __future__ import annotations

from datetime import date

from paceline.org import actions
from paceline.org.models import HierarchyLine, Leave
from tests.api.calling import program_for
from tests.world import World


def test_places_are_given_ended_and_never_ones_own(world: World) -> None:
    hana, priya = program_for(world.hana), program_for(world.priya)
    made = hana.ask("POST", "/hierarchies", {"code": "region", "name": "Region"}).json()
    assert hana.ask("POST", "/hierarchies", {"code": "region", "name": "x"}).status_code == 409
    path = f"/hierarchies/{made['id']}"
    assert hana.ask("PATCH", path, {"name": "Regions"}).json()["name"] == "Regions"
    below = {"person": "E001", "manager": world.sofia.number, "starts_on": "2026-07-01"}
    place = hana.ask("POST", f"{path}/places", below).json()
    assert (place["hierarchy"], place["person"], place["ends_before"]) == ("region", "E001", None)
    circle = {"person": world.sofia.number, "manager": "E001", "starts_on": "2026-07-01"}
    refused = hana.ask("POST", f"{path}/places", circle)
    assert (refused.status_code, HierarchyLine.objects.count()) == (409, 1)
    own = below | {"person": world.hana.number}
    assert hana.ask("POST", f"{path}/places", own).status_code == 403
    assert hana.ask("POST", f"{path}/places", below | {"person": "X9"}).status_code == 422
    assert priya.ask("POST", f"{path}/places", below).status_code == 403
    assert [one["manager"] for one in priya.rows(f"{path}/places?on=2026-07-15")] == [
        world.sofia.number
    ]
    ended = {"ends_before": "2026-07-10"}
    assert hana.ask("PUT", f"/hierarchies/places/{place['id']}/end", ended).status_code == 200
    assert priya.rows(f"{path}/places?on=2026-07-15&person=E001") == []
    assert HierarchyLine.objects.get().ends_before == date(2026, 7, 10)


def test_of_a_leave_a_lead_knows_the_days_only(world: World) -> None:
    hana = program_for(world.hana)
    sent = {"person": "E001", "kind": "unpaid", "starts_on": "2026-08-03",
            "ends_before": "2026-08-08"}  # fmt: skip
    entered = hana.ask("POST", "/leaves", sent)
    assert (entered.status_code, entered.json()["kind"]) == (200, "unpaid")
    path = f"/leaves/{entered.json()['id']}"
    kinds = {
        name: [one["kind"] for one in program_for(person).rows("/leaves?person=E001&on=2026-08-04")]
        for name, person in world.cast.items()
        if name in {"hana", "priya", "marco", "dana", "omar"}
    }
    assert kinds == {
        "hana": ["unpaid"], "priya": ["unpaid"], "marco": [None], "dana": [None], "omar": [],
    }  # fmt: skip
    tag = entered["ETag"]
    assert hana.get(path)["ETag"] == tag
    leave = Leave.objects.get()
    actions.change_leave(leave=leave, kind=leave.kind, starts_on=date(2026, 8, 4), by=world.hana,
                         at=world.now)  # fmt: skip
    again = {"kind": "paid", "starts_on": "2026-08-05"}
    stale = hana.ask("PUT", path, again, If_Match=tag)
    assert (stale.status_code, Leave.objects.get().starts_on) == (412, date(2026, 8, 4))
    now = hana.get(path)["ETag"]
    assert hana.ask("PUT", path, again, If_Match=now).json()["kind"] == "paid"
    later = {"kind": "paid", "starts_on": "2020-01-01"}
    assert hana.ask("PUT", path, later).status_code == 409  # not employed on that day
    assert hana.ask("POST", "/leaves", sent | {"person": world.hana.number}).status_code == 403
    overlapping = hana.ask("POST", "/leaves", sent | {"starts_on": "2026-08-07"})
    assert (overlapping.status_code, Leave.objects.count()) == (409, 1)
    assert program_for(world.marco).ask("PUT", path, again).status_code == 403
    assert program_for(world.omar).get(path).status_code == 404
    assert hana.ask("POST", f"{path}/withdrawal", {"reason": "By mistake"}).status_code == 200
    assert not Leave.objects.exists()


def test_a_token_that_reads_writes_nothing(world: World) -> None:
    program = program_for(world.hana, ["org:read"])
    refused = program.ask("POST", "/hierarchies", {"code": "region", "name": "Region"})
    assert (refused.status_code, refused.json()["scope"]) == (403, "org:write")
