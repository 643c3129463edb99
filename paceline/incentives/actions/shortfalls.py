"""Deciding what becomes of pay below zero under plans that do not settle, and what ends it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from paceline.incentives.actions.payroll import ChangedSincePreview, mark_of
from paceline.incentives.actions.runs import lock_period
from paceline.incentives.calculation.payments import payments_of
from paceline.incentives.models import PayPeriod, Shortfall, ShortfallClosure
from paceline.incentives.queries.payroll import carried_shortfalls, unpaid_releases
from paceline.kernel import audit
from paceline.live.actions import publish
from paceline.org.models import Person


class ReasonMissing(Exception):
    """Whoever decides about somebody's pay says why."""


class NothingBelowZero(Exception):
    """None of the releases is waiting for payroll with pay below zero."""


class ShortfallClosed(Exception):
    """Nothing of it is to be deducted any more: it was deducted meanwhile, or ended."""


@transaction.atomic
def decide_shortfalls(
    *,
    period: PayPeriod,
    releases: Collection[int],
    treatment: str,
    reason: str,
    by: Person,
    at: datetime,
    seen: str | None = None,
) -> list[Shortfall]:
    """Say of each release with pay below zero whether it is carried to later pay or collected.

    An earlier decision is replaced, until payroll has the release. ``seen`` is the ``mark_of`` the
    payments that were shown. Raises ``ReasonMissing``, ``ChangedSincePreview`` and
    ``NothingBelowZero``; then nothing is decided.
    """
    if not reason.strip():
        raise ReasonMissing
    period = lock_period(period)
    waiting = list(unpaid_releases(period))
    payments = payments_of(waiting)
    if seen is not None and seen != mark_of(payments):
        raise ChangedSincePreview(period)
    chosen = [one for one in waiting if one.pk in releases and payments[one.pk].short < 0]
    if not chosen or len(chosen) != len(set(releases)):
        raise NothingBelowZero(period)
    earlier = {row.release_id: row for row in Shortfall.objects.filter(release__in=chosen)}
    found = []
    for release in chosen:
        was = earlier.get(release.pk)
        values = {
            "amount": payments[release.pk].short,
            "treatment": treatment,
            "reason": reason.strip(),
            "decided_by": by,
            "decided_at": at,
        }
        row, _is_new = Shortfall.objects.update_or_create(release=release, defaults=values)
        audit.record(
            "shortfall_decided",
            subject=release.statement,
            by=by,
            at=at,
            reason=row.reason,
            before=None if was is None else {"treatment": was.treatment, "amount": was.amount},
            after={
                "treatment": row.treatment,
                "amount": row.amount,
                "currency": release.currency,
            },
        )
        publish(f"statement:{release.statement_id}", "decided", str(release.statement_id))
        found.append(row)
    publish("payroll", "decided", period.key)
    return found


@transaction.atomic
def close_shortfall(
    *,
    shortfall: Shortfall,
    ending: str,
    reason: str,
    by: Person,
    at: datetime,
    seen: Decimal | None = None,
) -> ShortfallClosure:
    """End what is still to be deducted: it is written off, or was collected outside payroll.

    Later pay is lessened no more; what was deducted before stands. ``seen`` is what was shown as
    still to be deducted. Raises ``ReasonMissing``, ``ShortfallClosed`` and ``ChangedSincePreview``.
    """
    if not reason.strip():
        raise ReasonMissing
    # A payroll file that is being made deducts it under the same lock.
    Shortfall.objects.select_for_update().get(pk=shortfall.pk)
    row = carried_shortfalls().filter(pk=shortfall.pk).first()
    if row is None:
        raise ShortfallClosed(shortfall)
    left: Decimal = row.left  # type: ignore[attr-defined]
    if seen is not None and seen != left:
        raise ChangedSincePreview(row.release.period)
    closure = ShortfallClosure.objects.create(
        shortfall=row,
        amount=left,
        ending=ending,
        reason=reason.strip(),
        closed_by=by,
        closed_at=at,
    )
    statement = row.release.statement_id
    audit.record(
        "shortfall_closed",
        subject=row.release.statement,
        by=by,
        at=at,
        reason=closure.reason,
        after={"ending": ending, "amount": left, "currency": row.release.currency},
    )
    publish(f"statement:{statement}", "decided", str(statement))
    publish("payroll", "decided", row.release.period.key)
    return closure
