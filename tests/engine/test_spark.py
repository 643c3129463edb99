"""The same plan on Spark: every amount to the last digit, the same refusals, nothing left."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlglot import exp
from typer.testing import CliRunner

from benchmarks import engine_run
from paceline import engine
from paceline.engine import columns as c
from paceline.engine.cli import app
from paceline.engine.columns import EXACT, WIDE_DECIMAL
from paceline.engine.database import DuckDB
from paceline.engine.executor import Executor, Workspace
from paceline.engine.shape import shape_of
from scripts import spark_cluster

from .building import arrow, tables_of
from .test_cases import FOLDER, load, runs_of
from .test_digits import BOUNDS, example
from .test_run import PLAN, QUARTER, TEAM, world

pytestmark = pytest.mark.skipif(bool(spark_cluster.missing()), reason=spark_cluster.missing())
ON_TARGET = """\
      on: attainment
      quota: sales-quota
      tiers:
        - {from: 0%, rate: 2%}
        - {from: 100%, rate: 4%}
"""
BY_LINE = """\
      on: amount
      tiers: [{from: 0, rate: 1.25%}, {from: 700.5, rate: 2%}, {from: 4000, rate: 3.333333%}]
"""
# Windows, slots, values of single lines, pools, places, the year so far, grids, entered figures.
WIDE = (
    "2.5-windows-of-days",
    "2.7-windows-of-weeks",
    "3.8-which-rule-takes-a-line",
    "3.10-named-hierarchies",
    "5.8-figures-that-somebody-entered",
    "7.14-the-year-so-far",
    "7.16-a-grid-of-three-dimensions",
    "7.16-grid",
    "7.18-tiers-in-units-rate-on-money",
    "7.19-a-grid-that-changes-on-a-day",
    "7.19-rates-that-change-on-a-day",
    "7.21-the-difference-over-the-year",
    "7.21-tiers-of-the-last-day",
    "8.6-scorecard",
    "8.7-pool-of-a-team",
    "8.8-contest-with-equal-scores",
    "8.11-shared-by-what-each-adds",
)
# Text that Spark's own reader would take for more than text.
ODD = r"it's \ ${env:HOME} :plan"


def transaction() -> str:
    """Each line alone, with a half rounded to the even cent."""
    text = (PLAN + TEAM).replace(ON_TARGET, BY_LINE).replace("half-up", "half-even")
    return text.replace("accumulation: period", "accumulation: transaction")


def formulas() -> str:
    """A formula that divides, a condition on odd text, the other policies."""
    text = (PLAN + TEAM).replace(
        'category != "Shipping"', f'category != "{ODD}"'.replace("'", "''")
    )
    text = text.replace(
        "of: amount", "of: 'divide(amount * 90%, quantity, 0 USD) - given(cost, 0 USD)'", 1
    )
    text = text.replace("half-up", "down").replace("boundary: upper", "boundary: lower")
    return text.replace("hierarchy_date: order-date", "hierarchy_date: period-end")


def compare(plan: engine.Plan, tables: engine.Tables, on: Executor, **more: Any) -> engine.Results:
    """Calculate on both; every table has the same rows in the same order and the same types."""
    expected = engine.calculate(plan, tables, more.get("period", QUARTER))
    found = engine.calculate(plan, tables, more.get("period", QUARTER), on=on)
    assert list(found.tables()) == list(expected.tables())
    for name, rows in expected.tables().items():
        assert found.table(name).schema == rows.schema, name
        assert found.table(name) == rows, name
    assert found.checks == expected.checks
    assert found.fingerprint == expected.fingerprint
    return found


@pytest.mark.parametrize("write", [lambda: PLAN + TEAM, transaction, formulas])
def test_splits_currencies_and_rollups_are_the_same(write: Any, on_spark: Executor) -> None:
    rows = world(200)
    rows["order_lines"][7]["category"] = ODD
    if write is formulas:
        for line in rows["order_lines"]:
            line["currency"] = "USD"
    found = compare(engine.load_plan(write()), tables_of(rows), on_spark)
    assert all(row["earned"] for row in found.rows("statements"))


@pytest.mark.parametrize(
    "name", ["multipliers", "a ratio", "a formula over lines", "a sum over lines"]
)
def test_figures_with_too_many_digits_are_refused_for_the_same_clause(
    name: str, on_spark: Executor
) -> None:
    bound = BOUNDS[name]
    fits, too_large = (example(bound, rows) for rows in (bound.below, bound.above))
    plan = engine.load_plan(fits.text)
    compare(plan, tables_of(fits.rows, plan), on_spark)
    with pytest.raises(engine.InputInvalid) as refusal:
        engine.calculate(plan, tables_of(too_large.rows, plan), QUARTER, on=on_spark)
    (problem,) = refusal.value.problems
    assert (problem.code, problem.path) == ("figure_too_large", bound.clause)


def test_a_million_lines_are_the_same(tmp_path: Path, on_spark: Executor) -> None:
    path = tmp_path / "order_lines.parquet"
    engine_run.write_lines(path, 1_000_000)
    lines = engine.ParquetFiles((path,), ("as written",), grain_checked=True)
    tables = engine.Tables({"order_lines": lines, **engine_run.small_tables(1_000_000)})
    plan = engine.load_plan(engine_run.PLAN)
    found = compare(plan, tables, on_spark, period=engine_run.QUARTER)
    assert sum(row["imported_lines"] for row in found.rows("conservation")) == 1_000_000


def test_refusals_are_the_same_and_leave_nothing(on_spark: Any) -> None:
    plan = engine.load_plan(PLAN)
    circle, unrated, large = world(20), world(20), world(3)
    circle["reporting"].append(
        {"payee_id": "max", "manager_id": "ana", "starts_on": date(2024, 2, 1), "ends_before": None}
    )
    unrated["exchange_rates"] = unrated["exchange_rates"][:40]
    for line in large["order_lines"]:
        line |= {"amount": Decimal("99999999999999.9999"), "currency": "EUR", "payee_id": "ana"}
        line["ordered_on"] = date(2024, 1, 1)
    for rate in large["exchange_rates"]:
        rate["rate"] = Decimal(99_999_999)
    for rows in (circle, unrated, large):
        refusals = []
        for on in (None, on_spark):
            with pytest.raises(engine.InputInvalid) as refusal:
                engine.calculate(plan, tables_of(rows), QUARTER, on=on)
            refusals.append(refusal.value.problems)
        assert refusals[0] == refusals[1]
    assert on_spark.session.catalog.listTables() == []
    assert on_spark.session.sparkContext._jsc.getPersistentRDDs().isEmpty()


@pytest.mark.parametrize("name", WIDE)
def test_the_wide_language_is_the_same(name: str, on_spark: Executor) -> None:
    """The first and the last calculation of each case: those between vary what both have."""
    paid = [
        given for given in runs_of(load(FOLDER / f"{name}.yaml")) if "refused" not in given.said
    ]
    for given in {id(given): given for given in (paid[0], paid[-1])}.values():
        compare(given.plan, given.tables, on_spark, period=given.period)


def test_files_of_a_lake_are_read_by_the_cluster(tmp_path: Path, on_spark: Executor) -> None:
    """An address is Spark's to read, whatever file system it names; file:// is one."""
    rows = {name: arrow(name, part) for name, part in world(200).items()}
    lake = tmp_path / "lake"
    lake.mkdir()
    lines = rows["order_lines"].drop_columns(["cost"])
    for place, part in enumerate((lines[:77], lines[77:])):
        pq.write_table(part, lake / f"{place}.parquet")
        pq.write_table(rows["assignments"], tmp_path / "assignments.parquet")
    sources: dict[str, Any] = {**rows, "assignments": tmp_path / "assignments.parquet"}
    local = engine.Tables({**sources, "order_lines": sorted(lake.iterdir())})
    sources["assignments"] = (tmp_path / "assignments.parquet").as_uri()
    remote = engine.Tables({**sources, "order_lines": lake.as_uri() + "/"})
    plan = engine.load_plan(PLAN + TEAM)
    expected = engine.calculate(plan, local, QUARTER)
    found = engine.calculate(plan, remote, QUARTER, on=on_spark)
    assert found.tables() == expected.tables()
    assert found.fingerprint == expected.fingerprint
    nowhere = engine.Tables({**sources, "order_lines": (tmp_path / "nowhere").as_uri()})
    for on in (None, on_spark):
        with pytest.raises(engine.InputInvalid) as refusal:
            engine.calculate(plan, nowhere, QUARTER, on=on)
        assert "table_unreadable" in [problem.code for problem in refusal.value.problems]


