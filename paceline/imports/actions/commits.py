"""Writing a checked import, once."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from functools import partial

from django.db import transaction

from paceline.imports import kinds, mapping
from paceline.imports.actions import files
from paceline.imports.actions.files import ChangedSincePreview
from paceline.imports.actions.work import all_or_nothing, claimed
from paceline.imports.kinds import Changes, Check, Commit, RecordRefused, Step
from paceline.imports.layout import FileUnreadable, Layout
from paceline.imports.models import Import, ImportMapping, ImportState
from paceline.kernel import audit, jobs
from paceline.live import actions as live
from paceline.live.models import Progress
from paceline.live.stops import Stop
from paceline.org.models import Person
from paceline.webhooks.actions import announce

COUNTS = ("accepted", "rejected", "new", "changed", "same", "digest")


class NotChecked(Exception):
    """The import has not been checked, or was put away."""


class AlreadyCommitted(Exception):
    """The import is being written or has been; ``source.committed_by`` says by whom."""

    def __init__(self, source: Import) -> None:
        super().__init__(str(source))
        self.source = source


@transaction.atomic
def request_commit(*, source: Import, by: Person, at: datetime) -> Import:
    """Claim a checked import and queue its writing. Whoever comes second is told who was first.

    Raises ``NotChecked`` and ``AlreadyCommitted``.
    """
    source = _claim(source, by=by)
    source.progress = live.start_progress(
        kind="import_commit", by=by, at=at, total=source.totals["accepted"]
    )
    source.save(update_fields=["state", "committed_by", "progress"])
    jobs.enqueue("imports.commit", import_id=source.pk)
    return source


def _claim(source: Import, *, by: Person) -> Import:
    source = Import.objects.select_for_update().get(pk=source.pk)
    if source.state in {ImportState.COMMITTING, ImportState.COMMITTED}:
        raise AlreadyCommitted(source)
    if source.state != ImportState.CHECKED or not source.totals["accepted"]:
        raise NotChecked(source)
    source.state = ImportState.COMMITTING
    source.committed_by = by
    return source


def run_commit(*, source: Import, at: datetime) -> None:
    """What the job does: write everything or nothing, and say which. Running twice writes once."""
    source.refresh_from_db()
    progress, by = source.progress, source.committed_by
    if source.state != ImportState.COMMITTING or progress is None or by is None:
        return
    try:
        with all_or_nothing(progress, put_back=partial(_release, source), at=at) as stop:
            _write(source, by=by, at=at, progress=progress, stop=stop)
    except (ChangedSincePreview, FileUnreadable, RecordRefused):
        with transaction.atomic():
            _release(source)
            live.fail(progress, code="changed_since_preview", at=at)
            files.check(source=source, by=by, at=at)


@transaction.atomic
def abandon(*, source: Import, at: datetime) -> None:
    """After an unexpected error: nothing was kept, and the import can be tried again."""
    source = Import.objects.select_for_update().get(pk=source.pk)
    back = {
        ImportState.COMMITTING: ImportState.CHECKED,
        ImportState.CHECKING: ImportState.UPLOADED,
        ImportState.UNDOING: ImportState.COMMITTED,
    }.get(ImportState(source.state))
    if back is None:
        return
    if source.state == ImportState.UNDOING:
        source.undone_by = None
    else:
        source.committed_by = None
    source.state = back
    source.save(update_fields=["state", "committed_by", "undone_by"])
    if source.progress is not None:
        live.fail(source.progress, code="unexpected", at=at)
    files.tell(source)


def _release(source: Import) -> None:
    """The import is as it was checked, and can be written again."""
    Import.objects.filter(pk=source.pk, state=ImportState.COMMITTING).update(
        state=ImportState.CHECKED, committed_by=None
    )
    files.tell(source)


@transaction.atomic
def commit(
    *, source: Import, by: Person, at: datetime, looked: files.Looked | None = None
) -> Import:
    """Write a checked import here and now; what was ``looked`` at in this transaction as it is.

    Raises ``NotChecked``, ``AlreadyCommitted`` and ``ChangedSincePreview``; then nothing changed.
    """
    source = _claim(source, by=by)
    source.save(update_fields=["state", "committed_by"])
    _write(source, by=by, at=at, progress=None, looked=looked)
    source.refresh_from_db()
    return source


def _write(
    source: Import,
    *,
    by: Person,
    at: datetime,
    progress: Progress | None,
    looked: files.Looked | None = None,
    stop: Stop | None = None,
) -> None:
    files.unlimited()
    source = claimed(source, ImportState.COMMITTING)

    def step(name: str, done: int = 0) -> None:
        if progress is not None:
            live.advance(progress, done=min(done, progress.total), step=name)

    step("reading")
    commit = Commit(source=source, by=by, at=at, step=step)
    kind = kinds.kind(source.kind, by)
    kind.lock()
    checked, changes = (
        (looked.checked, looked.changes) if looked else _look_again(source, by, step, stop)
    )
    written = kind.apply(checked, changes, commit)
    if source.totals.pop("unrehearsed", False):
        source.totals |= asdict(written)
    elif written != changes:
        raise ChangedSincePreview(source)
    source.state = ImportState.COMMITTED
    source.committed_at = at
    source.save(update_fields=["state", "committed_at", "totals"])
    _remember(source, by=by, at=at)
    after = {key: source.totals.get(key) for key in (*COUNTS, "sums")}
    audit.record("import_committed", subject=source, by=by, at=at, after=after)
    announce(kind="import.committed", data={"id": source.pk, "kind": source.kind}, at=at)
    files.tell(source)


def _look_again(source: Import, by: Person, step: Step, stop: Stop | None) -> tuple[Check, Changes]:
    """Read what was shown once more. Raises ``ChangedSincePreview`` where that is different now."""
    checked, _cells, _used = files.examine(source, by, stop)
    step("comparing")
    if checked.kind.by_record:
        files.leave_out_rejected(source, checked)
        changes = Changes(**{name: source.totals[name] for name in ("new", "changed", "same")})
    else:
        changes = checked.kind.match(checked)
    files.compare_with_preview(source, checked, changes)
    return checked, changes


def _remember(source: Import, *, by: Person, at: datetime) -> None:
    layout = Layout.from_json(source.layout)
    ImportMapping.objects.update_or_create(
        kind=source.kind,
        header_digest=mapping.header_digest(layout),
        defaults={
            "header": list(layout.columns),
            "mapping": source.mapping,
            "used_by": by,
            "used_at": at,
        },
    )
