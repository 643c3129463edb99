"""Where records came from: what other systems call them, and the files that brought them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from paceline.crm.models.customers import Company, Contact
from paceline.crm.models.deals import Deal
from paceline.crm.models.leads import Lead
from paceline.crm.models.records import RECORD_KINDS, on_one_record
from paceline.crm.models.timeline import HangingQuerySet
from paceline.imports.models import Import
from paceline.org.models import Team


class ExternalKey(models.Model):
    """What another system calls a record of a team, so that its next export finds it again."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    origin = models.CharField(max_length=40)
    value = models.CharField(max_length=120)
    source_import = models.ForeignKey(Import, models.PROTECT, null=True, related_name="+")
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="external_keys")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="external_keys")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, related_name="external_keys")
    deal = models.ForeignKey(Deal, models.CASCADE, null=True, related_name="external_keys")

    objects = HangingQuerySet.as_manager()

    class Meta:
        constraints = (
            on_one_record("external_key_of_one_record"),
            *(
                models.UniqueConstraint(
                    fields=["team", "origin", "value"],
                    condition=Q(**{f"{kind}__isnull": False}),
                    name=f"external_key_once_per_{kind}",
                )
                for kind in RECORD_KINDS
            ),
        )

    def __str__(self) -> str:
        return f"{self.origin} {self.value}"


class ImportedRecord(models.Model):
    """That a file brought or changed a record: the line, and the version that it made.

    While the record still has this version the import can be taken back.
    """

    source_import = models.ForeignKey(Import, models.PROTECT, related_name="+")
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="imported")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="imported")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, related_name="imported")
    deal = models.ForeignKey(Deal, models.CASCADE, null=True, related_name="imported")
    row = models.PositiveBigIntegerField()
    version = models.PositiveIntegerField()
    is_new = models.BooleanField()

    objects = HangingQuerySet.as_manager()

    class Meta:
        constraints = (on_one_record("imported_record_is_one"),)

    def __str__(self) -> str:
        return f"line {self.row} of import {self.source_import_id}"
