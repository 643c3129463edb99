"""How goals go: check-ins, what the sources say, reminders, and the look back at the end."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.goals.models.goals import Goal
from paceline.kernel.money import MoneyField
from paceline.org.models import Person


class Confidence(models.TextChoices):
    """How sure somebody is that the goal will be reached."""

    HIGH = "high", pgettext_lazy("confidence", "Confident")
    MEDIUM = "medium", pgettext_lazy("confidence", "Unsure")
    LOW = "low", pgettext_lazy("confidence", "In doubt")


class CheckIn(models.Model):
    """Where a goal stood on a day, as its owner or a contributor said it. Never changed or deleted.

    ``source_value`` is what the measure's source said then; without one it is empty.
    """

    goal = models.ForeignKey(Goal, models.PROTECT, related_name="check_ins")
    on = models.DateField(_("day"))
    value = MoneyField(_("value"))
    source_value = MoneyField(_("measured"), null=True)
    confidence = models.CharField(_("confidence"), max_length=6, choices=Confidence.choices)
    note = models.TextField(_("note"), max_length=5000, blank=True)
    blockers = models.TextField(_("what stands in the way"), max_length=5000, blank=True)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("when"))

    class Meta:
        ordering = ("on", "id")
        indexes = (models.Index(fields=["goal", "on"], name="check_in_of_goal"),)

    def __str__(self) -> str:
        return f"{self.goal} {self.on}"


class GoalReading(models.Model):
    """What the source of a goal's measure said last; read again by a job.

    ``value`` is empty where the source knows nothing; ``problem`` says why.
    """

    goal = models.OneToOneField(Goal, models.CASCADE, related_name="reading")
    as_of = models.DateField(_("as of"))
    value = MoneyField(_("value"), null=True)
    problem = models.CharField(max_length=20, blank=True)
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.goal} {self.as_of}"


class CheckInReminder(models.Model):
    """That an owner was reminded of a check-in that is due: once for each due day."""

    goal = models.ForeignKey(Goal, models.CASCADE, related_name="+")
    due_on = models.DateField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["goal", "due_on"], name="reminded_once_per_due_day"),
        )

    def __str__(self) -> str:
        return f"{self.goal} {self.due_on}"


class Retrospective(models.Model):
    """How a goal ended, and what was learned of it. A goal that was given up has no value."""

    goal = models.OneToOneField(Goal, models.PROTECT, related_name="retrospective")
    value = MoneyField(_("value at the end"), null=True)
    is_dropped = models.BooleanField(_("given up"), default=False)
    went_well = models.TextField(_("what went well"), max_length=5000, blank=True)
    to_change = models.TextField(_("what to do differently"), max_length=5000, blank=True)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("when"))

    def __str__(self) -> str:
        return f"{self.goal}"
