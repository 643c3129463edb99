"""Files that become rows: uploaded, recognised, mapped, previewed, committed, and undone."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from paceline.files.models import StoredFile
from paceline.imports.kinds import private_kinds
from paceline.live.models import Progress
from paceline.org.models import Person, Role

# Who may read what was imported; who may import is a right of each kind (access.py).
READERS = (Role.COMPENSATION, Role.FINANCE)
PROBLEMS_KEPT = 1_000


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("Uploaded")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked")
    COMMITTING = "committing", _("Being imported")
    COMMITTED = "committed", _("Imported")
    DISCARDED = "discarded", _("Discarded")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, person: Person) -> ImportQuerySet:
        """The pay desk sees all but files of private kinds; HR and administrators see what they
        brought themselves, and so do those who sell.
        """
        if person.has_role(*READERS):
            return self.filter(~Q(kind__in=private_kinds()) | Q(uploaded_by=person))
        if person.has_role(Role.HR, Role.ADMINISTRATOR, Role.SALESPERSON, Role.LEAD):
            return self.filter(uploaded_by=person)
        return self.none()


class Import(models.Model):
    """One file on its way into the product, with its control totals."""

    kind = models.CharField(max_length=40)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="imports")
    name = models.CharField(_("file"), max_length=255)
    state = models.CharField(
        _("state"), max_length=12, choices=ImportState.choices, default=ImportState.UPLOADED
    )
    uploaded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded"))
    layout = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    totals = models.JSONField(default=dict)
    refusal = models.JSONField(default=dict)
    rejected = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    progress = models.ForeignKey(Progress, models.PROTECT, null=True, related_name="+")
    committed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    committed_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


class ImportProblem(models.Model):
    """Why a line was rejected, or what is worth knowing about it; the first thousand are kept.

    ``row`` counts as a spreadsheet does, 0 is the file as a whole. All rejected lines with all
    their reasons are in ``Import.rejected``.
    """

    source = models.ForeignKey(Import, models.CASCADE, related_name="problems")
    row = models.BigIntegerField()
    column = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    severity = models.CharField(max_length=8, default="error")

    class Meta:
        ordering = ("source", "row", "id")

    def __str__(self) -> str:
        return f"{self.source_id}:{self.row} {self.code}"


class RowPicture(models.Model):
    """One row of the company's own tables before and after an import wrote it, for undo.

    Only small tables are kept so (people, seats, teams); order lines have typed tables.
    """

    source = models.ForeignKey(Import, models.PROTECT, related_name="+")
    table = models.CharField(max_length=63)
    row_id = models.BigIntegerField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.table} {self.row_id}"


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
