"""Saying which component of a plan rewards which goals, and taking that back."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from paceline.goals.models import Goal
from paceline.incentives.models import GoalReward, Plan
from paceline.kernel import audit
from paceline.live.actions import publish
from paceline.org.models import Person


class ComponentUnknown(Exception):
    """No approved version of the plan has this component."""


class RewardKnown(Exception):
    """This was said already."""


class NothingRewarded(Exception):
    """Say either a goal or a measure."""


@transaction.atomic
def reward_goals(
    *,
    plan: Plan,
    component: str,
    goal: Goal | None = None,
    measure: str = "",
    by: Person | None,
    at: datetime,
) -> GoalReward:
    """Say that a component rewards a goal, or every goal of a measure. Changes nobody's pay.

    Raises ``ComponentUnknown``, ``NothingRewarded`` and ``RewardKnown``.
    """
    if (goal is None) == (not measure):
        raise NothingRewarded
    outlines = plan.versions.filter(approval__isnull=False).values_list("outline", flat=True)
    known = {one["id"] for outline in outlines for one in outline.get("components", ())}
    if component not in known:
        raise ComponentUnknown(component)
    try:
        with transaction.atomic():
            row: GoalReward = GoalReward.objects.create(
                plan=plan, component=component, goal=goal, measure=measure, said_by=by, said_at=at
            )
    except IntegrityError as error:
        raise RewardKnown(component) from error
    audit.record("goal_reward_said", subject=row, by=by, at=at, after=_told(row))
    publish("goals", "rewarded")
    return row


@transaction.atomic
def take_back_reward(*, reward: GoalReward, by: Person, at: datetime) -> None:
    """The component rewards this no more."""
    audit.record("goal_reward_taken_back", subject=reward, by=by, at=at, before=_told(reward))
    reward.delete()
    publish("goals", "rewarded")


def _told(row: GoalReward) -> dict[str, object]:
    return {
        "plan": row.plan.code,
        "component": row.component,
        "goal": row.goal_id,
        "measure": row.measure,
    }
