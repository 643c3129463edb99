"""Plans for the cast: a text, a draft, a submitted and an approved version."""

from __future__ import annotations

from datetime import date

import pytest

from paceline.incentives.actions import approvals, plans
from paceline.incentives.models import PlanVersion
from tests.world import World

SOURCE = """\
# What a seller earns on their own sales.
paceline: 1
plan: seller-commission
name: {en: Seller commission, zh-Hant: 業務抽成, zh-Hans: 销售提成}
purpose: Rewards sales above quota.
currency: USD
period: quarter
policies:
  boundary: upper   # 100 % exactly earns the upper rate from there on
  rounding: {mode: half-up, stage: component}
  accumulation: period
  accumulation_order: [ordered_on, line_id]
  hierarchy_date: order-date
  exchange: {date: order-date, rate: average}
  anchor: booking
  returns: own-day
  retroactivity: carry-forward
  splits: exactly-100
credits:
  - id: own-sales
    kind: direct
  - id: team-sales
    kind: rollup
    of: own-sales
    levels: 1
measures:
  - id: sales
    kind: sum
    of: amount
    credits: own-sales
  - id: team
    kind: sum
    of: amount
    credits: team-sales
quotas:
  - id: sales-quota
    measure: sales
    name: sales
components:
  # Most of the pay.
  - id: commission
    name: {en: Commission, zh-Hant: 抽成, zh-Hans: 提成}
    kind: commission
    measure: sales
    rates:
      reading: slice
      on: attainment
      quota: sales-quota
      tiers:
        - {from: 0%, rate: 2%}  # up to quota
        - {from: 100%, rate: 4%}   # above quota
    cap: 50000.00
  - id: bonus
    name: Quota bonus
    kind: bonus
    pays: {amount: 1000.00}
    when: {attainment: sales-quota, at_least: 100%}
"""
FROM = date(2026, 7, 1)
LATER = date(2026, 10, 1)


@pytest.fixture
def draft(world: World) -> PlanVersion:
    """Dana's first draft, effective from the start of the third quarter."""
    return plans.create_plan(source=SOURCE, effective_from=FROM, by=world.dana, at=world.now)


@pytest.fixture
def submitted(draft: PlanVersion, world: World) -> PlanVersion:
    approvals.submit_plan(version=draft, note="For Q3", by=world.dana, at=world.now)
    return fresh(draft)


@pytest.fixture
def approved(submitted: PlanVersion, world: World) -> PlanVersion:
    approvals.approve_plan(version=submitted, digest=submitted.digest, by=world.ines, at=world.now)
    return fresh(submitted)


def fresh(version: PlanVersion) -> PlanVersion:
    """The version as the database has it now, with no remembered facts."""
    return PlanVersion.objects.select_related("plan").get(pk=version.pk)
