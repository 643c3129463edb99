"""What pay credits as a measure of goals: the statement's own figure, and who may open it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse

from paceline.goals import actions as goals
from paceline.goals import measures
from paceline.goals.measures.reading import behind, read
from paceline.goals.models import Goal, Level, Quota, Unit
from paceline.incentives.actions import statements
from tests.goals.conftest import propose
from tests.incentives.pay.conftest import FROM, UNTIL, Quarter
from tests.world import NOW, World

END = date(2026, 6, 30)


def test_a_goal_and_the_statement_tell_one_attainment(
    quarter: Quarter, world: World, client_for
) -> None:
    period = goals.add_period(
        facts=goals.PeriodFacts("2026 Q2", FROM, UNTIL), by=world.erik, at=NOW
    )
    own = f"credited:{quarter.seller.plan_id}.commission"
    team = f"credited:{quarter.override.plan_id}.override"

    def goal(measure: str, whose: Any, **facts: Any) -> Goal:
        measured = goals.Measured(
            Decimal(0), Decimal(100_000), measure=measure, unit=Unit.MONEY, currency="USD"
        )
        named = {"level": Level.PERSON, "owner": whose, "team": world.north, **facts}
        return propose(world, period=period, name=measure, measured=measured, **named)

    priya, omar = goal(own, world.priya), goal(own, world.omar, team=world.south)
    whole, marco = goal("credited", world.priya), goal(team, world.marco)
    north = goal(own, world.marco, level=Level.TEAM)
    both = goal("credited", world.marco, level=Level.TEAM)
    every = [priya, omar, whole, marco, north, both]

    def values(on: date = END) -> list[Decimal | None]:
        found = read(every, on)
        return [found[one.pk].value for one in every]

    # Calculated is not released: nobody learns of it by a goal.
    run = quarter.run()
    assert values() == [None] * 6
    (statement,) = quarter.release(run, "priya")
    quarter.release(run, "omar", "marco")
    # A lead's statement credits the team's sales once more: one component does not.
    assert values() == [119_000, 55_000, 119_000, 119_000, 119_000, 238_000]
    assert values(date(2026, 6, 29)) == [None] * 6
    for name, one in (("priya", priya), ("omar", omar)):
        component = quarter.statement(run, name).components.get(component="commission")
        quota = Quota.objects.get(person=world.cast[name], measure="sales")
        reached = read([one], END)[one.pk].value
        assert reached is not None
        assert reached / quota.amount == component.attainment
    # It opens down to the lines of who may read the statement; of others only that they count.
    source = measures.find(own)
    assert source is not None
    opened = behind(north, source, world.marco, END)
    assert [(one.amount, one.currency, one.detail) for one in opened.seen] == [
        (Decimal("119000.0000"), "USD", "119%")
    ]
    assert client_for(world.marco).get(opened.seen[0].url).status_code == 200
    hidden = behind(north, source, world.omar, END)
    assert (hidden.seen, hidden.hidden) == ([], 1)
    page = reverse("goals:behind", args=[north.pk])
    assert "$119,000.00" in client_for(world.marco).get(page).content.decode()
    theirs = client_for(world.sofia).get(page).content.decode()
    assert reverse("incentives:statement", args=[statement.pk]) not in theirs
    whole_source = measures.find("credited")
    assert whole_source is not None
    assert [one.amount for one in behind(whole, whole_source, world.priya, END).seen] == [
        Decimal(119_000)
    ]
    # The name of a plan is read by who reads the plan.
    assert source.label_for(world.priya) == "Credited by pay: Commission (Seller commission)"
    assert source.label_for(world.ada) == "Credited by a plan that you do not see"
    assert own in {one.key for one in measures.offered(world.dana)}
    assert own not in {one.key for one in measures.offered(world.ada)}
    assert measures.find(f"credited:{quarter.seller.plan_id}.nothing") is None
    # A release that is taken back counts no more.
    statements.withdraw_release(
        release=statement.release, reason="Wrong", by=world.dana, at=world.now
    )
    assert read([priya], END)[priya.pk].problem == "nothing_yet"
