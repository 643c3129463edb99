"""Tables of rates: what is refused, with line, key and remedy; from a folder; when rows change."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from paceline import engine
from paceline.engine.cli import app
from paceline.engine.compare import Side, compare
from paceline.engine.keyed import shown_keys, written
from paceline.engine.lint import rates_of
from paceline.engine.whatif import Order, columns_asked, kept_of, next_steps, one_more_counted

from .building import arrow, fill, tables_of
from .test_cases import plan_of

PERIOD = engine.period_from_key("2024Q1")
TABLE: dict[str, Any] = {
    "name": "prices",
    "by": ["product", "channel"],
    "pays": "rate",
    "counts": "each",
    "missing": "refuse",
}


def plan_with(reading: str = "slice", **table: Any) -> engine.Plan:
    rates = {"reading": reading, "on": "amount", "table": {**TABLE, **table}}
    part = {"id": "pay", "name": "Pay", "kind": "commission", "measure": "sales", "rates": rates}
    return plan_of({"components": [part]})


LINES = [
    {"payee_id": "ana", "ordered_on": "2024-01-05", "amount": 1500, "product": "pen"},
    {"payee_id": "ana", "ordered_on": "2024-02-05", "amount": 100, "product": "ink"},
]
ROWS: list[dict[str, Any]] = [
    {"product": "pen", "from": 0, "rate": "0.01"},
    {"product": "pen", "from": 1000, "rate": "0.02"},
    {"from": 0, "rate": "0.1"},
]


def given(plan: engine.Plan, rows: list[dict[str, Any]]) -> engine.Tables:
    empty = {"rate_table": "prices", "product": None, "channel": None}
    world = {
        "order_lines": LINES,
        "assignments": [{"plan": "case", "payee_id": "ana", "starts_on": "2020-01-01"}],
        "rate_tables": [{**empty, **row} for row in rows],
    }
    filled = {name: fill(name, part) for name, part in world.items()}
    tables = tables_of(filled, plan)
    if not rows:
        return tables
    # All columns of the file, those by which the plan does not ask, too.
    return engine.Tables(
        {**tables.sources, "rate_tables": arrow("rate_tables", filled["rate_tables"])}
    )


def refused(rows: list[dict[str, Any]], **table: Any) -> list[tuple[str, str]]:
    plan = plan_with(**table)
    with pytest.raises(engine.InputInvalid) as refusal:
        engine.calculate(plan, given(plan, rows), PERIOD)
    return [(one.code, str(one.params["subject"])) for one in refusal.value.problems]


PEN = {"product": "pen"}


@pytest.mark.parametrize(
    ("rows", "code", "subject"),
    [
        ([{**PEN, "from": 10, "rate": 1}], "rate_rows_start_late", "prices, 1: pen, *"),
        (
            [{**PEN, "from": 0, "to": 900, "rate": 1}, {**PEN, "from": 1000, "rate": 2}],
            "rate_rows_gap",
            "prices, 1: pen, *",
        ),
        (
            [{**PEN, "from": 0, "to": 1001, "rate": 1}, {**PEN, "from": 1000, "rate": 2}],
            "rate_rows_overlap",
            "prices, 1: pen, *",
        ),
        ([{**PEN, "from": 0, "to": 9, "rate": 1}], "rate_rows_end", "prices, 1: pen, *"),
        (
            [{**PEN, "from": 0, "rate": 1}, {**PEN, "from": 0, "rate": 2}],
            "rate_row_repeated",
            "prices, 1: pen, *",
        ),
        ([{**PEN, "from": 0}], "rate_row_unpaid", "prices, 1: pen, *"),
        ([{**PEN, "from": 0, "rate": 1, "currency": "EUR"}], "rate_row_currency", "pen"),
        (
            [{**PEN, "from": 0, "rate": 1, "starts_on": "2024-02-01", "ends_before": "2024-01-01"}],
            "rate_days_reversed",
            "pen",
        ),
        (
            [
                {**PEN, "from": 0, "rate": 1, "ends_before": "2024-01-01"},
                {**PEN, "from": 0, "rate": 1, "starts_on": "2024-02-01"},
            ],
            "rate_days_gap",
            "prices, 1: pen, *",
        ),
        (
            [
                {**PEN, "from": 0, "rate": 1, "ends_before": "2024-03-01"},
                {**PEN, "from": 0, "rate": 1, "starts_on": "2024-02-01"},
            ],
            "rate_days_overlap",
            "prices, 1: pen, *",
        ),
        (
            [
                {**PEN, "from": 0, "rate": 1, "ends_before": "2024-03-01"},
                {**PEN, "from": 5, "rate": 1},
            ],
            "rate_days_differ",
            "prices, 1: pen, *",
        ),
    ],
)
def test_rows_are_as_strict_as_written_tiers(
    rows: list[dict[str, Any]], code: str, subject: str
) -> None:
    found = refused([*rows, {"from": 0, "rate": 0}])
    assert [one for one, _ in found] == [code]
    assert subject in found[0][1]


def test_a_table_without_rows_and_a_line_without_a_row_are_refused() -> None:
    assert refused([], name="others") == [("rate_table_empty", "others")]
    assert refused(ROWS[:2]) == [("rate_missing", "prices, ink, —")]
    plan = plan_with(missing="nothing")
    found = engine.calculate(plan, given(plan, ROWS[:2]), PERIOD)
    assert [row["code"] for row in found.rows("problems")] == ["rate_missing"]
    assert [row["earned"] for row in found.rows("statements")] == [Decimal(20)]


def test_a_column_that_the_plan_does_not_ask_by_is_no_silent_any() -> None:
    rows = [{"product": "pen", "channel": "web", "from": 0, "rate": 1}, *ROWS]
    assert refused(rows, by=["product"])[0][0] == "rate_column_unasked"


def test_what_cannot_be_read_is_said_with_its_place() -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"by": ["prodct"]}, "name_unknown"),
        ({"by": ["amount"]}, "name_unknown"),
        ({"by": ["product", "product"]}, "rate_keys_invalid"),
        ({"counts": "all"}, "rate_table_sliced"),
        ({"pays": "amount"}, "rate_table_sliced"),
        ({"missing": "ignore"}, "choice_unknown"),
    ]
    for change, code in wrong:
        with pytest.raises(engine.PlanInvalid) as refusal:
            plan_with(**change)
        assert [one.code for one in refusal.value.problems] == [code]
        assert "components/pay/rates/table" in refusal.value.problems[0].path
    with pytest.raises(engine.PlanInvalid) as refusal:
        plan_with("interpolated")
    assert [one.code for one in refusal.value.problems] == ["rate_table_interpolated"]


def test_the_order_of_rows_does_not_matter_and_the_file_is_an_input(tmp_path: Path) -> None:
    plan = plan_with()
    found = [
        engine.calculate(plan, given(plan, rows), PERIOD).tables()["tiers"].to_pylist()
        for rows in (ROWS, ROWS[::-1])
    ]
    assert found[0] == found[1]
    (tmp_path / "plan.yaml").write_text(plan.text, encoding="utf-8")
    files = {
        "order_lines": "line_id,ordered_on,payee_id,kind,amount,currency,product\n"
        "A,2024-01-05,ana,sale,1500.00,USD,pen\nB,2024-02-05,ana,sale,100.00,USD,ink\n",
        "assignments": "plan,payee_id,starts_on\ncase,ana,2020-01-01\n",
        "rate_tables": "rate_table,product,channel,from,rate\nprices,pen,,0,0.01\n"
        "prices,pen,,1000,0.02\nprices,,,0,0.1\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    where = ["--tables", str(tmp_path), "--period", "2024Q1", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(
        app, ["calculate", str(tmp_path / "plan.yaml"), *where, "--format", "csv"]
    )
    assert done.exit_code == 0, done.output
    statements = (tmp_path / "out" / "statements.csv").read_text("utf-8")
    assert '"ana","30.0000","USD"' in statements
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert list(record["inputs"]) == ["assignments", "order_lines", "rate_tables"]


def test_changed_rows_are_a_cause_and_one_more_order_is_paid_by_its_row() -> None:
    plan = plan_with()
    later = [*ROWS[:2], {"from": 0, "rate": "0.2"}]
    sides = [Side(plan, given(plan, rows), PERIOD) for rows in (ROWS, later)]
    parts = compare("ana", *sides).parts
    assert [(part.causes, part.amount) for part in parts] == [(("rate_rows",), Decimal(10))]
    (row,) = parts[0].changes.rows
    assert (row.before["rate"], row.after["rate"]) == (Decimal("0.1"), Decimal("0.2"))
    assert columns_asked(plan) == ("channel", "product")
    order = Order(Decimal(200), "USD", date(2024, 3, 1), columns={"product": "pen"})
    found = one_more_counted(plan, sides[0].tables, PERIOD, "ana", order)
    assert found == {"pay": Decimal(34)}  # 30.00 before; 200.00 more at 2 %


def test_over_the_year_one_more_order_is_calculated_and_no_next_row_is_guessed() -> None:
    text = plan_with().text.replace("accumulation: period", "accumulation: year")
    plan = engine.load_plan(text)
    tables, second = given(plan, ROWS), engine.period_from_key("2024Q2")
    results = engine.calculate(plan, tables, second)
    assert [row["earned"] for row in results.rows("statements")] == [Decimal(0)]
    assert next_steps(plan, kept_of(results, "ana", rates_of(plan, tables))) == ()
    order = Order(Decimal(200), "USD", date(2024, 5, 1), columns={"product": "pen"})
    # 1,500 of pens were sold in the first quarter: the order lies in the second row.
    assert one_more_counted(plan, tables, second, "ana", order) == {"pay": Decimal(4)}


def test_what_is_missing_to_the_next_row_is_told_key_by_key() -> None:
    plan = plan_with()
    rows = [*ROWS, {"from": 400, "rate": "0.2"}]
    rows[0] = {**rows[0], "from": 0}
    rows.append({**PEN, "from": 2000, "rate": "0.03"})
    tables = given(plan, rows)
    results = engine.calculate(plan, tables, PERIOD)
    kept = kept_of(results, "ana", rates_of(plan, tables))
    told = [(one.key, one.tier, one.reach, one.missing, one.pays) for one in next_steps(plan, kept)]
    # 1,500 of pens lie in the second row, 100 of ink in the first of everything else.
    assert told == [
        ("* · *", 5, Decimal(400), Decimal(300), Decimal(30)),
        ("pen · *", 3, Decimal(2000), Decimal(500), Decimal(10)),
    ]
    # It is the same as a run with that order in it.
    for (key, _tier, _reach, missing, pays), product in zip(told, ("ink", "pen"), strict=True):
        order = Order(missing, "USD", date(2024, 3, 1), columns={"product": product})
        found = one_more_counted(plan, tables, PERIOD, "ana", order)
        assert found["pay"] - Decimal(30) == pays, key
    # Read whole, the row that is reached pays on everything under its key.
    whole = plan_with("whole")
    results = engine.calculate(whole, tables, PERIOD)
    kept = kept_of(results, "ana", rates_of(whole, tables))
    assert [(one.key, one.missing, one.pays) for one in next_steps(whole, kept)] == [
        ("* · *", Decimal(300), Decimal(70)),
        ("pen · *", Decimal(500), Decimal(30)),
    ]


def test_a_key_is_drawn_as_if_it_were_written() -> None:
    plan = plan_with("whole")
    tables = rates_of(plan, given(plan, ROWS))
    assert tables is not None
    component = plan.components[0]
    assert component.rates is not None
    first, second = shown_keys(component.rates, tables, 3)
    assert (first.key, second.key) == ("pen · *", "* · *")
    drawn = engine.curve(written(plan, component, first), "pay")
    pay = {point.at: point.earned for point in drawn.points}
    assert (pay[Decimal("999.99")], pay[Decimal(1000)]) == (Decimal(10), Decimal(20))


def test_rows_without_a_first_day_are_compared_between_two_periods() -> None:
    """The days of one period are laid onto the other; rows that hold since ever stay there."""
    plan = plan_with()
    later = [*ROWS[:2], {"from": 0, "rate": "0.2"}]
    second = engine.period_from_key("2024Q2")
    sides = [Side(plan, given(plan, ROWS), PERIOD), Side(plan, given(plan, later), second)]
    parts = compare("ana", *sides).parts
    assert sum(part.amount for part in parts) == Decimal(-30)
    rows = [row for part in parts if "rate_rows" in part.causes for row in part.changes.rows]
    told = [(row.before["rate"], row.after["rate"]) for row in rows if row.table == "rate_tables"]
    assert told == [(Decimal("0.1"), Decimal("0.2"))]
