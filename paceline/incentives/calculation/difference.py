"""Why a statement differs from an earlier one, by cause, plan by plan; and kept, as it never
changes.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from paceline.engine.compare import UNEXPLAINED, Change, Changes, Difference, Part, Side, compare
from paceline.engine.errors import EngineError
from paceline.engine.plan.model import Plan
from paceline.engine.results import ENGINE_VERSION
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.execute import engine_period
from paceline.incentives.calculation.extract import inputs_of, tables_of
from paceline.incentives.calculation.trace import kept_in
from paceline.incentives.models import PlanVersion, Statement

__all__ = ["UNEXPLAINED", "Change", "Part", "PlanDifference", "differences"]

ZERO = Decimal(0)
FORMAT = 2  # of the kept files


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """What one plan pays otherwise, with the versions of both sides."""

    earlier: PlanVersion
    later: PlanVersion
    difference: Difference


def differences(statement: Statement, earlier: Statement) -> tuple[PlanDifference, ...]:
    """Each plan of either statement. Both need their components with their versions (no query
    for a difference that was made before).
    """
    sides = [_by_plan(one) for one in (earlier, statement)]
    found = []
    for plan_id in sorted({*sides[0], *sides[1]}):
        pair = [side.get(plan_id) for side in sides]
        # A plan that pays on one side only is the same plan without an assignment on the other.
        before, after = (own or other for own, other in zip(pair, reversed(pair), strict=True))
        if before is not None and after is not None:
            found.append(PlanDifference(before, after, _kept(statement, earlier, before, after)))
    return tuple(found)


def _by_plan(statement: Statement) -> dict[int, PlanVersion]:
    return {row.version.plan_id: row.version for row in statement.components.all()}


def _earned(statement: Statement, version: PlanVersion) -> dict[str, Decimal]:
    return {
        row.component: row.earned
        for row in statement.components.all()
        if row.version.plan_id == version.plan_id
    }


def _kept(
    statement: Statement, earlier: Statement, before: PlanVersion, after: PlanVersion
) -> Difference:
    """The difference as it was made before; the name of what is kept holds the whole question and
    the engine that answered it, so that another engine answers anew.
    """
    known = (_earned(earlier, before), _earned(statement, after))
    name = "/".join(
        str(part)
        for part in (
            "why",
            FORMAT,
            ENGINE_VERSION,
            earlier.run.fingerprint,
            statement.run.fingerprint,
            *(before.pk, before.digest, after.pk, after.digest),
            statement.payee.number,
            *(str(sorted(one.items())) for one in known),
        )
    )
    digest = hashlib.sha256(name.encode()).hexdigest()
    place = kept_in(statement.run) / f"difference-{digest}.json"
    if place.is_file():
        try:
            return _read(place, statement, known)
        except (ValueError, KeyError, OSError):
            place.unlink(missing_ok=True)
    found = _compare(
        statement, earlier, (documents.load(before.source), documents.load(after.source)), known
    )
    _write(place, found.parts)
    return found


def _compare(
    statement: Statement,
    earlier: Statement,
    plans: tuple[Plan, Plan],
    known: tuple[dict[str, Decimal], dict[str, Decimal]],
) -> Difference:
    """By the engine; what it refuses is a difference without causes, said as such."""
    number = statement.payee.number
    sides = [
        Side(plan, tables_of(inputs_of(one.run)), engine_period(one.period))
        for plan, one in zip(plans, (earlier, statement), strict=True)
    ]
    try:
        return compare(number, *sides, known=known)
    except EngineError:
        names = {**known[0], **known[1]}
        left = {name: known[1].get(name, ZERO) - known[0].get(name, ZERO) for name in names}
        parts = (Part((UNEXPLAINED,), left, Changes()),)
        return Difference(number, statement.currency, *known, parts)


def _write(place: Path, parts: tuple[Part, ...]) -> None:
    rows = [
        {
            "causes": part.causes,
            "amounts": {name: str(amount) for name, amount in part.amounts.items()},
            "count": part.changes.count,
            "rows": [
                [row.table, row.key, _packed(row.before), _packed(row.after), row.whose]
                for row in part.changes.rows
            ],
        }
        for part in parts
    ]
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = place.with_name(f"{place.name}.{secrets.token_hex(8)}")
    draft.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    draft.replace(place)


def _read(
    place: Path, statement: Statement, known: tuple[dict[str, Decimal], dict[str, Decimal]]
) -> Difference:
    parts = tuple(
        Part(
            tuple(part["causes"]),
            {name: Decimal(amount) for name, amount in part["amounts"].items()},
            Changes(
                tuple(
                    Change(table, key, _unpacked(before), _unpacked(after), whose)
                    for table, key, before, after, whose in part["rows"]
                ),
                part["count"],
            ),
        )
        for part in json.loads(place.read_text(encoding="utf-8"))
    )
    return Difference(statement.payee.number, statement.currency, *known, parts)


def _packed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values with the types that JSON lacks written beside them."""

    def pack(value: Any) -> Any:
        if isinstance(value, Decimal):
            return {"decimal": str(value)}
        return {"date": value.isoformat()} if isinstance(value, date) else value

    return {name: pack(value) for name, value in values.items()}


def _unpacked(values: Mapping[str, Any]) -> dict[str, Any]:
    def unpack(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if "decimal" in value:
            return Decimal(value["decimal"])
        return date.fromisoformat(value["date"])

    return {name: unpack(value) for name, value in values.items()}
