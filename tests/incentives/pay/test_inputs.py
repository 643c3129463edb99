"""What the product knows of a company reaches its runs: exact amounts from each kind of input."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from paceline.org import actions as org
from tests.incentives.pay.conftest import OVERRIDE, Quarter, approve

pytestmark = pytest.mark.django_db


def test_a_region_pays_whoever_answers_for_it(quarter: Quarter, client_for) -> None:
    """Sofia answers for Priya's region, Marco for Omar's until the last of May."""
    world = quarter.world
    region = org.add_hierarchy(code="region", name="Region", by=world.dana, at=world.now)
    for person, manager, until in (
        (world.priya, world.sofia, None),
        (world.omar, world.marco, date(2026, 6, 1)),
    ):
        org.place_below(
            hierarchy=region, person=person, manager=manager, starts_on=date(2026, 4, 1),
            ends_before=until, by=world.dana, at=world.now,
        )  # fmt: skip
    text = OVERRIDE.replace("plan: override", "plan: region").replace("id: override", "id: region")
    text = text.replace("levels: 1", "levels: 1, hierarchy: region")
    approve(text, world, to=world.lead)
    run = quarter.run()
    earned = {
        name: {one.component: one.earned for one in quarter.statement(run, name).components.all()}
        for name in ("marco", "sofia")
    }
    assert earned == {
        "marco": {"override": Decimal("595.00"), "region": Decimal("275.00")},
        "sofia": {"override": Decimal("275.00"), "region": Decimal("595.00")},
    }
    assert run.inputs.get(table="hierarchies").rows == 2
    page = client_for(world.dana).get(
        reverse("incentives:statement", args=[quarter.statement(run, "sofia").pk])
    )
    assert "$870.00" in page.content.decode()
