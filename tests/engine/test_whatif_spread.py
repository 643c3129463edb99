"""3.3 of docs/explanation.md: the next tier of tables that look further than at the period's total:
tiers that change on a day, units that fill tiers, tiers that begin anew in each order or week.

What a step pays is compared with a run in which that much more was sold.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paceline import engine
from paceline.engine import whatif

from .building import fill, tables_of
from .small_worlds import CONNECTION
from .test_cases import plan_of

QUARTER = engine.period_from_key("2024Q2")
EXAMPLES = 30 if settings().max_examples < 1_000 else 3_000
SETS = [
    {"tiers": [{"from": 0, "rate": "1%"}, {"from": 1000, "rate": "2%"}]},
    {"from": "2024-05-01", "tiers": [{"from": 0, "rate": "3%"}, {"from": 1500, "rate": "5%"}]},
    {"from": "2024-06-15", "tiers": [{"from": 0, "rate": "0.5%"}, {"from": 2000, "rate": "7.25%"}]},
    {"from": "2024-07-01", "tiers": [{"from": 0, "rate": "50%"}]},
]
LINES = [("2024-02-10", "700"), ("2024-04-10", "800.10"), ("2024-05-10", "500.55")]


def plan_with(
    rates: dict[str, Any], *, accumulation: str = "period", boundary: str = "upper", **more: Any
) -> engine.Plan:
    rounding = {"mode": "half-up", "stage": more.pop("stage", "component")}
    own = {"id": "pay", "name": "Pay", "kind": "commission", "measure": "sales", "rates": rates}
    measures = [
        {"id": "sales", "kind": "sum", "of": "amount", "credits": "own"},
        {"id": "units", "kind": "sum", "of": "given(quantity, 0)", "credits": "own"},
        {"id": "margin", "kind": "ratio", "of": "profit", "over": "sales"},
    ]
    measures.insert(
        2, {"id": "profit", "kind": "sum", "of": "amount - given(cost, 0)", "credits": "own"}
    )
    return plan_of(
        {
            "policies": {"boundary": boundary, "rounding": rounding},
            "measures": measures,
            "quotas": [{"id": "goal", "measure": "sales", "name": "goal"}],
            "components": [own | {"accumulation": accumulation} | more],
        }
    )


def world(lines: list[tuple[str, Any]], **columns: Any) -> dict[str, Any]:
    rows = [
        {"payee_id": "ana", "ordered_on": day, "amount": amount} | columns for day, amount in lines
    ]
    quota = {"quota": "goal", "payee_id": "ana", "amount": 2000, "currency": "USD"}
    return {
        "order_lines": fill("order_lines", rows),
        "assignments": fill(
            "assignments", [{"plan": "case", "payee_id": "ana", "starts_on": "2020-01-01"}]
        ),
        "quotas": fill(
            "quotas", [quota | {"starts_on": "2024-04-01", "ends_before": "2024-07-01"}]
        ),
    }


def steps_of(plan: engine.Plan, rows: dict[str, Any]) -> list[whatif.Step]:
    tables = tables_of(rows, plan)
    results = engine.calculate(plan, tables, QUARTER, connection=CONNECTION)
    kept = whatif.kept_of(results, "ana")
    if whatif.asks_windows(plan):
        kept = whatif.with_windows(plan, kept, tables, QUARTER, "ana", connection=CONNECTION)
    return [one for one in whatif.next_steps(plan, kept) if one.component == "pay"]


def earned(plan: engine.Plan, rows: dict[str, Any]) -> Decimal:
    results = engine.calculate(plan, tables_of(rows, plan), QUARTER, connection=CONNECTION)
    return next(one["earned"] for one in results.rows("earnings") if one["component"] == "pay")


def dated(reading: str, change: str, **more: Any) -> dict[str, Any]:
    return {"reading": reading, "on": "amount", "change": change, "dated": SETS} | more


@pytest.mark.parametrize(
    ("reading", "change", "told"),
    [
        # 1,300.65 sold in the quarter: 699.35 more at 0.5 % reach 2,000.
        ("slice", "carry-on", [(6, "699.35", "3.49")]),
        # Nothing was sold from 15 June on: its own 2,000.
        ("slice", "anew", [(6, "2000", "10.00")]),
        # Read whole the total moves what was sold in May as well: 500.55 at 5 % instead of 3 %.
        ("whole", "carry-on", [(4, "199.35", "11.01"), (6, "699.35", "60.71")]),
        ("whole", "anew", [(6, "2000", "145.00")]),
    ],
)
def test_the_next_tier_is_one_that_holds_on_the_last_day(
    reading: str, change: str, told: list[tuple[int, str, str]]
) -> None:
    plan = plan_with(dated(reading, change))
    steps = steps_of(plan, world(LINES))
    found = [(one.tier, one.missing, one.pays) for one in steps]
    assert found == [(tier, Decimal(missing), Decimal(pays)) for tier, missing, pays in told]
    before = earned(plan, world(LINES))
    for step in steps:
        more = world([*LINES, ("2024-06-30", step.missing)])
        assert earned(plan, more) - before == step.pays == step.pays_in_all


def test_over_the_year_dated_tiers_count_what_was_sold_before_the_period() -> None:
    """2,000.65 in the year: the last set's 2,000 are reached, the second's in February's total."""
    plan = plan_with(dated("slice", "carry-on"), accumulation="year")
    less = [("2024-02-10", "600"), *LINES[1:]]
    (step,) = steps_of(plan, world(less))
    assert (step.tier, step.reach, step.missing) == (6, 2000, Decimal("99.35"))
    more = world([*less, ("2024-06-30", step.missing)])
    assert earned(plan, more) - earned(plan, world(less)) == step.pays == Decimal("0.50")


