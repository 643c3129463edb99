"""The difference of two runs by cause: it adds up to the cent, and each cause names its rows."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paceline import engine
from paceline.engine.compare import CurrenciesDiffer, Difference, Side, compare
from paceline.engine.periods import Period

from .building import fill, tables_of
from .small_worlds import CONNECTION, PEOPLE, QUARTER, plans, worlds

EXAMPLES = 3 if settings().max_examples < 1_000 else 2_000
Rows = dict[str, list[dict[str, Any]]]


def earned(side: Side, payee: str) -> dict[str, Any]:
    results = engine.calculate(side.plan, side.tables, side.period, connection=CONNECTION)
    return {
        row["component"]: row["earned"]
        for row in results.rows("earnings")
        if row["payee_id"] == payee
    }


def require_sum(found: Difference, earlier: Side, later: Side) -> None:
    """The parts add up to the difference of two runs over everything, component by component."""
    before, after = earned(earlier, found.payee_id), earned(later, found.payee_id)
    for name in {*before, *after}:
        wanted = after.get(name, 0) - before.get(name, 0)
        assert sum(part.amounts.get(name, 0) for part in found.parts) == wanted
        assert found.earlier[name] == before.get(name, 0)
        assert found.later[name] == after.get(name, 0)
    assert sum(part.amount for part in found.parts) == found.amount
    assert not any("unexplained" in part.causes for part in found.parts)


@settings(max_examples=EXAMPLES)
@given(plans(), plans(), worlds(), worlds(), st.booleans())
def test_causes_add_up(one: str, two: str, was: Rows, now: Rows, same_plan: bool) -> None:  # noqa: FBT001
    earlier_plan = engine.load_plan(one)
    later_plan = earlier_plan if same_plan else engine.load_plan(two)
    earlier = Side(earlier_plan, tables_of(was, earlier_plan), QUARTER)
    later = Side(later_plan, tables_of(now, later_plan), QUARTER)
    for payee in PEOPLE:
        found = compare(payee, earlier, later, connection=CONNECTION)
        require_sum(found, earlier, later)


JANUARY = Period(date(2024, 1, 1), date(2024, 2, 1), "2024-01")
FEBRUARY = Period(date(2024, 2, 1), date(2024, 3, 1), "2024-02")


def of_month(rows: Rows, month: Period) -> Rows:
    """A generated world whose quotas are those of one month."""
    days = {"starts_on": month.starts_on, "ends_before": month.ends_before}
    return {**rows, "quotas": [{**row, **days} for row in rows["quotas"]]}


@settings(max_examples=EXAMPLES)
@given(plans(), worlds(), worlds(), st.booleans(), st.booleans())
def test_causes_between_two_periods_add_up(
    text: str,
    was: Rows,
    now: Rows,
    same: bool,  # noqa: FBT001
    longer_first: bool,  # noqa: FBT001
) -> None:
    plan = engine.load_plan(text)
    months = (JANUARY, FEBRUARY) if longer_first else (FEBRUARY, JANUARY)
    earlier, later = (
        Side(plan, tables_of(of_month(rows, month), plan), month)
        for rows, month in zip((was, was if same else now), months, strict=True)
    )
    for payee in PEOPLE[:3]:
        found = compare(payee, earlier, later, connection=CONNECTION)
        require_sum(found, earlier, later)


PLAN = """
paceline: 1
plan: shop
name: Shop
currency: USD
period: quarter
policies:
  boundary: upper
  rounding: {mode: half-up, stage: component}
  accumulation: period
  accumulation_order: [ordered_on, line_id]
  hierarchy_date: order-date
  exchange: {date: order-date, rate: average}
  anchor: booking
  returns: own-day
  retroactivity: carry-forward
  precedence: all
  splits: exactly-100
credits:
  - {id: goods, kind: direct, when: 'category != "Shipping"'}
  - {id: team, kind: rollup, of: goods, levels: 1}
measures:
  - {id: sales, kind: sum, of: amount, credits: goods}
  - {id: team, kind: sum, of: amount, credits: team}
quotas:
  - {id: target, measure: sales, name: target}
components:
  - id: commission
    name: Commission
    kind: commission
    measure: sales
    rates:
      reading: slice
      on: attainment
      quota: target
      tiers: [{from: 0%, rate: 2%}, {from: 100%, rate: 4%}]
  - id: override
    name: Override
    kind: override
    measure: team
    rates: {reading: slice, on: amount, tiers: [{from: 0, rate: 1%}]}
