"""Parquet files of order lines: read, or asked what they say of themselves without being read."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from paceline.engine.shape import fits
from paceline.engine.tables import (
    INPUTS,
    ParquetFiles,
)

SPLIT_MARK = "is_split"
"""The column in which a file of order lines may say which of them have split rows.

It is no column of a line: who shares in a line is said by the split rows alone. A reader that finds
all of them among the marked lines need not read the ids of the others (`marks`), and best of all
when the marked lines come first.
"""
EPOCH = date(1970, 1, 1)
FIRST_DAY, LAST_DAY = (day.toordinal() - EPOCH.toordinal() for day in (date.min, date.max))
"""The days that there are dates for, as files count them."""
TOTALS = "paceline.totals"
"""The key in a Parquet file's footer under which its writer states lines and amount by currency."""


@dataclass(frozen=True)
class FileFacts:
    """What a file says of itself without being read: its columns with their Arrow types, its rows,
    how many values of a column are empty, the first and last day of columns of days, the greatest
    size of an amount, its totals by currency, columns with days that there are no dates for, and
    the row groups with lines that it marks, each with its rows; what it does not say is left out.
    """

    path: Path | str
    types: dict[str, pa.DataType]
    rows: int | None = None
    empty: dict[str, int] = field(default_factory=dict)
    days: dict[str, tuple[date, date]] = field(default_factory=dict)
    totals: dict[str, tuple[int, Decimal]] | None = None
    largest: Decimal | None = None
    outside: tuple[str, ...] = ()
    with_marks: tuple[tuple[int, int], ...] = ()


class Files(Protocol):
    """Reads Parquet files, wherever they lie."""

    def read(self, given: ParquetFiles) -> list[pa.Table]:
        """The files' rows, in memory."""
        ...

    def look(self, given: ParquetFiles) -> list[FileFacts]:
        """What each file says of itself."""
        ...


class LocalFiles:
    """Files of this machine."""

    def read(self, given: ParquetFiles) -> list[pa.Table]:
        """The files' rows, in memory."""
        return [pq.ParquetFile(path).read() for path in given.paths]

    def look(self, given: ParquetFiles) -> list[FileFacts]:
        """What each file says of itself."""
        return [_facts(path) for path in given.paths]


def types_of(files: Sequence[FileFacts]) -> dict[str, pa.DataType]:
    """The columns of several files, each with its type in the first that has it."""
    types: dict[str, pa.DataType] = {}
    for file in reversed(files):
        types |= file.types
    return types


def _facts(path: Path | str) -> FileFacts:
    """What a file says; whoever opens many statements of one run asks the same files each time."""
    found = Path(path).stat()
    return _facts_of(path, found.st_ino, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=16)
def _footer(path: Path | str, _inode: int, _size: int, _changed: int) -> pq.FileMetaData:
    return pq.read_metadata(path)


def rows_with_marks(file: FileFacts) -> int:
    """How many rows lie in the row groups that hold marked lines."""
    return sum(rows for _group, rows in file.with_marks)


def marked_rows(file: FileFacts, columns: Collection[str]) -> pa.Table:
    """These columns, as far as the file has them, of the lines that it marks; words, other than
    their ids, are in dictionaries, because few differ.
    """
    found = Path(file.path).stat()
    footer = _footer(file.path, found.st_ino, found.st_size, found.st_mtime_ns)
    names = [name for name in file.types if name in columns]
    groups = [group for group, _rows in file.with_marks]
    if not groups:
        return pa.schema([(name, file.types[name]) for name in names]).empty_table()
    words = [name for name in names if file.types[name] == pa.string() and name != "line_id"]
    with pq.ParquetFile(file.path, metadata=footer, read_dictionary=words) as opened:
        rows = opened.read_row_groups(groups, columns=[*names, SPLIT_MARK])
    return rows.filter(rows.column(SPLIT_MARK)).select(names)


@lru_cache(maxsize=1_000)
def _facts_of(path: Path | str, inode: int, size: int, changed: int) -> FileFacts:
    metadata = _footer(path, inode, size, changed)
    empty: dict[str, int] = {}
    days: dict[str, tuple[date, date]] = {}
    largest: Decimal | None = None
    outside: list[str] = []
    types = {entry.name: entry.type for entry in metadata.schema.to_arrow_schema()}
    for place in range(metadata.num_columns):
        kept = [
            metadata.row_group(group).column(place).statistics
            for group in range(metadata.num_row_groups)
        ]
        name = metadata.schema.column(place).path
        if all(one is not None and one.has_null_count for one in kept):
            empty[name] = sum(one.null_count for one in kept)
        if not kept or not all(one is not None and one.has_min_max for one in kept):
            continue
        if types.get(name) == pa.date32():
            first, last = min(one.min_raw for one in kept), max(one.max_raw for one in kept)
            if first < FIRST_DAY or last > LAST_DAY:
                outside.append(name)
                continue
            days[name] = (EPOCH + timedelta(first), EPOCH + timedelta(last))
        elif name == "amount" and fits(types[name], INPUTS["order_lines"].column(name)):
            ends = [Decimal(end) for one in kept for end in (one.min, one.max)]
            largest = max(abs(end) for end in ends)
    totals = _totals((metadata.metadata or {}).get(TOTALS.encode()))
    return FileFacts(
        path,
        types,
        metadata.num_rows,
        empty,
        days,
        totals,
        largest,
        tuple(outside),
        _with_marks(metadata),
    )


def _with_marks(metadata: pq.FileMetaData) -> tuple[tuple[int, int], ...]:
    """The row groups that hold marked lines, or may hold some, and how many rows each has."""
    names = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
    if SPLIT_MARK not in names:
        return ()
    place, found = names.index(SPLIT_MARK), list[tuple[int, int]]()
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group)
        said = rows.column(place).statistics
        if said is None or not said.has_min_max or said.max:
            found.append((group, rows.num_rows))
    return tuple(found)


def state_totals(totals: Mapping[str, tuple[int, Decimal]]) -> dict[str, str]:
    """The entry of a Parquet footer that states what a file of order lines holds.

    Whoever writes a file knows it; a run then adds nothing up twice, and finds out when a file
    holds something else.
    """
    stated = {currency: [lines, f"{amount:f}"] for currency, (lines, amount) in totals.items()}
    return {TOTALS: json.dumps(stated, sort_keys=True)}


def _totals(stated: bytes | None) -> dict[str, tuple[int, Decimal]] | None:
    if stated is None:
        return None
    try:
        read = json.loads(stated)
        return {str(key): (int(lines), Decimal(amount)) for key, (lines, amount) in read.items()}
    except (ValueError, TypeError, AttributeError, ArithmeticError):
        return None
