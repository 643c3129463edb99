"""Opening the inputs: each table brought to its declared columns and types, or refused.

Small tables are held in memory as Arrow. Order lines may be many and lie in Parquet files that the
database reads itself; of them only the types and the counts of empty values are looked at here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import DATE, TEXT, Column, Table, col, typed
from paceline.engine.errors import InputInvalid, Problem
from paceline.engine.plan.model import Plan
from paceline.engine.rate_tables import TABLE as RATE_TABLES
from paceline.engine.rate_tables import key_columns
from paceline.engine.shape import arrow_type
from paceline.engine.tables import (
    ATTRIBUTE_KINDS,
    INPUTS,
    OPTIONAL_COLUMNS,
    ParquetFiles,
    Tables,
)


@dataclass(frozen=True)
class FileFacts:
    """What a file says of itself without being read: its columns with their Arrow types, its rows,
    how many values of a column are empty, the first and last day of columns of days, the greatest
    size of an amount, and its totals by currency; what it does not say is left out.
    """

    path: Path | str
    types: dict[str, pa.DataType]
    rows: int | None = None
    empty: dict[str, int] = field(default_factory=dict)
    days: dict[str, tuple[date, date]] = field(default_factory=dict)
    totals: dict[str, tuple[int, Decimal]] | None = None
    largest: Decimal | None = None


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


@dataclass
class OpenInputs:
    """The inputs of a run, ready to be checked and joined.

    `tables` are in memory. `line_files` are the files of the order lines. `empty_lines` counts
    the empty values of each column of the order lines; it leaves out columns whose files do not
    say.
    """

    tables: dict[str, pa.Table] = field(default_factory=dict)
    line_files: list[FileFacts] = field(default_factory=list)
    empty_lines: dict[str, int] = field(default_factory=dict)
    grain_checked: set[str] = field(default_factory=set)
    laid_out: dict[str, pa.Table] = field(default_factory=dict)  # the calendar and the slots
    patterns: tuple[tuple[int, ...], ...] = ()  # which keys tables of rates leave open
    differ: bool = False  # the files of order lines have not all the same columns

    @property
    def stated_totals(self) -> dict[str, tuple[int, Decimal]] | None:
        """Lines and amount by currency as the files of the order lines state them; None unless
        each does.
        """
        if not self.line_files:
            return None
        found: dict[str, tuple[int, Decimal]] = {}
        for file in self.line_files:
            if file.totals is None:
                return None
            for currency, (lines, amount) in file.totals.items():
                before = found.get(currency, (0, Decimal(0)))
                found[currency] = (before[0] + lines, before[1] + amount)
        return found

    @property
    def marks_splits(self) -> bool:
        """Whether every file of order lines says of each line whether it has split rows."""
        return bool(self.line_files) and all(
            file.rows == 0
            or (file.types.get(SPLIT_MARK) == pa.bool_() and file.empty.get(SPLIT_MARK) == 0)
            for file in self.line_files
        )

    @property
    def largest_amount(self) -> Decimal | None:
        """The greatest size of a line's amount, as far as it is known without reading the lines."""
        if "order_lines" in self.tables:
            ends = pc.min_max(self.tables["order_lines"].column("amount")).as_py()
            return max((abs(end) for end in ends.values() if end is not None), default=Decimal(0))
        known = [file.largest for file in self.line_files]
        stated = [one for one in known if one is not None]
        return max(stated) if stated and len(stated) == len(known) else None

    @property
    def line_count(self) -> int:
        """How many lines there are, as far as it is known without reading them."""
        if "order_lines" in self.tables:
            return int(self.tables["order_lines"].num_rows)
        return sum(file.rows or 0 for file in self.line_files)

    def all_within(self, column: str, first: date, before: date) -> bool:
        """Whether it is known without reading the lines that the day of each in this column lies
        in the range.
        """
        if "order_lines" in self.tables:
            days = self.tables["order_lines"].column(column)
            ends = pc.min_max(days).as_py()
            if ends["min"] is None:
                return len(days) == 0
            return not days.null_count and first <= ends["min"] and bool(ends["max"] < before)
        return bool(self.line_files) and all(
            file.rows == 0
            or (
                file.empty.get(column) == 0
                and column in file.days
                and first <= file.days[column][0]
                and file.days[column][1] < before
            )
            for file in self.line_files
        )


def types_of(files: Sequence[FileFacts]) -> dict[str, pa.DataType]:
    """The columns of several files, each with its type in the first that has it."""
    types: dict[str, pa.DataType] = {}
    for file in reversed(files):
        types |= file.types
    return types


