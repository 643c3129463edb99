"""Shops, what stops them, and the secrets shared with them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.kernel.money import CurrencyField
from paceline.org.models import Person, Role, Team

# Who keeps shops, and who reads what they sell; the written matrix is in access.py.
KEEPERS = (Role.ADMINISTRATOR, Role.COMPENSATION)
READERS = (Role.COMPENSATION, Role.FINANCE)


class ShopKind(models.TextChoices):
    SHOPIFY = "shopify", "Shopify"
    WOOCOMMERCE = "woocommerce", "WooCommerce"
    WEBHOOK = "webhook", _("Signed messages (Standard Webhooks)")
    FILES = "files", _("Files from a folder or SFTP")


class ShopQuerySet(models.QuerySet["Shop"]):
    def visible_to(self, person: Person) -> ShopQuerySet:
        """Those who keep shops and those who read what they sell see all of them."""
        return self if person.has_role(*KEEPERS, *READERS) else self.none()


class Shop(models.Model):
    """One shop that sends its orders, known to the world by an address that cannot be guessed.

    ``source`` is the sales system by which order lines know it. Days are those of ``time_zone``.
    ``currency`` counts where an order names none. ``options`` are the connector's own.
    """

    kind = models.CharField(_("kind"), max_length=20, choices=ShopKind.choices)
    name = models.CharField(pgettext_lazy("shop", "name"), max_length=80, unique=True)
    source = models.SlugField(_("sales system"), max_length=40, unique=True)
    key = models.CharField(max_length=64, unique=True)
    address = models.CharField(_("address of the shop"), max_length=200, blank=True)
    currency = CurrencyField(_("currency"))
    time_zone = models.CharField(_("time zone"), max_length=64)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    options = models.JSONField(default=dict)
    set_up_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    set_up_at = models.DateTimeField()

    objects = ShopQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class StopKind(models.TextChoices):
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")


class ShopStop(models.Model):
    """Why a shop's orders are not taken in: paused for a while, or ended for good."""

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="stops")
    kind = models.CharField(max_length=8, choices=StopKind.choices)
    reason = models.CharField(max_length=1000)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    lifted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["shop"], condition=Q(lifted_at__isnull=True), name="shop_stopped_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.shop}: {self.kind}"


class SecretUse(models.TextChoices):
    SIGNING = "signing", _("Signing secret")
    ASKING = "asking", _("Access to the shop")


class ShopSecret(models.Model):
    """A secret shared with a shop, sealed. A replaced one is still good until ``ends_at``."""

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="secrets")
    use = models.CharField(max_length=8, choices=SecretUse.choices)
    sealed = models.BinaryField()
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["shop", "use"], condition=Q(ends_at__isnull=True), name="secret_in_use_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.shop}: {self.use}"
