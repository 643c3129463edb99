"""What a payee earned in a period, by component and tier. Lines are traced when opened."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from paceline.incentives.models.periods import PayPeriod
from paceline.incentives.models.plans import PlanVersion
from paceline.incentives.models.runs import Run
from paceline.kernel.money import CurrencyField, MoneyField
from paceline.org.models import Person, ReportingPath, Role

PAY_DESK = (Role.COMPENSATION, Role.FINANCE)


class StatementQuerySet(models.QuerySet["Statement"]):
    def visible_to(self, person: Person) -> StatementQuerySet:
        """Pay is calculated before it is shown: only released statements leave the pay desk.

        The pay desk (compensation, finance) sees all; a payee their own; a lead those of the people
        who reported to them, directly or further down, during the period.
        """
        if person.has_role(*PAY_DESK):
            return self
        released = self.filter(release__isnull=False)
        return released.filter(Q(payee=person) | Exists(_above_payee(person)))


def _above_payee(person: Person) -> QuerySet[ReportingPath]:
    return ReportingPath.objects.filter(
        Q(ends_before__isnull=True) | Q(ends_before__gt=OuterRef("period__starts_on")),
        ancestor=person,
        descendant=OuterRef("payee"),
        starts_on__lt=OuterRef("period__ends_before"),
    )


class Statement(models.Model):
    """A payee's account of a period in one currency, as one run calculated it.

    ``days`` has, by the code of a plan, the ranges of days (first, day after the last) on which it
    paid the payee; a plan that paid on all days of the period is not in it.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="statements")
    period = models.ForeignKey(PayPeriod, models.PROTECT, related_name="+")
    payee = models.ForeignKey(Person, models.PROTECT, related_name="statements")
    currency = CurrencyField(_("currency"))
    credited = MoneyField(_("credited"))
    earned = MoneyField(_("earned"))
    days = models.JSONField(_("days"), default=dict)

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ("run", "payee__name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["run", "payee", "currency"], name="statement_one_per_run_and_payee"
            ),
        )

    def __str__(self) -> str:
        return f"{self.payee} {self.period}"


class StatementComponent(models.Model):
    """One component of a plan: its measure, attainment, and what it earned.

    Unrounded figures keep the engine's twelve decimals; ``earned`` is rounded as the plan says. It
    is ``computed``, to which the tiers add up, plus the stated adjustments. ``unit`` tells money
    from points and other rewards, which are no part of the statement's sum.
    """

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="components")
    version = models.ForeignKey(PlanVersion, models.PROTECT, related_name="+")
    component = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField()
    clause = models.CharField(max_length=200)
    measure = models.DecimalField(max_digits=38, decimal_places=12, null=True)
    quota = MoneyField(null=True)
    attainment = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    computed = MoneyField()
    multiplier_adjustment = MoneyField(default=0)
    condition_adjustment = MoneyField(default=0)
    cap_adjustment = MoneyField(default=0)
    floor_adjustment = MoneyField(default=0)
    earned = MoneyField()
    unit = models.CharField(max_length=20, default="money")

    class Meta:
        ordering = ("statement", "version", "position")
        constraints = (
            models.UniqueConstraint(
                fields=["statement", "version", "component"], name="component_once_per_statement"
            ),
        )

    def __str__(self) -> str:
        return f"{self.statement}: {self.component}"


class StatementTier(models.Model):
    """One slice of a rate table: what lay in it, its rate, and the money it made.

    Where the tiers are rows of a table of rates, ``tier`` is the row's number and ``key`` what it
    holds for; ``key`` is empty for tiers that the plan states.
    """

    component = models.ForeignKey(StatementComponent, models.PROTECT, related_name="tiers")
    tier = models.PositiveIntegerField()
    key = models.CharField(max_length=1000, blank=True)
    clause = models.CharField(max_length=200)
    lower = models.DecimalField(max_digits=38, decimal_places=8)
    upper = models.DecimalField(max_digits=38, decimal_places=8, null=True)
    lower_amount = models.DecimalField(max_digits=38, decimal_places=12, null=True)
    upper_amount = models.DecimalField(max_digits=38, decimal_places=12, null=True)
    base = models.DecimalField(max_digits=38, decimal_places=12)
    rate = models.DecimalField(max_digits=20, decimal_places=8)
    earned = MoneyField()

    class Meta:
        ordering = ("component", "tier")
        constraints = (
            models.UniqueConstraint(fields=["component", "tier"], name="tier_once_per_component"),
        )

    def __str__(self) -> str:
        return f"{self.component} tier {self.tier}"


class StatementDetail(models.Model):
    """A figure that explains a scorecard, a pool or a contest: a score, a weight, a rank.

    ``item`` is the indicator, or ``pool`` or ``contest``; an empty ``value`` says that there was
    none.
    """

    component = models.ForeignKey(StatementComponent, models.PROTECT, related_name="details")
    item = models.CharField(max_length=80)
    figure = models.CharField(max_length=20)
    clause = models.CharField(max_length=200)
    value = models.DecimalField(max_digits=38, decimal_places=12, null=True)

    class Meta:
        ordering = ("component", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["component", "item", "figure"], name="detail_once_per_component"
            ),
        )

    def __str__(self) -> str:
        return f"{self.component} {self.item} {self.figure}"


class Release(models.Model):
    """The payee may read the statement and payroll may pay it, from here on."""

    statement = models.OneToOneField(Statement, models.PROTECT, related_name="release")
    payee = models.ForeignKey(Person, models.PROTECT, related_name="+")
    period = models.ForeignKey(PayPeriod, models.PROTECT, related_name="releases")
    currency = CurrencyField()
    released_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    released_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["period", "payee", "currency"], name="release_once_per_payee_and_period"
            ),
        )

    def __str__(self) -> str:
        return f"{self.statement} released"
