"""Twelve quarters of a real company's sales, against plain sums over the raw files."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from paceline import engine

from .building import arrow, fill
from .test_run import PLAN, TEAM

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "adventureworks"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the reference data is not beside the project"),
]
QUARTERS = [f"{year}Q{number}" for year in (2017, 2018, 2019, 2020) for number in (1, 2, 3, 4)][
    2:14
]
CENT = Decimal("0.01")


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def amount(text: str) -> Decimal:
    return Decimal(text.replace("$", "").replace(",", "").strip().strip('"'))


def read_lines() -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    with (FOLDER / "sales_2017-07_2020-05.psv").open(encoding="utf-8-sig", newline="") as file:
        for place, row in enumerate(csv.DictReader(file, delimiter="|")):
            year, month, day = row["OrderDate"].split("/")
            lines.append(
                {
                    "line_id": f"a{place}",
                    "payee_id": row["EmployeeKey"],
                    "amount": amount(row["Sales"]),
                    "ordered_on": date(int(year), int(month), int(day)),
                    "category": "Goods",
                }
            )
    with (FOLDER / "sales_2020-06.utf16.csv").open(encoding="utf-16", newline="") as file:
        for place, row in enumerate(csv.DictReader(file)):
            lines.append(
                {
                    "line_id": f"b{place}",
                    "payee_id": row["EmployeeKey"],
                    "amount": amount(row["SalesAmount"]),
                    "ordered_on": date.fromisoformat(row["OrderDate"][:10]),
                    "category": "Goods",
                }
            )
    return lines


def read_quotas() -> dict[tuple[str, str], Decimal]:
    with (FOLDER / "quotas.psv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter="|"))
    days = sorted({row[2] for row in rows})
    return {(row[1], QUARTERS[days.index(row[2])]): amount(row[5]) for row in rows}


def test_every_payee_and_quarter_to_the_cent(tmp_path: Path) -> None:
    lines, quotas = read_lines(), read_quotas()
    assert len(lines) == 60_855
    assert sum(line["amount"] for line in lines) == Decimal("80977720.21")
    assert sum(quotas.values()) == Decimal("95714000.00")
    payees = sorted({line["payee_id"] for line in lines})
    assert len(payees) == 17
    lead = payees[0]
    sold: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        day = line["ordered_on"]
        sold[line["payee_id"], f"{day.year}Q{(day.month + 2) // 3}"] += line["amount"]
    assert set(sold) == set(quotas)
    shared = {
        "assignments": [
            {"plan": "reseller-commission", "payee_id": name, "starts_on": date(2017, 1, 1)}
            for name in payees
        ],
        "reporting": [
            {"payee_id": name, "manager_id": lead, "starts_on": date(2017, 1, 1)}
            for name in payees
            if name != lead
        ],
        "quotas": [
            {
                "quota": "sales",
                "payee_id": name,
                "amount": target,
                "currency": "USD",
                "starts_on": engine.period_from_key(key).starts_on,
                "ends_before": engine.period_from_key(key).ends_before,
            }
            for (name, key), target in quotas.items()
        ],
        "order_lines": lines,
    }
    sources: dict[str, Any] = {name: arrow(name, fill(name, part)) for name, part in shared.items()}
    pq.write_table(sources["order_lines"], tmp_path / "order_lines.parquet")
    sources["order_lines"] = tmp_path / "order_lines.parquet"
    tables = engine.Tables(sources)
    plan = engine.load_plan(PLAN.replace("    cap: 50000.00\n", "") + TEAM)
    for key in QUARTERS:
        results = engine.calculate(plan, tables, engine.period_from_key(key))
        earned = {
            (row["component"], row["payee_id"]): row["earned"] for row in results.rows("earnings")
        }
        for name in payees:
            sales, quota = (
                sold[name, key] if (name, key) in sold else Decimal(0),
                quotas.get((name, key)),
            )
            expected = Decimal(0)
            if quota is not None:
                within = min(sales, quota)
                expected = cents(within * Decimal("0.02") + (sales - within) * Decimal("0.04"))
            assert earned["commission", name] == expected
        team = sum(
            (value for (name, when), value in sold.items() if when == key and name != lead),
            Decimal(0),
        )
        assert earned["team", lead] == cents(team * Decimal("0.005"))
