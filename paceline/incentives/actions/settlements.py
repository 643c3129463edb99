"""Settling a run: what was earned becomes payable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.urls import reverse

from paceline.incentives.actions.runs import (
    INPUTS_REFUSED,
    PeriodClosed,
    RunWithoutResults,
    lock_period,
)
from paceline.incentives.calculation.execute import InputsRefused, Refusal
from paceline.incentives.calculation.payables import Settled, load_settlement
from paceline.incentives.calculation.settling import Settling, versions_to_settle
from paceline.incentives.models import (
    Balance,
    Payable,
    Payment,
    Run,
    RunFinalisation,
    SettledEarning,
    SettledPlan,
    Settlement,
    SettlementInput,
    SettlementNote,
    SettlementProblem,
    Statement,
    TakenBack,
)
from paceline.incentives.queries import settlements as queries
from paceline.kernel import audit, jobs
from paceline.live import actions as live
from paceline.notifications.actions import notify
from paceline.org.models import Person

PROGRESS_KIND = "settlement"
SETTLE_JOB = "incentives.settle_run"


class NothingToSettle(Exception):
    """No plan of the run says how its pay is settled; what was earned is paid."""


class SettlementUnderWay(Exception):
    """The run is being settled already. ``settlement`` is the one under way."""

    def __init__(self, settlement: Settlement) -> None:
        super().__init__(settlement)
        self.settlement = settlement


class SettlementStands(Exception):
    """Pay of the period was handed to payroll: its settlement stands for good."""


class LaterSettlementStands(Exception):
    """A later period of the plan was handed to payroll, and goes on from this one."""


@transaction.atomic
def request_settlement(*, run: Run, by: Person, at: datetime) -> Settlement:
    """Queue the settlement of a run with results; it takes the place of an earlier one.

    Raises ``RunWithoutResults``, ``PeriodClosed`` when another run is final, ``NothingToSettle``,
    ``SettlementStands``, ``LaterSettlementStands`` and ``SettlementUnderWay``.
    """
    period = lock_period(run.period)
    if run.computed_at is None:
        raise RunWithoutResults(run)
    if RunFinalisation.objects.filter(period=period).exclude(run=run).exists():
        raise PeriodClosed(period)
    versions = versions_to_settle(run)
    if not versions:
        raise NothingToSettle(run)
    refuse_settled(run, [version.plan_id for version in versions])
    under_way = run.settlements.filter(ended_at__isnull=True).first()
    if under_way is not None:
        raise SettlementUnderWay(under_way)
    settlement = Settlement.objects.create(
        run=run,
        number=(run.settlements.aggregate(last=Max("number"))["last"] or 0) + 1,
        requested_by=by,
        requested_at=at,
        progress=live.start_progress(kind=PROGRESS_KIND, by=by, at=at),
    )
    plans = [str(version) for version in versions]
    audit.record("settlement_requested", subject=settlement, by=by, at=at, after={"plans": plans})
    jobs.enqueue(SETTLE_JOB, lock=f"period:{period.pk}", settlement_id=settlement.pk)
    live.publish(f"run:{run.pk}", "settling", str(settlement.pk))
    return settlement


def refuse_settled(run: Run, plan_ids: list[int]) -> None:
    """Raises ``SettlementStands`` or ``LaterSettlementStands``; call it under the period's lock."""
    if queries.is_paid(run) or queries.paid_by_another(run):
        raise SettlementStands(run)
    if queries.later_paid(plan_ids, run.period.ends_before):
        raise LaterSettlementStands(run)


def settle_run(*, settlement: Settlement, at: datetime) -> None:
    """Settle a queued settlement; does nothing when it has ended already, so its job may run twice.

    Entries, payments, balances and inputs are kept in one transaction or not at all. ``at`` is
    when the job began.
    """
    if settlement.ended_at is not None or settlement.progress is None:
        return
    step = partial(live.advance, settlement.progress)
    run, by = settlement.run, settlement.requested_by
    try:
        step(done=0, total=run.statements.count() + 2, step="gathering")
        results = []
        done = Counting(settlement)
        for version in versions_to_settle(run):
            settling = Settling(run, version, by=by, at=at)
            inputs = settling.extract(done.advance)
            step(step="settling")
            results.append((settling, inputs, settling.settle(inputs)))
        step(step="keeping")
        _keep_results(settlement=settlement, settled=load_settlement(settlement, results), at=at)
    except live.Cancelled:
        _end_cancelled(settlement=settlement, at=at)
    except InputsRefused as refused:
        end_refused(settlement=settlement, refusals=refused.refusals, at=at)


class Counting:
    """How many pieces of a settlement are done; a person may stop it after each."""

    def __init__(self, settlement: Settlement) -> None:
        self.settlement, self.done = settlement, 0

    def advance(self) -> None:
        """Raises ``live.Cancelled``."""
        progress = self.settlement.progress
        self.done += 1
        if progress is not None:
            live.advance(progress, done=min(self.done, progress.total))