def line_columns(plan: Plan) -> list[Column]:
    """The columns of an order line: the usual ones and the plan's attributes."""
    return [
        *INPUTS["order_lines"].columns,
        *(
            Column(name, ATTRIBUTE_KINDS[kind], required=False)
            for name, kind in plan.attributes.items()
        ),
    ]


def input_columns(plan: Plan, name: str) -> list[Column]:
    """The columns of an input as a plan reads it."""
    if name == "order_lines":
        return line_columns(plan)
    if name == RATE_TABLES:
        return [*INPUTS[name].columns, *key_columns(plan)]
    return list(INPUTS[name].columns)


def declared_columns(
    columns: Sequence[Column], found: Mapping[str, pa.DataType]
) -> dict[str, exp.Expr]:
    """A file's columns as they are declared: cast where their type differs, empty where there is
    none.
    """
    return {
        column.name: c.null(column.kind)
        if pa.types.is_null(found.get(column.name, pa.null()))
        else col(column.name)
        if found[column.name] == arrow_type(column.kind)
        else typed(col(column.name), column.kind)
        for column in columns
    }


def open_inputs(plan: Plan, tables: Tables, files: Files | None = None) -> OpenInputs:
    """Read every table that was given. Raises InputInvalid with every reason against them."""
    files = files or LocalFiles()
    opened, problems = OpenInputs(), list[Problem]()
    for name in INPUTS:
        if name not in tables:
            continue
        given = tables.sources[name]
        if isinstance(given, ParquetFiles) and given.grain_checked:
            opened.grain_checked.add(name)
        columns = input_columns(plan, name)
        try:
            if name == "order_lines" and isinstance(given, ParquetFiles):
                _open_lines(opened, columns, files.look(given), problems)
            else:
                parts = [given] if isinstance(given, pa.Table) else files.read(given)
                if name == RATE_TABLES:
                    columns += _further_keys(columns, parts)
                _open(opened, INPUTS[name], columns, parts, problems)
        except (pa.ArrowInvalid, OSError):
            problems.append(_problem("table_unreadable", f"{name} cannot be read", name))
    if problems:
        raise InputInvalid(_unrepeated(problems))
    return opened


def _further_keys(columns: Sequence[Column], parts: Sequence[pa.Table]) -> list[Column]:
    """The columns of texts of tables of rates by which this plan does not ask: another text of it,
    that it is compared with, may.
    """
    known = {column.name for column in columns}
    found = {field.name for part in parts for field in part.schema if fits(field.type, _A_TEXT)}
    return [Column(name, TEXT, required=False) for name in sorted(found - known)]


_A_TEXT = Column("text", TEXT, required=False)


def _open(
    opened: OpenInputs,
    contract: Table,
    columns: Sequence[Column],
    parts: Sequence[pa.Table],
    problems: list[Problem],
) -> None:
    conformed = []
    for part in parts:
        found = {entry.name: entry.type for entry in part.schema}
        if _check_types(contract.name, columns, found, problems):
            conformed.append(_conform(contract.name, columns, part, problems))
    if len(conformed) == len(parts) and not problems:
        table = pa.concat_tables(conformed)
        opened.tables[contract.name] = table
        if contract.name == "order_lines":
            opened.empty_lines = {
                name: table.column(name).null_count for name in table.column_names
            }


def _open_lines(
    opened: OpenInputs,
    columns: Sequence[Column],
    files: list[FileFacts],
    problems: list[Problem],
) -> None:
    opened.line_files = files
    for file in files:
        _check_types("order_lines", columns, file.types, problems)
    opened.differ = any(list(file.types) != list(files[0].types) for file in files)
    for column in columns:
        counts = [
            file.empty.get(column.name) if column.name in file.types else file.rows
            for file in files
        ]
        known = [count for count in counts if count is not None]
        if len(known) == len(counts):
            opened.empty_lines[column.name] = sum(known)


def _facts(path: Path | str) -> FileFacts:
    """What a file says; whoever opens many statements of one run asks the same files each time."""
    found = Path(path).stat()
    return _facts_of(path, found.st_ino, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=1_000)
def _facts_of(path: Path | str, _inode: int, _size: int, _changed: int) -> FileFacts:
    file = pq.ParquetFile(path)
    metadata = file.metadata
    empty: dict[str, int] = {}
    days: dict[str, tuple[date, date]] = {}
    largest: Decimal | None = None
    types = {entry.name: entry.type for entry in file.schema_arrow}
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
            days[name] = (min(one.min for one in kept), max(one.max for one in kept))
        elif name == "amount" and fits(types[name], INPUTS["order_lines"].column(name)):
            ends = [Decimal(end) for one in kept for end in (one.min, one.max)]
            largest = max(abs(end) for end in ends)
    totals = _totals((metadata.metadata or {}).get(TOTALS.encode()))
    return FileFacts(path, types, metadata.num_rows, empty, days, totals, largest)


