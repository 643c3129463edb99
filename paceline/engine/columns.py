"""Columns, tables and the few expressions that every step is built from.

SQL is never written as text here or anywhere in the engine: steps build SQLGlot expression trees,
and every intermediate value is given its type by `typed`. Measured reasons for that are in
docs/calculation.md, section 9.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Literal

from sqlglot import exp

from paceline.engine.money import RoundingMode

DIALECT = "duckdb"


@cache
def _built(sql: str) -> exp.DataType:
    return exp.DataType.build(sql, dialect=DIALECT)


@dataclass(frozen=True)
class Kind:
    """A column's type: its name in SQL, and how many decimals it keeps."""

    sql: str
    scale: int | None = None

    def build(self) -> exp.DataType:
        return _built(self.sql)


TEXT = Kind("TEXT")
DATE = Kind("DATE")
BOOLEAN = Kind("BOOLEAN")
COUNT = Kind("BIGINT")
PLACE = Kind("INTEGER")
WIDE = Kind("HUGEINT")
STORED = Kind("DECIMAL(18, 4)", 4)  # amounts as they arrive
SHARED = Kind("DECIMAL(19, 4)", 4)  # STORED to be multiplied by SHARE: see `share_of_amount`
SHARE = Kind("DECIMAL(9, 8)", 8)
RATE = Kind("DECIMAL(38, 8)", 8)
EXCHANGE = Kind("DECIMAL(18, 10)", 10)
MONEY = Kind("DECIMAL(38, 4)", 4)  # rounded amounts
EXACT = Kind("DECIMAL(38, 12)", 12)  # amounts before rounding
NARROW = Kind("DECIMAL(38, 14)", 14)  # STORED × EXCHANGE, nothing lost
CONVERTED = Kind("DECIMAL(38, 22)", 22)  # EXACT × EXCHANGE, nothing lost
FORMULA_PRODUCT = Kind("DECIMAL(38, 24)", 24)  # EXACT × EXACT, nothing lost
PRODUCT = Kind("DECIMAL(38, 20)", 20)  # EXACT × RATE, nothing lost


@dataclass(frozen=True)
class Column:
    """One column of a table. `required` forbids NULL."""

    name: str
    kind: Kind
    required: bool = True


@dataclass(frozen=True)
class Table:
    """The contract of a table: columns in order, and the grain that no two rows share."""

    name: str
    columns: tuple[Column, ...]
    grain: tuple[str, ...]

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def table(name: str, grain: str, columns: Mapping[str, Kind], nullable: str = "") -> Table:
    """Write a contract shortly: `grain` and `nullable` are names separated by spaces."""
    empty = set(nullable.split())
    return Table(
        name,
        tuple(Column(column, kind, column not in empty) for column, kind in columns.items()),
        tuple(grain.split()),
    )


# --- expressions ----------------------------------------------------------------------------------


def col(name: str, of: str | None = None) -> exp.Column:
    """A column, always quoted, so that no name can be read as a keyword."""
    return exp.column(name, table=of, quoted=True)


def typed(value: exp.Expr, kind: Kind) -> exp.Cast:
    """Give a value its type. The only place where a cast is built.

    `sqlglot.exp.cast` drops a cast between decimals of different scale; this drops only a cast to
    the very type that the value was cast to already.
    """
    if isinstance(value, exp.Cast) and value.args["to"] == kind.build():
        return value
    return exp.Cast(this=value, to=kind.build())


def text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def number(value: Decimal | int, kind: Kind) -> exp.Cast:
    """A number literal of a stated type; its digits are written out, never in exponents."""
    return typed(exp.Literal.string(format(Decimal(value), "f")), kind)


def parameter(name: str, kind: Kind) -> exp.Cast:
    """A value bound when the statement runs, so that its text is the same for every run of a
    plan.
    """
    return typed(exp.Placeholder(this=name), kind)


def plan_slug() -> exp.Cast:
    return parameter("plan", TEXT)


def plan_currency() -> exp.Cast:
    return parameter("currency", TEXT)


