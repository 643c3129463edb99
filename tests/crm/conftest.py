"""A pipeline of North and one of South, with customers of both."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from paceline.crm import actions
from paceline.crm.actions import NewStage
from paceline.crm.models import Company, Contact, Deal, Pipeline, Stage, StageKind
from tests.keeping import once
from tests.world import NOW, World

STAGES = (
    NewStage("New", Decimal("0.1"), days_until_stale=7),
    NewStage("Offer", Decimal("0.4"), criteria=("amount", "checklist"),
             checklist=(("Price list sent", True), ("Sample sent", False))),
    NewStage("Negotiation", Decimal("0.7"), criteria=("call", "questions"),
             questions=("Who decides?",)),
    NewStage("Won", kind=StageKind.WON),
    NewStage("Lost", kind=StageKind.LOST),
)  # fmt: skip


@dataclass
class Sales:
    """What the tests of this folder sell."""

    north: Pipeline
    south: Pipeline
    company: Company
    contact: Contact
    deal: Deal
    foreign: Deal

    def stage(self, name: str) -> Stage:
        return self.north.stages.get(name=name)


@pytest.fixture
def sales(world: World) -> Sales:
    return once(make_sales, world)


def make_sales(world: World) -> Sales:
    told = {"by": world.priya, "at": NOW}
    north = actions.add_pipeline(
        team=world.north, name="Shops", currency="USD", stages=STAGES, by=world.marco, at=NOW
    )
    south = actions.add_pipeline(
        team=world.south, name="Shops", currency="JPY", stages=STAGES, by=world.sofia, at=NOW
    )
    company = actions.add_company(
        team=world.north, facts={"name": "Aurora Ltd"}, owner=world.priya, **told
    )
    contact = actions.add_contact(
        team=world.north, owner=world.priya, **told,
        facts={"name": "王小明", "latin_name": "Wang Xiaoming", "company": company,
               "country": "TW", "languages": ["zh-Hant", "en"]},
        points=[actions.Point("mobile", "0912-345-678"), actions.Point("email", "Ming@Aurora.tw"),
                actions.Point("line", "ming88", "private")],
    )  # fmt: skip
    deal = actions.add_deal(
        pipeline=north, owner=world.priya, **told,
        facts={"title": "Spring order", "company": company, "contact": contact,
               "amount": Decimal("1200.50")},
    )  # fmt: skip
    foreign = actions.add_deal(
        pipeline=south, owner=world.omar, by=world.omar, at=NOW,
        facts={"title": "Canary of South", "amount": Decimal(9000)},
    )  # fmt: skip
    return Sales(north, south, company, contact, deal, foreign)
