"""Rules for leads by programs, and why a lead was given to whom."""

from __future__ import annotations

from typing import Any

from paceline.leads.models import RoutingRule
from tests.api.calling import program_for
from tests.leads.conftest import add_lead, make_desk
from tests.world import World


def test_rules_are_kept_by_the_lead_and_traces_are_told(world: World) -> None:
    made = make_desk(world)
    marco, priya, omar = (program_for(one) for one in (world.marco, world.priya, world.omar))
    (rule,) = priya.rows("/routing-rules?team=north")
    assert (rule["method"], rule["people"]) == ("round_robin", ["E001", "E050"])
    assert omar.rows("/routing-rules") == []
    french: dict[str, Any] = {
        "team": "north", "name": "French", "method": "fixed", "people": ["E050"],
        "languages": ["fr"],
    }  # fmt: skip
    first = marco.ask("POST", "/routing-rules", french)
    assert first.status_code == 200, first.content
    path = f"/routing-rules/{first.json()['id']}"
    assert marco.ask("PUT", f"{path}/place", {"earlier": True}).json()["rank"] == 1
    for more in ({"people": ["E003"]}, {"method": "loudest"}, {"sources": ["dream"]}):
        assert marco.ask("POST", "/routing-rules", french | more).status_code == 422, more
    for other in (priya, omar, program_for(world.sofia)):
        assert other.ask("POST", "/routing-rules", french).status_code == 403
    changed = {key: value for key, value in french.items() if key != "team"} | {"name": "FR"}
    tag = marco.get(path)["ETag"]
    assert marco.ask("PUT", path, changed, If_Match=tag).json()["name"] == "FR"
    assert marco.ask("PUT", path, changed, If_Match=tag).status_code == 412
    lead = add_lead(world, languages=["fr"])
    (arrived,) = priya.rows(f"/leads/{lead.pk}/assignments")
    assert (arrived["person"], arrived["cause"], arrived["rule"]) == (
        "E050", "arrived", first.json()["id"],
    )  # fmt: skip
    assert [(one["name"], one["is_chosen"]) for one in arrived["steps"][0]["people"]] == [
        ("Nina Chen", True)
    ]
    # Asked once more, the rules pass over whoever had it.
    again = marco.ask("POST", f"/leads/{lead.pk}/assignments").json()
    assert (again["person"], again["cause"], again["rule"]) == ("E001", "asked", made.rule.pk)
    assert "Nina Chen" in [one["name"] for one in again["steps"][0]["people"]]
    assert omar.get(f"/leads/{lead.pk}/assignments").status_code == 404
    (inquiry,) = priya.rows(f"/inquiries?waiting=true&lead={lead.pk}")
    assert (inquiry["team"], inquiry["answered_at"]) == ("north", None)
    assert omar.rows("/inquiries") == []
    assert marco.ask("POST", f"{path}/removal").status_code == 200
    assert [one["id"] for one in priya.rows("/routing-rules")] == [made.rule.pk]
    assert RoutingRule.objects.count() == 2
