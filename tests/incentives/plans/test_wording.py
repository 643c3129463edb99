"""Clauses and problems as sentences."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.utils import translation

import paceline.engine
from paceline.incentives import problems, wording
from paceline.incentives.calculation import documents
from tests.incentives.plans.conftest import SOURCE


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
        assert len({clause.path for clause in clauses}) == len(clauses) == 21
        assert all(clause.text and "%(" not in clause.text for clause in clauses)


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


def test_a_problem_names_its_line_and_the_nearest_word() -> None:
    source = SOURCE.replace("    cap:", "    capp:")
    with translation.override("en"):
        [problem] = problems.plain_problems(documents.check(source))
    assert problem.text == "capp is not known here. Did you mean cap?"
    assert problem.where == f"line {source[: source.index('capp')].count(chr(10)) + 1}"
