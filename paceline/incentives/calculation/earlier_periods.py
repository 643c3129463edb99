"""What earlier periods earn with today's lines, people and rates: a correction is paid now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from paceline import engine
from paceline.engine.hashing import fingerprint, hash_files, hash_inputs
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.execute import calculate_plan
from paceline.incentives.calculation.extract import Input, extract_inputs, tables_of
from paceline.incentives.models import PlanVersion, Run, RunPlan, SettledPlan
from paceline.org.models import Person

RECALCULATED_MAX = 12  # earlier periods of a plan that a settlement looks at again
ZERO = Decimal(0)
Row = dict[str, Any]
Settled = Mapping[tuple[str, str], set[date]]  # by payee and component: settled in which periods


def recalculated(
    chain: Sequence[SettledPlan],
    settled: Sequence[Row],
    step: Callable[[], None],
    *,
    by: Person,
    at: datetime,
) -> list[Row]:
    """What earlier periods earn now, where anything about them has changed.

    ``settled`` are the rows of all earlier settlements. Whoever does not earn in such a period any
    more earns zero in it. Raises ``InputsRefused``.
    """
    by_period: dict[date, dict[tuple[str, str], set[date]]] = defaultdict(dict)
    for row in settled:
        key = (row["payee_id"], row["component"])
        by_period[row["period_starts_on"]].setdefault(key, set()).add(row["settled_on"])
    found: list[Row] = []
    for part in chain[-RECALCULATED_MAX:]:
        step()
        known = by_period[part.settlement.run.period.starts_on]
        found += _recalculate(part, known, by=by, at=at)
    return found


def _recalculate(part: SettledPlan, settled: Settled, *, by: Person, at: datetime) -> list[Row]:
    run = part.settlement.run
    ran = RunPlan.objects.filter(run=run).select_related("version__plan")
    versions = [row.version for row in ran.order_by("version__plan__code")]
    mark = next((row.fingerprint for row in ran if row.version_id == part.version_id), None)
    if mark is None:
        return []
    inputs = extract_inputs(period=run.period, versions=versions, by=by, at=at)
    starts_on = run.period.starts_on
    is_corrected = any(days - {starts_on} for days in settled.values())
    if _fingerprint(part.version, inputs, run) == mark and not is_corrected:
        return []
    results = calculate_plan(part.version, inputs, run.period).results
    earned = dict.fromkeys(settled, ZERO)
    for row in results.rows("earnings"):
        if row["unit"] == "money":
            earned[row["payee_id"], row["component"]] = row["earned"]
    return [
        {
            "period_starts_on": starts_on,
            "payee_id": payee,
            "component": component,
            "earned": amount,
        }
        for (payee, component), amount in sorted(earned.items())
    ]


def _fingerprint(version: PlanVersion, inputs: Iterable[Input], run: Run) -> str:
    """What a calculation over these files would be known by, without calculating."""
    return fingerprint(
        plan=documents.load(version.source).hash,
        engine_version=engine.ENGINE_VERSION,
        period=f"{run.period.starts_on}/{run.period.ends_before}",
        inputs=hash_inputs(tables_of(inputs).sources, hash_files),
    )
