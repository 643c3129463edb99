"""Comparing a run with the row-by-row calculator, and a trace with its run."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from paceline import engine
from paceline.engine import windows
from paceline.engine.ledger.told import decided_by_others
from paceline.engine.plan.model import Component

from .building import keyed, tables_of
from .generating import Example
from .oracle import Expected, Oracle

ADJUSTMENTS = ("multiplier", "condition", "cap", "floor")
CONNECTION = duckdb.connect(":memory:", config={"threads": 1})  # a few rows


@dataclass(frozen=True)
class Compared:
    """What came of an example: the code it was refused with by both, or what both calculated."""

    refused: str | None
    expected: Expected


def compare_example(example: Example, *, explained: bool = True) -> Compared:
    """An example through the engine and through the row-by-row calculator: every table of the run,
    and, where it is to be explained, three traces. What the calculator finds refused the engine
    must refuse.
    """
    plan = engine.load_plan(example.text)
    tables = tables_of(example.rows, plan)
    oracle = Oracle(plan, example.rows, example.period)
    if oracle.calendar.straddled():
        _require_refusal(Expected(refused="period_straddles"), plan, tables, example)
        return Compared("period_straddles", Expected())
    expected = oracle.calculate()
    if expected.refused:
        _require_refusal(expected, plan, tables, example)
        return Compared(expected.refused, expected)
    results = engine.calculate(plan, tables, example.period, connection=CONNECTION)
    compare(results, expected)
    if explained and expected.statements:
        most = max(expected.statements, key=lambda name: (expected.statements[name], name))
        payees = list(dict.fromkeys([most, *sorted(expected.statements)]))[:3]
        found = engine.traces(plan, tables, example.period, payees, connection=CONNECTION)
        for payee, trace in zip(payees, found, strict=True):
            compare_trace(results, trace, payee)
    return Compared(None, expected)


def _require_refusal(
    expected: Expected, plan: engine.Plan, tables: engine.Tables, example: Example
) -> None:
    """Refused for the same, and, where a figure is too large, in the same clause."""
    with pytest.raises(engine.InputInvalid) as refusal:
        engine.calculate(plan, tables, example.period, connection=CONNECTION)
    problems = refusal.value.problems
    assert {problem.code for problem in problems} == {expected.refused}
    if expected.clause:
        assert [problem.path for problem in problems] == [expected.clause]


def compare(results: engine.Results, expected: Expected) -> None:
    """Every intermediate table, row by row, figure by figure."""
    found = _found(results)
    for name in found:
        wanted = getattr(expected, name)
        assert found[name] == wanted, f"{name}: {_differences(found[name], wanted)}"
    assert {
        (row["code"], row["payee_id"], row["subject"]) for row in results.rows("problems")
    } == expected.problems


def _differences(found: dict[Any, Any], wanted: dict[Any, Any]) -> str:
    keys = sorted(set(found) | set(wanted), key=str)
    return "; ".join(
        f"{key}: engine {found.get(key)}, oracle {wanted.get(key)}"
        for key in keys
        if found.get(key) != wanted.get(key)
    )


def _found(results: engine.Results) -> dict[str, dict[Any, Any]]:
    def table(name: str, keys: str, *values: str) -> dict[Any, Any]:
        return {
            key: tuple(row[value] for value in values)
            for key, row in keyed(results, name, keys).items()
        }

    earnings = keyed(results, "earnings", "component payee_id")
    parts = ("computed", *(f"{name}_adjustment" for name in ADJUSTMENTS), "earned")
    conserved = ("imported", "credited", "excluded", "imported_lines")
    summed = {measure.id for measure in results.plan.measures if measure.is_summed}
    found: dict[str, dict[Any, Any]] = {}
    if results.plan.rounds_once:
        rows = keyed(results, "unrounded_earnings", "component payee_id")
        found["unrounded"] = {key: row["earned"] for key, row in rows.items()}
    return found | {
        "conservation": table("conservation", "currency", *conserved),
        "credits": table(
            "credits", "credit payee_id currency", "lines", "credited", "credited_plan"
        ),
        "excluded": table("excluded", "reason currency", "lines", "amount"),
        "measures": {
            key: (row["value"], row["lines"] if key[0] in summed else 0)
            for key, row in keyed(results, "measures", "measure payee_id").items()
        },
        "attainment": table("attainment", "quota payee_id", "measure", "target", "attainment"),
        "tiers": table("tiers", "component payee_id tier", "base", "earned"),
        "earnings": {key: tuple(row[part] for part in parts) for key, row in earnings.items()},
        "statements": {row["payee_id"]: row["earned"] for row in results.rows("statements")},
    }


def compare_trace(results: engine.Results, trace: engine.Trace, payee: str) -> None:
    """9.2: the lines of a component add up to each of its tiers; 9.5: where they can be told."""
    for name in ("tiers", "earnings"):
        mine = [
            row
            for row in results.rows(name)
            if row["payee_id"] == payee
            and (name == "tiers" or row["component"] not in decided_by_others(results.plan))
        ]
        assert getattr(trace, name).to_pylist() == mine, name
    sums: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for line in trace.rows():
        sums[line["component"], line["tier"]] += line["earned"]
    told = {component for component, _ in sums}
    for row in results.rows("tiers"):
        if row["payee_id"] == payee and row["component"] in told | plainly_told(results.plan):
            added = sums.get((row["component"], row["tier"]), Decimal(0))
            assert added == row["earned"], f"lines add up to {added}, not to {row}"


def is_short(plan: engine.Plan, component: Component) -> bool:
    return windows.is_shorter(plan, windows.window_of(plan, component))


def plainly_told(plan: engine.Plan) -> set[str]:
    """Components whose lines must be told: a rate on the lines of the window itself, and no grid in
    a stretch shorter than the period (9.5).
    """
    return {
        component.id
        for component in plan.components
        if component.rates is not None
        and component.rates.value == "rate"
        and component.rates.on != "measure"
        and not (component.rates.across and is_short(plan, component))
        and (measure := plan.measure(component.measure or "")).is_summed
        and measure.window is None
    }
