"""Files that mark their split lines: read less, and say the same whatever the marks say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from paceline import engine
from paceline.engine import marks, whatif
from paceline.engine.database import Workspace
from paceline.engine.hashing import hash_file
from paceline.engine.line_files import SPLIT_MARK
from paceline.engine.opening import open_run
from paceline.engine.shape import shape_of
from paceline.engine.split_rows import number_lines
from paceline.engine.steps import lines

from .building import fill, tables_of
from .test_kept_sums import Memory
from .test_run import PLAN, QUARTER, world

CONNECTION = duckdb.connect(":memory:", config={"threads": 1})  # a few rows
SPLIT = ["L0003", "L0017", "L0018"]
SHARES = [
    {"line_id": line, "payee_id": payee, "share": "0.5"}
    for line in SPLIT
    for payee in ("ana", "ben")
] + [{"line_id": "L0021", "payee_id": "cho", "share": "0.1", "is_overlay": True}]
KNOWN = [*SPLIT, "L0021"]
OVERLAID = PLAN.replace("splits: exactly-100", "splits: overlays")
# What the two files mark, and whether that tells every split line.
MARKED: dict[str, tuple[list[list[str] | None], bool]] = {
    "all of them": ([KNOWN, KNOWN], True),
    "too many": ([[*KNOWN, "L0004", "L0040"], KNOWN], True),
    "too few": ([SPLIT[:1], SPLIT[:1]], False),
    "none": ([[], []], False),
    "one file does not say": ([KNOWN, None], False),
    "a file without lines does not say": ([KNOWN, KNOWN, None], True),
}


def tables(folder: Path, marked: list[list[str] | None]) -> engine.Tables:
    """The world's lines in two files, each with its marks or without."""
    rows = world()
    rows["credit_splits"] = fill("credit_splits", SHARES)
    sources = dict(tables_of(rows).sources)
    sold = sources.pop("order_lines")
    paths = []
    for place, ids in enumerate(marked):
        part = sold.slice(place * 30, 30)
        if ids is not None:
            mark = [one in ids for one in part.column("line_id").to_pylist()]
            part = part.append_column(SPLIT_MARK, pa.array(mark, pa.bool_()))
        paths.append(folder / f"{place}.parquet")
        pq.write_table(part, paths[-1])
    hashes = tuple(hash_file(path) for path in paths)
    files = engine.ParquetFiles(tuple(paths), hashes, grain_checked=True)
    return engine.Tables({**sources, "order_lines": files})


def results(given: engine.Tables, shelf: Memory | None = None) -> dict[str, pa.Table]:
    plan = engine.load_plan(OVERLAID)
    return engine.calculate(plan, given, QUARTER, connection=CONNECTION, shelf=shelf).tables()


def of_ana(given: engine.Tables) -> tuple[object, ...]:
    """Her lines, and what she would have had under another text of the plan."""
    plan = engine.load_plan(OVERLAID)
    other = engine.load_plan(OVERLAID.replace("rate: 2%", "rate: 7%"))
    assert other.hash != plan.hash
    found = engine.trace(plan, given, QUARTER, "ana")
    imagined = whatif.under_plan(other, given, QUARTER, "ana")
    return found.rows(), imagined.rows("statements"), imagined.rows("credits")


