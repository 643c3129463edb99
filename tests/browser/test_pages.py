"""Every page there is: no accessibility finding, no complaint, nothing wider than a phone.

The page is drawn by the product inside the test's transaction and handed to the browser, together
with the static files that it asks for; so every page of every permission table can be walked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.urls import reverse
from playwright.sync_api import Browser, Page, Route

from tests.architecture.test_permissions import URLS
from tests.browser.harness import (
    NARROW,
    TOO_WIDE,
    WIDE,
    accessibility_findings,
    open_context,
    watch,
)
from tests.world import World, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

SITE = "http://localhost"
PAGES = sorted(
    name
    for name, url in URLS.items()
    if url.allow.get("GET") and not url.demo and url.anonymous != "token"
)
DARK = "document.documentElement.dataset.bsTheme = 'dark'"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = open_context(browser, base_url=SITE)
    yield context.new_page()
    context.close()


def _serving(answer: HttpResponse, address: str) -> Callable[[Route], None]:
    """What the browser gets: the drawn page at its address, static files, and nothing else."""

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(SITE)
        found = finders.find(path.removeprefix("/static/")) if path.startswith("/static/") else None
        if path == address:
            headers = {**answer.headers, "Content-Type": "text/html; charset=utf-8"}
            route.fulfill(body=answer.content, headers=headers)
        elif found:
            kind = KINDS.get(Path(found).suffix, "application/octet-stream")
            route.fulfill(path=found, content_type=kind)
        else:
            route.fulfill(status=204)

    return serve


@pytest.mark.parametrize("name", PAGES)
def test_page(name: str, page: Page, world: World) -> None:
    url = URLS[name]
    address = reverse(name, kwargs=url.args(world) if url.args else None)
    answer = sign_in(world.cast[sorted(url.allow["GET"])[0]]).get(address)
    if answer.streaming or b"<html" not in answer.content[:500]:
        pytest.skip("a download, a redirect or a part of a page")
    complaints = watch(page)
    page.unroute_all()
    page.route("**/*", _serving(answer, address))
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.goto(address)
    faults = accessibility_findings(page)
    page.evaluate(DARK)
    faults += [f"dark: {fault}" for fault in accessibility_findings(page)]
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    faults += [f"too wide: {one}" for one in page.evaluate(TOO_WIDE)]
    assert faults + complaints == [], address
