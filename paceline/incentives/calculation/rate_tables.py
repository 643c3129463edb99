"""Tables of rates held against the engine's rules before they are kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.keyed import can_be_read, shown_keys, written
from paceline.engine.plan.imported import imported_tables
from paceline.engine.rate_tables import KEY, faults
from paceline.incentives.queries.rate_rows import COLUMNS

__all__ = ["KEY", "can_be_read", "faults_of", "imported_tables", "shown_keys", "written"]

_OF_FILE = {
    "from": "above", "to": "ends_at", "rate": "paid_rate",
}  # fmt: skip


def faults_of(
    rows: pa.Table, stored: Sequence[tuple[Any, ...]], names: Sequence[str], most: int
) -> list[tuple[int, str, str]]:
    """What would be wrong with tables of rates if a file's rows were kept: row of the file, code,
    and what it says there. A fault beside a stored row is told of the file's first row of its key.

    ``rows`` has the columns of a check, ``stored`` those of ``stored_rows``, ``names`` are the
    columns of keys.
    """
    replaced = set(zip(*(rows.column(one).to_pylist() for one in _ROW_KEY), strict=True))
    kept = [row for row in stored if (row[1], row[0], row[2], row[4]) not in replaced]
    both = pa.concat_tables([_of_file(rows, names), _of_stored(kept, names)])
    first: dict[tuple[str, str], int] = {}
    of_file = zip(*(rows.column(one).to_pylist() for one in ("rate_table", "keys")), strict=True)
    for place, key in enumerate(of_file):
        first.setdefault(key, rows.column("row")[place].as_py())
    keys = [*rows.column("keys").to_pylist(), *(row[0] for row in kept)]
    numbers = rows.column("row").to_pylist()
    found: list[tuple[int, str, str]] = []
    for name in rows.column("rate_table").unique().to_pylist():
        own = both.filter(pc.equal(both.column("rate_table"), name))
        value = "amount" if own.column("rate").null_count == own.num_rows else "rate"
        for code, line, detail in faults(both, name, tuple(names), value, most):
            is_stored = line > len(numbers)
            row = first.get((name, keys[line - 1])) if is_stored else numbers[line - 1]
            if row is not None:
                found.append((row, code, detail))
    return found


_ROW_KEY = ("rate_table", "keys", "starts_on", "above")


def _of_file(rows: pa.Table, names: Sequence[str]) -> pa.Table:
    columns: dict[str, Any] = {}
    for name, kind in COLUMNS.items():
        columns[name] = rows.column(_OF_FILE.get(name, name)).cast(kind)
    columns |= {name: rows.column(f"key_{name}").cast(pa.string()) for name in names}
    return pa.table(columns)


def _of_stored(stored: Sequence[tuple[Any, ...]], names: Sequence[str]) -> pa.Table:
    keys = [json.loads(row[0]) for row in stored]
    columns = {
        name: pa.array([row[place] for row in stored], kind)
        for place, (name, kind) in enumerate(COLUMNS.items(), start=1)
    }
    columns |= {name: pa.array([one.get(name) for one in keys], pa.string()) for name in names}
    return pa.table(columns)
