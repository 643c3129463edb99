"""The Taipei shop plans next year's quotas: a target from above, most have said theirs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from paceline.goals.planning import actions, queries
from paceline.goals.planning.actions import NewPlan, NewVersion
from paceline.goals.planning.models import QuotaPlan, Season, Step
from paceline.org.models import Role, Team
from paceline.web.demo.stage import Stage

STEP = Decimal(10_000)
GROWTH = Decimal("1.08")
# What people believe to reach, in hundredths of what is asked; 0: has not said it yet.
BELIEVED = (96, 100, 92, 0, 104, 98, 88, 100, 95, 0)


def plan_quotas(stage: Stage) -> None:
    """Next year, drawn a week ago; a few amounts are agreed, the others are talked about."""
    plan = _draw(stage)
    version = queries.current_version(plan)
    assert version is not None  # noqa: S101 -- it was just drawn
    agreed: dict[int, Decimal] = {}
    for place, part in enumerate(queries.every_part(version)):
        believed = BELIEVED[place % len(BELIEVED)]
        if not believed:
            continue
        amount = (part.share.amount * believed).scaleb(-2) // STEP * STEP
        actions.propose(
            plan=plan,
            person=part.person,
            amount=amount,
            reason="" if believed >= 95 else "明年少一個通路檔期",
            by=part.person,
            at=stage.at(4, 10, place % 60),
        )
        if believed == 100:
            agreed[part.person.pk] = part.share.amount
    by = stage.acting(Role.COMPENSATION)
    actions.agree(plan=plan, amounts=agreed, reason="", by=by, at=stage.at(2, 15))


def _draw(stage: Stage) -> QuotaPlan:
    year = stage.calendar.as_of.year + 1
    teams = list(Team.objects.filter(code="taipei"))
    days = (date(year, 1, 1), date(year + 1, 1, 1))
    new = NewPlan(f"台北電商 {year}", "sales", "TWD", *days, Step.QUARTER, teams)
    by, at = stage.acting(Role.COMPENSATION), stage.at(7, 11)
    asked = NewVersion(
        target=_last_year(stage) * GROWTH // STEP * STEP,
        over_assignment=Decimal("0.05"),
        evenness=Decimal("0.2"),
        season=Season.HISTORY,
        ramp=[Decimal("0.5"), Decimal("0.75")],
        relief_from_days=10,
        unit=Decimal(1000),
        reason="比今年成長 8%，其中兩成平均分攤",
    )
    return actions.make_plan(plan=new, version=asked, by=by, at=at)


def _last_year(stage: Stage) -> Decimal:
    """What the shop sold in the twelve months before, as its own lines say."""
    sales = next(one for one in stage.sales if one.market.code == "taipei")
    first = date(stage.calendar.as_of.year - 1, stage.calendar.as_of.month, 1)
    return sum((line.amount for line in sales.lines if line.day >= first), Decimal(1))
