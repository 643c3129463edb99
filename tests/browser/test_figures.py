"""What only a browser shows of figures: whether the tones of a cohort's table can be seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TONES = """
const cells = [1, 2, 3, 4, 5].map((n) => `<td class="is-figure heat-${n}">1 %</td>`).join("");
document.querySelector("main").insertAdjacentHTML("beforeend",
  `<table class="table"><tbody><tr>${cells}<td>0 %</td></tr></tbody></table>`);
"""
SEEN = (
    "[...document.querySelectorAll('main td')].map((one) => getComputedStyle(one).backgroundColor)"
)


def test_the_shares_of_a_cohort_are_shaded(company: World, window: Callable[..., Page]) -> None:
    page = window(company.dana)
    page.goto(reverse("insights:chart", args=["cohort"]))
    page.evaluate("() => {" + TONES + "}")
    *tones, plain = page.evaluate(SEEN)[-6:]
    assert len({*tones, plain}) == 6


def test_a_chart_is_read_narrowed_and_taken_along(
    company: World, window: Callable[..., Page]
) -> None:
    page = window(company.dana)
    page.goto("/gallery")
    chart = page.locator(".chart").first
    chart.scroll_into_view_if_needed()
    drawn = chart.locator("canvas")
    expect(drawn).to_be_visible()
    tip = chart.locator(".chart-tip")
    expect(tip).to_be_hidden()
    box = drawn.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.72, box["y"] + box["height"] / 2)
    expect(tip).to_contain_text("May")
    expect(tip).to_contain_text("This year$7,200.00")
    expect(tip).to_contain_text("Last year")
    last = chart.get_by_role("button", name="Last year")
    last.focus()
    page.keyboard.press("Enter")
    expect(last).to_have_attribute("aria-pressed", "false")
    page.mouse.move(box["x"] + box["width"] * 0.74, box["y"] + box["height"] / 2)
    expect(tip).to_contain_text("This year")
    expect(tip).not_to_contain_text("Last year")
    page.mouse.move(0, 0)
    expect(tip).to_be_hidden()


def test_the_picture_of_a_chart_bears_its_title_and_key(
    company: World, window: Callable[..., Page]
) -> None:
    page = window(company.dana)
    page.goto("/gallery")
    chart = page.locator(".chart").first
    chart.scroll_into_view_if_needed()
    expect(chart.locator("canvas")).to_be_visible()
    high = chart.locator(".chart-canvas").evaluate("one => one.clientHeight")
    with page.expect_download() as found:
        chart.get_by_role("button", name="Download as PNG").click()
    assert found.value.suggested_filename == "earned.png"
    head = found.value.path().read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    # At twice the size of the screen, and higher by a row of a title and a row of a key.
    assert int.from_bytes(head[20:24], "big") == 2 * (high + 12 + 28 + 24)


def test_a_dark_page_is_printed_with_light_charts(
    company: World, window: Callable[..., Page]
) -> None:
    page = window(company.dana, color_scheme="dark")
    page.goto("/gallery")
    chart = page.locator(".chart").first
    chart.scroll_into_view_if_needed()
    drawn = chart.locator("canvas")
    expect(drawn).to_be_visible()
    page.wait_for_timeout(600)  # its lines are being drawn
    dark = drawn.evaluate("one => one.toDataURL()")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "light"
    assert drawn.evaluate("one => one.toDataURL()") != dark
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
