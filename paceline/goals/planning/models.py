"""Plans of quotas: a target from above, what people say from below, and what both agreed on."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from paceline.goals.models import FigureKind
from paceline.goals.models.quotas import READERS, line_below
from paceline.imports.models import Import
from paceline.kernel.money import CurrencyField, MoneyField
from paceline.kernel.periods import ends_after_start
from paceline.org.models import Person, Team


class Step(models.TextChoices):
    """The days of one quota; its number is how many months they have."""

    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")
    HALF = "half", _("Half-year")
    YEAR = "year", _("Year")


MONTHS_OF = {Step.MONTH: 1, Step.QUARTER: 3, Step.HALF: 6, Step.YEAR: 12}


class Basis(models.TextChoices):
    """By what the whole is spread over people."""

    HISTORY = "history", _("What each sold in the year before")
    POTENTIAL = "potential", _("Potential of each one's territory")
    EQUAL = "equal", _("Equally")


class Season(models.TextChoices):
    """By what a year is spread over its months."""

    HISTORY = "history", _("As the year before went")
    TYPED = "typed", _("By weights that you type")
    EVEN = "even", _("Every month alike")


class QuotaPlanQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> QuotaPlanQuerySet:
        """Those who run or check pay see all; others the plans that ask them or those below."""
        if person.has_role(*READERS):
            return self
        mine = QuotaShare.objects.visible_to(person)
        return self.filter(pk__in=mine.order_by().values("version__plan"))


class QuotaPlan(models.Model):
    """What is to be spread: one measure, over the people of some teams, for some months.

    With a product or a channel only lines of these count as history.
    """

    name = models.CharField(_("name"), max_length=120, unique=True)
    measure = models.CharField(_("measure"), max_length=60, default="sales")
    currency = CurrencyField(_("currency"))
    starts_on = models.DateField(_("from"))
    ends_before = models.DateField(_("until before"))
    step = models.CharField(_("one quota for each"), max_length=8, choices=Step.choices)
    teams = models.ManyToManyField(Team, verbose_name=_("teams"), related_name="+")
    product = models.CharField(_("product"), max_length=200, blank=True)
    channel = models.CharField(_("channel"), max_length=80, blank=True)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    objects = QuotaPlanQuerySet.as_manager()

    class Meta:
        ordering = ("-starts_on", "name", "id")
        constraints = (ends_after_start("quota_plan_ends_after_start"),)

    def __str__(self) -> str:
        return self.name


class QuotaPlanVersion(models.Model):
    """One way of spreading: the target and the rules, kept as they were calculated."""

    plan = models.ForeignKey(QuotaPlan, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    target = MoneyField(_("target"))
    over_assignment = models.DecimalField(_("assigned above it"), max_digits=5, decimal_places=4)
    basis = models.CharField(_("spread over people by"), max_length=10, choices=Basis.choices)
    potential = models.ForeignKey(
        FigureKind, models.PROTECT, null=True, verbose_name=_("figure"), related_name="+"
    )
    evenness = models.DecimalField(_("of this equally"), max_digits=5, decimal_places=4)
    season = models.CharField(_("spread over months"), max_length=10, choices=Season.choices)
    season_weights = ArrayField(models.DecimalField(max_digits=24, decimal_places=4))
    ramp = ArrayField(models.DecimalField(max_digits=5, decimal_places=4), default=list)
    relief_from_days = models.PositiveSmallIntegerField(_("relief from days of leave"), null=True)
    unit = MoneyField(_("rounded to"))
    reason = models.TextField(_("why"), blank=True)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("plan", "-number")
        constraints = (
            models.UniqueConstraint(fields=["plan", "number"], name="quota_plan_version_once"),
            models.CheckConstraint(name="quota_plan_target_above_zero", condition=Q(target__gt=0)),
            models.CheckConstraint(
                name="quota_plan_shares_in_range",
                condition=Q(over_assignment__gte=0, evenness__gte=0, evenness__lte=1),
            ),
            models.CheckConstraint(
                name="quota_plan_potential_has_a_figure",
                condition=~Q(basis=Basis.POTENTIAL) | Q(potential__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.plan} {self.number}"


class QuotaShareQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> QuotaShareQuerySet:
        """Those who run or check pay see all; others their own and those of everyone below."""
        if person.has_role(*READERS):
            return self
        return self.filter(Q(person=person) | Q(person__in=line_below(person)))


class QuotaShare(models.Model):
    """A person's part of a version: by the rules, month by month.

    ``full`` sums to what was assigned; ``amount`` is what is left of it after ramp and relief.
    ``months`` has the amounts in the order of the plan's months. ``is_assumed`` marks a weight that
    is the average of the others, because the person has no history to speak of.
    """

    version = models.ForeignKey(QuotaPlanVersion, models.CASCADE, related_name="shares")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    before = MoneyField(_("year before"))
    weight = models.DecimalField(max_digits=16, decimal_places=12)
    is_assumed = models.BooleanField()
    full = MoneyField()
    amount = MoneyField()
    full_months = ArrayField(MoneyField())
    months = ArrayField(MoneyField())

    objects = QuotaShareQuerySet.as_manager()

    class Meta:
        ordering = ("version", "team", "person", "id")
        constraints = (
            models.UniqueConstraint(fields=["version", "person"], name="quota_share_once"),
            models.CheckConstraint(
                name="quota_share_relieves_only",
                condition=Q(amount__gte=0, full__gte=F("amount")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.version}: {self.person}"


class SaidAmount(models.Model):
    """An amount that somebody said for a person of a plan; the one that is not replaced stands."""

    plan = models.ForeignKey(QuotaPlan, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    amount = MoneyField(_("amount"))
    reason = models.TextField(_("why"), blank=True)
    said_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    said_at = models.DateTimeField()
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True


class ProposedQuota(SaidAmount):
    """What a person, or the lead for them, believes to reach: the view from below."""

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["plan", "person"],
                condition=Q(replaced_by__isnull=True),
                name="proposed_quota_one_standing",
            ),
            models.CheckConstraint(name="proposed_quota_not_negative", condition=Q(amount__gte=0)),
        )

    def __str__(self) -> str:
        return f"{self.plan}: {self.person} {self.amount}"


class AgreedQuota(SaidAmount):
    """What was settled on for a person after both sides were heard."""

    imported_by = models.ForeignKey(Import, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["plan", "person"],
                condition=Q(replaced_by__isnull=True),
                name="agreed_quota_one_standing",
            ),
            models.CheckConstraint(name="agreed_quota_not_negative", condition=Q(amount__gte=0)),
        )

    def __str__(self) -> str:
        return f"{self.plan}: {self.person} {self.amount}"


class StepKind(models.TextChoices):
    """What happened to a version on its way to quotas."""

    SUBMITTED = "submitted", _("Submitted")
    RETURNED = "returned", _("Returned")
    APPROVED = "approved", _("Approved")


class PlanStep(models.Model):
    """One step of a version: who, when and why. The last one is where it stands."""

    version = models.ForeignKey(QuotaPlanVersion, models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=StepKind.choices)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(_("why"), blank=True)

    class Meta:
        ordering = ("version", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["version"],
                condition=Q(kind=StepKind.APPROVED),
                name="quota_plan_version_approved_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.version}: {self.kind}"
