"""Dragging where pages are arranged by it: a project's board, and the tree of goals."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from paceline.boards.models import Card
from paceline.goals.models import Goal
from tests.boards.conftest import make_work
from tests.goals.conftest import make_aims
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def drag(page: Page, what: Locator, to: Locator, below: float) -> None:
    """Take something at its edge, where nothing can be pressed, and drop it onto a place."""
    box, place = what.bounding_box(), to.bounding_box()
    assert box is not None
    assert place is not None
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 6)
    page.mouse.down()
    page.mouse.move(place["x"] + 60, place["y"] + below, steps=15)
    page.mouse.up()


def test_a_card_is_dragged_to_another_list(company: World, window: Callable[..., Page]) -> None:
    work = make_work(company)
    page = window(company.priya)
    page.goto(reverse("boards:board", args=[work.campaign.pk]))
    doing = page.locator(f"[data-column='{work.list('Doing').pk}']")
    drag(page, page.locator(f"#card-{work.card.pk}"), doing, 20)
    expect(doing.locator(".board-card")).to_have_count(1)
    expect(page.locator("#board-said")).to_have_text("“Write the banner” is now in “Doing”.")
    assert Card.objects.get(pk=work.card.pk).list == work.list("Doing")


def test_a_goal_is_dragged_below_another(company: World, window: Callable[..., Page]) -> None:
    aims = make_aims(company)
    page = window(company.erik)
    page.goto(f"{reverse('goals:tree')}?period={aims.quarter.pk}")
    below = page.locator(f"[data-below='{aims.company.pk}']")
    page.locator(f"[data-below='{aims.north.pk}'] .goal-more a").click()
    own = page.locator(f"#goal-{aims.priya.pk} > .goal-line")
    expect(own).to_be_visible()
    # From below North's goal to the end of what serves the company's.
    drag(page, own, page.locator(f"#goal-{aims.north.pk} > .goal-line"), 4)
    expect(page.locator("#tree-said")).to_have_text("Sell chairs serves Grow now.")
    expect(below.locator(f":scope > #goal-{aims.priya.pk}")).to_have_count(1)
    assert Goal.objects.get(pk=aims.priya.pk).parent_id == aims.company.pk
