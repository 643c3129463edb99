"""Customers are counted the same from their visits, from all that they bought, and by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa

from paceline.insights.cubes import (
    Lines,
    Narrowed,
    cohorts,
    count_customers,
    make_cubes,
    make_visits,
    months_without_visits,
)
from paceline.insights.cubes.columns import FAR

MONTHS = [date(2026, n, 1) for n in range(1, 6)]
START, END = date(2026, 1, 20), date(2026, 5, 17)
COLUMNS = ("ordered_on", "payee_id", "customer", "channel", "territory", "currency", "kind")
Row = tuple[Any, ...]
MEMBERS = [
    ("A", "p1", date(2026, 1, 1), date(2026, 3, 10)),
    ("B", "p1", date(2026, 3, 10), FAR),
    ("A", "p2", date(2026, 1, 1), FAR),
    ("B", "p3", date(2026, 2, 15), date(2026, 4, 2)),
    ("A", "p3", date(2026, 5, 1), FAR),
]
# The same person in two stretches, and another always.
REACH = [
    ("p1", date(2026, 2, 20), date(2026, 4, 1)),
    ("p2", date(2026, 1, 1), FAR),
    ("p1", date(2026, 5, 1), FAR),
]


def lines_of(month: date, chance: Random) -> list[Row]:
    return [
        (
            month.replace(day=1 + chance.randrange(28)),
            chance.choice(["p1", "p2", "p3", "p4", None]),
            chance.choice([None, *(f"c{n}" for n in range(20))]),
            chance.choice(["Shop", "Chat", None]),
            chance.choice(["North", None]),
            chance.choice(["USD", "EUR"]),
            chance.choice(["sale", "sale", "return"]),
        )
        for _line in range(60)
    ]


def keep(rows: list[Row], path: Path) -> None:
    """A month's snapshot: every line is an order of its own."""
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    sold = pa.table(columns)  # noqa: F841 - read by its name
    with closing(duckdb.connect()) as duck:
        lines = duck.sql(
            "SELECT *, row_number() OVER () || '' AS line_id, line_id AS order_id, 'x' AS product,"
            " 'y' AS category, CAST(1 AS DECIMAL(18, 4)) AS quantity, quantity AS amount,"
            " quantity AS cost FROM sold"
        )
        lines.write_parquet(str(path))


def team_of(person: str | None, day: date) -> str | None:
    return next((team for team, of, first, end in MEMBERS if of == person and first <= day < end),
                None)  # fmt: skip


def bucket_of(day: date, over: str) -> date | None:
    return {"": None, "day": day, "month": day.replace(day=1)}.get(over) or (
        day.replace(month=1, day=1) if over == "year" else None
    )


def by_hand(
    rows: list[Row], narrowed: Narrowed, over: str, by: list[str]
) -> dict[tuple[Any, ...], tuple[int, int, int]]:
    firsts: dict[str, date] = {}
    found: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for day, person, customer, channel, territory, currency, kind in rows:
        if kind != "sale" or customer is None:
            continue
        firsts[customer] = min(day, firsts.get(customer, day))
        said = {"person": person, "channel": channel, "territory": territory, "currency": currency,
                "team": team_of(person, day)}  # fmt: skip
        if (
            narrowed.starts_on <= day < narrowed.ends_before
            and all(said[name] == value for name, value in narrowed.only.items())
            and (narrowed.teams is None or said["team"] in narrowed.teams)
            and (
                narrowed.reach is None
                or any(of == person and first <= day < end for of, first, end in narrowed.reach)
            )
        ):
            found[bucket_of(day, over), *(said[name] for name in by)].add(customer)
    counts = {}
    for key, customers in found.items():
        since = max(key[0] or narrowed.starts_on, narrowed.starts_on)
        new = sum(firsts[one] >= since for one in customers)
        counts[key] = (len(customers), new, len(customers) - new)
    return counts


def questions() -> Iterator[tuple[Narrowed, str, list[str]]]:
    for only in ({}, {"channel": "Shop"}, {"channel": None}, {"person": "p1"},
                 {"channel": "Chat", "currency": "USD"}):  # fmt: skip
        for teams, reach in ((None, None), (["A"], None), (None, REACH), (["A", "B"], REACH)):
            narrowed = Narrowed(START, END, only, teams, reach)
            for over, by in (("", ""), ("month", ""), ("day", "channel"), ("month", "team"),
                             ("year", "person"), ("", "territory"), ("year", "team")):  # fmt: skip
                yield narrowed, over, [by] if by else []


def test_every_way_counts_the_same(tmp_path: Path) -> None:
    chance, cubes = Random(5), tmp_path / "cubes"
    rows: list[Row] = []
    digests = {}
    for month in MONTHS:
        own = lines_of(month, chance)
        rows += own
        digests[month] = f"{month:%Y-%m}"
        keep(own, tmp_path / f"{month:%Y-%m}.parquet")
        make_cubes(tmp_path / f"{month:%Y-%m}.parquet", digests[month], cubes, memory=128)
    assert months_without_visits(cubes, digests) == MONTHS
    make_visits(cubes, digests, memory=128)
    assert months_without_visits(cubes, digests) == []
    with closing(Lines(cubes, digests, MEMBERS)) as quick, closing(
        Lines(cubes, digests, MEMBERS)
    ) as plain:  # fmt: skip
        assert quick.has_visits
        plain.has_visits = False
        for narrowed, over, by in questions():
            wanted = by_hand(rows, narrowed, over, by)
            assert wanted
            for way in (quick, plain):
                found = count_customers(way, narrowed, over=over, by=by)
                counts = {
                    key: (one["buyers"], one["new_buyers"], one["repeat_buyers"])
                    for key, one in found.items()
                }
                assert counts == wanted, (narrowed, over, by, way.has_visits)
        for reach in (None, REACH):
            narrowed = Narrowed(MONTHS[0], END, reach=reach)
            assert cohorts(quick, narrowed, over="month") == cohorts(plain, narrowed, over="month")
            assert cohorts(quick, narrowed, over="month")[0].stayed[1] > 0
    # Another February: the visits of January stand, all later ones are made again.
    again = lines_of(MONTHS[1], chance)
    digests[MONTHS[1]] = "2026-02-again"
    keep(again, tmp_path / "again.parquet")
    make_cubes(tmp_path / "again.parquet", digests[MONTHS[1]], cubes, memory=128)
    assert months_without_visits(cubes, digests) == MONTHS[1:]
    with closing(Lines(cubes, digests, MEMBERS)) as now:
        assert not now.has_visits
    make_visits(cubes, digests, memory=128)
    rows = [row for row in rows if row[0].month != 2] + again
    whole = Narrowed(START, END)
    with closing(Lines(cubes, digests, MEMBERS)) as now:
        found = count_customers(now, whole, over="month")
    assert {key: one["new_buyers"] for key, one in found.items()} == {
        key: counts[1] for key, counts in by_hand(rows, whole, "month", []).items()
    }
