"""Deals on their way: owners, shares, products, stages and what their stages ask, conversion."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from paceline.crm import actions
from paceline.crm.models import Activity, Answer, Contact, Deal, DealContributor, Lead, StageChange
from tests.api.calling import Program, program_for
from tests.crm.conftest import Sales, make_sales
from tests.keeping import once
from tests.world import World


@pytest.fixture
def sales(world: World) -> Sales:
    return once(make_sales, world)


@pytest.fixture
def program(world: World) -> Program:
    return program_for(world.priya)


def test_a_deal_goes_on_when_it_has_what_its_stage_asks(
    program: Program, sales: Sales, world: World
) -> None:
    (pipeline,) = program.rows("/pipelines")
    assert (pipeline["id"], pipeline["team"], pipeline["currency"]) == (
        sales.north.pk, "north", "USD",
    )  # fmt: skip
    stages = {one["name"]: one for one in pipeline["stages"]}
    assert stages["Offer"]["criteria"] == ["amount", "checklist"]
    assert list(stages) == ["New", "Offer", "Negotiation", "Won", "Lost"]
    path = f"/deals/{sales.deal.pk}/stage"
    first = program.get(path)
    assert (first.json()["stage"], first["ETag"]) == ("New", '"v1"')
    offer = {"stage": stages["Offer"]["id"]}
    assert program.ask("PUT", path, offer, If_Match='"v1"').json()["stage"] == "Offer"
    # Whoever read it in the column before is told who moved it, and nothing is changed.
    stale = program.ask("PUT", path, {"stage": stages["Won"]["id"]}, If_Match='"v1"')
    assert (stale.status_code, stale.json()["conflicts"][0]["theirs"]) == (412, offer["stage"])
    refused = program.ask("PUT", path, {"stage": stages["Negotiation"]["id"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert [(one["stage"], one["criterion"]) for one in refused.json()["unmet"]] == [
        (offer["stage"], "checklist")
    ]
    asked = program.get(path).json()
    assert [one["criterion"] for one in asked["lacks"]] == ["checklist"]
    needed = [one["id"] for one in asked["checklist"] if one["is_required"]]
    there = {"stage": stages["Negotiation"]["id"], "done": needed}
    now = program.ask("PUT", path, there, If_Match='"v2"').json()
    assert (now["stage"], [one["text"] for one in now["questions"]]) == (
        "Negotiation", ["Who decides?"],
    )  # fmt: skip
    called = {"kind": "call", "record_kind": "deal", "record": sales.deal.pk, "text": "Yes"}
    assert program.ask("POST", "/activities", called).status_code == 200
    won: dict[str, Any] = {"stage": stages["Won"]["id"]}
    assert program.ask("PUT", path, won).status_code == 409
    answer = {"question": now["questions"][0]["id"], "text": "Mrs Wang"}
    assert program.ask("PUT", path, won | {"answers": [answer]}).json()["stage_kind"] == "won"
    assert Answer.objects.get(deal=sales.deal).text == "Mrs Wang"
    wrong: tuple[dict[str, Any], ...] = (
        {"stage": sales.south.stages.get(name="New").pk}, won | {"done": [10**9]},
        won | {"answers": [{"question": 10**9, "text": "x"}]}, won | {"after": sales.foreign.pk},
        {"stage": stages["Lost"]["id"]}, {"stage": stages["Lost"]["id"], "lost": {"reason": 9**9}},
    )  # fmt: skip
    for sent in wrong:
        assert program.ask("PUT", path, sent).status_code == 422, sent
    lost = {"stage": stages["Lost"]["id"], "lost": {"note": "Too dear"}}
    assert program.ask("PUT", path, lost).json()["stage"] == "Lost"
    assert program.get(f"/deals/{sales.deal.pk}").json()["lost_note"] == "Too dear"
    assert StageChange.objects.filter(deal=sales.deal).count() == 5
    # The other team sees neither pipeline nor deal; the pay desk reads no answers of customers.
    omar, dana = program_for(world.omar), program_for(world.dana)
    assert [one["id"] for one in omar.rows("/pipelines")] == [sales.south.pk]
    assert omar.get(path).status_code == 404 == omar.ask("PUT", path, won).status_code
    assert dana.get(path).status_code == 404
    assert program_for(world.erik).ask("PUT", path, won).status_code == 403


def test_products_and_shares_are_whole(program: Program, sales: Sales, world: World) -> None:
    path = f"/deals/{sales.deal.pk}"
    chair = {"product": "Chair", "quantity": "3", "price": "19.99", "discount": "0.1"}
    made = program.ask("PUT", f"{path}/products", {"products": [chair]}, If_Match='"v1"')
    assert made.status_code == 200, made.content
    # 59.97 less a tenth is 53.973, rounded once.
    assert (made.json()["amount"], made.json()["products"][0]["amount"]) == ("53.9700", "53.9700")
    stale = {"products": [chair | {"quantity": "4"}]}
    refused = program.ask("PUT", f"{path}/products", stale, If_Match='"v1"')
    assert (refused.status_code, refused.json()["conflicts"][0]["field"]) == (412, "lines")
    finer = {"products": [chair | {"price": "19.999"}]}
    assert program.ask("PUT", f"{path}/products", finer).status_code == 422
    half = [{"payee": "E001", "kind": "owner", "share": "0.6"},
            {"payee": world.marco.number, "kind": "assist", "share": "0.4"}]  # fmt: skip
    agreed = program.ask("PUT", f"{path}/shares", {"shares": half})
    assert agreed.status_code == 200, agreed.content
    assert {(one["payee"], Decimal(one["share"])) for one in agreed.json()["shares"]} == {
        ("E001", Decimal("0.6")), (world.marco.number, Decimal("0.4")),
    }  # fmt: skip
    short = [half[0], half[1] | {"share": "0.3"}]
    stranger = [half[0], half[1] | {"payee": world.omar.number}]
    for shares in (short, stranger, [half[0]] * 2, [half[1] | {"share": "1"}], []):
        assert program.ask("PUT", f"{path}/shares", {"shares": shares}).status_code == 422
    assert DealContributor.objects.filter(deal=sales.deal).count() == 2
    # Given away, the owner's share goes along; Marco keeps what he had on top of it.
    given = program.ask("PUT", f"{path}/owner", {"owner": world.marco.number}).json()
    assert (given["owner"], [Decimal(one["share"]) for one in given["shares"]]) == (
        world.marco.number, [1],
    )  # fmt: skip
    assert program.ask("PUT", f"{path}/owner", {"owner": "E001"}).status_code == 403
    assert program.ask("PUT", f"{path}/owner", {"owner": None}).status_code == 403
    marco = program_for(world.marco)
    assert marco.ask("PUT", f"{path}/owner", {"owner": None}).status_code == 422
    assert Deal.objects.get(pk=sales.deal.pk).owner == world.marco


def test_a_lead_is_given_moved_and_converted_once(
    program: Program, sales: Sales, world: World
) -> None:
    points = [{"kind": "email", "value": "ivy@example.com"}]
    made = program.ask("POST", "/leads", {"name": "Ivy", "points": points}).json()
    path = f"/leads/{made['id']}"
    assert program.get(f"{path}/conversion").status_code == 404
    owned = program.ask("PUT", f"{path}/owner", {"owner": "E001"})
    assert (owned.json()["owner"], owned["ETag"]) == ("E001", '"v2"')
    actions.change(record=Lead.objects.get(pk=made["id"]), facts={"title": "Buyer"},
                   by=world.marco, at=world.now)  # fmt: skip
    given = program.ask("PUT", f"{path}/owner", {"owner": world.marco.number}, If_Match='"v2"')
    assert (given.status_code, given.json()["title"]) == (200, "Buyer")
    assert program.ask("PUT", f"{path}/owner", {"owner": "E001"}).status_code == 403
    status = {"status": "unqualified", "why_not": "Student"}
    assert program.ask("PUT", f"{path}/status", status).json()["why_not"] == "Student"
    converted = {"status": "converted"}
    assert program.ask("PUT", f"{path}/status", converted).status_code == 422
    wrong = {"company": 10**9}, {"pipeline": sales.south.pk}, {"deal": {"amount": "1"}}
    for sent in wrong:
        assert program.ask("POST", f"{path}/conversion", sent).status_code == 422, sent
    assert not Contact.objects.filter(name="Ivy").exists()
    into = {
        "company_name": "Ivy & Co", "pipeline": sales.north.pk,
        "deal": {"title": "Lamps", "amount": "40.00"},
    }  # fmt: skip
    done = program.ask("POST", f"{path}/conversion", into)
    assert done.status_code == 200, done.content
    found = done.json()
    deal = program.get(f"/deals/{found['deal']}").json()
    assert (deal["title"], deal["amount"], deal["company"], deal["contact"]) == (
        "Lamps", "40.0000", found["company"], found["contact"],
    )  # fmt: skip
    contact = program.get(f"/contacts/{found['contact']}").json()
    assert [one["value"] for one in contact["points"]] == ["ivy@example.com"]
    assert program.get(f"{path}/conversion").json() == found
    again = program.ask("POST", f"{path}/conversion", {})
    assert (again.status_code, Contact.objects.filter(name="Ivy").count()) == (409, 1)
    assert program_for(world.omar).get(f"{path}/conversion").status_code == 404
    assert Activity.objects.count() == 0
