"""Taking a whole import back: here and now, or as a job where it has many lines."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction

from paceline.imports import kinds
from paceline.imports.actions import files
from paceline.imports.actions.commits import COUNTS
from paceline.imports.actions.work import all_or_nothing, claimed
from paceline.imports.kinds import Commit, UndoRefused
from paceline.imports.models import Import, ImportState
from paceline.kernel import audit, jobs
from paceline.live import actions as live
from paceline.live.models import Progress
from paceline.org.models import Person
from paceline.webhooks.actions import announce

# What is taken back while somebody waits for the answer: about half a second.
AT_ONCE_LINES = 2_000


class AlreadyUndone(UndoRefused):
    """The import is being taken back or has been; ``source.undone_by`` says by whom."""

    def __init__(self, source: Import) -> None:
        super().__init__("not_committed")
        self.source = source


@transaction.atomic
def undo(*, source: Import, reason: str, by: Person, at: datetime) -> Import:
    """Take a whole import back: new rows go, changed rows say again what they said before.

    Raises ``UndoRefused`` when closed days or later imports stand on it, and ``AlreadyUndone``;
    then nothing changed.
    """
    source = _claim(source, by=by)
    _take_back(source, reason=reason, by=by, at=at)
    return source


@transaction.atomic
def request_undo(*, source: Import, reason: str, by: Person, at: datetime) -> Import:
    """Take an import of few lines back at once; of one with many, queue it.

    Raises what ``undo`` raises; a job that is refused says so in its progress.
    """
    if _lines(source) <= AT_ONCE_LINES:
        return undo(source=source, reason=reason, by=by, at=at)
    source = _claim(source, by=by)
    source.progress = live.start_progress(kind="import_undo", by=by, at=at, total=_lines(source))
    source.save(update_fields=["state", "undone_by", "progress"])
    jobs.enqueue("imports.undo", import_id=source.pk, reason=reason)
    files.tell(source)
    return source


def run_undo(*, source: Import, reason: str, at: datetime) -> None:
    """What the job does: take back everything or nothing, and say which. Running twice does it
    once.
    """
    source.refresh_from_db()
    progress, by = source.progress, source.undone_by
    if source.state != ImportState.UNDOING or progress is None or by is None:
        return
    try:
        with all_or_nothing(progress, put_back=partial(_keep, source), at=at):
            mine = claimed(source, ImportState.UNDOING)
            _take_back(mine, reason=reason, by=by, at=at, progress=progress)
    except UndoRefused as refused:
        found = refused.problem
        with transaction.atomic():
            _keep(source)
            live.fail(progress, code=found.code, params=found.params, at=at)


def _claim(source: Import, *, by: Person) -> Import:
    source = Import.objects.select_for_update().get(pk=source.pk)
    if source.state in {ImportState.UNDOING, ImportState.UNDONE}:
        raise AlreadyUndone(source)
    if source.state != ImportState.COMMITTED:
        raise UndoRefused("not_committed")
    source.state = ImportState.UNDOING
    source.undone_by = by
    return source


def _lines(source: Import) -> int:
    return int(source.totals.get("new", 0)) + int(source.totals.get("changed", 0))


def _take_back(
    source: Import,
    *,
    reason: str,
    by: Person,
    at: datetime,
    progress: Progress | None = None,
) -> None:

    def step(name: str, done: int = 0) -> None:
        if progress is not None:
            live.advance(progress, done=min(done, progress.total), step=name)

    files.unlimited()
    kind = kinds.kind(source.kind)
    step("asking")
    kind.lock()
    kind.undo(Commit(source=source, by=by, at=at, step=step))
    source.state, source.undone_at = ImportState.UNDONE, at
    source.save(update_fields=["state", "undone_by", "undone_at"])
    after = {key: source.totals.get(key) for key in COUNTS}
    audit.record("import_undone", subject=source, by=by, at=at, before=after, reason=reason)
    announce(kind="import.undone", data={"id": source.pk, "kind": source.kind}, at=at)
    files.tell(source)


def _keep(source: Import) -> None:
    """The import stands as it stood."""
    Import.objects.filter(pk=source.pk, state=ImportState.UNDOING).update(
        state=ImportState.COMMITTED, undone_by=None
    )
    files.tell(source)
