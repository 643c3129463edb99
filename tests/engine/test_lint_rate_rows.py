"""Findings in the rows of tables of rates: by hand, with people, and in a large table."""

from __future__ import annotations

import resource
import time
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from paceline import engine
from paceline.engine.lint import Finding, History, Measured, Target, lint, meaning_of, rates_of
from paceline.engine.lint.rate_rows import refused_rows

from .test_cases import plan_of
from .test_rate_tables import TABLE, given, plan_with

D = Decimal
Row = dict[str, Any]
PEN, INK, CAP = ({"product": name} for name in ("pen", "ink", "cap"))


def found(plan: engine.Plan, rows: list[Row], history: History | None = None) -> dict[str, Finding]:
    tables = rates_of(plan, given(plan, rows))
    every = lint(plan, history, tables)
    return {one.code: one for one in every if one.severity != "unseen"}


def amounts(one: Finding) -> dict[str, Decimal]:
    return {name: value.normalize() for name, value in one.amounts.items()}


def line(payee: str, product: str, amount: int, day: date = date(2024, 1, 9), **more: Any) -> Row:
    return {
        "payee_id": payee, "product": product, "channel": None, "kind": "sale", "currency": "USD",
        "amount": D(amount), "ordered_on": day, "order_id": f"{payee}{product}{amount}{day}",
        **more,
    }  # fmt: skip


def test_where_the_whole_amount_jumps_and_falls() -> None:
    plan = plan_with("whole")
    rows = [
        {**PEN, "from": 0, "rate": "0.05"},
        {**PEN, "from": 50, "rate": "0.08"},
        {**PEN, "from": 100, "rate": "0.10"},
        {**INK, "from": 0, "rate": "0.10"},
        {**INK, "from": 1000, "rate": "0.04"},
        {**INK, "from": 5000, "rate": "0.04"},
    ]
    of = found(plan, rows)
    cliff = of["rates_cliff"]
    # The rows are numbered in the order of their keys: ink before pen.
    assert (cliff.severity, cliff.params["row"], cliff.params["key"]) == ("serious", 6, "pen · *")
    assert (cliff.params["count"], cliff.params["keys"], cliff.params["rows"]) == (2, 1, 6)
    assert amounts(cliff) == {"at": 100, "jump": 2, "below": 8, "above": 10}
    assert cliff.params["others"] == "5 (pen · *)"
    assert cliff.mend is not None
    assert cliff.mend.code == "into_slices"
    fall = of["rates_fall"]
    assert amounts(fall) == {"at": 1000, "jump": 60, "below": 100, "above": 40}
    assert "row 2 (ink · *)" in fall.message
    assert "jumps by 2 USD, from 8 USD to 10 USD; so do 2 of 6 rows" in cliff.message
    # The same read slice by slice has neither.
    assert found(plan_with(), rows).keys() == set()


def test_who_stood_below_a_row_and_what_whole_amounts_cost() -> None:
    plan = plan_with("whole")
    rows = [
        {**PEN, "from": 0, "rate": "0.05"},
        {**PEN, "from": 1000, "rate": "0.08"},
        {"from": 0, "rate": "0.01"},
        {"from": 1000, "rate": "0.02"},
    ]
    lines = (
        line("ana", "pen", 600), line("ana", "pen", 300), line("ben", "pen", 1200),
        line("cho", "ink", 950), line("dai", "pen", 100), line("ana", "pen", 200, date(2024, 4, 2)),
    )  # fmt: skip
    of = found(plan, rows, History(lines=lines))
    # An order in the middle is 300: Ana ended the quarter at 900 of pens, Cho at 950 of the rest.
    cliff = of["rates_cliff"]
    assert cliff.people == ("ana", "cho")
    assert amounts(cliff) == {
        "at": 1000, "jump": 30, "below": 50, "above": 80, "order": 300, "cost": 30,
    }  # fmt: skip
    unreached = of["rates_unreached"]
    assert (unreached.params["key"], amounts(unreached)["best"]) == ("* · *", 950)
    # Of lines that were cut the first quarter is not whole, and nobody's sum of it is known.
    cut = found(plan, rows, History(lines=lines, lines_cut=True))["rates_cliff"]
    assert (cut.people, cut.amounts["cost"]) == ((), 0)


