"""Goals of the company, of North and of Priya, in a quarter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from paceline.goals import actions
from paceline.goals.actions import Measured, PeriodFacts, Proposal
from paceline.goals.models import Direction, Goal, GoalPeriod, Level, Side, StrategyPage, Unit
from tests.keeping import once
from tests.world import NOW, World

FROM, UNTIL = date(2026, 7, 1), date(2026, 10, 1)


@dataclass
class Aims:
    """What the tests of this folder want to reach."""

    quarter: GoalPeriod
    strategy: StrategyPage
    company: Goal
    north: Goal
    priya: Goal


@pytest.fixture
def aims(world: World) -> Aims:
    return once(make_aims, world)


def counted(target: int, start: int = 0, direction: Direction = Direction.UP) -> Measured:
    return Measured(Decimal(start), Decimal(target), direction)


def sales(target: int) -> Measured:
    return Measured(Decimal(0), Decimal(target), measure="sales", unit=Unit.MONEY, currency="USD")


def propose(world: World, **facts: Any) -> Goal:
    by = facts.pop("by", world.erik)
    at = facts.pop("at", NOW)
    return actions.propose_goal(proposal=Proposal(**facts), by=by, at=at)


def make_aims(world: World) -> Aims:
    told = {"by": world.erik, "at": NOW}
    quarter = actions.add_period(facts=PeriodFacts("2026 Q3", FROM, UNTIL), **told)
    strategy = actions.add_strategy(
        team=None,
        text=actions.StrategyText("Close by", "The shop that answers first", "Young families"),
        **told,
    )
    company = propose(
        world, period=quarter, name="Grow", measured=sales(900_000), level=Level.COMPANY,
        owner=world.erik, strategy=strategy, weight=Decimal(100),
    )  # fmt: skip
    north = propose(
        world, period=quarter, name="Grow North", measured=sales(500_000), level=Level.TEAM,
        owner=world.marco, team=world.north, parent=company, weight=Decimal(100), by=world.marco,
    )  # fmt: skip
    priya = propose(
        world, period=quarter, name="Sell chairs", measured=sales(92_000), level=Level.PERSON,
        owner=world.priya, team=world.north, parent=north, weight=Decimal(60), by=world.priya,
    )  # fmt: skip
    return Aims(quarter, strategy, company, north, priya)


def agree_both(goal: Goal, owner: Any, lead: Any, at: Any = NOW) -> None:
    goal.refresh_from_db()
    actions.agree(goal=goal, side=Side.OWNER, terms=goal.terms, by=owner, at=at)
    actions.agree(goal=goal, side=Side.LEAD, terms=goal.terms, by=lead, at=at)
