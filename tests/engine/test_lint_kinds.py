"""What the linter finds in grids, scorecards, pools and contests, with exact amounts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from paceline import engine
from paceline.engine.lint import Finding, History, Measured, Target, apply_mend, meaning_of
from paceline.engine.lint.messages import MENDS, STUDIES

from .test_lint import PLAN

HEAD = """\
target_incentive: {amount: 6000.00}
credits:
  - {id: own, kind: direct}
measures:
  - {id: sales, kind: sum, of: amount, credits: own}
  - {id: profit, kind: sum, of: 'amount - given(cost, 0)', credits: own}
  - {id: margin, kind: ratio, of: profit, over: sales}
  - {id: largest, kind: max, of: amount, credits: own}
  - {id: reply, kind: figure, name: reply, read: last, unit: quantity}
  - {id: rating, kind: figure, name: rating, read: last, unit: percent}
quotas:
  - {id: target, measure: sales, name: sales}
components:
"""


def plan_of(component: str) -> engine.Plan:
    rest = HEAD + f"  - {{id: part, name: Part, {component}}}\n"
    return engine.load_plan(PLAN.format(currency="USD", rest=rest))


def seen(component: str, history: History | None = None) -> list[Finding]:
    """What was found about the component, without what could not be looked at."""
    found = engine.lint(plan_of(component), history)
    assert not any(
        one.params.get("check") == "pay_curve" for one in found if one.severity == "unseen"
    )
    assert {key for one in found for key in one.evidence} <= set(STUDIES)
    assert {one.mend.code for one in found if one.mend} <= set(MENDS)
    return [
        one
        for one in found
        if one.params.get("component") == "part"
        and one.severity != "unseen"
        and one.code != "missing_as_zero"
    ]


def past(component: str, **values: list[tuple[str, str, str]]) -> History:
    """Past values of measures and quotas: `sales=[(payee, period, value)]`."""
    plan = plan_of(component)
    measured = [
        Measured(payee, period, meaning_of(plan, plan.measure(name)), Decimal(value))
        for name, rows in values.items()
        if name not in {"quota", "teams"}
        for payee, period, value in rows
    ]
    targets = [
        Target(payee, period, "sales", Decimal(value))
        for payee, period, value in values.get("quota", [])
    ]
    teams = tuple((payee, team) for payee, team, _ in values.get("teams", []))
    return History(tuple(measured), tuple(targets), teams=teams)


def codes(found: list[Finding]) -> list[tuple[str, str]]:
    return [(one.code, one.severity) for one in found]


GRID = (
    "kind: commission, measure: sales, rates: {reading: whole, on: attainment, quota: target,"
    " across: {by: margin, from: [0%, 20%]}, tiers: [{from: 0%, rate: [2%, 3%]},"
    " {from: 100%, rate: [4%, 2.5%]}]}"
)


def test_a_grid_jumps_and_falls_between_its_cells() -> None:
    """With an assumed quota of 100,000: at quota 2 % become 4 %, and 3 % become 2.5 %; at a margin
    of 20 % 2 % of 100,000 become 3 %, and 4 % become 2.5 %.
    """
    found = seen(GRID)
    assert codes(found) == [
        ("grid_cliff", "serious"),
        ("grid_falls", "serious"),
        ("grid_cliff", "serious"),
        ("grid_falls", "warning"),
    ]
    told = [
        (one.params["side"], one.params["bound"], one.amounts["below"], one.amounts["above"])
        for one in found
    ]
    row, column = ("row", "1"), ("column", "0.2")
    assert told == [
        (*row, Decimal("2000.00"), Decimal("4000.00")),
        (*row, Decimal("3000.00"), Decimal("2500.00")),
        (*column, Decimal("2000.00"), Decimal("3000.00")),
        (*column, Decimal("4000.00"), Decimal("2500.00")),
    ]
    assert [one.amounts["jump"] for one in found] == [2000, 500, 1000, 1500]
    assert all(one.amounts["quota"] == 100_000 for one in found)
    assert found[0].clause == "components/part/rates/tiers/2"
    assert "at the bound 100% of sales pay jumps by 2,000 USD" in found[0].message


def test_a_grid_jumps_and_falls_along_each_of_its_dimensions() -> None:
    """On 500 a margin of 20 % adds 1 %; from a profit of 200 on it takes 1 % away instead."""
    cube = (
        "kind: commission, measure: sales, rates: {reading: whole, on: amount,"
        " across: [{by: margin, from: [0%, 20%]}, {by: profit, from: [0, 200]}], tiers:"
        " [{from: 0, rate: [[1%, 1%], [2%, 0%]]}, {from: 500, rate: [[1%, 1%], [2%, 0%]]}]}"
    )
    told = [
        (one.code, one.params["measure"], one.params["cells"], one.params["among"])
        for one in seen(cube)
        if one.code.startswith("grid")
    ]
    assert sorted(told) == [
        ("grid_cliff", "margin", 2, 4),
        ("grid_falls", "margin", 2, 4),
        ("grid_falls", "profit", 2, 4),
    ]


def test_every_set_of_tiers_that_change_on_a_day_is_looked_at() -> None:
    """A grid without steps becomes one that jumps from 2,000 to 4,000; slices get a dead zone."""
    head, _, cells = GRID.partition(" tiers: ")
    level = "{tiers: [{from: 0%, rate: [2%, 2%]}, {from: 100%, rate: [2%, 2%]}]}"
    later = f"{{from: 2026-03-01, tiers: {cells}"
    found = seen(f"{head} change: carry-on, dated: [{level}, {later.rstrip('}')}}}]}}")
    assert [one.amounts["jump"] for one in found] == [2000, 500, 1000, 1500]
    assert found[0].clause == "components/part/rates/dated/2/tiers/2"
    slices = (
        "kind: commission, measure: sales, rates: {reading: slice, on: amount, change: anew,"
        " dated: [{tiers: [{from: 0, rate: 1%}, {from: 500, rate: 2%}]},"
        " {from: 2026-03-01, tiers: [{from: 0, rate: 1%}, {from: 700, rate: 0%}]}]}"
    )
    (zone,) = [one for one in seen(slices) if one.severity != "unseen"]
    assert zone.clause == "components/part/rates/dated/2/tiers/2"


def test_a_grid_of_small_steps_is_told_for_the_known_quota() -> None:
    history = past(GRID, sales=[("ana", "1", "10")], quota=[("ana", "1", "30000")])
    first = seen(GRID, history)[0]
    assert (first.amounts["quota"], first.amounts["jump"]) == (30_000, Decimal("600.00"))
    level = GRID.replace("[4%, 2.5%]", "[2%, 3%]").replace("from: [0%, 20%]", "from: [0%]")
    assert seen(level.replace("[2%, 3%]", "[2%]")) == []


def test_gaps_and_overlaps_of_a_grid_are_refused() -> None:
    for more, code in (("to: 90%, ", "tier_gap"), ("to: 110%, ", "tier_overlap")):
        with pytest.raises(engine.PlanInvalid) as refusal:
            plan_of(GRID.replace("{from: 0%, rate", f"{{from: 0%, {more}rate"))
        assert [problem.code for problem in refusal.value.problems] == [code]
    for columns in ("[10%, 20%]", "[0%, 20%, 20%]"):
        with pytest.raises(engine.PlanInvalid) as refusal:
            plan_of(GRID.replace("[0%, 20%]", columns))
        assert "columns_unordered" in {problem.code for problem in refusal.value.problems}


def test_a_table_read_by_another_measure_is_told_on_a_stated_amount() -> None:
    """3 % below a margin of 10 %, 5 % from there on, on an assumed 100,000."""
    tiers = "[{from: 0%, rate: 3%}, {from: 10%, rate: 5%}]"
    rates = f"{{reading: whole, on: measure, by: margin, tiers: {tiers}}}"
    (one,) = seen(f"kind: commission, measure: sales, rates: {rates}")
    assert (one.code, one.amounts["base"], one.amounts["jump"]) == ("grid_cliff", 100_000, 2000)
    assert (one.params["bound"], one.params["by_share"]) == ("0.1", 1)
    (one,) = seen(f"kind: commission, measure: sales, rates: {rates.replace('5%', '1%')}")
    assert (one.code, one.severity, one.amounts["jump"]) == ("grid_falls", "note", 2000)


CARD = (
    "kind: scorecard, scorecard: {target: 6000 USD, indicators: ["
    "{id: rated, weight: 60%, value: rating, gate: GATE, steps: [{from: 0%, rate: 0%},"
    " {from: 80%, rate: 100%}]},"
    " {id: speed, weight: 40%, value: reply, steps: STEPS}]}"
)
FALLING = "[{from: 0, rate: 100%}, {from: 30, rate: 50%}, {from: 60, rate: 0%}]"


def card(gate: str = "rating >= 50%", steps: str = FALLING) -> str:
    return CARD.replace("GATE", gate).replace("STEPS", steps)


def test_a_stepped_score_jumps_by_its_weight() -> None:
    """60 % and 40 % of 6,000: all of the first at 80 %, half of the second at 30 and 60."""
    rated, speed = seen(card())
    assert (rated.code, rated.severity) == ("score_jump", "warning")
    assert (rated.amounts["jump"], rated.amounts["rate"]) == (Decimal(3600), Decimal("0.6"))
    assert (speed.amounts["below"], speed.amounts["above"]) == (Decimal(2400), Decimal(1200))
    assert (rated.params["bound"], rated.params["target"]) == ("0.8", "stated")
    assert speed.clause.startswith("components/part/scorecard/indicators/speed/steps/")


def test_a_score_that_turns_cannot_be_read() -> None:
    steps = "[{from: 0, rate: 0%}, {from: 30, rate: 100%}, {from: 60, rate: 50%}]"
    (turn,) = [one for one in seen(card(steps=steps)) if one.code == "score_turns"]
    assert (turn.severity, turn.params["bound"]) == ("serious", "60")
    assert (turn.amounts["below"], turn.amounts["above"]) == (Decimal(2400), Decimal(1200))


def test_gates_that_nobody_passes_or_can_pass() -> None:
    assert "gate_closed" in [one.code for one in seen(card("rating > 90% and rating < 50%"))]
    low = [("ana", "1", "0.4"), ("ben", "1", "0.3"), ("ana", "2", "0.49")]
    gate = next(
        one for one in seen(card(), past(card(), rating=low)) if one.code == "gate_unreached"
    )
    assert (gate.severity, gate.params["known"], gate.people) == ("serious", 3, ("ana", "ben"))
    high = past(card(), rating=[*low, ("cho", "2", "0.5")])
    assert "gate_unreached" not in [one.code for one in seen(card(), high)]
    unseen = [one for one in engine.lint(plan_of(card())) if one.params.get("check") == "gates"]
    assert [one.params["reason"] for one in unseen] == ["history"]


def test_weights_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(engine.PlanInvalid) as refusal:
        plan_of(card().replace("weight: 40%", "weight: 30%"))
    assert [problem.code for problem in refusal.value.problems] == ["weights_incomplete"]


def test_a_pool_that_follows_nothing_and_rewards_nothing() -> None:
    fixed = "kind: pool, pool: {amount: 5000 USD, share: sales}"
    (one,) = seen(fixed)
    assert (one.code, one.amounts["pool"]) == ("pool_fixed", Decimal("5000.00"))
    equal = "kind: pool, pool: {amount: 'sales * 10%', share: 1}"
    (one,) = seen(equal)
    assert (one.code, one.severity, one.params["team"]) == ("pool_free_ride", "warning", "assumed")
    assert one.amounts == {
        "part": Decimal("0.2"),
        "more": Decimal(1000),
        "pool": Decimal("100.00"),
        "own": Decimal("20.00"),
    }
    assert one.mend is not None
    plan = plan_of(equal)
    assert "share: sales" in apply_mend(plan.text, one.mend)
    assert codes(seen("kind: pool, pool: {amount: 'sales * 10%', share: sales}")) == []


def test_pools_of_one_member() -> None:
    pool = "kind: pool, pool: {amount: 'sales * 10%', share: 1}"
    teams = [("ana", "east", ""), ("ben", "west", ""), ("cho", "west", ""), ("dai", "west", "")]
    ride, alone = seen(pool, past(pool, teams=teams))
    assert (alone.code, alone.people) == ("pool_alone", ("ana",))
    assert (alone.params["teams"], alone.params["known"]) == (1, 2)
    assert (ride.params["members"], ride.params["team"]) == (3, "known")


def test_players_who_add_nothing() -> None:
    def game(*values: str) -> str:
        names = ("ana", "ben", "[ana, ben]")
        stated = ", ".join(
            f"{{of: {of}, value: {value}}}" for of, value in zip(names, values, strict=True)
        )
        return f"kind: pool, pool: {{amount: 'sales * 10%', shapley: [{stated}]}}"

    (one,) = seen(game("100", "0", "100"))
    assert (one.code, one.people) == ("pool_alone", ("ana",))
    assert seen(game("100", "50", "200")) == []


def race(score: str = "sales", prizes: str = "[500]", more: str = "") -> str:
    said = f"score: {score}, prizes: {prizes}, ties: each, among: plan{more}"
    return f"kind: contest, contest: {{{said}}}"


def test_a_contest_with_one_winner_is_serious_and_mended_by_equal_prizes() -> None:
    contest = race(more=", at_least: 1")
    (one,) = seen(contest)
    assert (one.code, one.severity, one.evidence[0]) == (
        "contest_few_winners",
        "serious",
        "lim-2009",
    )
    assert (one.amounts["prizes"], one.amounts["each"]) == (Decimal(500), Decimal("166.67"))
    assert one.mend is not None
    mended = apply_mend(plan_of(contest).text, one.mend)
    assert engine.load_plan(mended).components[0].contest.prizes == (
        Decimal("166.67"),
        Decimal("166.67"),
        Decimal("166.66"),
    )


def test_prizes_by_rank_zero_scores_and_ties() -> None:
    contest = race(prizes="[600, 400, 200]")
    scores = [(name, "1", str(place)) for place, name in enumerate("abcdefghi")]
    found = {one.code: one for one in seen(contest, past(contest, sales=scores))}
    assert set(found) == {"contest_ranked", "contest_no_floor", "contest_ties_cost"}
    assert found["contest_ranked"].amounts["first"] == 600
    assert found["contest_no_floor"].amounts["last"] == 200
    assert found["contest_ties_cost"].amounts["most"] == 5400
    assert found["contest_ties_cost"].amounts["prizes"] == 1200
    more = past(contest, sales=[*scores, ("j", "1", "0")])
    few = next(one for one in seen(contest, more) if one.code == "contest_few_winners")
    assert (few.severity, few.params["enough"], few.amounts["each"]) == ("warning", 4, 300)


def test_prizes_for_luck() -> None:
    single = race("largest", "[100, 100, 100]", ", at_least: 1")
    (one,) = seen(single)
    assert (one.code, one.params["cause"]) == ("contest_luck", "single")
    close = race("sales", "[100]", ", at_least: 1")
    history = past(
        close, sales=[("ana", "1", "900"), ("ben", "1", "850"), ("ana", "2", "500"),
                      ("ben", "2", "400")]
    )  # fmt: skip
    lines = tuple(
        {"order_id": str(place), "payee_id": "ana", "amount": Decimal(90), "currency": "USD",
         "kind": "sale", "ordered_on": None}
        for place in range(3)
    )  # fmt: skip
    known = History(history.measured, history.targets, lines=lines)
    luck = next(one for one in seen(close, known) if one.code == "contest_luck")
    assert (luck.amounts["order"], luck.amounts["gap"], luck.people) == (90, 50, ("ben",))
    assert (luck.params["close"], luck.params["periods"]) == (1, 2)


def test_a_contest_without_a_handicap() -> None:
    contest = race(prizes="[100, 100, 100]", more="")
    history = past(
        contest,
        sales=[("ana", "1", "5"), ("ben", "1", "6")],
        quota=[("ana", "1", "1000"), ("ben", "1", "4000")],
    )
    one = next(one for one in seen(contest, history) if one.code == "contest_no_handicap")
    assert (one.severity, one.amounts) == (
        "serious",
        {"least": Decimal(1000), "most": Decimal(4000)},
    )
    assert one.people == ("ben",)
    assert one.mend is not None
    assert "score: target.attainment" in apply_mend(plan_of(contest).text, one.mend)
    fair = race("target.attainment", "[100, 100, 100]", ", at_least: 90%")
    assert "contest_no_handicap" not in [one.code for one in seen(fair, history)]


def test_ties_without_a_rule_are_refused() -> None:
    with pytest.raises(engine.PlanInvalid) as refusal:
        plan_of(race().replace(", ties: each", ""))
    assert [problem.code for problem in refusal.value.problems] == ["key_missing"]
