"""Counting customers: who bought, who for the first time, who again, and who stayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from paceline.insights.cubes.columns import FAR, bucket, key
from paceline.insights.cubes.lines import Lines, Narrowed

FIRST = date(1, 1, 1)
# (month, currency) → what one unit is worth.
Rates = Mapping[tuple[date, str], Decimal]

# ``SELECT`` with its parameters: one row for each different customer in a bucket and key, with the
# day of their first order as ``first`` and the day since which they count as new as ``since``.
Buyers = tuple[str, list[Any]]


def count_customers(
    lines: Lines, narrowed: Narrowed, *, over: str = "", by: Sequence[str] = ()
) -> dict[tuple[Any, ...], dict[str, Decimal]]:
    """``buyers``, ``new_buyers`` and ``repeat_buyers`` by bucket and keys.

    A customer is new where their first order of all lies, whoever sold it; they buy again where an
    earlier order lies before the bucket (without buckets: before the days asked for).
    """
    names = [f"k{place}" for place in range(1 + len(by))]
    rows = _asked(
        lines,
        narrowed,
        over,
        by,
        f"SELECT {', '.join(names)}, count(*), count(*) FILTER (first >= since),"
        f" count(*) FILTER (first < since) FROM buyers GROUP BY {', '.join(names)}",
    )
    return {
        row[: len(names)]: {
            fact: Decimal(value)
            for fact, value in zip(
                ("buyers", "new_buyers", "repeat_buyers"), row[len(names) :], strict=True
            )
        }
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class Cohort:
    """The customers whose first order lies in a bucket, and how many of them bought how many
    buckets later (the first of these numbers is all of them)."""

    first: date
    stayed: tuple[int, ...]


def cohorts(lines: Lines, narrowed: Narrowed, *, over: str) -> list[Cohort]:
    """Of those who bought for the first time in the days, who bought again later in them."""
    step = {"month": "month", "quarter": "quarter", "week": "week"}[over]
    rows = _asked(
        lines,
        narrowed,
        over,
        (),
        f"SELECT {bucket(over, 'first')} AS began, date_diff('{step}', began, k0), count(*)"
        " FROM buyers WHERE first >= ? GROUP BY ALL ORDER BY ALL",
        narrowed.starts_on,
    )
    found: dict[date, dict[int, int]] = {}
    for first, later, count in rows:
        found.setdefault(first, {})[later] = count
    if not found:
        return []
    # Every cohort is told up to the last bucket in which anybody of them bought.
    base = min(found)
    age = {first: _steps(base, first, over) for first in found}
    last = max(age[first] + max(counts) for first, counts in found.items())
    return [
        Cohort(first, tuple(counts.get(place, 0) for place in range(last - age[first] + 1)))
        for first, counts in found.items()
    ]


def cohort_sales(
    lines: Lines, narrowed: Narrowed, rates: Rates, *, over: str
) -> dict[date, tuple[int, Decimal]]:
    """Of each cohort the customers who bought in the days, and what they bought less what they
    returned, in the currency of the rates; lines of a month whose currency has none are left
    out."""
    narrowed = lines.without_idle(narrowed)
    source = lines.source("customers", narrowed, with_team=False)
    if source is None:
        return {}
    bought = source.joined("JOIN buyers b ON b.c = f.customer_key").where(
        "b.first >= ?", narrowed.starts_on
    )
    rows = _asked(
        lines,
        narrowed,
        "",
        (),
        f"SELECT {bucket(over, 'b.first')}, f.month, f.currency, sum(f.sold - f.returned)"
        f"\n{bought.text} GROUP BY ALL",
        *bought.given,
    )
    sums: dict[date, Decimal] = {}
    for first, month, currency, net in rows:
        rate = rates.get((month, currency))
        if rate is not None:
            sums[first] = sums.get(first, Decimal(0)) + net * rate
    counted = _asked(
        lines,
        narrowed,
        "",
        (),
        f"SELECT {bucket(over, 'first')}, count(*) FROM buyers WHERE first >= ? GROUP BY 1",
        narrowed.starts_on,
    )
    return {first: (count, sums.get(first, Decimal(0))) for first, count in counted}


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer who bought: the day of their first order of all; of the days asked for their
    orders, and the first and the last day of these."""

    customer: str
    first: date
    orders: int
    first_in: date
    last_in: date


def list_buyers(
    lines: Lines,
    narrowed: Narrowed,
    *,
    which: str = "",
    began: tuple[date, date] | None = None,
    most: int,
) -> list[Buyer]:
    """The customers whom ``count_customers`` counts, by name: all, ``new`` or ``repeat`` ones;
    only those whose first order lies in the days of ``began`` (half-open)."""
    since = {"": "true", "new": "first >= since", "repeat": "first < since"}[which]
    text, days = "", []
    if began is not None:
        text, days = " AND first >= ? AND first < ?", list(began)
    firsts = dict(
        _asked(
            lines, narrowed, "", (),
            f"SELECT c, first FROM buyers WHERE {since}{text} ORDER BY first DESC, c"
            f" LIMIT {int(most)}",
            *days,
        )
    )  # fmt: skip
    if not firsts:
        return []
    source = lines.source("customers", narrowed, with_team=False)
    if source is None:
        return []
    where, values = source.text, source.given
    with lines.reached(narrowed.reach):
        rows = lines.duck.execute(
            "SELECT f.customer_key, min(f.customer), sum(f.orders), min(f.day), max(f.day)"
            f"\n{where} AND f.orders > 0 AND f.customer_key IN (SELECT unnest(?)) GROUP BY 1",
            [*values, list(firsts)],
        ).fetchall()
    return sorted(
        (
            Buyer(name, firsts[key], int(orders), first_in, last_in)
            for key, name, orders, first_in, last_in in rows
        ),
        key=lambda one: (one.customer, one.first),
    )


