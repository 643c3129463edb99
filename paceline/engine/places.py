"""Where in a folder's files a refusal lies: the line of a CSV, the row of a Parquet file.

The checks look at whole columns and name a row by its key; only when something is refused this
looks again for the row that bears the key.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from paceline.engine.errors import Problem
from paceline.engine.folders import file_of
from paceline.engine.inputs import first_unfit, outside_calendar
from paceline.engine.shape import arrow_type
from paceline.engine.tables import INPUTS

MAX_ROWS = 5_000_000  # in larger files nothing is looked for
MAX_PLACED = 20  # refusals of one table that are given their row

_KEYS: dict[str, tuple[str, ...]] = {
    "order_lines": ("line_id",),
    "credit_splits": ("line_id", "payee_id"),
    "payees": ("payee_id",),
    "assignments": ("payee_id",),
    "reporting": ("payee_id",),
    "leaves": ("payee_id",),
    "teams": ("payee_id",),
    "hierarchies": ("hierarchy", "payee_id"),
    "quotas": ("quota", "payee_id"),
    "owners": ("kind", "key", "payee_id"),
    "coalitions": ("pool", "team", "members"),
    "exchange_rates": ("from_currency", "to_currency"),
}
_KEYS_OF_CODE: dict[str, tuple[str, ...]] = {
    "splits_incomplete": ("line_id",),
    "overlay_not_allowed": ("line_id",),
    "owners_exceed": ("kind", "key"),
    "currency_unknown": ("currency",),
    "currencies_mixed": ("currency",),
}
_DAYS = ("starts_on", "on_date")
_ROW_OF_RATES = re.compile(r", (\d+): ")  # `prices, 3: pen` names the third row


def placed(problems: Sequence[Problem], folder: Path) -> tuple[Problem, ...]:
    """The problems of a folder's tables, each with the file, and the line or row, that it is about;
    as they were where it is about no row, or has its place already.
    """
    found: list[Problem] = []
    looked: dict[str, int] = {}
    for one in problems:
        file = file_of(folder, one.path)
        looked[one.path] = looked.get(one.path, 0) + 1
        if file is None or one.source or looked[one.path] > MAX_PLACED:
            found.append(one)
            continue
        try:
            row = one.row or _row_of(file, one)
        except (pa.ArrowException, OSError):
            row = None
        found.append(replace(one, source=str(file)) if row is None else _at(one, file, row))
    return tuple(found)


def _at(problem: Problem, file: Path, row: int) -> Problem:
    if file.suffix == ".csv":
        return replace(problem, source=str(file), line=_line_of(file, row), row=None)
    return replace(problem, source=str(file), row=row)


def _line_of(file: Path, row: int) -> int:
    """The line on which a row of a CSV ends; texts may hold line breaks."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.reader(lines)
        filled = (rows.line_num for one in rows if one)
        return next(islice(filled, row, None), row + 1)


def _row_of(file: Path, problem: Problem) -> int | None:
    """The row that a problem is about, counted from 1; of rows that are there twice the second."""
    subject = str(problem.params.get("subject", ""))
    if problem.path == "rate_tables":
        named = _ROW_OF_RATES.search(subject)
        if named:
            return int(named[1])
    if problem.code == "value_missing":
        return _first(pc.is_null(_texts(file, [subject])[subject]))
    found: int | None = None
    if problem.code == "date_out_of_range":
        found = outside_calendar(pq.read_table(file, columns=[problem.params["column"]])[0])
    elif problem.code == "amount_too_large":
        found = _too_large(file, problem.path)
    elif subject:
        found = _by_key(file, problem, subject)
    return found


def _by_key(file: Path, problem: Problem, subject: str) -> int | None:
    keys = _KEYS_OF_CODE.get(problem.code) or _KEYS.get(problem.path)
    if problem.code == "row_repeated":
        keys = INPUTS[problem.path].grain
    if keys is None:
        return None
    columns = _texts(file, [*keys, *_DAYS])
    if not columns.keys() >= set(keys):
        return None
    bears = _bears(columns, keys, subject)
    detail = str(problem.params.get("detail", ""))
    for name in _DAYS:
        if detail and name in columns:
            narrower = pc.and_(bears, pc.equal(columns[name], detail))
            bears = narrower if pc.any(narrower).as_py() else bears
    return _first(bears, 1 if problem.code == "row_repeated" else 0)


def _too_large(file: Path, table: str) -> int | None:
    """The first number that its column cannot hold; None where only a sum is too large."""
    if file.suffix == ".csv":
        return None
    opened = pq.ParquetFile(file)
    for column in INPUTS[table].columns:
        if column.kind.scale is None or column.name not in opened.schema_arrow.names:
            continue
        values = opened.read(columns=[column.name])[0]
        try:
            pc.cast(values, arrow_type(column.kind))
        except pa.ArrowInvalid:
            return first_unfit(values, arrow_type(column.kind))
    return None


def _bears(columns: dict[str, Any], keys: Iterable[str], subject: str) -> Any:
    parts = [columns[name] for name in keys]
    joined = pc.binary_join_element_wise(*parts, ", ", null_handling="skip")
    return pc.fill_null(pc.equal(joined, subject), fill_value=False)


def _first(test: Any, skipped: int = 0) -> int | None:
    places = pc.indices_nonzero(pc.fill_null(test, fill_value=False))
    return int(places[skipped].as_py()) + 1 if len(places) > skipped else None


def _texts(file: Path, names: Sequence[str]) -> dict[str, Any]:
    """Columns of a file as texts, those that it has."""
    if file.suffix == ".csv":
        options = pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
            quoted_strings_can_be_null=False,
        )
        rows = pa_csv.read_csv(file, convert_options=options)
    else:
        opened = pq.ParquetFile(file)
        if opened.metadata.num_rows > MAX_ROWS:
            return {}
        own = [name for name in names if name in opened.schema_arrow.names]
        rows = opened.read(columns=own)
    own = [name for name in names if name in rows.column_names]
    return {name: pc.cast(rows.column(name), pa.string()).combine_chunks() for name in own}
