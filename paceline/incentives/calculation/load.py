"""Results of the engine as rows to keep. The action that ends a run writes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from paceline.engine.hashing import canonical_json, hash_text
from paceline.incentives.calculation.execute import PlanResults, Refusal
from paceline.incentives.models import (
    Run,
    RunProblem,
    Statement,
    StatementComponent,
    StatementDetail,
    StatementTier,
)
from paceline.org.models import Person

StatementKey = tuple[str, str]


@dataclass
class Loaded:
    """Unsaved rows of a run, each with its unsaved parent, and what the run says of itself."""

    statements: list[Statement] = field(default_factory=list)
    components: list[StatementComponent] = field(default_factory=list)
    tiers: list[StatementTier] = field(default_factory=list)
    details: list[StatementDetail] = field(default_factory=list)
    problems: list[RunProblem] = field(default_factory=list)
    fingerprints: dict[int, str] = field(default_factory=dict)
    fingerprint: str = ""
    engine_version: str = ""
    checks: list[dict[str, Any]] = field(default_factory=list)


def load_results(
    run: Run,
    results: Sequence[PlanResults],
    days: Mapping[tuple[str, str], Sequence[tuple[date, date]]],
) -> Loaded:
    """The statements of a run: one for each payee and currency, with the components of every plan.

    ``days`` are those on which a plan (its slug) pays a payee (their number). A statement's
    ``credited`` is the largest sum of credits of one plan: two plans that credit the same lines do
    not count them twice.
    """
    loaded = Loaded()
    numbers = {
        number
        for one in results
        for number in one.results.table("statements").column("payee_id").to_pylist()
    }
    people = Person.objects.in_bulk(numbers, field_name="number")
    statements: dict[StatementKey, Statement] = {}
    for one in results:
        _load_plan(run, one, people, statements, loaded)
        _note_days(one, statements, days)
    loaded.statements = [statements[key] for key in sorted(statements)]
    loaded.fingerprint = _fingerprint(loaded, results)
    return loaded


def refusal_rows(run: Run, refusals: Iterable[Refusal]) -> list[RunProblem]:
    """Why a run was refused, with the payee where the reason names one."""
    refusals = list(refusals)
    named = {str(one.params.get("subject", "")).rpartition(", ")[2] for one in refusals}
    people = Person.objects.in_bulk(named, field_name="number")
    return [
        RunProblem(
            run=run,
            code=one.code,
            payee=people.get(str(one.params.get("subject", "")).rpartition(", ")[2]),
            params=dict(one.params),
        )
        for one in refusals
    ]


def _load_plan(
    run: Run,
    one: PlanResults,
    people: dict[str, Person],
    statements: dict[StatementKey, Statement],
    loaded: Loaded,
) -> None:
    results = one.results
    credited: dict[str, Decimal] = defaultdict(Decimal)
    for row in results.rows("credits"):
        credited[row["payee_id"]] += row["credited_plan"] or Decimal(0)
    for row in results.rows("statements"):
        key = (row["payee_id"], row["currency"])
        statement = statements.get(key)
        if statement is None:
            statement = statements[key] = Statement(
                run=run,
                period=run.period,
                payee=people[row["payee_id"]],
                currency=row["currency"],
                credited=Decimal(0),
                earned=Decimal(0),
            )
        statement.credited = max(statement.credited, credited[row["payee_id"]], key=abs)
        statement.earned += row["earned"]
    components = _components(one, statements)
    loaded.components += components.values()
    loaded.tiers += [
        StatementTier(
            component=components[row["component"], row["payee_id"]],
            key=(row["key"] or "")[:1000],
            **{name: row[name] for name in _TIER},
        )
        for row in results.rows("tiers")
        if (row["component"], row["payee_id"]) in components
    ]
    loaded.details += [
        StatementDetail(
            component=components[row["component"], row["payee_id"]],
            **{name: row[name] for name in ("item", "figure", "clause", "value")},
        )
        for row in results.rows("details")
        if (row["component"], row["payee_id"]) in components
    ]
    loaded.problems += [
        RunProblem(
            run=run,
            code=row["code"],
            payee=people.get(row["payee_id"]),
            params={"plan": one.version.plan.code, "subject": row["subject"]},
        )
        for row in results.rows("problems")
    ]
    loaded.fingerprints[one.version.pk] = results.fingerprint
    loaded.engine_version = results.engine_version
    loaded.checks.append(_checks(one))


def _note_days(
    one: PlanResults,
    statements: Mapping[StatementKey, Statement],
    days: Mapping[tuple[str, str], Sequence[tuple[date, date]]],
) -> None:
    """Say on the statements of a plan on which days it paid, unless on all of the period."""
    slug = one.results.plan.slug
    for row in one.results.rows("statements"):
        statement = statements[row["payee_id"], row["currency"]]
        ranges = list(days.get((slug, row["payee_id"]), ()))
        if ranges and ranges != [(statement.period.starts_on, statement.period.ends_before)]:
            statement.days[one.version.plan.code] = [
                [first.isoformat(), before.isoformat()] for first, before in ranges
            ]


_TIER = (
    "tier",
    "clause",
    "lower",
    "upper",
    "lower_amount",
    "upper_amount",
    "base",
    "rate",
    "earned",
)
_COMPONENT = (
    "measure",
    "attainment",
    "computed",
    "multiplier_adjustment",
    "condition_adjustment",
    "cap_adjustment",
    "floor_adjustment",
    "earned",
    "unit",
)


def _components(
    one: PlanResults, statements: dict[StatementKey, Statement]
) -> dict[tuple[str, str], StatementComponent]:
    plan = one.results.plan
    positions = {component.id: place for place, component in enumerate(plan.components)}
    quotas = {component.id: component.quota for component in plan.components}
    targets = {
        (row["quota"], row["payee_id"]): row["target"] for row in one.results.rows("attainment")
    }
    return {
        (row["component"], row["payee_id"]): StatementComponent(
            statement=statements[row["payee_id"], row["currency"]],
            version=one.version,
            component=row["component"],
            position=positions[row["component"]],
            clause=row["clause"],
            quota=targets.get((quotas[row["component"]], row["payee_id"])),
            **{name: row[name] for name in _COMPONENT},
        )
        for row in one.results.rows("earnings")
    }


def _checks(one: PlanResults) -> dict[str, Any]:
    """Credited + excluded = imported, for each currency, and the excluded by reason."""
    return {
        "plan": one.version.plan.code,
        "version": one.version.number,
        "conservation": [
            {
                "currency": check.currency,
                "imported": str(check.imported),
                "credited": str(check.credited),
                "excluded": str(check.excluded),
                "holds": check.holds,
            }
            for check in one.results.checks
        ],
        "excluded": [
            {
                "reason": row["reason"],
                "currency": row["currency"],
                "lines": row["lines"],
                "amount": str(row["amount"]),
            }
            for row in one.results.rows("excluded")
        ],
    }


def _fingerprint(loaded: Loaded, results: Sequence[PlanResults]) -> str:
    """One hash over what went in (each plan's own fingerprint) and what came out."""
    return hash_text(
        canonical_json(
            {
                "plans": sorted(loaded.fingerprints.values()),
                "earnings": [
                    [one.version.plan.code, *(str(value) for value in row.values())]
                    for one in sorted(results, key=lambda one: one.version.plan.code)
                    for row in one.results.rows("earnings")
                ],
            }
        )
    )
