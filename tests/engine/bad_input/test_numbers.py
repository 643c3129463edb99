"""Numbers that are none, too long, or divided by nothing."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from paceline import engine
from tests.engine.building import arrow, fill
from tests.engine.test_cases import plan_of

from . import ASSIGNED, LINE, QUARTER, SIMPLE, run


def test_floats_in_a_file_are_refused_whatever_they_hold(tmp_path: Path) -> None:
    lines = arrow("order_lines", fill("order_lines", [LINE, {**LINE, "line_id": "B"}]))
    place = lines.column_names.index("amount")
    for values in ([float("nan"), 1.0], [float("inf"), 1.0], [1.0, 2.0]):
        pq.write_table(lines.set_column(place, "amount", pa.array(values)), tmp_path / "l.parquet")
        tables = engine.Tables(
            {
                "assignments": arrow("assignments", ASSIGNED),
                "order_lines": tmp_path / "l.parquet",
            }
        )
        with pytest.raises(engine.InputInvalid) as refusal:
            engine.calculate(plan_of(SIMPLE), tables, QUARTER)
        (problem,) = refusal.value.problems
        assert (problem.code, problem.params["column"]) == ("column_type", "amount")


def test_numbers_that_are_none_cannot_hold_money() -> None:
    plan = plan_of(SIMPLE)
    lines = arrow("order_lines", fill("order_lines", [LINE]))
    floats = lines.set_column(
        lines.column_names.index("amount"), "amount", pa.array([float("nan")])
    )
    tables = engine.Tables({"assignments": arrow("assignments", ASSIGNED), "order_lines": floats})
    with pytest.raises(engine.InputInvalid) as refusal:
        engine.calculate(plan, tables, QUARTER)
    assert [problem.code for problem in refusal.value.problems] == ["column_type"]


def test_totals_beyond_38_digits_are_refused_wherever_they_arise() -> None:
    huge = "99999999999999.9999"
    with pytest.raises(engine.InputInvalid) as refusal:
        run(
            {"order_lines": [{**LINE, "line_id": f"L{n}", "amount": huge} for n in range(4)]},
            {
                "measures": [
                    {"id": "sales", "kind": "sum", "of": "amount * quantity", "credits": "own"}
                ]
            },
        )
    assert [problem.code for problem in refusal.value.problems] == ["value_missing"]
    rows = [{**LINE, "line_id": f"L{n}", "amount": huge, "quantity": huge} for n in range(4)]
    with pytest.raises(engine.InputInvalid) as refusal:
        run(
            {"order_lines": rows},
            {
                "measures": [
                    {"id": "sales", "kind": "sum", "of": "amount * quantity", "credits": "own"}
                ]
            },
        )
    (problem,) = refusal.value.problems
    assert (problem.code, problem.path) == ("figure_too_large", "measures/sales")


def test_division_by_zero_has_a_stated_result() -> None:
    change = {
        "measures": [
            {"id": "sales", "kind": "sum", "of": "amount", "credits": "own"},
            {"id": "units", "kind": "sum", "of": "given(quantity, 0)", "credits": "own"},
            {"id": "price", "kind": "ratio", "of": "sales", "over": "units"},
        ],
        "components": [
            *SIMPLE["components"],
            {
                "id": "priced",
                "name": "Priced",
                "kind": "bonus",
                "pays": {"formula": "price * 10%"},
            },
            {
                "id": "fallback",
                "name": "Fallback",
                "kind": "bonus",
                "pays": {"formula": "given(price, 5 USD)"},
            },
        ],
    }
    results = run({"order_lines": [LINE]}, change)
    earned = {
        (row["component"], row["payee_id"]): row["earned"] for row in results.rows("earnings")
    }
    assert earned["priced", "ana"] == 0
    assert earned["fallback", "ana"] == 5
