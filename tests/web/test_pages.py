"""Answers to browsers: whole pages, fragments, refusals; and charts as data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError, connections
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from paceline.crm.actions import add_company
from paceline.crm.models import Tag
from paceline.kernel.charts import BarChart, LineChart, Series
from paceline.kernel.pages import go_to, page, refuse
from paceline.web.views import errors
from tests.world import NOW, World


def _request(**headers: str) -> HttpRequest:
    request = RequestFactory().get("/here", headers=headers)
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    request.person = None  # type: ignore[attr-defined]
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    return request


HTMX = {"HX-Request": "true"}


def test_a_plain_request_gets_a_whole_page_and_htmx_a_part():
    values: dict[str, Any] = {"title": "Refused", "text": "Nothing was changed.", "status": 409}
    whole = page(_request(), "web/problem.html", values)
    assert b"<html" in whole.content
    assert whole["Vary"] == "HX-Request"
    part = refuse(_request(**HTMX), 409, "Refused", "Nothing was changed.")
    assert part.status_code == 409
    assert b"<html" not in part.content
    assert b'role="alert"' in part.content


def test_a_page_from_the_browser_s_history_is_whole():
    request = _request(**HTMX, **{"HX-History-Restore-Request": "true"})
    assert b"<html" in refuse(request, 404, "Gone", "It is gone.").content


def test_after_a_change_the_reader_goes_on():
    plain = go_to(_request(), "/there")
    assert (plain.status_code, plain["Location"]) == (303, "/there")
    assert go_to(_request(**HTMX), "/there")["HX-Redirect"] == "/there"


def test_a_fragment_carries_the_waiting_toasts():
    request = _request(**HTMX)
    messages.success(request, "Saved <b>")
    body = page(request, "tests_fragment.html", {}, fragment="part").content.decode()
    assert "the part" in body
    assert "the rest" not in body
    assert 'hx-swap-oob="beforeend"' in body
    assert "Saved &lt;b&gt;" in body


@pytest.fixture(autouse=True)
def _fragment_template(settings: Any) -> None:
    """One page with a partial, known only to these tests."""
    engine = settings.TEMPLATES[0]
    source = "{% load partials %}the rest{% partialdef part %}the part{% endpartialdef %}"
    loaders = [
        (
            "template_partials.loader.Loader",
            [
                ("django.template.loaders.locmem.Loader", {"tests_fragment.html": source}),
                "django.template.loaders.app_directories.Loader",
            ],
        )
    ]
    options = {**engine["OPTIONS"], "loaders": loaders}
    settings.TEMPLATES = [{**engine, "APP_DIRS": False, "OPTIONS": options}]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (lambda: errors.bad_request(_request(), SuspiciousOperation()), 400),
        (lambda: errors.bad_request(_request(), RequestDataTooBig()), 413),
        (lambda: errors.forbidden(_request(), PermissionError()), 403),
        (lambda: errors.not_found(_request(), LookupError()), 404),
        (lambda: errors.failed(_request()), 500),
    ],
)
def test_every_refusal_is_a_page_in_words(answer, status):
    found = answer()
    assert found.status_code == status
    assert b"<h1" in found.content


@pytest.mark.django_db
def test_a_fault_of_ours_leans_on_nothing(world: World, client_for, monkeypatch):
    client: Client = client_for(world.dana)
    client.raise_request_exception = False
    monkeypatch.setattr("paceline.web.views.home.waiting_for", lambda *_given: 1 // 0)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "went wrong on our side" in answer.content.decode()


@pytest.mark.django_db
def test_a_database_that_is_away_is_said_in_the_language_of_the_browser():
    """The account, which has a language, is in that database."""
    request = RequestFactory().get("/", headers={"accept-language": "zh-TW,zh;q=0.9"})
    lost = connections.create_connection("default")
    lost.settings_dict = {**lost.settings_dict, "HOST": "/nowhere"}
    try:
        lost.ensure_connection()
    except OperationalError:
        answer = errors.failed(request)
    else:
        pytest.fail("nobody listens there")
    assert answer.status_code == 503
    page = answer.content.decode()
    assert "目前暫時無法使用" in page
    assert 'lang="zh-Hant' in page


def test_charts_keep_every_digit_and_word_each_value():
    chart = LineChart(
        name="c",
        title="Pay",
        labels=["0%", "100%"],
        series=[Series("Earned", [Decimal("0"), Decimal("12345678901234567.89")])],
        unit="money",
        currency="USD",
        positions=[Decimal("0"), Decimal("1")],
    )
    points = chart.data()["series"][0]["points"]
    assert points[1] == {
        "value": ["1", "12345678901234567.89"],
        "text": "$12,345,678,901,234,567.89",
    }
    assert chart.rows()[1] == ("100%", ["$12,345,678,901,234,567.89"])
    bars = BarChart("b", "Payees", ["a", "b"], [Series("n", [3, None])])
    assert bars.data()["kind"] == "bar"
    assert bars.rows() == [("a", ["3"]), ("b", ["–"])]


@pytest.mark.django_db
def test_a_null_character_is_dropped_and_never_reaches_the_database(world: World, client_for):
    client: Client = client_for(world.priya)
    answer = client.get("/crm/deals", {"deals-q": "a\0b"})
    assert answer.status_code == 200
    assert b'value="ab"' in answer.content
    company = add_company(team=world.north, owner=world.priya, facts={"name": "C"}, by=None, at=NOW)
    client.post(reverse("crm:tags", args=["company", company.pk]), {"tags": "go\0ld"})
    assert Tag.objects.get(taggings__company=company).name == "gold"
    assert client.get("/incentives/terms/%00").status_code == 404
