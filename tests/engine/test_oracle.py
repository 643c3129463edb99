"""The engine against the row-by-row calculator, on generated plans and data, table by table."""

from __future__ import annotations

import duckdb
from hypothesis import given, settings

from paceline import engine

from .building import tables_of
from .comparing import compare, compare_trace, plainly_told
from .generating import Example, examples
from .oracle import Oracle

STYLES = 40 if settings().max_examples < 1_000 else 1_000_000
CONNECTION = duckdb.connect(":memory:")


@given(examples(STYLES))
def test_every_table_agrees(example: Example) -> None:
    plan = engine.load_plan(example.text)
    tables = tables_of(example.rows, plan)
    results = engine.calculate(plan, tables, example.period, connection=CONNECTION)
    expected = Oracle(plan, example.rows, example.period).calculate()
    compare(results, expected)
    # A plan none of whose components lines can tell: see KNOWN_DISAGREEMENTS of test_cases.py.
    if expected.statements and plainly_told(plan):
        payee = max(expected.statements, key=lambda name: (expected.statements[name], name))
        trace = engine.trace(plan, tables, example.period, payee, connection=CONNECTION)
        compare_trace(results, trace, payee)
