"""Clauses and problems as sentences."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path

import pytest
from django.utils import translation

import paceline.engine
from paceline.engine import checks
from paceline.incentives import pay_words, problems, wording
from paceline.incentives.calculation import documents
from paceline.incentives.plan_templates import templates
from tests.incentives.plans.conftest import SOURCE
from tests.incentives.plans.widened import ALONG, WIDENED


def said(source: str, path: str) -> str:
    with translation.override("en"):
        return wording.sentence(documents.load(source), path)


def test_tiers_are_said_with_their_figures() -> None:
    tiers = "components/commission/rates/tiers"
    assert said(SOURCE, f"{tiers}/1") == "The part of “sales” up to 100% of quota earns 2%."
    assert said(SOURCE, f"{tiers}/2") == (
        "The part of “sales” above 100% of quota earns 4%, on that part only."
    )
    assert said(SOURCE, "components/commission/cap") == ("It pays at most $50,000.00 for a period.")
    assert said(SOURCE, "components/bonus/when") == (
        "Paid only when attainment of “sales quota” is at least 100%."
    )


@pytest.mark.parametrize(
    ("boundary", "texts"),
    [
        (
            "upper",
            [
                "Below 100% of quota, all of “sales” earns 2%.",
                "When 100% of quota is reached or passed, all of “sales” earns 4%.",
            ],
        ),
        (
            "lower",
            [
                "Up to and including 100% of quota, all of “sales” earns 2%.",
                "Above 100% of quota, all of “sales” earns 4%.",
            ],
        ),
    ],
)
def test_whole_amount_tiers_say_the_side_of_their_boundary(boundary: str, texts: list[str]) -> None:
    source = SOURCE.replace("reading: slice", "reading: whole")
    source = source.replace("boundary: upper", f"boundary: {boundary}")
    tiers = "components/commission/rates/tiers"
    assert [said(source, f"{tiers}/1"), said(source, f"{tiers}/2")] == texts


def test_a_plan_that_settles_nothing_promises_no_difference_for_closed_periods() -> None:
    """Only a settlement carries differences; where there is one, its own rule is told."""
    bare = re.sub(r"^settlement:\n(  .*\n)*", "", SOURCE, flags=re.MULTILINE)
    assert "this does not happen by itself" in said(bare, "policies/retroactivity")
    settled = templates()["subscription-sales"].source
    assert "comes into the next one" in said(settled, "policies/retroactivity")
    kept = settled.replace("\n  retroactivity: carry-forward", "\n  retroactivity: ignore", 1)
    assert said(kept, "policies/retroactivity") == said(settled, "policies/retroactivity")


def test_a_clause_is_called_by_its_label_in_the_readers_language() -> None:
    labelled = SOURCE.replace(
        "- id: sales\n", "- id: sales\n    label: {en: net sales, zh-Hant: 銷售淨額}\n", 1
    )
    assert labelled != SOURCE
    tier = "components/commission/rates/tiers/1"
    assert said(labelled, tier) == "The part of “net sales” up to 100% of quota earns 2%."
    with translation.override("zh-hant"):
        assert "「銷售淨額」" in wording.sentence(documents.load(labelled), tier)


def test_a_deeper_path_is_said_by_the_clause_that_holds_it() -> None:
    assert said(SOURCE, "components/commission/rates/tiers/1/rate").endswith("earns 2%.")
    assert said(SOURCE, "policies/rounding/mode").startswith("Each component is rounded once")
    assert said(SOURCE, "components/nobody") == ""


def test_the_whole_plan_is_read_aloud_without_a_gap() -> None:
    for language in ("en", "zh-hant", "zh-hans"):
        with translation.override(language):
            passages = wording.read_aloud(documents.load(SOURCE))
        clauses = [clause for passage in passages for clause in passage.clauses]
        assert len(passages) == 4
        assert len({clause.path for clause in clauses}) == len(clauses) == 23
        assert all(clause.text and "%(" not in clause.text for clause in clauses)


def paths_of(value: object, path: str = "") -> set[str]:
    """The path of every clause that a plan's parts know themselves by."""
    if isinstance(value, tuple):
        return set().union(*(paths_of(one) for one in value))
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return set()
    found = {value.clause} if hasattr(value, "clause") else set()
    return found.union(*(paths_of(getattr(value, f.name)) for f in dataclasses.fields(value)))


