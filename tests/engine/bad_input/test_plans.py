"""Plans beyond every bound: refused within a second, with their place."""

from __future__ import annotations

import time
from typing import Any

import pytest

from paceline import engine
from tests.engine.test_cases import plan_of
from tests.engine.test_plan_document import PLAN

from . import LINE, SIMPLE, codes, run


def test_a_plan_of_ten_thousand_rules_is_refused_with_its_place() -> None:
    rules = "".join(f"  - {{id: r{place}, kind: direct}}\n" for place in range(10_000))
    text = PLAN.replace("credits:\n", f"credits:\n{rules}", 1)
    (problem,) = engine.check_plan(text)
    assert problem.code in {"document_too_long", "document_too_large"}
    some = "".join(f"  - {{id: r{place}, kind: direct}}\n" for place in range(400))
    assert "list_too_long" in codes(PLAN.replace("credits:\n", f"credits:\n{some}", 1))


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("amount > " + "1" * 1_000_000, "document_too_long"),
        ("amount > " + "1" * 3_000, "formula_too_long"),
        ("(" * 900 + "amount > 0" + ")" * 900, "formula_too_deep"),
        ("not " * 400 + "true", "formula_too_deep"),
        ("destroy(amount) > 0", "function_unknown"),
        ("amount / 2 > 0", "formula_division"),
        ("amount > 99999999999999999999 USD", "number_too_long"),
        ("ordered_on > 2024-02-30", "date_unknown"),
        ("ordered_on > 0000-01-01", "date_unknown"),
        ("amount + quantity > 0", "types_do_not_fit"),
    ],
    ids=lambda value: value[:24],
)
def test_formulas_beyond_bounds_are_refused(formula: str, code: str) -> None:
    text = PLAN.replace("'category != \"Shipping\"'", f"'{formula}'", 1)
    assert text != PLAN
    assert code in codes(text)


def test_components_cannot_go_in_circles() -> None:
    text = PLAN.replace(
        "    pays: {amount: 1000.00}", "    pays: {formula: 'bonus.earned + 1 USD'}", 1
    )
    (problem,) = engine.check_plan(text)
    assert (problem.code, problem.path) == ("earned_not_above", "components/bonus/pays/formula")


@pytest.mark.parametrize(
    "measure",
    [
        {"kind": "sum", "of": "amount", "credits": "own", "window": "since-hire"},
        {"kind": "max", "of": "amount", "credits": "own"},
        {"kind": "figure", "name": "sales", "read": "last", "unit": "money"},
    ],
    ids=lambda value: value["kind"],
)
def test_what_stays_the_same_over_the_year_cannot_be_paid_by_it(measure: dict[str, Any]) -> None:
    """What had been earned before the period would always be all that it earns."""
    component = {**SIMPLE["components"][0], "accumulation": "year"}
    with pytest.raises(engine.PlanInvalid) as refusal:
        plan_of({"measures": [{"id": "sales", **measure}], "components": [component]})
    assert [(one.code, one.path) for one in refusal.value.problems] == [
        ("measure_has_no_parts", "components/pay")
    ]


def test_negative_rates_and_unknown_policies_are_refused() -> None:
    assert "percent_negative" in codes(PLAN.replace("rate: 2%", "rate: -2%", 1))
    assert "choice_unknown" in codes(PLAN.replace("returns: own-day", "returns: sometimes", 1))
    assert "policy_missing" in codes(PLAN.replace("  returns: own-day\n", "", 1))
    assert "policy_missing" in codes(PLAN.replace("  retroactivity: carry-forward\n", "", 1))


DEEP = "{a: " * 1_000 + "1" + "}" * 1_000


BEYOND: dict[str, tuple[str, str]] = {
    "ten thousand rules": ("credits:\n", "credits:\n" + "  - {id: r, kind: direct}\n" * 10_000),
    "a formula of a million characters": ('category != "', "amount > 1 or " * 70_000),
    "nested a thousand deep": ("name: {en: Reseller", f"purpose: {DEEP}\nname: {{en: Reseller"),
    "a formula nested a thousand deep": ("amount: 1000.00", f"formula: '{'(' * 999}'"),
    "a list of a hundred thousand tiers": (
        "rate: 2%}",
        "rate: 2%}" + ", {from: 1, rate: 1%}" * 9_000,
    ),
    "a table that ends nowhere": ("tiers:", "tiers: ["),
}


@pytest.mark.parametrize("what", BEYOND)
def test_every_refusal_comes_within_a_second_and_says_where(what: str) -> None:
    old, new = BEYOND[what]
    text = PLAN.replace(old, new, 1)
    assert text != PLAN
    started = time.thread_time()
    problems = engine.check_plan(text, name="plan.yaml")
    assert time.thread_time() - started < 1
    assert problems
    for problem in problems:
        assert str(problem).startswith("plan.yaml:"), problem
        assert problem.code
        assert problem.message


def test_figures_on_figures_without_end_are_refused_with_the_first_that_is_too_deep() -> None:
    def chained(count: int) -> dict[str, Any]:
        sales: list[dict[str, Any]] = [
            {"id": "m0", "kind": "sum", "of": "amount", "credits": "own"}
        ]
        formulas = [
            {"id": f"m{place}", "kind": "formula", "of": f"m{place - 1} + 1 USD"}
            for place in range(1, count + 1)
        ]
        pays = {"id": "pay", "name": "Pay", "kind": "bonus", "pays": {"formula": f"m{count}"}}
        return {"measures": [*sales, *formulas], "components": [pays]}

    results = run({"order_lines": [LINE]}, chained(200))
    assert results.rows("statements")[0]["earned"] == 300
    with pytest.raises(engine.InputInvalid) as refusal:
        run({"order_lines": [LINE]}, chained(300))
    (problem,) = refusal.value.problems
    assert (problem.code, problem.path) == ("plan_too_deep", "measures/m251")
