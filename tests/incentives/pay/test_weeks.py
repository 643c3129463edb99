"""Plans by years of weeks are paid by the periods of those years."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from paceline.goals.models import Quota
from paceline.incentives.actions import plans, runs
from paceline.incentives.actions.plans import EffectiveInsidePeriodBefore, EffectiveMidPeriod
from paceline.incentives.actions.runs import NoPlanForPeriod
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.periods import (
    calendar_period,
    containing,
    is_paid_by,
    keys_before,
)
from paceline.incentives.models import PayPeriod
from paceline.incentives.pay_words import period_name
from paceline.incentives.wording import sentence
from tests.incentives.pay.conftest import (
    OVERRIDE,
    SELLER,
    UNTIL,
    Quarter,
    approve,
    fresh,
    write_line,
)

WEEKS = """\
fiscal_weeks:
  pattern: 4-5-4
  year_ends: {weekday: saturday, rule: nearest, month: january}
"""
RETAIL = SELLER.replace("plan: seller", "plan: retail").replace("policies:", f"{WEEKS}policies:")
FIRST, BEFORE = date(2026, 5, 3), date(2026, 8, 2)
KEY = "2026-05-03W13"


def test_a_quarter_of_weeks_pays_the_lines_of_its_days(quarter: Quarter, client_for) -> None:
    world = quarter.world
    with pytest.raises(EffectiveMidPeriod) as refused:
        approve(RETAIL, world, to=world.lead, since=date(2026, 5, 1))
    assert refused.value.nearest == date(2026, 2, 1)
    approve(RETAIL, world, to=world.lead, since=FIRST)
    for order, day, amount in (("W1", FIRST, "900.00"), ("W2", date(2026, 8, 1), "500.00")):
        write_line(order, world.marco, day, amount)
    for order, day in (("W3", date(2026, 5, 2)), ("W4", BEFORE)):
        write_line(order, world.marco, day, "70000.00")
    Quota.objects.create(
        person=world.marco, measure="sales", amount=Decimal(1000), currency="USD",
        starts_on=FIRST, ends_before=BEFORE, set_at=world.now,
    )  # fmt: skip
    page = client_for(world.dana).get(reverse("incentives:periods")).content.decode()
    assert KEY in page
    assert "May 3\u2009–\u2009Aug 1, 2026 (13 weeks)" in page
    run = runs.request_run(period_key=KEY, by=world.dana, at=world.now, on=world.today)
    runs.calculate_run(run=run, at=world.now)
    run = fresh(run)
    assert (run.period.starts_on, run.period.ends_before) == (FIRST, BEFORE)
    paid = run.statements.get(payee=world.marco)
    # 1,000 at 2 %, 400 at 4 %
    assert paid.earned == Decimal("36.00")
    assert {one["plan"] for one in run.checks["plans"]} == {"retail"}
    # The quarter of the calendar pays the plans of the calendar only.
    assert {one["plan"] for one in quarter.run().checks["plans"]} == {"seller", "override"}
    client = client_for(world.dana)
    for address in (
        reverse("incentives:run", args=[run.pk]),
        reverse("incentives:statement", args=[paid.pk]),
    ):
        assert "(13 weeks)" in client.get(address).content.decode()


def test_the_run_before_is_of_the_quarter_before(quarter: Quarter, client_for) -> None:
    """Its weeks are not known from the run's own key: whichever quarter was run counts."""
    world = quarter.world
    approve(RETAIL, world, to=world.lead, since=date(2026, 2, 1))
    found = []
    for key in ("2026-02-01W13", KEY):
        run = runs.request_run(period_key=key, by=world.dana, at=world.now, on=world.today)
        runs.calculate_run(run=run, at=world.now)
        found.append(fresh(run))
    page = client_for(world.dana).get(reverse("incentives:run", args=[found[1].pk]))
    assert period_name(found[0].period) in page.content.decode()


