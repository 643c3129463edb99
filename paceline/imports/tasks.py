"""Long checks and commits, in the background."""

from __future__ import annotations

from django.utils import timezone

from paceline.imports import actions
from paceline.imports.models import Import
from paceline.kernel import jobs
from paceline.org.models import Person


@jobs.task(name="imports.check")
def check(import_id: int, by_id: int) -> None:
    source = Import.objects.get(pk=import_id)
    actions.run_check(source=source, by=Person.objects.get(pk=by_id), at=timezone.now())


@jobs.task(name="imports.commit")
def commit(import_id: int) -> None:
    actions.run_commit(source=Import.objects.get(pk=import_id), at=timezone.now())
