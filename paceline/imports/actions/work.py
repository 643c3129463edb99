"""What a job does to an import: all of it or nothing, once, and to be stopped meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from paceline.imports.models import Import, ImportState
from paceline.live import actions as live
from paceline.live.models import Progress
from paceline.live.stops import Stop, stoppable


class Overtaken(Exception):
    """Another run of the job did it already."""


@contextmanager
def all_or_nothing(
    progress: Progress, *, put_back: Callable[[], None], at: datetime
) -> Iterator[Stop]:
    """One transaction of work with its progress: finished, or stopped and ``put_back``.

    A refusal is the caller's to tell: by then nothing of the work is left.
    """
    try:
        with transaction.atomic():
            with stoppable(progress) as stop:
                yield stop
                _check_references(progress)
            live.finish(progress, at=at)
    except Overtaken:
        return
    except live.Cancelled:
        with transaction.atomic():
            put_back()
            live.stop(progress, at=at)


def claimed(source: Import, state: ImportState) -> Import:
    """The import, locked, while it is still for this work. Raises ``Overtaken``."""
    found = Import.objects.select_for_update().get(pk=source.pk)
    if found.state != state:
        raise Overtaken
    return found


def _check_references(progress: Progress) -> None:
    """Ask now what the commit would ask of each row: a commit cannot be stopped any more."""
    live.advance(progress, done=progress.total, step="finishing")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
