"""The periods that are paid."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from paceline.kernel.periods import ends_after_start


class PayPeriod(models.Model):
    """A month, quarter, half-year or year of pay, known by its key (``2026Q3``, ``2026-09``, of
    years of weeks ``2026-02-01W13``).

    Made on demand by its first run. Finalising a run closes it (``finalisation``): from then on
    nothing in it changes, and corrections go to the next open one.
    """

    key = models.CharField(_("period"), max_length=16, unique=True)
    starts_on = models.DateField()
    ends_before = models.DateField()

    class Meta:
        ordering = ("-starts_on", "key")
        constraints = (ends_after_start("pay_period_ends_after_start"),)

    def __str__(self) -> str:
        return self.key

    @property
    def last_day(self) -> date:
        """The last day that counts, for screens."""
        return self.ends_before - timedelta(days=1)
