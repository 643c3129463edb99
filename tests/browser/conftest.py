"""One browser for all tests of this folder; a fresh window and a signed-in person for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page

from paceline.org.models import Person
from tests.browser.harness import cookies_of, open_context, running_browser, watch
from tests.world import World, build_world

# The browser's driver runs an event loop in this thread; Django only guards against mistakes there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """Ends before the test database does, with the connections that belong to it.

    While its driver's loop runs, this thread is told other connections than before and after.
    """
    with running_browser() as found:
        yield found
        connections.close_all()


@pytest.fixture
def company(transactional_db: None) -> World:
    """The cast, committed, so that the server's threads see it."""
    return build_world()


@pytest.fixture
def window(browser: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """``window(person, **context)`` opens a window at the live server; complaints fail the test."""
    opened = []

    def open_window(person: Person | None = None, **options: Any) -> Page:
        context = open_context(browser, base_url=live_server.url, **options)
        if person is not None:
            context.add_cookies(cookies_of(person, live_server.url))  # type: ignore[arg-type]
        page = context.new_page()
        opened.append((context, watch(page)))
        return page

    yield open_window
    for context, _complaints in opened:
        context.close()
    assert [complaint for _context, found in opened for complaint in found] == []
