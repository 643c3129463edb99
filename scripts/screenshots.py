"""Photographs the README's pages in a running demonstration company.

    make demo                                            # in one window
    var/venv/bin/python scripts/screenshots.py           # in another

Needs Chromium (``CHROMIUM`` names another one). The pictures are written to docs/screenshots.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "screenshots"
FILES = Path(os.environ.get("PACELINE_VAR", ROOT / "var")) / "demo-files"
SIZE = {"width": 1160, "height": 770}
BYTES_MAX = 150 * 1024

Way = Callable[[Page], None]


@dataclass(frozen=True)
class Shot:
    """A picture: who looks, in which language and theme, and the way to the page."""

    name: str
    who: str
    way: Way
    language: str = "en"
    dark: bool = False
    height: int = SIZE["height"]


def go(path: str) -> Way:
    def way(page: Page) -> None:
        page.goto(path)

    return way


def run_of_last_quarter(page: Page) -> None:
    """The newest run with released statements: the second row, below the running quarter."""
    page.goto("/incentives/pay/")
    page.locator("#periods tbody tr td:first-child a").nth(1).click()


def open_lines(page: Page) -> None:
    """A payee's newest statement, opened down to the lines of a tier."""
    page.goto("/incentives/statements/")
    page.locator("main table tbody tr td a").first.click()
    page.wait_for_load_state("networkidle")
    if not page.locator("details.card[open]").count():
        page.locator("details.card > summary").first.click()
    tiers = page.locator("details.tier[hx-get] > summary")
    tiers.nth(max(0, tiers.count() - 1)).click()
    page.wait_for_load_state("networkidle")
    page.locator(".tier-lines table").first.wait_for()
    page.evaluate("scrollTo(0, 0)")


def edit_plan(page: Page) -> None:
    page.goto("/incentives/plans/taipei-leads/versions/1/draft")


def check_a_file(page: Page) -> None:
    """The preview of a file with mistakes; nothing of it is kept."""
    page.goto("/imports/new")
    page.locator("input[name=kind][value=order_lines]").check()
    page.locator("input[type=file]").set_input_files(FILES / "taipei-orders-with-mistakes.csv")
    page.locator("main form[enctype] button.btn-primary").click()
    page.locator("main form[action$='/mapping'] button.btn-primary").click()
    page.wait_for_load_state("networkidle")
    page.reload()


SHOTS = (
    Shot("home", "compensation", go("/")),
    Shot("import", "compensation", check_a_file),
    Shot("plan", "compensation", edit_plan),
    Shot("run", "compensation", run_of_last_quarter),
    Shot("statement", "salesperson", open_lines, height=840),
    Shot("statement-zh-Hant", "salesperson", open_lines, language="zh-hant", height=840),
    Shot("run-dark", "compensation", run_of_last_quarter, dark=True),
)


# The sign-in page lists people by role, in this order.
SECTIONS = {"salesperson": 0, "lead": 1, "compensation": 2}


def take(browser: Browser, address: str, shot: Shot) -> None:
    context = browser.new_context(
        base_url=address,
        viewport={"width": SIZE["width"], "height": shot.height},
        color_scheme="dark" if shot.dark else "light",
        locale="zh-TW" if shot.language == "zh-hant" else "en-GB",
        reduced_motion="reduce",
    )
    page = context.new_page()
    sign_in(page, shot.who)
    page.goto("/account/preferences")
    page.locator("main select[name=language]").select_option(shot.language)
    page.locator("main form button").first.click()
    shot.way(page)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelectorAll('.toast-note, .toasts').forEach((e) => e.remove())")
    path = FOLDER / f"{shot.name}.png"
    page.screenshot(path=path, animations="disabled")
    print(f"{path.name}: {path.stat().st_size // 1000} kB, {page.url}")  # noqa: T201
    if path.stat().st_size > BYTES_MAX:
        raise SystemExit(f"{path.name} is larger than {BYTES_MAX} bytes")
    context.close()


def sign_in(page: Page, role: str) -> None:
    """One click, in the demonstration company only."""
    page.goto("/org/demo")
    page.locator("ul.people-choice").nth(SECTIONS[role]).locator("button").first.click()
    page.wait_for_load_state("networkidle")


def main() -> None:
    parser = argparse.ArgumentParser(description="Photographs the README's pages.")
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--only", default="", help="one picture by name")
    given = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for shot in SHOTS:
            if given.only in {"", shot.name}:
                take(browser, given.address, shot)
        browser.close()


if __name__ == "__main__":
    main()
