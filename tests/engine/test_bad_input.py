"""Input at the edges: each ends in a message with its place, or in a stated result."""

from __future__ import annotations

import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from paceline import engine
from paceline.engine.cli import app
from paceline.engine.folders import read_folder

from .building import arrow, fill, tables_of
from .test_cases import BASE, merge, plan_of
from .test_plan_document import PLAN

QUARTER = engine.period_from_key("2024Q1")
CONNECTION = duckdb.connect(":memory:")
SIMPLE: dict[str, Any] = {
    "components": [
        {
            "id": "pay",
            "name": "Pay",
            "kind": "commission",
            "measure": "sales",
            "rates": {"reading": "slice", "on": "amount", "tiers": [{"from": "0", "rate": "1%"}]},
        }
    ]
}
ASSIGNED = fill(
    "assignments",
    [{"plan": "case", "payee_id": name, "starts_on": "2000-01-01"} for name in ("ana", "ben")],
)
LINE = {"payee_id": "ana", "ordered_on": "2024-01-05", "amount": "100"}


def codes(text: str) -> list[str]:
    return [problem.code for problem in engine.check_plan(text)]


def run(rows: dict[str, Any], change: dict[str, Any] | None = None) -> engine.Results:
    plan = plan_of(merge(SIMPLE, change or {}))
    filled = {name: fill(name, part) for name, part in rows.items()}
    tables = tables_of({"assignments": ASSIGNED, **filled}, plan)
    return engine.calculate(plan, tables, QUARTER, connection=CONNECTION)


def test_a_plan_of_ten_thousand_rules_is_refused_with_its_place() -> None:
    rules = "".join(f"  - {{id: r{place}, kind: direct}}\n" for place in range(10_000))
    text = PLAN.replace("credits:\n", f"credits:\n{rules}", 1)
    (problem,) = engine.check_plan(text)
    assert problem.code in {"document_too_long", "document_too_large"}
    some = "".join(f"  - {{id: r{place}, kind: direct}}\n" for place in range(400))
    assert "list_too_long" in codes(PLAN.replace("credits:\n", f"credits:\n{some}", 1))


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("amount > " + "1" * 1_000_000, "document_too_long"),
        ("amount > " + "1" * 3_000, "formula_too_long"),
        ("(" * 900 + "amount > 0" + ")" * 900, "formula_too_deep"),
        ("not " * 400 + "true", "formula_too_deep"),
        ("destroy(amount) > 0", "function_unknown"),
        ("amount / 2 > 0", "formula_malformed"),
        ("amount > 99999999999999999999 USD", "number_too_long"),
        ("ordered_on > 2024-02-30", "date_unknown"),
        ("ordered_on > 0000-01-01", "date_unknown"),
        ("amount + quantity > 0", "types_do_not_fit"),
    ],
    ids=lambda value: value[:24],
)
def test_formulas_beyond_bounds_are_refused(formula: str, code: str) -> None:
    text = PLAN.replace("'category != \"Shipping\"'", f"'{formula}'", 1)
    assert text != PLAN
    assert code in codes(text)


def test_components_cannot_go_in_circles() -> None:
    text = PLAN.replace(
        "    pays: {amount: 1000.00}", "    pays: {formula: 'bonus.earned + 1 USD'}", 1
    )
    (problem,) = engine.check_plan(text)
    assert (problem.code, problem.path) == ("name_unknown", "components/bonus/pays/formula")


@pytest.mark.parametrize(
    "measure",
    [
        {"kind": "sum", "of": "amount", "credits": "own", "window": "since-hire"},
        {"kind": "max", "of": "amount", "credits": "own"},
        {"kind": "figure", "name": "sales", "read": "last", "unit": "money"},
    ],
    ids=lambda value: value["kind"],
)
def test_what_stays_the_same_over_the_year_cannot_be_paid_by_it(measure: dict[str, Any]) -> None:
    """What had been earned before the period would always be all that it earns."""
    component = {**SIMPLE["components"][0], "accumulation": "year"}
    with pytest.raises(engine.PlanInvalid) as refusal:
        plan_of({"measures": [{"id": "sales", **measure}], "components": [component]})
    assert [(one.code, one.path) for one in refusal.value.problems] == [
        ("measure_has_no_parts", "components/pay")
    ]


