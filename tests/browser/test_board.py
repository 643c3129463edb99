"""The board of deals with a mouse and with keys; a second window follows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from paceline.crm.models import Deal
from tests.browser.harness import accessibility_findings
from tests.crm.conftest import make_sales
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_cards_move_by_mouse_and_by_keys(company: World, window: Callable[..., Page]) -> None:
    sales = make_sales(company)
    page = window(company.priya)
    page.goto(reverse("crm:board", args=[sales.north.pk]))
    new, offer = (
        page.locator(f"[data-column='{sales.stage(name).pk}']") for name in ("New", "Offer")
    )
    card = page.locator(f"#card-{sales.deal.pk}")
    expect(new.locator(".board-card")).to_have_count(1)
    card.focus()
    page.keyboard.press("]")
    expect(offer.locator(".board-card")).to_have_count(1)
    expect(page.locator("#board-said")).to_have_text("“Spring order” is now in “Offer”.")
    expect(card).to_be_focused()
    assert Deal.objects.get(pk=sales.deal.pk).stage.name == "Offer"
    page.keyboard.press("]")  # Negotiation asks for the checklist first
    expect(page.locator("#board .notice-bad")).to_contain_text("Tick off every required item")
    expect(offer.locator(".board-card")).to_have_count(1)
    assert accessibility_findings(page) == []
    box, goal = card.bounding_box(), new.bounding_box()
    assert box is not None
    assert goal is not None
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 8)
    page.mouse.down()
    page.mouse.move(goal["x"] + 40, goal["y"] + 20, steps=12)
    page.mouse.up()
    expect(new.locator(".board-card")).to_have_count(1)
    expect(page.locator("#board-said")).to_have_text("“Spring order” is now in “New”.")
    assert Deal.objects.get(pk=sales.deal.pk).stage.name == "New"
