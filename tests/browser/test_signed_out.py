"""A session that ends while somebody writes: what they wrote is still there, and can be sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import Page

from paceline.accounts.models import User
from tests.browser.harness import check_page, cookies_of
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_written_outlives_the_session(company: World, window: Callable[..., Page]) -> None:
    page = window(company.priya)
    page.goto("/account/preferences")
    page.locator("main select[name=time_zone]").select_option("Asia/Tokyo")
    old = page.locator("main form input[name=csrfmiddlewaretoken]").input_value()
    # Somebody signs in anew beside this page: the token of its form is another one from then on.
    address = page.url.removesuffix("/account/preferences")
    page.context.clear_cookies()
    page.context.add_cookies(cookies_of(company.priya, address))  # type: ignore[arg-type]
    newer = "b" * 32
    page.context.add_cookies([{"name": "csrftoken", "value": newer, "url": address}])
    # What was asked before may still be answered with the older one.
    page.wait_for_function("newer => document.cookie.includes(newer)", arg=newer)
    page.locator("main button.btn-primary").click()
    page.get_by_text("Saved.").wait_for()
    assert newer not in old
    assert User.objects.get(person=company.priya).time_zone == "Asia/Tokyo"


def test_a_form_of_an_ended_session_is_given_back(
    company: World, window: Callable[..., Page]
) -> None:
    # Chromium complains of every refusal, and this one is meant: a page that nobody watches.
    page = window(company.priya).context.new_page()
    page.goto("/notifications/")
    address = page.url.removesuffix("/notifications/")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.evaluate(
        """() => {
            const form = document.createElement("form");
            Object.assign(form, {method: "post", action: "/notifications/read"});
            form.innerHTML = "<input name=csrfmiddlewaretoken><textarea name=note>kept</textarea>";
            document.body.append(form);
            form.requestSubmit();
        }"""
    )
    page.get_by_role("heading", name="You have been signed out.").wait_for()
    assert page.locator("textarea[name=note]").input_value() == "kept"
    check_page(page)
    page.context.add_cookies(cookies_of(company.priya, address))  # type: ignore[arg-type]
    page.get_by_role("button", name="Send it again").click()
    page.wait_for_url("**/notifications/")
