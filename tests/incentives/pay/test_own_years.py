"""Plans whose year does not begin in January are paid by the periods of that year."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from paceline.incentives.actions import runs
from paceline.incentives.actions.plans import EffectiveMidPeriod
from paceline.incentives.actions.runs import NoPlanForPeriod
from paceline.incentives.calculation.periods import calendar_period, keys_before
from paceline.incentives.models import PayPeriod
from tests.incentives.pay.conftest import OVERRIDE, Quarter, approve, fresh

OWN_YEAR = (
    OVERRIDE.replace("plan: override", "plan: own-year")
    .replace("period: quarter\n", "period: quarter\nyear_starts: 05-01\n")
    .replace("credits: team-sales", "credits: own-sales")
    .replace("  - {id: team-sales, kind: rollup, of: own-sales, levels: 1}\n", "")
    .replace("rate: 0.5%", "rate: 2%")
)
MAY = date(2026, 5, 1)


def test_a_quarter_from_may_pays_the_lines_of_its_days(quarter: Quarter, client_for) -> None:
    world = quarter.world
    with pytest.raises(EffectiveMidPeriod) as refused:
        approve(OWN_YEAR, world, to=world.priya, since=date(2026, 6, 1))
    assert refused.value.nearest == MAY
    approve(OWN_YEAR, world, to=world.priya, since=MAY)
    page = client_for(world.dana).get(reverse("incentives:periods")).content.decode()
    assert "2026-05Q" in page
    assert "May\u2009–\u2009Jul 2026" in page
    run = runs.request_run(period_key="2026-05Q", by=world.dana, at=world.now, on=world.today)
    runs.calculate_run(run=run, at=world.now)
    run = fresh(run)
    assert (run.period.starts_on, run.period.ends_before) == (MAY, date(2026, 8, 1))
    (paid,) = run.statements.all()
    # 50,000 in May and 10,000 less 1,000 in June at 2 %; April is of the year before
    assert (paid.payee, paid.earned) == (world.priya, Decimal("1180.00"))
    # The quarter of the calendar pays the plans of the calendar only.
    others = {one["plan"] for one in quarter.run().checks["plans"]}
    assert others == {"seller", "override"}


def test_a_period_that_no_plan_goes_by_is_not_run(quarter: Quarter) -> None:
    world = quarter.world
    for key in ("2026-03Q", "2026-02H", "2025-09Y"):
        with pytest.raises(NoPlanForPeriod):
            runs.request_run(period_key=key, by=world.dana, at=world.now, on=world.today)
    assert not PayPeriod.objects.filter(key__contains="-0").exists()


def test_the_period_before_is_of_the_same_year() -> None:
    assert [keys_before(calendar_period(key)) for key in ("2026-02Q", "2026Q1", "2026-09H")] == [
        ("2025-11Q",),
        ("2025Q4",),
        ("2026-03H",),
    ]
    assert calendar_period("2026-04Q").key == "2026Q2"
