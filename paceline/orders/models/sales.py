"""Order lines and returns as the shop knows them, who shares in and owns what, exchange rates."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Deferrable, F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from paceline.imports.models import Import
from paceline.kernel.money import CurrencyField, MoneyField
from paceline.kernel.periods import (
    DateRange,
    EffectiveDated,
    EffectiveQuerySet,
    OneId,
    OneWord,
    ends_after_start,
)
from paceline.org.models import Person, Role

# Who reads what was sold; the written matrix is in access.py.
READERS = (Role.COMPENSATION, Role.FINANCE)


class LineKind(models.TextChoices):
    SALE = "sale", _("Sale")
    RETURN = "return", _("Return")


# The days that may place a line in a period, as plans name them: the order's, the invoice's, …
ORDERED_ON = "ordered_on"
ANCHOR_DAYS = (ORDERED_ON, "invoiced_on", "shipped_on", "paid_on", "final_on")


def _ordered_on() -> list[str]:
    return [ORDERED_ON]


class SalesQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> SalesQuerySet:
        """The pay desk and finance read all; others meet what paid them in their statements."""
        return self if person.has_role(*READERS) else self.none()


class OrderLine(models.Model):
    """One line of an order, or of its return (negative amounts), known by its natural key.

    Amounts are net of tax and discount in the currency of the order. ``final_on`` is the end of the
    return window; ``sold_on`` is the day of the sale that a return takes back, where its own line
    does not say so (``returns_line``). Days that have not come are empty.
    """

    source = models.CharField(max_length=40)
    order_number = models.CharField(_("order"), max_length=60)
    line_number = models.CharField(_("line"), max_length=40)
    kind = models.CharField(max_length=6, choices=LineKind.choices, default=LineKind.SALE)
    returns_line = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="return_lines",
        db_index=False,
    )
    ordered_on = models.DateField(_("order date"))
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", db_index=False)
    customer = models.CharField(_("customer"), max_length=200, blank=True)
    product = models.CharField(_("product"), max_length=200, blank=True)
    category = models.CharField(_("category"), max_length=120, blank=True)
    channel = models.CharField(_("channel"), max_length=80, blank=True)
    territory = models.CharField(_("territory"), max_length=80, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=18, decimal_places=4)
    amount = MoneyField(_("amount"))
    cost = MoneyField(_("cost"), null=True)
    currency = CurrencyField(_("currency"))
    invoiced_on = models.DateField(_("invoice date"), null=True)
    shipped_on = models.DateField(_("shipping date"), null=True)
    paid_on = models.DateField(_("payment date"), null=True)
    final_on = models.DateField(_("end of the return window"), null=True)
    sold_on = models.DateField(_("date of the sale"), null=True)
    # The company's own attributes by name, typed by LineAttribute; a trigger holds them to it.
    attributes = models.JSONField(null=True)
    imported_by = models.ForeignKey(Import, models.PROTECT, null=True, related_name="+")

    objects = SalesQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["source", "order_number", "line_number"], name="order_line_natural_key"
            ),
            models.CheckConstraint(
                name="order_line_sold_on_of_returns",
                condition=Q(sold_on__isnull=True) | Q(kind=LineKind.RETURN),
            ),
        )
        indexes = (
            models.Index(fields=["person", "ordered_on", "id"], name="order_line_person_day"),
            models.Index(fields=["ordered_on", "id"], name="order_line_day"),
            # Lines are found by their customer, and by the beginning of their order's number.
            models.Index(
                fields=["customer"], condition=~Q(customer=""), name="order_line_customer"
            ),
            models.Index(
                OpClass(Upper("order_number"), name="text_pattern_ops"),
                name="order_line_beginning",
            ),
            models.Index(
                fields=["returns_line"],
                condition=Q(returns_line__isnull=False),
                name="order_line_returned",
            ),
            *(
                models.Index(
                    fields=[day, "ordered_on"],
                    condition=Q(**{f"{day}__isnull": False}),
                    name=f"order_line_{day}",
                )
                for day in ANCHOR_DAYS[1:]
            ),
        )

    def __str__(self) -> str:
        return f"{self.order_number}/{self.line_number}"

    @property
    def line_id(self) -> str:
        """The id by which the engine and statements know the line."""
        return f"{self.source}/{self.order_number}/{self.line_number}"


class OrderLineBefore(models.Model):
    """What a line said before an import changed it, so that the import can be undone.

    Written and read set by set; ids instead of foreign keys, because it is a picture of the past.
    """

    source_import = models.ForeignKey(Import, models.PROTECT, related_name="+")
    row_id = models.BigIntegerField()
    kind = models.CharField(max_length=6)
    returns_line_id = models.BigIntegerField(null=True)
    ordered_on = models.DateField()
    person_id = models.BigIntegerField(null=True)
    customer = models.CharField(max_length=200)
    product = models.CharField(max_length=200)
    category = models.CharField(max_length=120)
    channel = models.CharField(max_length=80)
    territory = models.CharField(max_length=80)
    quantity = models.DecimalField(max_digits=18, decimal_places=4)
    amount = MoneyField()
    cost = MoneyField(null=True)
    currency = CurrencyField()
    invoiced_on = models.DateField(null=True)
    shipped_on = models.DateField(null=True)
    paid_on = models.DateField(null=True)
    final_on = models.DateField(null=True)
    sold_on = models.DateField(null=True)
    attributes = models.JSONField(null=True)
    imported_by_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.row_id} before {self.source_import_id}"


class LineShare(models.Model):
    """A person's part of a line: a split of it, or an overlay on top of it."""

    line = models.ForeignKey(OrderLine, models.CASCADE, related_name="shares")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    share = models.DecimalField(_("share"), max_digits=9, decimal_places=8)
    is_overlay = models.BooleanField(_("on top"), default=False)
    imported_by = models.ForeignKey(Import, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["line", "person"], name="share_once_per_person"),
            models.CheckConstraint(name="share_above_zero", condition=Q(share__gt=0)),
        )

    def __str__(self) -> str:
        return f"{self.line}: {self.person} {self.share}"


