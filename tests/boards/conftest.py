"""A project of North that its team may edit, one of members only, and one of South."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from paceline.boards import actions
from paceline.boards.actions import NewList
from paceline.boards.models import Card, CardList, Colour, Label, Project, Reach, Right
from tests.keeping import once
from tests.world import NOW, World

LISTS = (NewList("To do"), NewList("Doing", limit=3), NewList("Done", ends_work=True))


@dataclass
class Work:
    """What the tests of this folder work on."""

    campaign: Project
    private: Project
    foreign: Project
    urgent: Label
    card: Card
    secret: Card

    def list(self, name: str, project: Project | None = None) -> CardList:
        return (project or self.campaign).lists.get(name=name)

    def add(self, title: str, by: Any, to: str = "To do", **facts: Any) -> Card:
        return actions.add_card(cards=self.list(to), facts={"title": title, **facts}, by=by, at=NOW)


@pytest.fixture
def work(world: World) -> Work:
    return once(make_work, world)


def make_work(world: World) -> Work:
    def project(name: str, reach: Reach, team: Any, by: Any) -> Project:
        facts = {"name": name, "team": team, "reach": reach, "time_zone": "Asia/Taipei"}
        return actions.add_project(facts=facts, lists=LISTS, by=by, at=NOW)

    campaign = project("Campaign", Reach.TEAM, world.north, world.marco)
    private = project("Secret plan", Reach.MEMBERS, None, world.hana)
    foreign = project("South", Reach.TEAM, world.south, world.sofia)
    actions.set_member(project=private, person=world.priya, right=Right.SEE, by=world.hana, at=NOW)
    urgent = actions.add_label(
        project=campaign, name="Urgent", colour=Colour.RED, by=world.marco, at=NOW
    )
    card = actions.add_card(
        cards=campaign.lists.get(name="To do"), labels=[urgent], by=world.priya, at=NOW,
        facts={"title": "Write the banner", "executor": world.priya},
    )  # fmt: skip
    secret = actions.add_card(
        cards=private.lists.get(name="To do"), facts={"title": "Canary"}, by=world.hana, at=NOW
    )
    return Work(campaign, private, foreign, urgent, card, secret)
