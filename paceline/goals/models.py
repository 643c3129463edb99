"""Goals, of which quotas are the first kind: what a payee is asked to reach."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from paceline.imports.models import Import
from paceline.kernel.money import CurrencyField, MoneyField
from paceline.kernel.periods import EffectiveDated, EffectiveQuerySet, ends_after_start
from paceline.org.models import Person


class Quota(EffectiveDated):
    """The target of a measure for a person over a range of days.

    A change keeps the row it replaces: ``replaced_by`` points to the newer one.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="quotas")
    measure = models.CharField(_("measure"), max_length=60, default="sales")
    amount = MoneyField(_("quota"))
    currency = CurrencyField(_("currency"))
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(_("why"), blank=True)
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="replaced_quotas"
    )
    imported_by = models.ForeignKey(Import, models.PROTECT, null=True, related_name="+")

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        constraints = (
            ends_after_start("quota_ends_after_start"),
            models.CheckConstraint(name="quota_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(
                name="quota_has_an_end", condition=Q(ends_before__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["person", "measure", "starts_on"],
                condition=Q(replaced_by__isnull=True),
                name="quota_one_standing_per_start",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} {self.measure} {self.starts_on}"
