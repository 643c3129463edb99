"""Driving a real browser: finding it, signing in, and what every page must keep."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from paceline.org.models import Person
from tests.world import sign_in

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 380, "height": 800}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What the dark theme can change: it changes nothing but colours.
COLOURS = ["color-contrast", "link-in-text-block"]
FINDINGS = """async ([type, values, but]) => {
  const looked = {include: [document], exclude: but};
  const found = await axe.run(looked, {runOnly: {type, values}, resultTypes: ["violations"]});
  return found.violations.map((one) => `${one.id}: ${one.help} — ` +
    one.nodes.slice(0, 3).map((node) =>
      `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`).join(" | "));
}"""
# What stands around every page, and what decides how it looks; nothing while somebody uses it.
FRAME = [["nav.side > *"], ["header.top > :not(.crumbs)"]]
FRAME_NOW = """() => {
  const parts = [...document.querySelectorAll("nav.side, header.top > :not(.crumbs)")];
  const inUse = parts.some((one) => one.matches(":focus-within, :hover, :popover-open") ||
    one.querySelector(":popover-open"));
  const root = document.documentElement.cloneNode().outerHTML;
  const seen = parts.map((one) => one.outerHTML.replace(/<input type="hidden"[^>]*>/g, ""));
  const now = [root, document.body.className, innerWidth, ...seen].join("\\n");
  return [typeof axe !== "undefined", parts.length && !inUse ? now : ""];
}"""
TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > room + 1 && !one.closest(".table-scroll"))
    .slice(0, 5).map((one) => one.outerHTML.slice(0, 160));
}"""


# Pages are looked at once: what they run is compiled before it has run often, and never again for
# the better, which takes longer than it saves.
COMPILED_ONCE = "--always-sparkplug --no-maglev --no-opt"
PATIENCE = 60_000  # milliseconds; what is waited for comes at once, but not on a laden machine
expect.set_options(timeout=PATIENCE)


def chromium_path() -> str:
    """The browser that tests drive: ``CHROMIUM``, or the machine's own.

    The shell without windows draws the same pages with a fifth less of a processor.
    """
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium on this machine (set CHROMIUM to its path)")
    return found


@contextmanager
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=["--no-sandbox", "--disable-dev-shm-usage", f"--js-flags={COMPILED_ONCE}"],
        )
        try:
            yield browser
        finally:
            browser.close()


def cookies_of(person: Person, address: str) -> list[dict[str, Any]]:
    """The cookie of a session in which the person is signed in, for a browser at ``address``."""
    value = sign_in(person).cookies[settings.SESSION_COOKIE_NAME].value
    return [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": address}]


def open_context(browser: Browser, **options: Any) -> BrowserContext:
    expect.set_options(timeout=PATIENCE)
    context = browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", **options})
    context.set_default_timeout(PATIENCE)
    return context


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


LEFT_BEHIND = ("htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")
"""What htmx says of a request that a page left behind when its reader went on. A request that
failed for any other reason is complained about by the browser, too."""


def watch(page: Page) -> list[str]:
    """Collects what the page complains about: script errors, refused content, failed loads."""
    complaints: list[str] = []

    def note(line: ConsoleMessage) -> None:
        if line.type == "error" and not line.text.startswith(LEFT_BEHIND):
            complaints.append(f"console: {line.text}")

    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on("console", note)
    return complaints


def check_page(page: Page, *, narrow: bool = True) -> None:
    """No accessibility finding, and nothing wider than a phone. Leaves the page wide."""
    assert accessibility_findings(page) == [], page.url
    if narrow:
        page.set_viewport_size(NARROW)
        assert too_wide(page) == [], f"wider than {NARROW['width']} px: {page.url}"
        page.set_viewport_size(WIDE)


def too_wide(page: Page) -> list[str]:
    """What is wider than the window, once charts have followed it: they do so after it changed."""
    found: list[str] = page.evaluate(TOO_WIDE)
    until = time.monotonic() + PATIENCE / 3000
    while found and time.monotonic() < until:
        page.wait_for_timeout(50)
        found = page.evaluate(TOO_WIDE)
    return found


_flawless: set[tuple[tuple[str, ...], str]] = set()


def accessibility_findings(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe finds by these rules, or by all that the project keeps.

    The navigation and the head of a page are on every page: where they are to the letter what was
    found without a fault before, only the page itself is looked through.
    """
    is_loaded, frame = page.evaluate(FRAME_NOW)
    if not is_loaded:
        page.evaluate(_axe())
    chosen = ["rule", rules] if rules else ["tag", RULES]
    judged = (tuple(rules or RULES), frame)
    but = FRAME if judged in _flawless else []
    found: list[str] = page.evaluate(FINDINGS, [*chosen, but])
    if frame and not found:
        _flawless.add(judged)
    return found
