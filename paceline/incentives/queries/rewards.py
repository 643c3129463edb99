"""Which goals are rewarded by which components, as rows, and followed to the payees behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from paceline.goals.models import Goal, Quota
from paceline.incentives.models import GoalReward, Plan, PlanVersion
from paceline.incentives.queries.assignments import assigned_days, days_paid
from paceline.org.models import Person


def rewards_for(person: Person) -> QuerySet[GoalReward]:
    """What was said of plans and goals that the person may read."""
    rows = GoalReward.objects.filter(plan__in=Plan.objects.visible_to(person))
    seen = Goal.objects.visible_to(person).values("pk")
    hidden = rows.filter(goal__isnull=False).exclude(goal__in=seen)
    found: QuerySet[GoalReward] = rows.exclude(pk__in=hidden.values("pk")).select_related(
        "plan", "goal__period", "said_by"
    )
    return found


def versions_in_force(person: Person, on: date) -> list[PlanVersion]:
    """Of each plan that the person may read the version that counts on a day. One query."""
    rows = PlanVersion.objects.visible_to(person).in_force_on(on).select_related("plan")
    return sorted(rows, key=lambda one: one.plan.code)


@dataclass(frozen=True, slots=True)
class Rewarded:
    """Which goals are rewarded, and which components reward at least one."""

    goals: frozenset[int]
    components: frozenset[tuple[int, str]]


def rewarded(lines: Sequence[Any], starts_on: date, ends_before: date) -> Rewarded:
    """Follow the rows to goals: named ones, and those of a measure whose owner the plan pays on
    some day. At most six queries; ``lines`` have ``pk``, ``measure`` and ``owner_id``.
    """
    rows = list(GoalReward.objects.values_list("plan_id", "component", "goal_id", "measure"))
    plans = sorted({plan for plan, _component, goal, _measure in rows if goal is None})
    paid: dict[int, set[int]] = defaultdict(set)
    for one in assigned_days(plans, starts_on, ends_before) if plans else ():
        paid[one.person_id].add(one.plan_id)
    by_measure: dict[str, list[tuple[int, str]]] = defaultdict(list)
    by_goal: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for plan, component, goal, measure in rows:
        if goal is None:
            by_measure[measure].append((plan, component))
        else:
            by_goal[goal].append((plan, component))
    goals, components = set(), set()
    for line in lines:
        own = paid.get(line.owner_id, set())
        found = by_goal.get(line.pk, []) + [
            one for one in by_measure.get(line.measure, ()) if one[0] in own
        ]
        if found:
            goals.add(line.pk)
            components.update(found)
    return Rewarded(frozenset(goals), frozenset(components))


def rewards_of(person: Person, goals: Iterable[Goal]) -> dict[int, list[tuple[int, str]]]:
    """By goal of one owner, the plans that pay them on some day of its period and the components
    that reward it. Three queries, whatever the number of goals and periods."""
    own = list(goals)
    rows = list(
        GoalReward.objects.values_list("plan_id", "component", "goal_id", "measure").order_by("pk")
    )
    plans = sorted({row[0] for row in rows})
    paid: dict[int, list[tuple[date, date]]] = defaultdict(list)
    if plans and own:
        first = min(goal.period.starts_on for goal in own)
        for one in days_paid(person, plans, first, max(goal.period.end for goal in own)):
            paid[one.plan_id].append((one.starts_on, one.ends_before))
    return {
        goal.pk: [
            (plan, component)
            for plan, component, named, measure in rows
            if (named == goal.pk or (named is None and measure == goal.measure))
            and any(
                first < goal.period.end and before > goal.period.starts_on
                for first, before in paid[plan]
            )
        ]
        for goal in own
    }


def quotas_of(person: Person, starts_on: date, ends_before: date) -> list[Quota]:
    """A person's standing quotas that lie wholly in the days. One query."""
    rows = Quota.objects.standing().filter(
        person=person, starts_on__gte=starts_on, ends_before__lte=ends_before
    )
    return list(rows)


def within(
    quotas: Iterable[Quota], currency: str, starts_on: date, ends_before: date
) -> dict[str, Decimal]:
    """By measure, the sum of the quotas of a currency that lie wholly in some days."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in quotas:
        end = one.ends_before
        inside = one.starts_on >= starts_on and end is not None and end <= ends_before
        if inside and one.currency == currency:
            found[one.measure] += one.amount
    return dict(found)
