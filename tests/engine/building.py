"""Making input tables and reading result tables in tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from paceline import engine
from paceline.engine.columns import TEXT, Kind
from paceline.engine.inputs import input_columns
from paceline.engine.shape import arrow_table
from paceline.engine.tables import ATTRIBUTE_KINDS, INPUTS

Row = dict[str, Any]


def fill(name: str, rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Rows with every column of the contract, typed from text, and the usual defaults."""
    contract = INPUTS[name]
    rows = list(rows)
    filled = []
    for place, row in enumerate(rows, start=1):
        full: Row = {column.name: None for column in contract.columns}
        if name == "order_lines":
            full |= {"line_id": f"L{place:04d}", "kind": "sale", "currency": "USD"}
        if name == "credit_splits":
            full["is_overlay"] = False
        if name == "rate_tables":  # the columns of the keys stand beside those of the contract
            full |= {key: None for one in rows for key in one}
        full |= dict(row)
        for column in contract.columns:
            full[column.name] = _typed(full[column.name], column.kind)
        filled.append(full)
    return filled


def _typed(value: Any, kind: Kind) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if kind.sql == "DATE":
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    if kind.scale is not None:
        return Decimal(str(value))
    return str(value)


def arrow(name: str, rows: list[Row], attributes: Mapping[str, Any] | None = None) -> pa.Table:
    kinds = {column.name: column.kind for column in INPUTS[name].columns}
    if name == "rate_tables":
        kinds |= {key: TEXT for row in rows for key in row if key not in kinds}
    if name == "order_lines":
        kinds |= {key: ATTRIBUTE_KINDS[kind] for key, kind in (attributes or {}).items()}
    return arrow_table(kinds, rows)


def tables_of(rows: Mapping[str, list[Row]], plan: engine.Plan | None = None) -> engine.Tables:
    if plan is None:
        return engine.Tables({name: arrow(name, part) for name, part in rows.items()})
    kinds = {
        name: {column.name: column.kind for column in input_columns(plan, name)} for name in rows
    }
    return engine.Tables({name: arrow_table(kinds[name], part) for name, part in rows.items()})


def keyed(results: engine.Results, name: str, keys: str) -> dict[tuple[Any, ...], Row]:
    """A result table by its grain."""
    names = keys.split()
    return {tuple(row[key] for key in names): row for row in results.rows(name)}
