"""The largest customers are the same from whole quarters and years, from months, and by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa

from paceline.insights import cubes
from paceline.insights.cubes import FAR, Lines, Narrowed, ask, make_cubes, make_terms, terms_of
from paceline.insights.cubes.terms import cover
from paceline.kernel.periods import month_from

MONTHS = [month_from(date(2024, 11, 1), n) for n in range(18)]  # until April 2026
COLUMNS = ("order_id", "ordered_on", "payee_id", "customer", "channel", "currency", "kind",
           "quantity", "amount", "cost")  # fmt: skip
MEMBERS = [("A", "p1", date(2020, 1, 1), FAR), ("B", "p2", date(2025, 2, 10), FAR)]
CENT = Decimal("0.0001")


def lines_of(month: date, chance: Random) -> list[tuple[Any, ...]]:
    """Lines of few customers; one buys in two currencies, one says no name."""
    found = []
    for number in range(40):
        is_sale = chance.random() < 0.8
        amount = Decimal(chance.randrange(1, 10**13)) / 10000 * (1 if is_sale else -1)
        found.append(
            (
                f"{month}-{number}", month.replace(day=1 + chance.randrange(28)),
                chance.choice(["p1", "p2", None]),
                chance.choice([None, *(f"c{n}" for n in range(12))]),
                chance.choice(["Shop", "Chat"]), chance.choice(["USD", "USD", "EUR", "JPY"]),
                "sale" if is_sale else "return", Decimal(chance.randrange(1, 5)), amount,
                None if chance.random() < 0.2 else Decimal(chance.randrange(1000)) / 100,
            )
        )  # fmt: skip
    return found


def keep(rows: list[tuple[Any, ...]], path: Path) -> None:
    sold = pa.table(  # noqa: F841 - read by its name
        dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    )
    with closing(duckdb.connect()) as duck:
        duck.sql(
            "SELECT * REPLACE (CAST(quantity AS DECIMAL(18, 4)) AS quantity,"
            " CAST(amount AS DECIMAL(18, 4)) AS amount, CAST(cost AS DECIMAL(18, 4)) AS cost),"
            " order_id AS line_id, 'x' AS product, 'y' AS category, 'T' AS territory FROM sold"
        ).write_parquet(str(path))


def by_hand(
    rows: list[tuple[Any, ...]], narrowed: Narrowed, rates: dict[tuple[date, str], Decimal]
) -> dict[str | None, dict[str, Decimal]]:
    found: dict[str | None, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for _order, day, person, customer, channel, currency, kind, quantity, amount, cost in rows:
        said = {"person": person, "customer": customer, "channel": channel, "currency": currency}
        rate = rates.get((day.replace(day=1), currency))
        reach = narrowed.reach
        if (
            rate is None
            or not narrowed.starts_on <= day < narrowed.ends_before
            or any(said[name] != value for name, value in narrowed.only.items())
            or (narrowed.teams is not None and not any(
                team in narrowed.teams and of == person and first <= day
                for team, of, first, _end in MEMBERS
            ))
            or (reach is not None and not any(
                of == person and first <= day < end for of, first, end in reach
            ))
            or (narrowed.customers is not None and customer not in narrowed.customers)
        ):  # fmt: skip
            continue
        sums, is_sale = found[customer], kind == "sale"
        sums["sold"] += amount * rate if is_sale else 0
        sums["returned"] -= 0 if is_sale else amount * rate
        sums["cost"] += (cost or 0) * rate
        sums["costed"] += 0 if cost is None else amount * rate
        sums["units"] += quantity if is_sale else -quantity
        sums["lines"] += 1
        sums["orders"] += is_sale
    return {key: dict(sums) for key, sums in found.items()}


def questions() -> Iterator[Narrowed]:
    whole, part = (MONTHS[0], month_from(MONTHS[-1], 1)), (date(2024, 12, 5), date(2026, 4, 9))
    for first, end in (whole, part, (date(2025, 1, 1), date(2026, 1, 1))):
        yield Narrowed(first, end)
        yield Narrowed(first, end, {"currency": "EUR"})
        yield Narrowed(first, end, {"customer": "c3"})
        yield Narrowed(first, end, {"channel": "Shop", "person": None})
        yield Narrowed(first, end, teams=["A", "B"])
        yield Narrowed(first, end, reach=[("p1", date(2025, 5, 5), FAR)])
        yield Narrowed(first, end, customers=["c1", "c7", None, "nobody"])


def test_terms_tell_the_same_as_months(tmp_path: Path) -> None:
    chance, folder = Random(9), tmp_path / "cubes"
    rows: list[tuple[Any, ...]] = []
    digests = {}
    for month in MONTHS:
        own = lines_of(month, chance)
        rows += own
        digests[month] = f"{month:%Y-%m}"
        keep(own, tmp_path / f"{month:%Y-%m}.parquet")
        make_cubes(tmp_path / f"{month:%Y-%m}.parquet", digests[month], folder, memory=128)
    one = {(month, money): Decimal(1) for month in MONTHS for money in ("USD", "EUR", "JPY")}
    steps = {**one} | {
        (month, "EUR"): Decimal(10800 + place) / 10000 for place, month in enumerate(MONTHS)
    }
    # Yen have no rate before April, euros none at all.
    missing = {
        (month, money): rate for (month, money), rate in steps.items()
        if money == "USD" or (money == "JPY" and (month.year, month.month) > (2025, 3))
    }  # fmt: skip
    facts = ["sold", "returned", "cost", "costed", "units", "lines", "orders"]
    with closing(Lines(folder, digests, MEMBERS)) as plain:
        assert plain.terms == []
        make_terms(folder, digests, memory=128)
        with closing(Lines(folder, digests, MEMBERS)) as quick:
            # The newest month's quarter and year still change.
            assert [(term.starts_on, term.ends_before) for term in quick.terms] == [
                (date(2024, 1, 1), date(2025, 1, 1)), (date(2025, 1, 1), date(2026, 1, 1)),
                (date(2024, 10, 1), date(2025, 1, 1)),
                *((month_from(date(2025, 1, 1), n), month_from(date(2025, 4, 1), n))
                  for n in range(0, 15, 3)),
            ]  # fmt: skip
            moving = {key: rate + key[0].month for key, rate in one.items()}
            thrice = {key: rate * 3 for key, rate in one.items()}
            for rates in (one, steps, missing, moving, thrice):
                for narrowed in questions():
                    wanted = by_hand(rows, narrowed, rates)
                    found = [
                        ask(way, facts, narrowed, rates, by=["customer"], most=1000)
                        for way in (quick, plain)
                    ]
                    assert found[0] == found[1]
                    sums = {key: sums for (_bucket, key), sums in found[0].sums.items()}
                    assert sums == wanted, narrowed
            whole = Narrowed(MONTHS[0], month_from(MONTHS[-1], 1))
            largest = sorted(by_hand(rows, whole, steps).items(), key=lambda of: -of[1]["sold"])
            most = ask(quick, ["sold"], whole, steps, by=["customer"], most=3)
            assert list(most.sums) == [(None, name) for name, _sums in largest[:3]]
            left_out = ask(quick, ["sold"], whole, missing, by=["customer"], most=3).without_rate
            assert left_out == {
                money: sum(
                    row[5] == money and (row[1].replace(day=1), money) not in missing
                    for row in rows
                )
                for money in ("EUR", "JPY")
            }
            # A file that goes while it is asked: the months say the same.
            for term in quick.terms:
                term.path(folder).unlink()
            assert ask(quick, ["sold"], whole, steps, by=["customer"], most=3) == most


def test_terms_follow_their_months(tmp_path: Path) -> None:
    digests = {month: str(month) for month in MONTHS}
    before = {one.name for one in terms_of(digests)}
    assert {one.name for one in terms_of({**digests, MONTHS[-1]: "again"})} == before
    after = {one.name for one in terms_of({**digests, date(2025, 5, 1): "again"})}
    assert len(before - after) == 2  # its quarter and its year
    assert terms_of({}) == []
    chosen, left = cover(terms_of(digests), date(2024, 12, 5), date(2025, 10, 1))
    assert [one.starts_on.month for one in chosen] == [1, 4, 7]
    assert left == [(date(2024, 12, 5), date(2025, 1, 1))]
    cubes.sweep(tmp_path, before)
