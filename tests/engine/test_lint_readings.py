"""What the linter says of values that may be missing, and of formulas tied to one currency."""

from __future__ import annotations

from decimal import Decimal

import pytest

from paceline import engine
from paceline.engine.lint import apply_mend

from .test_lint import CLAUSES, plan_of, rated, seen, tiers

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


@pytest.mark.parametrize(
    ("table", "clause", "rate"),
    [
        (tiers("slice", "0=5%", "100=100%"), "", 0),
        (tiers("slice", "0=5%", "100=101%"), "tiers/2", Decimal("1.01")),
        (tiers("whole", "0%=500%", "100%=250%", on="attainment"), "tiers/1", Decimal(5)),
    ],
)
def test_a_rate_above_the_whole_amount_is_named(table: str, clause: str, rate: Decimal) -> None:
    """Worked case B3: 100 % may be meant, 101 % is to be accepted with a reason."""
    found = [one for one in seen(plan_of(rated(table))) if one.code == "rate_above_whole"]
    assert [(one.severity, one.clause, one.amounts["rate"]) for one in found] == (
        [("serious", f"components/commission/rates/{clause}", rate)] if clause else []
    )


@pytest.mark.parametrize(
    "pays",
    ["amount: 500", "target_share: 150%"],
)
def test_amounts_and_shares_of_a_target_incentive_may_pass_a_hundred_percent(pays: str) -> None:
    table = f"{{reading: whole, on: amount, tiers: [{{from: 0, {pays}}}]}}"
    plan = plan_of(rated(table), clauses="target_incentive: {amount: 1000}\n" + CLAUSES)
    assert [one.code for one in seen(plan) if one.code == "rate_above_whole"] == []


def test_a_formula_that_ties_a_plan_to_one_currency_is_named() -> None:
    plan = plan_of(rated(tiers("slice", "0=1%")), clauses=RATIO)
    (found,) = (one for one in seen(plan) if one.code == "one_currency")
    assert (found.severity, found.clause) == ("note", "credits/own-sales/when")
    assert found.params["literal"] == "USD"


@pytest.mark.parametrize(
    ("window", "over", "is_named"),
    [
        ("{rolling: 3}", "month", True),
        ("{rolling: 3}", "period", False),  # a quarter
        ("{to-date: year}", "period", True),
        ("{to-date: year}", "year", False),
        ("year-before", "period", True),
        ("since-hire", "period", True),
        ("{from: 2026-05-01, before: 2026-06-01}", "period", False),
    ],
)
def test_a_target_for_other_days_than_its_measure_is_named(
    window: str, over: str, *, is_named: bool
) -> None:
    clauses = (
        "credits: [{id: own-sales, kind: direct}]\n"
        "measures:\n"
        f"  - {{id: sales, kind: sum, of: amount, credits: own-sales, window: {window}}}\n"
        f"quotas: [{{id: goal, measure: sales, name: sales, over: {over}}}]\n"
        "components:\n"
    )
    plan = plan_of(rated(tiers("slice", "0=1%")), clauses=clauses)
    found = [one for one in seen(plan) if one.code == "quota_window"]
    assert [(one.severity, one.clause) for one in found] == (
        [("warning", "quotas/goal/measure")] if is_named else []
    )


SETTLED = """\
settlement:
  pay_date: {days_after_period: 10}
  below_zero: carry-forward
  retroactivity: carry-forward
  rule_packs: none
  eligibility: {employed_on: period-end, resignation: pays, probation: pays, leave: pays}
  payment: {currency: plan, rounding: {mode: half-up, stage: each-step}}
"""


def test_two_answers_for_closed_periods_are_named_and_mended() -> None:
    """The settlement acts, so the policies are what is put right."""
    text = plan_of(rated(tiers("slice", "0=1%")), clauses=SETTLED + CLAUSES).text
    stated = text.index("retroactivity")
    other = text[:stated] + text[stated:].replace("carry-forward", "ignore", 1)
    (found,) = (one for one in seen(engine.load_plan(other)) if one.code == "two_retroactivities")
    assert (found.severity, found.clause) == ("serious", "policies/retroactivity")
    assert found.mend is not None
    assert apply_mend(other, found.mend) == text
    assert "two_retroactivities" not in [one.code for one in seen(engine.load_plan(text))]
