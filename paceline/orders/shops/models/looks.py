"""Looks at what a shop holds: comparisons over its API, and files that it left."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from paceline.imports.models import Import
from paceline.orders.shops.models.shops import Shop


class Comparison(models.Model):
    """A look at everything that a shop says changed since the last look: the reconciliation.

    ``failure`` says why it ended early, ``warning`` what should be known although it did not; both
    are worded in ``wording``.
    """

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="comparisons")
    since = models.DateTimeField()
    until = models.DateTimeField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    orders = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=60, blank=True)
    failure_params = models.JSONField(default=dict)
    warning = models.CharField(max_length=60, blank=True, default="")
    warning_params = models.JSONField(default=dict)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.shop} {self.until:%Y-%m-%d}"


class ShopFile(models.Model):
    """A file that a shop left: taken once by its content, when it stopped growing."""

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="files")
    name = models.CharField(_("file"), max_length=255)
    size = models.BigIntegerField()
    changed_at = models.BigIntegerField()
    seen_at = models.DateTimeField()
    digest = models.CharField(max_length=64, blank=True)
    taken_at = models.DateTimeField(null=True)
    source = models.ForeignKey(Import, models.PROTECT, null=True, related_name="+")
    code = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["shop", "digest"], condition=~Q(digest=""), name="shop_file_once"
            ),
            models.UniqueConstraint(
                fields=["shop", "name"], condition=Q(digest=""), name="shop_file_seen_once"
            ),
        )

    def __str__(self) -> str:
        return self.name