def test_rows_that_pay_nothing_less_or_more_than_a_sale_leaves() -> None:
    rows = [
        {**PEN, "from": 0, "rate": 0},
        {**PEN, "from": 800, "rate": "0.1"},
        {**PEN, "from": 2000, "rate": 0},
        {**INK, "from": 0, "rate": 0},
        {**CAP, "from": 0, "rate": "0.3"},
        {**CAP, "from": 500, "rate": "-0.05"},
        {"from": 0, "rate": "0.25"},
    ]
    lines = (
        line("ana", "pen", 700, cost=D(100)), line("ben", "pen", 2500, cost=D(2300)),
        line("ana", "ink", 400, cost=D(100)), line("cho", "cap", 600, cost=D(400)),
        line("cho", "tin", 100, cost=D(90)),
    )  # fmt: skip
    of = found(plan_with(), rows, History(lines=lines))
    assert (of["rates_nothing"].severity, of["rates_nothing"].people) == ("note", ("ana",))
    dead = of["rates_dead_zone"]
    assert (amounts(dead), dead.people, dead.params["keys"]) == ({"to": 800}, ("ana",), 1)
    flat = of["rates_flat_zone"]
    assert (amounts(flat), flat.people) == ({"from": 2000}, ("ben",))
    negative = of["rates_negative"]
    assert (negative.severity, negative.people) == ("serious", ("cho",))
    assert amounts(negative) == {"at": 500, "rate": D("-0.05")}
    # Caps leave a third of 600, so 30 % is less; all but tin more than 25 %, which leaves 10 %.
    above = of["rates_above_margin"]
    assert (above.params["count"], above.params["key"], above.params["own"]) == (1, "* · *", 1)
    assert amounts(above) == {"from": 0, "rate": D("0.25"), "margin": D("0.1")}
    everything = found(plan_with(), [{"from": 0, "rate": 0}])["rates_nothing"]
    assert everything.severity == "serious"


def test_rows_above_a_hundred_percent_are_named() -> None:
    rows = [
        {**PEN, "from": 0, "rate": 1},
        {**PEN, "from": 800, "rate": "0.05"},
        {**INK, "from": 0, "rate": 5},
    ]
    above = found(plan_with(), rows, None)["rates_above_whole"]
    assert (above.severity, above.params["row"], above.params["count"]) == ("serious", 1, 1)
    assert amounts(above) == {"from": 0, "rate": 5}
    assert "rates_above_whole" not in found(plan_with(), rows[:2], None)


def test_lines_without_a_row_and_rows_that_no_run_takes() -> None:
    lines = (line("ana", "pen", 700), line("ben", "ink", 300), line("cho", "ink", 50))
    rows = [{**PEN, "from": 0, "rate": "0.1"}]
    gap = found(plan_with(), rows, History(lines=lines))["rates_no_row"]
    assert (gap.severity, gap.people, gap.params["lines"]) == ("serious", ("ben", "cho"), 2)
    assert (amounts(gap), gap.params["key"]) == ({"sold": 350}, "ink · *")
    gap = found(plan_with(missing="nothing"), rows, History(lines=lines))["rates_no_row"]
    assert gap.severity == "warning"
    # 0–1000 and 1001–2000 say nothing of 1000.50.
    wrong = [{**PEN, "from": 0, "to": 1000, "rate": 1}, {**PEN, "from": 1001, "rate": 2}]
    refused = found(plan_with(), wrong)["rates_refused"]
    assert (refused.severity, refused.params["code"]) == ("serious", "rate_rows_gap")
    assert refused.params["subject"] == "prices, 1: pen, *"
    tables = rates_of(plan_with(), given(plan_with(), wrong))
    assert tables is not None
    assert refused_rows(plan_with(), tables).keys() == {"prices"}


