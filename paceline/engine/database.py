"""The DuckDB connection: closed to everything but the files of the run."""

from __future__ import annotations

import atexit
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import col, select
from paceline.engine.executor import bound_values
from paceline.engine.hashing import hash_files
from paceline.engine.inputs import (
    LOOKED_UP,
    OpenInputs,
    declared_columns,
    line_columns,
    open_inputs,
)
from paceline.engine.line_files import SPLIT_MARK, FileFacts, rows_with_marks, types_of
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.shape import Shape, empty_table
from paceline.engine.tables import INPUTS, ParquetFiles, Tables

# Known and wanted: see `Workspace.fetch`.
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result makes an extra copy")

MEMORY_LIMIT = "2GB"
# DuckDB hands rows to its threads in groups of this many; fewer are done before a second thread is
# awake, and what it then looks for costs a fifth of the processor's time.
GROUP_OF_ROWS = 122_880
MOST_MARKED = 2_000_000  # lines in parts of files that hold marked ones, to be read into memory
BYTES_PER_ROW = 8  # of a compressed file, at the least


def _threads_for(tables: Tables) -> int | None:
    rows = 0
    for source in tables.sources.values():
        if not isinstance(source, ParquetFiles):
            rows += getattr(source, "num_rows", 0)  # what is no table is refused when it is opened
            continue
        for path in source.paths:
            try:
                rows += Path(path).stat().st_size // BYTES_PER_ROW
            except OSError:  # an address, or a file that is missing: whoever reads it says so
                return None
    return 1 if rows <= GROUP_OF_ROWS else None


def _open(
    paths: Sequence[Path | str], threads: int | None, memory_limit: str | None
) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    settings: dict[str, Any] = {
        "parquet_metadata_cache": True,  # a run binds several statements to the same files
        "memory_limit": memory_limit or MEMORY_LIMIT,
        "allowed_paths": [str(path) for path in paths],
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "preserve_insertion_order": False,
        "enable_external_file_cache": False,  # the system caches files, and gives that memory back
        "max_expression_depth": 400,
        "enable_external_access": False,
    }
    if threads is not None:
        settings["threads"] = threads
    settings["lock_configuration"] = True  # last: nothing can be set after it
    for name, value in settings.items():
        connection.execute(c.render(setting(name, value)))
    return connection


@lru_cache(maxsize=8)
def _kept_database(
    paths: tuple[Path | str, ...], threads: int | None, memory_limit: str | None
) -> duckdb.DuckDBPyConnection:
    """A database for some files that stays open, empty between its uses."""
    return _open(paths, threads, memory_limit)


atexit.register(_kept_database.cache_clear)  # while the interpreter can still close them


