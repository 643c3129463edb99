"""Keeping the files of sums up with the order lines."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings

from paceline.files.queries import path_of_digest
from paceline.insights import cubes
from paceline.insights.queries.shelf import Shelf, folder, latest_digests, shelf
from paceline.kernel import jobs
from paceline.kernel.periods import month_after
from paceline.orders.actions import snapshot_months
from paceline.orders.models import OrderLine

# So many changed lines are read while somebody waits for the page; more are a job's.
LINES_AT_ONCE = 60_000


def bring_up_to_date(*, at: datetime) -> Shelf:
    """The files that stand, after months with few lines that changed were made again. Where more
    changed, a job is asked to, and the older files count until then."""
    now = shelf()
    if not now.behind:
        return now
    first, last = now.behind[0], month_after(now.behind[-1])
    changed = OrderLine.objects.filter(ordered_on__gte=first, ordered_on__lt=last)
    if changed[: LINES_AT_ONCE + 1].count() > LINES_AT_ONCE:
        jobs.enqueue("insights_catch_up", lock="insights_catch_up")
        return now
    _make(now.behind, at)
    return shelf()


def catch_up(*, at: datetime) -> int:
    """Make every month that changed again and forget files that no longer count; how many."""
    behind = shelf().behind
    _make(behind, at)
    cubes.sweep(folder(), set(shelf().digests.values()) | latest_digests())
    return len(behind)


def _make(months: tuple[date, ...], at: datetime) -> None:
    for month in months:
        for snapshot in snapshot_months(month, month_after(month), at):
            if not cubes.is_made(folder(), snapshot.digest):
                source = path_of_digest(snapshot.digest)
                cubes.make_cubes(
                    source, snapshot.digest, folder(), memory=settings.INSIGHTS_MEMORY_MIB
                )