def test_negative_rates_and_unknown_policies_are_refused() -> None:
    assert "percent_negative" in codes(PLAN.replace("rate: 2%", "rate: -2%", 1))
    assert "choice_unknown" in codes(PLAN.replace("returns: own-day", "returns: sometimes", 1))
    assert "policy_missing" in codes(PLAN.replace("  returns: own-day\n", "", 1))
    assert "policy_missing" in codes(PLAN.replace("  retroactivity: carry-forward\n", "", 1))


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


DEEP = "{a: " * 1_000 + "1" + "}" * 1_000
BEYOND: dict[str, tuple[str, str]] = {
    "ten thousand rules": ("credits:\n", "credits:\n" + "  - {id: r, kind: direct}\n" * 10_000),
    "a formula of a million characters": ('category != "', "amount > 1 or " * 70_000),
    "nested a thousand deep": ("name: {en: Reseller", f"purpose: {DEEP}\nname: {{en: Reseller"),
    "a formula nested a thousand deep": ("amount: 1000.00", f"formula: '{'(' * 999}'"),
    "a list of a hundred thousand tiers": (
        "rate: 2%}",
        "rate: 2%}" + ", {from: 1, rate: 1%}" * 9_000,
    ),
    "a table that ends nowhere": ("tiers:", "tiers: ["),
}


@pytest.mark.parametrize("what", BEYOND)
def test_every_refusal_comes_within_a_second_and_says_where(what: str) -> None:
    old, new = BEYOND[what]
    text = PLAN.replace(old, new, 1)
    assert text != PLAN
    started = time.thread_time()
    problems = engine.check_plan(text, name="plan.yaml")
    assert time.thread_time() - started < 1
    assert problems
    for problem in problems:
        assert str(problem).startswith("plan.yaml:"), problem
        assert problem.code
        assert problem.message


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
    assert [problem.code for problem in refusal.value.problems] == ["amount_too_large"]


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


LINES = "line_id,ordered_on,payee_id,kind,amount,currency,category\n"
SALE = "A,2024-01-05,ana,sale,100.00,USD,x\n"
QUOTAS = "quota,payee_id,starts_on,ends_before,amount,currency\n"
OWNERS = "kind,key,payee_id,share,starts_on\n"
OWN_QUOTA = "sales,ana,2024-01-01,2024-04-01,{amount},USD\n"
FILES = {
    "order_lines": LINES + SALE,
    "assignments": "plan,payee_id,starts_on\nreseller-commission,ana,2020-01-01\n",
    "quotas": QUOTAS + OWN_QUOTA.format(amount=100),
    "reporting": "payee_id,manager_id,starts_on\n",
}
Swap = tuple[str, str]
# What a person sees at the shell: the file that is changed, and the message or, where the exit code
# is 0, what the statement holds.
AT_THE_SHELL: dict[str, tuple[str, str | Swap, str]] = {
    "nothing wrong": ("order_lines", LINES + SALE, "1002.0000"),
    "a day in year 0": (
        "order_lines", LINES + SALE.replace("2024-01-05", "0000-01-05"),
        "order_lines: order_lines.ordered_on has a day outside the years 1 to 9999",
    ),
    "a day in year 10000": (
        "order_lines", LINES + SALE.replace("2024-01-05", "10000-01-05"),
        "order_lines.csv:2: order_lines: ordered_on: '10000-01-05' is no day of the years 1",
    ),
    "a day in year 9999": (
        "order_lines", LINES + SALE.replace("2024-01-05", "9999-12-31"), "0.0000"
    ),
    "a number that is none": (
        "order_lines", LINES + SALE + SALE.replace("100.00", "NaN"),
        "order_lines.csv:3: order_lines: amount: 'NaN' is no number with at most 14 digits",
    ),
    "twenty digits": (
        "order_lines", LINES + SALE.replace("100.00", "9" * 20),
        f"order_lines.csv:2: order_lines: amount: '{'9' * 20}' is no number",
    ),
    "five decimals": (
        "order_lines", LINES + SALE.replace("100.00", "1.00001"),
        "is no number with at most 14 digits, a point and 4 digits",
    ),
    "a row that is too short": (
        "order_lines", LINES + SALE.replace(",x", ""),
        "order_lines.csv:2: order_lines: this row has 6 fields, the header has 7",
    ),
    "a quote left open": (
        "order_lines", LINES + '"' + SALE, "order_lines.csv:2: order_lines: this is not CSV"
    ),
    "nothing in it": ("order_lines", "", "order_lines.csv:1: order_lines: the file is empty"),
    "another encoding": (
        "order_lines", LINES + SALE.replace("ana", "a\udcf1a"),
        "order_lines.csv:2: order_lines: this is not UTF-8; save the file as CSV in UTF-8",
    ),
    "a line twice": ("order_lines", LINES + SALE * 2, "order_lines: A occurs 2 times"),
    "a payee twice": (
        "payees", "payee_id,name,starts_on\nana,A,2020-01-01\nana,B,2020-01-01\n",
        "payees: ana occurs 2 times",
    ),
    "owners of more than the whole": (
        "owners",
        f"{OWNERS}territory,n,ana,0.6,2020-01-01\nterritory,n,ben,0.6,2020-01-01\n",
        "owners: the owners of territory, n have more than 100 % on 2020-01-01",
    ),
    "people above themselves": (
        "reporting",
        "payee_id,manager_id,starts_on\nana,ben,2020-01-01\nben,ana,2020-01-01\n",
        "reporting: ana is above themselves on 2024-01-01",
    ),
    "a quota of zero": ("quotas", QUOTAS + OWN_QUOTA.format(amount=0), "0.0000"),
    "a quota below zero": (
        "quotas", QUOTAS + OWN_QUOTA.format(amount=-1),
        "quotas: the row of sales, ana is below zero",
    ),
    "sales without a quota": ("quotas", QUOTAS, "0.0000"),
    "a quota without sales": ("order_lines", LINES, "0.0000"),
    "rules without end": (
        "plan", ("credits:\n", "credits:\n" + "  - {id: r, kind: direct}\n" * 10_000),
        "plan.yaml:",
    ),
    "a formula of a million characters": (
        "plan", ("of: amount", f"of: {'amount + ' * 120_000}"), "the plan has more than 200000"
    ),
    "a thousand brackets": (
        "plan", ("of: amount", f"of: {'(' * 999}amount"), "plan.yaml:21:32: measures/sales/of: "
    ),
    "an unknown function": (
        "plan", ("of: amount", "of: destroy(amount)"),
        "plan.yaml:21:32: measures/sales/of: there is no function destroy; known are abs",
    ),
    "a component that draws on itself": (
        "plan", ("{amount: 1000.00}", "{formula: bonus.earned}"),
        "plan.yaml:40:21: components/bonus/pays/formula: there is no column bonus.earned",
    ),
    "a rate below zero": (
        "plan", ("rate: 2%", "rate: -2%"),
        "plan.yaml:34:28: components/commission/rates/tiers/1/rate: -2% is below zero",
    ),
}  # fmt: skip


