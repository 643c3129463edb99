"""The shell under a reader's hands: palette, menus, themes, languages, tables, dialogs, phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from paceline.org.models import Person
from tests.browser.harness import NARROW, WIDE, check_page, too_wide
from tests.imports.files import LINES
from tests.imports.test_pages import mapping_of, upload
from tests.world import World, sign_in

pytestmark = pytest.mark.browser

Window = Callable[..., Page]


def test_palette_by_keyboard_alone(company: World, window: Window) -> None:
    page = window(company.dana)
    page.goto("/")
    expect(page.locator("#palette[data-started]")).to_have_count(1)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Name, statement or page")).to_be_focused()
    page.keyboard.type("marco")
    expect(page.get_by_role("option", name="Marco Bianchi")).to_have_attribute(
        "aria-selected", "true"
    )
    check_page(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Marco Bianchi")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()


def test_language_and_theme_follow_at_once(company: World, window: Window) -> None:
    page = window(company.priya)
    page.goto("/")
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.locator("header .menu summary").last.click()
    page.get_by_role("button", name="繁體中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant-TW")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    check_page(page)


def test_without_a_choice_the_theme_is_the_device_s(window: Window, company: World) -> None:
    page = window(color_scheme="dark")
    page.goto("/account/login/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    check_page(page)
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_paper_says_whose_page_it_is_and_of_when(window: Window, company: World) -> None:
    page = window(company.priya)
    page.goto("/")
    note = page.get_by_text(f"Printed by {company.priya.name}, ")
    expect(note).to_be_hidden()
    page.emulate_media(media="print")
    expect(note).to_be_visible()


def test_sign_in_by_password_in_another_language(company: World, window: Window) -> None:
    page = window()
    page.goto("/")
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans-CN")
    page.locator("input[name=login]").fill("priya@example.com")
    page.locator("input[name=password]").fill("wrong password entirely")
    page.locator("main form button.btn-primary").click()
    expect(page.locator("main .notice-bad, main .invalid-feedback").first).to_be_visible()
    page.locator("input[name=password]").fill(company.password)
    page.locator("main form button.btn-primary").click()
    expect(page.locator("#side")).to_be_visible()


def test_a_table_sorts_searches_and_chooses_in_place(company: World, window: Window) -> None:
    page = window(company.dana)
    page.goto("/gallery")
    table = page.locator("#table-sample")
    table.get_by_role("link", name="Attainment").click()
    expect(table.locator("tbody tr").first).to_contain_text("佐藤")
    expect(page).to_have_url("/gallery?sample-sort=attainment")
    table.get_by_role("searchbox").fill("marco")
    expect(table.locator("tbody tr")).to_have_count(1)
    expect(table.get_by_role("searchbox")).to_be_focused()
    page.goto("/gallery")
    expect(table.locator("tbody tr").first).to_contain_text("佐藤")
    table.get_by_label("Choose all on this page").check()
    expect(table.locator("tbody input:checked")).to_have_count(4)


def test_a_dialog_asks_why_and_lets_go(company: World, window: Window) -> None:
    page = window(company.dana)
    page.goto("/gallery")
    dialog = page.locator("#sample-confirm")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Confirm").click()
    expect(dialog.get_by_label("Reason")).to_be_focused()
    check_page(page, narrow=False)
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()


def test_a_dialog_opens_for_whoever_is_quicker_than_the_page(
    company: World, window: Window
) -> None:
    page = window(company.dana)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/islands/dialog*", hold)
    with page.expect_request("**/islands/dialog*"):
        page.goto("/gallery", wait_until="domcontentloaded")
    for _twice in range(2):
        page.locator("[data-dialog=sample-confirm]").click()
    expect(page.locator("#sample-confirm:modal")).to_have_count(0)
    for route in held:
        route.continue_()
    expect(page.locator("#sample-confirm:modal")).to_have_count(1)
    expect(page.get_by_label("Reason")).to_be_focused()


def test_without_scripts_the_dialog_and_menus_still_work(company: World, window: Window) -> None:
    page = window(company.dana, java_script_enabled=False)
    page.goto("/gallery")
    expect(page.locator("#sample-confirm")).to_be_visible()
    page.goto("/")
    page.locator("header .menu summary").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_the_way_round_on_a_phone(company: World, window: Window) -> None:
    page = window(company.dana, viewport=NARROW)
    page.goto("/")
    expect(page.locator("#side")).to_be_hidden()
    page.get_by_role("button", name="Open navigation").click()
    expect(page.locator("#side")).to_be_visible()
    page.locator("#side").get_by_role("link", name="People").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("People")


def test_charts_are_drawn_and_have_their_table(company: World, window: Window) -> None:
    page = window(company.dana)
    page.goto("/gallery")
    chart = page.locator(".chart").first
    chart.scroll_into_view_if_needed()
    expect(chart.locator("canvas")).to_be_visible()
    chart.get_by_text("Show as a table").click()
    expect(chart.get_by_role("row", name="May")).to_contain_text("$7,200.00")


def test_a_form_is_sent_once(company: World, window: Window) -> None:
    page = window(company.priya)
    page.goto("/account/preferences")
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    page.locator("main form button.btn-primary").dblclick()
    expect(page.locator(".toast-note")).to_be_visible()
    assert len(sent) == 1


LONG = "ب" * 300


def test_one_long_word_leaves_room_for_the_rest(company: World, window: Window) -> None:
    """A name without a space, in a list and in the reason why a line is rejected."""
    Person.objects.filter(pk=company.priya.pk).update(name="A" * 120)
    text = LINES.format(priya=company.priya.number).replace("nobody", LONG)
    office = sign_in(company.dana)
    source = upload(office, "order_lines", text)
    office.post(reverse("imports:mapping", args=[source.pk]), mapping_of(source))
    page = window(company.dana)
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.goto("/org/people")
        box = page.locator("td a", has_text="AAA").bounding_box()
        assert box is not None
        assert box["width"] <= size["width"] * 0.62 + 1
        page.goto(reverse("imports:import", args=[source.pk]))
        expect(page.locator(".import-problems")).to_contain_text("Nobody has the number")
        assert too_wide(page) == [], size