@pytest.mark.parametrize(("marked", "do_tell"), MARKED.values(), ids=MARKED)
def test_marks_are_taken_where_they_tell_all_and_change_nothing(
    tmp_path: Path,
    marked: list[list[str] | None],
    do_tell: bool,  # noqa: FBT001 -- what the files of the case do
) -> None:
    unmarked = tables(tmp_path, [None, None])
    silent, hers = results(unmarked), of_ana(unmarked)
    assert {"ana", "ben", "cho"} <= {row["payee_id"] for row in silent["credits"].to_pylist()}
    given, shelf = tables(tmp_path, marked), Memory()
    assert results(given) == silent
    assert results(given, shelf) == silent  # file by file, each with its own marks
    assert shelf.put
    assert of_ana(given) == hers

    shape = shape_of(engine.load_plan(OVERLAID))
    workspace = Workspace(shape, given, QUARTER)
    open_run(workspace, shape, QUARTER)
    assert marks.marks_tell(workspace, shape) is do_tell
    marks.find_split_lines(workspace, shape)
    numbers = 'SELECT i.line_id FROM split_lines l JOIN split_ids i ON i.line = l."split line"'
    found: list[Any] = workspace.connection.execute(numbers).fetchall()
    assert sorted(line for (line,) in found) == KNOWN
    workspace.close()


SALES = "sales, kind: sum, of: amount, credits: own-sales"
ON_AMOUNT = OVERLAID.replace("on: attainment\n      quota: sales-quota", "on: amount").replace(
    "{from: 0%, rate: 2%}\n        - {from: 100%, rate: 4%}",
    "{from: 0, rate: 2%}\n        - {from: 5000, rate: 4%}",
)
COUNTED = (
    OVERLAID.replace("rate: 2%", "amount: 2")
    .replace("rate: 4%", "amount: 4")
    .replace("reading: slice", "reading: whole")
)
WIDER = {
    "formula": OVERLAID.replace(SALES, SALES.replace("amount", "'amount * 90% - given(cost, 0)'")),
    "category": OVERLAID.replace(
        "'category != \"Shipping\"'", "'quantity > 2 or kind = \"return\"'"
    ),
    "window": OVERLAID.replace(SALES, f"{SALES}, window: {{to-date: year}}"),
    "month": ON_AMOUNT.replace("accumulation: period", "accumulation: month"),
    "transaction": ON_AMOUNT.replace("accumulation: period", "accumulation: transaction"),
    "distinct": COUNTED.replace(SALES, "sales, kind: distinct, of: order_id, credits: own-sales"),
    "largest": OVERLAID.replace(SALES, "sales, kind: max, of: amount, credits: own-sales"),
    "two days": OVERLAID.replace("returns: own-day", "returns: as-sold"),
}


@pytest.mark.parametrize("text", WIDER.values(), ids=WIDER)
def test_what_is_read_beside_the_lines_is_what_all_of_them_say(tmp_path: Path, text: str) -> None:
    assert text != OVERLAID
    plan = engine.load_plan(text)
    assert lines.whole_stand_alone(shape_of(plan))
    rows = world()
    rows["credit_splits"] = fill("credit_splits", SHARES)
    found = [
        engine.calculate(plan, given, QUARTER, connection=CONNECTION).tables()
        for given in (
            tables_of(rows),
            tables(tmp_path, [KNOWN, KNOWN]),
            tables(tmp_path, [None, None]),
            tables(tmp_path, [SPLIT[:1], SPLIT[:1]]),
        )
    ]
    assert found[1:] == found[:1] * 3


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 0, 2, 1], []], ids=["sorted", "mixed", "none"])
def test_lines_are_numbered_whatever_the_order_of_their_split_rows(order: list[int]) -> None:
    shares = [("a", "0.5", False), ("a", "0.5", False), ("b", "1", True), ("c", "1", False)]
    rows = fill(
        "credit_splits",
        [
            {"line_id": line, "payee_id": f"p{place}", "share": share, "is_overlay": overlay}
            for place in order
            for line, share, overlay in (shares[place],)
        ],
    )
    numbered, ids = number_lines(tables_of({"credit_splits": rows}).sources["credit_splits"])
    by_id = {row["line_id"]: row for row in ids.to_pylist()}
    assert sorted(by_id) == (["a", "b", "c"] if order else [])
    assert all(row["is_replaced"] == (line != "b") for line, row in by_id.items())
    for row in numbered.to_pylist():
        assert row["line"] == by_id[row["line_id"]]["line"]
