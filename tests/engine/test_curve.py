"""The curve and the examples show what a run pays, boundaries and jumps included."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from paceline import engine
from paceline.engine.payout import is_drawable

from .building import fill, tables_of
from .test_plan_document import PLAN

QUARTER = engine.period_from_key("2024Q1")
WHOLE = PLAN.replace("reading: slice", "reading: whole").replace("    cap: 50000.00\n", "")


@pytest.mark.parametrize(
    "text", [PLAN, WHOLE, PLAN.replace("cap: 50000.00", "cap: 2100\n    floor: 100")]
)
def test_every_point_is_what_a_run_pays(text: str) -> None:
    plan = engine.load_plan(text)
    for component in ("commission", "bonus"):
        curve = engine.curve(plan, component, Decimal(50_000), points=8)
        names = [f"p{place:03d}" for place in range(len(curve.points))]
        rows = {
            "order_lines": [
                {
                    "line_id": name,
                    "payee_id": name,
                    "ordered_on": "2024-01-05",
                    "amount": point.value,
                }
                for name, point in zip(names, curve.points, strict=True)
            ],
            "assignments": [
                {"plan": plan.slug, "payee_id": name, "starts_on": date(2024, 1, 1)}
                for name in names
            ],
            "reporting": [],
            "quotas": [
                {
                    "quota": "sales",
                    "payee_id": name,
                    "starts_on": "2024-01-01",
                    "ends_before": "2024-04-01",
                    "amount": 50_000,
                    "currency": "USD",
                }
                for name in names
            ],
        }
        tables = tables_of({name: fill(name, part) for name, part in rows.items()})
        paid = {
            row["payee_id"]: row["earned"]
            for row in engine.calculate(plan, tables, QUARTER).rows("earnings")
            if row["component"] == component
        }
        assert [paid[name] for name in names] == [point.earned for point in curve.points]


def test_a_jump_is_visible() -> None:
    curve = engine.curve(engine.load_plan(WHOLE), "commission", Decimal(100_000))
    around = {point.value: point.earned for point in curve.points}
    assert around[Decimal("99999.99")] == Decimal("2000.00")
    assert around[Decimal(100_000)] == Decimal("4000.00")
    assert curve.on == "attainment"
    assert max(point.at for point in curve.points) == Decimal("1.5")


def test_below_a_boundary_is_the_nearest_amount_that_can_be_sold() -> None:
    """A yen has no cents, and nobody takes half an order."""
    yen = engine.load_plan(WHOLE.replace("currency: USD", "currency: JPY"))
    values = {row.value: row.earned for row in engine.examples(yen, "commission", Decimal(333))}
    assert {Decimal(332), Decimal(333)} <= values.keys()
    assert all(value == value.to_integral_value() for value in values)
    around = {one.value for one in engine.curve(yen, "commission", Decimal("333.5")).points}
    assert {Decimal(333), Decimal("333.5"), Decimal(334)} <= around
    orders = WHOLE.replace("kind: sum, of: amount,", "kind: count,")
    amounts = orders.replace("rate: 2%", "amount: 2").replace("rate: 4%", "amount: 4")
    counted = engine.load_plan(amounts)
    shown = {row.value for row in engine.examples(counted, "commission", Decimal(50))}
    assert {Decimal(49), Decimal(50), Decimal(60)} <= shown


def test_examples_stand_on_the_boundary_and_below_it() -> None:
    rows = engine.examples(engine.load_plan(PLAN), "commission", Decimal(100_000))
    shown = {row.value: row.earned for row in rows}
    assert shown[Decimal(100_000)] == Decimal("2000.00")
    assert shown[Decimal(120_000)] == Decimal("2800.00")
    assert Decimal("99999.99") in shown
    assert all(row.at < 1 for row in rows if row.value < 100_000)
    with pytest.raises(KeyError):
        engine.examples(engine.load_plan(PLAN), "nothing")


def test_points_are_not_drawn_as_money() -> None:
    plan = engine.load_plan(
        PLAN.replace("    kind: commission\n", "    kind: commission\n    unit: points\n", 1)
    )
    drawn = [one.id for one in plan.components if is_drawable(one)]
    assert "commission" not in drawn
    assert "bonus" in drawn


def test_a_count_without_tiers_is_shown_by_hundreds() -> None:
    """30 for each new customer is shown for 150 of them, not for 150,000."""
    text = Path("paceline/incentives/plan_templates/new-customers/plan.yaml").read_text("utf-8")
    plan = engine.load_plan(text)
    assert [int(row.value) for row in engine.examples(plan, "new-customer-reward")] == [
        0, 50, 80, 100, 120, 150,
    ]  # fmt: skip
    assert engine.curve(plan, "new-customer-reward").points[-1].earned == Decimal(3000)