def test_dated_tiers_on_attainment_are_reached_by_the_target() -> None:
    sets = [
        {"tiers": [{"from": "0%", "rate": "1%"}, {"from": "50%", "rate": "2%"}]},
        {
            "from": "2024-06-01",
            "tiers": [{"from": "0%", "rate": "3%"}, {"from": "80%", "rate": "9%"}],
        },
    ]
    rates = {"reading": "slice", "on": "attainment", "quota": "goal", "change": "carry-on"}
    plan = plan_with({**rates, "dated": sets}, cap=31)
    (step,) = steps_of(plan, world(LINES))
    assert (step.tier, step.reach, step.missing) == (4, 1600, Decimal("299.35"))
    more = world([*LINES, ("2024-06-30", step.missing)])
    assert earned(plan, more) - earned(plan, world(LINES)) == step.pays


GRIDS = [
    {"tiers": [{"from": 0, "rate": ["1%", "2%"]}, {"from": 1000, "rate": ["3%", "4%"]}]},
    {
        "from": "2024-05-01",
        "tiers": [{"from": 0, "rate": ["5%", "6%"]}, {"from": 1500, "rate": ["7%", "8%"]}],
    },
]


@pytest.mark.parametrize("accumulation", ["period", "year"])
def test_the_next_row_and_column_of_grids_that_change_on_a_day(accumulation: str) -> None:
    """1,300.65 in the quarter (2,000.65 in the year) at a margin of 10 %: a column further, April's
    800.10 earn 4 % instead of 3 %, May's 500.55 6 % instead of 5 % (in the year 8 instead of 7).
    """
    across = {"by": "margin", "from": ["0%", "20%"]}
    grid = dated("whole", "carry-on", across=across) | {"dated": GRIDS}
    plan = plan_with(grid, accumulation=accumulation)
    lines = [(day, Decimal(amount)) for day, amount in LINES]
    rows = world([])
    rows["order_lines"] = with_cost(lines)
    steps = {one.kind: one for one in steps_of(plan, rows)}
    column = steps["column"]
    assert column.reach == Decimal("0.2")
    # The year's February lines move a column, too, from 3 % to 4 % of 700.
    assert column.pays == (Decimal("13.01") if accumulation == "period" else Decimal("20.01"))
    if accumulation == "period":
        row = steps["tier"]
        assert (row.tier, row.missing) == (7, Decimal("199.35"))
        before = earned(plan, rows)
        rows["order_lines"] = with_cost([*lines, ("2024-06-30", row.missing)])
        assert earned(plan, rows) - before == row.pays


