"""Releasing statements to their payees, and taking a release back before it is paid."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from paceline.incentives.actions.runs import PeriodClosed, RunWithoutResults, lock_period
from paceline.incentives.calculation.handover import passed_over
from paceline.incentives.calculation.settling import has_to_settle
from paceline.incentives.models import (
    PayrollEntry,
    Release,
    Run,
    RunFinalisation,
    Statement,
)
from paceline.incentives.queries.settlements import paid_by_another
from paceline.kernel import audit, findable
from paceline.live.actions import publish, publish_all
from paceline.notifications.actions import notify
from paceline.org.models import Person
from paceline.webhooks.actions import announce


class StatementsAlreadyReleased(Exception):
    """Some of the payees already have a released statement of the period in this currency.

    ``statements`` are those that were asked for and are refused; nothing was released.
    """

    def __init__(self, statements: Sequence[Statement]) -> None:
        super().__init__(f"{len(statements)} statements")
        self.statements = tuple(statements)


class PaidFromAnotherRun(Exception):
    """Pay of the period was handed over from another run, and its settlement stands for good.

    What plans of this run settle could not be settled any more, so nothing of it could be paid.
    """


class LaterPeriodPaid(Exception):
    """A later period was handed to payroll without this run, which can be settled no more.

    ``instead`` is the run of the period that the later one goes on from, if there is one.
    """

    def __init__(self, run: Run, instead: Run | None) -> None:
        super().__init__(run)
        self.instead = instead


class ReleaseWithdrawn(Exception):
    """The release was withdrawn already, in another window or by somebody else."""


class NothingToRelease(Exception):
    """None of the statements asked for belongs to the run."""


# The lists on which a release is seen.
LISTS = ("runs", "statements", "payroll")


class StatementPaid(Exception):
    """The release was handed to payroll and can no longer be withdrawn."""


@transaction.atomic
def release_statements(
    *, run: Run, statements: Collection[int], by: Person, at: datetime
) -> list[Release]:
    """Release the statements of a run with these ids, all or none; each payee is told.

    Raises ``RunWithoutResults``, ``PeriodClosed`` when another run is final, ``NothingToRelease``,
    ``StatementsAlreadyReleased``, ``PaidFromAnotherRun`` and ``LaterPeriodPaid``.
    """
    period = lock_period(run.period)
    if run.computed_at is None:
        raise RunWithoutResults(run)
    if RunFinalisation.objects.filter(period=period).exclude(run=run).exists():
        raise PeriodClosed(period)
    if paid_by_another(run) and has_to_settle(run):
        raise PaidFromAnotherRun(run)
    passed = passed_over(run)
    if passed is not None:
        raise LaterPeriodPaid(run, passed.instead)
    chosen = list(run.statements.filter(pk__in=statements).select_related("payee"))
    if not chosen or len(chosen) != len(set(statements)):
        raise NothingToRelease(run)
    taken = set(Release.objects.filter(period=period).values_list("payee_id", "currency"))
    refused = [one for one in chosen if (one.payee_id, one.currency) in taken]
    if refused:
        raise StatementsAlreadyReleased(refused)
    releases = Release.objects.bulk_create(
        Release(
            statement=one,
            payee=one.payee,
            period=period,
            currency=one.currency,
            released_by=by,
            released_at=at,
        )
        for one in chosen
    )
    for one in chosen:
        after = {"earned": one.earned, "currency": one.currency}
        audit.record("statement_released", subject=one, by=by, at=at, after=after)
        notify(
            recipients=[one.payee],
            kind="statement_released",
            params={"period": period.key},
            url=reverse("incentives:statement", args=[one.pk]),
            at=at,
        )
    data = {"ids": [one.pk for one in chosen], "run": run.pk, "period": period.key}
    announce(kind="statement.released", data=data, at=at)
    findable.changed("statement", [one.pk for one in chosen])
    publish(f"run:{run.pk}", "released", str(run.pk))
    publish_all([*LISTS, *(f"statement:{one.pk}" for one in chosen)], "released")
    return releases


@transaction.atomic
def withdraw_release(*, release: Release, by: Person, at: datetime, reason: str) -> None:
    """Take a release back: the payee no longer reads the statement.

    Raises ``ReleaseWithdrawn`` and ``StatementPaid``.
    """
    lock_period(release.period)
    if not Release.objects.filter(pk=release.pk).exists():
        raise ReleaseWithdrawn(release)
    if PayrollEntry.objects.filter(release_id=release.pk).exists():
        raise StatementPaid(release)
    statement = release.statement
    release.delete()
    audit.record("release_withdrawn", subject=statement, by=by, at=at, reason=reason)
    findable.changed("statement", [statement.pk])
    publish(f"run:{statement.run_id}", "withdrawn", str(statement.pk))
    publish_all([*LISTS, f"statement:{statement.pk}"], "withdrawn")