NUMBERS = [
    Decimal(sign * number)
    for number in (1, 2, 7, 10**12, 10**18 + 1, 10**20 - 1, 10**20, 10**26 + 9, 10**38 - 1)
    for sign in (1, -1)
]


def test_quotients_and_roundings_are_the_same(on_spark: Executor) -> None:
    """Every pair of long numbers divided, and halves rounded each way, on both sides of zero."""
    halves = [Decimal(n).scaleb(-4) for n in (0, 50, 150, 149, 151, 250, -50, -150, -149, -250)]
    plan = engine.load_plan(PLAN)
    spaces: list[Workspace] = [
        on.open(shape_of(plan), tables_of({}), QUARTER) for on in (DuckDB(), on_spark)
    ]
    answers = [[ask(space, halves) for ask in (divide, round_each_way)] for space in spaces]
    for space in spaces:
        space.close()
    assert answers[0] == answers[1]
    for first, second, quotient in answers[0][0]:
        sign = 1 if first * second >= 0 else -1
        assert quotient == sign * (abs(int(first)) // abs(int(second)))


def divide(space: Workspace, _halves: list[Decimal]) -> list[tuple[Any, ...]]:
    numbers = pa.array([str(number) for number in NUMBERS])
    space.register("numbers", pa.table({"n": numbers}))
    sides = {side: c.typed(c.col("n", side), WIDE_DECIMAL) for side in ("a", "b")}
    quotient = c.integer_quotient(sides["a"].copy(), sides["b"].copy())
    query = c.select({**sides, "q": c.typed(quotient, WIDE_DECIMAL)})
    query = query.from_(c.source("numbers", "a")).join(c.source("numbers", "b"), join_type="cross")
    return space.rows("quotients", lambda: query.order_by(exp.column("a"), exp.column("b")))


def round_each_way(space: Workspace, halves: list[Decimal]) -> list[tuple[Any, ...]]:
    space.register("halves", pa.table({"n": pa.array(halves, pa.decimal128(38, 12))}))
    modes = ("half-up", "half-even", "down")
    columns = {mode: c.rounded(c.col("n"), 2, mode) for mode in modes}
    query = c.select({"n": c.typed(c.col("n"), EXACT), **columns}).from_(c.source("halves"))
    return space.rows("roundings", lambda: query.order_by(c.col("n")))


def test_the_command_runs_on_spark(tmp_path: Path, cluster: str, on_spark: Executor) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    (tmp_path / "tables").mkdir()
    rows = {name: arrow(name, part) for name, part in world(40).items()}
    for name, part in rows.items():
        folder = tmp_path if name == "order_lines" else tmp_path / "tables"
        pq.write_table(part, folder / f"{name}.parquet")
    arguments = ["calculate", str(tmp_path / "plan.yaml"), "--tables", str(tmp_path / "tables")]
    arguments += ["--period", "2024Q1", "--out", str(tmp_path / "out")]
    arguments += ["--on", "spark", "--master", cluster]
    arguments += ["--lines", (tmp_path / "order_lines.parquet").as_uri()]
    done = CliRunner().invoke(app, [*arguments, "--setting", "spark.executor.memory=768m"])
    assert done.exit_code == 0, done.output
    expected = engine.calculate(engine.load_plan(PLAN), engine.Tables(rows), QUARTER)
    for name, part in expected.tables().items():
        assert pq.read_table(tmp_path / "out" / f"{name}.parquet") == part
