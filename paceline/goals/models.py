"""Goals, of which quotas are the first kind: what a payee is asked to reach."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Deferrable, Q
from django.utils.translation import gettext_lazy as _

from paceline.imports.models import Import
from paceline.kernel.money import CurrencyField, MoneyField
from paceline.kernel.periods import (
    DateRange,
    EffectiveDated,
    EffectiveQuerySet,
    OneId,
    ends_after_start,
)
from paceline.org.models import Person, ReportingPath, Role


class HashOfText(models.Func):
    """A text as a big integer, so that a GiST index needs no extension to compare it."""

    function = "hashtextextended"
    template = "%(function)s(%(expressions)s, 0)"
    output_field = models.BigIntegerField()


class QuotaQuerySet(EffectiveQuerySet):
    def visible_to(self, person: Person) -> QuotaQuerySet:
        """Those who run or check pay see all; others their own and those of everyone below them."""
        if person.has_role(Role.COMPENSATION, Role.FINANCE, Role.EXECUTIVE):
            return self
        paths = ReportingPath.objects.filter(ancestor=person)
        below = paths if person.acting_on is None else paths.on(person.acting_on)
        return self.filter(Q(person=person) | Q(person__in=below.values("descendant")))

    def standing(self) -> QuotaQuerySet:
        """Quotas that have not been replaced by a later decision."""
        return self.filter(replaced_by__isnull=True)


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

    objects = QuotaQuerySet.as_manager()

    class Meta:
        ordering = ("-starts_on", "person", "measure", "id")
        constraints = (
            ends_after_start("quota_ends_after_start"),
            models.CheckConstraint(name="quota_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(name="quota_has_an_end", condition=Q(ends_before__isnull=False)),
            ExclusionConstraint(
                name="quota_one_standing_at_a_time",
                expressions=[
                    (OneId("person"), RangeOperators.EQUAL),
                    (OneId(HashOfText("measure")), RangeOperators.EQUAL),
                    (
                        DateRange("starts_on", "ends_before", RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(replaced_by__isnull=True),
                deferrable=Deferrable.DEFERRED,
                violation_error_message=_("There is already a quota on some of these days."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} {self.measure} {self.starts_on}"
