"""Leads: somebody showed interest and nobody knows yet what will come of it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models.customers import Company, Contact
from paceline.crm.models.records import Record, RecordQuerySet
from paceline.org.models import Person


class LeadStatus(models.TextChoices):
    NEW = "new", pgettext_lazy("lead", "New")
    WORKING = "working", pgettext_lazy("lead", "Working on it")
    NURTURING = "nurturing", pgettext_lazy("lead", "Later")
    UNQUALIFIED = "unqualified", pgettext_lazy("lead", "Not a customer")
    CONVERTED = "converted", pgettext_lazy("lead", "Converted")


OPEN_STATUSES = (LeadStatus.NEW, LeadStatus.WORKING, LeadStatus.NURTURING)


class LeadQuerySet(RecordQuerySet):
    """Leads under the rights of records."""


class Lead(Record):
    """Somebody who asked, came by or was found, before it is known whether they will buy.

    A lead that was converted stays, with everything that happened to it.
    """

    name = models.CharField(pgettext_lazy("person", "name"), max_length=200)
    company_name = models.CharField(_("company"), max_length=200, blank=True)
    title = models.CharField(_("job title"), max_length=120, blank=True)
    status = models.CharField(
        _("status"), max_length=12, choices=LeadStatus.choices, default=LeadStatus.NEW
    )
    why_not = models.CharField(_("why not"), max_length=200, blank=True)
    message = models.TextField(_("what they asked"), max_length=10_000, blank=True)
    interest = models.CharField(_("interested in"), max_length=200, blank=True, db_default="")
    languages = ArrayField(
        models.CharField(max_length=10), verbose_name=_("languages"), default=list, blank=True
    )
    country = models.CharField(_("country"), max_length=2, blank=True)
    territory = models.CharField(_("territory"), max_length=80, blank=True)
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    name_keys = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from"
    )

    objects = LeadQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = _("lead")
        constraints = (
            models.CheckConstraint(
                name="lead_rating_in_range",
                condition=Q(rating__isnull=True) | Q(rating__gte=1, rating__lte=5),
            ),
        )
        indexes = (
            models.Index(fields=["team", "status", "-created_at"], name="lead_team_status"),
            models.Index(fields=["owner", "status", "-created_at"], name="lead_owner_status"),
            models.Index(fields=["-created_at", "id"], name="lead_created"),
            GinIndex(fields=["name_keys"], name="lead_name_keys"),
        )

    def __str__(self) -> str:
        return f"lead {self.pk}"


class Conversion(models.Model):
    """What became of a lead: a contact, perhaps with a company and a deal."""

    lead = models.OneToOneField(Lead, models.PROTECT, related_name="conversion")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="conversions")
    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="conversions")
    deal = models.ForeignKey("crm.Deal", models.PROTECT, null=True, related_name="conversions")
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"conversion of lead {self.lead_id}"
