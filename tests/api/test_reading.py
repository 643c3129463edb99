"""Lists, single records and refusals, as every area of the interface answers them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paceline.api.document import as_json
from paceline.org import actions
from tests.api.calling import Program, program_for
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def program(world: World) -> Program:
    return program_for(world.priya)


def test_a_list_is_read_page_by_page_while_rows_are_added(program: Program, world: World) -> None:
    answer = program.get("/people?limit=4")
    page = answer.json()
    assert answer.status_code == 200, page
    numbers = [row["number"] for row in page["data"]]
    assert numbers == ["E001", "E002", "E003", "E004"]
    assert page["next"] in answer["Link"]
    actions.add_person(number="N1", name="Nadia", by=world.hana, at=world.now)
    rest = program.get(f"/people?limit=200&cursor={page['next']}").json()
    assert [row["number"] for row in rest["data"]] == [
        *(f"E{number:03}" for number in range(5, 12)), "N1",
    ]  # fmt: skip
    assert rest["next"] is None
    assert len(program.rows("/people?limit=5")) == 12


def test_a_cursor_holds_only_for_its_list(program: Program) -> None:
    cursor = program.get("/people?limit=1").json()["next"]
    for path in (
        f"/people?is_here=true&cursor={cursor}",
        f"/teams?cursor={cursor}",
        f"/people?cursor={cursor}x",
        "/people?cursor=eyJhIjoxfQ",
        "/people?cursor=WzEsMl0:x",
    ):
        answer = program.get(path)
        assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid")


def test_fields_and_filters(program: Program, world: World) -> None:
    rows = program.rows("/people?team=north&fields=name,team")
    assert rows == [
        {"id": world.priya.pk, "name": "Priya Nair", "team": "North"},
        {"id": world.marco.pk, "name": "Marco Bianchi", "team": "North"},
    ]
    assert [row["name"] for row in program.rows("/people?is_here=false")] == ["Fred Braun"]
    assert [row["number"] for row in program.rows("/people?email=OMAR@example.com")] == ["E003"]
    assert [row["code"] for row in program.rows("/positions?sort=-code")] == ["seller", "lead"]
    answer = program.get("/people?fields=name,salary")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "fields"
    one = program.get(f"/people/{world.priya.pk}?fields=manager").json()
    assert one == {"id": world.priya.pk, "manager": "Marco Bianchi"}


def test_what_is_not_known_is_refused(program: Program) -> None:
    for query in ("limit=0", "limit=201", "limit=x", "nummer=1", "is_here=perhaps", "limit=1e9"):
        answer = program.get(f"/people?{query}")
        assert answer.status_code == 422, query
        found = answer.json()
        assert found["type"] == "/api/reference#invalid"
        assert [(one["in"], one["field"]) for one in found["errors"]] == [
            ("query", query.partition("=")[0])
        ]
    assert program.get("/people/0").json()["code"] == "not_found"
    assert program.get(f"/people/{2**70}").status_code == 404
    assert program.get("/nothing/at/all").json()["code"] == "not_found"
    assert program.get("/people?number=%00").status_code == 422
    answer = program.ask("DELETE", "/people")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer["Allow"] == "GET"


def test_refusals_speak_the_callers_language(program: Program) -> None:
    told = {
        language: program.get("/people?limit=0", Accept_Language=language).json()["errors"][0]
        for language in ("en", "zh-TW", "zh-CN", "fr")
    }
    assert told["en"]["message"] == "This must be at least 1."
    assert told["zh-TW"]["message"] == "不得小於 1。"
    assert told["zh-CN"]["message"] == "不得小于 1。"
    assert told["fr"] == told["en"]
    answer = program.get("/people/0", Accept_Language="zh-Hant")
    assert answer["Content-Language"] == "zh-hant"


def test_nothing_is_sent_twice(program: Program, world: World) -> None:
    path = f"/people/{world.omar.pk}"
    tag = program.get(path)["ETag"]
    same = program.get(path, If_None_Match=tag)
    assert (same.status_code, same.content) == (304, b"")
    actions.change_person(
        person=world.omar, name="Omar H.", latin_name="", email="", by=world.hana, at=world.now
    )
    assert program.get(path, If_None_Match=tag).status_code == 200


def test_a_list_asks_the_same_for_few_and_for_many(program: Program) -> None:
    counts = []
    for limit in (1, 200):
        with CaptureQueriesContext(connection) as asked:
            assert program.get(f"/people?limit={limit}").status_code == 200
        counts.append(len(asked))
    # Two to count the call, one to find the person with their roles, one for the rows.
    assert counts == [4, 4]


def test_the_published_description_is_the_one_that_is_served(world: World) -> None:
    kept = (ROOT / "docs" / "openapi.json").read_text("utf-8")
    assert kept == as_json(), "run: manage openapi_document > docs/openapi.json"
    served = Program("").get("/api/v1/openapi.json")
    assert served.status_code == 200
    assert json.loads(served.content) == json.loads(kept)
    # Every page of a list says that it is a file too, and what is no list does not.
    reads = [one["get"] for one in json.loads(kept)["paths"].values() if "get" in one]
    answers = [one["responses"]["200"].get("content", {}) for one in reads]
    lists = ["/Page_" in json.dumps(one) for one in answers]
    assert sum(lists) >= 60
    assert ["text/csv" in one for one in answers] == lists
