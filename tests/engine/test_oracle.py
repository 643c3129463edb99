"""The engine against the row-by-row calculator, on generated plans and data, table by table."""

from __future__ import annotations

import os

import duckdb
import pytest
from hypothesis import given, settings

from paceline import engine

from .building import tables_of
from .comparing import compare, compare_trace
from .generating import Example, examples
from .oracle import Oracle

NIGHTLY = os.environ.get("PACELINE_HYPOTHESIS") == "nightly"
STYLES = 1_000_000 if NIGHTLY else 20
CONNECTION = duckdb.connect(":memory:", config={"threads": 1})  # a few rows


# A plan takes some tenths of a second to become queries, so there are fewer than elsewhere.
@settings(max_examples=settings().max_examples if NIGHTLY else 100)
@given(examples(STYLES))
def test_every_table_agrees(example: Example) -> None:
    plan = engine.load_plan(example.text)
    tables = tables_of(example.rows, plan)
    oracle = Oracle(plan, example.rows, example.period)
    if oracle.calendar.straddled():
        with pytest.raises(engine.InputInvalid) as refusal:
            engine.calculate(plan, tables, example.period, connection=CONNECTION)
        assert {problem.code for problem in refusal.value.problems} == {"period_straddles"}
        return
    results = engine.calculate(plan, tables, example.period, connection=CONNECTION)
    expected = oracle.calculate()
    compare(results, expected)
    if expected.statements:
        most = max(expected.statements, key=lambda name: (expected.statements[name], name))
        payees = list(dict.fromkeys([most, *sorted(expected.statements)]))[:3]
        found = engine.traces(plan, tables, example.period, payees, connection=CONNECTION)
        for payee, trace in zip(payees, found, strict=True):
            compare_trace(results, trace, payee)
