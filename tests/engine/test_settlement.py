"""The worked cases of docs/settlement.md: each names the clause that it shows."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from paceline import engine
from paceline.engine.settlement.exchange import Step, convert
from paceline.engine.settlement.law import rule_packs

from .settling import Payroll, settlement_plan
from .test_cases import load, merge

FOLDER = Path(__file__).parent / "settlement_cases"
DOCUMENT = Path(__file__).parents[2] / "docs" / "settlement.md"
CASES = sorted(FOLDER.glob("*.yaml"))
COMPLETE = {"payments", "balances", "earlier_clawbacks", "rules", "notes"}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = load(path)
    payrolls: dict[str, Payroll] = {}
    for run in case["runs"]:
        clause = {**case.get("settlement", {}), **run.get("settlement", {})}
        plan = settlement_plan(
            clause, case.get("components", ["commission"]), **case.get("head", {})
        )
        payroll = payrolls.setdefault(run.get("variant", ""), Payroll())
        tables = merge(case.get("tables", {}), run.get("tables", {}))
        before = (list(payroll.balances), {k: list(v) for k, v in payroll.history.items()})
        if "refused" in run:
            with pytest.raises(engine.InputInvalid) as refusal:
                payroll.settle(plan, run["period"], run.get("earned", {}), tables)
            assert sorted({one.code for one in refusal.value.problems}) == sorted(run["refused"])
            assert (payroll.balances, payroll.history) == before
            continue
        done = payroll.settle(plan, run["period"], run.get("earned", {}), tables)
        for name, expected in run["expect"].items():
            check(name, done.rows(name), expected)


def check(name: str, rows: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Every expected row is there once; some tables hold nothing else."""
    for wanted in expected:
        found = [row for row in rows if all(same(row[key], wanted[key]) for key in wanted)]
        assert len(found) == 1, f"{name}: {wanted} found {len(found)} times in {rows}"
    if name in COMPLETE:
        assert len(rows) == len(expected), f"{name}: {rows}"


def same(value: Any, wanted: Any) -> bool:
    if isinstance(value, Decimal) and wanted is not None:
        return value == Decimal(str(wanted))
    return (value or "") == (wanted or "") or str(value) == str(wanted)


def test_every_clause_has_a_case_with_its_number() -> None:
    clauses = re.findall(r"^## (S\d+)\.", DOCUMENT.read_text("utf-8"), re.M)
    shown = {load(path)["clause"] for path in CASES}
    assert set(clauses) == shown
    worked = {path.stem.partition("-")[0] for path in CASES}
    assert {"D1", "C5", "E2", "I1", "I4"} <= worked


@pytest.mark.parametrize(
    ("stage", "mode", "last", "expected"),
    [
        ("each-step", "half-up", ("1.3333", "divide"), ["30.52", "4.58", "3.44"]),
        ("once", "half-up", ("1.3333", "divide"), ["30.52", "4.58", "3.43"]),
        # The last rate read as exactly 4/3 is to multiply by 0.75: 3.435 pins the mode.
        ("each-step", "half-even", ("0.75", "multiply"), ["30.52", "4.58", "3.44"]),
        ("once", "half-even", ("0.75", "multiply"), ["30.52", "4.58", "3.43"]),
        ("each-step", "down", ("0.75", "multiply"), ["30.51", "4.57", "3.42"]),
    ],
)
def test_i1_step_by_step(stage: Any, mode: Any, last: tuple[str, Any], expected: list[str]) -> None:
    """24 EUR × 1.27151, 15 % of that, and back to EUR."""
    rate, quote = last
    steps = [
        Step(Decimal("1.27151"), "multiply", 2),
        Step(Decimal("0.15"), "multiply", 2),
        Step(Decimal(rate), quote, 2),
    ]
    assert [str(one) for one in convert(Decimal(24), steps, mode, stage)] == expected
    by_thirds = Step(Decimal("0.75"), "multiply", 2)
    assert convert(Decimal("4.58"), [by_thirds], "down", "each-step") == [Decimal("3.43")]


def test_every_pack_names_its_law_and_is_no_advice() -> None:
    packs = rule_packs()
    assert set(packs) == {"CN", "TW"}
    for pack in packs.values():
        assert "no legal advice" in pack.notice
        assert all(rule.law and rule.article and rule.valid_from for rule in pack.rules)
    assert packs["CN"].rules[0].share == Decimal("0.2")
    assert packs["CN"].valid("deduction-cap", date(1994, 12, 31)) == []


def test_the_rules_of_countries_are_those_that_the_text_lists() -> None:
    """Country, law, article and the day from which each is valid."""
    text = DOCUMENT.read_text(encoding="utf-8")
    told = re.findall(r"^\| (CN|TW) \| [^|]+ \| (\S+), art. ([^|]+) \| (\S+) \|$", text, re.M)
    known = [
        (country, rule.law.partition(" (")[0], rule.article, str(rule.valid_from))
        for country, pack in sorted(rule_packs().items())
        for rule in pack.rules
    ]
    assert told == known
