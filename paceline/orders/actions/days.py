"""Days that a final run has used, and months whose lines changed."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection, transaction

from paceline.imports.actions import staging
from paceline.kernel import audit
from paceline.orders.models import ClosedDays
from paceline.org.models import Person

LOCK = "order lines"


class LinesAreBusy(Exception):
    """Order lines are being imported; closing days has to wait for it."""


@transaction.atomic
def close_days(
    *, starts_on: date, ends_before: date, by: Person | None, at: datetime
) -> ClosedDays:
    """From now on no line of these days changes. Closing the same days twice changes nothing.

    Raises ``LinesAreBusy`` while an import writes.
    """
    if not staging.try_lock_target(LOCK):
        raise LinesAreBusy
    closed, is_new = ClosedDays.objects.get_or_create(
        starts_on=starts_on, ends_before=ends_before, defaults={"closed_by": by, "closed_at": at}
    )
    if is_new:
        audit.record("days_closed", subject=closed, by=by, at=at)
    return closed


def raise_revisions(query: str, parameters: list[int]) -> None:
    """Give a new revision to each month of the days that ``query`` returns (one column)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_monthrevision (month, revision)"  # noqa: S608 - our own queries
            f" SELECT DISTINCT date_trunc('month', d)::date, 1 FROM ({query}) days (d) ORDER BY 1"
            " ON CONFLICT (month) DO UPDATE SET revision = orders_monthrevision.revision + 1",
            parameters,
        )
