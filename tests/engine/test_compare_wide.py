"""The difference of two runs over the whole language: every table is a cause of its own, others'
doings are told apart, and all of it adds up to the cent.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paceline import engine
from paceline.engine.compare import Difference, Side, compare
from paceline.engine.comparison import narrow
from paceline.engine.periods import Period

from .building import fill, tables_of
from .generating import Example, examples, worlds_of
from .generating_worlds import PEOPLE
from .small_worlds import CONNECTION, QUARTER
from .test_compare import PLAN, Rows, earned, require_sum

EXAMPLES = 2 if settings().max_examples < 1_000 else 2_000


@settings(max_examples=EXAMPLES)
@given(st.data(), examples(20))
def test_causes_add_up_over_the_whole_language(data: st.DataObject, example: Example) -> None:
    plan = engine.load_plan(example.text)
    now = data.draw(worlds_of(json.loads(example.text), example.period))
    sides = [Side(plan, tables_of(rows, plan), example.period) for rows in (example.rows, now)]
    try:
        for side in sides:
            engine.calculate(plan, side.tables, example.period, connection=CONNECTION)
    except engine.InputInvalid:
        return
    for payee in PEOPLE[:1] if EXAMPLES == 2 else PEOPLE:
        require_sum(compare(payee, *sides, connection=CONNECTION), *sides)


TEXT = (
    PLAN[: PLAN.index("credits:")]
    + """
credits:
  - {id: goods, kind: direct}
  - {id: north, kind: direct, to: {owner: territory}, as: overlay}
  - {id: region, kind: rollup, of: goods, levels: 1, hierarchy: region}
measures:
  - {id: sales, kind: sum, of: amount, credits: goods}
  - {id: owned, kind: sum, of: amount, credits: north}
  - {id: below, kind: sum, of: amount, credits: region}
  - {id: recent, kind: sum, of: amount, credits: goods, window: {to-date: year}}
  - {id: rating, kind: figure, name: rating, read: last, unit: percent}
quotas:
  - {id: together, measure: sales, name: team-target, per: team}
  - {id: share, measure: sales, name: year-target, over: year, proration: days}
components:
  - {id: owner, name: Owner, kind: commission, measure: owned,
     rates: {reading: slice, on: amount, tiers: [{from: 0, rate: 1%}]}}
  - {id: override, name: Override, kind: override, measure: below,
     rates: {reading: slice, on: amount, tiers: [{from: 0, rate: 1%}]}}
  - {id: rated, name: Rated, kind: bonus, pays: {formula: rating * 100 USD}}
  - {id: goal, name: Goal, kind: bonus, pays: {amount: 50},
     when: {attainment: together, at_least: 100%}}
  - {id: steady, name: Steady, kind: bonus, pays: {amount: 70},
     when: {attainment: share, at_least: 100%}}
  - {id: pool, name: Pool, kind: pool, pool: {amount: sales * 10%, share: 1}}
  - {id: game, name: Game, kind: pool, pool: {amount: 100 USD, shapley: game}}
  - {id: race, name: Race, kind: contest,
     contest: {score: sales, prizes: [30, 20], ties: each, among: plan}}
