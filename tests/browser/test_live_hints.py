"""Pages that follow their work to its end, however the answers and the hints fall."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from paceline.imports import actions
from paceline.imports.models import Import
from paceline.orders.models import OrderLine
from tests.boards.conftest import make_work
from tests.imports.files import LINES
from tests.ops.processes import wait_until
from tests.world import NOW, World

pytestmark = pytest.mark.browser

Window = Callable[..., Page]

# The stream is in the test's hands, so that hints come exactly when an answer is on its way.
STREAM = """
window.EventSource = class extends EventTarget {
  constructor() { super(); window.streams = [...(window.streams ?? []), this]; }
  close() { window.streams = window.streams.filter((one) => one !== this); }
};
window.hint = (...topics) => topics.forEach((topic) => window.streams.forEach((stream) =>
  stream.dispatchEvent(new MessageEvent("message", {data: JSON.stringify({topic})}))));
"""


def importing(world: World) -> Import:
    """An import of order lines whose writing is queued."""
    text = LINES.format(priya=world.priya.number).encode()
    source = actions.upload(
        kind="order_lines", content=text, name="lines.csv", by=world.dana, at=NOW
    )
    source = actions.check(source=source, by=world.dana, at=NOW)
    return actions.request_commit(source=source, by=world.dana, at=NOW)


def follow(page: Page, source: Import) -> None:
    page.add_init_script(STREAM)
    page.goto(f"/imports/{source.pk}")
    expect(page.locator("main")).to_contain_text("Importing")
    wait_until(lambda: bool(page.evaluate("window.streams?.length === 1")))


def test_a_hint_during_an_answer_is_not_lost(
    company: World, window: Window, run_jobs: Callable[[], int]
) -> None:
    source = importing(company)
    page = window(company.dana)
    follow(page, source)
    topics = [f"import:{source.pk}", f"progress:{source.progress_id}"]
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(f"**/imports/{source.pk}", hold, times=1)
    page.evaluate("(topic) => hint(topic)", topics[0])
    while not held:
        page.wait_for_timeout(10)
    stale = held[0].fetch()
    assert run_jobs() == 2, "the import, and the customers of its orders"
    page.evaluate("(topics) => hint(...topics)", topics)
    held[0].fulfill(response=stale)
    expect(page.locator("main")).to_contain_text("2 lines are new")


def test_a_hint_does_not_refresh_what_lies_around(company: World, window: Window) -> None:
    source = importing(company)
    page = window(company.dana)
    follow(page, source)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_response(f"**/live/progress/{source.progress_id}/"):
        page.evaluate("(topic) => hint(topic)", f"progress:{source.progress_id}")
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if "/imports/" in url] == []


def test_cancelling_is_acknowledged_and_said_at_the_end(
    company: World, window: Window, run_jobs: Callable[[], int]
) -> None:
    source = importing(company)
    page = window(company.dana)
    follow(page, source)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("main")).to_contain_text("Stopping")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    assert run_jobs() == 1
    page.evaluate("(topic) => hint(topic)", f"import:{source.pk}")
    expect(page.locator("main")).to_contain_text("It was cancelled. Nothing was changed.")
    assert not OrderLine.objects.exists()


def test_what_is_written_during_an_answer_stays(company: World, window: Window) -> None:
    work = make_work(company)
    page = window(company.priya)
    page.add_init_script(STREAM)
    board = reverse("boards:board", args=[work.campaign.pk])
    page.goto(board)
    wait_until(lambda: bool(page.evaluate("window.streams?.length === 1")))
    held: list[Route] = []
    page.route(f"**{board}*", lambda route: held.append(route), times=1)  # noqa: PLW0108
    page.evaluate("(topic) => hint(topic)", f"project:{work.campaign.pk}")
    while not held:
        page.wait_for_timeout(10)
    work.add("From somebody else", company.marco)
    page.locator("details.card-new summary").first.click()
    area = page.locator("textarea[name=titles]").first
    area.fill("Half a thought")
    held[0].continue_()
    page.wait_for_timeout(1500)  # the answer came, and a second later it was asked for again
    expect(area).to_have_value("Half a thought")
    area.fill("")
    # An open place to write in stays open while somebody is in it, and then the board follows.
    page.wait_for_timeout(1500)
    expect(area).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    expect(page.locator("#board")).to_contain_text("From somebody else")