def with_cost(lines: list[tuple[str, Decimal]]) -> Any:
    """Order lines at a margin of 10 %."""
    rows = [
        {"payee_id": "ana", "ordered_on": day, "amount": amount, "cost": amount * 9 / 10}
        for day, amount in lines
    ]
    return fill("order_lines", rows)


BONUSES = [
    {"tiers": [{"from": 0, "amount": 0}, {"from": 1000, "amount": 100}]},
    {
        "from": "2024-05-01",
        "tiers": [
            {"from": 0, "amount": 0},
            {"from": 1500, "amount": 90},
            {"from": 2500, "amount": 250},
        ],
    },
]


@pytest.mark.parametrize(
    ("accumulation", "told"),
    [
        # 1,300.65 in the quarter, 2,000.65 in the year; an order of the last day begins at zero.
        ("period", (4, "199.35", "90")),
        ("year", (5, "499.35", "160")),
        ("month", (4, "1500", "90")),
        ("transaction", (4, "1500", "90")),
    ],
)
def test_the_next_tier_where_the_last_day_decides(
    accumulation: str, told: tuple[int, str, str]
) -> None:
    plan = plan_with(dated("whole", "last-day") | {"dated": BONUSES}, accumulation=accumulation)
    (step,) = steps_of(plan, world(LINES))
    assert (step.tier, step.missing, step.pays) == (told[0], Decimal(told[1]), Decimal(told[2]))
    more = world([*LINES, ("2024-06-30", step.missing)])
    assert earned(plan, more) - earned(plan, world(LINES)) == step.pays


def test_where_grids_begin_anew_on_a_day_the_reason_is_told() -> None:
    across = {"by": "margin", "from": ["0%", "20%"]}
    plan = plan_with(dated("whole", "anew", across=across) | {"dated": GRIDS})
    tables = tables_of(world(LINES), plan)
    kept = whatif.kept_of(engine.calculate(plan, tables, QUARTER, connection=CONNECTION), "ana")
    assert whatif.next_steps(plan, kept) == ()
    assert whatif.untold_steps(plan, kept) == {"pay": "days"}


DAYS = ["2024-03-02", "2024-04-02", "2024-05-02", "2024-06-20"]
amounts = st.decimals("-400", "1500", places=2)


@settings(max_examples=EXAMPLES)
@given(
    st.lists(st.tuples(st.sampled_from(DAYS), amounts), max_size=6),
    st.sampled_from(["slice", "whole"]),
    st.sampled_from(["carry-on", "anew"]),
    st.sampled_from(["upper", "lower"]),
    st.sampled_from(["component", "tier"]),
    st.sampled_from(["period", "year", "month", "transaction"]),
)  # fmt: skip
def test_what_a_step_of_dated_tiers_pays_is_what_a_run_with_it_pays(
    lines: list[tuple[str, Decimal]],
    reading: str,
    change: str,
    boundary: str,
    stage: str,
    accumulation: str,
) -> None:
    lines = [one for one in lines if one[1]]
    plan = plan_with(
        dated(reading, change), accumulation=accumulation, boundary=boundary, stage=stage
    )
    before = earned(plan, world(lines))
    steps = steps_of(plan, world(lines))
    if accumulation == "month" and any(day >= "2024-06" for day, _ in lines):
        return  # a further month would have to be another than June
    for step in steps:
        more = world([*lines, ("2024-06-30", step.missing)])
        assert earned(plan, more) - before == step.pays
    if accumulation == "transaction":
        assert [one.kind for one in steps] == ["stretch"]