class LineShareBefore(models.Model):
    """What a share said before an import changed it."""

    source_import = models.ForeignKey(Import, models.PROTECT, related_name="+")
    row_id = models.BigIntegerField()
    share = models.DecimalField(max_digits=9, decimal_places=8)
    is_overlay = models.BooleanField()
    imported_by_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.row_id} before {self.source_import_id}"


class OwnerKind(models.TextChoices):
    """The columns of an order line whose owners plans may credit."""

    TERRITORY = "territory", _("Territory")
    CUSTOMER = "customer", _("Customer")
    PRODUCT = "product", _("Product")
    CATEGORY = "category", _("Category")
    CHANNEL = "channel", _("Channel")


class OwnerQuerySet(EffectiveQuerySet):
    def visible_to(self, person: Person) -> OwnerQuerySet:
        """The pay desk and finance read all; others their own."""
        return self if person.has_role(*READERS) else self.filter(person=person)


class Owner(EffectiveDated):
    """Who owns an account, a territory, a host's channel …, wholly or with others, and when.

    ``key`` is what the order lines say in the column ``kind``.
    """

    kind = models.CharField(_("column"), max_length=20, choices=OwnerKind.choices)
    key = models.CharField(_("what is owned"), max_length=200)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    share = models.DecimalField(_("share"), max_digits=9, decimal_places=8)
    imported_by = models.ForeignKey(Import, models.PROTECT, null=True, related_name="+")

    objects = OwnerQuerySet.as_manager()

    class Meta:
        ordering = ("kind", "key", "-starts_on", "id")
        constraints = (
            ends_after_start("owner_ends_after_start"),
            models.CheckConstraint(
                name="owner_share_in_range", condition=Q(share__gt=0) & Q(share__lte=1)
            ),
            ExclusionConstraint(
                name="owner_once_at_a_time",
                expressions=[
                    (OneId("person"), RangeOperators.EQUAL),
                    (OneWord("kind"), RangeOperators.EQUAL),
                    (OneWord("key"), RangeOperators.EQUAL),
                    (
                        DateRange("starts_on", "ends_before", RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                deferrable=Deferrable.DEFERRED,
                violation_error_message=_("This person owns it already on some of these days."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.key}: {self.person}"


class OwnerBefore(models.Model):
    """What an owner's row said before an import changed it."""

    source_import = models.ForeignKey(Import, models.PROTECT, related_name="+")
    row_id = models.BigIntegerField()
    share = models.DecimalField(max_digits=9, decimal_places=8)
    ends_before = models.DateField(null=True)
    imported_by_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.row_id} before {self.source_import_id}"


class ExchangeRate(models.Model):
    """Units of ``to_currency`` for one unit of ``from_currency`` on a day, by kind of rate."""

    from_currency = CurrencyField(_("from"))
    to_currency = CurrencyField(_("to"))
    on = models.DateField(_("date"))
    rate_type = models.CharField(_("kind of rate"), max_length=20, default="average")
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=10)
    imported_by = models.ForeignKey(Import, models.PROTECT, null=True, related_name="+")

    objects = SalesQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["from_currency", "to_currency", "on", "rate_type"],
                name="exchange_rate_once_per_day",
            ),
            models.CheckConstraint(name="exchange_rate_above_zero", condition=Q(rate__gt=0)),
        )

    def __str__(self) -> str:
        return f"{self.from_currency}/{self.to_currency} {self.on}"


class ExchangeRateBefore(models.Model):
    """What a rate said before an import changed it."""

    source_import = models.ForeignKey(Import, models.PROTECT, related_name="+")
    row_id = models.BigIntegerField()
    rate = models.DecimalField(max_digits=18, decimal_places=10)
    imported_by_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.row_id} before {self.source_import_id}"


class ClosedDays(models.Model):
    """Days of which a final run has used the lines: nothing on them changes any more.

    Ranges may overlap, because monthly and quarterly plans each close their own. ``dates`` names
    which days of a line are meant: a plan that pays on cash closes the payments of a month, not its
    orders, and a line that was ordered then may still be paid later.
    """

    starts_on = models.DateField(_("from"))
    ends_before = models.DateField(_("until before"))
    dates = ArrayField(models.CharField(max_length=20), default=_ordered_on)
    closed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="closed_days_end_after_start", condition=Q(ends_before__gt=F("starts_on"))
            ),
            models.UniqueConstraint(fields=["starts_on", "ends_before"], name="closed_days_once"),
        )

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.ends_before}"


class MonthRevision(models.Model):
    """Raised whenever an order line of the month changes, or gets or loses shares; tells which
    snapshot is still true.
    """

    month = models.DateField(unique=True)
    revision = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} r{self.revision}"


class MonthSnapshot(models.Model):
    """The order lines of a month as an immutable Parquet file, input to pay runs."""

    month = models.DateField()
    revision = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    rows = models.BigIntegerField()
    path = models.CharField(max_length=300)
    made_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["month", "revision"], name="snapshot_once_per_revision"
            ),
        )

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} r{self.revision} {self.digest[:8]}"
