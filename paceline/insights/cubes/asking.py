"""Asking the files of some months: sums by day, week, month …, and by anything a line has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from paceline.insights.cubes import visits
from paceline.insights.cubes.making import cube_path, open_database
from paceline.insights.cubes.shapes import MONEY, shape_for
from paceline.kernel.periods import month_after

BUCKETS = ("day", "week", "month", "quarter", "year")
FAR = date(9999, 1, 1)
# Whose lines on which days: (person's number, first day, first day that counts no more).
Days = Sequence[tuple[str, date, date]]
# Money in one currency: (month, currency) → what one unit is worth.
Rates = Mapping[tuple[date, str], Decimal]

_DAYS = pa.schema(
    [("person", pa.string()), ("starts_on", pa.date32()), ("ends_before", pa.date32())]
)
_MEMBERS = pa.schema([("team", pa.string()), *_DAYS])
_RATES = pa.schema(
    [("month", pa.date32()), ("currency", pa.string()), ("rate", pa.decimal128(16, 10))]
)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which lines: their days, what they say, and whose they are.

    ``only`` holds a value for a column (``None``: the column is empty); ``teams`` are codes;
    ``reach`` limits to people on days, ``None`` to nobody's in particular.
    """

    starts_on: date
    ends_before: date
    only: Mapping[str, str | None] = field(default_factory=dict)
    teams: Collection[str] | None = None
    reach: Days | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Sums by (bucket, key…), and in which currencies how many lines had no rate."""

    sums: dict[tuple[Any, ...], dict[str, Decimal]]
    without_rate: dict[str, int]


class Lines:
    """The files of some months, open for questions. Close it, or use it in ``with``.

    ``members`` says which team a person belonged to on which days: (team's code, number, from,
    until before).
    """

    def __init__(
        self,
        folder: Path,
        digests: Mapping[date, str],
        members: Sequence[tuple[str, str, date, date]] = (),
        *,
        memory: int = 512,
    ) -> None:
        self.folder, self.digests, self.members = folder, dict(digests), members
        self._memory = memory
        self._duck: duckdb.DuckDBPyConnection | None = None

    @property
    def duck(self) -> duckdb.DuckDBPyConnection:
        if self._duck is None:
            self._duck = open_database([self.folder], memory=self._memory)
            self._duck.register("members", _table(self.members, _MEMBERS))
        return self._duck

    def close(self) -> None:
        if self._duck is not None:
            self._duck.close()
            self._duck = None

    def files(self, shape: str, starts_on: date, ends_before: date) -> list[str]:
        """The files of a shape that hold lines of some of the days."""
        if shape == visits.SHAPE:
            paths = self._visits
        else:
            paths = {
                month: cube_path(self.folder, digest, shape).resolve()
                for month, digest in self.digests.items()
            }
        return [
            str(path)
            for month, path in sorted(paths.items())
            if month < ends_before and month_after(month) > starts_on
        ]

    @cached_property
    def _visits(self) -> dict[date, Path]:
        return visits.visit_files(self.folder, self.digests)

    @cached_property
    def moneys(self) -> list[tuple[date, str]]:
        """Which currencies lines of which months have."""
        files = self.files("days", date.min, FAR)
        if not files:
            return []
        found: list[tuple[date, str]] = self.duck.execute(
            "SELECT DISTINCT month, currency FROM read_parquet(?)", [files]
        ).fetchall()
        return found

    @cached_property
    def has_visits(self) -> bool:
        """Whether the visits of every month were made."""
        return all(path.is_file() for path in self._visits.values())

    def source(
        self, shape: str, narrowed: Narrowed, *, with_team: bool
    ) -> tuple[str, list[Any]] | None:
        """``FROM … WHERE …`` for these lines with its parameters; ``None`` where no month has any.

        The files go by the name ``f``, the team of the line's day by ``m``.
        """
        files = self.files(shape, narrowed.starts_on, narrowed.ends_before)
        if not files:
            return None
        text = ["FROM read_parquet(?) f"]
        values: list[Any] = [files]
        if with_team or narrowed.teams is not None:
            text.append(
                "LEFT JOIN members m ON m.person = f.person AND f.day >= m.starts_on"
                " AND f.day < m.ends_before"
            )
        if narrowed.reach is not None:
            text.append(
                "JOIN reach r ON r.person = f.person AND f.day >= r.starts_on"
                " AND f.day < r.ends_before"
            )
        text.append("WHERE f.day >= ? AND f.day < ?")
        values += [narrowed.starts_on, narrowed.ends_before]
        for column, value in narrowed.only.items():
            text.append(f"AND f.{column} IS NOT DISTINCT FROM ?")
            values.append(value)
        if narrowed.teams is not None:
            text.append("AND m.team IN (SELECT unnest(?))")
            values.append(sorted(narrowed.teams))
        return "\n".join(text), values

    @contextmanager
    def reached(self, reach: Days | None) -> Any:
        """People and days as a table while a question is asked."""
        if reach is not None:
            self.duck.register("reach", _table(merged(reach), _DAYS))
        try:
            yield
        finally:
            if reach is not None:
                self.duck.unregister("reach")


def ask(
    lines: Lines,
    facts: Collection[str],
    narrowed: Narrowed,
    rates: Rates,
    *,
    over: str = "",
    by: Sequence[str] = (),
    most: int | None = None,
    size: Mapping[str, int] | None = None,
) -> Outcome:
    """Sums of the facts, money in the currency of the rates.

    ``over`` is a length of time or nothing; ``by`` are columns, or ``team``. Lines of a month whose
    currency has no rate are left out of every sum and counted. ``most`` keeps so many of the
    groups, the largest by the sum of ``size`` (facts with their signs; usually the first fact);
    over time those keys that are the largest altogether, each with all its buckets.
    """
    asked = _Asked(lines, tuple(facts), narrowed, rates, over, tuple(by))
    if not asked.files:
        return Outcome({}, {})
    largest = size or dict.fromkeys(asked.facts[:1], 1)
    if most and over:
        few = max(1, most // _buckets_of(narrowed, over))
        keys = [row[1] for row in replace(asked, over="", facts=()).sums(largest, few)]
        found = replace(asked, keys=tuple(keys)).sums({}, None)
    else:
        found = asked.sums(largest if most else {}, most)
    count = 1 + len(by)
    return Outcome(
        {
            row[:count]: {
                fact: Decimal(value or 0)
                for fact, value in zip(asked.facts, row[count:], strict=True)
            }
            for row in asked.named(found)
        },
        asked.without_rate(),
    )


@dataclass(frozen=True)
class _Asked:
    """One question to the files; ``keys`` narrows to some values of what it is split by."""

    lines: Lines
    facts: tuple[str, ...]
    narrowed: Narrowed
    rates: Rates
    over: str
    by: tuple[str, ...]
    keys: tuple[Any, ...] | None = None

    @cached_property
    def needed(self) -> set[str]:
        """The columns that the files must have."""
        of_people = self.narrowed.teams is not None or self.narrowed.reach is not None
        person = {"person"} if of_people or "team" in self.by else set()
        return {*self.by, *self.narrowed.only, *person, "currency"} - {"team"}

    @property
    def shape(self) -> str:
        return shape_for(self.needed)

    @property
    def files(self) -> list[str]:
        return self.lines.files(self.shape, self.narrowed.starts_on, self.narrowed.ends_before)

    @cached_property
    def single_rate(self) -> Decimal | None:
        """What all the money is worth, where that is the same for all."""
        found = {self.rates.get(one) for one in self._moneys}
        return found.pop() if len(found) == 1 else None

    @property
    def _moneys(self) -> list[tuple[date, str]]:
        """The months and currencies of the files that are asked."""
        first, last = self.narrowed.starts_on, self.narrowed.ends_before
        return [one for one in self.lines.moneys if one[0] < last and month_after(one[0]) > first]

    def _source(self) -> tuple[str, list[Any]]:
        source = self.lines.source(self.shape, self.narrowed, with_team="team" in self.by)
        text, values = source or ("", [])
        if self.keys is not None:
            named = [one for one in self.keys if one is not None]
            key = _key(self.by[0], self.shape)
            is_empty = f" OR {key} IS NULL" if len(named) < len(self.keys) else ""
            text += f"\nAND ({key} IN (SELECT unnest(?)){is_empty})"
            values = [*values, named]
        if self.single_rate is None:
            rows = [(month, currency, rate) for (month, currency), rate in self.rates.items()]
            self.lines.duck.register("rates", _table(rows, _RATES))
            text = text.replace(
                "FROM read_parquet(?) f",
                "FROM read_parquet(?) f"
                " LEFT JOIN rates x ON x.month = f.month AND x.currency = f.currency",
                1,
            )
        return text, values

    def sums(self, size: Mapping[str, int], most: int | None) -> list[Any]:
        """Rows of bucket, keys and facts; with ``most`` the largest ones by ``size``.

        Lines are first summed by their rate and not by month and currency, since most share one.
        Millions of customers are grouped once only, each line by its own rate.
        """
        text, values = self._source()
        keys = [bucket(self.over), *(_key(name, self.shape) for name in self.by)]
        names = [f"k{place}" for place in range(len(keys))]
        own = names if self.over else names[1:]
        told = [f"{key} AS {name}" for key, name in zip(keys, names, strict=True) if name in own]
        facts = {
            fact: f"f.{_column(fact, self.needed)}" for fact in dict.fromkeys((*self.facts, *size))
        }
        rate, is_flat = self.single_rate, "customer" in self.by
        if rate is not None or is_flat:
            value = f"CAST('{rate or 1:f}' AS DECIMAL(16, 10))"
            totals = {
                fact: f"sum({column})"
                if fact not in MONEY
                else f"CAST(sum({column}) AS DECIMAL(22, 4)) * {value}"
                if rate is not None
                else f"sum({column} * x.rate)"
                for fact, column in facts.items()
            }
            if rate is None:
                text += "\nAND x.rate IS NOT NULL"
        else:
            inner = [*told, *(f"sum({column}) AS {fact}" for fact, column in facts.items())]
            inner.append("x.rate AS rate")
            text = f"FROM (SELECT {', '.join(inner)}\n{text} GROUP BY ALL) WHERE rate IS NOT NULL"
            told = own
            totals = {
                fact: f"sum(CAST({fact} AS DECIMAL(22, 4)) * rate)"
                if fact in MONEY
                else f"sum({fact})"
                for fact in facts
            }
        outer = [*([] if self.over else ["NULL::DATE"]), *told]
        query = f"SELECT {', '.join([*outer, *(totals[fact] for fact in self.facts)])}\n{text}" + (
            f" GROUP BY {', '.join(own)}" if own else " HAVING count(*) > 0"
        )
        if most:
            largest = " + ".join(f"{sign} * {totals[fact]}" for fact, sign in size.items())
            query += f" ORDER BY {largest} DESC, {names[-1]} LIMIT {int(most)}"
        with self.lines.reached(self.narrowed.reach):
            return self.lines.duck.execute(query, values).fetchall()

    def without_rate(self) -> dict[str, int]:
        """How many lines are left out, by the currency that has no rate."""
        if all(one in self.rates for one in self._moneys):
            return {}
        text, values = replace(self, keys=None)._source()
        with self.lines.reached(self.narrowed.reach):
            rows = self.lines.duck.execute(
                f"SELECT f.currency, sum(f.lines)\n{text} AND x.rate IS NULL GROUP BY 1", values
            ).fetchall()
        return {currency: int(count) for currency, count in rows}

    def named(self, rows: list[Any]) -> list[Any]:
        """The rows with names of customers instead of their numbers."""
        if "customer" not in self.by or self.shape != "customers":
            return rows
        place = self.by.index("customer") + 1
        missing = {row[place] for row in rows} - {None}
        names: dict[Any, str] = {}
        # Whoever buys much bought in most months: some of the files name nearly all.
        files, step = self.files, 1
        while files and missing:
            some, files, step = files[:step], files[step:], step * 2
            names |= dict(
                self.lines.duck.execute(
                    "SELECT customer_key, min(customer) FROM read_parquet(?)"
                    " WHERE customer_key IN (SELECT unnest(?)) GROUP BY 1",
                    [some, list(missing)],
                ).fetchall()
            )
            missing -= names.keys()
        return [(*row[:place], names.get(row[place]), *row[place + 1 :]) for row in rows]


def _buckets_of(narrowed: Narrowed, over: str) -> int:
    """How many buckets the days touch at most."""
    length = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}[over]
    return (narrowed.ends_before - narrowed.starts_on).days // length + 2


def bucket(over: str, column: str = "f.day") -> str:
    """The first day of the length of time that a day lies in; no day without a length."""
    if not over:
        return "NULL::DATE"
    if over not in BUCKETS:
        raise ValueError(over)
    if over == "day":
        return column
    if over == "month" and column == "f.day":
        return "f.month"
    return f"date_trunc('{over}', {column})::DATE"


def _key(name: str, shape: str = "customers") -> str:
    if name == "team":
        return "m.team"
    return "f.customer_key" if name == "customer" and shape == "customers" else f"f.{name}"


def _column(fact: str, needed: Collection[str]) -> str:
    """Once products are told apart, an order counts for each product that it holds."""
    if fact != "orders":
        return fact
    if "product" in needed:
        return "orders_of_product"
    return "orders_of_category" if "category" in needed else "orders"


def merged(days: Days) -> list[tuple[str, date, date]]:
    """Ranges of one person that touch or overlap become one, so that no line counts twice."""
    found: list[tuple[str, date, date]] = []
    for person, starts_on, ends_before in sorted(days):
        if found and found[-1][0] == person and starts_on <= found[-1][2]:
            found[-1] = (person, found[-1][1], max(found[-1][2], ends_before))
        else:
            found.append((person, starts_on, ends_before))
    return found


def _table(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.Table.from_arrays(
        [pa.array(column, one.type) for column, one in zip(columns, schema, strict=True)],
        schema=schema,
    )
