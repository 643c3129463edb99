"""A run in a process of its own: the same results, and limits that hold."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from paceline import engine
from paceline.engine.confined import (
    LimitExceeded,
    Limits,
    calculate_confined,
    settle_confined,
)

from .building import arrow, tables_of
from .settling import given, results_of, settlement_plan
from .test_run import PLAN, QUARTER, world


def files_of(folder: Path, count: int = 60) -> engine.Tables:
    paths = {}
    for name, rows in world(count).items():
        paths[name] = folder / f"{name}.parquet"
        pq.write_table(arrow(name, rows), paths[name])
    return engine.Tables(paths)


def test_it_gives_what_a_run_gives(tmp_path: Path) -> None:
    tables = files_of(tmp_path)
    seen: list[str] = []
    found = calculate_confined(
        PLAN, tables, QUARTER, progress=lambda step, _done, _total: seen.append(step)
    )
    expected = engine.calculate(engine.load_plan(PLAN), tables, QUARTER)
    assert found.tables() == expected.tables()
    assert found.checks == expected.checks
    assert found.fingerprint == expected.fingerprint
    assert found.inputs == expected.inputs
    assert seen[0] == "lines"


def test_a_refusal_comes_through_with_its_place(tmp_path: Path) -> None:
    tables = files_of(tmp_path)
    bad = world(60)["quotas"]
    bad[0]["amount"] = Decimal(-1)
    pq.write_table(arrow("quotas", bad), tmp_path / "quotas.parquet")
    with pytest.raises(engine.InputInvalid) as refusal:
        calculate_confined(PLAN, tables, QUARTER)
    assert [(one.code, one.params["table"]) for one in refusal.value.problems] == [
        ("quota_negative", "quotas")
    ]


def test_time_and_memory_are_limited_and_nothing_is_left(tmp_path: Path) -> None:
    tables = files_of(tmp_path)
    with pytest.raises(LimitExceeded):
        calculate_confined(PLAN, tables, QUARTER, limits=Limits(seconds=0))
    with pytest.raises(LimitExceeded):
        calculate_confined(PLAN, tables, QUARTER, limits=Limits(processor_seconds=0))
    with pytest.raises(LimitExceeded):
        calculate_confined(PLAN, tables, QUARTER, limits=Limits(memory=1))


def test_whoever_stops_the_progress_stops_the_process(tmp_path: Path) -> None:
    def stop(step: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calculate_confined(PLAN, files_of(tmp_path), QUARTER, progress=stop)


def test_tables_in_memory_are_no_files() -> None:
    with pytest.raises(ValueError, match="is no file"):
        calculate_confined(PLAN, tables_of(world(5)), QUARTER)


def test_a_settlement_is_confined_alike(tmp_path: Path) -> None:
    period = engine.period_from_key("2026-01")
    draw = {
        "id": "start",
        "kind": "recoverable",
        "amount": 1000,
        "first_period": "2026-01",
        "last_period": "none",
        "recovery": {"from": "2026-01", "share": "100%"},
        "limit": "none",
    }
    plan = settlement_plan({"draws": [draw]})
    results = results_of(plan, period, {"ana": {"commission": "600.00"}})
    pq.write_table(given("holds", []), tmp_path / "holds.parquet")
    tables = engine.SettlementTables({"holds": tmp_path / "holds.parquet"})
    found = settle_confined(plan.text, results, tables, period)
    expected = engine.settle(plan, results, tables, period)
    assert found.tables() == expected.tables()
    assert (found.fingerprint, found.inputs) == (expected.fingerprint, expected.inputs)
    assert [row["amount"] for row in found.rows("payments")] == [Decimal("1000.0000")]
    by_payee = settlement_plan({"draws": [{**draw, "amount": "by-payee"}]})
    agreed = results_of(by_payee, period, {"ana": {"commission": "600.00"}})
    with pytest.raises(engine.InputInvalid):
        settle_confined(by_payee.text, agreed, tables, period)
    with pytest.raises(LimitExceeded):
        settle_confined(plan.text, results, tables, period, limits=Limits(seconds=0))
