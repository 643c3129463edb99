"""The files of some months, open for questions, and which of their rows a question is about."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from paceline.insights.cubes import terms, visits
from paceline.insights.cubes.columns import FAR, key
from paceline.insights.cubes.making import cube_path, open_database
from paceline.insights.cubes.shapes import CUSTOMER_KEY
from paceline.kernel.periods import month_after

# Whose lines on which days: (person's number, first day, first day that counts no more).
Days = Sequence[tuple[str, date, date]]

_DAYS = pa.schema(
    [("person", pa.string()), ("starts_on", pa.date32()), ("ends_before", pa.date32())]
)
_MEMBERS = pa.schema([("team", pa.string()), *_DAYS])


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which lines: their days, what they say, and whose they are.

    ``only`` holds a value for a column (``None``: the column is empty); ``customers`` are names
    (``None``: nameless); ``teams`` are codes; ``reach`` limits to people on days, ``None`` to
    nobody's in particular; ``people`` are numbers.
    """

    starts_on: date
    ends_before: date
    only: Mapping[str, str | None] = field(default_factory=dict)
    teams: Collection[str] | None = None
    reach: Days | None = None
    customers: Collection[str | None] | None = None
    people: Collection[str] | None = None

    @property
    def of_people(self) -> bool:
        """Whether it matters whose the lines are."""
        return not (self.teams is None and self.reach is None and self.people is None)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of files, which go by the name ``f``, with what is joined to them."""

    files: Sequence[str]
    joins: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()

    def joined(self, join: str) -> Rows:
        return replace(self, joins=(*self.joins, join))

    def where(self, condition: str, *values: Any) -> Rows:
        return replace(
            self, conditions=(*self.conditions, condition), values=(*self.values, *values)
        )

    def saying(self, narrowed: Narrowed, shape: str) -> Rows:
        """Those that say what is asked for."""
        rows = self
        for column, value in narrowed.only.items():
            rows = rows.where(f"f.{column} IS NOT DISTINCT FROM ?", value)
        if narrowed.customers is None:
            return rows
        named = [one for one in narrowed.customers if one is not None]
        number = CUSTOMER_KEY if key("customer", shape) != "f.customer" else "customer"
        is_one = (
            f"{key('customer', shape)} IN (SELECT {number} FROM (SELECT unnest(?) AS customer))"
        )
        is_nameless = " OR f.customer IS NULL" if len(named) < len(narrowed.customers) else ""
        return rows.where(f"({is_one}{is_nameless})", named)

    @property
    def text(self) -> str:
        """``FROM … WHERE …``, to which further conditions may be put."""
        conditions = "\nAND ".join(self.conditions or ("true",))
        return "\n".join(("FROM read_parquet(?) f", *self.joins, f"WHERE {conditions}"))

    @property
    def given(self) -> list[Any]:
        """The parameters of the text in their order."""
        return [list(self.files), *self.values]


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
        self._found: dict[str, list[tuple[date, str]]] = {}
        self._seen: dict[date, list[tuple[str, date, date]]] = {}

    @property
    def duck(self) -> duckdb.DuckDBPyConnection:
        if self._duck is None:
            self._duck = open_database([self.folder], memory=self._memory)
            self._duck.register("members", table(self.members, _MEMBERS))
        return self._duck

    def close(self) -> None:
        if self._duck is not None:
            self._duck.close()
            self._duck = None

    def files(self, shape: str, starts_on: date, ends_before: date) -> list[str]:
        """The files of a shape that hold lines of some of the days."""
        return [
            path
            for month, path in self._paths(shape)
            if month < ends_before and month_after(month) > starts_on
        ]

    def _paths(self, shape: str) -> list[tuple[date, str]]:
        """The files of a shape, month by month; found once."""
        if shape not in self._found:
            paths = self._visits if shape == visits.SHAPE else {
                month: cube_path(self.folder, digest, shape).resolve()
                for month, digest in self.digests.items()
            }  # fmt: skip
            self._found[shape] = [(month, str(path)) for month, path in sorted(paths.items())]
        return self._found[shape]

    @cached_property
    def _visits(self) -> dict[date, Path]:
        return visits.visit_files(self.folder, self.digests)

    @cached_property
    def terms(self) -> list[terms.Term]:
        """The quarters and years whose sums by customer were made."""
        return [one for one in terms.terms_of(self.digests) if one.path(self.folder).is_file()]

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

    def without_idle(self, narrowed: Narrowed) -> Narrowed:
        """The same lines, without a narrowing to teams or people that leaves none of them out: who
        asks for the team above all teams asks for everything."""
        if narrowed.teams is None and narrowed.reach is None:
            return narrowed
        teams, reach = narrowed.teams, narrowed.reach
        seen = self._days_of_people(narrowed.starts_on, narrowed.ends_before)
        if teams is not None and _takes_in(
            merged([row[1:] for row in self.members if row[0] in teams]), seen
        ):
            teams = None
        if reach is not None and _takes_in(merged(reach), seen):
            reach = None
        return replace(narrowed, teams=teams, reach=reach)

    def _days_of_people(self, starts_on: date, ends_before: date) -> list[tuple[str, date, date]]:
        """Whose lines there are in the months of some days, with the first and the last day of
        each: a narrowing that leaves none of a month out leaves none of its days out. No month is
        asked twice."""
        months = dict(self._paths("days"))
        asked = {m for m in months if m < ends_before and month_after(m) > starts_on}
        if missing := sorted(asked - self._seen.keys()):
            self._seen |= {month: [] for month in missing}
            for month, *row in self.duck.execute(
                "SELECT month, person, min(day), max(day) FROM read_parquet(?) GROUP BY ALL",
                [[months[month] for month in missing]],
            ).fetchall():
                self._seen[month].append(tuple(row))
        days: dict[str, tuple[date, date]] = {}
        for month in asked:
            for person, first, last in self._seen[month]:
                known = days.get(person, (first, last))
                days[person] = (min(first, known[0]), max(last, known[1]))
        return [(person, *ends) for person, ends in days.items()]

    def source(self, shape: str, narrowed: Narrowed, *, with_team: bool) -> Rows | None:
        """The rows of these lines; ``None`` where no month has any. The team of the line's day
        goes by the name ``m``."""
        files = self.files(shape, narrowed.starts_on, narrowed.ends_before)
        if not files:
            return None
        rows = Rows(files)
        if with_team or narrowed.teams is not None:
            rows = rows.joined(
                "LEFT JOIN members m ON m.person = f.person AND f.day >= m.starts_on"
                " AND f.day < m.ends_before"
            )
        if narrowed.reach is not None:
            rows = rows.joined(
                "JOIN reach r ON r.person = f.person AND f.day >= r.starts_on"
                " AND f.day < r.ends_before"
            )
        rows = rows.where("f.day >= ? AND f.day < ?", narrowed.starts_on, narrowed.ends_before)
        rows = rows.saying(narrowed, shape)
        if narrowed.teams is not None:
            rows = rows.where("m.team IN (SELECT unnest(?))", sorted(narrowed.teams))
        if narrowed.people is not None:
            rows = rows.where("f.person IN (SELECT unnest(?))", sorted(narrowed.people))
        return rows

    @contextmanager
    def reached(self, reach: Days | None) -> Iterator[None]:
        """People and days as a table while a question is asked."""
        if reach is not None:
            self.duck.register("reach", table(merged(reach), _DAYS))
        try:
            yield
        finally:
            if reach is not None:
                self.duck.unregister("reach")


def merged(days: Days) -> list[tuple[str, date, date]]:
    """Ranges of one person that touch or overlap become one, so that no line counts twice."""
    found: list[tuple[str, date, date]] = []
    for person, starts_on, ends_before in sorted(days):
        if found and found[-1][0] == person and starts_on <= found[-1][2]:
            found[-1] = (person, found[-1][1], max(found[-1][2], ends_before))
        else:
            found.append((person, starts_on, ends_before))
    return found


def _takes_in(ranges: Days, seen: Days) -> bool:
    """Whether all days of everybody (first and last) lie in one of their ranges."""
    own: dict[str, list[tuple[date, date]]] = {}
    for person, starts_on, ends_before in ranges:
        own.setdefault(person, []).append((starts_on, ends_before))
    return all(
        any(start <= first and last < end for start, end in own.get(person, ()))
        for person, first, last in seen
    )


def table(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.Table.from_arrays(
        [pa.array(column, one.type) for column, one in zip(columns, schema, strict=True)],
        schema=schema,
    )
