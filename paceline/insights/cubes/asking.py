"""Asking the files of some months: sums by day, week, month …, and by anything a line has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from paceline.insights.cubes import terms
from paceline.insights.cubes.columns import bucket, column, key
from paceline.insights.cubes.lines import Lines, Narrowed, Rows, table
from paceline.insights.cubes.shapes import MONEY, shape_for
from paceline.kernel.periods import month_after

# Money in one currency: (month, currency) → what one unit is worth.
Rates = Mapping[tuple[date, str], Decimal]

_RATES = pa.schema(
    [("month", pa.date32()), ("currency", pa.string()), ("rate", pa.decimal128(16, 10))]
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Sums by (bucket, key…), and in which currencies how many lines had no rate."""

    sums: dict[tuple[Any, ...], dict[str, Decimal]]
    without_rate: dict[str, int]


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
    asked = _Asked(lines, tuple(facts), lines.without_idle(narrowed), rates, over, tuple(by))
    if not asked.files:
        return Outcome({}, {})
    largest = size or dict.fromkeys(asked.facts[:1], 1)
    if most and over:
        few = keys_at_most(most, narrowed, over)
        keys = [row[1] for row in replace(asked, over="", facts=()).sums(largest, few)]
        found = replace(asked, keys=tuple(keys)).sums({}, None)
    else:
        found = asked.sums(largest if most else {}, most)
    return asked.told(found)


def ask_some(
    lines: Lines,
    facts: Collection[str],
    narrowed: Narrowed,
    rates: Rates,
    keys: Sequence[str | None],
    *,
    over: str = "",
    by: str,
    others: bool = False,
) -> Outcome:
    """The same of some ``keys`` of a column, which is not customers; with ``others`` of all but
    those, together under no key."""
    narrowed = lines.without_idle(narrowed)
    asked = _Asked(lines, tuple(facts), narrowed, rates, over, (by,), tuple(keys), others)
    return asked.told(asked.sums({}, None)) if asked.files else Outcome({}, {})


