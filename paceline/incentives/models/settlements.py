"""How what a run earned became payable: entries, payments, and what is carried on.

A settlement is one attempt, like a run. A later one of the same run takes its place, until pay of
that run was handed to payroll; from then on it stands.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.files.models import StoredFile
from paceline.incentives.models.plans import PlanVersion
from paceline.incentives.models.runs import RUN_READERS, Run
from paceline.incentives.models.statements import PAY_DESK, Statement
from paceline.kernel.money import CurrencyField, MoneyField
from paceline.live.models import Progress
from paceline.org.models import Person


class SettlementQuerySet(models.QuerySet["Settlement"]):
    def visible_to(self, person: Person) -> SettlementQuerySet:
        """Sums and states, as of runs; who was paid what stands in the statements."""
        return self if person.has_role(*RUN_READERS) else self.none()


class Settlement(models.Model):
    """One attempt to settle a run: every plan of it that states how its pay is settled.

    ``ended_at`` is set when the job ends in any way, ``computed_at`` only when there are results.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="settlements")
    number = models.PositiveIntegerField(_("settlement"))
    requested_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    progress = models.ForeignKey(Progress, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(null=True)

    objects = SettlementQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["run", "number"], name="settlement_number_once"),
            models.UniqueConstraint(
                fields=["run"],
                condition=models.Q(ended_at__isnull=True),
                name="settlement_one_under_way_per_run",
            ),
            models.CheckConstraint(
                name="settlement_with_results_has_ended",
                condition=models.Q(computed_at__isnull=True) | models.Q(ended_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.run} settled #{self.number}"


class SettledPlan(models.Model):
    """One plan of a settlement, and the settlement of an earlier period that it goes on from.

    ``account`` holds the figures of the line that a settlement must keep: what was owed and came
    in is what was paid and is still owed.
    """

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="plans")
    version = models.ForeignKey(PlanVersion, models.PROTECT, related_name="+")
    previous = models.ForeignKey("self", models.PROTECT, null=True, related_name="next_ones")
    pays_on = models.DateField(_("day of payment"))
    fingerprint = models.CharField(max_length=64)
    engine_version = models.CharField(max_length=40)
    account = models.JSONField(default=dict)

    class Meta:
        ordering = ("settlement", "version")
        constraints = (
            models.UniqueConstraint(fields=["settlement", "version"], name="settled_plan_once"),
        )

    def __str__(self) -> str:
        return f"{self.settlement}: {self.version}"


class SettlementInput(models.Model):
    """A Parquet file that the settlement of a plan read, by table and SHA-256."""

    plan = models.ForeignKey(SettledPlan, models.PROTECT, related_name="inputs")
    table = models.CharField(max_length=40)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    rows = models.BigIntegerField()

    class Meta:
        ordering = ("plan", "table", "id")

    def __str__(self) -> str:
        return f"{self.plan}: {self.table}"


class Payable(models.Model):
    """An entry on a payee's account: what changed it, by how much, and the clause that did it.

    ``account`` is ``due`` for what this settlement pays; what goes to another account stands there
    as a second entry, and the two add up to nothing.
    """

    plan = models.ForeignKey(SettledPlan, models.PROTECT, related_name="payables")
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="payables")
    entry = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    account = models.CharField(max_length=20)
    component = models.CharField(max_length=80, blank=True)
    amount = MoneyField()
    currency = CurrencyField()
    due_on = models.DateField(null=True)
    reference = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    clause = models.CharField(max_length=200)

    class Meta:
        ordering = ("plan", "statement", "entry")
        constraints = (
            models.UniqueConstraint(
                fields=["plan", "statement", "entry"], name="payable_once_per_entry"
            ),
        )

    def __str__(self) -> str:
        return f"{self.statement}: {self.kind} {self.amount}"


class Payment(models.Model):
    """What one plan pays one payee now, in the currency of payment.

    ``plan_amount`` is the sum of what is due in the plan's currency, ``rate`` what converted it.
    """

    plan = models.ForeignKey(SettledPlan, models.PROTECT, related_name="payments")
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="payments")
    currency = CurrencyField()
    amount = MoneyField()
    plan_amount = MoneyField()
    rate = models.DecimalField(max_digits=18, decimal_places=10)
    clause = models.CharField(max_length=200)

    class Meta:
        ordering = ("plan", "statement")
        constraints = (models.UniqueConstraint(fields=["plan", "statement"], name="payment_once"),)

    def __str__(self) -> str:
        return f"{self.statement}: {self.amount} {self.currency}"


class BalanceQuerySet(models.QuerySet["Balance"]):
    def visible_to(self, person: Person) -> BalanceQuerySet:
        """The pay desk reads all; payees and their leads meet them in the statements."""
        return self if person.has_role(*PAY_DESK) else self.none()


