"""1.6: just below the bound of each step both calculate the same to the last digit; just above it
both refuse the run for the same clause.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from paceline import engine

from .building import fill, tables_of
from .comparing import CONNECTION, compare_example
from .generating import Example
from .test_cases import merge, plan_of

QUARTER = engine.period_from_key("2024Q1")
LINE = {"payee_id": "ana", "ordered_on": "2024-01-05", "amount": "100"}
PAID = {"id": "pay", "name": "Pay", "kind": "bonus", "pays": {"amount": "1"}}
MOST = "99999999999999.9999"  # of an amount as it comes in
FIGURES = [
    {"id": "a", "kind": "figure", "name": "a", "read": "last", "unit": "quantity"},
    {"id": "b", "kind": "figure", "name": "b", "read": "last", "unit": "money"},
    {"id": "p", "kind": "figure", "name": "p", "read": "last", "unit": "percent"},
]
SALES = {"id": "sales", "kind": "sum", "of": "amount", "credits": "own"}


def entered(**values: str) -> list[dict[str, Any]]:
    return [
        {"figure": name, "payee_id": "ana", "on_date": "2024-02-01", "value": value}
        for name, value in values.items()
    ]


def pays(**form: Any) -> list[dict[str, Any]]:
    return [{"id": "pay", "name": "Pay", "kind": "bonus"} | form]


def summed(of: str) -> list[dict[str, Any]]:
    return [SALES, {"id": "big", "kind": "sum", "of": of, "credits": "own"}]


@dataclass(frozen=True)
class Bound:
    """A plan, the inputs with which a step just fits, and those with which it does not."""

    clause: str
    below: dict[str, Any]
    above: dict[str, Any]
    components: list[dict[str, Any]] = field(default_factory=lambda: [PAID])
    measures: list[dict[str, Any]] = field(default_factory=lambda: [SALES, *FIGURES])
    change: dict[str, Any] = field(default_factory=dict)


def lines(*amounts: str, **more: Any) -> dict[str, Any]:
    return {"order_lines": [LINE | {"amount": amount} | more for amount in amounts]}


def figures(**values: str) -> dict[str, Any]:
    return {"figures": entered(**values)}


SLICES = {"reading": "slice", "on": "amount", "tiers": [{"from": "0", "rate": "9999999999999"}]}
RATE_ROW = {"rate_table": "t", "product": "x", "from": "0", "rate": "9999999999999"}
BY_ROWS = {
    "reading": "slice",
    "on": "amount",
    "table": {
        "name": "t",
        "by": ["product"],
        "pays": "rate",
        "counts": "each",
        "missing": "nothing",
    },
}
UNITS = {"id": "units", "kind": "sum", "of": "quantity", "credits": "own"}
RATIO = {"id": "share", "kind": "ratio", "of": "sales", "over": "units"}
EUR = {
    "from_currency": "EUR",
    "to_currency": "USD",
    "on_date": "2024-01-05",
    "rate_type": "average",
}
QUARTERS = {"starts_on": "2024-01-01", "ends_before": "2024-04-01", "currency": "USD"}
QUOTAS = {"quotas": [{"quota": "goal", "payee_id": "ana", "amount": "3", **QUARTERS}]}
TEAM = {"teams": [{"payee_id": "ana", "team": "north", "starts_on": "2000-01-01"}]}
BOUNDS: dict[str, Bound] = {
    "a product": Bound(
        "components/pay/pays",
        figures(a="10000000", b="9999999.9999"),
        figures(a="10000000", b="10000000"),
        pays(pays={"formula": "a * b"}),
    ),
    "a product below zero": Bound(
        "components/pay/pays",
        figures(a="10000000", b="-9999999.9999"),
        figures(a="10000000", b="-10000000"),
        pays(pays={"formula": "a * b"}),
    ),
    "a product that a measure is": Bound(
        "measures/both",
        figures(a="10000000", b="9999999.9999"),
        figures(a="10000000", b="10000000"),
        measures=[SALES, *FIGURES, {"id": "both", "kind": "formula", "of": "a * b"}],
    ),
    "a dividend": Bound(
        "components/pay/pays",
        figures(b="0"),
        figures(b="0.0001"),
        pays(pays={"formula": f"divide({MOST} USD + b, 1000, 0)"}),
    ),
    "a divisor": Bound(
        "components/pay/pays",
        figures(b="0"),
        figures(b="0.0001"),
        pays(pays={"formula": f"divide(b, {MOST} USD + b, 0%) * 1 USD"}),
    ),
    "a sum": Bound(
        "components/pay/pays",
        figures(b="0", p="0.0001"),
        figures(b="0.0001", p="0.0001"),
        pays(
            pays={
                "formula": f"(divide({MOST} USD, p * p * p, 0) + divide(b, p * p * p, 0)) * 0%"
            }
        ),
    ),
    "multipliers": Bound(
        "components/pay/times",
        figures(p="9999999.9999"),
        figures(p="10000000"),
        pays(pays={"amount": "0"}, times=[{"by": "p"}, {"by": "p"}]),
    ),
    "what was computed times a multiplier": Bound(
        "components/pay/times",
        figures(b="9999999.99", p="10000000"),
        figures(b="10000000", p="10000000"),
        pays(pays={"formula": "b"}, times=[{"by": "p"}]),
    ),
    "a multiplier although the condition does not hold": Bound(
        "components/pay/times",
        figures(b="9999999.99", p="10000000"),
        figures(b="10000000", p="10000000"),
        pays(pays={"formula": "b"}, times=[{"by": "p"}], when="p < 0%"),
    ),
    "a condition": Bound(
        "components/pay/when",
        figures(a="10000000", b="9999999.9999"),
        figures(a="10000000", b="10000000"),
        [PAID | {"when": "a * b > 5 USD"}],
    ),
    "a scorecard": Bound(
        "components/pay/scorecard",
        figures(b="9999999.9999", p="10000000"),
        figures(b="10000000", p="10000000"),
        pays(
            scorecard={
                "target": "b",
                "indicators": [{"id": "i", "weight": "100%", "value": "p"}],
            }
        ),
    ),
    "a pool in whole numbers": Bound(
        "components/pay/pool",
        {**figures(a="5000000", b="34028236.69209"), **TEAM},
        {**figures(a="5000000", b="34028236.69210"), **TEAM},
        pays(kind="pool", pool={"amount": "b * 1000", "share": "a * 10000000"}),
    ),
    "a pool of those in no team": Bound(
        "components/pay/pool",
        {**figures(a="10000000", b="9999999.9999"), "teams": []},
        {**figures(a="10000000", b="10000000"), "teams": []},
        pays(kind="pool", pool={"amount": "a * b", "share": "1"}),
    ),
    "a score of a contest": Bound(
        "components/pay/contest",
        figures(a="10000000", b="9999999.9999"),
        figures(a="10000000", b="10000000"),
        pays(
            kind="contest",
            contest={"score": "a * b", "prizes": ["5"], "ties": "each", "among": "plan"},
        ),
    ),
    "a ratio": Bound(
        "measures/share",
        lines(MOST, "0", quantity="1"),
        lines(MOST, "0.0001", quantity="1"),
        measures=[SALES, UNITS, RATIO],
    ),
    "a ratio over nothing": Bound(
        "measures/share",
        lines(MOST, "0", quantity="0"),
        lines(MOST, "0.0001", quantity="0"),
        measures=[SALES, UNITS, RATIO],
    ),
    "an attainment": Bound(
        "quotas/goal",
        {**lines(MOST, "0"), **QUOTAS},
        {**lines(MOST, "0.0001"), **QUOTAS},
        measures=[SALES],
        change={"quotas": [{"id": "goal", "measure": "sales", "name": "goal"}]},
    ),
    "a rate": Bound(
        "components/pay/rates",
        lines("1", quantity="100000"),
        lines("1", quantity="100001"),
        pays(measure="units", rates=SLICES),
        [SALES, UNITS],
    ),
    "a row of rates": Bound(
        "components/pay/rates",
        {**lines("1", quantity="100000", product="x"), "rate_tables": [RATE_ROW]},
        {**lines("1", quantity="100001", product="x"), "rate_tables": [RATE_ROW]},
        pays(measure="units", rates=BY_ROWS),
        [SALES, UNITS],
    ),
    "an interpolated tier in whole numbers": Bound(
        "components/pay/rates",
        lines("1701411834604.6923"),
        lines("1701411834604.6924"),
        pays(
            measure="sales",
            rates={
                "reading": "interpolated",
                "on": "amount",
                "tiers": [{"from": "0", "amount": "1000000", "to": "9999999999999"}],
            },
        ),
        [SALES],
    ),
    "a formula over lines": Bound(
        "measures/big",
        lines("9999999.9999", quantity="10000000"),
        lines("10000000", quantity="10000000"),
        measures=summed("amount * quantity"),
    ),
    "a formula over a line that nobody is credited with": Bound(
        "measures/big",
        lines("9999999.9999", quantity="10000000", payee_id="zoe"),
        lines("10000000", quantity="10000000", payee_id="zoe"),
        measures=summed("amount * quantity"),
    ),
    "a line's value": Bound(
        "measures/big",
        lines("999999999999.9999"),
        lines("1000000000000"),
        measures=summed("divide(amount, 0.0001, 0)"),
    ),
    "a sum over lines": Bound(
        "measures/big",
        lines("500000000000", "499999999999.9999"),
        lines("500000000000", "500000000000"),
        measures=summed("divide(amount, 0.0001, 0)"),
    ),
    "an exchange": Bound(
        "measures/big",
        {**lines("99999999999.9999", currency="EUR"), "exchange_rates": [EUR | {"rate": "10"}]},
        {**lines("100000000000", currency="EUR"), "exchange_rates": [EUR | {"rate": "10"}]},
        measures=summed("divide(amount, 0.0001, 0)"),
    ),
    "a condition of a rule": Bound(
        "credits/own/when",
        lines("9999999.9999", quantity="10000000"),
        lines("10000000", quantity="10000000"),
        measures=[SALES],
        change={"credits": [{"id": "own", "kind": "direct", "when": "amount * quantity >= 0"}]},
    ),
    "the greatest value of a line": Bound(
        "measures/most",
        lines("9999999.9999", quantity="10000000"),
        lines("10000000", quantity="10000000"),
        measures=[
            SALES,
            {"id": "most", "kind": "max", "of": "amount * quantity", "credits": "own"},
        ],
    ),
    "amounts of lines": Bound(
        "order_lines",
        lines(*[MOST] * 100),
        lines(*[MOST] * 101),
        measures=[SALES],
    ),
}  # fmt: skip
# What is not taken, or missing, has no digits.
FITTING = {
    "if(a > 0, b, a * b)": figures(a="10000000", b="10000000"),
    "if(a < 0, a * b, b)": figures(a="10000000", b="10000000"),
    "divide(a * 1 USD, p, a * b)": figures(a="10000000", b="10000000", p="7"),
    "given(b, a * a * 1 USD)": figures(a="10000000", b="10000000"),
    "a * b": figures(a="10000000"),
    "min(b, 1000 USD) * a": figures(a="10000000", b="10000000"),
}


def example(bound: Bound, rows: dict[str, Any]) -> Example:
    stated = {"measures": bound.measures, "components": bound.components}
    plan = plan_of(merge(stated, bound.change))
    given = {
        "order_lines": [LINE],
        "assignments": [{"plan": "case", "payee_id": "ana", "starts_on": "2000-01-01"}],
        **rows,
    }
    return Example(plan.text, {name: fill(name, part) for name, part in given.items()}, QUARTER)


@pytest.mark.parametrize("name", BOUNDS)
def test_a_step_is_refused_by_both_just_above_its_bound(name: str) -> None:
    bound = BOUNDS[name]
    below = compare_example(example(bound, bound.below))
    assert below.refused is None
    above = compare_example(example(bound, bound.above))
    code = "amount_too_large" if bound.clause == "order_lines" else "figure_too_large"
    assert (above.refused, above.expected.clause) == (code, bound.clause)


@pytest.mark.parametrize("formula", FITTING)
def test_what_is_not_taken_has_no_digits(formula: str) -> None:
    bound = Bound("", {}, {}, pays(pays={"formula": formula}))
    compared = compare_example(example(bound, FITTING[formula]))
    assert compared.refused is None
    assert Decimal(0) <= compared.expected.statements["ana"] < Decimal(10) ** 14


def test_a_statement_of_a_refused_run_is_refused_for_the_same() -> None:
    bound = BOUNDS["multipliers"]
    given = example(bound, bound.above)
    plan = engine.load_plan(given.text)
    with pytest.raises(engine.InputInvalid) as refusal:
        engine.trace(plan, tables_of(given.rows, plan), QUARTER, "ana", connection=CONNECTION)
    assert [problem.path for problem in refusal.value.problems] == [bound.clause]
