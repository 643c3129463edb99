"""From files to statements that pay on cash received: exact, and never twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from paceline.imports import actions
from paceline.incentives.actions import runs
from paceline.incentives.models import Run
from paceline.orders.models import ClosedDays
from tests.incentives.pay.conftest import SELLER, approve, fresh
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

CASH = (
    SELLER.replace("plan: seller", "plan: cash")
    .replace("anchor: booking", "anchor: cash")
    .replace("quotas:\n  - {id: sales-quota, measure: sales, name: sales}\n", "")
    .replace("      on: attainment\n      quota: sales-quota\n", "      on: amount\n")
    .replace("{from: 0%, rate: 2%}", "{from: 0, rate: 1%}")
    .replace("{from: 100%, rate: 4%}", "{from: 1000.00, rate: 2.5%}")
)


def bring(world: World, folder: Path, kind: str, text: str) -> None:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    actions.import_file(kind=kind, path=path, name="f.csv", by=world.dana, at=NOW)


def run_period(world: World, key: str) -> Run:
    run = runs.request_run(period_key=key, by=world.dana, at=world.now, on=world.today)
    runs.calculate_run(run=run, at=world.now)
    return fresh(run)


def test_a_sale_is_paid_in_the_quarter_of_its_payment(world: World, tmp_path: Path) -> None:
    approve(CASH, world, to=world.priya, since=date(2025, 1, 1))
    p = world.priya.number
    bring(
        world,
        tmp_path,
        "order_lines",
        "Order,Line,Order date,Payee,Amount,Currency,Paid on\n"
        f"A,1,2025-12-20,{p},800.00,USD,2026-02-03\n"  # ordered a quarter before it was paid
        f"B,1,2026-01-10,{p},700.50,USD,2026-03-31\n"
        f"C,1,2026-03-30,{p},90.00,USD,2026-04-01\n"
        f"D,1,2026-03-30,{p},5000.00,USD,\n",  # never paid
    )
    bring(
        world,
        tmp_path,
        "returns",
        "Return,Line,Return date,Order returned,Line returned,Quantity,Amount\n"
        "R,1,2026-01-05,A,1,1,100.00\n"  # came back before it was paid: counts with the payment
        "R,2,2026-04-02,D,1,1,1.00\n",
    )
    first = run_period(world, "2026Q1")
    # 800.00 - 100.00 + 700.50 = 1,400.50: 10.00 on the first thousand, 2.5 % of 400.50 beyond it.
    assert first.statements.get().earned == Decimal("20.01")
    (plan,) = first.checks["plans"]
    reasons = {row["reason"]: Decimal(row["amount"]) for row in plan["excluded"]}
    assert reasons["anchor_missing"] == Decimal("5000.00")
    runs.finalise_run(run=first, by=world.ines, at=world.now)
    closed = ClosedDays.objects.get()
    assert closed.dates == ["paid_on"]
    # What was open is paid later, in a file of its own; the closed quarter does not move.
    bring(world, tmp_path, "line_dates", "Order,Line,Paid on\nD,1,2026-05-05\n")
    second = run_period(world, "2026Q2")
    # 90.00 + 5,000.00 - 1.00 = 5,089.00: 10.00 + 2.5 % of 4,089.00.
    assert second.statements.get().earned == Decimal("112.23")
