"""What the linter finds with the past at hand: people and amounts, and nothing it cannot know."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from typer.testing import CliRunner

from paceline import engine
from paceline.engine.cli import app
from paceline.engine.lint import Finding, Measured, Target, meaning_of
from tests.engine.building import arrow, fill
from tests.engine.test_lint import BANDS, BONUS, CLAUSES, plan_of, rated, ruled, tiers

QUARTERS = ("2024Q1", "2024Q2")


def past(plan: engine.Plan, values: dict[str, tuple[int, ...]], quota: int | None = None,
         **more: Any) -> engine.History:  # fmt: skip
    """Payees with what they sold in the first quarters of 2024, and one quota for all."""
    meaning = meaning_of(plan, plan.measures[0])
    measured = tuple(
        Measured(payee, period, meaning, Decimal(value))
        for payee, amounts in values.items()
        for period, value in zip(QUARTERS, amounts, strict=False)
    )
    targets = tuple(
        Target(one.payee, one.period, "sales", Decimal(quota)) for one in measured if quota
    )
    return engine.History(measured, targets, **more)


def line(amount: int, **more: object) -> dict[str, Any]:
    """An order line as history keeps it."""
    return {
        "order_id": None, "ordered_on": date(2024, 2, 1), "payee_id": "ana", "customer": None,
        "product": None, "category": "a", "channel": "web", "territory": None, "kind": "sale",
        "quantity": Decimal(1), "amount": Decimal(amount), "cost": None, "currency": "USD",
        **more,
    }  # fmt: skip


def found(plan: engine.Plan, history: engine.History, code: str) -> list[Finding]:
    return [one for one in engine.lint(plan, history) if one.code == code]


def test_a_cap_names_whom_it_held_back_and_by_how_much() -> None:
    plan = plan_of(rated(tiers("slice", "0=10%"), "cap: 5000.00"))
    history = past(plan, {"ana": (60_000, 40_000), "ben": (52_000, 55_000), "cai": (10_000,)})
    [cap] = found(plan, history, "cap_in_reach")
    assert (cap.severity, cap.people) == ("warning", ("ana", "ben"))
    assert cap.amounts["lost"] == Decimal("1700.00")  # 1,000 of ana, 200 + 500 of ben
    assert cap.amounts["at"] == Decimal(50_000)
    assert cap.message.endswith("; in the known periods it held back 1,700 USD")


def test_a_cap_that_nobody_came_near_is_no_finding() -> None:
    plan = plan_of(rated(tiers("slice", "0=10%"), "cap: 5000.00"))
    lines = (line(2_000), line(1_000), line(9_000))
    far, near = past(plan, {"ana": (40_000,)}, lines=lines), past(
        plan, {"ana": (49_000,)}, lines=lines
    )  # fmt: skip
    assert found(plan, far, "cap_in_reach") == []
    [cap] = found(plan, near, "cap_in_reach")
    assert (cap.severity, cap.people, cap.amounts["lost"]) == ("note", (), Decimal(0))


def test_whole_amounts_cost_exactly_what_slices_would_not() -> None:
    plan = plan_of(rated(BANDS.replace("READ", "whole")))
    history = past(plan, {"ana": (600_000, 1_200_000), "ben": (400_000,)})
    [table] = found(plan, history, "retroactive_tiers")
    # 48,000 − 33,000 and 120,000 − 85,000; ben stays in the first band
    assert table.amounts["cost"] == Decimal("50000.00")
    assert table.message.endswith("; in the known periods it paid 50,000 USD more than slices")
    assert (table.people, table.amounts["periods"]) == (("ana",), Decimal(2))


def test_people_just_below_a_jump_are_known_by_their_own_quota() -> None:
    plan = plan_of(rated(tiers("whole", "0%=2%", "100%=4%", on="attainment")), BONUS)
    lines = tuple(line(5_000, order_id=str(place)) for place in range(3))
    history = past(plan, {"ana": (97_000,), "ben": (94_000,), "cai": (100_000,)}, 100_000,
                   lines=lines)  # fmt: skip
    [cliff] = found(plan, history, "cliff")
    assert cliff.people == ("ana",)
    assert (cliff.amounts["order"], cliff.amounts["jump"]) == (Decimal(5_000), Decimal("2000.00"))
    assert (cliff.amounts["quota"], cliff.params["quota"]) == (Decimal(100_000), "known")
    halved = past(plan, {"ana": (97_000,), "ben": (46_000,)}, 50_000, lines=lines)
    assert found(plan, halved, "cliff")[0].people == ("ben",)


def test_a_crowd_below_a_round_bound_is_found_and_a_few_are_not() -> None:
    plan = plan_of(rated(tiers("slice", "0=2%", "50000=4%")))
    lines = (line(3_000),)
    crowd = dict.fromkeys(("ana", "ben", "cai"), (48000,))
    [boundary] = found(plan, past(plan, crowd, lines=lines), "round_boundary")
    assert (boundary.people, boundary.params["known"]) == (("ana", "ben", "cai"), 3)
    assert found(plan, past(plan, {"ana": (48_000,)}, lines=lines), "round_boundary") == []
    many = {f"p{place}": (10_000,) for place in range(40)}
    assert found(plan, past(plan, crowd | many, lines=lines), "round_boundary") == []
    odd = plan_of(rated(tiers("slice", "0=2%", "50123=4%")))
    assert found(odd, past(odd, crowd, lines=lines), "round_boundary") == []


def test_rates_above_the_margin_are_serious() -> None:
    plan = plan_of(rated(tiers("slice", "0=10%", "50000=30%")))
    lines = (line(1_000, cost=Decimal(700)), line(1_000, cost=Decimal(900)), line(500))
    [rate] = found(plan, engine.History(lines=lines), "margin_exceeded")
    assert (rate.severity, rate.clause) == ("serious", "components/commission/rates/tiers/2")
    assert rate.amounts["rate"] == Decimal("0.30")
    assert rate.amounts["margin"] == Decimal("0.2")
    assert rate.params["lines"] == 2
    assert "pays 30%, and leaves 20% after its cost" in rate.message
    cheap = (line(1_000, cost=Decimal(700)),)
    assert found(plan, engine.History(lines=cheap), "margin_exceeded") == []  # exactly 30 %
    foreign = (line(1_000, cost=Decimal(900), currency="EUR"),)
    assert found(plan, engine.History(lines=foreign), "margin_exceeded") == []
    reasons = [one.params["reason"] for one in engine.lint(plan, engine.History(lines=foreign))]
    assert "cost" in reasons


def test_components_on_the_same_sales_are_added_up_against_the_margin() -> None:
    half = rated(tiers("slice", "0=10%"))
    plan = plan_of(half, half.replace("id: commission", "id: second"))
    lines = (line(1_000, cost=Decimal(850)),)
    [rate] = found(plan, engine.History(lines=lines), "margin_exceeded")
    assert (rate.amounts["rate"], rate.params["components"]) == (Decimal("0.20"), 2)


def test_a_rule_that_matched_nothing_known_is_told_with_the_number_of_lines() -> None:
    plan = ruled('channel = "web"', 'channel = "shop"')
    history = engine.History(lines=(line(10), line(20)))
    [rule] = found(plan, history, "rule_matched_nothing")
    assert (rule.params["credit"], rule.params["lines"]) == ("rule-1", 2)
    unknown = tuple({k: v for k, v in line(10).items() if k != "channel"} for _ in range(2))
    assert found(plan, engine.History(lines=unknown), "rule_matched_nothing") == []


def test_a_quota_above_the_best_of_two_periods_is_unreachable() -> None:
    plan = plan_of(rated(tiers("slice", "0%=2%", on="attainment")))
    values = {"ana": (80_000, 90_000), "ben": (80_000, 120_000), "cai": (10_000,)}
    [quota] = found(plan, past(plan, values, 100_000), "quota_unreachable")
    assert quota.people == ("ana",)
    assert (quota.params["short"], quota.params["judged"]) == (1, 2)
    assert quota.amounts["gap"] == Decimal(10_000)
    coming = (Target("ben", "2024Q3", "sales", Decimal(150_000)),)
    [quota] = found(plan, past(plan, values, 100_000, coming=coming), "quota_unreachable")
    assert (quota.people, quota.amounts["gap"]) == (("ana", "ben"), Decimal(30_000))


def test_a_measure_that_means_something_else_is_not_known() -> None:
    plan = plan_of(rated(tiers("slice", "0=10%"), "cap: 5000.00"))
    history = past(plan, {"ana": (60_000,)})
    other = engine.load_plan(
        plan.text.replace("kind: direct}", "kind: direct, when: 'amount > 0'}")
    )
    [cap] = found(other, history, "cap_in_reach")
    assert (cap.severity, cap.people) == ("note", ())
    assert "lost" not in cap.amounts
    unseen = [one for one in engine.lint(other, history) if one.severity == "unseen"]
    assert ("people", "measure") in {(one.params["check"], one.params["reason"]) for one in unseen}
    relabelled = engine.load_plan(plan.text.replace("id: own-sales", "id: mine").replace(
        "credits: own-sales", "credits: mine"))  # fmt: skip
    assert found(relabelled, history, "cap_in_reach")[0].people == ("ana",)


def test_lines_that_stand_alone_are_held_against_the_bounds_themselves() -> None:
    text = plan_of(rated(tiers("slice", "0=10%"), "cap: 100.00")).text
    plan = engine.load_plan(text.replace("accumulation: period", "accumulation: transaction"))
    lines = (line(1_500), line(900), line(2_000, payee_id="ben"))
    [cap] = found(plan, engine.History(lines=lines), "cap_in_reach")
    assert cap.people == ("ana", "ben")
    assert cap.amounts["lost"] == Decimal("150.00")


def test_a_key_does_not_change_with_the_history() -> None:
    plan = plan_of(rated(tiers("whole", "0%=2%", "100%=4%", on="attainment"), "cap: 9000"), BONUS)
    history = past(plan, {"ana": (97_000, 300_000)}, 80_000, lines=(line(5_000),))
    without = {one.key for one in engine.lint(plan) if one.severity != "unseen"}
    assert without <= {one.key for one in engine.lint(plan, history)}


TABLES = {
    "order_lines": [
        {"ordered_on": "2024-01-10", "payee_id": "ana", "amount": 97_000, "cost": 96_000},
        {"ordered_on": "2024-05-10", "payee_id": "ana", "amount": 60_000, "cost": 59_500},
        {"ordered_on": "2024-05-11", "payee_id": "ana", "amount": 20_000, "cost": 19_900},
    ],
    "assignments": [{"plan": "seller", "payee_id": "ana", "starts_on": "2024-01-01"}],
    "quotas": [
        {"quota": "sales", "payee_id": "ana", "starts_on": start, "ends_before": end,
         "amount": 100_000, "currency": "USD"}
        for start, end in (("2024-01-01", "2024-04-01"), ("2024-04-01", "2024-07-01"))
    ],
}  # fmt: skip


def test_history_is_read_from_tables_and_printed(tmp_path: Path) -> None:
    text = plan_of(rated(tiers("whole", "0%=2%", "100%=4%", on="attainment")), clauses=CLAUSES).text
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    for name, rows in TABLES.items():
        table = arrow(name, fill(name, rows))
        pa_csv.write_csv(table, tmp_path / f"{name}.csv")
    done = CliRunner().invoke(
        app, ["check-plan", str(tmp_path / "plan.yaml"), "--lint", "--tables", str(tmp_path)]
    )
    assert done.exit_code == 3, done.output
    assert (
        "serious: components/commission/rates/tiers/2: at 100% of quota (100,000 USD) pay jumps"
        " by 2,000 USD, from 2,000 USD to 4,000 USD\n    people: ana\n"
        "    mend: read the tiers slice by slice\n" in done.output
    )
    assert "leaves 0.9039% after its cost (3 order lines with a known cost)" in done.output
    assert "1 of 1 people are asked more than the best period they had, by up to 3,000 USD" in (
        done.output
    )
    assert done.output.endswith("2 serious, 2 warnings, 0 notes, 0 not looked at\n")


def test_the_same_history_comes_from_parquet(tmp_path: Path) -> None:
    plan = plan_of(rated(tiers("slice", "0=2%")))
    for name, rows in TABLES.items():
        pq.write_table(arrow(name, fill(name, rows)), tmp_path / f"{name}.parquet")
    tables = engine.Tables({name: tmp_path / f"{name}.parquet" for name in TABLES})
    results = [engine.calculate(plan, tables, engine.period_from_key(key)) for key in QUARTERS]
    history = engine.history_of(results, tables)
    assert [(one.period, one.value) for one in history.measured] == [
        ("2024Q1", Decimal(97_000)),
        ("2024Q2", Decimal(80_000)),
    ]
    assert len(history.lines) == 3
    assert not history.lines_cut


def test_without_tables_the_command_says_what_it_could_not_see(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(plan_of(rated(tiers("slice", "0=2%"))).text, encoding="utf-8")
    done = CliRunner().invoke(app, ["check-plan", str(path), "--lint"])
    assert done.exit_code == 0, done.output
    assert "unseen: components: pay against contribution margin was not looked at" in done.output
    assert CliRunner().invoke(app, ["check-plan", str(path)]).output.count("\n") == 1
    missing = CliRunner().invoke(app, ["check-plan", str(path), "--tables", str(tmp_path / "x")])
    assert missing.exit_code == 2
