"""Goals and pay: which component rewards which goal, what it is worth, and who has neither."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from paceline.goals import actions as goals
from paceline.goals.actions import Measured, Said
from paceline.goals.models import Confidence, Level, Quota, Unit
from paceline.goals.queries.alignment import lines_for
from paceline.incentives.actions.assignments import assign_plan
from paceline.incentives.actions.rewards import (
    ComponentUnknown,
    NothingRewarded,
    RewardKnown,
    reward_goals,
    take_back_reward,
)
from paceline.incentives.alignment import sections
from paceline.incentives.models import GoalReward, PlanVersion
from paceline.incentives.my_plan import plan_of
from paceline.incentives.pdf.my_plan import my_plan_pdf
from tests.crm.conftest import make_sales
from tests.goals.conftest import FROM, UNTIL, Aims, make_aims, propose
from tests.incentives.pay.conftest import OVERRIDE, SELLER, approve
from tests.keeping import once
from tests.world import NOW, TODAY, World, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def aims(world: World) -> Aims:
    return once(make_aims, world)


@pytest.fixture
def seller(world: World) -> PlanVersion:
    approve(OVERRIDE, world, to=world.lead)
    return approve(SELLER, world, to=world.seller)


def _said(world: World, version: PlanVersion, **more: Any) -> GoalReward:
    return reward_goals(
        plan=version.plan, component="commission", by=world.dana, at=NOW,
        **(more or {"measure": "sales"}),
    )  # fmt: skip


def test_what_a_goal_is_worth(world: World, aims: Aims, seller: PlanVersion) -> None:
    said = Said(date(2026, 7, 14), Decimal(50_000), Confidence.HIGH)
    goals.check_in(goal=aims.priya, said=said, today=TODAY, by=world.priya, at=NOW)
    (alone,) = plan_of(world.priya, TODAY).goals
    assert alone.worth == []
    reward = _said(world, seller)
    (goal,) = plan_of(world.priya, TODAY).goals
    (worth,) = goal.worth
    # Without a quota the target stands in: 2 % of 50,000 and of 92,000.
    assert (worth.now, worth.at_target, worth.more, worth.assumed) == (
        "$1,000.00", "$1,840.00", "$840.00", True,
    )  # fmt: skip
    Quota.objects.create(
        person=world.priya, measure="sales", amount=Decimal(80_000), currency="USD",
        starts_on=FROM, ends_before=UNTIL, set_at=NOW,
    )  # fmt: skip
    (worth,) = plan_of(world.priya, TODAY).goals[0].worth
    # 2 % of 80,000 and 4 % of the 12,000 above.
    assert (worth.at_target, worth.more, worth.assumed) == ("$2,080.00", "$1,080.00", False)
    # A goal that counts something else is rewarded, but tells no amount.
    counted = propose(
        world, period=aims.quarter, name="Talk", level=Level.PERSON, owner=world.priya,
        measured=Measured(Decimal(0), Decimal(40), unit=Unit.QUANTITY), weight=Decimal(40),
    )  # fmt: skip
    reward_goals(plan=seller.plan, component="commission", goal=counted, by=world.dana, at=NOW)
    told = {one.name: one.worth for one in plan_of(world.priya, TODAY).goals}
    assert told["Talk"][0].at_target == ""
    # The plan does not pay Marco, so it rewards none of his.
    assert plan_of(world.marco, TODAY).goals[0].worth == []
    take_back_reward(reward=reward, by=world.dana, at=NOW)
    (first, *_rest) = plan_of(world.priya, TODAY).goals
    assert first.worth == []


def test_what_cannot_be_said(world: World, aims: Aims, seller: PlanVersion) -> None:
    _said(world, seller)
    with pytest.raises(RewardKnown):
        _said(world, seller)
    with pytest.raises(NothingRewarded):
        _said(world, seller, goal=aims.priya, measure="sales")
    with pytest.raises(ComponentUnknown):
        reward_goals(plan=seller.plan, component="x", measure="sales", by=world.dana, at=NOW)
    assert GoalReward.objects.count() == 1


def test_what_nothing_rewards(world: World, aims: Aims, seller: PlanVersion) -> None:
    def found(person: Any) -> dict[str, list[str]]:
        lines = lines_for(person, aims.quarter, TODAY)
        rows = sections(person, aims.quarter, lines, TODAY)
        return {one.key: [item.label for item in one.items] for one in rows}

    assert found(world.dana) == {
        "unrewarded": ["Grow", "Grow North", "Sell chairs"],
        "idle_components": ["Override", "Commission"],
    }
    _said(world, seller)
    assert found(world.dana) == {
        "unrewarded": ["Grow", "Grow North"], "idle_components": ["Override"],
    }  # fmt: skip
    assert found(world.priya) == {}
    assign_plan(plan=seller.plan, to=world.north, starts_on=FROM, by=world.dana, at=NOW)
    browser, address = sign_in(world.dana), reverse("goals:alignment")
    browser.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(address).status_code == 200
    assert len(asked) <= 15, [one["sql"][:120] for one in asked]


def test_pages_and_paper(world: World, aims: Aims, seller: PlanVersion) -> None:
    make_sales(world)
    dana, address = sign_in(world.dana), reverse("incentives:goal-rewards")
    chosen = f"{seller.plan_id}:commission"
    assert dana.post(address, {"component": chosen}).status_code == 422
    assert dana.post(address, {"component": chosen, "measure": "sales"}).status_code == 302
    assert "goals measured by Booked sales" in dana.get(address).content.decode()
    priya = sign_in(world.priya)
    priya.get("/")
    with CaptureQueriesContext(connection) as asked:
        page = priya.get(reverse("incentives:my-plan"))
    assert page.status_code == 200
    assert len(asked) <= 15, [one["sql"][:120] for one in asked]
    plan = plan_of(world.priya, TODAY)
    assert [(step.what, step.about) for step in plan.steps] == [("Check in", "Sell chairs")]
    for language in ("en", "zh-hant", "zh-hans"):
        content = my_plan_pdf(plan, world.priya, TODAY, language=language)
        assert content.startswith(b"%PDF")
        assert content.count(b"/Type /Page\n") <= 1 or b"/Count 1" in content