def test_rows_on_attainment_and_by_another_measure() -> None:
    table = {"name": "prices", "by": ["product", "channel"], "pays": "rate", "missing": "nothing"}
    rates = {"reading": "whole", "on": "attainment", "quota": "goal", "table": table}
    part = {"id": "pay", "name": "Pay", "kind": "commission", "measure": "sales", "rates": rates}
    plan = plan_of(
        {"quotas": [{"id": "goal", "measure": "sales", "name": "goal"}], "components": [part]}
    )
    rows = [{**PEN, "from": 0, "rate": "0.01"}, {**PEN, "from": 1, "rate": "0.03"}]
    assumed = found(plan, rows)["rates_cliff"]
    assert amounts(assumed) == {
        "at": 100_000, "at_share": 1, "quota": 100_000, "jump": 2000, "below": 1000, "above": 3000,
    }  # fmt: skip
    meaning = meaning_of(plan, plan.measure("sales"))
    history = History(
        (Measured("ana", "2023Q4", meaning, D(950)), Measured("ben", "2023Q4", meaning, D(400))),
        (Target("ana", "2023Q4", "goal", D(1000)), Target("ben", "2023Q4", "goal", D(1000))),
        lines=(line("ana", "pen", 100), line("ben", "ink", 100)),
    )
    known = found(plan, rows, history)["rates_cliff"]
    assert (known.people, known.amounts["quota"]) == (("ana",), 1000)
    reached = found(plan, rows, history)["rates_unreached"]
    assert reached.amounts["best_share"] == D("0.95")
    amount = {**rates, "on": "amount", "table": {**table, "pays": "amount", "counts": "all"}}
    del amount["quota"]
    plan = plan_of({"components": [{**part, "rates": amount, "cap": 500}]})
    rows = [{**PEN, "from": 0, "amount": 0}, {**PEN, "from": 10, "amount": 50}]
    every = lint(plan, None, rates_of(plan, given(plan, rows)))
    (cliff,) = [one for one in every if one.code == "rates_cliff"]
    assert (cliff.severity, amounts(cliff)["jump"]) == ("warning", 50)
    unseen = {
        (one.params["check"], one.params["reason"]) for one in every if one.severity == "unseen"
    }
    assert {("limits", "keys"), ("people", "history")} <= unseen


def test_without_its_rows_a_table_is_said_not_to_be_looked_at() -> None:
    reasons = {(one.code, one.params.get("reason")) for one in lint(plan_with())}
    assert ("not_looked_at", "rows") in reasons


def test_two_hundred_thousand_rows_take_bounded_time_and_memory() -> None:
    """A tenth of the most that is taken; the time grows with the rows and nothing else."""
    keys = 100_000
    names = [f"p{place:06}" for place in range(keys)]
    rows = pa.table(
        {
            "rate_table": pa.array(["prices"] * (2 * keys)),
            "product": pa.array([name for name in names for _ in range(2)]),
            "channel": pa.array([None] * (2 * keys), pa.string()),
            "from": pa.array([D(0), D(1000)] * keys, pa.decimal128(38, 12)),
            "rate": pa.array(
                [
                    D(1 + side * (place % 7 == 0)).scaleb(-2)
                    for place in range(keys)
                    for side in (0, 1)
                ],
                pa.decimal128(38, 8),
            ),
        }
    )
    plan = plan_with("whole")
    lines = tuple(line("ana", name, 950) for name in names[:500])
    tables = rates_of(plan, engine.Tables({"rate_tables": rows}))
    began = time.process_time()
    (cliff,) = [
        one for one in lint(plan, History(lines=lines), tables) if one.code == "rates_cliff"
    ]
    took = time.process_time() - began
    assert (cliff.params["count"], cliff.params["rows"]) == (14_286, 200_000)
    assert cliff.people == ("ana",)
    assert took < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 3_000_000


