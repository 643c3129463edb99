"""The kept sums say exactly what the lines say, whatever is asked and however it is narrowed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count, product
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from paceline.insights.cubes import (
    FAR,
    Lines,
    Narrowed,
    ask,
    ask_some,
    count_customers,
    make_cubes,
    make_terms,
    make_visits,
)
from paceline.insights.cubes.columns import BUCKETS
from paceline.insights.cubes.making import open_database
from paceline.kernel.periods import month_from

MONTHS = [month_from(date(2025, 1, 1), n) for n in range(5)]
END = date(2025, 6, 1)
# Q left on the first of April; R came on the day before, from the other team.
MEMBERS = [
    ("A", "P", date(2020, 1, 1), FAR), ("A", "Q", date(2020, 1, 1), date(2025, 4, 1)),
    ("B", "R", date(2020, 1, 1), date(2025, 3, 31)), ("A", "R", date(2025, 3, 31), FAR),
]  # fmt: skip
COLUMNS = ("line_id", "order_id", "ordered_on", "payee_id", "customer", "product", "category",
           "channel", "territory", "kind", "quantity", "amount", "cost", "currency")  # fmt: skip
SPLITS = ("", "team", "person", "channel", "category", "product", "territory", "customer",
          "currency")  # fmt: skip
FACTS = ("sold", "returned", "cost", "costed", "units", "lines")
Row = dict[str, Any]


def lines(chance: Random, *, with_nobody: bool) -> list[Row]:
    people = ["P", "P", "Q", "R", *([None] if with_nobody else [])]
    found = []
    for number in range(300):
        person = chance.choice(people)
        last = date(2025, 4, 1) if person == "Q" else END
        day = MONTHS[0] + timedelta(days=chance.randrange((last - MONTHS[0]).days))
        product, is_sale = chance.randrange(6), chance.random() < 0.8
        said = (
            str(number), f"o{number // 2}", day, person, chance.choice([None, "c1", "c2", "c3"]),
            f"p{product}", f"k{product % 2}", chance.choice(["Shop", "Chat"]), "T",
            "sale" if is_sale else "return", Decimal(chance.randrange(1, 50000)) / 10000,
            Decimal(chance.randrange(1, 10**12)) / 10000 * (1 if is_sale else -1),
            chance.choice([None, Decimal(chance.randrange(10**6)) / 10000]),
            chance.choice(["USD", "USD", "EUR"]),
        )  # fmt: skip
        found.append(dict(zip(COLUMNS, said, strict=True)))
    return found


def kept(rows: list[Row], folder: Path) -> dict[date, str]:
    """The files of sums of some lines, month by month."""
    digests = {month: f"{folder.name}-{month:%Y-%m}" for month in MONTHS}
    for month, digest in digests.items():
        source = folder / f"{digest}.lines"
        own = pa.Table.from_pylist(  # noqa: F841 - read by its name
            [row for row in rows if row["ordered_on"].replace(day=1) == month]
        )
        with closing(duckdb.connect()) as duck:
            duck.sql(
                "SELECT * REPLACE (CAST(quantity AS DECIMAL(18, 4)) AS quantity,"
                " CAST(amount AS DECIMAL(18, 4)) AS amount, CAST(cost AS DECIMAL(18, 4)) AS cost)"
                " FROM own"
            ).write_parquet(str(source))
        make_cubes(source, digest, folder / "cubes", memory=128)
    make_visits(folder / "cubes", digests, memory=128)
    make_terms(folder / "cubes", digests, memory=128)
    return digests


def team_of(row: Row) -> str | None:
    return next(
        (team for team, person, first, end in MEMBERS
         if person == row["payee_id"] and first <= row["ordered_on"] < end), None,
    )  # fmt: skip


def is_asked(row: Row, narrowed: Narrowed) -> bool:
    day, person = row["ordered_on"], row["payee_id"]
    return (
        narrowed.starts_on <= day < narrowed.ends_before
        and all(row["payee_id" if of == "person" else of] == value
                for of, value in narrowed.only.items())
        and (narrowed.teams is None or team_of(row) in narrowed.teams)
        and (narrowed.people is None or person in narrowed.people)
        and (narrowed.reach is None or any(
            of == person and first <= day < end for of, first, end in narrowed.reach))
    )  # fmt: skip


def bucket_of(day: date, over: str) -> date | None:
    match over:
        case "":
            return None
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1)


def by_hand(
    rows: list[Row], narrowed: Narrowed, rates: dict[Any, Decimal], over: str, by: str
) -> dict[Any, dict[str, Decimal]]:
    found: dict[Any, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(FACTS, Decimal(0)))
    for row in rows:
        if not is_asked(row, narrowed):
            continue
        key = {"": None, "team": team_of(row), "person": row["payee_id"]}.get(by, row.get(by))
        sums = found[(bucket_of(row["ordered_on"], over), *([key] if by else []))]
        worth = row["amount"] * rates[row["ordered_on"].replace(day=1), row["currency"]]
        rate = rates[row["ordered_on"].replace(day=1), row["currency"]]
        is_sale = row["kind"] == "sale"
        sums["sold"] += worth if is_sale else 0
        sums["returned"] -= 0 if is_sale else worth
        sums["cost"] += (row["cost"] or 0) * rate
        sums["costed"] += 0 if row["cost"] is None else worth
        sums["units"] += row["quantity"] if is_sale else -row["quantity"]
        sums["lines"] += 1
    return dict(found)


def narrowings() -> Iterator[Narrowed]:
    whole = Narrowed(MONTHS[0], END)
    for one in (
        whole,
        replace(whole, teams=["A", "B"]), replace(whole, teams=["A"]),
        replace(whole, people=["P", "R"]), replace(whole, people=[]),
        replace(whole, people=["R"], teams=["B"]),
        replace(whole, reach=[("P", MONTHS[0], END), ("Q", date(2025, 1, 1), date(2025, 4, 1)),
                              ("R", date(2024, 1, 1), date(2025, 3, 1)),
                              ("R", date(2025, 3, 1), FAR)]),
        replace(whole, reach=[("P", date(2025, 2, 2), END)]),
        replace(whole, only={"channel": "Chat"}, teams=["A", "B"]),
        replace(whole, only={"product": "p3"}),
        replace(whole, only={"category": "k1"}, teams=["A"]),
    ):  # fmt: skip
        yield one
        yield replace(one, starts_on=date(2025, 2, 3), ends_before=date(2025, 5, 20))


@pytest.mark.parametrize("with_nobody", [False, True])
def test_sums_equal_their_lines(tmp_path: Path, *, with_nobody: bool) -> None:
    rows = lines(Random(4), with_nobody=with_nobody)
    digests = kept(rows, tmp_path)
    rates = {(month, "USD"): Decimal(1) for month in MONTHS}
    rates |= {(month, "EUR"): Decimal(10800 + n) / 10000 for n, month in enumerate(MONTHS)}
    for narrowed in narrowings():
        with closing(Lines(tmp_path / "cubes", digests, MEMBERS)) as on:
            for by in SPLITS:
                for over in ("", *BUCKETS) if by in {"", "team", "product"} else ("", "month"):
                    found = ask(on, FACTS, narrowed, rates, over=over, by=[by] if by else [])
                    wanted = by_hand(rows, narrowed, rates, over, by)
                    assert found.sums == wanted, (narrowed, by, over)


def test_some_keys_and_the_others_are_the_whole(tmp_path: Path) -> None:
    """Of each bucket, to the last digit, whatever is added: orders of products count for each."""
    rows = lines(Random(11), with_nobody=True)
    digests = kept(rows, tmp_path)
    rates = {(month, "USD"): Decimal(1) for month in MONTHS}
    rates |= {(month, "EUR"): Decimal(10800 + n) / 10000 for n, month in enumerate(MONTHS)}
    turns = count()  # of four sets of keys one each time: all come to every way of adding up
    for narrowed in narrowings():
        with closing(Lines(tmp_path / "cubes", digests, MEMBERS)) as on:
            ways = product(
                ("team", "person", "product", "category", "channel"), ("", "day", "month")
            )
            for by, over in ways:
                wanted = by_hand(rows, narrowed, rates, over, by)
                found = sorted({key for _bucket, key in wanted}, key=lambda key: key or "")
                keys = (found[:2], found[1:3], [None], ["not there"])[next(turns) % 4]
                some = ask_some(on, FACTS, narrowed, rates, keys, over=over, by=by)
                assert some.sums == {
                    place: sums for place, sums in wanted.items() if place[1] in keys
                }, (narrowed, by, over, keys)
                left = ask_some(on, FACTS, narrowed, rates, keys, over=over, by=by, others=True)
                together: dict[Any, dict[str, Decimal]] = {}
                for (bucket, key), sums in wanted.items():
                    if key not in keys:
                        one = together.setdefault((bucket, None), {})
                        for fact, value in sums.items():
                            one[fact] = one.get(fact, Decimal(0)) + value
                assert left.sums == together, (narrowed, by, over, keys)


def test_who_asks_for_all_teams_asks_for_everything(tmp_path: Path) -> None:
    rows = lines(Random(5), with_nobody=False)
    digests = kept(rows, tmp_path)
    whole = Narrowed(MONTHS[0], END)
    with closing(Lines(tmp_path / "cubes", digests, MEMBERS)) as on:
        assert on.without_idle(replace(whole, teams=["A", "B"])) == whole
        everybody = [(person, MONTHS[0], END) for person in "PQR"]
        assert on.without_idle(replace(whole, reach=everybody)) == whole
        for left in (
            replace(whole, teams=["A"]), replace(whole, teams=[]), replace(whole, reach=[]),
            replace(whole, reach=everybody[1:]),
            replace(whole, reach=[("P", date(2025, 2, 1), END), *everybody[1:]]),
            replace(whole, people=["P", "Q", "R"]),
        ):  # fmt: skip
            assert on.without_idle(left) == left
        # In April and May Q sold nothing: who reads the two others reads all of it.
        late = replace(whole, starts_on=date(2025, 4, 1))
        assert on.without_idle(replace(late, reach=[everybody[0], everybody[2]])) == late
        assert count_customers(on, replace(whole, teams=["A", "B"])) == count_customers(on, whole)


def test_a_database_that_stays_open_is_empty_and_closed_for_whoever_is_next(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside.csv"
    inside.mkdir()
    outside.write_text("a\n1\n")
    with closing(open_database([inside], memory=128)) as duck:
        duck.execute("CREATE TEMP TABLE kept AS SELECT 1")
        duck.register("given", pa.table({"a": [1]}))
    with closing(open_database([inside], memory=128)) as duck:
        for name in ("kept", "given"):
            with pytest.raises(duckdb.CatalogException):
                duck.execute(f"FROM {name}")
        duck.execute(f"COPY (SELECT 1 AS a) TO '{inside / 'own.csv'}'")
        assert duck.execute(f"FROM '{inside / 'own.csv'}'").fetchall() == [(1,)]
        for refused in (f"FROM '{outside}'", f"COPY (SELECT 1) TO '{outside}'"):
            with pytest.raises(duckdb.PermissionException):
                duck.execute(refused)
        with pytest.raises(duckdb.InvalidInputException):
            duck.execute("SET GLOBAL threads = 3")
    assert outside.read_text() == "a\n1\n"