PLANS = {**{key: one.source for key, one in templates().items()}, **WIDENED, **ALONG}
QUOTED = re.compile("「[^」]*」|“[^”]*”")


@pytest.mark.parametrize("name", list(PLANS))
@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
def test_every_clause_of_every_construct_has_a_sentence(name: str, language: str) -> None:
    plan = documents.load(PLANS[name])
    with translation.override(language):
        said = {c.path: c.text for passage in wording.read_aloud(plan) for c in passage.clauses}
    # Said in the sentence of its factor; by the sentences of everything in it.
    within = re.compile(r"/times/\d+/when$|^settlement(/eligibility)?$")
    assert {path for path in paths_of(plan) if not within.search(path)} - set(said) == set()
    assert all(text and "%(" not in text for text in said.values())
    if language != "en":
        own = {"USD", "TWD", "CNY", "US", "NT", "CN"}
        left = {
            word
            for text in said.values()
            for word in re.findall("[A-Za-z]{2,}", QUOTED.sub("", text))
            if word not in own
        }
        assert left == set()


def test_constructs_are_said_with_their_figures() -> None:
    for path, text in SAID.items():
        assert said(WIDENED["team"], path) == text
    for path, text in SAID_ALONG.items():
        assert said(ALONG["valued"], path) == text


def test_a_grid_of_several_dimensions_and_one_that_changes_on_a_day() -> None:
    grid = "components/grid/rates"
    cube = WIDENED["team"].replace(
        "across: {by: margin, from: [0%, 20%]}",
        "across: [{by: margin, from: [0%, 20%]}, {by: orders, from: [0, 5]}]",
    )
    cube = cube.replace("[2%, 3%]", "[[1%, 2%], [3%, 4%]]")
    cube = cube.replace("[4%, 6%]", "[[5%, 6%], [7%, 8%]]")
    assert said(cube, f"{grid}/across/2") == "The columns are chosen by “orders” and begin at 0, 5."
    assert said(cube, f"{grid}/tiers/1") == (
        "When “sales quota” is below 100% of quota: all of “sales” earns"
        " 1% (from 0% of “margin” · 0 of “orders” on), 2% (from 0% of “margin” · 5 of “orders” on),"
        " 3% (from 20% of “margin” · 0 of “orders” on),"
        " 4% (from 20% of “margin” · 5 of “orders” on)."
    )
    dated = WIDENED["team"].replace(
        "      tiers:\n        - {from: 0%, rate: [2%, 3%]}\n"
        "        - {from: 100%, rate: [4%, 6%]}\n",
        "      change: anew\n      dated:\n        - tiers: [{from: 0%, rate: [2%, 3%]}]\n"
        "        - {from: 2026-03-01, tiers: [{from: 0%, rate: [4%, 6%]}]}\n",
    )
    assert said(dated, f"{grid}/change") == (
        "When the tiers change, the running total begins anew; of “margin”, too, each set of tiers"
        " sees its own days only."
    )
    assert said(dated.replace("change: anew", "change: last-day"), f"{grid}/change") == (
        "The tiers that hold on the last day of what is added up count and pay all of it."
    )


def test_days_stand_before_their_own_tiers() -> None:
    """All days stood before all tiers, and nobody could tell which tiers hold when."""
    with translation.override("en"):
        plan = documents.load(ALONG["valued"])
        (passage,) = [one for one in wording.read_aloud(plan) if one.title == "Dated"]
        paths = [one.path.rpartition("rates/")[2] for one in passage.clauses]
        dated = [path for path in paths if path.startswith("dated/")]
        assert dated == sorted(dated)
        assert dated[:2] == ["dated/1", "dated/1/tiers/1"]
        clause = "components/dated/rates/dated/3/tiers/1"
        assert wording.sentence_with_days(plan, clause) == (
            f"From Jun 1, 2026 on these tiers hold. {wording.sentence(plan, clause)}"
        )
        rest = "components/dated/rates/change"
        assert wording.sentence_with_days(plan, rest) == wording.sentence(plan, rest)


