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
from typing import TextIO

import pyarrow as pa

from paceline.engine.errors import Problem

MAX_ROWS = 200_000  # so many are looked at, for a fraction of a second
SHOWN = 40  # characters of a value
MAX_LINE = 1024**2  # characters; Arrow reads blocks of so many bytes, and no longer line
_TRUTHS = {"true", "false", "0", "1"}


# What is wrong, by a name of its own, so that it can be said in other languages too.
FAULTS = {
    "not_utf8": "this is not UTF-8; save the file as CSV in UTF-8",
    "not_csv": "this is not CSV; close every quote",
    "line_too_long": "this line does not end within a million characters; end lines, close quotes",
    "file_empty": "the file is empty; its first line names the columns",
    "fields": (
        "this row has %(found)s fields, the header has %(expected)s; "
        "put texts with commas into double quotes"
    ),
    "number": (
        "%(column)s: '%(value)s' is no number with at most %(whole)s digits, a point and"
        " %(places)s digits"
    ),
    "day": "%(column)s: '%(value)s' is no day of the years 1 to 9999; write it as 2026-11-11",
    "truth": "%(column)s: '%(value)s' is no true or false",
}
Values = dict[str, str | int]


def fault_of(
    path: Path, table: str, kinds: Mapping[str, pa.DataType], reason: str, read: int = 0
) -> Problem:
    """The first thing in a file that cannot be read; `reason` where nothing is found here.

    So many rows are known to be `read` well, and are passed over: however long the file is, only
    those around the fault are looked at.
    """
    line, fault, values = _found(path, kinds, read)
    message = FAULTS[fault] % values if fault else reason
    params: Values = {"table": table, "detail": message, **values}
    return Problem(
        "table_unreadable",
        message,
        path=table,
        line=line,
        params={**params, "fault": fault} if fault else params,
        source=str(path),
    )


def _found(path: Path, kinds: Mapping[str, pa.DataType], read: int) -> tuple[int, str, Values]:
    """The line, and what is wrong there: a name of `FAULTS` with its values, or nothing."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(_lines_of(file), strict=True)
            try:
                return next(_faults(rows, kinds, read), (1, "", {}))
            except LineTooLong as error:
                return error.line, "line_too_long", {}
            except csv.Error:
                return rows.line_num, "not_csv", {}
    except UnicodeDecodeError:
        return _line_of(path), "not_utf8", {}


class LineTooLong(Exception):
    """A line goes on for more than ``MAX_LINE`` characters."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(str(line))


def _lines_of(file: TextIO) -> Iterator[str]:
    """The lines of a file, none of which is read whole when it is too long."""
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE:
            raise LineTooLong(number)
        yield line


def _faults(
    rows: _csv.Reader, kinds: Mapping[str, pa.DataType], read: int
) -> Iterator[tuple[int, str, Values]]:
    header = next(rows, None)
    if not header:
        yield 1, "file_empty", {}
        return
    for row in islice((row for row in rows if row), read, read + MAX_ROWS):
        if row and len(row) != len(header):
            yield rows.line_num, "fields", {"found": len(row), "expected": len(header)}
        for name, value in zip(header, row, strict=False):
            kind = kinds.get(name)
            fault = _fault(kind, value.strip()) if kind is not None and value else ""
            if kind is None or not fault:
                continue
            shown: Values = {"column": name, "value": value[:SHOWN]}
            if fault == "number":
                shown |= {"whole": kind.precision - kind.scale, "places": kind.scale}
            yield rows.line_num, fault, shown


def _fault(kind: pa.DataType, value: str) -> str:
    """The name of what is wrong with a value that its column cannot hold; nothing where it can."""
    if pa.types.is_decimal(kind) and not _is_decimal(value, kind):
        return "number"
    if pa.types.is_date(kind) and not _is_day(value):
        return "day"
    if pa.types.is_boolean(kind) and value.lower() not in _TRUTHS:
        return "truth"
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
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE), b""), start=1):
            if len(line) == MAX_LINE:
                return number
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1
