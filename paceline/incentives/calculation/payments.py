"""What released statements pay: what is payable where the plan settles, else what was earned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet, Sum

from paceline.incentives.calculation.settling import (
    has_to_settle,
    settles,
    versions_of,
    versions_to_settle,
)
from paceline.incentives.models import (
    Payment,
    PayPeriod,
    Release,
    Run,
    RunPlan,
    SettledPlan,
    Settlement,
    Shortfall,
    ShortfallTreatment,
    StatementComponent,
)
from paceline.incentives.queries.payroll import OpenShortfall, decisions_about, open_shortfalls
from paceline.incentives.queries.settlements import (
    chain_of,
    paid_by_another,
    settlement_of,
    stood_on,
    with_standing,
)
from paceline.incentives.queries.settlements import is_paid as handed_over

Amounts = dict[str, Decimal]  # by currency


@dataclass(frozen=True, slots=True)
class Pay:
    """What a release pays, by currency: at least one amount, though it be zero.

    ``short`` is what of it plans that do not settle leave below zero, in the statement's currency;
    ``decision`` says what becomes of that, and is missing while nobody decided. ``recovered`` is
    what was carried from earlier files and is deducted here.
    """

    amounts: Amounts
    short: Decimal
    decision: Shortfall | None
    recovered: tuple[tuple[Shortfall, Decimal], ...] = ()

    @property
    def is_undecided(self) -> bool:
        return self.short < 0 and self.decision is None


def payments_of(releases: Sequence[Release]) -> dict[int, Pay]:
    """For each release what it pays.

    Five queries for any number of releases, and none per statement.
    """
    runs = {release.statement.run_id for release in releases}
    settled = _settled_versions(runs)
    paid = _payments(runs)
    others = _earned_elsewhere(runs, settled) if settled else {}
    carried = open_shortfalls(release.payee_id for release in releases)
    decisions = decisions_about(releases)
    found: dict[int, Pay] = {}
    for release in releases:
        statement = release.statement
        earned = others.get(statement.pk, Decimal(0)) if settled else statement.earned
        amounts: Amounts = defaultdict(Decimal, {statement.currency: earned})
        for currency, amount in paid.get(statement.pk, ()):
            amounts[currency] += amount
        mine = carried.get((release.payee_id, statement.currency), [])
        found[release.pk] = _pay(amounts, earned, statement.currency, decisions, release, mine)
    return found


def _pay(
    amounts: Amounts,
    earned: Decimal,
    currency: str,
    decisions: Mapping[int, Shortfall],
    release: Release,
    carried: Iterable[OpenShortfall],
) -> Pay:
    """``earned`` is what plans without settlement earned: they alone leave pay below zero
    unsaid, and from what they earn alone a shortfall is deducted, so that what a settlement kept
    for the payee is paid.
    """
    short = min(max(amounts[currency], earned), Decimal(0))
    decision = decisions.get(release.pk)
    if decision is not None and decision.amount != short:
        decision = None
    if decision is not None and decision.treatment == ShortfallTreatment.CARRY:
        amounts[currency] -= short
    recovered = []
    left = min(amounts[currency], earned)
    for one in carried:
        taken = min(left, one.left)
        if taken > 0:
            recovered.append((one.shortfall, taken))
            left -= taken
            amounts[currency] -= taken
    kept = {key: amount for key, amount in sorted(amounts.items()) if amount}
    return Pay(kept or {currency: Decimal(0)}, short, decision, tuple(recovered))


def _settled_versions(runs: Iterable[int]) -> set[int]:
    rows = RunPlan.objects.filter(run__in=runs).select_related("version")
    return {row.version_id for row in rows if settles(row.version)}


def _payments(runs: Iterable[int]) -> Mapping[int, list[tuple[str, Decimal]]]:
    """By statement, the payments of each run's last settlement."""
    settlements = Settlement.objects.filter(run__in=runs, computed_at__isnull=False)
    last = dict(settlements.order_by("number").values_list("run", "pk"))
    found: dict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    rows = Payment.objects.filter(plan__settlement__in=last.values()) if last else ()
    for row in rows:
        found[row.statement_id].append((row.currency, row.amount))
    return found


def _earned_elsewhere(runs: Iterable[int], settled: set[int]) -> Mapping[int, Decimal]:
    rows = (
        StatementComponent.objects.filter(statement__run__in=runs, unit="money")
        .exclude(version__in=settled)
        .order_by("statement")
        .values_list("statement")
        .annotate(earned_sum=Sum("earned"))
    )
    return dict(rows)


def _runs_of(releases: Iterable[Release]) -> dict[int, Run]:
    return {release.statement.run_id: release.statement.run for release in releases}


def _begins_payroll(runs: Mapping[int, Run]) -> bool:
    """Whether any of the runs is to be settled, and nothing of them was handed over yet."""
    own = runs.values()
    return any(has_to_settle(run) for run in own) and not any(map(handed_over, own))


def _waiting_before(period: PayPeriod) -> QuerySet[Run]:
    """Runs of earlier periods with released pay that payroll does not have, the oldest first."""
    waiting = Release.objects.filter(
        payroll_entry__isnull=True, period__starts_on__lt=period.starts_on
    )
    rows = Run.objects.filter(statements__release__in=waiting).distinct()
    return rows.select_related("period").defer("checks").order_by("period__starts_on", "pk")


