"""Periods of goals: days with a name, and how often one checks in."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.kernel.periods import EffectiveDated, EffectiveQuerySet, ends_after_start
from paceline.org.models import Person


class Cadence(models.TextChoices):
    """How often a goal's owner says how it goes."""

    WEEKLY = "weekly", pgettext_lazy("how often", "Every week")
    FORTNIGHTLY = "fortnightly", pgettext_lazy("how often", "Every two weeks")
    MONTHLY = "monthly", pgettext_lazy("how often", "Every four weeks")
    NEVER = "never", pgettext_lazy("how often", "Without reminders")


class GoalPeriod(EffectiveDated):
    """The days for which goals are set. Periods may overlap: a quarter lies within its year.

    ``version`` rises with every change, so that nobody overwrites what they have not seen.
    """

    name = models.CharField(pgettext_lazy("of a period", "name"), max_length=60, unique=True)
    cadence = models.CharField(
        _("check-ins"), max_length=11, choices=Cadence.choices, default=Cadence.WEEKLY
    )
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        ordering = ("-starts_on", "ends_before", "id")
        constraints = (
            ends_after_start("goal_period_ends_after_start"),
            models.CheckConstraint(
                name="goal_period_has_an_end", condition=Q(ends_before__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def end(self) -> date:
        """The first day after the period; the table promises that there is one."""
        assert self.ends_before is not None  # noqa: S101 - a constraint of the table
        return self.ends_before
