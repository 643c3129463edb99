"""Who is credited with lines, and what a period earns without what came back (S9)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from paceline import engine

from .building import fill, tables_of
from .generating import Example, examples
from .oracle import Oracle
from .oracle.rerating import Back, Rated, credited, rerated
from .test_cases import plan_of
from .test_oracle import NIGHTLY, STYLES

QUARTER = engine.period_from_key("2024Q1")
D = Decimal
PLAN: dict[str, Any] = {
    "credits": [
        {"id": "own", "kind": "direct", "when": "amount > 0"},
        {"id": "team", "kind": "rollup", "of": "own", "levels": "all"},
    ],
    "measures": [
        {"id": "sales", "kind": "sum", "of": "amount", "credits": "own"},
        {"id": "below", "kind": "sum", "of": "amount", "credits": "team"},
    ],
    "components": [
        {
            "id": "bonus",
            "name": "Bonus",
            "kind": "bonus",
            "pays": {"amount": 500},
            "when": {"measure": "sales", "at_least": 1000},
        },
        {"id": "lead", "name": "Lead", "kind": "bonus", "pays": {"formula": "below * 1%"}},
        {
            "id": "pool",
            "name": "Pool",
            "kind": "pool",
            "pool": {"amount": "sales * 10%", "share": 1},
        },
        {
            "id": "thanks",
            "name": "Thanks",
            "kind": "bonus",
            "unit": "points",
            "pays": {"amount": 5},
        },
    ],
}
ROWS: dict[str, list[dict[str, Any]]] = {
    "order_lines": [
        {"line_id": "A", "payee_id": "ana", "ordered_on": "2024-01-05", "amount": 800},
        {"line_id": "B", "payee_id": "ana", "ordered_on": "2024-02-05", "amount": 400},
        {"line_id": "C", "payee_id": "ben", "ordered_on": "2024-02-05", "amount": 100},
        {"line_id": "Z", "payee_id": "ana", "ordered_on": "2023-12-05", "amount": 100},
    ],
    "assignments": [
        {"plan": "case", "payee_id": name, "starts_on": "2020-01-01"}
        for name in ("ana", "ben", "cho")
    ],
    "reporting": [{"payee_id": "ana", "manager_id": "cho", "starts_on": "2020-01-01"}],
    "teams": [
        {"team": "east", "payee_id": name, "starts_on": "2020-01-01"} for name in ("ana", "ben")
    ],
}


def given(plan: engine.Plan) -> engine.Tables:
    return tables_of({name: fill(name, rows) for name, rows in ROWS.items()}, plan)


def test_whoever_is_credited_is_found_whatever_the_line_earned() -> None:
    plan = plan_of(PLAN)
    assert not engine.rests_on_lines(plan)
    found = engine.credited_with(plan, given(plan), QUARTER, ["A", "C", "Z", "unknown"])
    # Ben shares the pool with Ana but was not credited with her line; Z is not of the period.
    assert found == {"ana": {"A"}, "ben": {"C"}, "cho": {"A"}}
    assert engine.credited_with(plan, given(plan), QUARTER, ["unknown"]) == {}


def test_re_rating_tells_every_component_and_adds_up() -> None:
    plan = plan_of(PLAN)
    returned = [engine.Returned("E1", "B", D(300)), engine.Returned("E2", "A", D(800))]
    rated = engine.rerate(plan, given(plan), QUARTER, "ana", returned)
    ana = {(one.event_id, one.component): (one.before, one.after) for one in rated}
    assert ana["E1", "bonus"] == (D(500), D(0))
    assert ana["E2", "bonus"] == (D(0), D(0))
    # The pool of 130.00 is shared by two; without 300 and 800 of Ana's it is 20.00.
    assert ana["E1", "pool"] == (D(65), D(50))
    assert ana["E2", "pool"] == (D(50), D(10))
    cho = engine.rerate(plan, given(plan), QUARTER, "cho", returned)
    lead = [(one.before, one.after) for one in cho if one.component == "lead"]
    assert lead == [(D(12), D(9)), (D(9), D(1))]


@settings(max_examples=settings().max_examples // 5 if NIGHTLY else 4)
@forall(examples(STYLES), st.data())
def test_re_rating_agrees_with_the_calculator(example: Example, data: st.DataObject) -> None:
    """Bonuses, scorecards, pools and contests too, of everybody who was credited."""
    plan, rows, period = engine.load_plan(example.text), example.rows, example.period
    tables = tables_of(rows, plan)
    calendar = Oracle(plan, rows, period).calendar
    if calendar.straddled():
        return
    # A sale comes back in the settlement of its own period.
    sold = [row for row in rows["order_lines"] if row["amount"] and calendar.is_inside(row)]
    lines = data.draw(st.permutations(sold), label="lines")[:2]
    parts = [data.draw(st.sampled_from(["0.5", "1", "0.3333", "1.2"])) for _ in lines]
    events = [
        Back(f"E{place}", line["line_id"], (abs(line["amount"]) * D(part)).quantize(D("0.0001")))
        for place, (line, part) in enumerate(zip(lines, parts, strict=True))
    ]
    names = [one.line for one in events]
    found = engine.credited_with(plan, tables, period, names)
    assert found == credited(plan, rows, period, names)
    back = [engine.Returned(one.event, one.line, one.amount) for one in events]
    for payee in sorted(found)[:2]:
        told: Rated = {
            (one.event_id, one.component): (one.before, one.after)
            for one in engine.rerate(plan, tables, period, payee, back)
        }
        assert told == rerated(plan, rows, period, payee, events)
