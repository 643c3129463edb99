"""What shops said, and what became of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paceline.orders.shops.models.shops import KEEPERS, READERS, Shop
from paceline.org.models import Person


class Said(models.TextChoices):
    SENT = "sent", _("Sent by the shop")
    ASKED = "asked", _("Asked of the shop")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, person: Person) -> DeliveryQuerySet:
        return self if person.has_role(*KEEPERS, *READERS) else self.none()


class Delivery(models.Model):
    """What a shop said, byte by byte; never changed and never deleted (a trigger).

    It is only emptied: when its buyer is erased, and long after it was taken in.

    ``delivery_id`` is the shop's own id of the message: the same message again is the same row.
    ``said_at`` is when the shop says that it spoke, where it says so.
    """

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="deliveries")
    delivery_id = models.CharField(_("message"), max_length=120)
    topic = models.CharField(_("topic"), max_length=80, blank=True)
    how = models.CharField(max_length=5, choices=Said.choices, default=Said.SENT)
    body = models.BinaryField()
    digest = models.CharField(max_length=64)
    said_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(_("received"))
    emptied_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["shop", "delivery_id"], name="delivery_once"),
        )

    def __str__(self) -> str:
        return f"{self.shop}: {self.delivery_id}"


class OutcomeState(models.TextChoices):
    TAKEN = "taken", _("Taken in")
    KNOWN = "known", _("Older than what is known")
    IGNORED = "ignored", _("Nothing to take in")
    WAITING = "waiting", _("Waits for its order")
    REFUSED = "refused", _("Cannot be taken in")


class Outcome(models.Model):
    """What became of a delivery. ``code`` and ``params`` are worded in ``wording``."""

    delivery = models.OneToOneField(
        Delivery, models.PROTECT, related_name="outcome", primary_key=True
    )
    state = models.CharField(_("state"), max_length=8, choices=OutcomeState.choices)
    code = models.CharField(max_length=60, blank=True)
    params = models.JSONField(default=dict)
    order = models.ForeignKey("ShopOrder", models.PROTECT, null=True, related_name="outcomes")
    attempts = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.delivery_id}: {self.state}"


class Turned(models.Model):
    """Messages that were turned away at the door, counted by day and reason; none is kept."""

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="turned")
    on = models.DateField()
    code = models.CharField(max_length=40)
    count = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["shop", "on", "code"], name="turned_once_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.shop} {self.on} {self.code}: {self.count}"