SPLIT_MARK = "is_split"
"""The column in which a file of order lines may say which of them have split rows.

It is no column of a line: who shares in a line is said by the split rows alone. A reader that finds
all of them among the marked lines need not read the ids of the others (`marks`), and best of all
when the marked lines come first.
"""
TOTALS = "paceline.totals"
"""The key in a Parquet file's footer under which its writer states lines and amount by currency."""


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


def _conform(
    name: str, columns: Sequence[Column], part: pa.Table, problems: list[Problem]
) -> pa.Table:
    """The declared columns, cast; a number too large for its column is refused."""
    arrays: dict[str, pa.ChunkedArray | pa.Array] = {}
    for column in columns:
        kind = arrow_type(column.kind)
        if column.name not in part.column_names:
            arrays[column.name] = pa.nulls(part.num_rows, kind)
            continue
        values = part.column(column.name)
        if values.type != kind:
            if pa.types.is_integer(values.type) and column.kind.scale is not None:
                values = pc.cast(values, pa.decimal128(38, column.kind.scale))
            try:
                values = pc.cast(values, kind)
            except pa.ArrowInvalid:
                problems.append(
                    _problem(
                        "amount_too_large", "an amount is too large to be calculated exactly", name
                    )
                )
                values = pa.nulls(part.num_rows, kind)
        if column.kind is DATE and not _in_calendar(values):
            message = f"{name}.{column.name} has a day outside the years 1 to 9999"
            problems.append(_problem("date_out_of_range", message, name, column=column.name))
        arrays[column.name] = values
    schema = pa.schema([(column.name, arrow_type(column.kind)) for column in columns])
    return pa.table(arrays, schema=schema)


def _in_calendar(values: pa.ChunkedArray | pa.Array) -> bool:
    """Every day lies in the years that there are dates for."""
    days = pc.cast(values, pa.int32())
    ends = pc.min_max(days).as_py()
    first, last = (day.toordinal() - EPOCH for day in (date.min, date.max))
    return ends["min"] is None or (first <= ends["min"] and ends["max"] <= last)


EPOCH = date(1970, 1, 1).toordinal()


def _check_types(
    name: str, columns: Sequence[Column], found: dict[str, pa.DataType], problems: list[Problem]
) -> bool:
    """A column that is missing or of an unfit type is a problem."""
    before = len(problems)
    for column in columns:
        if column.name not in found:
            if column.name not in OPTIONAL_COLUMNS.get(name, ()):
                problems.append(
                    _problem(
                        "column_missing",
                        f"{name} has no column {column.name}",
                        name,
                        column=column.name,
                    )
                )
        elif not fits(found[column.name], column):
            given = type_name(found[column.name])
            problems.append(
                _problem(
                    "column_type",
                    f"{name}.{column.name} is {given}; {column.kind.sql} is expected",
                    name,
                    column=column.name,
                    given=given,
                    wanted=column.kind.sql,
                )
            )
    return len(problems) == before


def fits(given: pa.DataType, column: Column) -> bool:
    """A type is taken when it holds the values without loss; floats never hold money."""
    if pa.types.is_null(given):
        return True
    if column.kind.sql == "TEXT":
        words = given.value_type if pa.types.is_dictionary(given) else given
        return is_text(words)
    if column.kind.scale is None:
        return bool(given == arrow_type(column.kind))
    if pa.types.is_integer(given):
        return bool(given != pa.uint64())
    return bool(pa.types.is_decimal(given) and given.scale <= column.kind.scale)


def is_text(kind: pa.DataType) -> bool:
    """Any of the ways in which Arrow keeps text."""
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)


def type_name(kind: pa.DataType) -> str:
    """The name that SQL has for a type, for messages."""
    if is_text(kind):
        return "VARCHAR"
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision},{kind.scale})"
    names = {"date32[day]": "DATE", "bool": "BOOLEAN", "int64": "BIGINT", "int32": "INTEGER"}
    names |= {"int16": "SMALLINT", "int8": "TINYINT"}
    return names.get(str(kind), str(kind).upper())


def _problem(code: str, message: str, table: str, **params: str) -> Problem:
    return Problem(code, message, path=table, params={"table": table, **params})


def _unrepeated(problems: list[Problem]) -> list[Problem]:
    """Each reason once, though several files of a table may give it."""
    return list({(p.code, p.path, p.message): p for p in problems}.values())