def reused_database(
    tables: Tables, *, threads: int | None = None, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """An in-memory database that can read the given files and do nothing else outside itself, kept
    for whoever asks of the same files next: opening and closing one takes longer than many an
    answer about one payee. It must not be closed, and is used through cursors.

    Without ``threads`` it takes one for few rows, else as many as the machine has processors.
    """
    threads = threads or _threads_for(tables)
    return _kept_database(tuple(tables.paths()), threads, memory_limit)


def setting(name: str, value: Any) -> exp.Expr:
    """SET GLOBAL name = value, with the value as a literal: it holds for every cursor."""
    if isinstance(value, bool):
        literal: exp.Expr = exp.Boolean(this=value)
    elif isinstance(value, int):
        literal = exp.Literal.number(value)
    elif isinstance(value, list):
        literal = exp.Array(expressions=[c.text(item) for item in value])
    else:
        literal = c.text(str(value))
    assignment = exp.EQ(this=exp.to_identifier(name), expression=literal)
    return exp.Set(expressions=[exp.SetItem(this=assignment, kind="GLOBAL")])


@dataclass(frozen=True)
class Statement:
    """A parsed statement and the names of the values that are bound when it runs."""

    parsed: duckdb.Statement
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class LineFiles:
    """What of the files that stand for a table of lines decides how they are read; their paths are
    bound.
    """

    types: tuple[tuple[str, pa.DataType], ...]
    by_name: bool  # those of older files may lack a column, which is then empty
    marked: bool  # only lines that are marked as having split rows

    def query(self, plan: Plan, name: str) -> exp.Select:
        """The lines with the declared columns and types."""
        options: list[exp.Expr] = [exp.Placeholder(this=f"files_of_{name}")]
        if self.by_name:
            options.append(exp.EQ(this=exp.to_identifier("union_by_name"), expression=exp.true()))
        files = exp.Table(
            this=c.call("read_parquet", *options), alias=exp.TableAlias(this=exp.to_identifier("f"))
        )
        columns = declared_columns(line_columns(plan), dict(self.types))
        lines = select(columns).from_(files, copy=False)
        return lines.where(col(SPLIT_MARK), copy=False) if self.marked else lines


MAX_STATEMENTS = 4_000
_STATEMENTS: dict[tuple[object, ...], Statement] = {}


class Workspace:
    """One connection with the run's inputs as views `in_<table>`; all other tables are temporary.

    A connection that the caller hands in is used through a cursor of its own, so that nothing of
    the run is left in it.
    """

    overflows: tuple[type[Exception], ...] = (
        duckdb.OutOfRangeException,
        duckdb.ConversionException,
    )

    def __init__(
        self,
        shape: Shape,
        tables: Tables,
        period: Period,
        connection: duckdb.DuckDBPyConnection | None = None,
        *,
        threads: int | None = None,
        memory_limit: str | None = None,
    ) -> None:
        plan = shape.plan
        self.plan = plan
        self.tables = tables
        if connection is None:
            connection = reused_database(tables, threads=threads, memory_limit=memory_limit)
        self.connection = connection.cursor()
        self.inputs = OpenInputs()
        self.style = shape.style
        self.imported: dict[str, tuple[int, Decimal]] = {}  # lines and amount by currency
        self.parameters = bound_values(plan, period)
        self.read: dict[str, LineFiles] = {}  # the tables that are files
        self.paths: dict[str, list[str]] = {}  # of which files, by the names that they are bound by
        # One transaction for all statements: nothing is written for good, and each costs less.
        self.connection.begin()
        self.is_one = True

    def stand_alone(self) -> None:
        """An error ends a transaction and all that was made in it."""
        self.connection.rollback()
        self.is_one = False

    def close(self) -> None:
        if self.is_one:
            self.connection.rollback()
        self.connection.close()

    def run(self, expression: exp.Expr) -> None:
        self.connection.execute(c.render(expression))

    def rows(self, key: str, make: Callable[[], exp.Query]) -> list[tuple[Any, ...]]:
        """The rows of a query; `key` names it among those of this plan and these tables."""
        statement = self._statement(key, make)
        return self.connection.execute(statement.parsed, self._bound(statement)).fetchall()

    def fetch(self, key: str, make: Callable[[], exp.Query], *, few: bool = False) -> pa.Table:
        """The rows of a query as Arrow. A relation parses its text again and binds it twice, which
        costs more than to copy a few rows out of a cursor.
        """
        statement = self._statement(key, make)
        if few:
            return self.connection.execute(
                statement.parsed, self._bound(statement)
            ).to_arrow_table()
        return self.connection.sql(statement.parsed, params=self._bound(statement)).to_arrow_table()

    def create(self, name: str, make: Callable[[], exp.Query], *, variant: str = "") -> None:
        """Make a temporary table; `variant` tells apart two ways of making the same one."""
        statement = self._statement(f"create {name} {variant}", lambda: c.create(name, make()))
        self.connection.execute(statement.parsed, self._bound(statement))

    def _statement(self, key: str, make: Callable[[], exp.Expr]) -> Statement:
        """The statement of a step, made once for all plans of one style and the tables it is
        given.
        """
        full = (self.style, tuple(self.tables.sources), tuple(self.read.items()), key)
        found = _STATEMENTS.get(full)
        if found is None:
            query = self._reading_files(make())
            (parsed,) = self.connection.extract_statements(c.render(query))
            found = Statement(parsed, tuple(sorted(parsed.named_parameters)))
            if len(_STATEMENTS) >= MAX_STATEMENTS:
                _STATEMENTS.clear()
            _STATEMENTS[full] = found
        return found

    def _reading_files(self, query: exp.Expr) -> exp.Expr:
        """The query with the files themselves in the place of the tables that they stand for."""
        for table in list(query.find_all(exp.Table)):
            if table.name in self.read:
                lines = self.read[table.name].query(self.plan, table.name)
                table.replace(lines.subquery(table.alias or table.name, copy=False))
        return query

    def _bound(self, statement: Statement) -> dict[str, Any]:
        values = self.parameters | self.paths
        return {name: values[name] for name in statement.parameters}

    def register(self, name: str, rows: pa.Table) -> None:
        self.connection.register(name, rows)

    def hashes(self, given: ParquetFiles) -> list[str]:
        return hash_files(given)

    def open_inputs(self) -> list[str]:
        """Put every input under its name; returns the names that were given. Raises
        InputInvalid.
        """
        self.inputs = open_inputs(self.plan, self.tables)
        for name, contract in INPUTS.items():
            if name in self.inputs.tables and name not in LOOKED_UP:
                self.register(f"in_{name}", self.inputs.tables[name])
            elif name == "quotas" and self.plan.quotas:
                self.register(f"in_{name}", empty_table(contract))
        if isinstance(self.tables.sources.get("order_lines"), ParquetFiles):
            self.view_lines(self.inputs.line_files)
        return [name for name in INPUTS if name in self.tables]

    def view_lines(self, files: Sequence[FileFacts], *, marked: bool = False) -> None:
        """Let `in_order_lines` be the lines of these files, with the declared columns and types; or
        `in_marked_lines` those of them that are marked as having split rows.

        No view is made of them, which would be bound once more than it is read: each statement that
        names them reads the files itself.
        """
        name = "in_marked_lines" if marked else "in_order_lines"
        differ = len(files) > 1 and self.inputs.differ
        self.read[name] = LineFiles(tuple(types_of(files).items()), by_name=differ, marked=marked)
        self.paths[f"files_of_{name}"] = [str(file.path) for file in files]

    @property
    def reads_marked(self) -> bool:
        """Whether lines that their files mark are few enough to be read into memory."""
        return sum(map(rows_with_marks, self.inputs.line_files)) <= MOST_MARKED


@dataclass(frozen=True)
class DuckDB:
    """Runs plans in this process; the connection, if one is given, stays the caller's."""

    connection: duckdb.DuckDBPyConnection | None = None
    threads: int | None = None
    memory_limit: str | None = None

    def open(self, shape: Shape, tables: Tables, period: Period) -> Workspace:
        """A workspace for one run."""
        return Workspace(
            shape,
            tables,
            period,
            self.connection,
            threads=self.threads,
            memory_limit=self.memory_limit,
        )
