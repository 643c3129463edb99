"""What a plan needs to be calculated for a period: which tables, and from which day on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from paceline.engine import windows
from paceline.engine.ledger.rows import has_teams
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.shape import shape_of
from paceline.engine.steps.days import has_two_days


@dataclass(frozen=True)
class Needs:
    """Order lines are read from `lines_from` on, everything that says who was where from
    `days_from` on, quotas from `targets` (half-open); `tables` are the further tables that the plan
    cannot do without.
    """

    lines_from: date
    days_from: date
    targets: tuple[date, date]
    tables: frozenset[str]


def needs(plan: Plan, period: Period, earliest: date | None = None) -> Needs:
    """The needs of a plan; `earliest` is the first day on which anybody is in it, if known."""
    shape = shape_of(plan)
    first = earliest if earliest is not None else period.starts_on
    lines_from = windows.spans_of(plan, period, shape.windows, first).horizon
    days_from = lines_from
    if has_two_days(plan.policies):
        days_from = period.ends_before - timedelta(days=windows.MAX_DAYS)
    spans = [windows.target_window(plan, period, quota.over) for quota in plan.quotas]
    if any(quota.is_worked_out for quota in plan.quotas):
        year = windows.target_window(plan, period, "year")
        spans.append((min(year[0], period.starts_on), max(year[1], period.ends_before)))
    spans = spans or [(period.starts_on, period.ends_before)]
    targets = (min(start for start, _ in spans), max(end for _, end in spans))
    return Needs(lines_from, days_from, targets, frozenset(needed_tables(plan)))


def needed_tables(plan: Plan) -> set[str]:
    """The tables that a plan cannot do without, besides order lines and assignments."""
    found: set[str] = set()
    if plan.quotas:
        found.add("quotas")
    for credit in plan.credits:
        if credit.kind == "rollup":
            found.add("hierarchies" if credit.hierarchy else "reporting")
    if any(measure.kind == "figure" for measure in plan.measures):
        found.add("figures")
    of_team = any(quota.per == "team" for quota in plan.quotas)
    if has_teams(plan) or of_team or any(credit.to == "team" for credit in plan.credits):
        found.add("teams")
    if any(one.pool is not None and one.pool.values for one in plan.components):
        found.add("coalitions")
    if any(one.rates is not None and one.rates.imported for one in plan.components):
        found.add("rate_tables")
    if any(credit.to == "owner" for credit in plan.credits):
        found.add("owners")
    return found
