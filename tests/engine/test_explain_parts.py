"""Scorecards, pools and contests taken apart for one payee: figures, and what was missing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from paceline import engine
from paceline.engine.explain import Explanation
from paceline.engine.plan.games import additions

from .building import fill, tables_of
from .small_worlds import CONNECTION, QUARTER
from .test_cases import plan_of
from .test_rejections import PLAN

TEXT = (
    PLAN[: PLAN.index("credits:")]
    + """
credits:
  - {id: own, kind: direct}
measures:
  - {id: sales, kind: sum, of: amount, credits: own}
  - {id: rating, kind: figure, name: rating, read: last, unit: percent}
  - {id: reply, kind: figure, name: reply, read: last, unit: quantity}
components:
  - id: card
    name: Card
    kind: scorecard
    cap: 5000
    scorecard:
      target: 6000 USD
      indicators:
        - {id: rated, weight: 60%, value: rating,
           steps: [{from: 0%, rate: 0%}, {from: 80%, rate: 50%}, {from: 95%, rate: 100%}]}
        - {id: speed, weight: 40%, value: reply,
           steps: [{from: 0, rate: 100%}, {from: 30, rate: 50%}, {from: 60, rate: 0%}]}
  - id: pool
    name: Pool
    kind: pool
    pool: {amount: sales * 10%, shapley: [{of: ana, value: 100}, {of: ben, value: 50},
           {of: [ana, ben], value: 210}]}
  - id: race
    name: Race
    kind: contest
    contest: {score: sales, prizes: [30], ties: each, among: plan, at_least: 200}
  - {id: extra, name: Extra, kind: bonus, pays: {amount: 10},
     when: sales > 5000 USD and rating > 50%}
