"""The worked cases: each names the clause of docs/calculation.md that it shows."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor

from paceline import engine

from .building import fill, tables_of
from .comparing import compare, compare_trace
from .oracle import Oracle

FOLDER = Path(__file__).parent / "cases"
CLAUSES = Path(__file__).parents[2] / "docs" / "calculation.md"
BASE: dict[str, Any] = {
    "paceline": 1,
    "plan": "case",
    "name": "Case",
    "currency": "USD",
    "period": "quarter",
    "policies": {
        "boundary": "upper",
        "rounding": {"mode": "half-up", "stage": "component"},
        "accumulation": "period",
        "accumulation_order": ["ordered_on", "line_id"],
        "hierarchy_date": "order-date",
        "exchange": {"date": "order-date", "rate": "average"},
        "anchor": "booking",
        "returns": "own-day",
        "retroactivity": "carry-forward",
        "precedence": "all",
        "splits": "exactly-100",
    },
    "credits": [{"id": "own", "kind": "direct"}],
    "measures": [{"id": "sales", "kind": "sum", "of": "amount", "credits": "own"}],
}


def load(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = _yaml().load(path.read_text("utf-8"))
    return case


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _TextConstructor
    return yaml


class _TextConstructor(SafeConstructor):
    """Numbers and dates stay the text that they are written as."""


for tag in ("float", "timestamp"):
    _TextConstructor.add_constructor(
        f"tag:yaml.org,2002:{tag}", lambda loader, node: loader.construct_scalar(node)
    )


def merge(base: Any, change: Any) -> Any:
    if isinstance(base, dict) and isinstance(change, dict):
        return {
            key: merge(base.get(key), change.get(key, base.get(key))) for key in {**base, **change}
        }
    return copy.deepcopy(change)


def plan_of(change: dict[str, Any]) -> engine.Plan:
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(merge(BASE, change), stream)
    return engine.load_plan(stream.getvalue())


CASES = sorted(FOLDER.glob("*.yaml"))
# Where the engine and the text disagree: the case says what the text says.
KNOWN_DISAGREEMENTS: dict[str, str] = {}


def _marked() -> list[Any]:
    def marks(path: Path) -> list[Any]:
        reason = KNOWN_DISAGREEMENTS.get(path.stem)
        return [pytest.mark.xfail(reason=reason, strict=True)] if reason else []

    return [pytest.param(path, marks=marks(path), id=path.stem) for path in CASES]


@dataclass(frozen=True)
class Given:
    """One run of a case: what is calculated, and what the case says of it."""

    plan: engine.Plan
    rows: dict[str, list[dict[str, Any]]]
    period: engine.Period
    said: dict[str, Any]

    @property
    def tables(self) -> engine.Tables:
        return tables_of(self.rows, self.plan)


def runs_of(case: dict[str, Any]) -> Iterator[Given]:
    """The runs of a case; everyone whom its lines name is on the plan unless it says otherwise."""
    for run in case["runs"]:
        plan = plan_of(merge(case.get("plan", {}), run.get("plan", {})))
        period = engine.period_from_key(run.get("period", case.get("period", "2024Q1")))
        given = {**case.get("given", {}), **run.get("given", {})}
        names = sorted(
            {line.get("payee_id") for line in given.get("order_lines", []) if line.get("payee_id")}
            | {
                row["manager_id"]
                for name in ("reporting", "hierarchies")
                for row in given.get(name, [])
            }
        )
        given.setdefault(
            "assignments",
            [{"plan": "case", "payee_id": name, "starts_on": "2000-01-01"} for name in names],
        )
        yield Given(plan, {name: fill(name, part) for name, part in given.items()}, period, run)


@pytest.mark.parametrize("path", _marked())
def test_case(path: Path) -> None:
    case = load(path)
    assert re.search(rf"^{re.escape(str(case['clause']))} ", CLAUSES.read_text("utf-8"), re.M)
    for given in runs_of(case):
        plan, tables, period, run = given.plan, given.tables, given.period, given.said
        if "refused" in run:
            with pytest.raises(engine.InputInvalid) as refusal:
                engine.calculate(plan, tables, period)
            assert [problem.code for problem in refusal.value.problems] == run["refused"]
            continue
        results = engine.calculate(plan, tables, period)
        compare(results, Oracle(plan, given.rows, period).calculate())
        for name, expected in run["expect"].items():
            if name == "trace":
                continue
            check_rows(name, results.rows(name), expected)
        for payee, expected in run["expect"].get("trace", {}).items():
            trace = engine.trace(plan, tables, period, payee)
            compare_trace(results, trace, payee)
            lines = trace.rows()
            assert len(lines) == len(expected)
            for line, wanted in zip(lines, expected, strict=True):
                assert_row(line, wanted)


def check_rows(name: str, rows: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Every expected row is there once; a list that names nothing else must be complete."""
    for wanted in expected:
        named = KEYS | ({"measure"} if name == "measures" else set())
        keys = {key: value for key, value in wanted.items() if key in named}
        found = [
            row for row in rows if all(str(row[key]) == str(value) for key, value in keys.items())
        ]
        assert len(found) == 1, f"{name}: {keys} found {len(found)} times"
        assert_row(found[0], wanted)


KEYS = {
    "payee_id",
    "component",
    "tier",
    "measure_id",
    "reason",
    "currency",
    "credit",
    "quota",
    "code",
    "subject",
}


def assert_row(row: dict[str, Any], wanted: dict[str, Any]) -> None:
    for key, value in wanted.items():
        if isinstance(row[key], Decimal) and value is not None:
            assert row[key] == Decimal(str(value)), f"{key} is {row[key]}, not {value} in {row}"
        else:
            assert str(row[key]) == str(value), f"{key} is {row[key]}, not {value} in {row}"


# Shown elsewhere: what is refused when a plan is read, and what is true of numbers or of every run.
ELSEWHERE = {
    "1.1": "test_purity.py",
    "1.2": "bad_input/test_numbers.py",
    "7.1": "test_plan_document.py",
    "9.4": "test_metamorphic.py",
}


def test_every_clause_has_a_case_with_its_number() -> None:
    clauses = set(re.findall(r"^([1-9]\.\d+) ", CLAUSES.read_text("utf-8"), re.M))
    shown = {str(load(path)["clause"]) for path in CASES}
    assert clauses - shown == ELSEWHERE.keys()
    assert shown <= clauses
    assert all((FOLDER.parent / name).exists() for name in ELSEWHERE.values())
