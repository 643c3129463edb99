"""Deciding what becomes of pay below zero under plans that do not settle."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from paceline.incentives.actions.payroll import ChangedSincePreview, mark_of
from paceline.incentives.actions.runs import lock_period
from paceline.incentives.calculation.payments import payments_of
from paceline.incentives.models import PayPeriod, Shortfall
from paceline.incentives.queries.payroll import unpaid_releases
from paceline.kernel import audit
from paceline.live.actions import publish
from paceline.org.models import Person


class ReasonMissing(Exception):
    """Whoever decides about somebody's pay says why."""


class NothingBelowZero(Exception):
    """None of the releases is waiting for payroll with pay below zero."""


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
