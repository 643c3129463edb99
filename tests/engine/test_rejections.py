"""The alternatives of a plan that were not taken: each with its clause and what was missing."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from paceline import engine
from paceline.engine.explain import Explanation
from paceline.engine.formula.grammar import parse_formula
from paceline.engine.formula.written import failing, written
from paceline.engine.known import is_explained
from paceline.engine.tables import LINE_ATTRIBUTES

from .building import fill, tables_of
from .small_worlds import CONDITIONS, CONNECTION, QUARTER, VALUES

PLAN = """
paceline: 1
plan: shop
name: Shop
currency: USD
period: quarter
policies:
  boundary: upper
  rounding: {mode: half-up, stage: component}
  accumulation: period
  accumulation_order: [ordered_on, line_id]
  hierarchy_date: order-date
  exchange: {date: order-date, rate: average}
  anchor: booking
  returns: own-day
  retroactivity: carry-forward
  precedence: all
  splits: overlays
credits:
  - {id: web, kind: direct, when: 'channel = "web" and amount > 0'}
  - {id: goods, kind: direct, when: 'category != "Shipping"'}
  - {id: team, kind: rollup, of: web, levels: 1}
  - {id: higher, kind: rollup, of: web, levels: {from: 2}}
measures:
  - {id: sales, kind: sum, of: amount, credits: [web, goods]}
  - {id: below, kind: sum, of: amount, credits: team}
quotas:
  - {id: target, measure: sales, name: target}
components:
  - id: commission
    name: Commission
    kind: commission
    measure: sales
    rates: {reading: slice, on: amount, tiers: [{from: 0, rate: 1%}, {from: 1000, rate: 2%}]}
    cap: 500
  - id: override
    name: Override
    kind: override
    measure: below
    rates: {reading: slice, on: amount, tiers: [{from: 0, rate: 1%}]}
    floor: 0.50
  - id: bonus
    name: Bonus
    kind: bonus
    pays: {amount: 50.00}
    when: {attainment: target, at_least: 80%}
"""


@pytest.fixture(scope="module")
def told() -> Explanation:
    """Max sells 300 on the web and 400 in the shop; ana, who reports to max, 100 on the web."""
    rows: dict[str, list[dict[str, Any]]] = {
        "order_lines": [
            {"line_id": "M1", "payee_id": "max", "amount": "300", "channel": "web"},
            {"line_id": "M2", "payee_id": "max", "amount": "400", "channel": "shop"},
            {"line_id": "A1", "payee_id": "ana", "amount": "100", "channel": "web"},
        ],
        "assignments": [
            {"plan": "shop", "payee_id": "max", "starts_on": date(2024, 1, 1)},
        ],
        "reporting": [{"payee_id": "ana", "manager_id": "max", "starts_on": date(2024, 1, 1)}],
        "quotas": [
            {
                "quota": "target",
                "payee_id": "max",
                "starts_on": date(2024, 1, 1),
                "ends_before": date(2024, 4, 1),
                "amount": "1000",
                "currency": "USD",
            }
        ],
    }
    for line in rows["order_lines"]:
        line["ordered_on"] = date(2024, 1, 9)
    plan = engine.load_plan(PLAN)
    tables = tables_of({name: fill(name, part) for name, part in rows.items()}, plan)
    results = engine.calculate(plan, tables, QUARTER, connection=CONNECTION)
    found = engine.trace(plan, tables, QUARTER, "max", connection=CONNECTION)
    return engine.explain(results, "max", found)


def component(told: Explanation, name: str) -> Explanation:
    return next(one for one in told.children if one.subject == name)


def lines(told: Explanation, name: str) -> dict[str, Explanation]:
    return {
        line.subject: line
        for tier in component(told, name).children
        if tier.kind == "tier"
        for line in tier.children
    }


def test_a_rule_that_did_not_match_says_which_part_of_its_condition_failed(
    told: Explanation,
) -> None:
    (credit, tier) = lines(told, "commission")["M2"].rejected
    assert (credit.kind, credit.subject, credit.reason) == ("credit", "web", "condition_failed")
    assert credit.clause == "credits/web"
    assert credit.inputs == {"failed": ('channel = "web"',), "values": {"channel": "shop"}}
    assert (tier.subject, tier.missing) == ("2", Decimal(300))  # 700 of 1,000


def test_a_second_rule_that_matched_counts_a_line_once(told: Explanation) -> None:
    (credit, tier) = lines(told, "commission")["M1"].rejected
    assert (credit.subject, credit.reason) == ("goods", "counted_already")
    assert credit.inputs == {"by": "web"}
    assert (tier.reason, tier.missing) == ("tier_not_reached", Decimal(700))


def test_a_roll_up_of_other_levels_says_so(told: Explanation) -> None:
    (credit,) = lines(told, "override")["A1"].rejected
    assert (credit.subject, credit.reason) == ("higher", "level_not_covered")
    assert credit.inputs == {"level": 1}


def test_caps_floors_and_conditions_say_what_was_missing(told: Explanation) -> None:
    (cap,) = component(told, "commission").rejected
    assert (cap.reason, cap.clause) == ("cap_not_reached", "components/commission/cap")
    assert cap.missing == Decimal(493)
    (floor,) = component(told, "override").rejected
    assert (floor.reason, floor.missing) == ("floor_not_needed", Decimal("0.50"))
    (condition,) = component(told, "bonus").rejected
    assert (condition.reason, condition.missing) == ("condition_not_met", Decimal(100))
    assert condition.inputs == {"measure": "sales", "value": Decimal(700), "at_least": Decimal(800)}


def test_every_node_has_its_clause(told: Explanation) -> None:
    todo = list(told.children)
    while todo:
        node = todo.pop()
        assert node.clause, node
        assert all(one.clause and one.reason for one in node.rejected)
        todo += node.children


@pytest.mark.parametrize("text", [*CONDITIONS, *VALUES, "-(amount + cost) * 2 < 5 USD"])
def test_a_formula_is_written_so_that_it_reads_the_same(text: str) -> None:
    formula = parse_formula(text, LINE_ATTRIBUTES)
    assert parse_formula(written(formula.root), LINE_ATTRIBUTES).root == formula.root


def test_of_parts_joined_by_or_all_have_failed() -> None:
    formula = parse_formula('channel = "web" or category in ("a", "b")', LINE_ATTRIBUTES)
    row = {"channel": "shop", "category": "c"}
    assert [written(one) for one in failing(formula.root, row)] == [
        'channel = "web"',
        'category in ("a", "b")',
    ]
    assert failing(formula.root, {**row, "category": "a"}) == []


def test_a_component_of_an_unknown_kind_is_not_explained_further() -> None:
    plan = engine.load_plan(PLAN)
    assert is_explained(plan, plan.components[0])
    newer = dataclasses.replace(plan.components[0], kind="pool")
    assert not is_explained(plan, newer)
