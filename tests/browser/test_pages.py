"""Every page there is: no accessibility finding, no complaint, nothing wider than a phone.

The page is drawn by the product inside the test's transaction and handed to the browser by a server
that knows nothing else but static files, which the browser keeps from page to page; so every page
of every permission table can be walked.
"""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.urls import reverse
from playwright.sync_api import Browser, Page

from tests.architecture.test_permissions import URLS
from tests.browser.harness import (
    AXE,
    COLOURS,
    NARROW,
    WIDE,
    accessibility_findings,
    open_context,
    too_wide,
    watch,
)
from tests.world import World, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

PAGES = sorted(
    name
    for name, url in URLS.items()
    if url.allow.get("GET") and not url.demo and url.anonymous != "token"
)
DARK = "document.documentElement.dataset.bsTheme = 'dark'"
JUDGE = "/axe.js"  # kept by the browser, too, compiled
# The reference of the interface holds every call folded up, twenty thousand elements that are not
# shown and not judged; the one that is unfolded stands for them.
FOLDED_UP = """() => {
  const calls = [...document.querySelectorAll("main details.call")];
  for (const call of calls.slice(1)) call.querySelector("summary").nextElementSibling.remove();
  if (calls.length) calls[0].open = true;
}"""
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Stage(ThreadingHTTPServer):
    """Shows one drawn page at its address, and static files."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.shown: tuple[str, HttpResponse] = "", HttpResponse()
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """What the browser gets: the page at its address, static files, and nothing else."""

    protocol_version = "HTTP/1.1"
    server: Stage

    def do_GET(self) -> None:
        address, answer = self.server.shown
        if self.path == address:
            kind = {"Content-Type": "text/html; charset=utf-8"}
            self._send(200, answer.content, {**answer.headers, **kind})
        elif found := self._file():
            kind = KINDS.get(found.suffix, "application/octet-stream")
            kept = {"Content-Type": kind, "Cache-Control": "max-age=3600, immutable"}
            self._send(200, found.read_bytes(), kept)
        else:
            self._send(204, b"", {})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self._send(204, b"", {})

    def _file(self) -> Path | None:
        path = self.path.partition("?")[0]
        if path == JUDGE:
            return AXE
        found = finders.find(path.removeprefix("/static/")) if path.startswith("/static/") else None
        return Path(found) if isinstance(found, str) else None

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    server = Stage()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def page(browser: Browser, stage: Stage) -> Iterator[Page]:
    context = open_context(browser, base_url=stage.url)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_page(name: str, page: Page, stage: Stage, world: World) -> None:
    url = URLS[name]
    address = reverse(name, kwargs=url.args(world) if url.args else None)
    answer = sign_in(world.cast[sorted(url.allow["GET"])[0]]).get(address)
    if answer.streaming or b"<html" not in answer.content[:500]:
        pytest.skip("a download, a redirect or a part of a page")
    complaints = watch(page)
    stage.shown = address, answer
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.goto(address)
    if name == "api:reference":
        page.evaluate(FOLDED_UP)
    page.add_script_tag(url=JUDGE)
    faults = accessibility_findings(page)
    page.evaluate(DARK)
    faults += [f"dark: {fault}" for fault in accessibility_findings(page, COLOURS)]
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    faults += [f"too wide: {one}" for one in too_wide(page)]
    assert faults + complaints == [], address
