"""Days that a final run has used, and months whose lines changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.db import connection, transaction

from paceline.imports.actions import staging
from paceline.kernel import audit
from paceline.orders import news
from paceline.orders.models import ANCHOR_DAYS, ORDERED_ON, ClosedDays
from paceline.org.models import Person

LOCK = "order lines"


class LinesAreBusy(Exception):
    """Order lines are being imported; closing days has to wait for it."""


@transaction.atomic
def close_days(
    *,
    starts_on: date,
    ends_before: date,
    dates: Collection[str] = (ORDERED_ON,),
    by: Person | None,
    at: datetime,
) -> ClosedDays:
    """From now on no line with one of these days changes. Closing them twice changes nothing.

    ``dates`` says which days of a line the final run went by (``ANCHOR_DAYS``). Raises
    ``LinesAreBusy`` while an import writes.
    """
    if not staging.try_lock_target(LOCK):
        raise LinesAreBusy
    meant = [name for name in ANCHOR_DAYS if name in dates]
    closed, is_new = ClosedDays.objects.get_or_create(
        starts_on=starts_on,
        ends_before=ends_before,
        defaults={"dates": meant, "closed_by": by, "closed_at": at},
    )
    missing = [name for name in meant if name not in closed.dates]
    if missing:
        closed.dates = [name for name in ANCHOR_DAYS if name in {*closed.dates, *missing}]
        closed.save(update_fields=["dates"])
    if is_new or missing:
        audit.record("days_closed", subject=closed, by=by, at=at, after={"dates": closed.dates})
    return closed


def closed_days(now: str, was: str, facts: Sequence[str]) -> str:
    """A join that finds the closed days (``d.day``) that a change of a line would touch.

    ``now`` and ``was`` are aliases of the line after and before; either may be empty. A day of a
    line is touched when it comes, goes or moves, and every day of it when one of the ``facts``
    changes. A return counts on its own day whatever a plan goes by.
    """
    changed = f"({_row(now, facts)}) IS DISTINCT FROM ({_row(was, facts)})"
    # Asked once a line: OFFSET keeps the planner from asking it again for each of its days.
    days = ", ".join(
        f"('{name}', {one}.{name}, facts.differ OR {now}.{name} IS DISTINCT FROM {was}.{name})"
        for name in ANCHOR_DAYS
        for one in (now, was)
    )
    return f"""
        CROSS JOIN LATERAL (SELECT {changed} OFFSET 0) facts (differ)
        CROSS JOIN LATERAL (VALUES {days}) d (name, day, is_touched)
        JOIN orders_closeddays c ON d.is_touched AND d.day >= c.starts_on AND d.day < c.ends_before
             AND (d.name = ANY (c.dates)
                  OR (d.name = '{ORDERED_ON}' AND 'return' IN ({now}.kind, {was}.kind)))
    """


def closed_line(line: str) -> str:
    """The same for whatever hangs on a whole line: every day of it counts."""
    days = ", ".join(f"('{name}', {line}.{name})" for name in ANCHOR_DAYS)
    return f"""
        CROSS JOIN LATERAL (VALUES {days}) d (name, day)
        JOIN orders_closeddays c ON d.day >= c.starts_on AND d.day < c.ends_before
             AND (d.name = ANY (c.dates) OR (d.name = '{ORDERED_ON}' AND {line}.kind = 'return'))
    """


def _row(alias: str, names: Sequence[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


def raise_revisions(query: str, parameters: Sequence[int | list[date] | list[int]]) -> None:
    """Give a new revision to each month of the days that ``query`` returns (one column)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_monthrevision (month, revision)"  # noqa: S608 - our own queries
            f" SELECT DISTINCT date_trunc('month', d)::date, 1 FROM ({query}) days (d) ORDER BY 1"
            " ON CONFLICT (month) DO UPDATE SET revision = orders_monthrevision.revision + 1",
            list(parameters),
        )
    news.tell()
