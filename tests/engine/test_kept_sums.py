"""Sums kept file by file: what is not read again changes no amount."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from paceline import engine
from paceline.engine import confined, kept
from paceline.engine.hashing import hash_file
from paceline.engine.kept import FolderShelf

from .building import fill, tables_of
from .test_run import PLAN, QUARTER, world

DISTINCT = PLAN.replace(
    "measures:\n",
    "measures:\n  - {id: buyers, kind: distinct, of: customer, credits: own-sales}\n",
    1,
)
CONNECTION = duckdb.connect(":memory:", config={"threads": 1})  # a few rows


class Memory:
    """A shelf that tells what was asked of it."""

    def __init__(self) -> None:
        self.tables: dict[str, pa.Table] = {}
        self.put: list[str] = []

    def find(self, name: str) -> pa.Table | None:
        return self.tables.get(name)

    def keep(self, name: str, rows: pa.Table) -> None:
        self.tables[name] = rows
        self.put.append(name)


@pytest.fixture
def months(tmp_path: Path) -> Callable[..., engine.Tables]:
    """The world's lines as a file for each month, and everything else beside them."""

    def write(rows: dict[str, list[dict[str, Any]]]) -> engine.Tables:
        tables = tables_of(rows)
        lines = tables.sources["order_lines"]
        paths = []
        for month in (1, 2, 3, 4):
            chosen = [
                place
                for place, day in enumerate(lines.column("ordered_on").to_pylist())
                if day.month == month
            ]
            part = lines.take(pa.array(chosen, pa.int64()))
            path = tmp_path / f"{month}.parquet"
            pq.write_table(part, path)
            paths.append(path)
        hashes = tuple(hash_file(path) for path in paths)
        files = engine.ParquetFiles(tuple(paths), hashes, grain_checked=True)
        return engine.Tables({**tables.sources, "order_lines": files})

    return write


def calculate(
    text: str, tables: engine.Tables, shelf: kept.Shelf | None = None
) -> dict[str, pa.Table]:
    plan = engine.load_plan(text)
    return engine.calculate(plan, tables, QUARTER, connection=CONNECTION, shelf=shelf).tables()


@pytest.mark.parametrize("text", [PLAN, DISTINCT], ids=["sums", "distinct values"])
def test_kept_sums_give_the_full_run(text: str, months: Callable[..., engine.Tables]) -> None:
    shelf, tables = Memory(), months(world())
    whole = calculate(text, tables)
    assert calculate(text, tables, shelf) == whole
    first = len(shelf.put)
    assert first == 4 * (1 + (text is DISTINCT)), "a table for each month and step"
    assert calculate(text, tables, shelf) == whole
    assert len(shelf.put) == first, "the second run read no file"


def test_one_changed_order_reads_one_month(months: Callable[..., engine.Tables]) -> None:
    shelf, rows = Memory(), world()
    calculate(PLAN, months(rows), shelf)
    shelf.put.clear()
    (changed,) = [row for row in rows["order_lines"] if row["ordered_on"].month == 2][:1]
    changed["amount"] = changed["amount"] + Decimal("12.34")
    tables = months(rows)
    assert calculate(PLAN, tables, shelf) == calculate(PLAN, tables)
    assert len(shelf.put) == 1


def test_changed_people_rates_and_plans_find_nothing_kept(
    months: Callable[..., engine.Tables],
) -> None:
    """What decides who gets a line at which rate is part of the name that sums are kept by."""
    shelf, rows = Memory(), world()
    calculate(PLAN, months(rows), shelf)
    for change in ("plan", "assignments", "exchange_rates"):
        text, other = PLAN, {name: [dict(row) for row in part] for name, part in rows.items()}
        if change == "plan":
            text = PLAN.replace("2%", "3%")
        elif change == "assignments":
            other["assignments"][0]["starts_on"] = date(2024, 2, 10)
        else:
            other["exchange_rates"][0]["rate"] = Decimal("1.25")
        shelf.put.clear()
        tables = months(other)
        assert calculate(text, tables, shelf) == calculate(text, tables), change
        assert len(shelf.put) == 4, change


def test_a_folder_keeps_and_forgets(tmp_path: Path, months: Callable[..., engine.Tables]) -> None:
    tables = months(world())
    shelf = FolderShelf(tmp_path / "sums")
    whole = calculate(PLAN, tables)
    assert calculate(PLAN, tables, shelf) == whole
    kept_files = sorted((tmp_path / "sums").iterdir())
    assert len(kept_files) == 4
    assert {path.suffix for path in kept_files} == {".arrow"}
    kept_files[0].write_bytes(b"half a fi")
    kept_files[1].unlink()
    assert calculate(PLAN, tables, FolderShelf(tmp_path / "sums")) == whole
    assert sorted((tmp_path / "sums").iterdir()) == kept_files


def test_lines_that_stand_alone_and_unknown_files_are_read(tmp_path: Path) -> None:
    """Without hashes nothing can be kept: the run reads everything, and says the same."""
    tables = tables_of(world())
    path = tmp_path / "lines.parquet"
    pq.write_table(tables.sources["order_lines"], path)
    shelf = Memory()
    unknown = engine.Tables({**tables.sources, "order_lines": path})
    assert calculate(PLAN, unknown, shelf) == calculate(PLAN, unknown)
    assert shelf.put == []


def test_splits_are_taken_out_of_each_file(months: Callable[..., engine.Tables]) -> None:
    rows = world()
    payees = sorted({row["payee_id"] for row in rows["order_lines"] if row["payee_id"]})[:2]
    shared = [row["line_id"] for row in rows["order_lines"]][::5]
    rows["credit_splits"] = fill(
        "credit_splits",
        [
            {"line_id": line, "payee_id": payee, "share": share, "is_overlay": False}
            for line in shared
            for payee, share in zip(payees, ("0.7", "0.3"), strict=True)
        ],
    )
    shelf, tables = Memory(), months(rows)
    whole = calculate(PLAN, tables)
    assert calculate(PLAN, tables, shelf) == whole
    assert calculate(PLAN, tables, shelf) == whole
    assert len(shelf.put) == 4


def test_a_folder_has_only_so_much_room(tmp_path: Path) -> None:
    rows = pa.table({"a": list(range(1_000))})
    shelf = FolderShelf(tmp_path)
    for place, name in enumerate(("old", "used", "new")):
        shelf.keep(name, rows)
        os.utime(tmp_path / f"{name}.arrow", (place, place))
    assert shelf.find("old") == rows
    room = sum(path.stat().st_size for path in tmp_path.iterdir()) // 3
    FolderShelf(tmp_path, most_bytes=2 * room).keep("latest", rows)
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["latest", "old"]


def test_a_process_of_its_own_uses_the_shelf(
    tmp_path: Path, months: Callable[..., engine.Tables]
) -> None:
    tables = months(world())
    for name, source in tables.sources.items():
        if name != "order_lines":
            pq.write_table(source, tmp_path / f"{name}.parquet")
            tables.sources[name] = engine.ParquetFiles((tmp_path / f"{name}.parquet",))
    shelf = FolderShelf(tmp_path / "sums")
    results = confined.calculate_confined(PLAN, tables, QUARTER, shelf=shelf)
    assert results.tables() == calculate(PLAN, tables)
    assert len(list((tmp_path / "sums").iterdir())) == 4
