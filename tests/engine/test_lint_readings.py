"""What the linter says of values that may be missing, and of formulas tied to one currency."""

from __future__ import annotations

import pytest

from .test_lint import plan_of, rated, seen, tiers

RATIO = """\
credits:
  - {id: own-sales, kind: direct, when: "amount > 10 USD"}
measures:
  - {id: sales, kind: sum, of: amount, credits: own-sales}
  - {id: profit, kind: sum, of: "amount - given(cost, 0)", credits: own-sales}
  - {id: margin, kind: ratio, of: profit, over: sales}
  - {id: guarded, kind: formula, of: "given(margin, 0%)"}
  - {id: reply, kind: figure, name: reply, read: last, unit: quantity}
components:
"""
BY = (
    "{{reading: whole, on: measure, by: {by},"
    " tiers: [{{from: {zero}, rate: {low}}}, {{from: {bound}, rate: 5%}}]}}"
)


@pytest.mark.parametrize(
    ("by", "low", "severity"),
    [
        ("margin", "1%", "note"),
        ("reply", "9%", "warning"),
        ("guarded", "1%", ""),
        ("profit", "1%", ""),
    ],
)
def test_a_table_that_reads_a_missing_value_as_zero_is_named(
    by: str, low: str, severity: str
) -> None:
    zero, bound = ("0", "100") if by in {"reply", "profit"} else ("0%", "10%")
    table = BY.format(by=by, low=low, zero=zero, bound=bound)
    found = [
        one for one in seen(plan_of(rated(table), clauses=RATIO)) if one.code == "missing_as_zero"
    ]
    assert [one.severity for one in found] == ([severity] if severity else [])
    for one in found:
        assert one.clause == "components/commission/rates/by"
        assert one.params["measure"] == by


def test_a_formula_that_ties_a_plan_to_one_currency_is_named() -> None:
    plan = plan_of(rated(tiers("slice", "0=1%")), clauses=RATIO)
    (found,) = (one for one in seen(plan) if one.code == "one_currency")
    assert (found.severity, found.clause) == ("note", "credits/own-sales/when")
    assert found.params["literal"] == "USD"
