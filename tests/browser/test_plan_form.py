"""Whole plans built by the form alone: nobody touches the text."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from paceline.incentives.actions import plans
from paceline.incentives.calculation import documents
from paceline.incentives.models import PlanVersion
from tests.browser.harness import check_page
from tests.incentives.plans.conftest import FROM, SOURCE
from tests.incentives.plans.test_form_clauses import SETTLEMENT
from tests.incentives.plans.widened import WIDENED
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DRAFT = "/incentives/plans/seller-commission/versions/1/draft"


class Editor:
    """The plan editor, driven as its user does; the text is never touched."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, name: str, within: str = "body") -> None:
        """By keyboard: the button takes the focus and Enter."""
        button = self.page.locator(within).get_by_role("button", name=name, exact=True).last
        button.focus()
        self.page.keyboard.press("Enter")

    def fill(self, place: str, **values: str) -> None:
        for key, value in values.items():
            self.page.fill(f"[name='{place}.{key.lstrip('_')}']", value)

    def choose(self, name: str, value: str) -> None:
        self.page.locator(f"[name='{name}']").select_option(value)

    def saved(self) -> Mapping[str, Any]:
        expect(self.page.locator("#summary")).not_to_contain_text("to mend")
        check_page(self.page)
        self.page.get_by_role("button", name="Save", exact=True).click()
        expect(self.page.locator("#toasts")).to_contain_text("Draft saved.")
        source = PlanVersion.objects.get().source
        assert source.startswith(SOURCE), "what was written before stands as it was"
        said = documents.edit.read(source)
        assert isinstance(said, dict)
        return said


@pytest.fixture
def editor(company: World, window: Callable[..., Page]) -> Editor:
    plans.create_plan(source=SOURCE, effective_from=FROM, by=company.dana, at=company.now)
    page = window(company.dana)
    page.goto(DRAFT)
    return Editor(page)


def test_a_scorecard_is_built_by_the_form_alone(editor: Editor) -> None:
    editor.press("Add a scorecard")
    indicators = "components.2.scorecard.indicators"
    listed = f"#list-{indicators.replace('.', '-')}"
    second = f"#row-{indicators.replace('.', '-')}-1"
    editor.fill("components.2", name="Quality card")
    editor.fill("components.2.scorecard", target="6000 USD")
    editor.fill(f"{indicators}.0", weight="60", value="sales_quota.attainment")
    expect(editor.page.locator(listed)).to_contain_text("add up to 60.00%, not to 100%")
    editor.press("Add an indicator")
    editor.fill(f"{indicators}.1", id="volume", weight="40%", value="sales", gate="sales > 0")
    expect(editor.page.locator(listed)).not_to_contain_text("not to 100%")
    editor.press("Add a step", within=second)
    editor.fill(f"{indicators}.1.steps.0", _from="0", rate="50%")
    editor.press("Add a step", within=second)
    editor.fill(f"{indicators}.1.steps.1", _from="50000", rate="100%")
    assert editor.saved()["components"][2:] == [
        {
            "id": "scorecard",
            "name": "Quality card",
            "kind": "scorecard",
            "scorecard": {
                "target": "6000 USD",
                "indicators": [
                    {"id": "indicator", "weight": "60%", "value": "sales_quota.attainment"},
                    {
                        "id": "volume",
                        "weight": "40%",
                        "value": "sales",
                        "gate": "sales > 0",
                        "steps": [
                            {"from": "0", "rate": "50%"},
                            {"from": "50000", "rate": "100%"},
                        ],
                    },
                ],
            },
        }
    ]


def test_a_contest_is_built_by_the_form_alone(editor: Editor) -> None:
    editor.press("Add a contest")
    contest = "components.2.contest"
    editor.fill(contest, score="sales_quota.attainment", at_least="80%")
    editor.choose(f"{contest}.among", "team")
    editor.choose(f"{contest}.ties", "shared")
    editor.fill(f"{contest}.prizes", _0="500")
    editor.press("Add a prize")
    editor.fill(f"{contest}.prizes", _1="300")
    assert editor.saved()["components"][2:] == [
        {
            "id": "contest",
            "name": "contest",
            "kind": "contest",
            "contest": {
                "score": "sales_quota.attainment",
                "prizes": ["500", "300"],
                "ties": "shared",
                "among": "team",
                "at_least": "80%",
            },
        }
    ]


def test_a_draw_is_built_by_the_form_alone(editor: Editor) -> None:
    editor.choose("@settlement", "stated")
    expect(editor.page.locator("[name='settlement.below_zero']")).to_have_value("carry-forward")
    editor.press("Add a draw")
    draw = "settlement.draws.0"
    editor.fill(draw, amount="1500")
    editor.fill(f"{draw}.recovery", share="50")
    editor.choose(f"{draw}@kind", "forgiven")
    expect(editor.page.locator("#summary")).to_contain_text("needs a last period")
    editor.choose(f"{draw}@last_period", "value")
    editor.fill(draw, last_period="2026Q3")
    assert editor.saved()["settlement"]["draws"] == [
        {
            "id": "draw",
            "kind": "forgiven",
            "amount": "1500",
            "first_period": "2026Q1",
            "last_period": "2026Q3",
            "recovery": {"from": "2026Q1", "share": "50%"},
            "limit": "none",
        }
    ]


def test_every_clause_fits_a_phone_in_chinese(company: World, window: Callable[..., Page]) -> None:
    version = plans.create_plan(
        source=WIDENED["team"] + SETTLEMENT.replace("commission", "card").replace("bonus", "grid"),
        effective_from=FROM,
        by=company.dana,
        at=company.now,
    )
    account = company.dana.user
    account.language = "zh-hant"
    account.save()
    page = window(company.dana)
    page.goto(f"/incentives/plans/{version.plan.code}/versions/1/draft")
    expect(page.locator("#section-settlement")).to_contain_text("追回")
    check_page(page)
    shots = os.environ.get("SHOTS")
    for width in (1440, 380) if shots else ():
        page.set_viewport_size({"width": width, "height": 900})
        for name in ("components", "measures", "quotas", "credits", "settlement"):
            page.locator(f"#section-{name}").screenshot(path=f"{shots}/zh-{name}-{width}.png")
