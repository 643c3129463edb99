"""Files of order lines that state what they hold: taken at their word, and held to it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from paceline import engine
from paceline.engine.database import Workspace
from paceline.engine.line_files import LocalFiles
from paceline.engine.opening import open_run
from paceline.engine.shape import shape_of
from paceline.engine.tables import ParquetFiles

from .bad_input import ASSIGNED, QUARTER, SIMPLE
from .building import fill, tables_of
from .test_cases import merge, plan_of

LINES: list[dict[str, Any]] = [
    {"payee_id": "ana", "ordered_on": "2024-01-05", "amount": "100"},
    {"payee_id": "ana", "ordered_on": "2024-03-31", "amount": "0.2500"},
]
LATER: list[dict[str, Any]] = [{"payee_id": "ben", "ordered_on": "2024-04-01", "amount": "7"}]
STATED = {"USD": (2, Decimal("100.2500"))}


def written(path: Path, rows: list[dict[str, Any]], totals: object) -> Path:
    """A file of lines that states totals, or a text in their place."""
    lines = [{**row, "line_id": f"{path.stem}-{place}"} for place, row in enumerate(rows)]
    table = tables_of({"order_lines": fill("order_lines", lines)}).sources["order_lines"]
    facts = engine.state_totals(totals) if isinstance(totals, dict) else {"paceline.totals": totals}
    pq.write_table(table.replace_schema_metadata(facts), path)
    return path


def calculate(*paths: Path) -> engine.Results:
    plan = plan_of(merge(SIMPLE, {}))
    sources = tables_of({"assignments": ASSIGNED}, plan).sources
    tables = engine.Tables({**sources, "order_lines": list(paths)})
    return engine.calculate(plan, tables, QUARTER, connection=duckdb.connect())


def test_what_files_state_is_what_came_in(tmp_path: Path) -> None:
    first = written(tmp_path / "a.parquet", LINES, STATED)
    second = written(tmp_path / "b.parquet", LATER, {"USD": (1, Decimal(7))})
    (check,) = calculate(first, second).checks
    assert (check.imported, check.credited, check.excluded) == (
        Decimal("107.25"),
        Decimal("100.25"),
        Decimal(7),
    )
    assert calculate(first, second).rows("excluded") == [
        {"reason": "outside_period", "currency": "USD", "lines": 1, "amount": Decimal(7)}
    ]


def test_stated_or_added_up_is_the_same(tmp_path: Path) -> None:
    stated = calculate(written(tmp_path / "a.parquet", LINES, STATED))
    silent = calculate(written(tmp_path / "a.parquet", LINES, "nothing that can be read"))
    assert stated.tables() == silent.tables()


@pytest.mark.parametrize("amount", ["100.2499", "200.50"])
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, amount: str) -> None:
    path = written(tmp_path / "a.parquet", LINES, {"USD": (2, Decimal(amount))})
    with pytest.raises(engine.InputInvalid) as refused:
        calculate(path)
    (problem,) = refused.value.problems
    assert (problem.code, problem.params["subject"]) == ("totals_differ", "USD")


def test_a_currency_that_is_not_stated_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", LINES, {})
    with pytest.raises(engine.InputInvalid) as refused:
        calculate(path)
    assert [problem.code for problem in refused.value.problems] == ["totals_differ"]


def test_a_currency_that_is_not_stated_is_refused_though_its_lines_cancel(tmp_path: Path) -> None:
    hidden = {"payee_id": "ana", "ordered_on": "2024-01-05", "currency": "CHF"}
    lines = [*LINES, {**hidden, "amount": "5"}, {**hidden, "amount": "-5"}]
    path = written(tmp_path / "a.parquet", lines, STATED)
    with pytest.raises(engine.InputInvalid) as refused:
        calculate(path)
    (problem,) = refused.value.problems
    assert (problem.code, problem.params["subject"]) == ("totals_differ", "CHF")


def test_lines_are_only_looked_for_outside_the_period_where_there_may_be_some(
    tmp_path: Path,
) -> None:
    plan = plan_of(merge(SIMPLE, {}))
    sources = tables_of({"assignments": ASSIGNED}, plan).sources
    inside = written(tmp_path / "a.parquet", LINES, STATED)
    outside = written(tmp_path / "b.parquet", LATER, {"USD": (1, Decimal(7))})
    for paths, within in (([inside], True), ([inside, outside], False)):
        tables = engine.Tables({**sources, "order_lines": paths})
        shape = shape_of(plan)
        workspace = Workspace(shape, tables, QUARTER)
        open_run(workspace, shape, QUARTER)
        days = (QUARTER.starts_on, QUARTER.ends_before)
        assert workspace.inputs.all_within("ordered_on", *days) is within
        assert workspace.inputs.all_within("paid_on", *days) is False
        workspace.close()


def test_only_days_have_days(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", LINES, STATED)
    (facts,) = LocalFiles().look(ParquetFiles((path,)))
    assert set(facts.days) == {"ordered_on"}
    assert facts.totals == STATED
    assert facts.types["line_id"] == pa.string()
