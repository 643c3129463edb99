"""What released statements pay: what is payable where the plan settles, else what was earned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import OuterRef, Subquery, Sum

from paceline.incentives.calculation.settling import (
    fetch_versions,
    has_to_settle,
    settles,
    versions_of,
)
from paceline.incentives.models import (
    Payment,
    Release,
    Run,
    Settlement,
    Shortfall,
    ShortfallTreatment,
    StatementComponent,
)
from paceline.incentives.queries.payroll import OpenShortfall, decisions_about, open_shortfalls
from paceline.incentives.queries.settlements import is_paid as handed_over
from paceline.incentives.queries.settlements import (
    is_stood_on,
    links_of,
    paid_by_another,
    with_standing,
)

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

    Four queries for any number of releases, and a fifth where some are below zero.
    """
    runs = {release.statement.run_id: release.statement.run for release in releases}
    settled = _settled_versions(runs.values())
    paid = _payments(runs)
    others = _earned_elsewhere(runs, settled) if settled else {}
    carried = open_shortfalls(release.payee_id for release in releases)
    owed: dict[int, tuple[Amounts, Decimal]] = {}
    for release in releases:
        statement = release.statement
        earned = others.get(statement.pk, Decimal(0)) if settled else statement.earned
        amounts: Amounts = defaultdict(Decimal, {statement.currency: earned})
        for currency, amount in paid.get(statement.pk, ()):
            amounts[currency] += amount
        owed[release.pk] = (amounts, earned)
    short = {
        release.pk: _short(*owed[release.pk], release.statement.currency) for release in releases
    }
    decisions = decisions_about([one for one in releases if short[one.pk] < 0])
    return {
        release.pk: _pay(
            *owed[release.pk],
            release.statement.currency,
            short[release.pk],
            decisions.get(release.pk),
            carried.get((release.payee_id, release.statement.currency), []),
        )
        for release in releases
    }


def _short(amounts: Amounts, earned: Decimal, currency: str) -> Decimal:
    """What pay is below zero by. ``earned`` is what plans without settlement earned: they alone
    leave that unsaid.
    """
    return min(max(amounts[currency], earned), Decimal(0))


def _pay(
    amounts: Amounts,
    earned: Decimal,
    currency: str,
    short: Decimal,
    decision: Shortfall | None,
    carried: Iterable[OpenShortfall],
) -> Pay:
    """A shortfall is deducted from ``earned`` alone, so that what a settlement kept for the payee
    is paid.
    """
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


def _settled_versions(runs: Iterable[Run]) -> set[int]:
    known = list(runs)
    fetch_versions(known)
    return {version.pk for run in known for version in versions_of(run) if settles(version)}


def _payments(runs: Iterable[int]) -> Mapping[int, list[tuple[str, Decimal]]]:
    """By statement, the payments of each run's last settlement."""
    of_run = Settlement.objects.filter(run=OuterRef("plan__settlement__run"))
    last = of_run.filter(computed_at__isnull=False).order_by("-number").values("pk")[:1]
    found: dict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    rows = Payment.objects.filter(plan__settlement__run__in=runs, plan__settlement=Subquery(last))
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
        moved = standing.has_moved and not is_stood_on(  # type: ignore[attr-defined]
            links_of((), settlements=[standing.pk]), standing
        )
        state = "outdated" if moved else "settled"
    stands = is_paid or is_replaced or (standing is not None and standing.is_followed)  # type: ignore[attr-defined]
    is_open = settles and state != "running" and not stands
    return SettlingState(state, settles, is_open, last, standing)
