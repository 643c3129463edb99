"""Long checks, commits and undos, in the background."""

from __future__ import annotations

from django.utils import timezone

from paceline.imports import actions
from paceline.imports.models import Import
from paceline.kernel import jobs
from paceline.org.models import Person


@jobs.task(name="imports.check")
def check(import_id: int, by_id: int) -> None:
    source = Import.objects.get(pk=import_id)
    with jobs.ending(lambda: actions.abandon(source=source, at=timezone.now())):
        actions.run_check(source=source, by=Person.objects.get(pk=by_id), at=timezone.now())


@jobs.task(name="imports.commit")
def commit(import_id: int) -> None:
    source = Import.objects.get(pk=import_id)
    with jobs.ending(lambda: actions.abandon(source=source, at=timezone.now())):
        actions.run_commit(source=source, at=timezone.now())


@jobs.task(name="imports.undo")
def undo(import_id: int, reason: str) -> None:
    source = Import.objects.get(pk=import_id)
    with jobs.ending(lambda: actions.abandon(source=source, at=timezone.now())):
        actions.run_undo(source=source, reason=reason, at=timezone.now())


@jobs.every("20 19 * * *", name="imports.forget_old_files")
def forget_old_files(timestamp: int) -> None:  # noqa: ARG001 - the time planned for
    """Every night (of Taipei and Shanghai); a part is a transaction."""
    while actions.forget_old_files(at=timezone.now()):
        pass