def plan_rate_type() -> exp.Cast:
    return parameter("rate_type", TEXT)


def period_starts() -> exp.Cast:
    return parameter("starts_on", DATE)


def horizon() -> exp.Cast:
    """The first day that any window looks at."""
    return parameter("horizon", DATE)


def period_ends() -> exp.Cast:
    return parameter("ends_before", DATE)


def target_starts(over: str) -> exp.Cast:
    """The first day of the window in which targets are added up."""
    return parameter(f"target_starts_{over.replace('-', '_')}", DATE)


def target_ends(over: str) -> exp.Cast:
    return parameter(f"target_ends_{over.replace('-', '_')}", DATE)


def period_last_day() -> exp.Cast:
    return parameter("last_day", DATE)


def null(kind: Kind) -> exp.Cast:
    return typed(exp.null(), kind)


def whole(value: int) -> exp.Expr:
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A DuckDB function by name; the names are the engine's own, never a user's."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def day_number(day: exp.Expr) -> exp.Anonymous:
    """A day as a whole number: those since 1970-01-01, as Arrow counts them. The database looks
    numbers up faster than days.
    """
    return call("SUBTRACT", day, typed(text("1970-01-01"), DATE))


def total(value: exp.Expr, kind: Kind) -> exp.Cast:
    """SUM, zero when there are no rows, in the stated type."""
    return typed(exp.Coalesce(this=exp.Sum(this=value), expressions=[number(0, kind)]), kind)


def count_rows() -> exp.Cast:
    return typed(exp.Count(this=exp.Star()), COUNT)


def when(*branches: tuple[exp.Expr, exp.Expr], otherwise: exp.Expr) -> exp.Case:
    """CASE; the caller sees to it that all branches have one type."""
    case = exp.Case(ifs=[exp.If(this=test, true=value) for test, value in branches])
    case.set("default", otherwise)
    return case


def least(first: exp.Expr, second: exp.Expr, kind: Kind) -> exp.Cast:
    """The smaller of two values; neither may be NULL, which LEAST would skip."""
    return typed(call("LEAST", first, second), kind)


def greatest(first: exp.Expr, second: exp.Expr, kind: Kind) -> exp.Cast:
    """The larger of two values; neither may be NULL, which GREATEST would skip."""
    return typed(call("GREATEST", first, second), kind)


def or_else(value: exp.Expr, otherwise: exp.Expr, kind: Kind) -> exp.Cast:
    """COALESCE within one type; money and rates never meet in it."""
    return typed(exp.Coalesce(this=typed(value, kind), expressions=[typed(otherwise, kind)]), kind)


def times(first: exp.Expr, second: exp.Expr, kind: Kind) -> exp.Cast:
    """The product, exact when `kind` keeps as many decimals as both factors have together."""
    return typed(exp.Mul(this=exp.Paren(this=first), expression=exp.Paren(this=second)), kind)


def plus(first: exp.Expr, second: exp.Expr, kind: Kind) -> exp.Cast:
    return typed(exp.Add(this=exp.Paren(this=first), expression=exp.Paren(this=second)), kind)


def minus(first: exp.Expr, second: exp.Expr, kind: Kind) -> exp.Cast:
    return typed(exp.Sub(this=exp.Paren(this=first), expression=exp.Paren(this=second)), kind)


def integer_quotient(first: exp.Expr, second: exp.Expr) -> exp.Cast:
    """Whole-number division of HUGEINTs, cut towards zero: the only division there is."""
    return typed(exp.IntDiv(this=typed(first, WIDE), expression=typed(second, WIDE)), WIDE)


def unscaled(value: exp.Expr, kind: Kind) -> exp.Cast:
    """The whole number a decimal is stored as: 1.50 at four decimals is 15000."""
    lifted = typed(value, kind)
    if not kind.scale:
        return typed(lifted, WIDE)
    return typed(
        exp.Mul(this=typed(lifted, kind), expression=typed(whole(10**kind.scale), WIDE_DECIMAL)),
        WIDE,
    )


WIDE_DECIMAL = Kind("DECIMAL(38, 0)", 0)


