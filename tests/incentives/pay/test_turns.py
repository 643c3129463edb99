"""Periods in turn: what stands once a later period went on from an earlier one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from paceline.incentives.actions import holds, payroll, settlements, statements
from paceline.incentives.calculation.payments import state_of
from paceline.incentives.models import (
    PayrollExport,
    Release,
    Run,
)
from tests.incentives.pay.settling import (
    DRAW,
    build_months,
    paid,
    sell,
)
from tests.world import World

D = Decimal


def test_settling_again_replaces_until_payroll_has_it(world: World) -> None:
    months = build_months(world, DRAW)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    run = months.settled("2026-04")
    first = run.settlements.get()
    second = months.settle(run)
    assert (first.number, second.number) == (1, 2)
    assert paid(run, world.priya) == D("1000.00")
    may = months.settled("2026-05")
    assert may.settlements.get().plans.get().previous == second.plans.get()
    third = months.settle(run)
    assert third.plans.get().fingerprint == first.plans.get().fingerprint
    statements.release_statements(
        run=may,
        statements=[one.pk for one in may.statements.all()],
        by=world.dana,
        at=months.now,
    )
    with pytest.raises(payroll.RunNotSettled):  # May goes on from what was replaced
        payroll.export_payroll(
            period=may.period, export_id=UUID(int=7), by=world.ines, at=months.now
        )
    months.pay(run)
    with pytest.raises(settlements.SettlementStands):
        settlements.request_settlement(run=run, by=world.dana, at=months.now)
    assert run.settlements.count() == 3
    months.settle(may)
    payroll.export_payroll(period=may.period, export_id=UUID(int=8), by=world.ines, at=months.now)


def test_what_a_paid_period_goes_on_from_is_paid_as_it_was_settled(world: World) -> None:
    """Whoever hands the later period over first does not keep the earlier one from being paid."""
    months = build_months(world, DRAW)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    april, may = months.settled("2026-04"), months.settled("2026-05")
    hold = holds.place_hold(
        payee=world.priya, reason="evidence", note="Asked", by=world.dana, at=months.now
    )
    months.settle(may)
    assert state_of(april).state == "outdated"
    months.pay(may)
    holds.release_hold(hold=hold, reason="Found", by=world.ines, at=months.now)
    state = state_of(april)
    assert (state.state, state.may_be_settled) == ("settled", False)
    with pytest.raises(settlements.LaterSettlementStands):
        settlements.request_settlement(run=april, by=world.dana, at=months.now)
    assert months.pay(april).totals == {"USD": "1000.00"}


def test_released_pay_of_an_earlier_period_is_not_left_behind(
    world: World, client_for: Callable[..., Client]
) -> None:
    """What is handed over out of turn would keep the earlier period from ever being settled."""
    months = build_months(world, DRAW)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    april, may = months.settled("2026-04"), months.settled("2026-05")
    for run in (april, may):
        statements.release_statements(
            run=run,
            statements=list(run.statements.values_list("pk", flat=True)),
            by=world.dana,
            at=months.now,
        )
    holds.place_hold(
        payee=world.priya, reason="evidence", note="Asked", by=world.dana, at=months.now
    )
    months.settle(may)

    def hand_over(run: Run) -> PayrollExport:
        return payroll.export_payroll(
            period=run.period, export_id=UUID(int=run.pk), by=world.ines, at=months.now
        )

    with pytest.raises(payroll.EarlierPayUnsettled):
        hand_over(may)
    assert not PayrollExport.objects.exists()
    preview = reverse("incentives:payroll-preview", args=["2026-05"])
    shown = client_for(world.ines).get(preview).content.decode()
    assert "Settle it first, then this period again." in shown
    assert reverse("incentives:payroll-create", args=["2026-05"]) not in shown
    months.settle(april)
    months.settle(may)
    assert [hand_over(may).period, hand_over(april).period] == [may.period, april.period]


def test_nothing_is_released_that_could_not_be_settled(
    world: World, client_for: Callable[..., Client]
) -> None:
    """The settlement that was paid stands: another run's statements could never be paid."""
    months = build_months(world, DRAW)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    paid_run = months.settled("2026-04")
    months.pay(paid_run)
    later = months.run("2026-04")
    chosen = list(later.statements.values_list("pk", flat=True))
    with pytest.raises(statements.PaidFromAnotherRun):
        statements.release_statements(run=later, statements=chosen, by=world.dana, at=months.now)
    assert later.statements.filter(release__isnull=False).count() == 0
    shown = client_for(world.dana).get(reverse("incentives:run", args=[later.pk]))
    assert "handed to payroll from run 1, and its settlement stands" in shown.content.decode()
    assert "Settle" not in [step.name for step in shown.context["steps"]]
    paid_page = client_for(world.dana).get(reverse("incentives:run", args=[paid_run.pk]))
    assert "handed to payroll from run" not in paid_page.content.decode()
    assert "Settle" in [step.name for step in paid_page.context["steps"]]
    address = reverse("incentives:release-create", args=[later.pk])
    told = client_for(world.dana).post(address, {"statement": chosen}, follow=True)
    assert "Release the rest from that run." in told.content.decode()


