"""What sources say of goals: whose facts, on which days, in which currency."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from paceline.crm import actions as crm
from paceline.goals import actions, measures
from paceline.goals.alignment import shortfalls
from paceline.goals.measures import Fact, Source
from paceline.goals.measures.reading import converter, read
from paceline.goals.models import Direction, Goal, GoalReading, Level, Unit
from paceline.goals.queries.alignment import lines_for
from paceline.orders.models import ExchangeRate, LineShare, OrderLine
from paceline.org import actions as org
from tests.crm.conftest import make_sales
from tests.goals.conftest import Aims, propose
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.django_db


def _line(number: str, person: Any, day: date, amount: str, **more: Any) -> OrderLine:
    return OrderLine.objects.create(
        source="shop", order_number=number, line_number=more.pop("line", "1"), ordered_on=day,
        person=person, quantity=1, amount=Decimal(amount), currency=more.pop("currency", "USD"),
        **more,
    )  # fmt: skip


def _goal(world: World, aims: Aims, measure: str, **facts: Any) -> Goal:
    direction = facts.pop("direction", Direction.UP)
    edge = Decimal(1000) if direction == Direction.DOWN else Decimal(0)
    target = Decimal(0) if direction == Direction.DOWN else Decimal(1000)
    measured = actions.Measured(edge, target, direction, measure, currency="USD")
    named = {"level": Level.PERSON, "owner": world.priya, "team": world.north, **facts}
    return propose(world, period=aims.quarter, name=measure, measured=measured, **named)


def test_orders(world: World, aims: Aims) -> None:
    day = date(2026, 7, 2)
    sale = _line("1", world.priya, day, "100")
    _line("1", world.priya, day, "50", line="2")
    _line("2", world.omar, day, "70")
    _line("3", None, day, "11")
    _line("4", world.priya, date(2026, 6, 30), "999")
    _line("5", world.priya, date(2026, 7, 16), "5")
    shared = _line("6", world.priya, day, "40")
    LineShare.objects.create(line=shared, person=world.priya, share=Decimal("0.25"))
    LineShare.objects.create(line=shared, person=world.omar, share=Decimal("0.75"))
    LineShare.objects.create(line=sale, person=world.marco, share=Decimal(1), is_overlay=True)
    _line("R", world.priya, date(2026, 7, 10), "-20", kind="return", returns_line=shared)
    company = _goal(world, aims, "sales", level=Level.COMPANY, owner=world.erik, team=None)
    south = _goal(world, aims, "sales", level=Level.TEAM, owner=world.sofia, team=world.south)
    everyone = _goal(world, aims, "sales", level=Level.TEAM, owner=world.erik, team=world.company)
    orders = _goal(world, aims, "orders")
    value = _goal(world, aims, "order_value")
    back = _goal(world, aims, "return_rate", direction=Direction.DOWN)
    found = read([aims.priya, aims.north, company, south, everyone, orders, value, back], TODAY)
    assert found[aims.priya.pk].value == Decimal("155.0000")  # 150 + a quarter of (40 - 20)
    assert found[aims.north.pk].value == Decimal("155.0000")
    assert found[south.pk].value == Decimal("85.0000")
    assert found[company.pk].value == Decimal("251.0000")
    assert found[everyone.pk].value == Decimal("240.0000")  # what is nobody's is no team's
    assert found[orders.pk].value == 2
    assert found[value.pk].value == Decimal("80.0000")
    assert found[back.pk].value == Decimal("0.0313")


def test_who_moves_counts_where_they_were(world: World, aims: Aims) -> None:
    _line("1", world.priya, date(2026, 7, 2), "10")
    _line("2", world.priya, date(2026, 7, 9), "32")
    org.move_to_team(
        person=world.priya, team=world.south, starts_on=date(2026, 7, 8), by=world.hana, at=NOW
    )
    south = _goal(world, aims, "sales", level=Level.TEAM, owner=world.sofia, team=world.south)
    found = read([aims.priya, aims.north, south], TODAY)
    assert [found[one.pk].value for one in (aims.priya, aims.north, south)] == [42, 10, 32]


def test_money_of_other_currencies(world: World, aims: Aims) -> None:
    _line("1", world.priya, date(2026, 7, 2), "1000", currency="TWD")
    assert read([aims.priya], TODAY)[aims.priya.pk].problem == "no_rate"
    for on, rate in ((date(2026, 6, 30), "0.03"), (date(2026, 7, 3), "0.04")):
        ExchangeRate.objects.create(
            from_currency="TWD", to_currency="USD", on=on, rate=Decimal(rate)
        )
    assert read([aims.priya], TODAY)[aims.priya.pk].value == Decimal("30.0000")
    assert read([aims.priya], date(2026, 6, 1))[aims.priya.pk].problem == "nothing_yet"
    # Goals below of another currency make up the target above at the last rate; where one has no
    # rate, nothing is claimed.
    sources = measures.known({"sales"})

    def short() -> list[tuple[str, Decimal, int]]:
        lines = lines_for(world.erik, aims.quarter, TODAY)
        found = shortfalls(lines, sources, converter(TODAY))
        return [(one.above.name, one.total, one.count) for one in found]

    far = actions.Measured(Decimal(0), Decimal(10_000_000), Direction.UP, "sales", currency="TWD")
    told = {"period": aims.quarter, "level": Level.PERSON, "parent": aims.company}
    propose(world, name="Taipei", measured=far, owner=world.omar, **told)
    below = ("Grow North", Decimal(92_000), 1)
    assert short() == [below]  # 500,000 + 400,000 of 900,000
    Goal.objects.filter(name="Taipei").update(target=Decimal(9_999_900))
    assert short() == [("Grow", Decimal("899996.00"), 2), below]
    Goal.objects.filter(name="Taipei").update(currency="JPY")
    assert short() == [below]


def test_one_query_converts_all_currencies(world: World, django_assert_num_queries: Any) -> None:
    for source, target, on, rate in (
        ("TWD", "USD", date(2026, 6, 30), "0.03"), ("TWD", "USD", date(2026, 7, 3), "0.04"),
        ("TWD", "USD", date(2030, 1, 1), "9"), ("CNY", "USD", date(2026, 1, 3), "0.14"),
        ("JPY", "TWD", date(2025, 1, 3), "0.2"),  # older than a year says nothing
    ):  # fmt: skip
        ExchangeRate.objects.create(
            from_currency=source, to_currency=target, on=on, rate=Decimal(rate)
        )
    convert = converter(TODAY)
    with django_assert_num_queries(0):
        assert convert(Decimal(5), "USD", "USD") == 5
    with django_assert_num_queries(1):
        found = [
            convert(Decimal("100.13"), *pair)
            for pair in (("TWD", "USD"), ("CNY", "USD"), ("JPY", "TWD"), ("USD", "TWD"))
        ]
    assert found == [Decimal("4.01"), Decimal("14.02"), None, None]


def test_deals_talks_and_figures(world: World, aims: Aims) -> None:
    sales = make_sales(world)
    for deal, pipeline in ((sales.deal, sales.north), (sales.foreign, sales.south)):
        won = pipeline.stages.get(kind="won")
        type(deal).objects.filter(pk=deal.pk).update(stage=won, closed_on=date(2026, 7, 9))
    kind = actions.add_figure_kind(
        name="reply", label="Reply", unit=Unit.PERCENT, by=world.dana, at=NOW
    )
    for day, value in ((date(2026, 7, 3), "0.5"), (date(2026, 7, 10), "0.7")):
        entry = actions.Entry(world.priya, kind, day, Decimal(value))
        actions.enter_figures(entries=[entry], reason="", by=world.dana, at=NOW)
    crm.add_activity(
        on=crm.On.record(sales.deal), kind="call", facts={"text": "Hello"}, by=world.priya, at=NOW
    )
    keys = ("deals_won", "deal_amount", "win_rate", "new_customers", "talks", "figure:reply")
    goals = {key: _goal(world, aims, key) for key in keys}
    found = read(list(goals.values()), TODAY)
    assert {key: found[goal.pk].value for key, goal in goals.items()} == {
        "deals_won": 1,
        "deal_amount": Decimal("1200.5000"),
        "win_rate": 1,
        "new_customers": 1,
        "talks": 1,
        "figure:reply": Decimal("0.6000"),
    }
    # A measure that is no more: the last value stays, and the goal says so.
    actions.read_all_sources(as_of=TODAY, at=NOW)
    goal = goals["figure:reply"]
    assert GoalReading.objects.get(goal=goal).value == Decimal("0.6000")
    kind.figures.all().delete()
    kind.delete()
    for changed in (1, 0):
        assert actions.read_all_sources(as_of=TODAY + timedelta(days=1), at=NOW) == changed
        reading = GoalReading.objects.get(goal=goal)
        assert (reading.problem, reading.value) == ("no_source", Decimal("0.6000"))
        assert reading.as_of == TODAY
    assert measures.find("figure:reply") is None


def test_an_app_above_adds_its_own(world: World, aims: Aims) -> None:
    def daily(first: date, before: date, people: Any) -> list[Fact]:
        assert (first, before, people) == (date(2026, 7, 1), date(2026, 7, 16), {world.priya.pk})
        return [Fact(world.priya.pk, first, "", (Decimal(3),))]

    source = Source("cards", "Cards", "Cards done", Unit.QUANTITY, daily)
    measures.register(source)
    try:
        goal = _goal(world, aims, "cards")
        assert read([goal], TODAY)[goal.pk].value == 3
    finally:
        measures._sources.pop("cards")
    assert read([goal], TODAY)[goal.pk].problem == "no_source"


def test_a_goal_about_something_else_is_read_anew(world: World, aims: Aims, run_jobs) -> None:
    """Neither a new goal nor one of another measure, owner or days waits for the hour."""
    goal = aims.priya
    assert goal.measure == "sales"
    assert run_jobs() == 3  # the three goals of the conftest, as they were proposed
    assert GoalReading.objects.filter(goal=goal).exists()
    GoalReading.objects.update(value=Decimal(5_000), as_of=TODAY)
    told = {"goal": goal, "by": world.priya, "at": NOW}
    actions.change_goal(facts={"name": "Sofas"}, **told)
    assert GoalReading.objects.get(goal=goal).value == 5_000
    assert run_jobs() == 0
    facts = actions.PeriodFacts("2026 Q3", date(2026, 7, 10), date(2026, 10, 1))
    actions.change_period(
        period=aims.quarter, facts=facts, seen=1, reason="Later", by=world.erik, at=NOW
    )
    assert not GoalReading.objects.exists()  # rather nothing than what other days brought
    assert run_jobs() == 1
    assert GoalReading.objects.count() == 3
    GoalReading.objects.update(value=Decimal(5_000), as_of=TODAY)
    typed = {"measure": "typed", "unit": Unit.QUANTITY, "currency": ""}
    actions.change_goal(facts=typed, reason="By hand", **told)
    assert not GoalReading.objects.filter(goal=goal).exists()
    assert run_jobs() == 0
