"""What if: one more order, the next tier and another version, over the kept figures of a
statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from paceline.engine.errors import EngineError
from paceline.engine.formula.tree import Type
from paceline.engine.tables import LINE_ATTRIBUTES
from paceline.engine.whatif import (
    OTHERS,
    Kept,
    OneMore,
    Order,
    OrderIncomplete,
    Outcome,
    Step,
    Untold,
    asks_windows,
    columns_asked,
    keyed_of,
    nearest_level,
    next_steps,
    one_more,
    one_more_counted,
    under_plan,
    untold_steps,
    with_windows,
)
from paceline.files.queries import path_of
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.documents import Plan
from paceline.incentives.calculation.execute import engine_period
from paceline.incentives.calculation.extract import Input, inputs_of, tables_of
from paceline.incentives.calculation.rate_tables import imported_tables
from paceline.incentives.calculation.trace import figures_of
from paceline.incentives.models import PlanVersion, Statement

ROWS_LAID_OUT = 200_000

__all__ = [
    "OTHERS",
    "OneMore",
    "OrderIncomplete",
    "Outcome",
    "PlanKept",
    "Step",
    "Type",
    "asked",
    "inputs_of",
    "kept_plans",
    "plan_of",
    "rates_to",
    "under_version",
]


@dataclass(frozen=True, slots=True)
class PlanKept:
    """What a run keeps of a payee under one plan version."""

    version: PlanVersion
    plan: Plan
    kept: Kept

    @property
    def level(self) -> int:
        """0 where the payee's own orders count, 1 where those of reports do."""
        return nearest_level(self.plan)

    def steps(self) -> tuple[Step, ...]:
        return next_steps(self.plan, self.kept)

    def untold(self) -> dict[str, Untold]:
        return untold_steps(self.plan, self.kept)

    def one_more(self, statement: Statement, values: Mapping[str, Any], rate: Decimal) -> OneMore:
        """What one more order pays. Raises OrderIncomplete."""
        day = values.get("ordered_on") or statement.period.ends_before - timedelta(days=1)
        own = ("amount", "currency", "ordered_on", "quantity", "kind")
        order = Order(
            amount=values["amount"],
            currency=values["currency"],
            ordered_on=day,
            quantity=values.get("quantity") or Decimal(1),
            exchange_rate=rate,
            kind=values.get("kind") or "sale",
            level=self.level,
            columns={name: value for name, value in values.items() if name not in own},
        )
        found = one_more(self.plan, self.kept, order)
        return found.answered(self._counted(statement, order)) if found.unanswered else found

    def _counted(self, statement: Statement, order: Order) -> dict[str, Decimal]:
        """What a calculation over the payee's own lines says; nothing where there can be none."""
        tables, period = tables_of(inputs_of(statement.run)), engine_period(statement.period)
        try:
            return one_more_counted(self.plan, tables, period, statement.payee.number, order)
        except EngineError:
            return {}


def kept_plans(statement: Statement) -> tuple[PlanKept, ...]:
    """Each plan of the statement; its components and tiers must be there already."""
    rows: dict[int, list[Any]] = {}
    for row in statement.components.all():
        rows.setdefault(row.version_id, []).append(row)
    found, files = [], inputs_of(statement.run)
    for components in rows.values():
        version = components[0].version
        plan = documents.load(version.source)
        held = {
            row.component: [(tier.tier, tier.base) for tier in row.tiers.all()]
            for row in components
        }
        found_figures = figures_of(statement, version)
        kept = Kept(
            found_figures.measures,
            found_figures.targets,
            {row.component: row.earned for row in components},
            {row.component: tuple(tier.base for tier in row.tiers.all()) for row in components},
            {row.component: row.measure for row in components},
            found_figures.reached,
            keyed_of(plan, _rate_rows(files, plan), held, engine_period(statement.period)),
            paid={row.component: tuple(t.earned for t in row.tiers.all()) for row in components},
            starts_on=statement.period.starts_on,
            ends_before=statement.period.ends_before,
        )
        found.append(PlanKept(version, plan, _with_windows(statement, files, plan, kept)))
    return tuple(found)


def _with_windows(statement: Statement, files: tuple[Input, ...], plan: Plan, kept: Kept) -> Kept:
    """With what only the lines of the run tell of windows longer than the period, where the plan
    asks it and the rows of its tables are not too many.
    """
    if not asks_windows(plan) or _rows_of_rates(files) > ROWS_LAID_OUT:
        return kept
    period, payee = engine_period(statement.period), statement.payee.number
    try:
        return with_windows(plan, kept, tables_of(files), period, payee)
    except EngineError:
        return kept


def _rows_of_rates(files: Iterable[Input]) -> int:
    return sum(one.rows for one in files if one.table == "rate_tables")


def _rate_rows(files: tuple[Input, ...], plan: Plan) -> pa.Table | None:
    """The rows of the run's tables of rates, where the plan asks one and they are not too many to
    be laid out while somebody waits.
    """
    own = tuple(one for one in files if one.table == "rate_tables")
    if not imported_tables(plan) or not own or _rows_of_rates(own) > ROWS_LAID_OUT:
        return None
    return documents.rates_of(plan, tables_of(own))


def asked(plans: Iterable[PlanKept]) -> dict[str, Type]:
    """The columns of an order that the plans look at, with their types."""
    found: dict[str, Type] = {}
    for one in plans:
        kinds = {**LINE_ATTRIBUTES, **one.plan.attributes}
        found |= {name: kinds[name] for name in columns_asked(one.plan) if name in kinds}
    found.pop("kind", None)  # an imagined order is a sale
    return found


def rates_to(currency: str, rate_type: str, inputs: Iterable[Input]) -> dict[str, Decimal]:
    """The last rate of each currency in the run's own table; 1 for the currency itself."""
    found = {currency: Decimal(1)}
    for one in inputs:
        if one.table != "exchange_rates":
            continue
        rows = pq.read_table(path_of(one.file))
        to_plan = pc.and_(
            pc.equal(rows.column("to_currency"), currency),
            pc.equal(rows.column("rate_type"), rate_type),
        )
        for row in rows.filter(to_plan).sort_by("on_date").to_pylist():
            found[row["from_currency"]] = row["rate"]
    return found


def plan_of(version: PlanVersion) -> Plan:
    return documents.load(version.source)


def under_version(statement: Statement, version: PlanVersion) -> dict[str, Decimal] | None:
    """What the payee would have earned under another version, by component; None if the run's
    inputs do not have what it needs, or nobody is paid by it.
    """
    plan = documents.load(version.source)
    tables = tables_of(inputs_of(statement.run))
    try:
        results = under_plan(plan, tables, engine_period(statement.period), statement.payee.number)
    except EngineError:
        return None
    return {row["component"]: row["earned"] for row in results.rows("earnings")} or None
