"""The DuckDB connection: closed to everything but the files of the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import Column, Table, col, select, typed
from paceline.engine.errors import InputInvalid, Problem
from paceline.engine.periods import Period
from paceline.engine.shape import Shape
from paceline.engine.tables import ATTRIBUTE_KINDS, INPUTS, OPTIONAL_COLUMNS, ParquetFiles, Tables

MEMORY_LIMIT = "2GB"


def open_database(
    tables: Tables, *, threads: int | None = None, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """A new in-memory database that can read the given files and do nothing else outside itself."""
    connection = duckdb.connect(":memory:")
    settings: dict[str, Any] = {
        "memory_limit": memory_limit or MEMORY_LIMIT,
        "allowed_paths": [str(path) for path in tables.paths()],
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "preserve_insertion_order": False,
        "max_expression_depth": 400,
        "enable_external_access": False,
    }
    if threads is not None:
        settings["threads"] = threads
    settings["lock_configuration"] = True  # last: nothing can be set after it
    for name, value in settings.items():
        connection.execute(c.render(setting(name, value)))
    return connection


def setting(name: str, value: Any) -> exp.Expr:
    """SET name = value, with the value as a literal."""
    if isinstance(value, bool):
        literal: exp.Expr = exp.Boolean(this=value)
    elif isinstance(value, int):
        literal = exp.Literal.number(value)
    elif isinstance(value, list):
        literal = exp.Array(expressions=[c.text(item) for item in value])
    else:
        literal = c.text(str(value))
    assignment = exp.EQ(this=exp.to_identifier(name), expression=literal)
    return exp.Set(expressions=[exp.SetItem(this=assignment)])


@dataclass(frozen=True)
class Statement:
    """A parsed statement and the names of the values that are bound when it runs."""

    parsed: duckdb.Statement
    parameters: tuple[str, ...]


MAX_STATEMENTS = 4_000
_STATEMENTS: dict[tuple[object, ...], Statement] = {}


class Workspace:
    """One connection with the run's inputs as views `in_<table>`; all other tables are temporary.

    A connection that the caller hands in is used through a cursor of its own, so that nothing of
    the run is left in it.
    """

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
            self.connection = open_database(tables, threads=threads, memory_limit=memory_limit)
        else:
            self.connection = connection.cursor()
        self.checked_grain: set[str] = set()
        self.style = shape.style
        self.imported: dict[str, tuple[int, Decimal]] = {}  # lines and amount by currency
        self.empty_values: dict[str, dict[str, int]] = {}  # of tables that came in memory
        self.parameters: dict[str, Any] = {
            "starts_on": period.starts_on,
            "ends_before": period.ends_before,
            "last_day": period.ends_before - timedelta(days=1),
            "plan": plan.slug,
            "currency": plan.currency,
            "rate_type": plan.policies.exchange_rate,
        }

        # One transaction for all statements: nothing is written for good, and each costs less.
        self.connection.begin()

    def close(self) -> None:
        self.connection.rollback()
        self.connection.close()

    def run(self, expression: exp.Expr) -> None:
        self.connection.execute(c.render(expression))

    def rows(self, key: str, make: Callable[[], exp.Query]) -> list[tuple[Any, ...]]:
        """The rows of a query; `key` names it among those of this plan and these tables."""
        statement = self._statement(key, make)
        return self.connection.execute(statement.parsed, self._bound(statement)).fetchall()

    def fetch(self, key: str, make: Callable[[], exp.Query]) -> pa.Table:
        statement = self._statement(key, make)
        return self.connection.sql(statement.parsed, params=self._bound(statement)).to_arrow_table()

    def create(self, name: str, make: Callable[[], exp.Query], *, variant: str = "") -> None:
        """Make a temporary table; `variant` tells apart two ways of making the same one."""
        statement = self._statement(f"create {name} {variant}", lambda: c.create(name, make()))
        self.connection.execute(statement.parsed, self._bound(statement))

    def _statement(self, key: str, make: Callable[[], exp.Expr]) -> Statement:
        """The statement of a step, made once for all plans of one style and the tables it is
        given.
        """
        full = (self.style, tuple(self.tables.sources), key)
        found = _STATEMENTS.get(full)
        if found is None:
            expression = make()
            names = {str(place.this) for place in expression.find_all(exp.Placeholder)}
            (parsed,) = self.connection.extract_statements(c.render(expression))
            found = Statement(parsed, tuple(sorted(names)))
            if len(_STATEMENTS) >= MAX_STATEMENTS:
                _STATEMENTS.clear()
            _STATEMENTS[full] = found
        return found

    def _bound(self, statement: Statement) -> dict[str, Any]:
        return {name: self.parameters[name] for name in statement.parameters}

    def register(self, name: str, rows: pa.Table) -> None:
        self.connection.register(name, rows)

    def open_inputs(self) -> list[str]:
        """Make a view of every input; returns the names that were given. Raises InputInvalid."""
        problems: list[Problem] = []
        for name, contract in INPUTS.items():
            if name in self.tables:
                self._open(contract, problems)
            else:
                self._view(name, _empty(contract))
        if problems:
            raise InputInvalid(problems)
        return [name for name in INPUTS if name in self.tables]

    def _open(self, contract: Table, problems: list[Problem]) -> None:
        given = self.tables.sources[contract.name]
        if isinstance(given, ParquetFiles):
            relation: exp.Expr = _parquet(given.paths)
            if given.grain_checked:
                self.checked_grain.add(contract.name)
        else:
            self.register(f"given_{contract.name}", given)
            relation = c.source(f"given_{contract.name}")
            self.empty_values[contract.name] = {
                name: given.column(name).null_count for name in given.column_names
            }
        try:
            found = _arrow_types(given) if isinstance(given, pa.Table) else self._columns(relation)
        except duckdb.Error:
            problems.append(
                Problem(
                    "table_unreadable",
                    f"{contract.name} cannot be read",
                    path=contract.name,
                    params={"table": contract.name},
                )
            )
            return
        wanted = list(contract.columns)
        if contract.name == "order_lines":
            wanted += [
                Column(name, ATTRIBUTE_KINDS[kind], required=False)
                for name, kind in self.plan.attributes.items()
            ]
        values = _bind(contract.name, wanted, found, problems)
        if problems:
            return
        query = select(values).from_(relation, copy=False)
        if contract.name == "order_lines":
            self._view(contract.name, query)
        else:
            self.run(c.create(f"in_{contract.name}", query))

    def _columns(self, relation: exp.Expr) -> dict[str, str]:
        query = exp.Select(expressions=[exp.Star()]).from_(relation.copy(), copy=False)
        rows = self.connection.sql(c.render(query.limit(0, copy=False)))
        return dict(zip(rows.columns, (str(kind) for kind in rows.types), strict=True))

    def _view(self, name: str, query: exp.Query) -> None:
        self.run(
            exp.Create(
                this=c.source(f"in_{name}"),
                kind="VIEW",
                replace=True,
                properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
                expression=query,
            )
        )


def _parquet(paths: Sequence[object]) -> exp.Table:
    files = exp.Array(expressions=[c.text(str(path)) for path in paths])
    return exp.Table(
        this=c.call("read_parquet", files), alias=exp.TableAlias(this=exp.to_identifier("f"))
    )


def _empty(contract: Table) -> exp.Select:
    return select({column.name: c.null(column.kind) for column in contract.columns}).where(
        exp.false(), copy=False
    )


def _bind(
    name: str, wanted: Sequence[Column], found: dict[str, str], problems: list[Problem]
) -> dict[str, exp.Expr]:
    """The view's columns; a column that is missing or of an unfit type is a problem."""
    values: dict[str, exp.Expr] = {}
    for column in wanted:
        if column.name not in found:
            if column.name not in OPTIONAL_COLUMNS.get(name, ()):
                problems.append(
                    Problem(
                        "column_missing",
                        f"{name} has no column {column.name}",
                        path=name,
                        params={"table": name, "column": column.name},
                    )
                )
            values[column.name] = c.null(column.kind)
            continue
        given = found[column.name]
        if not _fits(given, column):
            problems.append(
                Problem(
                    "column_type",
                    f"{name}.{column.name} is {given}; {column.kind.sql} is expected",
                    path=name,
                    params={
                        "table": name,
                        "column": column.name,
                        "given": given,
                        "wanted": column.kind.sql,
                    },
                )
            )
        values[column.name] = (
            col(column.name)
            if given.replace(" ", "") == column.kind.sql.replace(" ", "")
            or (given == "VARCHAR" and column.kind.sql == "TEXT")
            else typed(col(column.name), column.kind)
        )
    return values


def _arrow_types(rows: pa.Table) -> dict[str, str]:
    """The columns of a table in memory, with the names that DuckDB has for their types."""
    return {field.name: _arrow_name(field.type) for field in rows.schema}


def _arrow_name(kind: pa.DataType) -> str:
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "VARCHAR"
    if pa.types.is_decimal128(kind):
        return f"DECIMAL({kind.precision},{kind.scale})"
    if pa.types.is_null(kind):
        return "NULL"
    names = {"date32[day]": "DATE", "bool": "BOOLEAN", "int64": "BIGINT", "int32": "INTEGER"}
    names |= {"int16": "SMALLINT", "int8": "TINYINT"}
    return names.get(str(kind), str(kind).upper())


_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}


def _fits(given: str, column: Column) -> bool:
    """A type is taken when it holds the values without loss; floats never hold money."""
    if given == '"NULL"' or given == "NULL":
        return True
    if column.kind.sql == "TEXT":
        return given == "VARCHAR" or given.startswith("ENUM")
    if column.kind.scale is None:
        return given == column.kind.sql
    if given in _WHOLE:
        return True
    if not given.startswith("DECIMAL("):
        return False
    return int(given[8:-1].split(",")[1]) <= column.kind.scale
