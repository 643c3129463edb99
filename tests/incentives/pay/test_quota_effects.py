"""What planned quotas would have paid: a calculated quarter again, to the cent, paid to nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from paceline.goals.planning import actions as planning
from paceline.goals.planning.actions import NewPlan, NewVersion
from paceline.goals.planning.models import Basis, QuotaPlan, QuotaPlanVersion, Season, Step
from paceline.incentives.actions import quota_effects as actions
from paceline.incentives.models import QuotaEffect, QuotaEffectRow, Run
from paceline.live.models import ProgressState
from tests.incentives.pay.conftest import Quarter
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
D = Decimal


def plan_quotas(world: World, **more: object) -> QuotaPlan:
    values = {
        "name": "2027", "measure": "sales", "currency": "USD", "starts_on": date(2027, 1, 1),
        "ends_before": date(2028, 1, 1), "step": Step.QUARTER,
        "teams": [world.north, world.south], **more,
    }  # fmt: skip
    plan = planning.make_plan(
        plan=NewPlan(**values),  # type: ignore[arg-type]
        version=NewVersion(target=D(440000), basis=Basis.EQUAL, season=Season.EVEN),
        by=world.dana,
        at=NOW,
    )
    amounts = {world.priya.pk: D(240000), world.omar.pk: D(200000)}
    planning.agree(plan=plan, amounts=amounts, reason="x", by=world.dana, at=NOW)
    return plan


def test_a_quarter_is_paid_again_under_planned_quotas(
    quarter: Quarter, world: World, run_jobs: Callable[[], int], client_for: Callable[..., Client]
) -> None:
    run = quarter.run()
    plan = plan_quotas(world)
    page = reverse("incentives:quota-effect", args=[plan.pk])
    dana = client_for(world.dana)
    assert dana.get(page).status_code == 200
    assert dana.post(page, {"run": run.pk}).status_code == 303
    dana.post(page, {"run": run.pk})  # a second click asks for nothing new
    assert QuotaEffect.objects.count() == 1
    run_jobs()
    effect = QuotaEffect.objects.get()
    found = {
        row.payee.name: (row.quota_was, row.quota_would, row.earned_was, row.earned_would)
        for row in QuotaEffectRow.objects.all()
    }
    # Priya: 2 % of 60,000 and 4 % of 59,000; Omar: 2 % of 50,000 and 4 % of 5,000.
    assert found["Priya Nair"] == (D(100000), D(60000), D(2760), D(3560))
    assert found["Omar Haddad"][1:] == (D(50000), D(1100), D(1200))
    assert effect.progress is not None
    assert effect.progress.state == ProgressState.DONE
    assert Run.objects.count() == 1
    text = dana.get(page).content.decode()
    assert "$3,560.00" in text
    assert "$100,000.00" in text  # the quotas, in the currency in which the pay plan reads them
    assert "$60,000.00" in text
    assert "The plan has changed since" not in text

    # A payee reads it once the statement is theirs to read, and only their own.
    part = reverse("planning:part", args=[plan.pk, world.priya.pk])
    priya = client_for(world.priya)
    assert "$3,560.00" not in priya.get(part).content.decode()
    quarter.release(run)
    assert "$3,560.00" in priya.get(part).content.decode()
    text = priya.get(page).content.decode()
    assert "$3,560.00" in text
    assert "$1,200.00" not in text

    planning.agree(
        plan=plan, amounts={world.omar.pk: D(100)}, reason="less", by=world.dana,
        at=NOW.replace(year=2027),
    )  # fmt: skip
    assert "The plan has changed since" in dana.get(page).content.decode()


def test_a_run_outside_the_plan_is_refused(quarter: Quarter, world: World) -> None:
    run = quarter.run()
    second_half = {"starts_on": date(2027, 7, 1), "ends_before": date(2028, 1, 1)}
    half = plan_quotas(world, name="H2", **second_half)
    other = plan_quotas(world, name="units", measure="units")
    for plan in (half, other):
        version = QuotaPlanVersion.objects.get(plan=plan)
        with pytest.raises(actions.RunDoesNotFit):
            actions.request_effect(version=version, run=run, by=world.dana, at=NOW)
    assert not QuotaEffect.objects.exists()
