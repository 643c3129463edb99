"""Asking the files of some months: sums by day, week, month …, and by anything a line has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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
) -> Outcome:
    """Sums of the facts, money in the currency of the rates.

    ``over`` is a length of time or nothing; ``by`` are columns, or ``team``. Lines of a month whose
    currency has no rate are left out of every sum and counted. ``most`` keeps the groups whose
    first fact is the largest.
    """
    columns = [name for name in by if name != "team"]
    needed = {*columns, *narrowed.only, "currency"}
    shape = shape_for(needed)
    source = lines.source(shape, narrowed, with_team="team" in by)
    if source is None:
        return Outcome({}, {})
    text, values = source
    kept = {fact: _column(fact, needed) for fact in facts}
    keys = [bucket(over) if over else "NULL::DATE", *(_key(name) for name in by)]
    names = [f"k{place}" for place in range(len(keys))]
    rows = [(month, currency, rate) for (month, currency), rate in rates.items()]
    lines.duck.register("rates", _table(rows, _RATES))
    # By the rate and not by month and currency: most lines share one, and millions of customers are
    # then grouped once instead of once a month. What has no rate is told by its currency.
    text = text.replace(
        "FROM read_parquet(?) f",
        "FROM read_parquet(?) f LEFT JOIN rates x ON x.month = f.month AND x.currency = f.currency",
        1,
    )
    with lines.reached(narrowed.reach):
        lines.duck.execute(
            "CREATE OR REPLACE TEMP TABLE sums AS"
            " SELECT x.rate, CASE WHEN x.rate IS NULL THEN f.currency END AS unrated, "
            + ", ".join(f"{key} AS {name}" for key, name in zip(keys, names, strict=True))
            + ", sum(f.lines) AS n_lines, "
            + ", ".join(f"sum(f.{column}) AS {fact}" for fact, column in kept.items())
            + f"\n{text} GROUP BY ALL",
            values,
        )
    sums = [
        f"sum(CAST({fact} AS DECIMAL(22, 4)) * rate)" if fact in MONEY else f"sum({fact})"
        for fact in kept
    ]
    found = lines.duck.execute(
        f"SELECT {', '.join(names)}, {', '.join(sums)} FROM sums WHERE rate IS NOT NULL"
        f" GROUP BY {', '.join(names)}"
        + (f" ORDER BY {len(keys) + 1} DESC, {names[-1]} LIMIT {int(most)}" if most else "")
    ).fetchall()
    found = _named(lines, found, by, narrowed)
    left_out = lines.duck.execute(
        "SELECT unrated, sum(n_lines) FROM sums WHERE rate IS NULL GROUP BY 1"
    ).fetchall()
    return Outcome(
        {
            row[: len(keys)]: {
                fact: Decimal(value or 0)
                for fact, value in zip(kept, row[len(keys) :], strict=True)
            }
            for row in found
        },
        {currency: int(count) for currency, count in left_out},
    )


def bucket(over: str, column: str = "f.day") -> str:
    """The first day of the length of time that a day lies in."""
    if over not in BUCKETS:
        raise ValueError(over)
    if over == "day":
        return column
    if over == "month" and column == "f.day":
        return "f.month"
    return f"date_trunc('{over}', {column})::DATE"


def _key(name: str) -> str:
    return {"team": "m.team", "customer": "f.customer_key"}.get(name, f"f.{name}")


def _named(lines: Lines, rows: list[Any], by: Sequence[str], narrowed: Narrowed) -> list[Any]:
    """The rows with names of customers instead of their numbers."""
    if "customer" not in by:
        return rows
    place = by.index("customer") + 1
    names = dict(
        lines.duck.execute(
            "SELECT DISTINCT customer_key, customer FROM read_parquet(?)"
            " WHERE customer_key IN (SELECT unnest(?))",
            [
                lines.files("customers", narrowed.starts_on, narrowed.ends_before),
                [row[place] for row in rows if row[place] is not None],
            ],
        ).fetchall()
    )
    return [(*row[:place], names.get(row[place]), *row[place + 1 :]) for row in rows]


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
