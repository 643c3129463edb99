"""Every page there is: no accessibility finding, no complaint, nothing wider than a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from paceline.accounts.models import User
from tests.architecture.test_permissions import URLS
from tests.browser.harness import NARROW, TOO_WIDE, WIDE, accessibility_findings
from tests.world import World

pytestmark = pytest.mark.browser

PAGES = sorted(name for name, url in URLS.items() if url.allow.get("GET") and not url.demo)
DARK = "document.documentElement.dataset.bsTheme = 'dark'"


def _faults(page: Page, address: str) -> list[str]:
    """What is wrong with one page in light and dark, on a desk and on a phone."""
    answer = page.goto(address, wait_until="load")
    kind = "" if answer is None else answer.headers.get("content-type", "")
    if answer is None or answer.status >= 400 or page.locator("html[data-theme]").count() == 0:
        # Fragments and downloads are not pages; refusals are the permission test's business.
        assert answer is None or answer.status < 500, address
        return [] if "html" in kind or answer is None else [f"{address}: {kind}"]
    faults = accessibility_findings(page)
    page.evaluate(DARK)
    faults += [f"dark {fault}" for fault in accessibility_findings(page)]
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    faults += [f"too wide: {one}" for one in page.evaluate(TOO_WIDE)]
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    return [f"{address} {fault}" for fault in faults]


def test_every_page(company: World, window: Callable[..., Page]) -> None:
    User.objects.update(theme="light")
    pages: dict[str, Page] = {}
    faults: list[str] = []
    for name in PAGES:
        url = URLS[name]
        address = reverse(name, kwargs=url.args(company) if url.args else None)
        reader = sorted(url.allow["GET"])[0]
        if reader not in pages:
            pages[reader] = window(company.cast[reader])
        try:
            faults += _faults(pages[reader], address)
        except Exception as error:
            if "Download is starting" not in str(error) and "ERR_ABORTED" not in str(error):
                raise
    assert faults == []
