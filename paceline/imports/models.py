"""Files that become rows: uploaded, recognised, mapped, previewed, committed, and undone."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paceline.files.models import StoredFile
from paceline.live.models import Progress
from paceline.org.models import Person, Role

IMPORTERS = (Role.COMPENSATION, Role.FINANCE, Role.ADMINISTRATOR)


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("Uploaded")
    CHECKED = "checked", _("Checked")
    COMMITTING = "committing", _("Being imported")
    COMMITTED = "committed", _("Imported")
    CANCELLED = "cancelled", _("Cancelled")
    UNDONE = "undone", _("Undone")


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, person: Person) -> ImportQuerySet:
        return self if person.has_role(*IMPORTERS) else self.none()


class Import(models.Model):
    """One file on its way into the product, with its control totals."""

    kind = models.CharField(max_length=40)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="imports")
    state = models.CharField(
        max_length=12, choices=ImportState.choices, default=ImportState.UPLOADED
    )
    uploaded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    layout = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    totals = models.JSONField(default=dict)
    progress = models.ForeignKey(Progress, models.PROTECT, null=True, related_name="+")
    committed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    committed_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.kind}: {self.file}"


class ImportProblem(models.Model):
    """One rejected line and why, so that it can be mended and sent again."""

    source = models.ForeignKey(Import, models.CASCADE, related_name="problems")
    row = models.BigIntegerField()
    column = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    text = models.JSONField(default=list)

    class Meta:
        ordering = ("source", "row", "id")

    def __str__(self) -> str:
        return f"{self.source_id}:{self.row} {self.code}"


class ImportMapping(models.Model):
    """Which column of a file feeds which field, remembered by the file's own header."""

    kind = models.CharField(max_length=40)
    header_digest = models.CharField(max_length=64)
    header = models.JSONField()
    mapping = models.JSONField()
    used_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    used_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "header_digest"], name="mapping_once_per_kind_and_header"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.header_digest[:8]}"
