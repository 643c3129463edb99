"""Requesting, calculating and finalising runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.urls import reverse

from paceline.incentives.calculation import extract, load
from paceline.incentives.calculation.execute import (
    InputsRefused,
    Refusal,
    calculate_plans,
    periods_instead,
    versions_that_pay,
)
from paceline.incentives.calculation.periods import CalendarPeriod, calendar_period
from paceline.incentives.models import (
    PayPeriod,
    PayrollEntry,
    PlanVersion,
    Release,
    Run,
    RunFinalisation,
    RunInput,
    RunPlan,
    RunProblem,
    Statement,
    StatementComponent,
    StatementDetail,
    StatementTier,
)
from paceline.kernel import audit, jobs
from paceline.live import actions as live
from paceline.notifications.actions import notify
from paceline.orders.actions import close_days
from paceline.org.models import Person
from paceline.webhooks.actions import announce

PROGRESS_KIND = "pay_run"
CALCULATE_JOB = "incentives.calculate_run"
INPUTS_REFUSED = "inputs_refused"


class PeriodClosed(Exception):
    """A finalised run has closed the period; corrections go to the next open one."""


class PeriodNotBegun(Exception):
    """The period has not begun yet: there is nothing to calculate."""


class RunUnderWay(Exception):
    """The period is being calculated already. ``run`` is the one under way."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.run = run


class NoPlanForPeriod(Exception):
    """No approved plan pays this period to anybody on any of its days. ``nearest`` are those of
    the same kind that plans pay and that are nearest to it.
    """

    def __init__(self, key: str, nearest: Sequence[CalendarPeriod] = ()) -> None:
        super().__init__(key)
        self.nearest = tuple(nearest)


class RunWithoutResults(Exception):
    """The run failed, was cancelled, or has not ended."""


class RunRequestedBySamePerson(Exception):
    """Whoever requested a run does not close its period."""


class ReleasedFromAnotherRun(Exception):
    """Statements of another run of the period are released; they must be withdrawn first."""