SAID_ALONG = {
    "credits/region": (
        "“region”: lines of “own” also count for the direct manager of their payee. Who is above"
        " whom is read from the hierarchy “region”."
    ),
    "components/mixed/rates/tiers/2": (
        "What lies from 500 to 900 of “orders” earns 3% of “sales”."
    ),
    "components/dated/rates/change": "When the tiers change, the running total carries on.",
    "components/dated/rates/dated/1": "Through Apr 30, 2026 these tiers hold.",
    "components/dated/rates/dated/3": "From Jun 1, 2026 on these tiers hold.",
}
SAID = {
    "components/card/scorecard": "$6,000.00 × the weighted scores of the indicators is paid.",
    "components/card/scorecard/indicators/reply/steps/2": (
        "“first reply”: from 30 to just below 60 the score is 60%."
    ),
    "components/card/scorecard/indicators/conversion/gate": (
        "Unless “orders” is at least 10, the whole scorecard pays nothing."
    ),
    "components/shared/pool": "The team's pool is “sales” × 1%, over the sums of its members.",
    "components/race/contest/prizes": (
        "The prizes, from the first rank on: $500.00, $300.00, $200.00."
    ),
    "components/grid/rates/tiers/2": (
        "When “sales quota” reaches or passes 100% of quota: all of “sales” earns"
        " 4% from 0% of “margin”, 6% from 20% of “margin”."
    ),
    "components/kicked/times/1": (
        "When attainment of “sales quota” is at least 120%, the result is multiplied by 150%."
    ),
    "components/thanks/unit": "It is paid in points and is no part of the sum of money.",
    "credits/host": (
        "“host”: an order line counts for whoever its “host id” names with a share of"
        " 30% where channel is “live”, otherwise 10%, taken from its payee,"
        " when amount is above $0.00."
    ),
    "quotas/sales-quota/spread": (
        "The year's target of “sales quota” is spread over its parts: 20%, 20%, 20%, 40%."
    ),
    "measures/season/window": "“season” looks at the days from Jun 1, 2026 to Jun 18, 2026.",
}


def codes_of_the_engine() -> set[str]:
    """Every problem code that reading a plan can give."""
    found = set()
    folder = Path(paceline.engine.__file__).parent
    for file in [*(folder / "plan").glob("*.py"), *(folder / "formula").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            name = getattr(getattr(node, "func", None), "attr", "") or getattr(
                getattr(node, "func", None), "id", ""
            )
            if name in {"refuse", "_refuse", "_invalid", "_unknown", "FormulaInvalid", "Problem"}:
                words = [
                    one.value
                    for one in node.args  # type: ignore[attr-defined]
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                ]
                found |= {word for word in words[:1] if word.replace("_", "").isalpha()}
    return found


def test_every_problem_of_the_engine_has_a_sentence() -> None:
    codes = codes_of_the_engine()
    assert {"tier_gap", "formula_too_deep", "key_unknown"} <= codes
    assert codes - set(problems.SENTENCES) == set()


def codes_of_inputs() -> set[str]:
    """Every problem code that the tables of a run can give."""
    found = set(checks._MESSAGES)
    folder = Path(paceline.engine.__file__).parent
    for name in ("checks.py", "inputs.py"):
        for node in ast.walk(ast.parse((folder / name).read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
                "Problem",
                "_problem",
            }:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def test_every_problem_of_the_inputs_has_a_sentence() -> None:
    codes = codes_of_inputs()
    assert {"column_type", "owners_exceed", "table_unreadable", "period_kind_differs"} <= codes
    assert codes - set(pay_words.PROBLEMS) == set()
    assert {"anchor_missing", "outside_period"} <= set(pay_words.EXCLUDED)
    assert "limit_exceeded" in pay_words.PROBLEMS


def test_a_problem_names_its_line_and_the_nearest_word() -> None:
    source = SOURCE.replace("    cap:", "    capp:")
    with translation.override("en"):
        [problem] = problems.plain_problems(documents.check(source))
    assert problem.text == "capp is not known here. Did you mean cap?"
    assert problem.where == f"line {source[: source.index('capp')].count(chr(10)) + 1}"


@pytest.mark.parametrize(
    ("was", "wrong", "told"),
    [
        (
            "  anchor: booking\n",
            "",
            "未写明政策 anchor。请选择 booking、invoice、shipment、cash、return-window。",
        ),
        ("of: amount", "of: ordered_on", "公式的结果是日期，但这里需要金额、数量。"),
        ("of: amount", "of: amount + ordered_on", "“+”不能用于金额、日期。"),
    ],
)
def test_a_problem_lists_its_choices_in_the_readers_language(
    was: str, wrong: str, told: str
) -> None:
    assert was in SOURCE
    with translation.override("zh-hans"):
        [problem] = problems.plain_problems(documents.check(SOURCE.replace(was, wrong, 1)))
    assert problem.text == told