def test_whoever_calculates_at_a_shell_is_told_place_and_remedy(tmp_path: Path) -> None:
    """Every kind of bad input through the command, each within a second of processor time."""
    for what, (name, given, wanted) in AT_THE_SHELL.items():
        folder = tmp_path / what.replace(" ", "-")
        (folder / "tables").mkdir(parents=True)
        text = PLAN if isinstance(given, str) else PLAN.replace(*given, 1)
        (folder / "plan.yaml").write_text(text, "utf-8")
        files = FILES | ({name: given} if isinstance(given, str) else {})
        for table, rows in files.items():
            place = folder / "tables" / f"{table}.csv"
            place.write_bytes(rows.encode("utf-8", "surrogateescape"))
        options = ["--tables", folder / "tables", "--period", "2024Q1", "--out", folder / "out"]
        command = ["calculate", folder / "plan.yaml", *options, "--format", "csv"]
        started = time.process_time()
        done = CliRunner().invoke(app, [str(one) for one in command])
        assert time.process_time() - started < 1, what
        if done.exit_code:
            assert done.exit_code == 1, f"{what}: {done.output}"
            assert wanted in done.output, f"{what}: {done.output}"
            assert not (folder / "out").exists(), what
        else:
            statements = (folder / "out" / "statements.csv").read_text("utf-8")
            assert f'"ana","{wanted}","USD"' in statements, f"{what}: {statements}"


def test_a_folder_without_tables_and_one_with_a_table_twice_are_told(tmp_path: Path) -> None:
    plan = engine.load_plan(PLAN)
    with pytest.raises(engine.InputInvalid) as refusal:
        read_folder(tmp_path, plan)
    assert [one.code for one in refusal.value.problems] == ["folder_empty"]
    for kind in ("csv", "parquet"):
        (tmp_path / f"order_lines.{kind}").write_text(LINES, "utf-8")
    with pytest.raises(engine.InputInvalid) as refusal:
        read_folder(tmp_path, plan)
    assert [one.code for one in refusal.value.problems] == ["table_given_twice"]
