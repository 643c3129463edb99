"""Customers, leads and deals: under their rights, and never over somebody else's change."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paceline.crm.actions import Point, change
from paceline.crm.models import Company, Deal, RecordChange
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


def test_a_contact_is_added_read_and_changed(program: Program, sales: Sales, world: World) -> None:
    sent = {
        "name": "李小華", "company": sales.company.pk, "country": "TW", "owner": "E001",
        "points": [{"kind": "mobile", "value": "0987 654 321"}],
    }  # fmt: skip
    made = program.ask("POST", "/contacts", sent)
    assert made.status_code == 200, made.content
    found = made.json()
    assert (found["team"], found["owner"], found["version"]) == ("north", "E001", 1)
    assert found["points"] == [{"kind": "mobile", "value": "0987 654 321", "label": ""}]
    path = f"/contacts/{found['id']}"
    changed = program.ask("PATCH", path, {"title": "Buyer"}, If_Match=made["ETag"])
    assert (changed.json()["title"], changed["ETag"]) == ("Buyer", '"v2"')
    assert program.get(path, If_None_Match='"v2"').status_code == 304
    names = {row["name"] for row in program.rows(f"/contacts?company={sales.company.pk}")}
    assert names == {"王小明", "李小華"}
    assert len(program.rows("/contacts?sort=-changed_at&limit=1")) == 2


@pytest.mark.parametrize("path", ["/companies", "/contacts", "/leads"])
def test_what_reaches_nobody_is_refused_as_in_the_form(
    program: Program, sales: Sales, path: str
) -> None:
    points = [
        {"kind": "mobile", "value": "0987 654 321"}, {"kind": "phone", "value": "not a phone"},
        {"kind": "email", "value": "doe@example"},
    ]  # fmt: skip
    sent = {"name": "Doe", "country": "TW", "points": points}
    refused = program.ask("POST", path, sent)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    faults = [(one["in"], one["field"]) for one in refused.json()["errors"]]
    assert faults == [("body", "points.1.value"), ("body", "points.2.value")]
    assert "not a phone" in refused.json()["errors"][0]["message"]
    assert "Doe" not in {row["name"] for row in program.rows(path)}
    # The way out that the refusal names; and a change meets the same one.
    other = [{"kind": "other", "value": "ask at doe@example"}]
    made = program.ask("POST", path, {**sent, "points": other})
    assert made.status_code == 200, made.content
    one = f"{path}/{made.json()['id']}"
    for wrong in points[1:]:
        assert program.ask("PATCH", one, {"points": [wrong]}).status_code == 422
    assert [row["value"] for row in program.get(one).json()["points"]] == ["ask at doe@example"]


def test_what_stood_there_before_may_be_sent_again(
    program: Program, sales: Sales, world: World
) -> None:
    old = [Point("email", "doe@example", "old file")]
    told = {"by": world.marco, "at": world.now}
    change(record=sales.company, facts={}, points=old, **told)
    kept = {"kind": "email", "value": "doe@example"}
    more = {"kind": "phone", "value": "02 2345 6789"}
    path = f"/companies/{sales.company.pk}"
    changed = program.ask("PATCH", path, {"points": [kept, more]})
    assert changed.status_code == 200, changed.content
    assert [row["value"] for row in changed.json()["points"]] == ["doe@example", "02 2345 6789"]


def test_somebody_elses_change_is_shown_and_kept(
    program: Program, sales: Sales, world: World
) -> None:
    path = f"/companies/{sales.company.pk}"
    tag = program.get(path)["ETag"]
    change(record=sales.company, facts={"industry": "Toys"}, by=world.marco, at=world.now)
    refused = program.ask("PATCH", path, {"industry": "Games"}, If_Match=tag)
    assert (refused.status_code, refused.json()["code"]) == (412, "changed_since")
    (conflict,) = refused.json()["conflicts"]
    assert (conflict["field"], conflict["theirs"]) == ("industry", "Toys")
    assert Company.objects.get(pk=sales.company.pk).industry == "Toys"
    # What nobody else touched goes through.
    assert program.ask("PATCH", path, {"number": "K-7"}, If_Match=tag).status_code == 200
    now = Company.objects.get(pk=sales.company.pk)
    assert (now.industry, now.number) == ("Toys", "K-7")
    assert program.ask("PATCH", path, {"number": "K-8"}, If_Match="yesterday").status_code == 422
    assert RecordChange.objects.filter(company=sales.company).count() == 2


def test_a_deal_is_added_and_moved_by_nobody_else(
    program: Program, sales: Sales, world: World
) -> None:
    sent = {
        "title": "Autumn", "pipeline": sales.north.pk, "company": sales.company.pk,
        "amount": "99.50", "owner": "E001",
    }  # fmt: skip
    made = program.ask("POST", "/deals", sent)
    assert made.status_code == 200, made.content
    found = made.json()
    assert (found["stage"], found["stage_kind"], found["amount"]) == ("New", "open", "99.5000")
    assert [(one["payee"], Decimal(one["share"])) for one in found["shares"]] == [("E001", 1)]
    wrong = (
        {"pipeline": sales.south.pk}, {"owner": "E003"}, {"company": 10**9}, {"amount": "1.005"},
        {"next_step": "Call"}, {"stage": sales.stage("Won").pk}, {"currency": "usd"},
    )  # fmt: skip
    for more in wrong:
        answer = program.ask("POST", "/deals", sent | more)
        assert answer.status_code == 422, (more, answer.content)
    assert Deal.objects.filter(title="Autumn").count() == 1
    said = {"kind": "task", "record_kind": "deal", "record": found["id"], "text": "Samples"}
    task = program.ask("POST", "/activities", said | {"due_on": "2026-07-20"}).json()
    assert (task["assignee"], task["company"]) == ("E001", sales.company.pk)
    assert len(program.rows(f"/activities?deal={found['id']}")) == 1
    empty = program.ask("POST", "/activities", said | {"kind": "note", "text": " "})
    assert empty.status_code == 422
    # The other team, the pay desk and an administrator see nothing of an open deal.
    for person in (world.omar, world.dana, world.ada):
        other = program_for(person)
        assert other.get(f"/deals/{found['id']}").status_code == 404
        assert other.ask("PATCH", f"/deals/{found['id']}", {"title": "x"}).status_code == 404
        assert other.rows(f"/activities?deal={found['id']}") == []
    erik = program_for(world.erik)
    assert erik.get(f"/deals/{found['id']}").status_code == 200
    assert erik.ask("PATCH", f"/deals/{found['id']}", {"title": "x"}).status_code == 403


def test_lists_ask_the_same_for_one_and_for_many(program: Program, sales: Sales) -> None:
    for path in ("/companies", "/contacts", "/leads", "/deals", "/activities"):
        program.ask("POST", "/leads", {"name": "Ivy"})
        asked = []
        for limit in (1, 200):
            with CaptureQueriesContext(connection) as queries:
                assert program.get(f"{path}?limit={limit}").status_code == 200
            asked.append(len(queries))
        assert asked[0] == asked[1] <= 10, (path, asked)
