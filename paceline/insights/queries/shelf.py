"""Which files of order lines there are, and which months changed since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db.models import OuterRef, Subquery

from paceline.insights import cubes
from paceline.orders.models import MonthRevision, MonthSnapshot


@dataclass(frozen=True, slots=True)
class Shelf:
    """``digests`` by month; ``behind`` months changed since their file was made, or have none."""

    digests: dict[date, str]
    behind: tuple[date, ...]


def folder() -> Path:
    return Path(settings.INSIGHTS_CUBES)


def shelf() -> Shelf:
    """The files that stand, of each month the newest. One query, two where months are behind."""
    current = MonthSnapshot.objects.filter(month=OuterRef("month"), revision=OuterRef("revision"))
    rows = MonthRevision.objects.annotate(digest=Subquery(current.values("digest")[:1]))
    digests: dict[date, str] = {}
    behind = []
    for month, digest in rows.order_by("month").values_list("month", "digest"):
        if digest is not None and cubes.is_made(folder(), digest):
            digests[month] = digest
        else:
            behind.append(month)
    if behind:
        older = MonthSnapshot.objects.filter(month__in=behind).order_by("revision")
        known = older.values_list("month", "digest")
        digests |= {month: digest for month, digest in known if cubes.is_made(folder(), digest)}
    return Shelf(digests, tuple(behind))


def latest_digests() -> set[str]:
    """The hashes of each month's two newest snapshots: an open page may still read the older."""
    by_month: dict[date, list[str]] = {}
    for month, digest in MonthSnapshot.objects.order_by("-revision").values_list("month", "digest"):
        by_month.setdefault(month, []).append(digest)
    return {digest for digests in by_month.values() for digest in digests[:2]}
