"""Rows that are there twice, too many, or missing."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from paceline import engine
from tests.engine.building import arrow, fill
from tests.engine.test_cases import merge, plan_of

from . import ASSIGNED, CONNECTION, LINE, QUARTER, SIMPLE, run

TWICE: dict[str, dict[str, Any]] = {
    "payees": {"payee_id": "ana", "starts_on": "2020-01-01"},
    "order_lines": {**LINE, "line_id": "A"},
    "quotas": {
        "quota": "t",
        "payee_id": "ana",
        "starts_on": "2024-01-01",
        "ends_before": "2024-04-01",
        "amount": "1",
        "currency": "USD",
    },
    "figures": {"figure": "f", "payee_id": "ana", "on_date": "2024-01-01", "value": "1"},
    "owners": {
        "kind": "t",
        "key": "n",
        "payee_id": "ana",
        "share": "0.5",
        "starts_on": "2020-01-01",
    },
    "credit_splits": {"line_id": "L0001", "payee_id": "ana", "share": "1"},
}


@pytest.mark.parametrize("name", TWICE)
def test_a_row_that_is_there_twice_is_refused_with_its_table(name: str) -> None:
    rows = {"order_lines": [LINE], name: [TWICE[name], TWICE[name]]}
    with pytest.raises(engine.InputInvalid) as refusal:
        run(rows)
    assert ("row_repeated", name) in {(one.code, one.path) for one in refusal.value.problems}


def test_quotas_without_sales_and_sales_without_quota_have_a_stated_result() -> None:
    quota = {**TWICE["quotas"], "amount": "500"}
    rows = {
        "order_lines": [{**LINE, "line_id": name, "payee_id": name} for name in ("ana", "ben")],
        "quotas": [{**quota, "payee_id": "ana", "amount": "0"}, {**quota, "payee_id": "cho"}],
        "assignments": fill(
            "assignments",
            [
                {"plan": "case", "payee_id": name, "starts_on": "2000-01-01"}
                for name in ("ana", "ben", "cho")
            ],
        ),
    }
    tiers = [{"from": "0%", "rate": "1%"}]
    change = {
        "quotas": [{"id": "t", "measure": "sales", "name": "t"}],
        "components": [
            {
                **SIMPLE["components"][0],
                "rates": {"reading": "slice", "on": "attainment", "quota": "t", "tiers": tiers},
            }
        ],
    }
    results = run(rows, change)
    assert {(row["code"], row["payee_id"]) for row in results.rows("problems")} == {
        ("quota_zero", "ana"),
        ("quota_missing", "ben"),
    }
    assert {row["payee_id"]: row["attainment"] for row in results.rows("attainment")} == {
        "ana": None,
        "ben": None,
        "cho": 0,
    }
    assert {row["earned"] for row in results.rows("statements")} == {Decimal(0)}


def test_a_million_rows_of_a_small_table_are_no_trouble() -> None:
    plan = plan_of(merge(SIMPLE, {"quotas": [{"id": "t", "measure": "sales", "name": "sales"}]}))
    count = 1_000_000
    starts = pa.array([date(2024, 1, 1)] * count, pa.date32())
    quotas = pa.table(
        {
            "quota": pa.array(["sales"] * count),
            "payee_id": pa.array([f"P{place:07d}" for place in range(count)]),
            "starts_on": starts,
            "ends_before": pa.array([date(2024, 4, 1)] * count, pa.date32()),
            "amount": pa.array([Decimal(1000)] * count, pa.decimal128(18, 4)),
            "currency": pa.array(["USD"] * count),
        }
    )
    tables = engine.Tables(
        {
            "assignments": arrow("assignments", ASSIGNED),
            "order_lines": arrow("order_lines", fill("order_lines", [LINE])),
            "quotas": quotas,
        }
    )
    results = engine.calculate(plan, tables, QUARTER, input_hashes={"quotas": ["million"]})
    assert {row["payee_id"]: row["target"] for row in results.rows("attainment")} == {
        "ana": None,
        "ben": None,
    }


def test_more_rates_than_a_run_takes_are_refused_at_once() -> None:
    """Two million and one rows, and rates that are no numbers."""
    table = {
        "name": "prices",
        "by": ["product"],
        "pays": "rate",
        "counts": "each",
        "missing": "nothing",
    }
    rates = {"reading": "slice", "on": "amount", "table": table}
    plan = plan_of({"components": [{**SIMPLE["components"][0], "rates": rates}]})
    count = 2_000_001
    none = pa.nulls(count, pa.string())
    rows = {
        "rate_table": none.fill_null("prices"),
        "product": none.fill_null("pen"),
        "from": pa.nulls(count, pa.int32()).fill_null(0),
        "rate": pa.nulls(count, pa.int32()).fill_null(0),
    }
    given = {"assignments": arrow("assignments", ASSIGNED)}
    given["order_lines"] = arrow("order_lines", fill("order_lines", [LINE]))
    for change, code in (
        ({}, "rate_table_too_long"),
        ({"rate": rows["rate"].cast("double")}, "column_type"),
    ):
        tables = engine.Tables({**given, "rate_tables": pa.table({**rows, **change})})
        started = time.process_time()
        with pytest.raises(engine.InputInvalid) as refusal:
            engine.calculate(plan, tables, QUARTER, connection=CONNECTION)
        assert time.process_time() - started < 1
        assert [one.code for one in refusal.value.problems] == [code]


def test_reporting_that_goes_in_a_circle_over_many_is_refused() -> None:
    names = [f"p{place}" for place in range(40)]
    rows = [
        {"payee_id": name, "manager_id": names[(place + 1) % 40], "starts_on": "2020-01-01"}
        for place, name in enumerate(names)
    ]
    change = {
        "credits": [
            {"id": "own", "kind": "direct"},
            {"id": "up", "kind": "rollup", "of": "own", "levels": "all"},
        ]
    }
    with pytest.raises(engine.InputInvalid) as refusal:
        run({"order_lines": [LINE], "reporting": rows}, change)
    assert {problem.code for problem in refusal.value.problems} == {"reporting_circular"}
