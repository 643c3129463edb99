"""What a goal is worth in pay: the component that rewards it, at its value now and at its target.

The component is asked for its pay alone, by the same curve as the plan's page, with the owner's own
quota of the days. Where others decide it, or other figures, there is no amount to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from paceline.goals.models import Goal, Unit
from paceline.incentives import wording
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.documents import Component, Plan
from paceline.incentives.models import PlanVersion

MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class Worth:
    """What one component pays for a goal. Amounts are None where they cannot be told alone;
    ``assumed`` says that the target stood in for a quota that nobody set."""

    plan: str
    component: str
    currency: str
    now: Decimal | None = None
    at_target: Decimal | None = None
    assumed: bool = False

    @property
    def more(self) -> Decimal | None:
        """What the rest of the way pays."""
        if self.now is None or self.at_target is None:
            return None
        return self.at_target - self.now


def worth_of(
    goal: Goal,
    value: Decimal | None,
    version: PlanVersion,
    component_id: str,
    quotas: Callable[[str], Mapping[str, Decimal]],
) -> Worth | None:
    """None where the version in force has no such component. ``quotas`` gives the owner's quotas of
    the goal's days in a currency, by measure."""
    plan = documents.load(version.source)
    component = next((one for one in plan.components if one.id == component_id), None)
    if component is None:
        return None
    told = Worth(version.name, wording.component_name(plan, component_id), plan.currency)
    if not _is_told_alone(goal, plan, component):
        return told
    quota, assumed = _quota(goal, plan, component, quotas)
    at_target = _earned(plan, component_id, quota, goal.target)
    now = None if value is None else _earned(plan, component_id, quota, max(value, Decimal(0)))
    return Worth(told.plan, told.component, told.currency, now, at_target, assumed)


def _is_told_alone(goal: Goal, plan: Plan, component: Component) -> bool:
    """Whether the goal counts what the component counts: the same unit, currency and days."""
    if not documents.is_drawable(component) or component.measure is None:
        return False
    period = goal.period
    months = (period.end.year - period.starts_on.year) * 12
    months += period.end.month - period.starts_on.month
    if MONTHS.get(plan.period) != months or period.starts_on.day != 1 or period.end.day != 1:
        return False
    if plan.measure(component.measure).is_money:
        return goal.unit == Unit.MONEY and goal.currency == plan.currency
    return goal.unit == Unit.QUANTITY


def _quota(
    goal: Goal,
    plan: Plan,
    component: Component,
    quotas: Callable[[str], Mapping[str, Decimal]],
) -> tuple[Decimal | None, bool]:
    if not component.quota:
        return None, False
    known = quotas(plan.currency).get(plan.quota(component.quota).name)
    return (known, False) if known else (goal.target, True)


def _earned(plan: Plan, component_id: str, quota: Decimal | None, value: Decimal) -> Decimal:
    (example,) = documents.examples(plan, component_id, quota, (value,))
    return example.earned