def keys_at_most(most: int, narrowed: Narrowed, over: str) -> int:
    """Of how many keys so many groups can be told, each with all its buckets."""
    if not over:
        return most
    length = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}[over]
    return max(1, most // ((narrowed.ends_before - narrowed.starts_on).days // length + 2))


@dataclass(frozen=True)
class _Asked:
    """One question to the files; ``keys`` narrows to some values of what it is split by, or with
    ``others`` to all but those, which are then not told apart."""

    lines: Lines
    facts: tuple[str, ...]
    narrowed: Narrowed
    rates: Rates
    over: str
    by: tuple[str, ...]
    keys: tuple[Any, ...] | None = None
    others: bool = False

    @cached_property
    def needed(self) -> set[str]:
        """The columns that the files must have."""
        person = {"person"} if self.narrowed.of_people or "team" in self.by else set()
        customer = set() if self.narrowed.customers is None else {"customer"}
        return {*self.by, *self.narrowed.only, *person, *customer, "currency"} - {"team"}

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

    @cached_property
    def _moneys(self) -> list[tuple[date, str]]:
        """The months and currencies of the lines that are asked."""
        first, last = self.narrowed.starts_on, self.narrowed.ends_before
        currency = self.narrowed.only.get("currency")
        return [
            one
            for one in self.lines.moneys
            if one[0] < last and month_after(one[0]) > first and currency in {None, one[1]}
        ]

    # Which rows

    @property
    def _takes_terms(self) -> bool:
        """Whether whole quarters and years know all that is asked."""
        narrowed = self.narrowed
        return (
            self.by == ("customer",)
            and not self.over
            and not narrowed.of_people
            and set(narrowed.only) <= terms.COLUMNS
        )

    def _parts(self) -> list[Rows]:
        """The rows that are asked, each line in one of the parts; where money has several rates,
        the rate of a row is ``x.rate``."""
        chosen, left = terms.cover(
            self._worth_taking() if self._takes_terms else (),
            self.narrowed.starts_on,
            self.narrowed.ends_before,
        )
        parts = [self._of_days(*days) for days in left]
        if not chosen:
            return [one for one in parts if one is not None]
        paths = [str(one.path(self.lines.folder)) for one in chosen]
        whole = Rows(paths).saying(self.narrowed, self.shape)
        if self.single_rate is None:
            steady = [row for one in chosen for row in self._steady_rates(one)]
            self.lines.duck.register("steady", table(steady, _RATES))
            whole = whole.joined("JOIN steady x ON x.month = f.term AND x.currency = f.currency")
            known = {(first, currency) for first, currency, _rate in steady}
            for one in chosen:
                moved = {
                    currency
                    for month, currency in self.lines.moneys
                    if one.starts_on <= month < one.ends_before
                    and (one.starts_on, currency) not in known
                }
                rows = self._of_days(one.starts_on, one.ends_before) if moved else None
                if rows is not None:
                    marks = ", ".join("?" * len(moved))
                    parts.append(rows.where(f"f.currency IN ({marks})", *sorted(moved)))
        return [self._among(whole), *(one for one in parts if one is not None)]

    def _worth_taking(self) -> list[terms.Term]:
        """The terms that say anything: one in which every rate moves would be read for nothing, and
        its months besides."""
        if self.single_rate is not None:
            return self.lines.terms
        return [one for one in self.lines.terms if self._steady_rates(one)]

    def _steady_rates(self, term: terms.Term) -> list[tuple[date, str, Decimal]]:
        """The currencies that are worth the same in all months of a term."""
        worth: dict[str, set[Decimal | None]] = {}
        for month, currency in self.lines.moneys:
            if term.starts_on <= month < term.ends_before:
                worth.setdefault(currency, set()).add(self.rates.get((month, currency)))
        return [
            (term.starts_on, currency, rate)
            for currency, rates in worth.items()
            if len(rates) == 1 and (rate := next(iter(rates))) is not None
        ]

    def _of_days(self, starts_on: date, ends_before: date) -> Rows | None:
        """The rows of the months' files that lie in some of the days."""
        narrowed = replace(self.narrowed, starts_on=starts_on, ends_before=ends_before)
        rows = self.lines.source(self.shape, narrowed, with_team="team" in self.by)
        if rows is None:
            return None
        if self.single_rate is None:
            rows = rows.joined("JOIN rates x ON x.month = f.month AND x.currency = f.currency")
        return self._among(rows)

    def _among(self, rows: Rows) -> Rows:
        if self.keys is None:
            return rows
        named = [one for one in self.keys if one is not None]
        own = key(self.by[0], self.shape)
        has_empty = len(named) < len(self.keys)
        if self.others:
            is_other = f"{own} NOT IN (SELECT unnest(?::VARCHAR[]))"
            empty = f"{own} IS NOT NULL AND" if has_empty else f"{own} IS NULL OR"
            return rows.where(f"({empty} {is_other})", named)
        is_empty = f" OR {own} IS NULL" if has_empty else ""
        return rows.where(f"({own} IN (SELECT unnest(?)){is_empty})", named)

    # Sums

    def sums(self, size: Mapping[str, int], most: int | None) -> list[Any]:
        """Rows of bucket, keys and facts; with ``most`` the largest ones by ``size``."""
        self._bring_rates()
        try:
            return self._summed(size, most)
        except duckdb.IOException:
            # A term's file may be swept away while it is asked: the months say the same.
            if not (self._takes_terms and self.lines.terms):
                raise
            self.lines.terms = []
            return self._summed(size, most)

    def _summed(self, size: Mapping[str, int], most: int | None) -> list[Any]:
        names = [f"k{place}" for place in range(1 + len(self.by))]
        own = [*(names[:1] if self.over else []), *([] if self.others else names[1:])]
        facts = tuple(dict.fromkeys((*self.facts, *size)))
        inner, values = self._rows_of(facts, own)
        rate = self.single_rate
        totals = [f"{_total(fact, one_rate=rate is not None)} AS {fact}" for fact in facts]
        rates = [rate for fact in facts if fact in MONEY and rate is not None]
        outer = [one if one in own else f"NULL AS {one}" for one in names] + totals
        query = f"SELECT {', '.join(outer)}\nFROM ({inner})" + (
            f" GROUP BY {', '.join(own)}" if own else " HAVING count(*) > 0"
        )
        if most:
            largest = " + ".join(f"{int(sign)} * {fact}" for fact, sign in size.items())
            query = f"FROM ({query}) ORDER BY {largest} DESC, {names[-1]} LIMIT {int(most)}"
        with self.lines.reached(self.narrowed.reach):
            found = self.lines.duck.execute(query, [*rates, *values]).fetchall()
        count = len(names) + len(self.facts)
        return [row[:count] for row in found]

    @property
    def _is_grouped(self) -> bool:
        """Whether the rows of one rate are summed before money is converted."""
        return self.single_rate is None and "customer" not in self.by

    def _rows_of(self, facts: Sequence[str], own: Sequence[str]) -> tuple[str, list[Any]]:
        """The keys, facts and rate of all parts.

        Lines are first summed by their rate and not by month and currency, since most share one.
        Millions of customers are grouped once only, each line by its own rate.
        """
        keys = [bucket(self.over), *(key(name, self.shape) for name in self.by)]
        told = [f"{one} AS k{place}" for place, one in enumerate(keys) if f"k{place}" in own]
        several = self.single_rate is None
        known = {fact: f"f.{column(fact, self.needed)}" for fact in facts}
        shown = [
            f"sum({one}) AS {fact}" if self._is_grouped else f"{one} AS {fact}"
            for fact, one in known.items()
        ]
        chosen = ", ".join([*told, *shown, *(["x.rate AS rate"] if several else [])])
        texts, values = [], []
        for part in self._parts():
            texts.append(
                f"SELECT {chosen} {part.text}{' GROUP BY ALL' if self._is_grouped else ''}"
            )
            values += part.given
        return "\nUNION ALL ".join(texts), values

    def _bring_rates(self) -> None:
        rows = [(month, currency, rate) for (month, currency), rate in self.rates.items()]
        self.lines.duck.register("rates", table(rows, _RATES))

    def without_rate(self) -> dict[str, int]:
        """How many lines are left out, by the currency that has no rate."""
        if all(one in self.rates for one in self._moneys):
            return {}
        # What it is split by leaves no line out: the smallest file that knows the rest will do.
        whole = replace(self, by=(), over="", keys=None, others=False)
        rows = self.lines.source(whole.shape, self.narrowed, with_team=False)
        if rows is None:
            return {}
        self._bring_rates()
        rows = rows.joined("ANTI JOIN rates x ON x.month = f.month AND x.currency = f.currency")
        with self.lines.reached(self.narrowed.reach):
            found = self.lines.duck.execute(
                f"SELECT f.currency, sum(f.lines) {rows.text} GROUP BY 1", rows.given
            ).fetchall()
        return {currency: int(count) for currency, count in found}

    def told(self, rows: list[Any]) -> Outcome:
        count = 1 + len(self.by)
        sums = {
            row[:count]: {
                fact: Decimal(value or 0)
                for fact, value in zip(self.facts, row[count:], strict=True)
            }
            for row in self.named(rows)
        }
        return Outcome(sums, self.without_rate())

    # Customers

    def named(self, rows: list[Any]) -> list[Any]:
        """The rows with names of customers instead of their numbers."""
        if "customer" not in self.by or self.shape != "customers":
            return rows
        place = self.by.index("customer") + 1
        missing = {row[place] for row in rows} - {None}
        names: dict[Any, str] = {}
        for files in self._files_with_names():
            if not missing:
                break
            try:
                names |= dict(
                    self.lines.duck.execute(
                        "SELECT customer_key, min(customer) FROM read_parquet(?)"
                        " WHERE customer_key IN (SELECT unnest(?)) GROUP BY 1",
                        [files, list(missing)],
                    ).fetchall()
                )
            except duckdb.IOException:
                if files == self.files:
                    raise
            missing -= names.keys()
        return [(*row[:place], names.get(row[place]), *row[place + 1 :]) for row in rows]

    def _files_with_names(self) -> Iterable[list[str]]:
        """A year names nearly all of its largest customers; of the months, whoever buys much
        bought in most of them; last of all every file."""
        first, last = self.narrowed.starts_on, self.narrowed.ends_before
        yield from (
            [str(one.path(self.lines.folder))]
            for one in terms.cover(self.lines.terms, first, last)[0][:1]
        )
        files = self.files
        for some in (files[:1], files[1:3], files):
            if some:
                yield some


def _total(fact: str, *, one_rate: bool) -> str:
    """The sum of a fact; money by what all of it is worth, which is a parameter, or each row by
    its rate."""
    if fact not in MONEY:
        return f"sum({fact})"
    if one_rate:
        return f"CAST(sum({fact}) AS DECIMAL(22, 4)) * CAST(? AS DECIMAL(16, 10))"
    # Without the cast the product would have to do with eighteen digits.
    return f"sum(CAST({fact} AS DECIMAL(22, 4)) * rate)"
