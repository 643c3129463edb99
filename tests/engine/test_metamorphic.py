"""What may change in the input without changing a result, or changes it in a known way."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from paceline import engine

from .building import Row, arrow, fill, tables_of
from .test_cases import BASE, merge

Rows = dict[str, list[Row]]
PEOPLE = ["ana", "ben", "cho", "dai"]
QUARTER = engine.period_from_key("2024Q2")


def rates(**table: Any) -> dict[str, Any]:
    tiers = [{"from": "0", "rate": "1%"}, {"from": "700", "rate": "3.3%"}]
    return {"reading": "slice", "on": "amount", "tiers": tiers} | table


def dated() -> dict[str, Any]:
    """Rates that change in the middle of the quarter."""
    first = rates()
    later = [{"from": "0", "rate": "2%"}, {"from": "900", "rate": "0.7%"}]
    days = [{"tiers": first.pop("tiers")}, {"from": "2024-05-15", "tiers": later}]
    return first | {"change": "carry-on", "dated": days}


def paid(name: str, **form: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "kind": "bonus"} | form


PLAN = engine.load_plan(
    json.dumps(
        merge(
            BASE,
            {
                "credits": [
                    {"id": "own", "kind": "direct"},
                    {"id": "team", "kind": "rollup", "of": "own", "levels": "all"},
                    {"id": "brand", "kind": "rollup", "of": "own", "levels": "all"}
                    | {"hierarchy": "brand"},
                ],
                "measures": [
                    {"id": "sales", "kind": "sum", "of": "amount", "credits": "own"},
                    {"id": "above", "kind": "sum", "of": "amount", "credits": ["team", "brand"]},
                    {"id": "year", "kind": "sum", "of": "amount", "credits": "own"}
                    | {"window": {"to-date": "year"}},
                    {"id": "share", "kind": "ratio", "of": "sales", "over": "year"},
                    {"id": "double", "kind": "sum", "of": "amount * 200%", "credits": "own"},
                    {"id": "hours", "kind": "figure", "name": "hours", "read": "sum"}
                    | {"unit": "quantity"},
                ],
                "components": [
                    paid("pay", measure="sales", rates=rates(), cap="900"),
                    paid("so-far", measure="sales", rates=rates(), accumulation="year"),
                    paid("monthly", measure="sales", rates=rates(), accumulation="month"),
                    paid("over", measure="above", rates=rates(reading="whole")),
                    paid("dated", measure="sales", rates=dated()),
                    paid("mixed", measure="sales", rates=rates(on="measure", by="double")),
                    paid("pool", pool={"amount": "sales * 2.5%", "share": "hours"}),
                    paid("kick", pays={"formula": "sales * 1%"})
                    | {"times": [{"by": "share", "when": "sales > 0"}]},
                ],
            },
        )
    )
)


def world() -> Rows:
    dice = random.Random(11)
    lines = [
        {
            "line_id": f"L{place:03d}",
            "payee_id": dice.choice(PEOPLE),
            "ordered_on": date(2024, dice.randint(1, 7), dice.randint(1, 28)),
            "amount": Decimal(dice.randint(-10_000, 90_000)).scaleb(-2),
        }
        for place in range(90)
    ]
    starts = {"starts_on": date(2023, 1, 1)}
    figure = {"figure": "hours", "on_date": date(2024, 5, 1)}
    rows: dict[str, list[dict[str, Any]]] = {
        "order_lines": lines,
        "assignments": [{"plan": "case", "payee_id": name} | starts for name in PEOPLE],
        "reporting": [
            {"payee_id": "ana", "manager_id": "ben"} | starts,
            {"payee_id": "ben", "manager_id": "dai"} | starts,
        ],
        "hierarchies": [
            {"hierarchy": "brand", "payee_id": "ana", "manager_id": "dai"} | starts,
            {"hierarchy": "brand", "payee_id": "cho", "manager_id": "dai"} | starts,
        ],
        "teams": [{"team": "east", "payee_id": name} | starts for name in PEOPLE[:3]],
        "figures": [figure | {"payee_id": name, "value": 3} for name in PEOPLE],
    }
    return {name: fill(name, part) for name, part in rows.items()}


def run(rows: Rows, plan: engine.Plan = PLAN, **options: Any) -> engine.Results:
    return engine.calculate(plan, tables_of(rows), QUARTER, **options)


def pay(results: engine.Results) -> list[Row]:
    """Earnings and statements, which must stay the same; not the counts of lines."""
    return [row for name in ("tiers", "earnings", "statements") for row in results.rows(name)]


def hash_of(results: engine.Results) -> str:
    """The bytes of every result table, as they would be written."""
    digest = sha256()
    for name, table in sorted(results.tables().items()):
        stream = io.BytesIO()
        pq.write_table(table, stream)
        digest.update(name.encode() + stream.getvalue())
    return digest.hexdigest()


def test_ten_runs_of_shuffled_rows_files_and_threads_give_the_same_bytes(tmp_path: Path) -> None:
    rows = world()
    expected = hash_of(run(rows))
    for attempt in range(10):
        dice = random.Random(attempt)
        mixed = {name: dice.sample(part, len(part)) for name, part in rows.items()}
        sources: dict[str, Any] = {name: arrow(name, part) for name, part in mixed.items()}
        if attempt % 2:
            sources["order_lines"] = _files(sources["order_lines"], dice, tmp_path / str(attempt))
        tables = engine.Tables(sources)
        results = engine.calculate(PLAN, tables, QUARTER, threads=1 + attempt % 3)
        assert hash_of(results) == expected


def _files(lines: pa.Table, dice: random.Random, folder: Path) -> list[Path]:
    folder.mkdir()
    cuts = [0, *sorted(dice.sample(range(1, len(lines)), 3)), len(lines)]
    paths = []
    for place, (start, end) in enumerate(pairwise(cuts)):
        paths.append(folder / f"{place}.parquet")
        pq.write_table(lines[start:end], paths[-1])
    return paths


def _zero(rows: Rows) -> None:
    rows["order_lines"].append(rows["order_lines"][0] | {"line_id": "Z", "amount": Decimal(0)})


def _halves(rows: Rows) -> None:
    line = max(rows["order_lines"], key=lambda row: row["amount"])
    line["amount"] -= Decimal("100.01")
    rows["order_lines"].append(line | {"line_id": "Z", "amount": Decimal("100.01")})


def _returned(rows: Rows) -> None:
    sold = {"payee_id": "ana", "ordered_on": date(2024, 4, 3)}
    for name, amount in (("Y", "777.77"), ("Z", "-777.77")):
        line = rows["order_lines"][0] | sold | {"line_id": name, "amount": Decimal(amount)}
        rows["order_lines"].append(line)


def _outsider(rows: Rows) -> None:
    rows["order_lines"].append(rows["order_lines"][0] | {"line_id": "Z", "payee_id": "nobody"})


@pytest.mark.parametrize("change", [_zero, _halves, _returned, _outsider])
def test_pay_stays_the_same(change: Callable[[Rows], None]) -> None:
    rows = world()
    before = pay(run(rows))
    change(rows)
    assert pay(run(rows)) == before


def test_one_more_order_changes_a_full_run_alone_as_it_does_beside_others() -> None:
    """Payees who share no order, manager or team do not change each other's pay."""
    rows = world()
    before = run(rows).rows("earnings")
    rows["order_lines"].append(
        rows["order_lines"][0]
        | {"line_id": "Z", "payee_id": "dai", "ordered_on": date(2024, 5, 5)}
        | {"amount": Decimal("55.55")}
    )
    after = run(rows).rows("earnings")
    differs = {a["payee_id"] for a, b in zip(after, before, strict=True) if a != b}
    assert differs == {"dai"}


