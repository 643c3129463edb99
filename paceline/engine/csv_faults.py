"""Where a CSV file does not fit its columns: the line, the column and what is expected there.

Arrow reads files fast and says little of what it cannot read; only then this looks again, row by
row.
"""

from __future__ import annotations

import _csv
import csv
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import islice
from pathlib import Path

import pyarrow as pa

from paceline.engine.errors import Problem

MAX_ROWS = 200_000  # so many are looked at, for a fraction of a second
SHOWN = 40  # characters of a value
_TRUTHS = {"true", "false", "0", "1"}


def fault_of(
    path: Path, table: str, kinds: Mapping[str, pa.DataType], reason: str, read: int = 0
) -> Problem:
    """The first thing in a file that cannot be read; `reason` where nothing is found here.

    So many rows are known to be `read` well, and are passed over: however long the file is, only
    those around the fault are looked at.
    """
    line, message = 1, reason
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            try:
                line, message = next(_faults(rows, kinds, read), (line, message))
            except csv.Error as error:
                line, message = rows.line_num, f"this is not CSV: {error}; close every quote"
    except UnicodeDecodeError:
        line, message = _line_of(path), "this is not UTF-8; save the file as CSV in UTF-8"
    return Problem(
        "table_unreadable",
        message,
        path=table,
        line=line,
        params={"table": table, "detail": message},
        source=str(path),
    )


def _faults(
    rows: _csv.Reader, kinds: Mapping[str, pa.DataType], read: int
) -> Iterator[tuple[int, str]]:
    header = next(rows, None)
    if not header:
        yield 1, "the file is empty; its first line names the columns"
        return
    for row in islice((row for row in rows if row), read, read + MAX_ROWS):
        if row and len(row) != len(header):
            fields = f"this row has {len(row)} fields, the header has {len(header)}"
            yield rows.line_num, f"{fields}; put texts with commas into double quotes"
        for name, value in zip(header, row, strict=False):
            kind = kinds.get(name)
            wanted = _wanted(kind, value.strip()) if kind is not None and value else ""
            if wanted:
                yield rows.line_num, f"{name}: {value[:SHOWN]!r} is no {wanted}"


def _wanted(kind: pa.DataType, value: str) -> str:
    """What is expected of a value that its column cannot hold; nothing where it can."""
    if pa.types.is_decimal(kind) and not _is_decimal(value, kind):
        whole = kind.precision - kind.scale
        return f"number with at most {whole} digits, a point and {kind.scale} digits"
    if pa.types.is_date(kind) and not _is_day(value):
        return "day of the years 1 to 9999; write it as 2026-11-11"
    if pa.types.is_boolean(kind) and value.lower() not in _TRUTHS:
        return "true or false"
    return ""


def _is_decimal(value: str, kind: pa.DataType) -> bool:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return False
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > kind.scale:
        return False
    return not number or number.adjusted() < kind.precision - kind.scale


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _line_of(path: Path) -> int:
    """The line on which a file stops being UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1
