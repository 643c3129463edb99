"""The mail server of the installation: one to send through, one mailbox to look into."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from paceline.org.models import Person


class Security(models.TextChoices):
    TLS = "tls", _("TLS from the first byte")
    STARTTLS = "starttls", _("STARTTLS")
    NONE = "none", _("none (for trials on one machine)")


class MailServer(models.Model):
    """There is one row. Passwords are sealed. ``uid_validity`` and ``last_uid`` are how far the
    mailbox was read; ``site`` is the address under which customers reach this installation."""

    site = models.CharField(_("address of this installation"), max_length=200)
    host = models.CharField(_("host"), max_length=200)
    port = models.PositiveIntegerField(_("port"), default=587)
    security = models.CharField(
        _("encryption"), max_length=8, choices=Security.choices, default=Security.STARTTLS
    )
    user = models.CharField(_("user"), max_length=200, blank=True)
    password = models.BinaryField(null=True)
    from_address = models.EmailField(_("sender"))
    from_name = models.CharField(_("name of the sender"), max_length=120, blank=True)
    footer = models.CharField(_("postal address below mails to many"), max_length=300, blank=True)
    per_hour = models.PositiveIntegerField(_("mails to many in an hour, at most"), default=500)
    reply_address = models.EmailField(_("address for replies"), blank=True)
    box_host = models.CharField(_("host"), max_length=200, blank=True)
    box_port = models.PositiveIntegerField(_("port"), default=993)
    box_security = models.CharField(
        _("encryption"), max_length=8, choices=Security.choices, default=Security.TLS
    )
    box_user = models.CharField(_("user"), max_length=200, blank=True)
    box_password = models.BinaryField(null=True)
    box_folder = models.CharField(_("folder"), max_length=120, default="INBOX")
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    polled_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=40, blank=True)
    changed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()

    objects: models.Manager[Any] = models.Manager()

    class Meta:
        constraints = (
            models.CheckConstraint(name="mail_server_is_one", condition=Q(id=1)),
            models.CheckConstraint(name="mail_server_sends_some", condition=Q(per_hour__gte=1)),
        )

    def __str__(self) -> str:
        return self.host