"""
)
DAYS = {"starts_on": date(2024, 1, 1)}


def explained(payee: str) -> dict[str, Explanation]:
    """Ana sells 1,000 and ben 100, together in a team; cho sells 500 and is in none."""
    plan = engine.load_plan(TEXT)
    rows: dict[str, list[dict[str, Any]]] = {
        "order_lines": [
            {"payee_id": name, "amount": amount, "ordered_on": date(2024, 2, 1)}
            for name, amount in (("ana", "1000"), ("ben", "100"), ("cho", "500"))
        ],
        "assignments": [
            {"plan": "shop", "payee_id": name} | DAYS for name in ("ana", "ben", "cho")
        ],
        "teams": [{"team": "east", "payee_id": name} | DAYS for name in ("ana", "ben")],
        "figures": [
            {"figure": figure, "payee_id": "ana", "on_date": date(2024, 2, 1), "value": value}
            for figure, value in (("rating", "0.9"), ("reply", "42"))
        ],
    }
    tables = tables_of({name: fill(name, part) for name, part in rows.items()}, plan)
    results = engine.calculate(plan, tables, QUARTER, connection=CONNECTION)
    return {one.subject: one for one in engine.explain(results, payee).children}


def test_what_ana_got_and_what_was_missing() -> None:
    found = explained("ana")
    assert not any(one.note == "not_explained_further" for one in found.values())
    card = found["card"]
    assert [(one.kind, one.subject, one.value) for one in card.children] == [
        ("indicator", "rated", Decimal(1800)),  # 60 % of 6,000 at 50 %
        ("indicator", "speed", Decimal(1200)),
    ]
    assert card.children[0].inputs == {
        "value": Decimal("0.9"),
        "score": Decimal("0.5"),
        "weight": Decimal("0.6"),
    }
    assert [(one.reason, one.subject, one.missing) for one in card.rejected] == [
        ("step_not_reached", "rated", Decimal("0.05")),
        ("step_not_reached", "speed", Decimal(12)),  # below 30 instead of 42
        ("cap_not_reached", "card", Decimal(2000)),
    ]
    assert [one.inputs.get("up") for one in card.rejected[:2]] == [True, False]
    share, *added = found["pool"].children
    assert (share.kind, share.inputs["amount"]) == ("share", Decimal(110))
    assert [(one.subject, one.value, one.inputs["orders"]) for one in added] == [
        ("", Decimal(100), 1),
        ("ben", Decimal(160), 1),
    ]
    assert found["pool"].value == Decimal("68.10")  # 130 of 210 parts
    (rank,) = found["race"].children
    assert (rank.value, rank.inputs["rank"], rank.inputs["tied"]) == (30, 1, 1)
    (failed,) = found["extra"].rejected
    assert (failed.reason, failed.inputs["failed"]) == ("formula_not_met", ("sales > 5000 USD",))
    assert failed.inputs["values"] == {"sales": Decimal(1000)}


def test_who_gets_nothing_is_told_why_and_nothing_of_others() -> None:
    found = explained("cho")
    reasons = {name: [one.reason for one in part.rejected] for name, part in found.items()}
    assert reasons == {
        "card": ["value_missing", "value_missing", "cap_not_reached"],
        "pool": ["no_weights"],
        "race": ["no_prize_left"],
        "extra": ["formula_not_met"],
    }
    (rank,) = found["race"].children
    assert rank.inputs["rank"] is None  # nobody is told that they are near the end
    (low,) = explained("ben")["race"].rejected
    assert (low.reason, low.missing) == ("score_too_low", Decimal(100))


def test_additions_are_the_shapley_value_on_average() -> None:
    values = {
        frozenset({"a"}): Decimal(100),
        frozenset({"b"}): Decimal(50),
        frozenset({"a", "b"}): Decimal(210),
    }
    for player, worth in (("a", 130), ("b", 80)):
        found = additions(values, player)
        assert sum(one.adds * one.orders for one in found) == worth * found[0].of
        assert sum(one.orders for one in found) == found[0].of


def test_plans_of_one_style_read_what_their_own_formulas_read() -> None:
    """Statements are kept by the style of a plan, which the least value of a line is no part of."""
    rows = {
        "order_lines": fill(
            "order_lines",
            [
                {
                    "payee_id": "ana",
                    "ordered_on": "2024-01-05",
                    "amount": 8,
                    "cost": 3,
                    "quantity": 2,
                }
            ],
        ),
        "assignments": fill(
            "assignments", [{"plan": "case", "payee_id": "ana", "starts_on": "2000-01-01"}]
        ),
    }
    for of, least in (("amount", 8), ("amount - cost", 5), ("quantity * amount", 16)):
        measure = {"id": "least", "kind": "min", "of": of, "credits": "own"}
        pays = {"id": "pay", "name": "Pay", "kind": "bonus", "pays": {"formula": "least"}}
        plan = plan_of({"measures": [measure], "components": [pays]})
        told = engine.trace(plan, tables_of(rows, plan), QUARTER, "ana", connection=CONNECTION)
        assert [row["earned"] for row in told.earnings.to_pylist()] == [least]


def test_tiers_that_change_on_a_day_are_held_against_those_of_the_same_days() -> None:
    """600 in January lack 400 to the tier of their days; nothing was sold under the later ones, so
    neither of them was missed.
    """
    days = [
        {"tiers": [{"from": 0, "rate": "1%"}, {"from": 1000, "rate": "2%"}]},
        {
            "from": "2024-03-01",
            "tiers": [{"from": 0, "rate": "3%"}, {"from": 700, "rate": "4%"}],
        },
    ]
    rates = {"reading": "slice", "on": "amount", "change": "anew", "dated": days}
    own = {"id": "pay", "name": "Pay", "kind": "commission", "measure": "sales", "rates": rates}
    plan = plan_of({"components": [own]})
    line = {"line_id": "A", "payee_id": "ana", "amount": 600, "ordered_on": date(2024, 1, 9)}
    member = {"plan": "case", "payee_id": "ana", "starts_on": "2024-01-01"}
    rows = {
        "order_lines": fill("order_lines", [line]),
        "assignments": fill("assignments", [member]),
    }
    results = engine.calculate(plan, tables_of(rows, plan), QUARTER, connection=CONNECTION)
    tree = engine.explain(results, "ana")
    (pay,) = [one for one in tree.children if one.kind == "component"]
    missed = {
        tier.subject: [(one.subject, one.missing) for one in tier.rejected]
        for tier in pay.children
        if tier.kind == "tier"
    }
    assert missed == {"1": [], "2": [("2", 400)], "3": [], "4": []}


@pytest.mark.parametrize(
    ("period", "rates", "notes"),
    [
        ("2024Q1", {"change": "anew"}, ["", "tier_not_reached", "tier_not_reached"]),
        ("2023Q4", {"change": "anew"}, ["tier_not_reached"] * 2 + ["tier_not_in_force"]),
        ("2024Q2", {"change": "carry-on"}, ["tier_not_in_force"] * 2 + ["tier_not_reached"]),
        ("2024Q1", {"change": "last-day"}, ["tier_not_in_force"] * 2 + [""]),
        (
            "2024Q1",
            {"change": "last-day", "each": "month"},
            ["", "tier_not_reached", "tier_not_reached"],
        ),
        ("2024Q1", {"change": "last-day", "each": "year"}, ["tier_not_in_force"] * 2 + [""]),
    ],
)
def test_tiers_that_held_on_no_day_of_a_period_were_not_missed(
    period: str, rates: dict[str, str], notes: list[str]
) -> None:
    """600 in January; from 1 March other tiers hold. Those of days outside the period, or of other
    days than the last where that decides, could not be reached.
    """
    days = [
        {"tiers": [{"from": 0, "rate": "1%"}, {"from": 1000, "rate": "2%"}]},
        {"from": "2024-03-01", "tiers": [{"from": 0, "rate": "3%"}]},
    ]
    table = {"reading": "slice", "on": "amount", "change": rates["change"], "dated": days}
    own = {"id": "pay", "name": "Pay", "kind": "commission", "measure": "sales", "rates": table}
    if "each" in rates:
        own["accumulation"] = rates["each"]
    plan = plan_of({"components": [own]})
    line = {"line_id": "A", "payee_id": "ana", "amount": 600, "ordered_on": date(2024, 1, 9)}
    member = {"plan": "case", "payee_id": "ana", "starts_on": "2023-01-01"}
    given = {
        "order_lines": fill("order_lines", [line]),
        "assignments": fill("assignments", [member]),
    }
    asked = engine.period_from_key(period)
    results = engine.calculate(plan, tables_of(given, plan), asked, connection=CONNECTION)
    tree = engine.explain(results, "ana")
    (pay,) = [one for one in tree.children if one.kind == "component"]
    assert [tier.note for tier in pay.children if tier.kind == "tier"] == notes