def unsettled(releases: Iterable[Release]) -> list[Run]:
    """Runs of the releases that are to be settled and are not, or no longer as things stand now."""
    runs = _runs_of(releases)
    return [run for _pk, run in sorted(runs.items()) if not _is_settled(run)]


def left_behind(period: PayPeriod, releases: Iterable[Release]) -> list[Run]:
    """Runs of earlier periods with released pay that is still to be settled.

    Once a later period is handed over whose plans settle, the earlier ones can be settled no more.
    Nothing is left behind by a period of which something was handed over already.
    """
    runs = _runs_of(releases)
    if not _begins_payroll(runs):
        return []
    return [run for run in _waiting_before(period) if not _is_settled(run)]


def built_on_others(period: PayPeriod, releases: Iterable[Release]) -> list[Run]:
    """Runs of earlier periods with released pay where this period goes on from another run.

    Handed over after this period, what such a run pays and what is carried on would come from two
    different calculations. Once it was handed over, settling this period again goes on from it.
    """
    runs = _runs_of(releases)
    if not _begins_payroll(runs):
        return []
    settled = _waiting_before(period).filter(settlements__computed_at__isnull=False)
    found = {run.pk: run for run in settled}
    if not found:
        return []
    bases: dict[int, set[int]] = defaultdict(set)
    for run in runs.values():
        for own in _last_plans(run):
            for link in chain_of(own)[:-1]:
                bases[link.settlement.run.period_id].add(link.settlement.run_id)
    return [
        run for run in found.values() if bases[run.period_id] and run.pk not in bases[run.period_id]
    ]


def never_settled(period: PayPeriod, releases: Iterable[Release]) -> list[PayPeriod]:
    """Earlier periods of the same plans that were calculated and never settled.

    Nothing of them is released, so nothing forbids to hand this period over; after that they can
    be settled and paid no more.
    """
    runs = _runs_of(releases)
    plans = {
        version.plan_id for run in runs.values() for version in versions_of(run) if settles(version)
    }
    if not plans or any(map(handed_over, runs.values())):
        return []
    rows = PayPeriod.objects.filter(
        starts_on__lt=period.starts_on,
        runs__computed_at__isnull=False,
        runs__run_plans__version__plan__in=plans,
    ).exclude(runs__settlements__computed_at__isnull=False)
    return list(
        rows.exclude(releases__payroll_entry__isnull=False).distinct().order_by("starts_on")
    )


def _last_plans(run: Run) -> list[SettledPlan]:
    last = settlement_of(run)
    return [] if last is None else list(last.plans.select_related("version"))


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A run that can be settled and paid no more: a later period was handed to payroll without it.

    ``instead`` is the run of the same period that the later one goes on from, if there is one.
    """

    instead: Run | None


def passed_over(run: Run) -> PassedOver | None:
    """Whether a later period that was handed to payroll keeps the run from being paid."""
    plans = [version.plan_id for version in versions_to_settle(run)]
    found = stood_on(plans, run.period) if plans else None
    if found is None:
        return None
    last = settlement_of(run)
    if last is not None and any(one.settlement_id == last.pk for one in found):
        return None
    others = (one.settlement.run for one in found if one.settlement.run_id != run.pk)
    return PassedOver(next(others, None))


def _is_below(settlement: Settlement) -> bool:
    """Whether a later period that was handed to payroll goes on from it, over others between."""
    plans = settlement.plans.values_list("version__plan", flat=True)
    found = stood_on(list(plans), settlement.run.period)
    return any(one.settlement_id == settlement.pk for one in found or ())


def _is_settled(run: Run) -> bool:
    """One query for a run that was settled."""
    found = list(with_standing(run.settlements.order_by("-number")))
    if not found:
        return not has_to_settle(run)
    last = next((one for one in found if one.computed_at is not None), None)
    under_way = any(one.ended_at is None for one in found)
    if last is None or under_way:
        return False
    return not last.has_moved or _is_below(last)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class SettlingState:
    """How far a run is settled.

    ``state`` is ``open``, ``running``, ``failed``, ``outdated``, ``settled`` or ``paid``; ``last``
    the last attempt, ``standing`` the last one with results. A run none of whose plans settles has
    ``settles`` false.
    """

    state: str
    settles: bool
    may_be_settled: bool
    last: Settlement | None
    standing: Settlement | None


def state_of(run: Run) -> SettlingState:
    """How far a run is settled, as things stand now. One query for a run that was settled."""
    rows = with_standing(run.settlements.select_related("progress", "requested_by"))
    found = list(rows.order_by("-number")) if getattr(run, "was_settled", True) else []
    last = found[0] if found else None
    standing = next((one for one in found if one.computed_at is not None), None)
    settles = bool(found) or (run.computed_at is not None and has_to_settle(run))
    if last is not None:
        is_paid, is_replaced = last.was_paid, last.is_replaced  # type: ignore[attr-defined]
    else:
        is_paid, is_replaced = settles and handed_over(run), settles and paid_by_another(run)
    if standing is not None:
        standing.run = run
    if last is not None and last.ended_at is None:
        state = "running"
    elif standing is None:
        state = "open" if last is None else "failed"
    elif is_paid:
        state = "paid"
    else:
        moved = standing.has_moved and not _is_below(standing)  # type: ignore[attr-defined]
        state = "outdated" if moved else "settled"
    stands = is_paid or is_replaced or (standing is not None and standing.is_followed)  # type: ignore[attr-defined]
    is_open = settles and state != "running" and not stands
    return SettlingState(state, settles, is_open, last, standing)
