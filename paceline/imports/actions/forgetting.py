"""Uploaded files go when nothing needs them any more; what was taken from them stays."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from paceline.files.actions import remove_file
from paceline.files.models import StoredFile
from paceline.files.queries import is_held
from paceline.imports.models import Import, ImportProblem, ImportState
from paceline.kernel import audit

# In these states nothing reads the file again: an import is undone by what was kept of its rows.
SETTLED = (ImportState.COMMITTED, ImportState.UNDONE, ImportState.DISCARDED)
PART = 200


@transaction.atomic
def forget_files(*, imports: Collection[int], at: datetime) -> int:
    """Remove the bytes of settled imports, of their rejected lines, and what was said of lines.

    A file that something else holds as well stays. Returns how many files went.
    """
    rows = Import.objects.select_for_update(of=("self",)).filter(pk__in=imports, state__in=SETTLED)
    return _forget(list(rows.order_by("pk")), at)


def _forget(sources: list[Import], at: datetime) -> int:
    ids = [one.pk for one in sources]
    ImportProblem.objects.filter(source__in=ids).delete()
    Import.objects.filter(pk__in=ids).update(name="–")
    held = {pk for one in sources for pk in (one.file_id, one.rejected_id) if pk is not None}
    gone = 0
    for file in StoredFile.objects.filter(pk__in=held, removed_at=None).order_by("pk"):
        if not is_held(file, but=(Import, ids)):
            remove_file(file=file, at=at)
            gone += 1
    return gone


@transaction.atomic
def forget_old_files(*, at: datetime) -> int:
    """Remove files whose import was settled ``IMPORT_FILES_KEPT_DAYS`` ago; one that nobody went on
    with for as long is discarded. Returns how many files went."""
    before = at - timedelta(days=settings.IMPORT_FILES_KEPT_DAYS)
    waiting = Q(state__in=(ImportState.UPLOADED, ImportState.CHECKED), uploaded_at__lt=before)
    for one in Import.objects.select_for_update(of=("self",)).filter(waiting).order_by("pk")[:PART]:
        one.state = ImportState.DISCARDED
        one.save(update_fields=["state"])
        audit.record("import_discarded", subject=one, by=None, at=at)
    settled = (
        Q(state=ImportState.COMMITTED, committed_at__lt=before)
        | Q(state=ImportState.UNDONE, undone_at__lt=before)
        | Q(state=ImportState.DISCARDED, uploaded_at__lt=before)
    )
    rows = Import.objects.select_for_update(of=("self",)).filter(settled, file__removed_at=None)
    return _forget(list(rows.exclude(name="–").order_by("pk")[:PART]), at)
