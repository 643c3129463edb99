"""Keeping the files of sums up with the order lines."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings

from paceline.files.queries import path_of_digest
from paceline.insights import cubes
from paceline.insights.cubes.columns import FAR
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
    if now.behind:
        if _lines_between(now.behind[0], month_after(now.behind[-1])) > LINES_AT_ONCE:
            jobs.wake("insights_catch_up")
            return now
        _make(now.behind, at)
        now = shelf()
    # A month's visits follow from all months before it. Without them customers are counted slowly.
    if missing := cubes.months_without_visits(folder(), now.digests):
        if _lines_between(missing[0], FAR) > LINES_AT_ONCE:
            jobs.wake("insights_catch_up")
        else:
            _make_visits(now)
    return now


def catch_up(*, at: datetime) -> int:
    """Make every month that changed again and forget files that no longer count; how many."""
    behind = shelf().behind
    _make(behind, at)
    now = shelf()
    _make_visits(now)
    visits = set(cubes.chain(now.digests).values())
    terms = {one.name for one in cubes.terms_of(now.digests)}
    cubes.sweep(folder(), set(now.digests.values()) | latest_digests() | visits | terms)
    cubes.make_terms(folder(), now.digests, memory=settings.INSIGHTS_MEMORY_MIB)
    return len(behind)


def _lines_between(first: date, last: date) -> int:
    """How many lines there are of some days, as far as it matters."""
    lines = OrderLine.objects.filter(ordered_on__gte=first, ordered_on__lt=last)
    return lines[: LINES_AT_ONCE + 1].count()


def _make_visits(now: Shelf) -> None:
    cubes.make_visits(folder(), now.digests, memory=settings.INSIGHTS_MEMORY_MIB)


def _make(months: tuple[date, ...], at: datetime) -> None:
    for month in months:
        for snapshot in snapshot_months(month, month_after(month), at):
            if not cubes.is_made(folder(), snapshot.digest):
                source = path_of_digest(snapshot.digest)
                cubes.make_cubes(
                    source, snapshot.digest, folder(), memory=settings.INSIGHTS_MEMORY_MIB
                )