def _steps(first: date, last: date, over: str) -> int:
    if over == "week":
        return (last - first).days // 7
    months = (last.year - first.year) * 12 + last.month - first.month
    return months // 3 if over == "quarter" else months


def _asked(
    lines: Lines, narrowed: Narrowed, over: str, by: Sequence[str], query: str, *values: Any
) -> list[tuple[Any, ...]]:
    """The rows of a query over ``buyers``."""
    narrowed = lines.without_idle(narrowed)
    # Made files may be swept away while they are read: then it is counted without them.
    ways = (_met_before, _met_at_all) if lines.has_visits else (_met_at_all,)
    with lines.reached(narrowed.reach):
        for way in ways:
            buyers = way(lines, narrowed, over, by)
            if buyers is None:
                return []
            text, given = buyers
            try:
                return lines.duck.execute(f"WITH {text} {query}", [*given, *values]).fetchall()
            except duckdb.IOException:
                if way is ways[-1]:
                    raise
    raise AssertionError(ways)


def _keys(over: str, by: Sequence[str]) -> str:
    keys = [bucket(over) if over else "NULL::DATE", *(key(name) for name in by)]
    return ", ".join(f"{key} AS k{place}" for place, key in enumerate(keys))


def _since(over: str) -> str:
    """The day from which a row is in the bucket: the first of both, the bucket's and the days'."""
    return f"greatest({bucket(over)}, ?::DATE)" if over else "?::DATE"


def _met_before(lines: Lines, narrowed: Narrowed, over: str, by: Sequence[str]) -> Buyers | None:
    """From the visits: rows before which the customer has none in the same bucket and key."""
    source = lines.source("visits", narrowed, with_team="team" in by)
    if source is None:
        return None
    text, values = source.text, source.given
    columns = f"{_keys(over, by)}, f.c AS c, f.first AS first, {_since(over)} AS since"
    given = [narrowed.starts_on, *values]
    told_apart = {*narrowed.only, *by} - {"team"}
    of_people = "team" in by or narrowed.teams is not None or narrowed.reach is not None
    if not of_people and len(told_apart) <= 1:
        (name,) = told_apart or ("",)
        before = f"f.before_{name}" if name else "f.before"
        return (
            f"buyers AS (SELECT {columns}\n{text} AND ({before} IS NULL OR {before} < since))",
            given,
        )
    if not told_apart <= {"person"}:
        return f"buyers AS (SELECT DISTINCT {columns}\n{text})", given
    # By the days of people: nearly every customer buys from one person, and is counted by their
    # first row as before; those who bought from several, or from one in two teams, as a set.
    within = ["since"]
    if "team" in by or narrowed.teams is not None:
        within.append("coalesce(m.starts_on, ?::DATE)")
        values = [FAR, *values]
    if narrowed.reach is not None:
        within.append("r.starts_on")
    of_person = f"coalesce(f.before_person < greatest({', '.join(within)}), true)"
    buyers = (
        f"met AS (SELECT {columns}, f.before IS NULL OR f.before < since AS is_first,"
        f" {of_person} AS is_first_of_person\n{text}),"
        " several AS MATERIALIZED (SELECT DISTINCT since, c FROM met"
        " WHERE is_first_of_person AND NOT is_first),"
        " buyers AS (SELECT * EXCLUDE (is_first, is_first_of_person) FROM met"
        " ANTI JOIN several USING (since, c) WHERE is_first"
        " UNION ALL SELECT DISTINCT * EXCLUDE (is_first, is_first_of_person) FROM met"
        " SEMI JOIN several USING (since, c))"
    )
    return buyers, [narrowed.starts_on, *values]


def _met_at_all(lines: Lines, narrowed: Narrowed, over: str, by: Sequence[str]) -> Buyers | None:
    """Without visits: the set of customers of each bucket and key, and all that they bought."""
    source = lines.source("customers", narrowed, with_team="team" in by)
    if source is None:
        return None
    text, values = source.text, source.given
    buyers = (
        f"met AS (SELECT DISTINCT {_keys(over, by)}, f.customer_key AS c, {_since(over)} AS since"
        f"\n{text} AND f.orders > 0 AND f.customer_key IS NOT NULL),"
        " buyers AS (FROM met JOIN (SELECT customer_key AS c, min(day) AS first"
        " FROM read_parquet(?) WHERE orders > 0 AND c IN (SELECT c FROM met) GROUP BY 1)"
        " USING (c))"
    )
    earlier = lines.files("customers", FIRST, narrowed.ends_before)
    return buyers, [narrowed.starts_on, *values, earlier]
