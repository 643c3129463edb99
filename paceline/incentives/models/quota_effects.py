"""What a plan of quotas would have paid in a period that was calculated already."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef

from paceline.goals.planning.models import QuotaPlanVersion
from paceline.incentives.models.plans import PlanVersion
from paceline.incentives.models.runs import Run
from paceline.incentives.models.statements import PAY_DESK, Statement
from paceline.kernel.money import CurrencyField, MoneyField
from paceline.live.models import Progress
from paceline.org.models import Person


class QuotaEffect(models.Model):
    """A run calculated again over its own files, but with the quotas of a plan as they stood.

    ``problems`` are the engine's reasons, where it refused: codes and values, to be worded.
    """

    version = models.ForeignKey(QuotaPlanVersion, models.PROTECT, related_name="+")
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    progress = models.ForeignKey(Progress, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    calculated_at = models.DateTimeField(null=True)
    problems = models.JSONField(default=list)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["version", "run"],
                condition=models.Q(ended_at__isnull=True),
                name="quota_effect_one_under_way",
            ),
        )

    def __str__(self) -> str:
        return f"{self.version}: {self.run}"


class QuotaEffectRowQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> QuotaEffectRowQuerySet:
        """Whoever may read the statement of the run may read what it would have been."""
        if person.has_role(*PAY_DESK):
            return self
        read = Statement.objects.visible_to(person).filter(
            run=OuterRef("effect__run"), payee=OuterRef("payee")
        )
        return self.filter(Exists(read))


class QuotaEffectRow(models.Model):
    """One payee under one pay plan: quota and earned then, and what they would have been."""

    effect = models.ForeignKey(QuotaEffect, models.CASCADE, related_name="rows")
    payee = models.ForeignKey(Person, models.PROTECT, related_name="+")
    pay_version = models.ForeignKey(PlanVersion, models.PROTECT, related_name="+")
    currency = CurrencyField()
    quota_was = MoneyField(null=True)
    quota_would = MoneyField(null=True)
    earned_was = MoneyField()
    earned_would = MoneyField()

    objects = QuotaEffectRowQuerySet.as_manager()

    class Meta:
        ordering = ("effect", "payee__name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["effect", "payee", "pay_version", "currency"], name="quota_effect_row_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.effect}: {self.payee}"
