"""The worked cases of docs/settlement.md: each names the clause that it shows."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from paceline import engine
from paceline.engine.settlement import explain_payment
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


def test_a_payment_is_explained_by_what_lifted_it_and_what_did_not() -> None:
    payroll = Payroll()
    draws: dict[str, Any] = {
        "guarantees": [
            {"id": "floor", "amount": 500, "first_period": "2024-01", "last_period": "none"},
            {"id": "own", "amount": "by-payee", "first_period": "2024-01", "last_period": "none"},
            {"id": "start", "amount": 900, "first_period": "2023-10", "last_period": "2023-12"},
        ],
        "draws": [
            {
                "id": "advance",
                "kind": "recoverable",
                "amount": 1000,
                "first_period": "2024-01",
                "last_period": "none",
                "recovery": {"from": "2024-06", "share": "100%"},
                "limit": 600,
            }
        ],
    }
    plan = settlement_plan(draws)
    agreed = {"agreed_amounts": [{"clause": "own", "payee_id": "ben", "amount": 800}]}
    trees = []
    for key in ("2024-01", "2024-02", "2024-03"):
        earned = {"ana": {"commission": 300}}
        done = payroll.settle(plan, key, earned, agreed)
        owed = {
            row["reference"]: -row["amount"]
            for row in done.rows("balances")
            if row["account"] == "draw"
        }
        entries = done.rows("payables")
        trees.append(explain_payment(plan, engine.period_from_key(key), "ana", entries, owed=owed))
    told = [
        [(node.kind, node.subject, node.value, node.note) for node in tree.children]
        for tree in trees
    ]
    earned_and_floor = [
        ("entry", "commission", Decimal(300), "earned"),
        ("minimum", "floor", Decimal(200), "guarantee"),
    ]
    assert told == [
        [*earned_and_floor, ("minimum", "advance", Decimal(500), "draw")],
        [*earned_and_floor, ("minimum", "advance", Decimal(100), "draw")],
        earned_and_floor,
    ]
    assert [tree.value for tree in trees] == [Decimal(1000), Decimal(600), Decimal(500)]
    advance = trees[1].children[2]
    assert {name: advance.inputs[name] for name in ("minimum", "due_before", "owed_before")} == {
        "minimum": Decimal(1000),
        "due_before": Decimal(500),
        "owed_before": Decimal(500),
    }
    assert [(one.reason, one.missing) for one in advance.rejected] == [
        ("limit_reached", Decimal(400))
    ]
    assert not trees[0].children[2].rejected
    assert [(one.subject, one.reason, one.missing) for one in trees[2].rejected] == [
        ("own", "nothing_agreed", None),
        ("start", "not_running", None),
        ("advance", "limit_reached", Decimal(500)),
    ]
    rich = payroll.settle(plan, "2024-04", {"ben": {"commission": 900}}, agreed)
    tree = explain_payment(
        plan,
        engine.period_from_key("2024-04"),
        "ben",
        [row for row in rich.rows("payables") if row["payee_id"] == "ben"],
        agreed={"own": Decimal(800)},
    )
    assert [(one.subject, one.reason, one.missing) for one in tree.rejected[:2]] == [
        ("floor", "minimum_not_needed", Decimal(400)),
        ("own", "minimum_not_needed", Decimal(100)),
    ]