def test_renaming_payees_renames_the_results() -> None:
    # The order of names stays, since it breaks ties between equal remainders (1.5).
    rows = world()
    names = {name: f"x-{name}-李" for name in PEOPLE}
    renamed = {
        table: [
            {
                key: names.get(value, value) if key in {"payee_id", "manager_id"} else value
                for key, value in row.items()
            }
            for row in part
        ]
        for table, part in rows.items()
    }
    before, after = run(rows), run(renamed)
    for name in ("measures", "tiers", "earnings", "statements"):
        wanted = [row | {"payee_id": names[row["payee_id"]]} for row in before.rows(name)]
        assert after.rows(name) == wanted


def test_another_currency_at_a_fixed_rate_scales_what_is_measured() -> None:
    rows = world()
    before = run(rows)
    for line in rows["order_lines"]:
        line |= {"currency": "EUR", "amount": line["amount"] * 4}
    days = sorted({line["ordered_on"] for line in rows["order_lines"]})
    rate = {"from_currency": "EUR", "to_currency": "USD", "rate_type": "average", "rate": "0.25"}
    rows["exchange_rates"] = fill("exchange_rates", [rate | {"on_date": day} for day in days])
    assert pay(run(rows)) == pay(before)


def test_every_run_says_that_nothing_was_lost() -> None:
    results = run(world())
    (row,) = results.rows("conservation")
    assert row["credited"] + row["excluded"] == row["imported"]
    assert row["imported"] == sum(line["amount"] for line in world()["order_lines"])
    assert all(check.holds for check in results.checks)