def test_nothing_is_released_that_a_later_paid_period_passed_over(
    world: World, client_for: Callable[..., Client]
) -> None:
    """Released, it could be neither settled nor paid, and would wait for ever."""
    months = build_months(world, DRAW)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    april, may = months.run("2026-04"), months.settled("2026-05")
    statements.release_statements(
        run=may, statements=[months.statement(may).pk], by=world.dana, at=months.now
    )
    preview = reverse("incentives:payroll-preview", args=["2026-05"])
    warned = client_for(world.ines).get(preview).content.decode()
    assert "April 2026 was calculated and never settled" in warned
    payroll.export_payroll(
        period=may.period, export_id=UUID(int=may.pk), by=world.ines, at=months.now
    )
    chosen = list(april.statements.values_list("pk", flat=True))
    with pytest.raises(statements.LaterPeriodPaid) as refused:
        statements.release_statements(run=april, statements=chosen, by=world.dana, at=months.now)
    assert refused.value.instead is None
    assert not april.statements.filter(release__isnull=False).exists()
    client = client_for(world.dana)
    shown = client.get(reverse("incentives:run", args=[april.pk]))
    assert "handed to payroll before this one was settled" in shown.content.decode()
    assert "Settle" not in [step.name for step in shown.context["steps"]]
    address = reverse("incentives:release-create", args=[april.pk])
    assert address not in shown.content.decode()
    told = client.post(address, {"statement": chosen}, follow=True)
    assert "has to be paid outside Paceline" in told.content.decode()


def test_pay_that_was_released_before_and_passed_over_says_that_it_is_to_be_withdrawn(
    world: World, client_for: Callable[..., Client]
) -> None:
    months = build_months(world, DRAW)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    april = months.run("2026-04")
    months.pay(months.settled("2026-05"))
    Release.objects.create(
        statement=months.statement(april),
        payee=world.priya,
        period=april.period,
        currency="USD",
        released_by=world.dana,
        released_at=months.now,
    )
    preview = reverse("incentives:payroll-preview", args=["2026-04"])
    assert "Withdraw these releases" in client_for(world.ines).get(preview).content.decode()


def test_of_two_runs_the_one_that_was_gone_on_from_is_paid(
    world: World, client_for: Callable[..., Client]
) -> None:
    """A later period goes on from one run; pay of the other would come from another calculation."""
    months = build_months(world, DRAW)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    first, second = months.settled("2026-04"), months.settled("2026-04")
    may = months.settled("2026-05")
    statements.release_statements(
        run=first, statements=[months.statement(first).pk], by=world.dana, at=months.now
    )
    with pytest.raises(payroll.EarlierRunDiffers):
        months.pay(may)
    assert not PayrollExport.objects.exists()
    preview = reverse("incentives:payroll-preview", args=["2026-05"])
    shown = client_for(world.ines).get(preview).content.decode()
    assert "is released from run 1, and this period goes on from another run" in shown
    assert reverse("incentives:payroll-create", args=["2026-05"]) not in shown
    statements.withdraw_release(
        release=first.statements.get(payee=world.priya).release,
        by=world.dana,
        at=months.now,
        reason="The second run counts",
    )
    payroll.export_payroll(
        period=may.period, export_id=UUID(int=may.pk), by=world.ines, at=months.now
    )
    with pytest.raises(statements.LaterPeriodPaid) as refused:
        statements.release_statements(
            run=first, statements=[months.statement(first).pk], by=world.dana, at=months.now
        )
    assert refused.value.instead == second
    assert months.pay(second).count == 1


def test_a_period_below_two_later_ones_is_paid_though_holds_moved(world: World) -> None:
    """June was paid over a May that was not: April stands as June went on from it."""
    months = build_months(world, DRAW)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    april = months.settled("2026-04")
    months.settled("2026-05")
    months.pay(months.settled("2026-06"))
    holds.place_hold(
        payee=world.priya, reason="evidence", note="Asked", by=world.dana, at=months.now
    )
    assert months.pay(april).count == 1


def test_an_earlier_period_is_not_settled_once_a_later_one_was_paid(world: World) -> None:
    months = build_months(world, DRAW)
    months.pay(months.settled("2026-05"))
    april = months.run("2026-04")
    with pytest.raises(settlements.LaterSettlementStands):
        settlements.request_settlement(run=april, by=world.dana, at=months.now)
    assert not april.settlements.exists()
