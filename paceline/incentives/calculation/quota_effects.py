"""A run over its own files, with the quotas of a plan in place of those that stood.

The plan's quotas are for days to come; they are laid over the run's days by whole years, so that
the season stays the same: the third quarter of the plan over the third quarter of the run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

from paceline.files.queries import path_of
from paceline.goals.planning import queries as planning
from paceline.goals.planning.models import QuotaPlan, QuotaPlanVersion
from paceline.goals.planning.spread import months_of
from paceline.goals.queries import QUOTAS, quotas_as_table
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.execute import PlanResults, calculate_plan
from paceline.incentives.calculation.extract import Input, inputs_of, store_table
from paceline.incentives.models import PayPeriod, PlanVersion, Run, StatementComponent
from paceline.org.models import Person

ZERO = Decimal(0)
MONEY = "money"


@dataclass(frozen=True, slots=True)
class Effect:
    """One payee under one pay plan, then and under the plan of quotas."""

    number: str
    version: PlanVersion
    currency: str
    quota_was: Decimal | None
    quota_would: Decimal | None
    earned_was: Decimal
    earned_would: Decimal


def years_between(plan: QuotaPlan, period: PayPeriod) -> int | None:
    """By how many years the plan lies after a period whose months it has; else None."""
    firsts = {month.starts_on for month in months_of(plan.starts_on, plan.ends_before)}
    wanted = [month.starts_on for month in months_of(period.starts_on, period.ends_before)]
    for first in sorted(firsts):
        if first.month == wanted[0].month:
            years = first.year - wanted[0].year
            if all(later(one, years) in firsts for one in wanted):
                return years
    return None


def later(day: date, years: int) -> date:
    """The first day of a month some years later; before, if negative."""
    return day.replace(year=day.year + years)


def versions_that_read(run: Run, measure: str) -> list[PlanVersion]:
    """The pay plans of a run that look up quotas of a measure."""
    found = []
    for row in run.run_plans.select_related("version__plan").order_by("version__plan__code"):
        plan = documents.load(row.version.source)
        if any(quota.name == measure for quota in plan.quotas):
            found.append(row.version)
    return found


def currency_of_quotas(version: PlanVersion, measure: str) -> str:
    """In which currency a pay plan reads quotas of a measure; empty where they are no money."""
    plan = documents.load(version.source)
    own = (quota for quota in plan.quotas if quota.name == measure)
    return plan.currency if any(plan.measure(one.measure).is_money for one in own) else ""


def quotas_laid_over(version: QuotaPlanVersion, run: Run, inputs: Sequence[Input]) -> pa.Table:
    """The run's quotas; of the people and the measure of the plan, the plan's in their place."""
    plan = version.plan
    years = years_between(plan, run.period)
    assert years is not None  # noqa: S101 -- only such runs are offered
    laid = [
        (plan.measure, part.person.number, later(one.starts_on, -years),
         later(one.ends_before, -years), one.amount, plan.currency)
        for part in planning.every_part(version)
        for one in planning.slices_of(plan, part)
    ]  # fmt: skip
    days: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for _measure, number, first, after, _amount, _currency in laid:
        days[number].append((first, after))
    kept = [
        tuple(row[name] for name in QUOTAS.names)
        for one in inputs
        if one.table == "quotas"
        for row in pq.read_table(path_of(one.file)).to_pylist()
        if row["quota"] != plan.measure
        or not any(
            first < row["ends_before"] and row["starts_on"] < after
            for first, after in days.get(row["payee_id"], ())
        )
    ]
    rows = sorted([*kept, *laid], key=lambda row: (row[0], row[1], row[2]))
    return quotas_as_table(rows)


def effects_of(
    version: QuotaPlanVersion, run: Run, pay_version: PlanVersion, *, by: Person, at: datetime
) -> list[Effect]:
    """What one pay plan of the run would have paid. Raises ``InputsRefused``."""
    inputs = inputs_of(run)
    table = quotas_laid_over(version, run, inputs)
    file = store_table(table, f"quotas-plan-{version.pk}-{run.period.key}.parquet", by=by, at=at)
    changed = [one for one in inputs if one.table != "quotas"]
    results = calculate_plan(
        pay_version, [*changed, Input("quotas", file, table.num_rows)], run.period
    )
    return _compared(run, results)


def _compared(run: Run, results: PlanResults) -> list[Effect]:
    """Then and would, payee by payee; only those whose quota or pay differs or who had a quota."""
    was, quota_was = _kept(run, results.version)
    would, quota_would = _calculated(results)
    return [
        Effect(
            number, results.version, currency, quota_was.get(number), quota_would.get(number),
            was.get((number, currency), ZERO), would.get((number, currency), ZERO),
        )
        for number, currency in sorted(was.keys() | would.keys())
        if number in quota_was or number in quota_would
    ]  # fmt: skip


Earned = Mapping[tuple[str, str], Decimal]


def _kept(run: Run, version: PlanVersion) -> tuple[Earned, Mapping[str, Decimal]]:
    earned: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    quotas: dict[str, Decimal] = {}
    rows = StatementComponent.objects.filter(statement__run=run, version=version, unit=MONEY)
    for number, currency, amount, quota in rows.values_list(
        "statement__payee__number", "statement__currency", "earned", "quota"
    ):
        earned[number, currency] += amount
        if quota is not None:
            quotas[number] = quota
    return earned, quotas


def _calculated(one: PlanResults) -> tuple[Earned, Mapping[str, Decimal]]:
    earned: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in one.results.rows("earnings"):
        if row["unit"] == MONEY:
            earned[row["payee_id"], row["currency"]] += row["earned"]
    by_component = {part.id: part.quota for part in one.results.plan.components if part.quota}
    wanted = set(by_component.values())
    quotas = {
        row["payee_id"]: row["target"]
        for row in one.results.rows("attainment")
        if row["quota"] in wanted and row["target"] is not None
    }
    return earned, quotas