def rounded(value: exp.Expr, digits: int, mode: RoundingMode) -> exp.Cast:
    """Round to a currency's digits and give it back as MONEY.

    ROUND of a decimal goes half away from zero, ROUND_EVEN half to even, TRUNC towards zero.
    """
    name = {"half-up": "ROUND", "half-even": "ROUND_EVEN", "down": "TRUNC"}[mode]
    return typed(call(name, value, whole(digits)), MONEY)


def with_fewer_decimals(value: exp.Expr, kind: Kind) -> exp.Cast:
    """The same as a cast that leaves decimals out, half away from zero; ROUND divides once for it
    where a cast divides twice.
    """
    return typed(call("ROUND", value, whole(kind.scale or 0)), kind)


def both(*tests: exp.Expr) -> exp.Expr:
    return exp.and_(*tests, copy=False)


def either(*tests: exp.Expr) -> exp.Expr:
    return exp.or_(*tests, copy=False)


def within(value: exp.Expr, start: exp.Expr, before: exp.Expr) -> exp.Expr:
    """Half-open: start <= value, and value < before unless before is NULL."""
    return both(
        exp.LTE(this=start.copy(), expression=value.copy()),
        either(before.copy().is_(exp.null()), exp.LT(this=value.copy(), expression=before.copy())),
    )


# --- queries --------------------------------------------------------------------------------------

Columns = Mapping[str, exp.Expr]


def select(columns: Columns, *, distinct: bool = False) -> exp.Select:
    """SELECT with every column named."""
    query = exp.Select(
        expressions=[
            exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True))
            for name, value in columns.items()
        ]
    )
    return query.distinct(copy=False) if distinct else query


def source(name: str, alias: str | None = None) -> exp.Table:
    return exp.Table(
        this=exp.to_identifier(name, quoted=True),
        alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)) if alias else None,
    )


def join(
    query: exp.Select,
    name: str,
    alias: str,
    on: exp.Expr,
    *,
    kind: Literal["inner", "left", "anti", "semi"] = "inner",
) -> exp.Select:
    return query.join(source(name, alias), on=on, join_type=kind, copy=False)


def same(names: Iterable[str], left: str, right: str) -> exp.Expr:
    return both(*(exp.EQ(this=col(name, left), expression=col(name, right)) for name in names))


def union_all(queries: Sequence[exp.Query]) -> exp.Query:
    """UNION ALL of queries with the same columns and types."""
    result: exp.Query = queries[0]
    for query in queries[1:]:
        result = exp.Union(this=result, expression=query, distinct=False)
    return result


def create(name: str, query: exp.Query) -> exp.Create:
    """CREATE OR REPLACE TEMPORARY TABLE name AS query."""
    return exp.Create(
        this=source(name),
        kind="TABLE",
        replace=True,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
        expression=query,
    )


def conform(contract: Table, columns: Columns) -> exp.Select:
    """SELECT exactly the contract's columns, each cast to its declared type.

    A column left out or one too many is a fault of the step and raises KeyError.
    """
    if set(columns) != set(contract.names):
        raise KeyError(f"{contract.name}: {sorted(set(columns) ^ set(contract.names))}")
    return select(
        {column.name: typed(columns[column.name], column.kind) for column in contract.columns}
    )


def every_row(contract: Table) -> exp.Select:
    """SELECT a table's columns as they are."""
    return select({name: col(name) for name in contract.names}).from_(
        source(contract.name), copy=False
    )


def render(expression: exp.Expr) -> str:
    """The SQL text. Never optimised: the optimiser removes casts that matter.

    The tree may be changed by it and is of no use afterwards: to copy it first would cost as much
    as to write it.
    """
    return expression.sql(dialect=DIALECT, copy=False)


def rescaled(value: exp.Expr, kind: Kind) -> exp.Cast:
    """The decimal whose stored whole number is `value`: the reverse of `unscaled`."""
    unit = number(Decimal(1).scaleb(-(kind.scale or 0)), kind)
    return typed(exp.Mul(this=typed(value, WIDE_DECIMAL), expression=unit), kind)