def test_units_that_fill_tiers_tell_the_count_and_the_rates() -> None:
    """640 sold: 360 more reach the third tier. What that pays is what they are sold for."""
    tiers = [{"from": 0, "rate": "5%"}, {"from": 500, "rate": "10%"}, {"from": 1000, "rate": "15%"}]
    plan = plan_with({"reading": "slice", "on": "measure", "by": "units", "tiers": tiers})
    rows = world([("2024-04-10", 500)], quantity=640)
    (step,) = steps_of(plan, rows)
    assert (step.kind, step.tier, step.measure) == ("tier", 3, "units")
    assert (step.reach, step.missing) == (1000, 360)
    assert (step.pays, step.pays_in_all) == (None, None)
    assert step.rates == (Decimal("0.10"), Decimal("0.15"))
    # It is no number: the same 360 units pay otherwise at another price.
    sold = {
        price: earned(
            plan,
            {**rows, "order_lines": rows["order_lines"] + fill("order_lines", [{
                "line_id": "X", "payee_id": "ana", "ordered_on": "2024-06-30",
                "amount": price, "quantity": 360,
            }])},
        ) - earned(plan, rows)
        for price in (100, 1000)
    }  # fmt: skip
    assert sold == {100: Decimal("10.00"), 1000: Decimal("100.00")}


def test_units_over_the_year_are_counted_from_its_start() -> None:
    tiers = [{"from": 0, "rate": "5%"}, {"from": 1000, "rate": "10%"}]
    plan = plan_with(
        {"reading": "slice", "on": "measure", "by": "units", "tiers": tiers}, accumulation="year"
    )
    (step,) = steps_of(plan, world([("2024-02-10", 5), ("2024-04-10", 5)], quantity=300))
    assert (step.missing, step.pays) == (400, None)


@pytest.mark.parametrize("stage", ["component", "tier", "line"])
@pytest.mark.parametrize("reading", ["slice", "whole"])
def test_a_further_order_beside_multipliers_and_at_every_stage(reading: str, stage: str) -> None:
    tiers = [{"from": 0, "rate": "1.55%"}, {"from": 900, "rate": "3.33%"}]
    plan = plan_with(
        {"reading": reading, "on": "amount", "tiers": tiers}, accumulation="transaction",
        stage=stage, times=[{"by": "120%", "when": "sales >= 2000 USD"}],
    )  # fmt: skip
    step, kicker = steps_of(plan, world(LINES))
    assert (kicker.kind, kicker.missing) == ("multiplier", Decimal("699.35"))
    assert kicker.pays is not None
    assert abs(kicker.pays - earned(plan, world(LINES)) * Decimal("0.2")) < Decimal("0.01")
    assert (step.kind, step.missing) == ("stretch", 900)
    more = world([*LINES, ("2024-06-30", 900)])
    assert earned(plan, more) - earned(plan, world(LINES)) == step.pays


@pytest.mark.parametrize("amounts_of", [("0.00", "500.00"), ("10.00", "12.50")])
def test_a_further_week_that_reaches_an_amount(amounts_of: tuple[str, str]) -> None:
    first, second = amounts_of
    tiers = [{"from": 0, "amount": first}, {"from": 600, "amount": second}]
    plan = plan_with({"reading": "whole", "on": "amount", "tiers": tiers}, accumulation="week")
    (step,) = steps_of(plan, world(LINES))
    assert (step.kind, step.missing, step.pays) == ("stretch", 600, Decimal(second))
    more = world([*LINES, ("2024-06-30", 600)])
    assert earned(plan, more) - earned(plan, world(LINES)) == step.pays


def test_a_further_order_whose_margin_decides_the_rate_tells_the_rates() -> None:
    tiers = [{"from": "0%", "rate": "3%"}, {"from": "10%", "rate": "5%"}]
    plan = plan_with(
        {"reading": "whole", "on": "measure", "by": "margin", "tiers": tiers},
        accumulation="transaction",
    )
    (step,) = steps_of(plan, world([("2024-04-10", 500)], cost=480))
    assert (step.kind, step.measure, step.missing) == ("stretch", "margin", Decimal("0.1"))
    assert (step.pays, step.rates) == (None, (Decimal("0.03"), Decimal("0.05")))