def test_amounts_keep_to_cap_floor_and_condition() -> None:
    """As if all were sold under one key: jumps end at the cap, and begin where anything is paid."""
    rows = [
        {**PEN, "from": 0, "rate": "0.05"},
        {**PEN, "from": 1000, "rate": "0.08"},
        {**PEN, "from": 5000, "rate": "0.20"},
        {**INK, "from": 0, "rate": "0.01"},
        {**INK, "from": 2000, "rate": "0.02"},
    ]
    lines = (
        line("ana", "pen", 900), line("ana", "ink", 2500), line("ben", "pen", 4900),
        line("ben", "ink", 1000),
    )  # fmt: skip

    table = {**TABLE, "missing": "nothing"}
    rates = {"reading": "whole", "on": "amount", "table": table}
    part = {"id": "pay", "name": "Pay", "kind": "commission", "measure": "sales", "rates": rates}

    def of(**limits: Any) -> dict[str, Finding]:
        return found(plan_of({"components": [part | limits]}), rows, History(lines=lines))

    # Pay at 5,000 jumps from 400 to 1,000; Ana earned 45 + 50, Ben 392 + 10, by slices 87 and 372.
    free = of()
    assert amounts(free["rates_cliff"])["jump"] == 600
    assert amounts(free["rates_cliff"])["cost"] == D(95 + 402 - (45 + 30) - (50 + 312 + 10))
    capped = of(cap=300)
    # Of five rows only those at 1,000 and 2,000 jump below the cap; the worst goes from 50 to 80.
    cliff = capped["rates_cliff"]
    assert (cliff.params["count"], amounts(cliff)["at"]) == (2, 1000)
    assert amounts(cliff)["cost"] == D(95 + 300 - 75 - 300)
    reach = capped["cap_in_reach"]
    assert (reach.people, amounts(reach)) == (("ben",), {"cap": 300, "lost": 102})
    assert "held back 102 USD" in reach.message
    assert reach.mend is not None
    # A cap between the two sides of a jump cuts it.
    assert amounts(of(cap=700)["rates_cliff"])["jump"] == 300
    assert "cap_in_reach" not in of(cap=700)
    # The floor lifts both sides at 1,000 and 2,000.
    lifted = of(floor=90)["rates_cliff"]
    assert (lifted.params["count"], amounts(lifted)["jump"]) == (1, 600)
    # Below 1,000 the condition does not hold: there pay jumps from nothing.
    held = of(when={"measure": "sales", "at_least": 2000})["rates_cliff"]
    assert (held.params["count"], amounts(held)["jump"]) == (2, 600)
    assert amounts(of(when={"measure": "sales", "at_least": 5000})["rates_cliff"]) == {
        "at": 5000, "jump": 1000, "below": 0, "above": 1000, "order": 1000, "cost": 30,
    }  # fmt: skip
    # What only lines of all keys could tell, or another figure decides, is said.
    for limits, reason in (({"when": "sales > 5 USD"}, "condition"), ({"cap": 5}, "keys")):
        plan = plan_of({"components": [part | limits]})
        every = lint(plan, None, rates_of(plan, given(plan, rows)))
        assert ("limits", reason) in {
            (one.params.get("check"), one.params.get("reason")) for one in every
        }


