"""Opening the inputs: each table brought to its declared columns and types, or refused.

Small tables are held in memory as Arrow. Order lines may be many and lie in Parquet files that the
database reads itself; of them only the types and the counts of empty values are looked at here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import DATE, TEXT, Column, Table, col, typed
from paceline.engine.errors import InputInvalid, Problem
from paceline.engine.line_files import (
    FIRST_DAY,
    LAST_DAY,
    SPLIT_MARK,
    FileFacts,
    Files,
    LocalFiles,
    marked_rows,
)
from paceline.engine.plan.model import Plan
from paceline.engine.rate_tables import TABLE as RATE_TABLES
from paceline.engine.rate_tables import key_columns
from paceline.engine.shape import arrow_type, fits, type_name
from paceline.engine.split_rows import number_lines
from paceline.engine.tables import (
    ATTRIBUTE_KINDS,
    INPUTS,
    OPTIONAL_COLUMNS,
    ParquetFiles,
    Tables,
)

# Tables that no query reads as they are: what they say is laid out by day, numbered or worked out
# before the steps.
LOOKED_UP = (
    "credit_splits",
    "assignments",
    "reporting",
    "hierarchies",
    "exchange_rates",
    "leaves",
    "coalitions",
    "rate_tables",
)


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

    @cached_property
    def _numbered(self) -> tuple[pa.Table, pa.Table] | None:
        splits = self.tables.get("credit_splits")
        return None if splits is None else number_lines(splits)

    @property
    def split_rows(self) -> pa.Table | None:
        """The split rows with the numbers of their lines, which are worked out when first asked
        for.
        """
        return None if self._numbered is None else self._numbered[0]

    @property
    def split_ids(self) -> pa.Table | None:
        """The lines that have split rows, numbered."""
        return None if self._numbered is None else self._numbered[1]

    @property
    def seen(self) -> dict[str, pa.Table]:
        """The tables as checks and steps see them: split rows are numbered."""
        if self.split_rows is None:
            return self.tables
        return self.tables | {"credit_splits": self.split_rows}

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


def read_marked(plan: Plan, files: Sequence[FileFacts], columns: Collection[str]) -> pa.Table:
    """These columns of the lines that their files mark, as they are declared; words that all of the
    files keep in dictionaries are left in them. Raises InputInvalid for numbers that are too large.
    """
    parts = [marked_rows(file, columns) for file in files]
    coded = set(columns)
    for part in parts:
        coded &= {one.name for one in part.schema if pa.types.is_dictionary(one.type)}
    wanted = [column for column in line_columns(plan) if column.name in columns]
    plain = [column for column in wanted if column.name not in coded]
    problems: list[Problem] = []
    found = []
    for part in parts:
        rows = _conform("order_lines", plain, part, problems)
        for name in sorted(coded):
            rows = rows.append_column(name, part.column(name))
        found.append(rows)
    if problems:
        raise InputInvalid(_unrepeated([replace(one, row=None) for one in problems]))
    return pa.concat_tables(found).unify_dictionaries()


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
        read = {column.name for column in columns}
        problems += [_day_outside("order_lines", name) for name in file.outside if name in read]
    opened.differ = any(list(file.types) != list(files[0].types) for file in files)
    for column in columns:
        counts = [
            file.empty.get(column.name) if column.name in file.types else file.rows
            for file in files
        ]
        known = [count for count in counts if count is not None]
        if len(known) == len(counts):
            opened.empty_lines[column.name] = sum(known)


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
                message = f"{name}.{column.name} is too large to be calculated exactly"
                found = _problem("amount_too_large", message, name, column=column.name)
                problems.append(replace(found, row=first_unfit(values, kind)))
                values = pa.nulls(part.num_rows, kind)
        outside = outside_calendar(values) if column.kind is DATE else None
        if outside is not None:
            problems.append(replace(_day_outside(name, column.name), row=outside))
        arrays[column.name] = values
    schema = pa.schema([(column.name, arrow_type(column.kind)) for column in columns])
    return pa.table(arrays, schema=schema)


def first_unfit(values: pa.ChunkedArray | pa.Array, kind: pa.DataType) -> int:
    """The first value that a column cannot hold, counted from 1: the half that does not fit is
    halved again.
    """
    first, count = 0, len(values)
    while count > 1:
        half = count // 2
        try:
            pc.cast(values.slice(first, half), kind)
        except pa.ArrowInvalid:
            count = half
        else:
            first, count = first + half, count - half
    return first + 1


def outside_calendar(values: pa.ChunkedArray | pa.Array) -> int | None:
    """The first day, counted from 1, that does not lie in the years that there are dates for."""
    days = pc.cast(values, pa.int32())
    ends = pc.min_max(days).as_py()
    if ends["min"] is None or (ends["min"] >= FIRST_DAY and ends["max"] <= LAST_DAY):
        return None
    outside = pc.or_(pc.less(days, FIRST_DAY), pc.greater(days, LAST_DAY))
    return int(pc.indices_nonzero(pc.fill_null(outside, fill_value=False))[0].as_py()) + 1


def _day_outside(table: str, column: str) -> Problem:
    message = f"{table}.{column} has a day outside the years 1 to 9999"
    return _problem("date_out_of_range", message, table, column=column)


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


def _problem(code: str, message: str, table: str, **params: str) -> Problem:
    return Problem(code, message, path=table, params={"table": table, **params})


def _unrepeated(problems: list[Problem]) -> list[Problem]:
    """Each reason once, though several files of a table may give it."""
    return list({(p.code, p.path, p.message): p for p in problems}.values())
