"""What only a browser shows of figures: whether the tones of a cohort's table can be seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page

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
