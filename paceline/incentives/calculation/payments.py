"""What released statements pay: what is payable where the plan settles, else what was earned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from paceline.incentives.calculation.settling import has_to_settle, settles
from paceline.incentives.models import (
    Payment,
    Release,
    Run,
    RunPlan,
    Settlement,
    StatementComponent,
)
from paceline.incentives.queries.settlements import is_paid as handed_over
from paceline.incentives.queries.settlements import paid_by_another, with_standing

Amounts = dict[str, Decimal]  # by currency


def payments_of(releases: Sequence[Release]) -> dict[int, Amounts]:
    """For each release what it pays in each currency: at least one amount, though it be zero.

    Three queries for any number of releases, and none per statement.
    """
    runs = {release.statement.run_id for release in releases}
    settled = _settled_versions(runs)
    paid = _payments(runs)
    others = _earned_elsewhere(runs, settled) if settled else {}
    found: dict[int, Amounts] = {}
    for release in releases:
        statement = release.statement
        amounts: Amounts = defaultdict(Decimal)
        earned = others.get(statement.pk, Decimal(0)) if settled else statement.earned
        amounts[statement.currency] += earned
        for currency, amount in paid.get(statement.pk, ()):
            amounts[currency] += amount
        kept = {currency: amount for currency, amount in sorted(amounts.items()) if amount}
        found[release.pk] = kept or {statement.currency: Decimal(0)}
    return found


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


def unsettled(releases: Iterable[Release]) -> list[Run]:
    """Runs of the releases that are to be settled and are not, or no longer as things stand now."""
    runs = {release.statement.run_id: release.statement.run for release in releases}
    return [run for _pk, run in sorted(runs.items()) if not _is_settled(run)]


def _is_settled(run: Run) -> bool:
    """One query for a run that was settled."""
    found = list(with_standing(run.settlements.order_by("-number")))
    if not found:
        return not has_to_settle(run)
    last = next((one for one in found if one.computed_at is not None), None)
    under_way = any(one.ended_at is None for one in found)
    return last is not None and not under_way and not last.has_moved  # type: ignore[attr-defined]


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
        state = "outdated" if standing.has_moved else "settled"  # type: ignore[attr-defined]
    is_open = settles and not is_paid and state != "running" and not is_replaced
    return SettlingState(state, settles, is_open, last, standing)
