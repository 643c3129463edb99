"""Orders and refunds as their shops last described them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from paceline.kernel.money import CurrencyField, MoneyField
from paceline.orders.shops.models.messages import Delivery
from paceline.orders.shops.models.shops import READERS, Shop
from paceline.org.models import Person

ORDER_ID_MAX = 60


class ShopOrderQuerySet(models.QuerySet["ShopOrder"]):
    def visible_to(self, person: Person) -> ShopOrderQuerySet:
        """The pay desk and finance, as with order lines."""
        return self if person.has_role(*READERS) else self.none()

    def known(self) -> ShopOrderQuerySet:
        """Orders of which the shop has told more than a refund."""
        return self.filter(updated_at__isnull=False)


class ShopOrder(models.Model):
    """An order as its shop last described it (``facts``), whatever came in which order.

    ``updated_at`` and ``stamp`` say which description is the latest. ``problem`` keeps what stands
    between the description and the order lines; nothing of it is lost. An order of which only a
    refund is known has no ``updated_at`` yet. ``paid_seen_at`` is the time of the
    earliest description that called it paid, for shops that do not say when it was paid;
    ``cancelled_seen_at`` likewise.
    """

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="orders")
    order_id = models.CharField(max_length=ORDER_ID_MAX)
    number = models.CharField(_("order"), max_length=ORDER_ID_MAX, blank=True)
    facts = models.JSONField(default=dict)
    updated_at = models.DateTimeField(null=True)
    stamp = models.CharField(max_length=120, blank=True)
    delivery = models.ForeignKey(Delivery, models.PROTECT, null=True, related_name="+")
    ordered_on = models.DateField(_("order date"), null=True)
    ordered_at = models.DateTimeField(null=True)
    buyer = models.CharField(_("customer"), max_length=200, blank=True)
    buyer_email = models.CharField(max_length=254, blank=True)
    buyer_phone = models.CharField(max_length=40, blank=True)
    currency = CurrencyField(_("currency"), blank=True)
    amount = MoneyField(_("amount"), null=True)
    paid_seen_at = models.DateTimeField(null=True)
    cancelled_seen_at = models.DateTimeField(null=True)
    buyer_erased_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=60, blank=True)
    problem_params = models.JSONField(default=dict)

    objects = ShopOrderQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["shop", "order_id"], name="shop_order_once"),
            models.UniqueConstraint(
                fields=["shop", "number"], condition=~Q(number=""), name="shop_order_number_once"
            ),
        )
        indexes = (
            models.Index(fields=["ordered_on", "id"], name="shop_order_day"),
            models.Index(
                fields=["shop", "id"], condition=~Q(problem=""), name="shop_order_problem"
            ),
            models.Index(
                fields=["buyer_email"], condition=~Q(buyer_email=""), name="shop_order_buyer"
            ),
        )

    def __str__(self) -> str:
        return self.number or self.order_id


class ShopRefund(models.Model):
    """Money given back on an order, as the shop last described it; it may come before its order."""

    order = models.ForeignKey(ShopOrder, models.PROTECT, related_name="refunds")
    refund_id = models.CharField(max_length=ORDER_ID_MAX)
    facts = models.JSONField()
    updated_at = models.DateTimeField()
    stamp = models.CharField(max_length=120)
    delivery = models.ForeignKey(Delivery, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["order", "refund_id"], name="shop_refund_once"),
        )

    def __str__(self) -> str:
        return f"{self.order}: {self.refund_id}"


class BookedDay(models.Model):
    """The open day on which a line counts that belongs to a closed one, and who decided it."""

    order = models.ForeignKey(ShopOrder, models.PROTECT, related_name="booked_days")
    line_number = models.CharField(max_length=40)
    on = models.DateField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=1000)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["order", "line_number"], name="booked_day_once"),
        )

    def __str__(self) -> str:
        return f"{self.order}/{self.line_number}: {self.on}"
