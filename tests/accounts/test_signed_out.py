"""Whoever was signed out while they wrote loses nothing of it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from paceline.accounts.models import User
from tests.world import World

pytestmark = pytest.mark.django_db
SENT = {
    "language": "zh-hant",
    "time_zone": "Asia/Tokyo",
    "note": "first\n<second>",
    "password": "no",
}


def test_what_was_sent_is_given_back_and_can_be_sent_again(world: World) -> None:
    answer = Client().post("/imports/new?kind=people", SENT)
    assert (answer.status_code, answer.headers.get("Location")) == (401, None)
    page = answer.content.decode()
    assert 'action="/imports/new?kind=people"' in page
    assert 'href="/account/login/" target="_blank"' in page
    kept = dict(re.findall(r'<textarea name="(\w+)" hidden>\n([^<]*)</textarea>', page))
    assert {name: html.unescape(text) for name, text in kept.items()} == {
        name: text for name, text in SENT.items() if name != "password"
    }


def test_a_file_is_not_kept_and_the_page_says_so(tmp_path: Path) -> None:
    path = tmp_path / "june.csv"
    path.write_text("a,b\n1,2\n")
    with path.open("rb") as opened:
        answer = Client().post("/imports/new", {"kind": "order_lines", "file": opened})
    assert answer.status_code == 401
    assert "choose them again" in answer.content.decode()
    assert "<textarea" not in answer.content.decode()


def test_a_part_of_a_page_is_told_by_its_status(world: World) -> None:
    """The page itself keeps what was written; going to the sign-in page would lose it."""
    answer = Client().post("/imports/new", SENT, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (401, b"")
    assert "HX-Redirect" not in answer.headers
    here = {"HX-Request": "true", "HX-Current-URL": "http://testserver/imports/?page=2"}
    looked = Client().get("/imports/", headers=here)
    assert looked.headers["HX-Redirect"] == "/account/login/?next=%2Fimports%2F%3Fpage%3D2"


def test_a_session_that_ends_while_somebody_writes_changes_nothing(
    world: World, client_for: Callable[..., Client]
) -> None:
    browser = client_for(world.priya)
    browser.cookies.clear()
    answer = browser.post("/account/preferences", {**SENT, "theme": "dark"})
    user = User.objects.get(person=world.priya)
    assert (answer.status_code, user.theme) == (303, "system"), "only the language of the page"
    assert browser.post("/notifications/read", SENT).status_code == 401
