"""Which component of which plan rewards which goals."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from paceline.goals.models import Goal
from paceline.incentives.models.plans import Plan
from paceline.org.models import Person


class GoalReward(models.Model):
    """That a component of a plan rewards a goal, or every goal of a measure whose owner it pays."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="goal_rewards")
    component = models.CharField(_("component"), max_length=60)
    goal = models.ForeignKey(Goal, models.PROTECT, null=True, related_name="+")
    measure = models.CharField(_("measure"), max_length=80, blank=True)
    said_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    said_at = models.DateTimeField(_("when"))

    class Meta:
        ordering = ("plan__code", "component", "measure", "id")
        constraints = (
            models.CheckConstraint(
                name="goal_reward_of_a_goal_or_a_measure",
                condition=(Q(goal__isnull=False) & Q(measure=""))
                | (Q(goal__isnull=True) & ~Q(measure="")),
            ),
            models.UniqueConstraint(
                fields=["plan", "component", "goal"],
                condition=Q(goal__isnull=False),
                name="goal_reward_once_per_goal",
            ),
            models.UniqueConstraint(
                fields=["plan", "component", "measure"],
                condition=Q(goal__isnull=True),
                name="goal_reward_once_per_measure",
            ),
        )

    def __str__(self) -> str:
        return f"{self.plan.code}/{self.component} → {self.measure or self.goal}"
