"""Counting customers: who bought, who for the first time, who again, and who stayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from paceline.insights.cubes.asking import Lines, Narrowed, _key, bucket

FIRST = date(1, 1, 1)


def count_customers(
    lines: Lines, narrowed: Narrowed, *, over: str = "", by: Sequence[str] = ()
) -> dict[tuple[Any, ...], dict[str, Decimal]]:
    """``buyers``, ``new_buyers`` and ``repeat_buyers`` by bucket and keys.

    A customer is new where their first order of all lies, whoever sold it; they buy again where an
    earlier order lies before the bucket (without buckets: before the days asked for).
    """
    source = lines.source("customers", narrowed, with_team="team" in by)
    if source is None:
        return {}
    text, values = source
    earlier = lines.files("customers", FIRST, narrowed.ends_before)
    keys = [bucket(over) if over else "NULL::DATE", *(_key(name) for name in by)]
    names = [f"k{place}" for place in range(len(keys))]
    since = "greatest(k0, ?)" if over else "?"
    with lines.reached(narrowed.reach):
        rows = lines.duck.execute(
            "WITH buyers AS (SELECT DISTINCT "
            + ", ".join(f"{key} AS {name}" for key, name in zip(keys, names, strict=True))
            + f", f.customer_key AS c\n{text} AND f.orders > 0 AND f.customer_key IS NOT NULL),"
            " firsts AS (SELECT customer_key AS c, min(day) AS came FROM read_parquet(?)"
            " WHERE orders > 0 AND c IN (SELECT c FROM buyers) GROUP BY 1)"
            f" SELECT {', '.join(names)}, count(*), count(*) FILTER (came >= {since}),"
            f" count(*) FILTER (came < {since}) FROM buyers JOIN firsts USING (c)"
            f" GROUP BY {', '.join(names)}",
            [*values, earlier, narrowed.starts_on, narrowed.starts_on],
        ).fetchall()
    return {
        row[: len(keys)]: {
            fact: Decimal(value)
            for fact, value in zip(
                ("buyers", "new_buyers", "repeat_buyers"), row[len(keys) :], strict=True
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
    source = lines.source("customers", narrowed, with_team=False)
    if source is None:
        return []
    text, values = source
    earlier = lines.files("customers", FIRST, narrowed.ends_before)
    step = {"month": "month", "quarter": "quarter", "week": "week"}[over]
    with lines.reached(narrowed.reach):
        rows = lines.duck.execute(
            f"WITH buys AS (SELECT DISTINCT f.customer_key AS c, {bucket(over)} AS bought\n{text}"
            " AND f.orders > 0 AND f.customer IS NOT NULL),"
            " firsts AS (SELECT customer_key AS c, min(day) AS came FROM read_parquet(?)"
            " WHERE orders > 0 AND c IN (SELECT c FROM buys) GROUP BY 1)"
            f" SELECT {bucket(over, 'came')} AS began, date_diff('{step}', began, bought), count(*)"
            " FROM buys JOIN firsts USING (c) WHERE came >= ? GROUP BY ALL ORDER BY ALL",
            [*values, earlier, narrowed.starts_on],
        ).fetchall()
    found: dict[date, dict[int, int]] = {}
    for first, later, count in rows:
        found.setdefault(first, {})[later] = count
    last = max(found, default=FIRST)
    return [
        Cohort(first, tuple(counts.get(place, 0) for place in range(_steps(first, last, over) + 1)))
        for first, counts in found.items()
    ]


def _steps(first: date, last: date, over: str) -> int:
    if over == "week":
        return (last - first).days // 7
    months = (last.year - first.year) * 12 + last.month - first.month
    return months // 3 if over == "quarter" else months
