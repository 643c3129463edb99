"""Days at both ends of time, and periods of one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from paceline import engine
from tests.engine.building import arrow, fill, tables_of
from tests.engine.test_cases import BASE, plan_of

from . import ASSIGNED, LINE, QUARTER, SIMPLE, run


def test_dates_at_both_ends_of_time_count_and_those_beyond_are_refused() -> None:
    results = run(
        {
            "order_lines": [
                LINE,
                {**LINE, "line_id": "Z", "ordered_on": date.max},
                {**LINE, "line_id": "A", "ordered_on": date.min},
            ]
        }
    )
    assert results.rows("statements")[0]["earned"] == Decimal(1)
    assert results.rows("excluded") == [
        {"reason": "outside_period", "currency": "USD", "lines": 2, "amount": Decimal(200)}
    ]
    year_zero = (date(1, 1, 1) - date(1970, 1, 1)).days - 366
    days = pa.array([year_zero], pa.int32()).cast(pa.date32())
    for name, row, column in (
        ("order_lines", LINE, "ordered_on"),
        ("assignments", {"plan": "case", "payee_id": "cho"}, "starts_on"),
        (
            "exchange_rates",
            {
                "from_currency": "EUR",
                "to_currency": "USD",
                "rate_type": "average",
                "rate": "1",
                "on_date": "2024-01-01",
            },
            "on_date",
        ),
        ("owners", {"kind": "t", "key": "n", "payee_id": "ana", "share": "1"}, "starts_on"),
    ):
        table = arrow(name, fill(name, [{**row, column: "2024-01-05"}]))
        table = table.set_column(table.column_names.index(column), column, days)
        given = {
            "assignments": arrow("assignments", ASSIGNED),
            "order_lines": arrow("order_lines", fill("order_lines", [LINE])),
        }
        with pytest.raises(engine.InputInvalid) as refusal:
            engine.calculate(plan_of(SIMPLE), engine.Tables({**given, name: table}), QUARTER)
        (problem,) = refusal.value.problems
        assert (problem.code, problem.path) == ("date_out_of_range", name)


def test_a_day_of_a_period_in_leap_years_and_a_period_of_one_day() -> None:
    day = date(2024, 2, 29)
    plan = plan_of(SIMPLE)
    tables = tables_of(
        {
            "assignments": ASSIGNED,
            "order_lines": fill(
                "order_lines", [{**LINE, "ordered_on": day}, {**LINE, "line_id": "B"}]
            ),
        },
        plan,
    )
    period = engine.Period(day, day + timedelta(days=1), "leap day")
    results = engine.calculate(plan, tables, period)
    assert {row["payee_id"]: row["earned"] for row in results.rows("statements")} == {
        "ana": Decimal(1),
        "ben": Decimal(0),
    }
    assert BASE["period"] == "quarter"


def test_a_period_begins_where_windows_can_look_back() -> None:
    for key in ("0000Q1", "0001Q1", "0011", "9999M12"):
        with pytest.raises(engine.PeriodUnknown):
            engine.period_from_key(key)
    first = engine.period_from_key("0012Q1")
    rows = {"assignments": ASSIGNED, "order_lines": fill("order_lines", [LINE])}
    plan = plan_of(SIMPLE)
    results = engine.calculate(plan, tables_of(rows, plan), first)
    assert results.rows("statements") == []
