"""Projects and cards for programs: the same rights and refusals as in the browser."""

from __future__ import annotations

import pytest

from paceline.boards import actions
from paceline.boards.models import Card
from tests.api.calling import program_for
from tests.boards.conftest import Work
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def test_a_program_works_on_cards(world: World, work: Work) -> None:
    program = program_for(world.priya)
    found = program.ask("GET", "/api/v1/projects").json()["data"]
    assert {one["name"] for one in found} == {"Campaign", "Secret plan"}
    campaign = next(one for one in found if one["name"] == "Campaign")
    lists = {one["name"]: one["id"] for one in campaign["lists"]}
    sent = {"in_list": lists["To do"], "title": "From a program", "executor": world.marco.number}
    made = program.ask("POST", "/api/v1/cards", sent)
    assert made.status_code == 200
    card = made.json()
    assert (card["list"], card["executor"], card["version"]) == (lists["To do"], "E002", 1)
    url = f"/api/v1/cards/{card['id']}"
    moved = program.ask("POST", f"{url}/place", {"to": lists["Done"]}).json()
    assert moved["done_at"] is not None
    actions.change_card(
        card=Card.objects.get(pk=card["id"]), facts={"title": "Theirs"}, by=world.marco, at=NOW
    )
    stale = program.ask("PATCH", url, {"title": "Mine"}, If_Match='"v2"')
    assert stale.status_code == 412 or stale.json()["conflicts"][0]["theirs"] == "Theirs"
    refused = program.ask("PATCH", url, {"executor": world.omar.number})
    assert refused.status_code == 409
    assert program.ask("POST", f"{url}/comments", {"text": "Hello"}).status_code == 200
    assert program.ask("GET", f"{url}/comments").json()["data"][0]["by"] == "E001"
    secret = f"/api/v1/cards/{work.secret.pk}"
    assert program.ask("GET", secret).status_code == 200
    assert program.ask("PATCH", secret, {"title": "x"}).status_code == 403
    assert program_for(world.marco).ask("GET", secret).status_code == 404
    assert Card.objects.get(pk=card["id"]).title == "Theirs"