@pytest.mark.parametrize(
    ("why", "rates"),
    [
        (
            "grid",
            {
                "reading": "whole", "on": "amount",
                "across": {"by": "margin", "from": ["0%", "9%"]},
                "tiers": [{"from": 0, "rate": ["1%", "2%"]}, {"from": 9, "rate": ["3%", "4%"]}],
            },
        ),
        (
            "filled",
            {
                "reading": "slice", "on": "measure", "by": "units",
                "tiers": [{"from": 0, "rate": "1%"}, {"from": 9, "rate": "2%"}],
            },
        ),
        (
            "parts",
            {
                "reading": "interpolated", "on": "amount",
                "tiers": [{"from": 0, "amount": 7}, {"from": 900, "to": 3000, "amount": 5}],
            },
        ),
    ],
)  # fmt: skip
def test_where_there_is_no_number_the_reason_is_told(why: str, rates: dict[str, Any]) -> None:
    plan, rows = plan_with(rates, accumulation="transaction"), world(LINES)
    results = engine.calculate(plan, tables_of(rows, plan), QUARTER, connection=CONNECTION)
    kept = whatif.kept_of(results, "ana")
    assert whatif.next_steps(plan, kept) == ()
    assert whatif.untold_steps(plan, kept) == {"pay": why}


def test_at_the_top_nothing_is_left_untold() -> None:
    plan, rows = plan_with(dated("slice", "carry-on")), world([*LINES, ("2024-06-30", 5000)])
    results = engine.calculate(plan, tables_of(rows, plan), QUARTER, connection=CONNECTION)
    kept = whatif.kept_of(results, "ana")
    assert (whatif.next_steps(plan, kept), whatif.untold_steps(plan, kept)) == ((), {})


KEYS = [
    {"product": "pen", "from": 0, "rate": "0.0155"},
    {"product": "pen", "from": 900, "rate": "0.0333"},
    {"product": "ink", "from": 0, "rate": "0.1"},
    {"product": "ink", "from": 400, "rate": "0.2"},
    {"product": "glue", "from": 0, "rate": "0.3"},
]


@pytest.mark.parametrize("reading", ["slice", "whole"])
@pytest.mark.parametrize("boundary", ["upper", "lower"])
@pytest.mark.parametrize("accumulation", ["transaction", "week"])
def test_a_further_order_or_week_under_each_key_of_a_table_of_rates(
    reading: str, boundary: str, accumulation: str
) -> None:
    table = {"name": "prices", "by": ["product"], "pays": "rate", "counts": "each"}
    rates = {"reading": reading, "on": "amount", "table": {**table, "missing": "refuse"}}
    plan = plan_with(
        rates, accumulation=accumulation, boundary=boundary,
        times=[{"by": "120%", "when": "sales >= 2000 USD"}],
    )  # fmt: skip
    given = [("2024-04-10", "800.10", "pen"), ("2024-04-11", "300.33", "pen"),
             ("2024-05-10", "500.55", "ink"), ("2024-05-11", "60", "glue")]  # fmt: skip

    def rows(*more: tuple[str, Any, str]) -> dict[str, Any]:
        lines = [
            {"payee_id": "ana", "ordered_on": day, "amount": amount, "product": product}
            for day, amount, product in (*given, *more)
        ]
        keys = [{"rate_table": "prices", "starts_on": "2023-01-01"} | one for one in KEYS]
        found = {**world([]), "rate_tables": fill("rate_tables", keys)}
        return found | {"order_lines": fill("order_lines", lines)}

    tables = tables_of(rows(), plan)
    results = engine.calculate(plan, tables, QUARTER, connection=CONNECTION)
    kept = whatif.kept_of(results, "ana", tables.sources["rate_tables"])
    steps = [one for one in whatif.next_steps(plan, kept) if one.kind == "stretch"]
    assert [one.key.split(" ")[0] for one in steps] == ["ink", "pen"]
    assert whatif.untold_steps(plan, kept) == {}
    before = earned(plan, rows())
    for step, product in zip(steps, ("ink", "pen"), strict=True):
        assert earned(plan, rows(("2024-06-28", step.missing, product))) - before == step.pays
