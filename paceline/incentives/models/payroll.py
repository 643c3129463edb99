"""The file that payroll pays from: made once under one id."""

from __future__ import annotations

import uuid

from django.db import models

from paceline.files.models import StoredFile
from paceline.incentives.models.periods import PayPeriod
from paceline.incentives.models.statements import PAY_DESK, Release
from paceline.kernel.money import CurrencyField, MoneyField
from paceline.org.models import Person


class PayrollExportQuerySet(models.QuerySet["PayrollExport"]):
    def visible_to(self, person: Person) -> PayrollExportQuerySet:
        return self if person.has_role(*PAY_DESK) else self.none()


class PayrollExport(models.Model):
    """A payroll file with its count, totals by currency, and hash.

    ``export_id`` is made by the page before it is sent, so that a double click exports once.
    """

    export_id = models.UUIDField(unique=True, default=uuid.uuid4)
    period = models.ForeignKey(PayPeriod, models.PROTECT, related_name="payroll_exports")
    count = models.PositiveIntegerField()
    totals = models.JSONField()
    csv_file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    xlsx_file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    exported_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    exported_at = models.DateTimeField()

    objects = PayrollExportQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.period} {self.export_id}"


class PayrollEntry(models.Model):
    """One released statement in one file: handed over at most once, and no longer withdrawn."""

    export = models.ForeignKey(PayrollExport, models.PROTECT, related_name="entries")
    release = models.OneToOneField(Release, models.PROTECT, related_name="payroll_entry")
    payee = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("export", "id")

    def __str__(self) -> str:
        return f"{self.payee} in {self.export}"


class PayrollPayment(models.Model):
    """A row of the file: what a statement is paid in one currency, nearly always its own."""

    entry = models.ForeignKey(PayrollEntry, models.PROTECT, related_name="payments")
    amount = MoneyField()
    currency = CurrencyField()

    class Meta:
        ordering = ("entry", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["entry", "currency"], name="payroll_payment_once_per_currency"
            ),
        )

    def __str__(self) -> str:
        return f"{self.entry}: {self.amount} {self.currency}"