def test_where_a_condition_begins_and_what_lies_above_a_cap_or_under_a_floor() -> None:
    """Slices: pens 1 % and 5 % from 1,000 on, ink 2 %; a condition at 500, a cap of 100, a floor of
    20.
    """
    rows: list[Row] = [
        {**PEN, "from": 0, "rate": "0.01"},
        {**PEN, "from": 1000, "rate": "0.05"},
        {**INK, "from": 0, "rate": "0.02"},
        {**CAP, "from": 0, "rate": "0"},
    ]
    lines = (
        line("ana", "pen", 300), line("ana", "ink", 100), line("ben", "pen", 3000),
        line("cho", "ink", 900), line("dai", "pen", 480, date(2024, 1, 3)),
    )  # fmt: skip
    table = {**TABLE, "missing": "nothing"}
    rates = {"reading": "slice", "on": "amount", "table": table}
    part = {"id": "pay", "name": "Pay", "kind": "commission", "measure": "sales", "rates": rates}

    def of(history: History | None = None, **limits: Any) -> dict[str, Finding]:
        return found(plan_of({"components": [part | limits]}), rows, history)

    history = History(lines=lines)
    assert not {"rates_gate", "rates_capped", "rates_floored"} & of(history).keys()
    gate = of(history, when={"measure": "sales", "at_least": 500})["rates_gate"]
    # At 500 ink pays 10.00 at once and pens 5.00; Dai stood at 480, Ana at 400: an order is 480.
    assert (gate.severity, gate.params["key"], gate.params["count"]) == ("serious", "ink · *", 2)
    assert amounts(gate) == {"at": 500, "jump": 10, "order": 480}
    assert gate.people == ("ana", "dai")
    assert gate.mend is not None
    assert gate.mend.code == "without_condition"
    assert "at 500 USD, row 2 (ink · *) pays 10 USD at once; so do 2 keys" in gate.message
    # Pens come to 100.00 at 1,000 + 90 ÷ 5 %, ink at 5,000; Ben came to 110.00.
    capped = of(history, cap=100)["rates_capped"]
    assert (amounts(capped), capped.params["count"]) == ({"at": 2800, "cap": 100}, 2)
    assert (capped.severity, capped.people) == ("warning", ("ben",))
    assert capped.params["others"] == "2 (ink · *)"
    assert of(cap=100)["rates_capped"].severity == "note"
    # Pens pass 20.00 at 1,000 + 10 ÷ 5 %, ink at 1,000; caps never. Ben came to 110.00.
    floored = of(history, floor=20)["rates_floored"]
    assert (amounts(floored), floored.params["count"]) == ({"to": 1200, "floor": 20}, 2)
    assert floored.people == ("ana", "cho", "dai")
    assert floored.mend is not None
    # Where the condition begins above it, nobody stands under the floor.
    late = of(history, floor=20, when={"measure": "sales", "at_least": 1500})
    assert "rates_floored" not in late
    assert amounts(late["rates_gate"])["jump"] == 35


def test_limits_beside_amounts_and_whole_rates() -> None:
    rows: list[Row] = [
        {**PEN, "from": 0, "rate": "0.01", "amount": 0},
        {**PEN, "from": 1000, "rate": "0.05", "amount": 80},
        {**PEN, "from": 4000, "rate": "0.06", "amount": 300},
        {**INK, "from": 0, "rate": "0.05", "amount": 90},
        {**INK, "from": 3000, "rate": "0.01", "amount": 10},
    ]

    def of(pays: str, **limits: Any) -> dict[str, Finding]:
        rates = {"reading": "whole", "on": "amount", "table": {**TABLE, "pays": pays}}
        part = {"id": "p", "name": "P", "kind": "bonus", "measure": "sales", "rates": rates}
        return found(plan_of({"components": [part | limits]}), rows)

    # Whole: pens pay 50 at 1,000 and come to 100 at 2,000. Of ink pay falls again: nothing is told.
    assert amounts(of("rate", cap=100)["rates_capped"]) == {"at": 2000, "cap": 100}
    assert amounts(of("amount", cap=100)["rates_capped"]) == {"at": 4000, "cap": 100}
    assert amounts(of("amount", floor=50)["rates_floored"]) == {"to": 1000, "floor": 50}
    gate = of("amount", when={"measure": "sales", "at_least": 2000})["rates_gate"]
    assert (gate.severity, amounts(gate)) == ("warning", {"at": 2000, "jump": 90})
    # Where a row begins just there, its own cliff tells it.
    at_row = of("rate", when={"measure": "sales", "at_least": 1000})
    assert amounts(at_row["rates_gate"]) == {"at": 1000, "jump": 50}
    assert at_row["rates_gate"].params["key"] == "ink · *"
