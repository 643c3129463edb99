"""Holds: pay that waits, and what placing or releasing one asks for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from paceline.incentives.actions import holds, payroll
from paceline.incentives.models import (
    HoldReason,
    Payable,
)
from tests.incentives.pay.settling import (
    build_months,
    entries,
    paid,
    sell,
)
from tests.world import World

D = Decimal


def test_a_hold_stops_pay_until_it_is_released(world: World) -> None:
    months = build_months(world)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    hold = holds.place_hold(
        payee=world.priya,
        reason=HoldReason.EVIDENCE,
        note="The contract is not signed.",
        by=world.dana,
        at=months.now,
    )
    april = months.settled("2026-04")
    assert entries(april.settlements.get(), world.priya) == [
        ("earned", D("600.00")),
        ("held", D("-600.00")),
    ]
    held = Payable.objects.get(kind="held", account="due")
    assert (held.clause, held.reason) == (f"holds/{hold.pk}", "evidence")
    assert months.pay(april).totals == {"USD": "0.00"}
    with pytest.raises(holds.ReleasedBySamePerson):
        holds.release_hold(hold=hold, reason="Signed.", by=world.dana, at=months.now)
    with pytest.raises(holds.NoteMissing):
        holds.release_hold(hold=hold, reason="  ", by=world.ines, at=months.now)
    holds.release_hold(hold=hold, reason="Signed.", by=world.ines, at=months.now)
    with pytest.raises(holds.HoldReleased):
        holds.release_hold(hold=hold, reason="Again.", by=world.ines, at=months.now)
    sell(world, "A2", date(2026, 5, 10), "1000.00")
    may = months.settled("2026-05")
    assert entries(may.settlements.get(), world.priya) == [
        ("earned", D("100.00")),
        ("released", D("600.00")),
    ]
    assert paid(may, world.priya) == D("700.00")


def test_a_hold_placed_after_settling_asks_for_another_settlement(world: World) -> None:
    months = build_months(world)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    run = months.settled("2026-04")
    holds.place_hold(
        payee=world.priya, reason=HoldReason.DISPUTE, note="Asked.", by=world.dana, at=months.now
    )
    with pytest.raises(payroll.RunNotSettled):
        months.pay(run)
    months.settle(run)
    period = run.period
    export = payroll.export_payroll(
        period=period, export_id=UUID(int=run.pk), by=world.ines, at=months.now
    )
    assert export.totals == {"USD": "0.00"}


def test_a_hold_released_after_settling_asks_for_another_settlement(world: World) -> None:
    months = build_months(world)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    hold = holds.place_hold(
        payee=world.priya, reason=HoldReason.DISPUTE, note="Asked.", by=world.dana, at=months.now
    )
    run = months.settled("2026-04")
    assert paid(run, world.priya) == D(0)
    holds.release_hold(hold=hold, reason="Answered.", by=world.ines, at=months.now)
    with pytest.raises(payroll.RunNotSettled):
        months.pay(run)
    months.settle(run)
    assert paid(run, world.priya) == D("600.00")