class PaidByAnotherRun(Exception):
    """What was handed to payroll came from other runs of the period alone. ``run`` is the last."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.run = run


@transaction.atomic
def request_run(*, period_key: str, by: Person, at: datetime, on: date) -> Run:
    """Queue a calculation of the period and return its run.

    ``on`` is the requester's day. Raises ``PeriodUnknown``, ``PeriodNotBegun``, ``PeriodClosed``,
    ``NoPlanForPeriod``, and ``RunUnderWay`` with the run that a second click would have doubled.
    """
    known = calendar_period(period_key)
    if known.starts_on > on:
        raise PeriodNotBegun(known.key)
    versions = versions_that_pay(known)
    if not versions:
        raise NoPlanForPeriod(known.key, periods_instead(known))
    period, _made = PayPeriod.objects.get_or_create(
        key=known.key, defaults={"starts_on": known.starts_on, "ends_before": known.ends_before}
    )
    period = lock_period(period)
    refuse_closed(period)
    under_way = period.runs.filter(ended_at__isnull=True).first()
    if under_way is not None:
        raise RunUnderWay(under_way)
    run = Run.objects.create(
        period=period,
        number=(period.runs.aggregate(last=Max("number"))["last"] or 0) + 1,
        requested_by=by,
        requested_at=at,
        progress=live.start_progress(kind=PROGRESS_KIND, by=by, at=at, total=len(versions) + 2),
    )
    RunPlan.objects.bulk_create(RunPlan(run=run, version=version) for version in versions)
    plans = [str(version) for version in versions]
    audit.record("run_requested", subject=run, by=by, at=at, after={"plans": plans})
    jobs.enqueue(CALCULATE_JOB, lock=f"period:{period.pk}", run_id=run.pk)
    live.publish("runs", "requested", str(run.pk))
    return run


def calculate_run(*, run: Run, at: datetime) -> None:
    """Calculate a queued run; does nothing when it has ended already, so its job may run twice.

    Results, inputs and the end of the run are kept in one transaction or not at all. Inputs that
    the engine refuses end the run with the list of reasons and without statements. ``at`` is when
    the job began.
    """
    if run.ended_at is not None or run.progress is None:
        return
    step = partial(live.advance, run.progress)
    versions = _versions_of(run)
    try:
        step(done=0, total=len(versions) + 2, step="reading")
        inputs = extract.extract_inputs(
            period=run.period, versions=versions, by=run.requested_by, at=at
        )
        results = []
        step(done=1, step="calculating")
        for one in calculate_plans(versions, inputs, run.period):
            results.append(one)
            step(done=len(results) + 1)
        step(done=len(versions) + 1, step="keeping")
        days = extract.days_under_plans(inputs, run.period)
        loaded = load.load_results(run, results, days)
        _keep_results(run=run, inputs=inputs, loaded=loaded, at=at)
    except live.Cancelled:
        _end_cancelled(run=run, at=at)
    except InputsRefused as refused:
        end_refused(run=run, refusals=refused.refusals, at=at)


@transaction.atomic
def end_refused(*, run: Run, refusals: Sequence[Refusal], at: datetime) -> None:
    """End a run without statements and keep the list of reasons; its requester is told."""
    run = _lock_under_way(run)
    if run.ended_at is not None or run.progress is None:
        return
    RunProblem.objects.bulk_create(load.refusal_rows(run, refusals))
    live.fail(run.progress, code=INPUTS_REFUSED, at=at, params={"count": len(refusals)})
    _end(run, at=at)
    codes = sorted({one.code for one in refusals})
    audit.record("run_refused", subject=run, by=run.requested_by, at=at, after={"codes": codes})
    _tell_requester(run, "run_refused", {"count": len(refusals)}, at=at)


@transaction.atomic
def end_broken(*, run: Run, at: datetime) -> None:
    """End a run that an unexpected error stopped, so that the period can be run again."""
    run = _lock_under_way(run)
    if run.ended_at is not None or run.progress is None:
        return
    live.fail(run.progress, code="unexpected", at=at)
    _end(run, at=at)
    audit.record("run_broken", subject=run, by=run.requested_by, at=at)
    _tell_requester(run, "run_broken", {}, at=at)


@transaction.atomic
def finalise_run(*, run: Run, by: Person, at: datetime) -> RunFinalisation:
    """Make this the run that the period is paid by, and close the period's days.

    Whoever was paid from an earlier run stays so. Raises ``RunWithoutResults``,
    ``RunRequestedBySamePerson``, ``PeriodClosed``, ``RunUnderWay``, ``ReleasedFromAnotherRun`` and
    ``PaidByAnotherRun``.
    """
    period = lock_period(run.period)
    refuse_closed(period)
    if run.computed_at is None:
        raise RunWithoutResults(run)
    if run.requested_by_id == by.pk:
        raise RunRequestedBySamePerson(run)
    under_way = period.runs.filter(ended_at__isnull=True).first()
    if under_way is not None:
        raise RunUnderWay(under_way)
    elsewhere = Release.objects.filter(period=period).exclude(statement__run=run)
    if elsewhere.filter(payroll_entry__isnull=True).exists():
        raise ReleasedFromAnotherRun(run)
    last = elsewhere.select_related("statement__run").order_by("-statement__run__number").first()
    if last is not None and not PayrollEntry.objects.filter(release__statement__run=run).exists():
        raise PaidByAnotherRun(last.statement.run)
    finalisation = RunFinalisation.objects.create(
        run=run, period=period, finalised_by=by, finalised_at=at
    )
    close_days(
        starts_on=period.starts_on,
        ends_before=period.ends_before,
        dates=extract.anchor_days(plan.version for plan in run.run_plans.select_related("version")),
        by=by,
        at=at,
    )
    audit.record("run_finalised", subject=run, by=by, at=at, after={"fingerprint": run.fingerprint})
    live.publish("runs", "finalised", str(run.pk))
    live.publish(f"run:{run.pk}", "finalised", str(run.pk))
    return finalisation


def lock_period(period: PayPeriod) -> PayPeriod:
    """Whoever runs, releases, pays or closes a period does so one after another."""
    return PayPeriod.objects.select_for_update().get(pk=period.pk)


def refuse_closed(period: PayPeriod) -> None:
    """Raises ``PeriodClosed`` when a run of the period is final; call it under its lock."""
    if RunFinalisation.objects.filter(period=period).exists():
        raise PeriodClosed(period)


@transaction.atomic
def _keep_results(
    *, run: Run, inputs: Sequence[extract.Input], loaded: load.Loaded, at: datetime
) -> None:
    run = _lock_under_way(run)
    if run.ended_at is not None or run.progress is None:
        return
    RunInput.objects.bulk_create(
        RunInput(run=run, table=one.table, file=one.file, rows=one.rows) for one in inputs
    )
    Statement.objects.bulk_create(loaded.statements, batch_size=1000)
    StatementComponent.objects.bulk_create(loaded.components, batch_size=1000)
    StatementTier.objects.bulk_create(loaded.tiers, batch_size=1000)
    StatementDetail.objects.bulk_create(loaded.details, batch_size=1000)
    RunProblem.objects.bulk_create(loaded.problems, batch_size=1000)
    for version_id, fingerprint in loaded.fingerprints.items():
        run.run_plans.filter(version_id=version_id).update(fingerprint=fingerprint)
    run.computed_at, run.engine_version = at, loaded.engine_version
    run.fingerprint, run.checks = loaded.fingerprint, {"plans": loaded.checks}
    live.finish(run.progress, at=at)
    _end(run, "computed_at", "engine_version", "fingerprint", "checks", at=at)
    after = {"fingerprint": run.fingerprint, "payees": len(loaded.statements)}
    audit.record("run_calculated", subject=run, by=run.requested_by, at=at, after=after)
    _tell_requester(run, "run_calculated", {"payees": len(loaded.statements)}, at=at)


@transaction.atomic
def _end_cancelled(*, run: Run, at: datetime) -> None:
    run = _lock_under_way(run)
    if run.ended_at is not None or run.progress is None:
        return
    live.stop(run.progress, at=at)
    _end(run, at=at)
    audit.record("run_cancelled", subject=run, by=run.requested_by, at=at)


def _lock_under_way(run: Run) -> Run:
    """The run as it now is, held until it has ended: two workers never both end it."""
    rows = Run.objects.select_for_update(of=("self",))
    return rows.select_related("period", "progress", "requested_by").get(pk=run.pk)


def _end(run: Run, *fields: str, at: datetime) -> None:
    run.ended_at = at
    data = {"id": run.pk, "period": run.period.key, "has_results": run.computed_at is not None}
    announce(kind="run.finished", data=data, at=at)
    run.save(update_fields=["ended_at", *fields])
    live.publish("runs", "ended", str(run.pk))
    live.publish(f"run:{run.pk}", "ended", str(run.pk))


def _versions_of(run: Run) -> list[PlanVersion]:
    rows = run.run_plans.select_related("version__plan").order_by("version__plan__code")
    return [row.version for row in rows]


def _tell_requester(run: Run, kind: str, params: dict[str, Any], *, at: datetime) -> None:
    notify(
        recipients=[run.requested_by],
        kind=kind,
        params={"period": run.period.key, "number": run.number, **params},
        url=reverse("incentives:run", args=[run.pk]),
        at=at,
    )
