"""3.3 of docs/explanation.md: what is missing to the next row or cell over a longer window."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from paceline import engine
from paceline.engine import whatif

from .building import fill, tables_of
from .small_worlds import CONNECTION
from .test_cases import plan_of

SECOND = engine.period_from_key("2024Q2")
TABLE = {"name": "prices", "by": ["product"], "pays": "rate", "counts": "each", "missing": "refuse"}
MEASURES = [
    {"id": "sales", "kind": "sum", "of": "amount", "credits": "own"},
    {"id": "profit", "kind": "sum", "of": "amount - given(cost, 0)", "credits": "own"},
    {"id": "margin", "kind": "ratio", "of": "profit", "over": "sales"},
]


def component(name: str, accumulation: str = "year", **rates: Any) -> dict[str, Any]:
    return {
        "id": name,
        "name": name.title(),
        "kind": "commission",
        "measure": "sales",
        "accumulation": accumulation,
        "rates": rates,
    }


# 1 % of pens, from 1,000 on 2 % and from 2,000 on 3 %; ink 10 %, from 400 on 20 %; glue until May.
ROWS = [
    {"product": product, "from": lower, "rate": rate, "starts_on": "2023-01-01"} | days
    for product, lower, rate, days in (
        ("pen", 0, "0.01", {}),
        ("pen", 1000, "0.02", {}),
        ("pen", 2000, "0.03", {}),
        ("ink", 0, "0.1", {}),
        ("ink", 400, "0.2", {}),
        ("glue", 0, "0.1", {"ends_before": "2024-05-01"}),
        ("glue", 500, "0.2", {"ends_before": "2024-05-01"}),
    )
]
LINES = [
    ("2024-02-01", 800, "pen", 700),
    ("2024-02-02", 100, "ink", 95),
    ("2024-02-03", 60, "glue", 60),
    ("2024-04-05", 700, "pen", 600),
    ("2024-04-06", 40, "glue", 40),
]


def world(*more: tuple[str, Any, str, Any]) -> dict[str, Any]:
    lines = [
        {"payee_id": "ana", "ordered_on": day, "amount": amount, "product": product, "cost": cost}
        for day, amount, product, cost in (*LINES, *more)
    ]
    return {
        "order_lines": fill("order_lines", lines),
        "assignments": fill(
            "assignments", [{"plan": "case", "payee_id": "ana", "starts_on": "2020-01-01"}]
        ),
        "rate_tables": fill("rate_tables", [{"rate_table": "prices", **row} for row in ROWS]),
    }


def plan_with(*components: dict[str, Any], **changes: Any) -> engine.Plan:
    return plan_of({"measures": MEASURES, "components": list(components), **changes})


def steps_of(plan: engine.Plan, rows: dict[str, Any]) -> tuple[whatif.Step, ...]:
    tables = tables_of(rows, plan)
    results = engine.calculate(plan, tables, SECOND, connection=CONNECTION)
    kept = whatif.kept_of(results, "ana", tables.sources.get("rate_tables"))
    assert whatif.asks_windows(plan)
    kept = whatif.with_windows(plan, kept, tables, SECOND, "ana", connection=CONNECTION)
    return whatif.next_steps(plan, kept)


def earned(plan: engine.Plan, rows: dict[str, Any]) -> dict[str, Decimal]:
    results = engine.calculate(plan, tables_of(rows, plan), SECOND, connection=CONNECTION)
    return {row["component"]: row["earned"] for row in results.rows("earnings")}


@pytest.mark.parametrize("stage", ["component", "tier"])
def test_the_next_row_of_a_year_counts_what_was_sold_before_the_period(stage: str) -> None:
    """1,500 of pens in the year lack 500, 100 of ink 300 though none was sold in the period."""
    rows = component("rows", reading="slice", on="amount", table=TABLE)
    plan = plan_with(rows, policies={"rounding": {"mode": "half-up", "stage": stage}})
    steps = steps_of(plan, world())
    told = [(one.key, one.tier, one.reach, one.missing, one.pays) for one in steps]
    assert told == [
        ("ink · 2023-01-01", 4, 400, 300, Decimal("30.00")),
        ("pen · 2023-01-01", 7, 2000, 500, Decimal("10.00")),
    ]
    before = earned(plan, world())["rows"]
    for step, product in zip(steps, ("ink", "pen"), strict=True):
        more = world(("2024-06-30", step.missing, product, 0))
        assert earned(plan, more)["rows"] - before == step.pays


def test_whole_amounts_of_all_keys_and_fixed_amounts() -> None:
    rows = component("rows", reading="whole", on="amount", table={**TABLE, "counts": "all"})
    plan = plan_with(rows)
    before = earned(plan, world())["rows"]
    for step in steps_of(plan, world()):
        product = step.key.split(" · ")[0]
        more = world(("2024-06-30", step.missing, product, 0))
        assert earned(plan, more)["rows"] - before == step.pays
        assert step.missing > 0
    assert [one.key for one in steps_of(plan, world())] == ["pen · 2023-01-01"]


def test_grids_and_tables_by_another_measure_over_the_year() -> None:
    """1,700 sold in the year, 740 of them in the quarter, at a margin of 12.05 %."""
    tiers = [{"from": 0, "rate": ["1%", "2%"]}, {"from": 2000, "rate": ["3%", "4%"]}]
    across = {"by": "margin", "from": ["0%", "20%"]}
    grid = component("grid", reading="whole", on="amount", across=across, tiers=tiers)
    steps = [{"from": "0%", "rate": "1%"}, {"from": "25%", "rate": "2%"}]
    by = component("by", reading="whole", on="measure", by="margin", tiers=steps)
    plan = plan_with(grid, by)
    before = earned(plan, world())
    told = {(one.component, one.kind): one for one in steps_of(plan, world())}
    to_row = told["grid", "tier"]
    assert (to_row.reach, to_row.missing, to_row.pays) == (2000, 300, Decimal("43.00"))
    after = earned(plan, world(("2024-06-30", to_row.missing, "pen", 300)))
    assert after["grid"] - before["grid"] == to_row.pays
    column = told["grid", "column"]
    assert column.measure == "margin"
    assert (column.reach, column.missing) == (Decimal("0.2"), Decimal("0.079411764706"))
    assert column.pays == Decimal("17.00")
    tier = told["by", "tier"]
    assert (tier.reach, tier.missing) == (Decimal("0.25"), Decimal("0.129411764706"))
    assert tier.pays == Decimal("17.00")


def test_the_next_column_of_each_dimension_of_a_grid() -> None:
    """1,700 sold in the year at a margin of 12.05 %: what 20 % pays, and 1,000 of profit."""
    across = [{"by": "margin", "from": ["0%", "20%"]}, {"by": "profit", "from": [0, 1000]}]
    tiers = [{"from": 0, "rate": [["1%", "1.5%"], ["2%", "3%"]]}]
    plan = plan_with(component("grid", reading="whole", on="amount", across=across, tiers=tiers))
    told = {one.measure: one for one in steps_of(plan, world())}
    assert {*told} == {"margin", "profit"}
    assert told["margin"].reach == Decimal("0.2")
    assert told["margin"].pays == Decimal("17.00")
    more = earned(plan, world(("2024-06-30", 0, "pen", -told["profit"].missing)))
    assert more["grid"] - earned(plan, world())["grid"] == told["profit"].pays


def test_without_the_lines_nothing_is_told_of_such_windows() -> None:
    plan = plan_with(component("rows", reading="slice", on="amount", table=TABLE))
    tables = tables_of(world(), plan)
    results = engine.calculate(plan, tables, SECOND, connection=CONNECTION)
    kept = whatif.kept_of(results, "ana", tables.sources["rate_tables"])
    assert whatif.next_steps(plan, kept) == ()
