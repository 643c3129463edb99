"""The ready plans: each is a whole plan, and the engine earns what its example says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from django.utils import translation

from paceline import engine
from paceline.incentives import wording
from paceline.incentives.calculation import documents
from paceline.incentives.plan_templates import TEMPLATES, PlanTemplate
from paceline.kernel import formats

STARTS = date(2026, 7, 1)


@pytest.fixture(params=list(TEMPLATES))
def template(request: pytest.FixtureRequest) -> PlanTemplate:
    return TEMPLATES[request.param]


def test_it_is_a_whole_plan_in_three_languages(template: PlanTemplate) -> None:
    assert documents.check(template.source) == ()
    plan = documents.load(template.source)
    assert plan.slug == template.key
    for language in ("en", "zh-hant", "zh-hans"):
        with translation.override(language):
            passages = wording.read_aloud(plan)
            assert "%(" not in template.worked()
        assert all(clause.text for passage in passages for clause in passage.clauses)
    assert all(set(text) == {"en", "zh-Hant", "zh-Hans"} for text in (plan.name, plan.purpose))


def test_its_example_is_what_the_engine_earns(template: PlanTemplate) -> None:
    """One line of the example's sales by a seller who reports to a manager, calculated in full."""
    plan = documents.load(template.source)
    example = template.example
    period = engine.period_from_key("2026-07" if plan.period == "month" else "2026Q3")
    money = pa.decimal128(18, 4)
    line = {
        "line_id": ["1"], "order_id": ["1"], "ordered_on": [STARTS], "payee_id": ["seller"],
        "customer": [None], "product": [None], "category": [None], "channel": [None],
        "territory": [None], "kind": ["sale"], "quantity": pa.array([Decimal(1)], money),
        "amount": pa.array([example.sales], money), "cost": pa.array([None], money),
        "currency": ["USD"], "returns_line_id": [None],
    }  # fmt: skip
    texts = {
        key: pa.array(value, pa.string()) if value == [None] else value
        for key, value in line.items()
    }
    people = ["manager", "seller"]
    ends = pa.array([None, None], pa.date32())
    tables = {
        "order_lines": pa.table(texts),
        "payees": pa.table(
            {
                "payee_id": people, "name": people, "starts_on": [STARTS, STARTS],
                "ends_before": ends, "currency": ["USD", "USD"],
            }
        ),
        "assignments": pa.table(
            {
                "plan": [plan.slug, plan.slug], "payee_id": people,
                "starts_on": [STARTS, STARTS], "ends_before": ends,
            }
        ),
        "reporting": pa.table(
            {
                "payee_id": ["seller"], "manager_id": ["manager"], "starts_on": [STARTS],
                "ends_before": pa.array([None], pa.date32()),
            }
        ),
    }  # fmt: skip
    if example.quota is not None:
        tables["quotas"] = pa.table(
            {
                "quota": ["sales"], "payee_id": ["seller"], "starts_on": [period.starts_on],
                "ends_before": [period.ends_before],
                "amount": pa.array([example.quota], money), "currency": ["USD"],
            }
        )  # fmt: skip
    results = engine.calculate(plan, engine.Tables(tables), period)
    earned = {
        row["payee_id"]: row["earned"]
        for row in results.table("statements").to_pylist()
        if row["earned"]
    }
    payee = "manager" if template.key == "manager-override" else "seller"
    assert earned == {payee: example.earned}
    with translation.override("en"):
        assert formats.money(example.earned, "USD") in template.worked()