"""
DAY = date(2024, 2, 5)


def shop() -> Rows:
    """Ana sells 60,000 and 1,000 EUR, ben 10,000; ben reports to ana."""
    rows = {
        "order_lines": [
            {"line_id": "A1", "payee_id": "ana", "amount": "60000"},
            {"line_id": "A2", "payee_id": "ana", "amount": "1000", "currency": "EUR"},
            {"line_id": "B1", "payee_id": "ben", "amount": "10000"},
            {"line_id": "C1", "payee_id": "cho", "amount": "500"},
        ],
        "assignments": [
            {"plan": "shop", "payee_id": name, "starts_on": date(2024, 1, 1)}
            for name in ("ana", "ben", "cho")
        ],
        "reporting": [
            {"payee_id": "ben", "manager_id": "ana", "starts_on": date(2024, 1, 1)},
        ],
        "quotas": [
            {
                "quota": "target",
                "payee_id": "ana",
                "starts_on": date(2024, 1, 1),
                "ends_before": date(2024, 4, 1),
                "amount": "50000",
                "currency": "USD",
            }
        ],
        "exchange_rates": [
            {
                "from_currency": "EUR",
                "to_currency": "USD",
                "on_date": DAY,
                "rate_type": "average",
                "rate": "1.1",
            }
        ],
        "credit_splits": [],
    }
    for line in rows["order_lines"]:
        line["ordered_on"] = DAY
    return {name: fill(name, part) for name, part in rows.items()}


def explained(change: Callable[[Rows], object], text: str = PLAN, payee: str = "ana") -> Difference:
    was, now = shop(), shop()
    change(now)
    plans = (engine.load_plan(PLAN), engine.load_plan(text))
    sides = [
        Side(plan, tables_of(rows, plan), QUARTER)
        for plan, rows in zip(plans, (was, now), strict=True)
    ]
    found = compare(payee, *sides, connection=CONNECTION)
    require_sum(found, *sides)
    return found


def line(rows: Rows, line_id: str) -> dict[str, Any]:
    return next(row for row in rows["order_lines"] if row["line_id"] == line_id)


def a_line(line_id: str, payee: str, amount: str, kind: str = "sale") -> dict[str, Any]:
    (row,) = fill(
        "order_lines",
        [
            {
                "line_id": line_id,
                "payee_id": payee,
                "amount": amount,
                "ordered_on": DAY,
                "kind": kind,
            }
        ],
    )
    return row


CAUSES: list[tuple[str, Callable[[Rows], object], str, str]] = [
    ("lines_added", lambda rows: rows["order_lines"].append(a_line("N", "ana", "100")), "4", "N"),
    ("lines_added", lambda rows: rows["order_lines"].append(a_line("N", "ben", "100")), "1", "N"),
    ("lines_removed", lambda rows: rows["order_lines"].remove(line(rows, "A2")), "-44", "A2"),
    ("lines_changed", lambda rows: line(rows, "A1").update(amount=Decimal(61000)), "40", "A1"),
    (
        "returns",
        lambda rows: rows["order_lines"].append(a_line("R", "ana", "-500", "return")),
        "-20",
        "R",
    ),
    (
        "splits",
        lambda rows: rows["credit_splits"].extend(
            fill(
                "credit_splits",
                [
                    {"line_id": "A1", "payee_id": "ana", "share": "0.9"},
                    {"line_id": "A1", "payee_id": "cho", "share": "0.1"},
                ],
            )
        ),
        "-240",
        "A1 ana False",
    ),
    ("quota", lambda rows: rows["quotas"][0].update(amount=Decimal(60000)), "-200", "target ana"),
    ("people", lambda rows: rows["reporting"].clear(), "-100", "ben"),
    (
        "exchange_rates",
        lambda rows: rows["exchange_rates"][0].update(rate=Decimal("1.2")),
        "4",
        "EUR USD average",
    ),
]


@pytest.mark.parametrize(("cause", "change", "amount", "key"), CAUSES)
def test_one_cause_is_worth_all_of_it_and_names_its_row(
    cause: str, change: Callable[[Rows], object], amount: str, key: str
) -> None:
    (part,) = explained(change).parts
    assert (part.causes, part.amount) == ((cause,), Decimal(amount))
    assert [row.key for row in part.changes.rows] == [key]


def test_rates_and_other_clauses_are_told_apart() -> None:
    text = PLAN.replace("rate: 4%", "rate: 5%").replace(" != ", " = ")
    rates, clauses = explained(lambda _rows: None, text).parts
    assert (rates.causes, rates.amount) == (("rates",), Decimal(111))  # 1 % of 11,100
    (row,) = rates.changes.rows
    assert row.key == "components/commission/rates/tiers/2/rate"
    assert (row.before, row.after) == ({"clause": "4%"}, {"clause": "5%"})
    assert [one.key for one in clauses.changes.rows] == ["credits/goods/when"]
    assert clauses.amount == -Decimal(1000) - Decimal(555) - Decimal(100)


def test_nothing_changed_has_no_cause() -> None:
    found = explained(lambda _rows: None)
    assert (found.parts, found.amount) == ((), Decimal(0))


def test_lines_of_others_are_not_named() -> None:
    """Cho's lines do not reach ana, whatever happens to them; ben's count for her, for cho not."""

    def change(rows: Rows) -> None:
        line(rows, "C1").update(amount=Decimal(700))
        line(rows, "B1").update(amount=Decimal(11000))

    (part,) = explained(change).parts
    assert [row.key for row in part.changes.rows] == ["B1"]
    (part,) = explained(change, payee="cho").parts
    assert [row.key for row in part.changes.rows] == ["C1"]


def test_several_causes_add_up_in_their_order() -> None:
    def change(rows: Rows) -> None:
        rows["order_lines"].append(a_line("N", "ana", "1000"))
        rows["quotas"][0].update(amount=Decimal(62000))
        rows["exchange_rates"][0].update(rate=Decimal("1.2"))

    found = explained(change, PLAN.replace("rate: 2%", "rate: 3%"))
    assert [(part.causes[0], part.amount) for part in found.parts] == [
        ("lines_added", Decimal(40)),  # 1,000 at 4 %
        ("quota", Decimal(-240)),  # 12,000 at 2 % instead of 4 %
        ("exchange_rates", Decimal(4)),  # 100 at 4 %
        ("rates", Decimal(620)),  # 62,000 at 1 % more
    ]


def test_causes_that_need_each_other_are_told_together() -> None:
    """A plan that begins to allow overlays and the overlay itself have no state in between."""

    def change(rows: Rows) -> None:
        rows["credit_splits"].extend(
            fill(
                "credit_splits",
                [{"line_id": "B1", "payee_id": "ana", "share": "0.5", "is_overlay": True}],
            )
        )

    found = explained(change, PLAN.replace("exactly-100", "overlays"))
    (part,) = found.parts
    assert part.causes == ("splits", "clauses")
    assert part.amount == Decimal(200)  # 5,000 at 4 %


def test_the_period_before_is_compared_day_by_day() -> None:
    """A formula with a date still reads the day as it was, and rates are those of each period."""
    text = PLAN.replace("period: quarter", "period: month").replace(
        'category != "Shipping"', "ordered_on >= 2024-01-20"
    )
    plan = engine.load_plan(text)
    was, now = of_month(shop(), JANUARY), of_month(shop(), FEBRUARY)
    for rows, day in ((was, date(2024, 1, 31)), (now, date(2024, 2, 29))):
        rows["exchange_rates"][0].update(on_date=day)
        for row in rows["order_lines"]:
            row.update(ordered_on=day)
    now["exchange_rates"][0].update(rate=Decimal("1.5"))
    for row in now["order_lines"]:
        row.update(line_id=f"{row['line_id']}-2")
    sides = [
        Side(plan, tables_of(rows, plan), month)
        for rows, month in ((was, JANUARY), (now, FEBRUARY))
    ]
    found = compare("ana", *sides, connection=CONNECTION)
    require_sum(found, *sides)
    lines, rates = found.parts
    assert (lines.causes, lines.amount) == (("lines",), Decimal(0))
    assert {row.after["ordered_on"] for row in lines.changes.rows if row.after} == {
        date(2024, 2, 29)
    }
    assert (rates.causes, rates.amount) == (("exchange_rates",), Decimal(16))
    assert rates.changes.rows[0].after["on_date"] == date(2024, 2, 29)


def test_months_of_payments_are_compared_by_the_day_of_payment() -> None:
    """Orders of earlier months count in the month of their payment, on both sides."""
    text = PLAN.replace("period: quarter", "period: month").replace(
        "anchor: booking", "anchor: cash"
    )
    plan = engine.load_plan(text)
    was, now = of_month(shop(), JANUARY), of_month(shop(), FEBRUARY)
    for rows, paid in ((was, date(2024, 1, 15)), (now, date(2024, 2, 20))):
        for row in rows["order_lines"]:
            row.update(ordered_on=date(2024, 1, 2), currency="USD", paid_on=paid)
    for row in now["order_lines"]:
        row.update(line_id=f"{row['line_id']}-2", amount=row["amount"] * 2)
    sides = [
        Side(plan, tables_of(rows, plan), month)
        for rows, month in ((was, JANUARY), (now, FEBRUARY))
    ]
    for payee in ("ana", "ben", "cho"):
        found = compare(payee, *sides, connection=CONNECTION)
        require_sum(found, *sides)
        if payee == "ana":
            assert found.amount > 0
            assert all(set(part.causes) <= {"lines", "returns"} for part in found.parts)


def test_figures_of_the_real_runs_are_kept_whatever_the_calculation_says() -> None:
    """What the engine cannot take apart is told by its amount, not left out."""
    plan = engine.load_plan(PLAN)
    side = Side(plan, tables_of(shop(), plan), QUARTER)
    paid = earned(side, "ana")
    more = {**paid, "commission": paid["commission"] + 7}
    found = compare("ana", side, side, known=(paid, more), connection=CONNECTION)
    (part,) = found.parts
    assert (part.causes, part.amount) == (("unexplained",), Decimal(7))
    assert found.amount == Decimal(7)


def test_two_currencies_have_no_difference() -> None:
    with pytest.raises(CurrenciesDiffer):
        explained(copy.copy, PLAN.replace("currency: USD", "currency: EUR"))
