"""A run and its settlement from a shell: calculate, settle, and settle again with what was left."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.csv as pa_csv
import pytest

from .building import arrow, fill
from .settling import POLICIES
from .test_cases import BASE
from .test_cli import run

PLAN = {
    **BASE,
    "period": "month",
    "components": [
        {
            "id": "commission",
            "name": "Commission",
            "kind": "commission",
            "measure": "sales",
            "rates": {"reading": "slice", "on": "amount", "tiers": [{"from": "0", "rate": "10%"}]},
        }
    ],
    "settlement": {
        **POLICIES,
        "draws": [
            {
                "id": "start",
                "kind": "recoverable",
                "amount": "1000",
                "first_period": "2024-01",
                "last_period": "2024-06",
                "recovery": {"from": "2024-02", "share": "100%"},
                "limit": "none",
            }
        ],
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plan.yaml").write_text(json.dumps(PLAN), encoding="utf-8")
    (tmp_path / "tables").mkdir()
    (tmp_path / "settling").mkdir()
    rows = {
        "order_lines": [
            {"ordered_on": "2024-01-09", "payee_id": "ana", "amount": 5000},
            {"ordered_on": "2024-02-09", "payee_id": "ana", "amount": 12000},
        ],
        "assignments": [{"plan": "case", "payee_id": "ana", "starts_on": "2024-01-01"}],
    }
    for name, part in rows.items():
        table = arrow(name, fill(name, part))
        pa_csv.write_csv(table, tmp_path / "tables" / f"{name}.csv")
    return tmp_path


def calculate(folder: Path, period: str, out: str) -> None:
    arguments = ["--tables", str(folder / "tables"), "--period", period, "--out"]
    code, output = run("calculate", str(folder / "plan.yaml"), *arguments, str(folder / out))
    assert code == 0, output


def settle(folder: Path, period: str, results: str, out: str, form: str = "csv") -> tuple[int, str]:
    return run(
        "settle",
        str(folder / "plan.yaml"),
        "--results",
        str(folder / results),
        "--tables",
        str(folder / "settling"),
        "--period",
        period,
        "--out",
        str(folder / out),
        "--format",
        form,
    )


def test_two_periods_in_a_row(folder: Path) -> None:
    calculate(folder, "2024-01", "january")
    code, output = settle(folder, "2024-01", "january", "first")
    assert code == 0, output
    assert "earned 500.00" in output
    assert "paid 1,000.00" in output
    assert "closing -500.00" in output
    assert settle(folder, "2024-01", "january", "again")[0] == 0
    for path in sorted((folder / "first").iterdir()):
        assert path.read_bytes() == (folder / "again" / path.name).read_bytes()

    for name in ("balances", "earlier_earnings"):
        (folder / "first" / f"{name}.csv").rename(folder / "settling" / f"{name}.csv")
    calculate(folder, "2024-02", "february")
    code, output = settle(folder, "2024-02", "february", "second")
    assert code == 0, output
    assert "opening -500.00" in output
    assert "earned 1,200.00" in output
    payments = (folder / "second" / "payments.csv").read_text("utf-8")
    assert '"ana","USD","1000.0000"' in payments
    assert '"-300.0000"' in (folder / "second" / "balances.csv").read_text("utf-8")
    record = json.loads((folder / "second" / "settlement.json").read_text("utf-8"))
    assert record["conservation"][0]["closing"] == "-300.0000"
    assert set(record["inputs"]) == {"results", "balances", "earlier_earnings"}
    assert settle(folder, "2024-02", "february", "parquet", "parquet")[0] == 0


def test_refusals_leave_nothing_behind(folder: Path) -> None:
    calculate(folder, "2024-01", "january")
    code, output = settle(folder, "2024-02", "january", "out")
    assert (code, "the results are of case" in output) == (1, True)
    (folder / "settling" / "holds.csv").write_text("hold_id,payee_id\nH1,ana\n", "utf-8")
    code, output = settle(folder, "2024-01", "january", "out")
    assert (code, "holds has no column starts_on" in output) == (1, True)
    (folder / "settling" / "holds.csv").write_text("hold_id,starts_on\nH1,soon\n", "utf-8")
    assert settle(folder, "2024-01", "january", "out")[0] == 1
    (folder / "settling" / "holds.csv").unlink()
    assert settle(folder, "2024-01", "nowhere", "out")[0] == 2
    assert settle(folder, "soon", "january", "out")[0] == 2
    assert settle(folder, "2024-01", "tables", "out")[0] == 1
    plan = json.loads((folder / "plan.yaml").read_text("utf-8"))
    earnings = folder / "january" / "earnings.parquet"
    earnings.write_bytes(earnings.read_bytes() + b" ")
    code, output = settle(folder, "2024-01", "january", "out")
    assert (code, "is not what the run wrote" in output) == (1, True)
    del plan["settlement"]["retroactivity"]
    (folder / "plan.yaml").write_text(json.dumps(plan), encoding="utf-8")
    code, output = settle(folder, "2024-01", "january", "out")
    assert (code, "choose carry-forward, ignore" in output) == (1, True)
    del plan["settlement"]
    (folder / "plan.yaml").write_text(json.dumps(plan), encoding="utf-8")
    calculate(folder, "2024-01", "unsettled")
    code, output = settle(folder, "2024-01", "unsettled", "out")
    assert (code, "has no clause settlement" in output) == (1, True)
    assert not (folder / "out").exists()


def test_earnings_before_rounding_come_from_the_run(folder: Path) -> None:
    """S16: 24 EUR × 1.27151 × 15 % ÷ 1.3333 is 3.43 EUR; from the rounded 4.58 USD it is 3.44."""
    payment = {
        "currency": "payee",
        "exchange": {"rate": "payment", "date": "pay-date", "quote": "divide"},
        "rounding": {"mode": "half-up", "stage": "once"},
    }
    tiers = [{"from": "0", "rate": "15%"}]
    rates = {"reading": "slice", "on": "amount", "tiers": tiers}
    plan = {
        **PLAN,
        "components": [PLAN["components"][0] | {"rates": rates}],  # type: ignore[index]
        "settlement": {**POLICIES, "payment": payment},
    }
    (folder / "plan.yaml").write_text(json.dumps(plan), encoding="utf-8")
    line = {"ordered_on": "2024-01-09", "payee_id": "ana", "amount": 24, "currency": "EUR"}
    rate = {"from_currency": "EUR", "to_currency": "USD"}
    rows = {
        "tables/order_lines": [line],
        "tables/exchange_rates": [
            rate | {"on_date": "2024-01-09", "rate_type": "average", "rate": "1.27151"}
        ],
        "settling/exchange_rates": [
            rate | {"on_date": "2024-01-31", "rate_type": "payment", "rate": "1.3333"}
        ],
    }
    for place, part in rows.items():
        name = place.partition("/")[2]
        pa_csv.write_csv(arrow(name, fill(name, part)), folder / f"{place}.csv")
    (folder / "settling" / "employment.csv").write_text(
        "payee_id,starts_on,currency\nana,2020-01-01,EUR\n", encoding="utf-8"
    )
    calculate(folder, "2024-01", "results")
    code, output = settle(folder, "2024-01", "results", "paid")
    assert code == 0, output
    paid = pa_csv.read_csv(folder / "paid" / "payments.csv").to_pylist()
    assert [(row["currency"], str(row["amount"])) for row in paid] == [("EUR", "3.43")]
    (folder / "results" / "unrounded_earnings.parquet").unlink()
    code, output = settle(folder, "2024-01", "results", "again")
    assert code == 1
    assert "unrounded_earnings" in output
