"""The file that payroll pays from: made once under one id."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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


class ShortfallTreatment(models.TextChoices):
    CARRY = "carry", pgettext_lazy("shortfall", "Deduct from later pay")
    COLLECT = "collect", pgettext_lazy("shortfall", "Collect now")


class Shortfall(models.Model):
    """What becomes of pay below zero under plans that do not settle, decided before payroll.

    Payroll cannot pay less than nothing. Carried, it is not in the file, and later pay of the same
    currency is lessened by it; collected, it stands in the file with its minus. The decision is
    about this amount alone, and goes with its release when that is withdrawn.
    """

    release = models.OneToOneField(Release, models.CASCADE, related_name="shortfall")
    amount = MoneyField()
    treatment = models.CharField(_("treatment"), max_length=10, choices=ShortfallTreatment.choices)
    reason = models.TextField(_("reason"), max_length=1000)
    decided_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                name="shortfall_is_below_zero", condition=models.Q(amount__lt=0)
            ),
        )

    def __str__(self) -> str:
        return f"{self.release}: {self.amount} {self.treatment}"


class ShortfallRecovery(models.Model):
    """What one payment was lessened by for what was carried from an earlier file."""

    shortfall = models.ForeignKey(Shortfall, models.PROTECT, related_name="recoveries")
    entry = models.ForeignKey(PayrollEntry, models.PROTECT, related_name="recoveries")
    amount = MoneyField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                name="shortfall_recovery_above_zero", condition=models.Q(amount__gt=0)
            ),
            models.UniqueConstraint(
                fields=["shortfall", "entry"], name="shortfall_recovered_once_per_entry"
            ),
        )

    def __str__(self) -> str:
        return f"{self.shortfall}: {self.amount} by {self.entry}"


class ShortfallEnding(models.TextChoices):
    WRITTEN_OFF = "written-off", pgettext_lazy("shortfall", "Write off")
    COLLECTED = "collected", pgettext_lazy("shortfall", "Collected outside payroll")


class ShortfallClosure(models.Model):
    """The end of what was carried and no later pay will recover: of somebody who left, above all.

    ``amount`` is what was still to be deducted; nothing is deducted for it any more.
    """

    shortfall = models.OneToOneField(Shortfall, models.PROTECT, related_name="closure")
    amount = MoneyField()
    ending = models.CharField(_("ending"), max_length=12, choices=ShortfallEnding.choices)
    reason = models.TextField(_("reason"), max_length=1000)
    closed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                name="shortfall_closure_above_zero", condition=models.Q(amount__gt=0)
            ),
        )

    def __str__(self) -> str:
        return f"{self.shortfall}: {self.amount} {self.ending}"