"""
)
SINCE = date(2024, 1, 1)


def company() -> Rows:
    """Ana and ben are the team east; ana owns half of the north, and cho is below her in the
    hierarchy “region”.
    """
    days = {"starts_on": SINCE}
    of_year = days | {"ends_before": date(2025, 1, 1), "currency": "USD"}
    rows: dict[str, list[dict[str, Any]]] = {
        "order_lines": [
            {"line_id": "A1", "payee_id": "ana", "amount": "1000"},
            {"line_id": "B1", "payee_id": "ben", "amount": "2000", "territory": "north"},
            {"line_id": "B2", "payee_id": "ben", "amount": "400"},
            {"line_id": "C1", "payee_id": "cho", "amount": "500"},
        ],
        "assignments": [
            {"plan": "shop", "payee_id": name} | days for name in ("ana", "ben", "cho")
        ],
        "hierarchies": [{"hierarchy": "region", "payee_id": "cho", "manager_id": "ana"} | days],
        "owners": [{"kind": "territory", "key": "north", "payee_id": "ana", "share": "0.5"} | days],
        "teams": [{"team": "east", "payee_id": name} | days for name in ("ana", "ben")],
        "leaves": [],
        "figures": [
            {"figure": "rating", "payee_id": "ana", "on_date": date(2024, 2, 1), "value": "0.5"}
        ],
        "quotas": [
            {"quota": "team-target", "payee_id": "east", "amount": "900", "currency": "USD"}
            | days
            | {"ends_before": date(2024, 4, 1)},
            {"quota": "year-target", "payee_id": "ana", "amount": "1200"} | of_year,
        ],
        "coalitions": [
            {"pool": "game", "team": "east", "members": members, "value": value} | days
            for members, value in (("ana", "100"), ("ben", "100"), ("ana + ben", "300"))
        ],
    }
    for line in rows["order_lines"]:
        line["ordered_on"] = date(2024, 2, 5)
    return {name: fill(name, part) for name, part in rows.items()}


def explained(
    change: Callable[[Rows], object],
    texts: tuple[str, str] = (TEXT, TEXT),
    periods: tuple[Period, Period] = (QUARTER, QUARTER),
) -> Difference:
    was, now = company(), company()
    change(now)
    plans = [engine.load_plan(text) for text in texts]
    sides = [
        Side(plan, tables_of(rows, plan), period)
        for plan, rows, period in zip(plans, (was, now), periods, strict=True)
    ]
    found = compare("ana", *sides, connection=CONNECTION)
    require_sum(found, *sides)
    return found


def test_what_ana_earns() -> None:
    plan = engine.load_plan(TEXT)
    assert earned(Side(plan, tables_of(company(), plan), QUARTER), "ana") == {
        "owner": 10,  # 1 % of half of 2,000
        "override": 5,  # 1 % of 500
        "rated": 50,
        "goal": 50,
        "steady": 0,  # 1,000 of 1,200
        "pool": 170,  # half of 10 % of 3,400
        "game": 50,
        "race": 20,
    }


def leave(rows: Rows) -> None:
    days = {"starts_on": date(2024, 2, 1), "ends_before": date(2024, 8, 1)}
    rows["leaves"].extend(fill("leaves", [{"payee_id": "ana"} | days]))


def move_ben(rows: Rows) -> None:
    rows["teams"][1].update(team="west")
    rows["coalitions"].clear()


CAUSES: list[tuple[str, Callable[[Rows], object], str, list[str]]] = [
    ("hierarchies", lambda rows: rows["hierarchies"].clear(), "-5", ["region cho"]),
    ("owners", lambda rows: rows["owners"].clear(), "-10", ["territory north ana"]),
    (
        "figures",
        lambda rows: rows["figures"][0].update(value=Decimal("0.6")),
        "10",
        ["rating ana"],
    ),
    ("leaves", leave, "70", ["ana"]),
    (
        "team_targets",
        lambda rows: rows["quotas"][0].update(amount=Decimal(1100)),
        "-50",
        ["team-target east"],
    ),
    (
        "quota",
        lambda rows: rows["quotas"][1].update(amount=Decimal(1000)),
        "70",
        ["year-target ana"],
    ),
    (
        "coalitions",
        lambda rows: rows["coalitions"][0].update(value=Decimal(200)),
        "16.67",
        ["game east ana"],
    ),
    (
        "others",
        lambda rows: rows["order_lines"][2].update(amount=Decimal(1000)),
        "30",
        ["B2"],
    ),
    (
        "lines_changed",
        lambda rows: rows["order_lines"][1].update(amount=Decimal(3000)),
        "55",  # half of 100 in the pool, 1 % of 500 as an owner
        ["B1"],
    ),
]


@pytest.mark.parametrize(("cause", "change", "amount", "keys"), CAUSES)
def test_every_table_is_a_cause_of_its_own(
    cause: str, change: Callable[[Rows], object], amount: str, keys: list[str]
) -> None:
    (part,) = explained(change).parts
    assert (part.causes, part.amount) == ((cause,), Decimal(amount))
    assert [row.key for row in part.changes.rows] == keys
    assert {row.whose for row in part.changes.rows} == {"ben" if cause == "others" else ""}


def test_what_has_no_state_in_between_is_told_together() -> None:
    """With ben in another team and the values still those of both, there is no input."""
    (part,) = explained(move_ben).parts
    assert part.causes == ("teams", "coalitions")
    # the pool is 10 % of 1,000 alone, and nobody plays any more
    assert {name: amount for name, amount in part.amounts.items() if amount} == {
        "pool": Decimal(-70),
        "game": Decimal(-50),
    }
    assert {row.table for row in part.changes.rows} == {"teams", "coalitions"}


def test_more_lines_than_are_looked_at_leave_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """What others decide is then told by its amount, and everything else by its cause."""
    monkeypatch.setattr(narrow, "MAX_LINES", 3)

    def change(rows: Rows) -> None:
        rows["order_lines"][2].update(amount=Decimal(1000))
        rows["figures"][0].update(value=Decimal("0.6"))

    was, now = company(), company()
    change(now)
    plan = engine.load_plan(TEXT)
    sides = [Side(plan, tables_of(rows, plan), QUARTER) for rows in (was, now)]
    known = (earned(sides[0], "ana"), earned(sides[1], "ana"))
    found = compare("ana", *sides, known=known, connection=CONNECTION)
    assert [(part.causes, part.amount) for part in found.parts] == [
        (("figures",), Decimal(10)),
        (("unexplained",), Decimal(30)),
    ]
    assert found.amount == Decimal(40)


def test_windows_of_two_periods() -> None:
    """The year so far holds the quarter before, too; targets are those of each period."""
    text = TEXT.replace("sales * 10%", "recent * 10%")
    second = Period(date(2024, 4, 1), date(2024, 7, 1), "2024Q2", "quarter")

    def change(rows: Rows) -> None:
        more = [{**row, "line_id": f"{row['line_id']}-2"} for row in rows["order_lines"]]
        for row in more:
            row.update(ordered_on=date(2024, 5, 6))
        rows["order_lines"].extend(more)
        days = {"starts_on": date(2024, 4, 1), "ends_before": date(2024, 7, 1)}
        rows["quotas"].append(rows["quotas"][0] | days)

    found = explained(change, (text, text), (QUARTER, second))
    assert found.amount == Decimal(170 + 70)  # the pool is doubled, and 2,000 of 1,200 are sold
    assert {part.causes: part.amount for part in found.parts if part.has_effect} == {
        ("lines",): Decimal(120),
        ("others",): Decimal(120),
    }


def test_days_that_only_one_window_holds_are_a_cause_of_their_own() -> None:
    """Of the twelve months before July and before October, the first days lie 92 days apart, the
    quarters 91.
    """
    text = TEXT.replace("sales * 10%", "recent * 10%").replace("{to-date: year}", "{rolling: 12}")
    quarters = (
        Period(date(2024, 4, 1), date(2024, 7, 1), "2024Q2", "quarter"),
        Period(date(2024, 7, 1), date(2024, 10, 1), "2024Q3", "quarter"),
    )
    plan = engine.load_plan(text)
    rows = company()
    for row in (*rows["assignments"], *rows["teams"]):
        row.update(starts_on=date(2023, 1, 1))
    rows["coalitions"].clear()
    rows["order_lines"][0].update(ordered_on=date(2023, 7, 1))
    sides = [Side(plan, tables_of(rows, plan), period) for period in quarters]
    found = compare("ana", *sides, connection=CONNECTION)
    require_sum(found, *sides)
    (part,) = [part for part in found.parts if part.has_effect]
    assert (part.causes, part.amount) == (("calendar",), Decimal(-50))
