"""The periods that are paid."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paceline.kernel.periods import ends_after_start
from paceline.org.models import Person


class PayPeriod(models.Model):
    """A month, quarter or year of pay, known by its key (``2026Q3``, ``2026-09``, ``2026``)."""

    key = models.CharField(_("period"), max_length=10, unique=True)
    starts_on = models.DateField()
    ends_before = models.DateField()

    class Meta:
        ordering = ("-starts_on", "key")
        constraints = (ends_after_start("pay_period_ends_after_start"),)

    def __str__(self) -> str:
        return self.key


class PeriodClosure(models.Model):
    """From here on nothing in the period changes; corrections go to the next open one."""

    period = models.OneToOneField(PayPeriod, models.PROTECT, related_name="closure")
    closed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.period} closed"
