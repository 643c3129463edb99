"""Running the engine: one calculation for each plan version of a run."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings

from paceline import engine
from paceline.engine import confined
from paceline.engine.kept import FolderShelf
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.extract import Input, tables_of
from paceline.incentives.calculation.periods import (
    CalendarPeriod,
    calendar_period,
    is_paid_by,
    nearest,
)
from paceline.incentives.models import PayPeriod, PlanAssignment, PlanVersion
from paceline.incentives.queries.plans import versions_for

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why the inputs cannot be calculated, as code and values to be put into words."""

    code: str
    params: Mapping[str, str | int]


class InputsRefused(Exception):
    """The engine will not calculate these inputs; ``refusals`` lists every reason it found."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(f"{len(refusals)} reasons")
        self.refusals = tuple(refusals)


@dataclass(frozen=True, slots=True)
class PlanResults:
    """What one plan version paid."""

    version: PlanVersion
    results: engine.Results


def versions_that_pay(period: CalendarPeriod) -> list[PlanVersion]:
    """Approved versions in effect, of plans that pay by this period and that somebody is assigned
    to: of the period's kind, and a period of the plan's calendar.
    """
    return [
        version
        for version in _versions_of_kind(period)
        if is_paid_by(period, version.period_kind, documents.calendar_of(version.source))
    ]


def periods_instead(period: CalendarPeriod) -> list[CalendarPeriod]:
    """The nearest periods of this kind that plans pay."""
    found = {
        nearest(period, documents.calendar_of(version.source))
        for version in _versions_of_kind(period)
    }
    return sorted(found, key=lambda one: (one.starts_on, one.ends_before))


def _versions_of_kind(period: CalendarPeriod) -> list[PlanVersion]:
    """Approved versions in effect, of plans that pay by periods of this kind and that somebody is
    assigned to.
    """
    assigned = set(
        PlanAssignment.objects.during(period.starts_on, period.ends_before).values_list(
            "plan_id", flat=True
        )
    )
    days = PayPeriod(key=period.key, starts_on=period.starts_on, ends_before=period.ends_before)
    versions = versions_for(days, period.kind)
    return [version for version in versions if version.plan_id in assigned]


def calculate_plans(
    versions: Sequence[PlanVersion], inputs: Iterable[Input], period: PayPeriod
) -> Iterator[PlanResults]:
    """Run versions over the kept files, several at once, and hand them out in their order.

    Raises ``InputsRefused`` of the first that is refused. Each works in a process of its own, which
    the threads here only wait for; where processes are switched off they run one after another.
    """
    tables, days = tables_of(inputs), engine_period(period)
    if settings.CALCULATION_LIMITS is None:
        for version in versions:
            yield _calculate_plan(version, tables, days)
        return
    pool = ThreadPoolExecutor(settings.CALCULATIONS_AT_ONCE)
    try:
        waiting = [pool.submit(_calculate_plan, one, tables, days) for one in versions]
        for one in waiting:
            yield one.result()
    finally:
        pool.shutdown(cancel_futures=True)


def calculate_plan(version: PlanVersion, inputs: Iterable[Input], period: PayPeriod) -> PlanResults:
    """Run one version over the kept files. Raises ``InputsRefused``."""
    return _calculate_plan(version, tables_of(inputs), engine_period(period))


def _calculate_plan(
    version: PlanVersion, tables: engine.Tables, period: engine.Period
) -> PlanResults:
    try:
        results = _calculate(version.source, tables, period)
    except engine.InputInvalid as invalid:
        raise InputsRefused(
            [
                Refusal(problem.code, {"plan": version.plan.code, **problem.params})
                for problem in invalid.problems
            ]
        ) from invalid
    except confined.LimitExceeded as exceeded:
        logger.exception("A run of plan %s was ended.", version.plan.code)
        refusal = Refusal("limit_exceeded", {"plan": version.plan.code})
        raise InputsRefused([refusal]) from exceeded
    return PlanResults(version, results)


def _calculate(source: str, tables: engine.Tables, period: engine.Period) -> engine.Results:
    """In a process of its own, within the limits that are set, unless they are switched off."""
    shelf = _shelf()
    if settings.CALCULATION_LIMITS is None:
        return engine.calculate(documents.load(source), tables, period, shelf=shelf)
    limits = confined.Limits(**settings.CALCULATION_LIMITS)
    return confined.calculate_confined(source, tables, period, limits=limits, shelf=shelf)


def _shelf() -> FolderShelf | None:
    """Where sums of months are kept, unless none are."""
    room = settings.CALCULATION_SUMS_MIB * 1024**2
    return FolderShelf(settings.CALCULATION_SUMS, room) if room else None


def engine_period(period: PayPeriod) -> engine.Period:
    known = calendar_period(period.key)
    return engine.Period(period.starts_on, period.ends_before, period.key, known.kind)