def test_days_that_are_no_period_of_the_plan_name_the_one_that_is(
    quarter: Quarter, client_for
) -> None:
    world = quarter.world
    approve(RETAIL, world, to=world.lead, since=date(2026, 2, 1))
    for key in ("2026-05-10W13", "2026-04-26W14"):
        with pytest.raises(NoPlanForPeriod) as refused:
            runs.request_run(period_key=key, by=world.dana, at=world.now, on=world.today)
        assert KEY in {one.key for one in refused.value.nearest}
    client = client_for(world.dana)
    for key, said in (("2026-04-26W14", KEY), ("2026-05-03W7", "the nearest has 6")):
        page = client.post(reverse("incentives:run-create"), {"period": key}, follow=True)
        assert said in page.content.decode()
    assert not PayPeriod.objects.filter(key__contains="W").exists()


def test_a_plan_that_turns_to_weeks_pays_no_day_twice(quarter: Quarter) -> None:
    """The quarter of April to June is paid as a whole by the version before."""
    world, version = quarter.world, quarter.seller
    kept = {"lock_version": 1, "by": world.dana, "at": world.now}
    draft = plans.start_draft(plan=version.plan, effective_from=UNTIL, by=world.dana, at=world.now)
    source = SELLER.replace("policies:", f"{WEEKS}policies:")
    with pytest.raises(EffectiveInsidePeriodBefore) as refused:
        plans.save_draft(version=draft, source=source, effective_from=FIRST, **kept)
    assert (refused.value.period.key, refused.value.nearest) == ("2026Q2", None)
    monthly = SELLER.replace("period: quarter", "period: month")
    with pytest.raises(EffectiveInsidePeriodBefore) as refused:
        plans.save_draft(version=draft, source=monthly, effective_from=date(2026, 5, 1), **kept)
    assert refused.value.nearest == UNTIL
    assert plans.save_draft(version=draft, source=monthly, effective_from=UNTIL, **kept).pk


def test_which_periods_may_come_before() -> None:
    assert keys_before(calendar_period(KEY)) == ("2026-02-01W13", "2026-01-25W14")
    assert len(keys_before(calendar_period("2026-05-03W4"))) == 3


def test_periods_of_weeks_are_those_of_the_plans_calendar() -> None:
    calendar = documents.calendar_of(RETAIL)
    long_quarter = containing(date(2024, 2, 3), "quarter", calendar)
    assert long_quarter.key == "2023-10-29W14"
    assert is_paid_by(long_quarter, "quarter", calendar)
    assert not is_paid_by(calendar_period("2023-10-29W13"), "quarter", calendar)
    assert not is_paid_by(calendar_period("2026Q2"), "quarter", calendar)


@pytest.mark.parametrize(
    ("language", "name", "said"),
    [
        ("en", "May 3 – Aug 1, 2026 (13 weeks)", "the Saturday nearest to the end of January"),
        ("zh-hant", "2026年5月3日至8月1日（13 週）", "最接近1月底的星期六"),
        ("zh-hans", "2026年5月3日至8月1日（13 周）", "最接近1月底的星期六"),
    ],
)
def test_years_of_weeks_in_words(language: str, name: str, said: str) -> None:
    plan = documents.load(RETAIL)
    with translation.override(language):
        found = period_name(calendar_period(KEY)).replace("\u2009", " ")
        assert found == name
        text = sentence(plan, "fiscal_weeks")
        assert said in text
        assert "53" in text


def test_weeks_begin_on_the_day_after_the_years_last() -> None:
    of_weeks = OVERRIDE.replace("policies:", f"{WEEKS}policies:")
    for source, day in ((OVERRIDE, "Monday"), (of_weeks, "Sunday")):
        plan = documents.load(source.replace("accumulation: period", "accumulation: week"))
        said = sentence(plan, "policies/accumulation")
        assert said == f"Rate tables see the total of each week, from {day} on."
