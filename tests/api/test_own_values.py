"""Values of own fields through the interface: typed, checked, found by, and nobody else's."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from paceline.boards.actions import add_field, change_field
from paceline.crm.actions import add_custom_field, change_custom_field
from paceline.crm.models import Company, CustomField, Deal, FieldKind
from tests.api.calling import Program, program_for
from tests.boards.conftest import make_work
from tests.crm.conftest import Sales, make_sales
from tests.keeping import once
from tests.world import NOW, World

CANARY = "Kanarienvogel-7781"
KINDS = [*FieldKind]
RIGHT: dict[str, Any] = {
    "text": " Oolong ", "long_text": "Two\nlines", "number": 12.5, "money": "1200.50",
    "day": "2026-07-31", "yes_no": True, "choice": "Tea", "choices": ["Tea", "Cups"],
    "link": "example.com/a",
}  # fmt: skip
READ: dict[str, Any] = RIGHT | {
    "text": "Oolong", "number": "12.5", "money": "1200.5", "link": "https://example.com/a",
}  # fmt: skip
WRONG: dict[str, Any] = {
    "text": 5, "long_text": ["x"], "number": "twelve", "money": "1.00001", "day": "31.07.2026",
    "yes_no": "yes", "choice": "Coffee", "choices": ["Tea", "Coffee"], "link": "javascript:1",
}  # fmt: skip


@pytest.fixture
def sales(world: World) -> Sales:
    return once(make_sales, world)


@pytest.fixture
def program(world: World) -> Program:
    return program_for(world.priya)


def own_field(world: World, of: str, kind: FieldKind, **facts: Any) -> CustomField:
    options = ["Tea", "Cups"] if kind in {FieldKind.CHOICE, FieldKind.CHOICES} else ()
    given = {"team": world.north, "label": f"{of} {kind}", "options": options, "by": world.marco}
    return add_custom_field(**given | facts, of=of, kind=kind, at=NOW)


def faults(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.content
    return {one["field"] for one in answer.json()["errors"]}


def by_values(values: dict[str, Any]) -> str:
    return f"custom={quote(json.dumps(values))}"


def test_every_kind_is_written_read_and_refused_by_its_name(
    program: Program, sales: Sales, world: World
) -> None:
    keys = {kind.value: own_field(world, "company", kind).key for kind in KINDS}
    sent = {"name": "Aster", "custom": {keys[kind]: value for kind, value in RIGHT.items()}}
    made = program.ask("POST", "/companies", sent)
    assert made.status_code == 200, made.content
    assert made.json()["custom"] == {keys[kind]: value for kind, value in READ.items()}
    path = f"/companies/{made.json()['id']}"
    wrong = {"custom": {keys[kind]: value for kind, value in WRONG.items()} | {"99999999": "x"}}
    named = {f"custom.{key}" for key in [*keys.values(), "99999999"]}
    assert faults(program.ask("PATCH", path, wrong)) == named
    assert Company.objects.get(name="Aster").version == 1
    # One is emptied, the others stay; each change is told like every other.
    changed = program.ask("PATCH", path, {"custom": {keys["text"]: None, keys["yes_no"]: False}})
    left = {keys[kind]: READ[kind] for kind in READ if kind not in {"text", "yes_no"}}
    assert (changed.json()["custom"], changed["ETag"]) == (left, '"v2"')
    # Each kind finds its records; a part of a list is enough, and nothing is said where null.
    ids = [made.json()["id"]]
    for kind in ("number", "money", "day", "choice", "choices", "link", "long_text"):
        found = program.rows(f"/companies?{by_values({keys[kind]: RIGHT[kind]})}")
        assert [one["id"] for one in found] == ids, kind
    some = {keys["choices"]: ["Cups"], keys["text"]: None, keys["yes_no"]: False}
    assert [one["id"] for one in program.rows(f"/companies?{by_values(some)}")] == ids
    assert program.rows(f"/companies?{by_values({keys['choice']: 'Cups'})}") == []
    # The same as a file: a column for each field, and nothing that a spreadsheet would run.
    program.ask("PATCH", path, {"custom": {keys["text"]: "=1+1"}})
    file = program.get(f"/companies?{by_values(some | {keys['text']: '=1+1'})}", Accept="text/csv")
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))
    said = [row[f"custom.{keys[kind]}"] for kind in ("text", "money", "yes_no", "choices")]
    assert said == ["'=1+1", "1200.5", "", '["Tea", "Cups"]']
    assert (row["id"], row["points"], row["people_count"]) == (str(ids[0]), "[]", "")
    first = program.get("/companies?limit=1&fields=name", Accept="text/csv")
    assert first.content.decode("utf-8-sig").splitlines()[0] == "id,name"
    assert 'rel="next"' in first["Link"]
    for query in ("custom=[", "custom=[1]", by_values({"99999999": "x"}), by_values({"x": None})):
        assert program.get(f"/companies?{query}").status_code == 422, query
    assert len(program.rows("/custom-fields?of=company")) == len(KINDS)


def test_leads_contacts_and_deals_ask_for_what_is_required(
    program: Program, sales: Sales, world: World
) -> None:
    new: dict[str, dict[str, Any]] = {
        "contacts": {"name": "Ming"}, "leads": {"name": "Hua"},
        "deals": {"title": "Autumn", "pipeline": sales.north.pk},
    }  # fmt: skip
    for path, facts in new.items():
        field = own_field(world, path[:-1], FieldKind.TEXT, is_required=True)
        name = f"custom.{field.pk}"
        assert faults(program.ask("POST", f"/{path}", facts)) == {name}
        made = program.ask("POST", f"/{path}", facts | {"custom": {field.key: "Oolong"}})
        assert made.status_code == 200, made.content
        record = f"/{path}/{made.json()['id']}"
        assert faults(program.ask("PATCH", record, {"custom": {field.key: None}})) == {name}
        found = program.rows(f"/{path}?{by_values({field.key: 'Oolong'})}")
        assert [one["id"] for one in found] == [made.json()["id"]]
        # Out of use nothing new is said there; what was said is read and found still.
        facts_now = {"label": field.label, "is_required": True, "in_use": False}
        change_custom_field(field=field, **facts_now, by=world.marco, at=NOW)
        assert faults(program.ask("PATCH", record, {"custom": {field.key: "x"}})) == {name}
        assert program.get(record).json()["custom"] == {field.key: "Oolong"}
        assert len(program.rows(f"/{path}?{by_values({field.key: 'Oolong'})}")) == 1


def test_nobody_reads_or_asks_for_the_values_of_others(
    program: Program, sales: Sales, world: World, client_for: Callable[..., Client]
) -> None:
    field = own_field(world, "deal", FieldKind.TEXT)
    theirs = own_field(world, "deal", FieldKind.TEXT, team=world.south)
    deal = {"title": "Autumn", "pipeline": sales.north.pk, "owner": "E001", "amount": "10"}
    values = {"custom": {field.key: CANARY}}
    made = program.ask("POST", "/deals", deal | values).json()
    other_field = {"custom": {theirs.key: "x"}}
    assert faults(program.ask("PATCH", f"/deals/{made['id']}", other_field)) == {
        f"custom.{theirs.pk}"
    }
    won = {"stage": sales.stage("Won"), "closed_on": NOW.date()}
    Deal.objects.filter(pk=made["id"]).update(**won)
    # The pay desk reads a won deal without what its team notes of it, and cannot ask for it.
    pay = program_for(world.dana)
    assert pay.get(f"/deals/{made['id']}").json()["custom"] == {}
    assert pay.get(f"/deals?{by_values({field.key: CANARY})}").status_code == 422
    for person in (world.dana, world.omar, world.ada):
        assert CANARY not in program_for(person).get("/deals").content.decode()
    assert CANARY in program.get("/deals").content.decode()
    page = f"/crm/deals/{made['id']}"
    assert CANARY in client_for(world.priya).get(page).content.decode()
    shown = client_for(world.dana).get(page)
    assert shown.status_code == 200
    assert CANARY not in shown.content.decode()
    only = program_for(world.priya, ["crm:read"])
    assert only.ask("PATCH", f"/deals/{made['id']}", values).status_code == 403


def test_cards_have_the_fields_of_their_project(program: Program, world: World) -> None:
    work = make_work(world)
    told: dict[str, Any] = {"by": world.priya, "at": NOW}
    field = add_field(project=work.campaign, label="Channel", kind=FieldKind.CHOICE,
                      options=["Live", "Shop"], **told)  # fmt: skip
    hidden = add_field(project=work.foreign, label="Code", kind=FieldKind.TEXT, **told)
    projects = {one["name"]: one for one in program.rows("/projects")}
    assert projects["Campaign"]["custom_fields"] == [
        {"id": field.pk, "label": "Channel", "kind": "choice", "options": ["Live", "Shop"],
         "is_required": False}
    ]  # fmt: skip
    card = {"in_list": projects["Campaign"]["lists"][0]["id"], "title": "Tea"}
    made = program.ask("POST", "/cards", card | {"custom": {field.key: "Live"}})
    assert made.json()["custom"] == {field.key: "Live"}
    path = f"/cards/{made.json()['id']}"
    for wrong in ({field.key: "Coffee"}, {hidden.key: "x"}):
        name = f"custom.{next(iter(wrong))}"
        assert faults(program.ask("PATCH", path, {"custom": wrong})) == {name}
    assert program.ask("PATCH", path, {"custom": {field.key: "Shop"}}).status_code == 200
    found = program.rows(f"/cards?{by_values({field.key: 'Shop'})}")
    assert [one["id"] for one in found] == [made.json()["id"]]
    change_field(field=field, facts={"is_required": True}, **told)
    assert faults(program.ask("POST", "/cards", card)) == {f"custom.{field.pk}"}


def test_a_list_asks_no_more_for_own_values(program: Program, sales: Sales, world: World) -> None:
    field = own_field(world, "lead", FieldKind.TEXT)
    for name in ("Ming", "Hua", "Ivy"):
        program.ask("POST", "/leads", {"name": name, "custom": {field.key: "Oolong"}})
    path, asked = f"/leads?{by_values({field.key: 'Oolong'})}", []
    for limit in (1, 200):
        with CaptureQueriesContext(connection) as queries:
            assert program.get(f"{path}&limit={limit}").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 11, asked