class Balance(models.Model):
    """What a settlement leaves open: put off, held, owed by the payee. The next one begins with it.

    ``original`` is what it was when it began, ``basis`` what must be received of a line before all
    of it is due.
    """

    plan = models.ForeignKey(SettledPlan, models.PROTECT, related_name="balances")
    payee = models.ForeignKey(Person, models.PROTECT, related_name="+")
    account = models.CharField(max_length=20)
    component = models.CharField(max_length=80, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    origin = models.CharField(max_length=200)
    since = models.DateField()
    due_on = models.DateField(null=True)
    original = MoneyField()
    amount = MoneyField()
    basis = MoneyField(null=True)
    currency = CurrencyField()

    objects = BalanceQuerySet.as_manager()

    class Meta:
        ordering = ("plan", "payee", "account", "since", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["plan", "payee", "account", "component", "reference", "origin", "since"],
                name="balance_once_per_place",
            ),
        )

    def __str__(self) -> str:
        return f"{self.payee}: {self.account} {self.amount}"


class SettledEarning(models.Model):
    """What was settled of a component for a period: the next correction is found against all of it.

    ``earned`` is what was earned, ``counted`` what of it limits look at.
    """

    plan = models.ForeignKey(SettledPlan, models.PROTECT, related_name="earnings")
    payee = models.ForeignKey(Person, models.PROTECT, related_name="+")
    period_starts_on = models.DateField()
    component = models.CharField(max_length=80)
    earned = MoneyField()
    counted = MoneyField()

    class Meta:
        ordering = ("plan", "payee", "period_starts_on", "component")
        constraints = (
            models.UniqueConstraint(
                fields=["plan", "payee", "period_starts_on", "component"],
                name="settled_earning_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.payee} {self.period_starts_on}: {self.component} {self.earned}"


class TakenBack(models.Model):
    """What a failed sale took back of what its line had earned one payee. Each event once."""

    plan = models.ForeignKey(SettledPlan, models.PROTECT, related_name="taken_back")
    payee = models.ForeignKey(Person, models.PROTECT, related_name="+")
    event_id = models.CharField(max_length=200)
    line_id = models.CharField(max_length=200)
    component = models.CharField(max_length=80)
    original = MoneyField()
    amount = MoneyField()
    clause = models.CharField(max_length=200)

    class Meta:
        ordering = ("plan", "payee", "event_id")
        constraints = (
            models.UniqueConstraint(
                fields=["plan", "payee", "event_id", "line_id", "component"],
                name="taken_back_once_per_event",
            ),
        )

    def __str__(self) -> str:
        return f"{self.payee}: {self.line_id} {self.amount}"


class SettlementNote(models.Model):
    """Something a reader should know although nothing was refused; without a payee it is for all.

    What a rule of law kept from being deducted is a note, too: ``subject`` is then the law and
    ``amount`` what was not deducted.
    """

    plan = models.ForeignKey(SettledPlan, models.PROTECT, related_name="notes")
    payee = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    code = models.CharField(max_length=60)
    subject = models.CharField(max_length=200, blank=True)
    clause = models.CharField(max_length=200)
    amount = MoneyField(null=True)

    class Meta:
        ordering = ("plan", "code", "payee", "id")

    def __str__(self) -> str:
        return f"{self.plan}: {self.code} {self.subject}"


class SettlementProblem(models.Model):
    """Why a settlement was refused as a whole."""

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="problems")
    code = models.CharField(max_length=60)
    payee = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    params = models.JSONField(default=dict)

    class Meta:
        ordering = ("settlement", "code", "id")

    def __str__(self) -> str:
        return f"{self.settlement}: {self.code}"


class HoldReason(models.TextChoices):
    DISPUTE = "dispute", pgettext_lazy("hold", "A question about it is open")
    EVIDENCE = "evidence", pgettext_lazy("hold", "Papers are missing")
    CUSTOMER = "customer", pgettext_lazy("hold", "The sale is being checked")
    CONDUCT = "conduct", pgettext_lazy("hold", "An investigation is under way")
    LEAVING = "leaving", pgettext_lazy("hold", "The payee is leaving")
    OTHER = "other", pgettext_lazy("hold", "Another reason")


class HoldQuerySet(models.QuerySet["Hold"]):
    def visible_to(self, person: Person) -> HoldQuerySet:
        """The pay desk; the payee meets a hold, with its reason, in the statement."""
        return self if person.has_role(*PAY_DESK) else self.none()

    def standing(self) -> HoldQuerySet:
        return self.filter(release__isnull=True)


class Hold(models.Model):
    """Stops what a payee has due: everything, one component of a plan, or one order line.

    It stands from when it was placed until it is released. ``reason`` is read by the payee,
    ``note`` by the pay desk alone.
    """

    payee = models.ForeignKey(Person, models.PROTECT, related_name="holds")
    plan = models.ForeignKey("incentives.Plan", models.PROTECT, null=True, related_name="+")
    component = models.CharField(_("component"), max_length=80, blank=True)
    line_id = models.CharField(_("order line"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=20, choices=HoldReason.choices)
    note = models.TextField(_("note"), max_length=1000)
    placed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                name="hold_of_component_names_its_plan",
                condition=models.Q(component="") | models.Q(plan__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.payee}: {self.reason}"


class HoldRelease(models.Model):
    """The end of a hold: the next settlement pays what it held."""

    hold = models.OneToOneField(Hold, models.PROTECT, related_name="release")
    reason = models.TextField(_("reason"), max_length=1000)
    released_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    released_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.hold} released"
