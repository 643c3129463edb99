"""What customers bought, as their pages, segments and cohorts read it: kept by one job.

``CustomerOrder`` sums each order once, ``Purchases`` each customer once. Both follow order lines,
links and records; nobody writes them by hand. They hold no constraint on the rows they describe,
because those may go at any moment and the job comes after.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from paceline.crm.models.customers import Company, Contact
from paceline.crm.models.records import on_one_record, scope_of
from paceline.kernel.money import CurrencyField, MoneyField
from paceline.org.models import Person, Role


class BuyingRules(models.Model):
    """How purchases are counted: the currency they are told in, and when silence is long.

    The latest row is in force. A rate is the latest of ``rate_type`` on or before the day of the
    order, at most ``rate_days`` old.
    """

    currency = CurrencyField(_("currency in which purchases are told"))
    rate_type = models.CharField(_("kind of rate"), max_length=20, default="average")
    rate_days = models.PositiveSmallIntegerField(_("a rate is good for, in days"), default=92)
    quiet_times = models.DecimalField(
        _("quiet after how many times their usual gap"),
        max_digits=4, decimal_places=2, default=Decimal(3),
    )  # fmt: skip
    quiet_days = models.PositiveSmallIntegerField(_("but never before, in days"), default=14)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="buying_rules_in_range",
                condition=Q(quiet_times__gte=1, rate_days__gte=1, quiet_days__gte=1),
            ),
        )

    def __str__(self) -> str:
        return f"{self.currency}, {self.quiet_times} ×"


class CustomerOrderQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """Their seller and whoever leads the seller; what is nobody's, every lead."""
        scope = scope_of(person)
        if scope.oversees:
            return self
        if not scope.sells:
            return self.none()
        theirs = Q(person_id__in=scope.people)
        if person.has_role(Role.LEAD):
            theirs |= Q(person__isnull=True)
        return self.filter(theirs)


class CustomerOrder(models.Model):
    """An order in one row: its day, its seller, and what is left of it after returns.

    ``amount`` is empty where lines have several currencies; ``value`` is told in the currency of
    the rules, and empty where a rate is missing.
    """

    source = models.CharField(max_length=40)
    order_number = models.CharField(_("order"), max_length=60)
    bought_on = models.DateField(_("order date"))
    person = models.ForeignKey(
        Person, models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    channel = models.CharField(_("channel"), max_length=80, blank=True)
    currency = CurrencyField(_("currency"), blank=True)
    amount = MoneyField(_("amount"), null=True)
    value = MoneyField(null=True)
    is_sale = models.BooleanField(default=True)

    objects = CustomerOrderQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["source", "order_number"], name="customer_order_once"),
        )
        # Orders are found by the beginning of their number, whatever the order of the database.
        indexes = (
            models.Index(
                OpClass(Upper("order_number"), name="text_pattern_ops"),
                name="customer_order_beginning",
            ),
        )

    def __str__(self) -> str:
        return f"{self.source}/{self.order_number}"


class WaitingOrder(models.Model):
    """An order that is no customer's yet, and what it may be recognised by.

    The keys stand here only while it waits: what is linked needs them no more. A person decides
    where several customers bear a key (``is_ambiguous``) or one bears the name (``is_named``).
    """

    order = models.OneToOneField(
        CustomerOrder, models.CASCADE, primary_key=True, related_name="waiting"
    )
    number = models.CharField(max_length=200, blank=True)
    account = models.CharField(max_length=200, blank=True)
    mail = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    name_keys = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    is_ambiguous = models.BooleanField(default=False)
    is_named = models.BooleanField(default=False, db_default=False)
    left_at = models.DateTimeField(null=True)
    left_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = (
            *(
                models.Index(
                    fields=[name], condition=~Q(**{name: ""}), name=f"waiting_order_{name}"
                )
                for name in ("number", "account", "mail", "phone")
            ),
            models.Index(
                fields=["order"],
                condition=Q(is_ambiguous=True) | Q(is_named=True),
                name="waiting_order_to_decide",
            ),
            GinIndex(fields=["name_keys"], name="waiting_order_names"),
        )

    def __str__(self) -> str:
        return f"waiting {self.order_id}"


class TouchedCustomer(models.Model):
    """That a customer or its orders changed; written by triggers, taken away by the job.

    Like ``TouchedOrder``: only added, several times if need be, ids without a constraint.
    ``name_keys`` is what its names were compared by before, where they may have changed: orders
    that wait under the old name are looked through as well.
    """

    company_id = models.BigIntegerField(null=True)
    contact_id = models.BigIntegerField(null=True)
    name_keys = ArrayField(models.CharField(max_length=200), null=True)

    def __str__(self) -> str:
        return f"touched {self.company_id or self.contact_id}"


class LinkRefusal(models.Model):
    """That somebody said of an order: it is not this customer's. No rule links it to them again."""

    source = models.CharField(max_length=40)
    order_number = models.CharField(max_length=60)
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (on_one_record("link_refusal_of_one", ("company", "contact")),)
        indexes = (models.Index(fields=["source", "order_number"], name="link_refusal_order"),)

    def __str__(self) -> str:
        return f"{self.source}/{self.order_number} is not theirs"


class Purchases(models.Model):
    """What one customer bought so far: the base of recency, frequency, value, churn and cohorts.

    ``orders`` counts orders of which something is left after returns; ``value`` adds up all of
    them in the currency of the rules, ``unvalued`` says how many lack a rate. ``usual_gap`` is the
    lower median of the days between days of purchases, from three such days on; ``quiet_after``
    the last day that is no longer than usual. ``months`` are the months with a purchase, counted
    from that of the first one (0).
    """

    company = models.OneToOneField(
        Company, models.DO_NOTHING, null=True, related_name="purchases", db_constraint=False
    )
    contact = models.OneToOneField(
        Contact, models.DO_NOTHING, null=True, related_name="purchases", db_constraint=False
    )
    orders = models.PositiveIntegerField(default=0)
    value = MoneyField(default=Decimal(0))
    unvalued = models.PositiveIntegerField(default=0)
    first_on = models.DateField(null=True)
    last_on = models.DateField(null=True)
    usual_gap = models.PositiveIntegerField(null=True)
    quiet_after = models.DateField(null=True)
    months = ArrayField(models.PositiveSmallIntegerField(), default=list)
    channels = ArrayField(models.CharField(max_length=80), default=list)

    class Meta:
        constraints = (on_one_record("purchases_of_one", ("company", "contact")),)
        indexes = (
            models.Index(fields=["last_on"], name="purchases_last"),
            models.Index(fields=["quiet_after"], name="purchases_quiet"),
            models.Index(fields=["value"], name="purchases_value"),
            GinIndex(fields=["channels"], name="purchases_channels"),
        )

    def __str__(self) -> str:
        return f"purchases of {self.company_id or self.contact_id}"


class Fifths(models.Model):
    """Where the fifths of all customers of a kind lie, measured at night: what scores go by.

    Four borders each: a customer scores one more than the number of borders it lies above.
    """

    of = models.CharField(max_length=7, unique=True)
    last_on = ArrayField(models.DateField(), default=list)
    orders = ArrayField(models.PositiveIntegerField(), default=list)
    value = ArrayField(MoneyField(), default=list)
    customers = models.PositiveIntegerField(default=0)
    measured_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"fifths of {self.of}"
