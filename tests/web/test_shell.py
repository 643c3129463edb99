"""The shell around every page: who sees which way, the palette, refusals, what is loaded first."""

from __future__ import annotations

import gzip
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from paceline.accounts.models import User
from paceline.org.models import Person
from paceline.web import navigation
from paceline.web.finder import find
from tests.world import World

pytestmark = pytest.mark.django_db

FIRST_LOAD_MAX = 250_000
QUERIES_MAX = 15


def _side(html: str) -> str:
    return html.split('id="side"', 1)[1].split("</nav>", 1)[0]


def test_home_answers_every_role(world, client_for, django_assert_max_num_queries):
    for name, person in world.cast.items():
        if name == "fred":
            continue
        client = client_for(person)
        client.get("/")  # the first answer of a session writes it down
        with django_assert_max_num_queries(QUERIES_MAX):
            answer = client.get("/")
        assert answer.status_code == 200, name
        assert person.name in answer.content.decode()


def test_every_way_leads_somewhere():
    entries = [one for group in navigation.GROUPS for one in group.entries]
    for entry in (*entries, *navigation.ACCOUNT_PAGES):
        assert reverse(entry.address)


@pytest.mark.parametrize(
    ("who", "shown", "hidden"),
    [
        (
            "priya",
            {"Statements", "Plans", "People", "Imports"},  # of their own customers
            {"Pay runs", "Payroll", "Audit trail"},
        ),
        ("dana", {"Pay runs", "Imports", "Order lines", "Audit trail"}, set()),
        ("ines", {"Pay runs", "Payroll", "Audit trail"}, {"Access rights"}),
        ("hana", {"People", "Teams", "Access review"}, {"Pay runs", "Payroll", "Order lines"}),
        ("ada", {"Access review", "Audit trail"}, {"Pay runs", "Payroll", "Statements", "Plans"}),
    ],
)
def test_the_side_shows_what_a_person_may_do(world, client_for, who, shown, hidden):
    side = _side(client_for(world.cast[who]).get("/").content.decode())
    labels = set(re.findall(r"</svg>([^<]+)</a>", side))
    assert shown <= labels
    assert not hidden & labels


def test_ones_own_work_stands_in_one_place(world, client_for):
    """Cards, tasks and the plan are tabs of one entry; each is still found by its name."""
    client = client_for(world.priya)
    pages = [reverse(name) for name in ("boards:mine", "crm:tasks", "incentives:my-plan")]
    for page in pages:
        html = client.get(page).content.decode()
        side = _side(html)
        assert f'href="{pages[0]}" aria-current="page"' in side, page
        assert not [one for one in pages[1:] if f'href="{one}"' in side]
        tabs = html[html.index('<ul class="tabs">') :]
        assert all(f'href="{one}"' in tabs for one in pages)
        assert f'class="tab" href="{page}" aria-current="page"' in tabs
    assert "My tasks" in _labels(world.priya, "my tasks", world)
    # Who has nothing to do with customers has no tab for them.
    assert reverse("crm:tasks") not in client_for(world.hana).get(pages[0]).content.decode()


def _labels(person: Person, text: str, world: World) -> set[str]:
    return {entry.label for group in find(person, text, world.today) for entry in group.entries}


def test_palette_finds_people_and_pages(world, client_for, django_assert_max_num_queries):
    # Two people ask: roles, the paths and teams that say which customers, goals and projects may be
    # found, the index, the people.
    with django_assert_max_num_queries(8):
        assert "Marco Bianchi" in _labels(world.priya, "marc", world)
    assert "Statements" in _labels(world.priya, "statem", world)
    assert "Audit trail" not in _labels(world.priya, "audit", world)
    assert "Audit trail" in _labels(world.dana, "audit", world)


def test_palette_answers_with_escaped_words(world, client_for):
    answer = client_for(world.dana).get("/palette", {"q": "<script>"})
    assert "&lt;script&gt;" in answer.content.decode()
    assert "<script>" not in answer.content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
def test_a_wrong_address_is_refused_in_the_shell(world, client_for, language):
    User.objects.filter(pk=world.dana.user_id).update(language=language)
    answer = client_for(world.dana).get("/no/such/page")
    html = answer.content.decode()
    assert answer.status_code == 404
    tag = {"en": "en", "zh-hant": "zh-Hant-TW", "zh-hans": "zh-Hans-CN"}[language]
    assert f'<html lang="{tag}"' in html
    assert 'id="side"' in html


def test_a_form_without_its_token_is_refused_in_words(world):
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/account/login/", {"login": "x"})
    assert answer.status_code == 403
    assert "open for too long" in answer.content.decode()


def test_a_stranger_is_sent_to_the_door():
    answer = Client().get("/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


def test_theme_and_language_stand_in_the_document(world, client_for):
    User.objects.filter(pk=world.dana.user_id).update(language="zh-hant", theme="dark")
    html = client_for(world.dana).get("/").content.decode()
    assert 'lang="zh-Hant-TW" data-theme="dark" data-bs-theme="dark"' in html


def test_the_first_load_is_small(world, client_for):
    """Everything that the home page fetches before it can be used, compressed."""
    html = client_for(world.dana).get("/").content.decode()
    names = set(re.findall(r'(?:src|href)="/static/([^"]+\.(?:css|js|svg))"', html))
    names |= {f"web/islands/{name}.js" for name in ("live", "menu", "palette", "toasts")}
    assert {"web/tokens.css", "web/paceline.css", "web/shell.js"} <= names
    sizes = {}
    for name in names:
        found = finders.find(name)
        assert found, name
        with open(found, "rb") as file:  # noqa: PTH123 - finders answer with text
            sizes[name] = len(gzip.compress(file.read()))
    total = sum(sizes.values()) + len(gzip.compress(html.encode()))
    assert total <= FIRST_LOAD_MAX, sizes


def test_the_policy_forbids_inline_scripts(world, client_for):
    policy = client_for(world.dana).get("/")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-eval" not in policy
