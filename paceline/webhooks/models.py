"""Addresses of other systems that are told what happened, and every message and try."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from paceline.org.models import Person, Role

KEEPERS = (Role.ADMINISTRATOR,)


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def visible_to(self, person: Person) -> EndpointQuerySet:
        """Administrators keep the connections of the company."""
        return self.filter(removed_at__isnull=True) if person.has_role(*KEEPERS) else self.none()

    def listening(self, kind: str) -> EndpointQuerySet:
        """Those that are on and asked for a kind."""
        on = self.filter(disabled_at__isnull=True, removed_at__isnull=True)
        return on.filter(kinds__contains=[kind])


class Endpoint(models.Model):
    """Where messages go, about what, and the secret (sealed) that signs them.

    A replaced secret signs beside the new one until ``old_secret_until``. ``failing_since`` is the
    first failure after the last success.
    """

    url = models.CharField(_("address"), max_length=500)
    description = models.CharField(_("what it is for"), max_length=120, blank=True)
    kinds = ArrayField(models.CharField(max_length=60))
    secret = models.BinaryField()
    old_secret = models.BinaryField(null=True)
    old_secret_until = models.DateTimeField(null=True)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"))
    failing_since = models.DateTimeField(_("failing since"), null=True)
    disabled_at = models.DateTimeField(_("switched off"), null=True)
    removed_at = models.DateTimeField(null=True)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.description or self.url


class Message(models.Model):
    """One event for one endpoint: kinds and ids, never content. Receivers know it by ``key``.

    ``turn`` grows with every job that is queued for it, and only the last one may send; ``sending``
    is the turn of the try that is under way.
    """

    endpoint = models.ForeignKey(Endpoint, models.PROTECT, related_name="messages")
    key = models.UUIDField(unique=True, default=uuid.uuid4)
    kind = models.CharField(_("what"), max_length=60)
    body = models.TextField()
    made_at = models.DateTimeField(_("when"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_at = models.DateTimeField(_("next try"), null=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    given_up_at = models.DateTimeField(_("given up"), null=True)
    turn = models.PositiveIntegerField(default=0)
    sending = models.PositiveIntegerField(null=True)
    sending_since = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["endpoint", "-id"], name="webhook_message_newest"),
            models.Index(
                fields=["made_at"],
                condition=Q(delivered_at__isnull=False) | Q(given_up_at__isnull=False),
                name="webhook_message_over",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(sending__isnull=True, sending_since__isnull=True)
                | Q(sending__isnull=False, sending_since__isnull=False),
                name="webhook_message_sending_since",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def id_header(self) -> str:
        """``webhook-id``: the same for every try."""
        return f"msg_{self.key.hex}"


class Attempt(models.Model):
    """One try to deliver a message, and how it ended: ``delivered``, or why not."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="attempts")
    at = models.DateTimeField(_("when"))
    outcome = models.CharField(_("how it ended"), max_length=20)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    milliseconds = models.PositiveIntegerField(_("milliseconds"), default=0)
    excerpt = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("message", "id")

    def __str__(self) -> str:
        return f"{self.message}: {self.outcome}"
