"""A second seller in North, so that there is somebody to choose among."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from paceline.crm import actions as crm
from paceline.crm.models import Lead
from paceline.leads import actions
from paceline.leads.models import Method, RoutingDesk, RoutingRule
from paceline.org import actions as org
from paceline.org.models import Person, Role
from tests.keeping import once
from tests.world import FOUNDED, NOW, TERMS, World


@dataclass
class Desk:
    """North's desk: one rule in turn for everybody, and a second one for what it leaves."""

    nina: Person
    desk: RoutingDesk
    rule: RoutingRule


def make_desk(world: World, **more: Any) -> Desk:
    nina = org.add_person(number="E050", name="Nina Chen", latin_name="", email="", by=None, at=NOW)
    given: dict[str, Any] = {"person": nina, "starts_on": FOUNDED, "by": None, "at": NOW}
    org.employ(terms=TERMS, **given)
    org.move_to_team(team=world.north, **given)
    org.set_reporting_line(manager=world.marco, **given)
    org.grant_role(role=Role.SALESPERSON, **given)
    facts = {"fallback": world.marco, "reply_minutes": 60, "again_minutes": 120, "is_on": True}
    desk = actions.set_desk(team=world.north, **(facts | more), by=world.marco, at=NOW)
    rule = actions.add_rule(
        team=world.north, facts={"name": "In turn", "method": Method.ROUND_ROBIN},
        members=[world.priya, nina], by=world.marco, at=NOW,
    )  # fmt: skip
    return Desk(nina, desk, rule)


@pytest.fixture
def desk(world: World) -> Desk:
    return once(make_desk, world)


def add_lead(world: World, name: str = "Ivy", at: Any = NOW, **facts: Any) -> Lead:
    return crm.add_lead(team=world.north, facts={"name": name, **facts}, by=None, at=at)
