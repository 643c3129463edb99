"""The plan editor in a browser: fields and text change one another without a reload."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from paceline.incentives.actions import plans
from paceline.incentives.calculation.documents import edit
from paceline.incentives.models import PlanVersion
from tests.browser.harness import check_page
from tests.incentives.plans.conftest import FROM, SOURCE
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DRAFT = "/incentives/plans/seller-commission/versions/1/draft"
RATE = "components.0.rates.tiers.1.rate"


def test_form_and_text_are_one_document(company: World, window: Callable[..., Page]) -> None:
    plans.create_plan(source=SOURCE, effective_from=FROM, by=company.dana, at=company.now)
    page = window(company.dana)
    page.goto(DRAFT)
    text = page.locator("#source")

    page.fill(f"[name='{RATE}']", "5%")
    expect(text).to_have_value(SOURCE.replace("rate: 4%", "rate: 5%"))
    expect(page.locator("#paid")).to_contain_text("$4,500.00")
    expect(page.locator(f"[name='{RATE}']")).to_be_focused()

    page.fill(f"[name='{RATE}']", "five")
    beside = page.locator("#field-components-0-rates-tiers-1-rate-problems")
    expect(beside).to_contain_text("five is not a percentage")
    expect(page.locator("#summary")).to_contain_text("1 thing to mend")

    text.fill(SOURCE.replace("rate: 4%", "rate: 6%"))
    expect(page.locator(f"[name='{RATE}']")).to_have_value("6%")
    expect(page.locator("#paid")).to_contain_text("$5,000.00")

    page.get_by_role("button", name="Add a tier").click()
    expect(page.locator("[name='components.0.rates.tiers.2.from']")).to_have_value("150%")
    page.locator("[name='components.0.rates@on']").select_option("amount")
    expect(page.locator("[name='components.0.rates.quota']")).to_have_count(0)
    page.locator("[name='components.0.rates@on']").select_option("attainment")
    expect(page.locator("[name='components.0.rates.quota']")).to_have_value("sales-quota")
    page.get_by_role("button", name="Remove 3").click()
    expect(page.locator("[name='components.0.rates.tiers.2.from']")).to_have_count(0)

    page.fill("#try-quota", "200000")
    expect(page.locator("#paid")).to_contain_text("$200,000.00")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Draft saved.")
    saved = PlanVersion.objects.get().source
    assert edit.read(saved) == edit.read(SOURCE.replace("rate: 4%", "rate: 6%"))
    assert "# above quota" in saved


def test_a_label_is_said_by_language_without_a_reload(
    company: World, window: Callable[..., Page]
) -> None:
    plans.create_plan(source=SOURCE, effective_from=FROM, by=company.dana, at=company.now)
    page = window(company.dana)
    page.goto(DRAFT)
    text = page.locator("#source")
    label = page.locator("[name='measures.0.label']")

    label.fill("Own sales")
    expect(text).to_have_value(
        SOURCE.replace("credits: own-sales\n", "credits: own-sales\n    label: Own sales\n")
    )
    expect(label).to_be_focused()
    page.locator("#row-measures-0").get_by_role(
        "button", name="Name on the statement in three languages"
    ).click()
    expect(page.locator("[name='measures.0.label.en']")).to_have_value("Own sales")
    page.fill("[name='measures.0.label.zh-Hant']", "自己的業績")
    expect(text).to_have_value(re.compile("label: {en: Own sales, zh-Hant: 自己的業績}"))

    page.fill("[name='measures.0.label.en']", "")
    expect(text).to_have_value(re.compile("label: {zh-Hant: 自己的業績}"))
    page.fill("[name='measures.0.label.zh-Hant']", "")
    expect(label, "cleared in its last language it is one field again").to_have_value("")
    expect(text).to_have_value(SOURCE)
    label.fill("Sales")
    expect(page.locator("#summary")).not_to_contain_text("to mend")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Draft saved.")
    assert edit.read(PlanVersion.objects.get().source)["measures"][0]["label"] == "Sales"  # type: ignore[index]


def test_findings_follow_the_text_and_are_decided_on(
    company: World, window: Callable[..., Page]
) -> None:
    whole = SOURCE.replace("reading: slice", "reading: whole")
    plans.create_plan(source=whole, effective_from=FROM, by=company.dana, at=company.now)
    page = window(company.dana)
    page.goto(DRAFT)
    found = page.locator("#findings")
    expect(found).to_contain_text("pay jumps by $2,000.00")
    page.fill(f"[name='{RATE}']", "5%")
    expect(found).to_contain_text("pay jumps by $3,000.00")
    check_page(page)
    page.locator("details.finding summary").first.click()
    page.get_by_role("button", name="Pay the tiers slice by slice").first.click()
    expect(page.locator("#findings")).not_to_contain_text("A cliff in pay")
    expect(page.locator("#source")).to_have_value(SOURCE.replace("rate: 4%", "rate: 5%"))

    page.goto(DRAFT.replace("/draft", "/"))
    expect(page.get_by_role("link", name="Decide on 1 finding")).to_be_visible()
    check_page(page)
    page.locator("details.finding[open] textarea").fill("Agreed until the end of the year.")
    page.locator("details.finding[open] button", has_text="Accept with this reason").click()
    expect(page.locator("#toasts")).to_contain_text("Accepted with your reason.")
    expect(page.get_by_role("button", name="Submit").first).to_be_visible()
    check_page(page)
