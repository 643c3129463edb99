"""Open pages follow long work without a reload, and go on when the server was away.

The test itself does the work of the worker, so that it decides how far the work has come when the
page is looked at. Pages come from a real web process, which is killed and started again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, Route, expect

from paceline.imports import actions as imports
from paceline.imports.models import Import
from paceline.incentives.actions import runs
from paceline.incentives.models import Run, Statement
from paceline.live import actions as live
from paceline.org.models import Person
from tests.browser.harness import check_page, cookies_of, open_context
from tests.imports.files import LINES
from tests.incentives.pay.conftest import Quarter, build_quarter, fresh
from tests.ops.processes import wait_until
from tests.ops.site import Site
from tests.world import NOW, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOLLOWS = 60_000  # milliseconds; the page comes back two to three seconds after the server
PROGRESS = "**/live/progress/*/"
UNTOUCHED = "window.untouched === true"
COUNT_HINTS = """
window.hints = 0;
window.EventSource = class extends EventSource {
  constructor(...words) {
    super(...words);
    this.addEventListener("message", () => { window.hints += 1; });
  }
};
"""


FOLLOW_MORE = """
document.body.insertAdjacentHTML("beforeend", '<div data-live="more"></div>');
document.dispatchEvent(new CustomEvent("htmx:afterSettle", { detail: {} }));
"""


@pytest.fixture
def site(company: World, tmp_path: Path) -> Iterator[Site]:
    one = Site(tmp_path / "web.log")
    one.start()
    yield one
    one.close()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[[Person, str], Page]]:
    """``visit(person, path)``: a page that remembers whether it was loaded again."""
    with ExitStack() as opened:

        def open_page(person: Person, path: str) -> Page:
            context = open_context(browser, base_url=site.url)
            opened.callback(context.close)
            context.add_cookies(cookies_of(person, site.url))  # type: ignore[arg-type]
            page = context.new_page()
            page.add_init_script(COUNT_HINTS)
            with page.expect_response(lambda answer: "/live/events" in answer.url):
                page.goto(path)
            page.evaluate("window.untouched = true")
            return page

        yield open_page


@contextmanager
def only_a_proxy(port: int) -> Iterator[Event]:
    """Answers like a proxy whose server is away; tells when a stream was asked for."""
    asked = Event()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(502)
            if self.path.startswith("/live/events"):
                asked.set()

        def log_message(self, *_words: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def path_of(run: Run) -> str:
    return reverse("incentives:run", args=[run.pk])


def calculate(run: Run) -> None:
    runs.calculate_run(run=run, at=NOW)


def expect_summary(page: Page) -> None:
    expect(page.locator("#main")).to_contain_text("$4,730.00", timeout=FOLLOWS)
    expect(page.locator("#main")).to_contain_text("Priya")
    expect(page.locator("#main progress")).to_have_count(0)
    assert page.evaluate(UNTOUCHED), "the page was loaded again"


def test_open_pages_follow_a_run_and_the_release_of_its_statements(
    company: World, visit: Callable[[Person, str], Page]
) -> None:
    """One story at one web process: starting one takes longer than all that is looked at."""
    quarter = build_quarter(company)
    run = follow_to_the_summary(company, fresh(quarter.request()), visit)
    follow_the_release(company, quarter, run, visit)
    see_one_another(company, quarter.statement(run, "priya"), visit)
    keep_a_hint(company, fresh(quarter.request()), visit)


def follow_to_the_summary(company: World, run: Run, visit: Callable[[Person, str], Page]) -> Run:
    assert run.progress is not None
    page = visit(company.dana, path_of(run))
    other = visit(company.wen, path_of(run))
    bar = page.locator("#main progress")
    expect(page.locator("#run-status")).to_contain_text("0 / 4")
    expect(other.locator("#run-status")).to_contain_text("started by Dana")

    live.advance(run.progress, done=1, step="calculating")
    expect(bar).to_have_attribute("value", "1")
    live.advance(run.progress, done=3, step="keeping")
    expect(bar).to_have_attribute("value", "3")
    calculate(run)
    expect_summary(page)
    expect_summary(other)
    expect(page.get_by_role("button", name="Release all")).to_be_visible()
    page.get_by_role("button", name="Release all").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    close(page, other)
    return fresh(run)


def follow_the_release(
    company: World, quarter: Quarter, run: Run, visit: Callable[[Person, str], Page]
) -> None:
    """Lists, the home page and the bell."""
    payee = visit(company.priya, reverse("incentives:statements"))
    finance = visit(company.ines, path_of(run))
    home = visit(company.priya, "/")
    expect(payee.locator("#main")).to_contain_text("No statement has been released yet.")
    quarter.release(run, "priya")
    expect(payee.locator("#main tbody")).to_contain_text("Priya Nair", timeout=FOLLOWS)
    expect(payee.locator("#bell .count-dot")).to_have_text("1")
    expect(home.locator(".hero-number")).to_be_visible(timeout=FOLLOWS)
    expect(finance.locator("#main .badge-good").first).to_be_visible(timeout=FOLLOWS)
    for page in (payee, finance, home):
        assert page.evaluate(UNTOUCHED), "the page was loaded again"
    close(payee, finance, home)


def see_one_another(
    company: World, statement: Statement, visit: Callable[[Person, str], Page]
) -> None:
    """People at one statement see one another come, write and go."""
    path = reverse("incentives:statement", args=[statement.pk])
    desk = visit(company.dana, path)
    payee = visit(company.priya, path)
    others = desk.locator(".presence")
    expect(others).to_contain_text("Priya Nair is viewing", timeout=FOLLOWS)
    expect(payee.locator(".presence")).to_contain_text(f"{company.dana.name} is viewing")
    check_page(desk)
    payee.close(run_before_unload=True)
    expect(others).not_to_contain_text("Priya", timeout=FOLLOWS)
    assert desk.evaluate(UNTOUCHED)
    close(desk)


def keep_a_hint(company: World, run: Run, visit: Callable[[Person, str], Page]) -> None:
    """A hint that comes while the page fetches is not lost: the answer under way is older than the
    hint, and takes the element it was for away.
    """
    assert run.progress is not None
    page = visit(company.dana, path_of(run))
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route(PROGRESS, hold_the_first)
    live.advance(run.progress, done=1, step="calculating")
    wait_until(lambda: bool(page.evaluate("true") and held))
    answer = held[0].fetch()

    heard = page.evaluate("window.hints")
    live.advance(run.progress, done=3, step="keeping")
    wait_until(lambda: bool(page.evaluate("(heard) => window.hints > heard", heard)))
    held[0].fulfill(response=answer)
    expect(page.locator("#main progress")).to_have_attribute("value", "3")


def close(*pages: Page) -> None:
    """Let the pages go, that fewer of them follow what comes next."""
    for page in pages:
        page.context.close()


def test_open_pages_go_on_after_the_server_was_away(
    company: World, site: Site, visit: Callable[[Person, str], Page]
) -> None:
    """A run and an import end while there is no server; then another run, behind a proxy."""
    quarter = build_quarter(company)
    run = fresh(quarter.request())
    assert run.progress is not None
    page = visit(company.dana, path_of(run))
    live.advance(run.progress, done=1, step="calculating")
    expect(page.locator("#main progress")).to_have_attribute("value", "1")
    source = begin_import(company)
    assert source.progress is not None
    importing = visit(company.dana, reverse("imports:import", args=[source.pk]))
    expect(importing.locator("#import")).to_contain_text("0 / 2")
    live.advance(source.progress, done=1, step="writing")
    expect(importing.locator("#import progress")).to_have_attribute("value", "1")

    site.kill()
    calculate(run)
    imports.run_commit(source=source, at=NOW)
    site.start()
    expect_summary(page)
    expect(importing.locator("#import progress")).to_have_count(0, timeout=FOLLOWS)
    expect(importing.locator("#import")).to_contain_text("150.50")
    assert importing.evaluate(UNTOUCHED), "the page was loaded again"
    close(page, importing)

    imports.undo(source=source, reason="its lines are not of this story", by=company.dana, at=NOW)
    run = fresh(quarter.request())
    page = visit(company.dana, path_of(run))
    expect(page.locator("#run-status")).to_contain_text("0 / 4")
    site.kill()
    # A refusal by the proxy ends a browser's own attempts to come back.
    with only_a_proxy(site.port) as asked:
        assert asked.wait(60)
        calculate(run)
    site.start()
    expect_summary(page)


def begin_import(company: World) -> Import:
    """An import of two order lines, waiting to be written."""
    text = LINES.format(priya=company.priya.number)
    source = imports.upload(
        kind="order_lines", content=text.encode(), name="a.csv", by=company.dana, at=NOW
    )
    source = imports.check(source=source, by=company.dana, at=NOW)
    return imports.request_commit(source=source, by=company.dana, at=NOW)


def test_a_page_left_open_after_sign_out_never_asks_for_the_sign_in_page(
    company: World, window: Callable[..., Page]
) -> None:
    page = window(company.dana)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    answers: list[int] = []
    page.on("response", lambda answer: answers.append(answer.status))
    page.evaluate(FOLLOW_MORE)
    while len(answers) < 2:  # the stream, then the knock that asks why it closed
        page.wait_for_event("response")
    assert answers == [204, 204]
    assert page.context.cookies() == []
