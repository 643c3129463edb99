"""What the product knows of a company reaches its runs: exact amounts from each kind of input."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.urls import reverse

from paceline.goals.actions import Target, set_quota
from paceline.incentives import plan_templates
from paceline.incentives.actions.assignments import assign_plan
from paceline.org import actions as org
from paceline.org.models import LeaveKind
from tests.incentives.pay.conftest import FROM, OVERRIDE, SELLER, UNTIL, Quarter, approve
from tests.incentives.pay.settling import PLAN, Months, entries, paid, sell
from tests.world import World

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


def test_a_month_of_leave_asks_a_month_less(quarter: Quarter) -> None:
    """Priya is away in May: she is asked for 66,666.67 of 100,000 and has sold 119,000.

    2 % of 66,666.67 and 4 % of 52,333.33 make 3,426.67; Omar's 55,000 still earn 2 %.
    """
    world = quarter.world
    org.enter_leave(
        person=world.priya, kind=LeaveKind.PAID, starts_on=date(2026, 5, 1),
        ends_before=date(2026, 6, 1), by=world.hana, at=world.now,
    )  # fmt: skip
    text = SELLER.replace("plan: seller", "plan: prorated").replace(
        "name: sales}", "name: sales, over: quarter, proration: days}"
    )
    approve(text, world, to=world.seller)
    run = quarter.run()
    rows = {
        name: quarter.statement(run, name).components.get(version__plan__code="prorated")
        for name in ("priya", "omar")
    }
    assert {name: (row.quota, row.earned) for name, row in rows.items()} == {
        "priya": (Decimal("66666.67"), Decimal("3426.67")),
        "omar": (Decimal("100000.00"), Decimal("1100.00")),
    }
    assert quarter.statement(run, "priya").components.get(
        version__plan__code="seller"
    ).earned == Decimal("2760.00")


def test_unpaid_leave_takes_its_days_and_paid_leave_none(world: World) -> None:
    """Five of April's thirty days unpaid: 166.67 of 1,000.00 are forfeited."""
    text = PLAN.replace("leave: pays", "leave: pro-rata")
    months = Months(world, approve(text, world, to=world.priya))
    for kind, first, before in (
        (LeaveKind.UNPAID, date(2026, 4, 6), date(2026, 4, 11)),
        (LeaveKind.PAID, date(2026, 4, 20), date(2026, 4, 24)),
    ):
        org.enter_leave(
            person=world.priya, kind=kind, starts_on=first, ends_before=before, by=world.hana,
            at=world.now,
        )  # fmt: skip
    sell(world, "A1", date(2026, 4, 15), "10000.00")
    april = months.settled("2026-04")
    assert entries(april.settlements.get(), world.priya) == [
        ("earned", Decimal("1000.00")),
        ("forfeited", Decimal("-166.67")),
    ]
    assert paid(april, world.priya) == Decimal("833.33")


def ready(name: str) -> str:
    """The text of a ready plan."""
    return (Path(plan_templates.__file__).parent / name / "plan.yaml").read_text("utf-8")


def test_a_team_is_held_against_its_own_quota(quarter: Quarter) -> None:
    """North has sold 119,000 of 110,000: 108 % pay each of its members 800.00; South 55,000 of
    100,000 pays nothing.
    """
    world = quarter.world
    for team, amount in ((world.north, 110_000), (world.south, 100_000)):
        set_quota(
            team=team,
            target=Target("team-sales", FROM, UNTIL, Decimal(amount), "USD"),
            reason="plan",
            by=world.dana,
            at=world.now,
        )
    version = approve(ready("team-bonus"), world, to=world.north)
    south = {"to": world.south, "starts_on": FROM, "ends_before": None}
    assign_plan(plan=version.plan, **south, by=world.dana, at=world.now)
    run = quarter.run()
    rows = {
        name: quarter.statement(run, name).components.get(component="team-bonus")
        for name in ("priya", "marco", "omar", "sofia")
    }
    assert {name: (row.measure, row.quota, row.earned) for name, row in rows.items()} == {
        "priya": (Decimal(119_000), Decimal(110_000), Decimal("800.00")),
        "marco": (Decimal(119_000), Decimal(110_000), Decimal("800.00")),
        "omar": (Decimal(55_000), Decimal(100_000), Decimal("0.00")),
        "sofia": (Decimal(55_000), Decimal(100_000), Decimal("0.00")),
    }
