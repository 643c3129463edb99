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
WIDE = 1440
BYTES_MAX = 220 * 1024

Way = Callable[[Page], None]


@dataclass(frozen=True)
class Shot:
    """A picture: who looks, in which language, and the way to the page."""

    name: str
    who: str
    way: Way
    language: str = "en"
    height: int = SIZE["height"]
    width: int = SIZE["width"]


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
    if not page.locator("details.tier[hx-get] > summary:visible").count():
        page.locator("details.card:has(details.tier[hx-get]) > summary").first.click()
    tiers = page.locator("details.tier[hx-get] > summary:visible")
    tiers.last.click()
    page.wait_for_load_state("networkidle")
    page.locator(".tier-lines table").first.wait_for()
    page.evaluate("scrollTo(0, 0)")


def show_board(page: Page) -> None:
    """The first project of the list, as a board."""
    page.goto("/boards/")
    page.locator("main a[href^='/boards/']").filter(has_text="11").first.click()


def show_charts(page: Page) -> None:
    """A role's dashboard; charts draw when they come into view."""
    page.goto("/insights/")
    page.locator("canvas, svg").first.wait_for()
    page.wait_for_timeout(1500)


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
    Shot("plan", "compensation", edit_plan, width=WIDE, height=900),
    Shot("run", "compensation", run_of_last_quarter),
    Shot("statement", "salesperson", open_lines, height=840),
    Shot("statement-zh-Hant", "salesperson", open_lines, language="zh-hant", height=840),
    Shot("goals", "executive", go("/goals/"), height=640),
    Shot("board", "lead", show_board, width=WIDE, height=760),
    Shot("dashboard", "executive", show_charts, width=WIDE, height=900),
)


# The sign-in page lists people by role, in this order.
SECTIONS = {"salesperson": 0, "lead": 1, "compensation": 2, "executive": 5}


def take(browser: Browser, address: str, shot: Shot) -> None:
    context = browser.new_context(
        base_url=address,
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="light",
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
