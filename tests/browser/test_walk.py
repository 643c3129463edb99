"""The main walk under real hands: a file comes in, a plan pays, a statement explains itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from paceline.incentives.models import Run
from tests.browser.harness import check_page
from tests.world import World

pytestmark = pytest.mark.browser

Window = Callable[..., Page]

# Priya sells 12,000 against a quota of 10,000: 2 % up to it and 5 % above make 300.00.
LINES = """\
order,line,date,payee,product,amount,currency
A-1,1,2026-04-03,{priya},Steamer,9500.00,USD
A-2,1,2026-05-20,{priya},Lamp,2500.00,USD
"""
QUOTAS = "payee,period,quota,currency\n{priya},2026Q2,10000,USD\n"


def test_from_a_file_to_a_released_statement(
    company: World, window: Window, run_jobs: Callable[[], int], tmp_path: Path
) -> None:
    dana, ines = window(company.dana), window(company.ines)
    for kind, text in (("order_lines", LINES), ("quotas", QUOTAS)):
        file = tmp_path / f"{kind}.csv"
        file.write_text(text.format(priya=company.priya.number), encoding="utf-8")
        bring_in(dana, kind, file, run_jobs)
    write_a_plan(dana)
    approve(dana, ines)
    address = run_and_read(dana, run_jobs)
    release(dana, address)
    read_as_payee(window(company.priya), address)


def bring_in(page: Page, kind: str, file: Path, run_jobs: Callable[[], int]) -> None:
    page.goto("/imports/new")
    page.locator(f"input[name=kind][value={kind}]").check()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload and look").click()
    check_page(page)
    page.get_by_role("button", name="Check the file").click()
    page.wait_for_load_state()
    page.locator("form[action$='/commit'] button").click()
    page.wait_for_load_state()
    assert run_jobs() in {1, 2}, "the import; of order lines their customers as well"
    page.reload()
    expect(page.locator("main")).to_contain_text("Imported")


def write_a_plan(page: Page) -> None:
    page.goto("/incentives/plans/new")
    page.get_by_role("link", name="Commission by slices").click()
    page.locator("input[name=name]").fill("Sellers")
    page.locator("input[name=code]").fill("sellers")
    page.locator("[name=currency]").fill("USD")
    page.locator("[name=period]").select_option("quarter")
    page.locator("[name=effective_from]").fill("2026-04-01")
    page.get_by_role("button", name="Begin the draft").click()
    expect(page.locator("#editor")).to_be_visible()
    check_page(page)
    rates = page.locator("#plan-fields input")
    above = next(
        rates.nth(place)
        for place in range(rates.count())
        if rates.nth(place).input_value() in {"4", "4%"}
    )
    above.fill("5%")
    expect(page.locator("#editor textarea").first).to_have_value(re.compile("5%"))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#toasts, main").filter(has_text="Draft saved").first).to_be_visible()


def approve(dana: Page, ines: Page) -> None:
    dana.goto("/incentives/plans/sellers/assignments")
    dana.locator("select[name=position]").select_option(label="Salesperson")
    dana.locator("input[name=starts_on]").fill("2026-04-01")
    dana.locator("form:has(select[name=position]) button.btn-primary").click()
    dana.wait_for_load_state()
    dana.goto("/incentives/plans/sellers/versions/1/")
    _send(dana, "/submission")
    ines.goto("/incentives/plans/sellers/versions/1/")
    check_page(ines)
    _send(ines, "/approval")
    expect(ines.locator("main")).to_contain_text("Approved")


def _send(page: Page, action: str) -> None:
    """Press the button of the form that posts there, opening its dialog first if it lies in one."""
    form = page.locator(f"form[action$='{action}']").first
    if not form.is_visible():
        holder = form.locator("xpath=ancestor::dialog").first
        page.locator(f"[data-dialog='{holder.get_attribute('id')}']").first.click()
    form.locator("button:not([type=button])").first.click()
    page.wait_for_load_state()


def run_and_read(page: Page, run_jobs: Callable[[], int]) -> str:
    page.goto("/incentives/pay/")
    listed = page.locator("form:has([name=period][value='2026Q2']) button")
    if listed.count():
        listed.click()
    else:  # the list holds the last four quarters; what is older is chosen
        page.locator("#period").select_option("2026Q2")
        page.locator(".page-actions").get_by_role("button", name="Run").click()
    expect(page).to_have_url("/incentives/pay/runs/" + str(Run.objects.get().pk) + "/")
    assert run_jobs() == 1
    page.reload()
    check_page(page)
    page.locator(".table-block").get_by_role("link", name="Priya Nair").click()
    expect(page.locator(".stat").first).to_contain_text("$300.00")
    page.locator("details.tier summary").nth(1).click()
    lines = page.locator("details.tier").nth(1).locator(".tier-lines")
    expect(lines).to_contain_text("A-2")
    expect(lines).to_contain_text("$100.00")
    check_page(page)
    return page.url


def release(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Release").click()
    expect(page.locator(".toast-note")).to_contain_text("released")


def read_as_payee(page: Page, address: str) -> None:
    page.goto("/")
    expect(page.locator(".hero-number")).to_have_text("$300.00")
    page.get_by_role("link", name="See how it came about").click()
    expect(page).to_have_url(address)
    page.locator("header .menu summary").last.click()
    page.get_by_role("button", name="繁體中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant-TW")
    expect(page.locator(".stat").first).to_contain_text("US$300.00")
    check_page(page)