@transaction.atomic
def end_refused(*, settlement: Settlement, refusals: Sequence[Refusal], at: datetime) -> None:
    """End a settlement without entries and keep the list of reasons; its requester is told."""
    settlement = _lock_under_way(settlement)
    if settlement.ended_at is not None or settlement.progress is None:
        return
    SettlementProblem.objects.bulk_create(_problems(settlement, refusals))
    live.fail(settlement.progress, code=INPUTS_REFUSED, at=at, params={"count": len(refusals)})
    _end(settlement, at=at)
    by, codes = settlement.requested_by, sorted({one.code for one in refusals})
    audit.record("settlement_refused", subject=settlement, by=by, at=at, after={"codes": codes})
    _tell_requester(settlement, "settlement_refused", {"count": len(refusals)}, at=at)


def _problems(settlement: Settlement, refusals: Sequence[Refusal]) -> list[SettlementProblem]:
    """Each reason, with the payee where it names one."""
    named = {word for one in refusals for word in _words(one)}
    people = Person.objects.in_bulk(named, field_name="number")
    return [
        SettlementProblem(
            settlement=settlement,
            code=one.code,
            payee=next((people[word] for word in _words(one) if word in people), None),
            params=dict(one.params),
        )
        for one in refusals
    ]


def _words(refusal: Refusal) -> list[str]:
    return str(refusal.params.get("subject", "")).split(", ")


@transaction.atomic
def end_broken(*, settlement: Settlement, at: datetime) -> None:
    """End a settlement that an unexpected error stopped, so that the run can be settled again."""
    settlement = _lock_under_way(settlement)
    if settlement.ended_at is not None or settlement.progress is None:
        return
    live.fail(settlement.progress, code="unexpected", at=at)
    _end(settlement, at=at)
    audit.record("settlement_broken", subject=settlement, by=settlement.requested_by, at=at)
    _tell_requester(settlement, "settlement_broken", {}, at=at)


@transaction.atomic
def _keep_results(*, settlement: Settlement, settled: Settled, at: datetime) -> None:
    lock_period(settlement.run.period)
    settlement = _lock_under_way(settlement)
    if settlement.ended_at is not None or settlement.progress is None:
        return
    SettledPlan.objects.bulk_create(settled.plans)
    SettlementInput.objects.bulk_create(settled.inputs)
    Statement.objects.bulk_create(settled.statements, batch_size=1000)
    Payable.objects.bulk_create(settled.payables, batch_size=1000)
    Payment.objects.bulk_create(settled.payments, batch_size=1000)
    Balance.objects.bulk_create(settled.balances, batch_size=1000)
    SettledEarning.objects.bulk_create(settled.earnings, batch_size=1000)
    TakenBack.objects.bulk_create(settled.taken_back, batch_size=1000)
    SettlementNote.objects.bulk_create(settled.notes, batch_size=1000)
    settlement.computed_at = at
    live.finish(settlement.progress, at=at)
    _end(settlement, "computed_at", at=at)
    after = {
        "fingerprints": [plan.fingerprint for plan in settled.plans],
        "payments": len(settled.payments),
    }
    by = settlement.requested_by
    audit.record("run_settled", subject=settlement, by=by, at=at, after=after)
    _tell_requester(settlement, "run_settled", {"payees": len(settled.payments)}, at=at)


@transaction.atomic
def _end_cancelled(*, settlement: Settlement, at: datetime) -> None:
    settlement = _lock_under_way(settlement)
    if settlement.ended_at is not None or settlement.progress is None:
        return
    live.stop(settlement.progress, at=at)
    _end(settlement, at=at)
    audit.record("settlement_cancelled", subject=settlement, by=settlement.requested_by, at=at)


def _lock_under_way(settlement: Settlement) -> Settlement:
    """The settlement as it now is, held until it has ended: two workers never both end it."""
    rows = Settlement.objects.select_for_update(of=("self",))
    return rows.select_related("run__period", "progress", "requested_by").get(pk=settlement.pk)


def _end(settlement: Settlement, *fields: str, at: datetime) -> None:
    settlement.ended_at = at
    settlement.save(update_fields=["ended_at", *fields])
    live.publish(f"run:{settlement.run_id}", "settled", str(settlement.pk))


def _tell_requester(
    settlement: Settlement, kind: str, params: dict[str, Any], *, at: datetime
) -> None:
    run = settlement.run
    notify(
        recipients=[settlement.requested_by],
        kind=kind,
        params={"period": run.period.key, "number": run.number, **params},
        url=reverse("incentives:run", args=[run.pk]) + "#settlement",
        at=at,
    )
