"""Tables of rates: rows by which plans pay, brought from files."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from paceline.imports.models import Import
from paceline.incentives.models.statements import PAY_DESK
from paceline.kernel.money import MoneyField
from paceline.org.models import Person


class RateRowQuerySet(models.QuerySet["RateRow"]):
    def visible_to(self, person: Person) -> RateRowQuerySet:
        """Those who make and check pay see all; what it did to a payee stands in the statement."""
        return self if person.has_role(*PAY_DESK) else self.none()


class RateRow(models.Model):
    """One tier of a table of rates: what ``keys`` earn from ``above`` on.

    ``keys`` is JSON text, columns of the order line in order with their values; a column that is
    not named holds for any value. Rows of one first day belong together and hold until the next
    first day of the same keys, or until ``ends_before``. A row pays a ``rate`` or an ``amount``.
    """

    rate_table = models.CharField(_("table of rates"), max_length=63)
    keys = models.CharField(_("for"), max_length=1000)
    starts_on = models.DateField(_("first day"))
    above = models.DecimalField(_("from"), max_digits=24, decimal_places=8)
    ends_before = models.DateField(null=True)
    ends_at = models.DecimalField(_("to"), max_digits=24, decimal_places=8, null=True)
    rate = models.DecimalField(_("rate"), max_digits=20, decimal_places=8, null=True)
    amount = MoneyField(_("amount"), null=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    imported_by = models.ForeignKey(Import, models.PROTECT, null=True, related_name="+")

    objects = RateRowQuerySet.as_manager()

    class Meta:
        ordering = ("rate_table", "keys", "starts_on", "above")
        constraints = (
            models.UniqueConstraint(
                fields=["rate_table", "keys", "starts_on", "above"], name="rate_row_once"
            ),
            models.CheckConstraint(
                name="rate_row_ends_after_start",
                condition=Q(ends_before__isnull=True) | Q(ends_before__gt=F("starts_on")),
            ),
            models.CheckConstraint(
                name="rate_row_pays_one",
                condition=Q(rate__isnull=True) ^ Q(amount__isnull=True),
            ),
            models.CheckConstraint(name="rate_row_from_zero", condition=Q(above__gte=0)),
        )

    def __str__(self) -> str:
        return f"{self.rate_table} {self.keys} {self.starts_on} {self.above}"


class RateRowBefore(models.Model):
    """What a row said before an import changed it."""

    source_import = models.ForeignKey(Import, models.PROTECT, related_name="+")
    row_id = models.BigIntegerField()
    ends_before = models.DateField(null=True)
    ends_at = models.DecimalField(max_digits=24, decimal_places=8, null=True)
    rate = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    amount = MoneyField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    imported_by_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.row_id} before {self.source_import_id}"
