"""Files by programs: brought, mapped, looked at, written once, taken back."""

from __future__ import annotations

import base64

from paceline.imports.models import Import
from paceline.kernel import jobs
from paceline.orders.models import OrderLine
from tests.api.calling import program_for
from tests.imports.files import LINES
from tests.world import World


def test_a_file_goes_all_the_way_and_back(world: World) -> None:
    dana = program_for(world.dana)
    kinds = {one["id"]: one for one in dana.rows("/import-kinds")}
    assert {"order_lines", "people", "teams"} <= set(kinds)
    amount = next(one for one in kinds["order_lines"]["fields"] if one["name"] == "amount")
    assert (amount["type"], amount["required"]) == ("decimal", True)
    text = LINES.format(priya=world.priya.number).replace("Payee", "Who")
    sent = {"kind": "order_lines", "name": "july.csv", "text": text}
    made = dana.ask("POST", "/imports", sent)
    assert made.status_code == 200, made.content
    found = made.json()
    path = f"/imports/{found['id']}"
    # The column has a name that nobody knows, until it is said what it holds.
    assert found["mapping"].get("payee") is None
    wrong = {"fields": {"payee": {"column": "Seller"}, "colour": {"column": "Who"}}}
    refused = dana.ask("PUT", f"{path}/mapping", wrong)
    assert [one["field"] for one in refused.json()["errors"]] == ["fields.payee", "fields.colour"]
    right = {"fields": {"payee": {"column": "Who"}, "source": {"constant": "shop"}}}
    mapped = dana.ask("PUT", f"{path}/mapping", right)
    assert mapped.status_code == 200, mapped.content
    checked = mapped.json()
    assert (checked["state"], checked["mapping"]["payee"]) == ("checked", "Who")
    assert checked["counts"] == {
        "rows": 3, "accepted": 2, "rejected": 1, "new": 2, "changed": 0, "same": 0,
    }  # fmt: skip
    assert [(one["currency"], one["sum"]) for one in checked["sums"]] == [("USD", "150.5000")]
    (problem,) = [one for one in dana.rows(f"{path}/problems") if one["severity"] == "error"]
    assert (problem["row"], problem["code"]) == (4, "person_unknown")
    assert "nobody" in problem["message"]
    (line,) = dana.rows(f"{path}/rejected")
    assert (line["values"]["Order"], line["values"]["Amount"]) == ("A-2", "10.00")
    assert dana.ask("POST", f"{path}/undo", {"reason": "x"}).status_code == 409
    # Finance looks on, sellers see nothing of it, and writing happens once.
    ines = program_for(world.ines)
    assert ines.get(path).json()["counts"]["accepted"] == 2
    assert ines.ask("POST", f"{path}/commit").status_code == 403
    assert program_for(world.priya).get(path).status_code == 404
    assert program_for(world.priya).rows("/imports") == []
    assert dana.ask("POST", f"{path}/commit").json()["state"] == "committing"
    assert program_for(world.wen).ask("POST", f"{path}/commit").status_code == 409
    assert OrderLine.objects.count() == 0
    jobs.run_waiting()
    assert (dana.get(path).json()["state"], OrderLine.objects.count()) == ("committed", 2)
    assert dana.ask("PUT", f"{path}/mapping", right).status_code == 409
    assert dana.ask("POST", f"{path}/discard").status_code == 409
    undone = dana.ask("POST", f"{path}/undo", {"reason": "Wrong month"}).json()
    assert (undone["state"], OrderLine.objects.count()) == ("undone", 0)
    assert [one["id"] for one in dana.rows("/imports?state=undone")] == [found["id"]]


def test_what_cannot_be_read_is_said_and_nothing_is_kept(world: World) -> None:
    dana = program_for(world.dana)
    sent = {"kind": "order_lines", "name": "x.csv"}
    encoded = base64.b64encode(LINES.encode("utf-16-le")).decode()
    for more in ({}, {"text": "a", "base64": "YQ=="}, {"base64": "%%"}, {"kind": "none"}):
        assert dana.ask("POST", "/imports", sent | more).status_code == 422, more
    assert not Import.objects.exists()
    layout = {"encoding": "utf-16-le"}
    read = dana.ask("POST", "/imports", sent | {"base64": encoded, "layout": layout}).json()
    assert (read["columns"][0], read["counts"]["rows"]) == ("Order", 3)
    empty = dana.ask("POST", "/imports", sent | {"text": ""}).json()
    assert (empty["state"], bool(empty["refusal"])) == ("uploaded", True)
    priya = program_for(world.priya)
    assert priya.ask("POST", "/imports", sent | {"text": "a"}).status_code == 422
