"""Mails, templates, mails to many, and addresses that get none."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models import Activity, Contact, Deal, Lead, scope_of
from paceline.crm.models.timeline import TEXT_MAX
from paceline.files.models import StoredFile
from paceline.org.models import Person, Team


class TemplateQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """Those of one's own teams and of those one leads."""
        scope = scope_of(person)
        rows = self.filter(removed_at__isnull=True)
        if scope.oversees:
            return rows
        return rows.filter(team_id__in=scope.all_teams) if scope.sells else rows.none()


class MailTemplate(models.Model):
    """Words to send again: ``texts`` by language, ``{"subject", "body"}``, with placeholders.

    ``is_offer``: it advertises, so it goes only to whoever consented and bears a way to end it.
    """

    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("team"))
    name = models.CharField(_("name"), max_length=80)
    is_offer = models.BooleanField(_("it advertises something"), default=True)
    texts = models.JSONField(default=dict)
    made_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class Mailing(models.Model):
    """One template to many: who was chosen, how many got it, and why others did not (by reason)."""

    of = models.CharField(max_length=7)
    ids = models.JSONField(default=list)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("when"))
    template = models.ForeignKey(MailTemplate, models.PROTECT, null=True, related_name="+")
    begun_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    progress = models.ForeignKey("live.Progress", models.SET_NULL, null=True, related_name="+")

    objects: models.Manager[Any] = models.Manager()

    class Meta:
        ordering = ("-made_at", "-id")

    def __str__(self) -> str:
        return f"mailing {self.pk}"


class Flow(models.TextChoices):
    IN = "in", pgettext_lazy("direction of a call or mail", "Incoming")
    OUT = "out", pgettext_lazy("direction of a call or mail", "Outgoing")


class MailState(models.TextChoices):
    QUEUED = "queued", pgettext_lazy("mail", "Waiting")
    SENT = "sent", pgettext_lazy("mail", "Sent")
    FAILED = "failed", pgettext_lazy("mail", "Failed")
    DROPPED = "dropped", pgettext_lazy("mail", "Not sent")
    RECEIVED = "received", pgettext_lazy("mail", "Received")


class MailQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """As what was said: the most particular record decides."""
        scope = scope_of(person)
        if scope.oversees:
            return self
        if not scope.sells:
            return self.none()
        no_deal = Q(deal__isnull=True)
        return self.filter(
            Q(deal__in=Deal.objects.visible_to(person))
            | (no_deal & Q(contact__in=Contact.objects.visible_to(person)))
            | (no_deal & Q(contact__isnull=True, lead__in=Lead.objects.visible_to(person)))
        )


class Mail(models.Model):
    """One mail to or from a customer. ``thread`` is the first mail of its conversation; ``token``
    stands in the address for replies, so that an answer finds it. ``text`` and ``html`` are clean:
    nothing in them runs or fetches."""

    flow = models.CharField(max_length=3, choices=Flow.choices)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="mails")
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, related_name="mails")
    deal = models.ForeignKey(Deal, models.PROTECT, null=True, related_name="mails")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    mailing = models.ForeignKey(Mailing, models.PROTECT, null=True, related_name="mails")
    template = models.ForeignKey(MailTemplate, models.PROTECT, null=True, related_name="+")
    thread = models.ForeignKey("self", models.PROTECT, null=True, related_name="answers")
    message_id = models.CharField(max_length=300, unique=True)
    in_reply_to = models.CharField(max_length=300, blank=True)
    token = models.CharField(max_length=32, unique=True)
    language = models.CharField(max_length=10, blank=True)
    from_address = models.CharField(_("from"), max_length=320, blank=True)
    to_address = models.CharField(_("to"), max_length=320, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(max_length=TEXT_MAX, blank=True)
    html = models.TextField(blank=True)
    is_offer = models.BooleanField(default=False)
    state = models.CharField(_("state"), max_length=8, choices=MailState.choices)
    made_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("when"), null=True)
    problem = models.CharField(max_length=200, blank=True)
    bounced_at = models.DateTimeField(null=True)
    activity = models.ForeignKey(Activity, models.SET_NULL, null=True, related_name="+")

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="mail_of_somebody",
                condition=Q(contact__isnull=False) | Q(lead__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["mailing", "to_address"],
                condition=Q(mailing__isnull=False) & ~Q(to_address=""),
                name="mailing_once_per_address",
            ),
        )
        indexes = (
            models.Index(fields=["contact", "-made_at"], name="mail_of_contact"),
            models.Index(fields=["lead", "-made_at"], name="mail_of_lead"),
        )

    def __str__(self) -> str:
        return f"mail {self.pk}"


class MailFileQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """Whoever reads the mail."""
        return self.filter(mail__in=Mail.objects.visible_to(person))


class MailFile(models.Model):
    """A file that came with a mail. ``refused`` says why its bytes were not kept: ``type``,
    ``size`` or ``count``."""

    mail = models.ForeignKey(Mail, models.CASCADE, related_name="files")
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    name = models.CharField(_("name"), max_length=200)
    size = models.PositiveBigIntegerField()
    refused = models.CharField(max_length=5, blank=True)

    objects = MailFileQuerySet.as_manager()

    class Meta:
        ordering = ("mail", "id")
        constraints = (
            models.CheckConstraint(
                name="mail_file_kept_or_refused",
                condition=Q(file__isnull=False, refused="")
                | (Q(file__isnull=True) & ~Q(refused="")),
            ),
        )

    def __str__(self) -> str:
        return self.name


class StopKind(models.TextChoices):
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    BOUNCED = "bounced", _("Came back")


class Stop(models.Model):
    """An address that gets no mail to many any more: its keyed hash, so that it holds for whoever
    bears the address, and after the person was forgotten."""

    digest = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=StopKind.choices)
    at = models.DateTimeField()
    code = models.CharField(max_length=20, blank=True)

    objects: models.Manager[Any] = models.Manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["digest", "kind"], name="stop_once_per_address"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
