"""Settling: what was earned becomes payable, month after month, to the cent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from paceline.files.queries import open_file
from paceline.incentives.actions import holds, payroll, runs, settlements, statements
from paceline.incentives.actions.assignments import assign_plan, end_assignment
from paceline.incentives.calculation.payments import state_of
from paceline.incentives.models import (
    Balance,
    HoldReason,
    Payable,
    PayrollExport,
    Release,
    Run,
    Settlement,
    SettlementProblem,
)
from paceline.orders.models import ExchangeRate, OrderLine
from paceline.org.models import Leave, LeaveKind, Person
from tests.incentives.pay.conftest import approve, write_line
from tests.incentives.pay.settling import (
    CASH,
    CLAWBACK,
    DRAW,
    HALVES,
    ONCE,
    PLAN,
    RERATED,
    Months,
    balances,
    build_months,
    build_tiered,
    build_with_bonus,
    entries,
    give_back,
    paid,
    sell,
)
from tests.world import World

D = Decimal


def test_a_draw_is_paid_owed_and_recovered_over_two_periods(world: World) -> None:
    months = build_months(world, DRAW)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    sell(world, "A2", date(2026, 5, 10), "15000.00")
    april = months.settled("2026-04")
    assert entries(april.settlements.get(), world.priya) == [
        ("earned", D("600.00")),
        ("draw", D("400.00")),
    ]
    assert paid(april, world.priya) == D("1000.00")
    assert balances(april, world.priya) == {"draw": D("-400.00")}
    months.pay(april)

    may = months.settled("2026-05")
    assert entries(may.settlements.get(), world.priya) == [
        ("earned", D("1500.00")),
        ("recovered", D("-250.00")),
    ]
    assert paid(may, world.priya) == D("1250.00")
    assert balances(may, world.priya) == {"draw": D("-150.00")}
    part = may.settlements.get().plans.get()
    assert part.previous == april.settlements.get().plans.get()
    assert {one: part.account[one] for one in ("opening", "earned", "paid", "closing")} == {
        "opening": "-400",
        "earned": "1500",
        "paid": "1250",
        "closing": "-150",
    }


def test_payroll_pays_the_settled_amount_once(world: World) -> None:
    months = build_months(world, DRAW)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    run = months.settled("2026-04")
    export = months.pay(run)
    assert export.totals == {"USD": "1000.00"}
    assert export.count == 1
    assert list(export.entries.get().payments.values_list("amount", "currency")) == [
        (D("1000.00"), "USD")
    ]
    with open_file(export.csv_file) as file:
        assert b",USD,1000.00," in file.read()
    again = payroll.export_payroll(
        period=run.period, export_id=export.export_id, by=world.ines, at=months.now
    )
    assert again == export
    assert PayrollExport.objects.count() == 1


def test_what_is_not_settled_is_not_paid(world: World) -> None:
    months = build_months(world, DRAW)
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    run = months.run("2026-04")
    with pytest.raises(payroll.RunNotSettled):
        months.pay(run)
    assert not PayrollExport.objects.exists()


def test_a_return_is_clawed_back_in_the_period_after(world: World) -> None:
    months = build_months(world, CLAWBACK)
    sale = sell(world, "A1", date(2026, 4, 10), "6000.00")
    sell(world, "A2", date(2026, 5, 10), "5000.00")
    give_back(world, "R1", date(2026, 5, 20), sale, "3000.00")
    months.pay(months.settled("2026-04"))
    may = months.settled("2026-05")
    settlement = may.settlements.get()
    assert entries(settlement, world.priya, "clawback") == [
        ("clawback", D("-300.00")),
        ("recovered", D("250.00")),
    ]
    assert entries(settlement, world.priya) == [
        ("earned", D("500.00")),
        ("recovered", D("-250.00")),
    ]
    assert paid(may, world.priya) == D("250.00")
    assert balances(may, world.priya) == {"clawback": D("-50.00")}
    taken = settlement.plans.get().taken_back.get()
    assert (taken.event_id, taken.line_id) == ("shop/R1/1", "shop/A1/1")
    assert (taken.original, taken.amount) == (D("600.00"), D("300.00"))
    months.pay(may)
    # The same return is not looked at again, and what is left is recovered from the next pay.
    sell(world, "A3", date(2026, 6, 10), "2000.00")
    june = months.settled("2026-06")
    assert entries(june.settlements.get(), world.priya, "clawback") == [("recovered", D("50.00"))]
    assert paid(june, world.priya) == D("150.00")
    assert balances(june, world.priya) == {}


def test_returns_are_taken_back_by_rating_the_period_again(world: World) -> None:
    months = build_tiered(world, RERATED)
    first = sell(world, "A1", date(2026, 4, 10), "4000.00")
    second = sell(world, "A2", date(2026, 4, 20), "3000.00")
    late = sell(world, "A0", date(2026, 4, 1), "100.00")
    april = months.settled("2026-04")
    assert paid(april, world.priya) == D("920.00")  # 500 and 20 % of 2,100
    months.pay(april)
    sell(world, "B1", date(2026, 5, 10), "4500.00")
    give_back(world, "R1", date(2026, 5, 20), first, "2000.00")
    give_back(world, "R2", date(2026, 5, 21), second, "1000.00")
    may = months.settled("2026-05")
    # April with 5,100 instead of 7,100 earns 520, with 4,100 it earns 410: not 10 % of what came
    # back, as its lines in the order of their days had it.
    taken = may.settlements.get().plans.get().taken_back.order_by("id")
    assert list(taken.values_list("event_id", "amount")) == [
        ("shop/R1/1", D("400.00")),
        ("shop/R2/1", D("110.00")),
    ]
    assert paid(may, world.priya) == D("0.00")  # 450 less 450 of 510
    assert balances(may, world.priya) == {"clawback": D("-60.00")}
    months.pay(may)
    # What came back before stays gone; the ninetieth day still counts.
    sell(world, "C1", date(2026, 6, 10), "3000.00")
    give_back(world, "R3", date(2026, 6, 15), first, "500.00")
    give_back(world, "R4", date(2026, 6, 30), late, "100.00")
    june = months.settled("2026-06")
    taken = june.settlements.get().plans.get().taken_back
    assert [(one.event_id, one.amount) for one in taken.all()] == [
        ("shop/R3/1", D("50.00")),
        ("shop/R4/1", D("10.00")),
    ]
    assert paid(june, world.priya) == D("180.00")  # 300 less 60, less what was left of May's 60
    assert balances(june, world.priya) == {}


def test_re_rating_takes_back_what_no_line_earned_by_itself(world: World) -> None:
    months = build_with_bonus(world, RERATED)
    first = sell(world, "A1", date(2026, 4, 10), "4000.00")
    sell(world, "A2", date(2026, 4, 20), "3000.00")
    april = months.settled("2026-04")
    assert paid(april, world.priya) == D("900.00")  # 20 % of 2,000, and the bonus
    months.pay(april)
    # The first line earned nothing; without 2,000 of it April has 5,000, and earns nothing at all.
    give_back(world, "R1", date(2026, 5, 20), first, "2000.00")
    may = months.settled("2026-05")
    taken = may.settlements.get().plans.get().taken_back.order_by("component")
    assert list(taken.values_list("line_id", "component", "original", "amount")) == [
        ("shop/A1/1", "bonus", D("500.00"), D("500.00")),
        ("shop/A1/1", "commission", D("400.00"), D("400.00")),
    ]
    assert balances(may, world.priya) == {"clawback": D("-900.00")}


def test_pay_in_another_currency_is_rounded_once(world: World) -> None:
    months = build_months(world, ONCE)
    world.priya.employments.update(currency="EUR")
    ExchangeRate.objects.create(
        from_currency="USD",
        to_currency="EUR",
        on=date(2026, 5, 10),
        rate_type="payment",
        rate=D("0.75"),
    )
    sell(world, "A1", date(2026, 4, 10), "45.7744")
    april = months.settled("2026-04")
    payment = april.settlements.get().plans.get().payments.get()
    # 4.57744 × 0.75 = 3.43308; the rounded 4.58 would have been 3.435, and so 3.44.
    assert (payment.currency, payment.amount) == ("EUR", D("3.43"))
    assert (payment.plan_amount, payment.rate) == (D("4.58"), D("0.75"))
    assert months.pay(april).totals == {"EUR": "3.43"}


def test_half_falls_due_when_the_return_window_of_its_line_is_over(world: World) -> None:
    months = build_months(world, HALVES)
    sell(world, "A1", date(2026, 4, 5), "6000.00")
    sell(world, "A2", date(2026, 4, 25), "1000.01")
    april = months.settled("2026-04")
    # May 10 is the day of payment: the window of the first line, May 5, is over by then.
    assert paid(april, world.priya) == D("650.00")
    rows = Balance.objects.filter(plan__settlement__run=april).values_list(
        "account", "reference", "due_on", "amount"
    )
    assert list(rows) == [("deferred", "shop/A2/1", date(2026, 5, 25), D("50.00"))]
    may = months.settled("2026-05")
    assert paid(may, world.priya) == D("50.00")
    statement = months.statement(may)
    assert (statement.earned, statement.components.count()) == (D(0), 1)


def test_what_is_open_is_paid_although_the_plan_pays_no_more(world: World) -> None:
    months = build_months(world, HALVES)
    sell(world, "A2", date(2026, 4, 25), "1000.00")
    months.pay(months.settled("2026-04"))
    plan, since = months.version.plan, date(2026, 5, 1)
    end_assignment(
        assignment=plan.assignments.get(), ends_before=since, by=world.dana, at=months.now
    )
    assign_plan(plan=plan, to=world.omar, starts_on=since, by=world.dana, at=months.now)
    may = months.run("2026-05")
    assert not may.statements.filter(payee=world.priya).exists()
    months.settle(may)
    statement = months.statement(may)
    assert (statement.earned, statement.credited) == (D(0), D(0))
    assert paid(may, world.priya) == D("50.00")
    assert months.pay(may).totals == {"USD": "50.00"}


def test_half_waits_for_the_payment_of_its_line(world: World) -> None:
    months = build_months(world, CASH)
    first = sell(world, "A1", date(2026, 4, 5), "6000.00")
    sell(world, "A2", date(2026, 4, 25), "1000.01")
    april = months.settled("2026-04")
    assert paid(april, world.priya) == D("350.00")
    assert balances(april, world.priya) == {"deferred": D("350.00")}
    OrderLine.objects.filter(pk=first.pk).update(paid_on=date(2026, 5, 31))
    may = months.settled("2026-05")
    assert paid(may, world.priya) == D("300.00")
    assert balances(may, world.priya) == {"deferred": D("50.00")}


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


def test_an_earlier_period_that_changed_is_adjusted_once(world: World) -> None:
    months = build_months(world)
    first = sell(world, "A1", date(2026, 4, 10), "6000.00")
    months.pay(months.settled("2026-04"))
    # Not closed yet: the line of April is corrected, and May finds the difference.
    OrderLine.objects.filter(pk=first.pk).update(amount=D("5000.00"))
    sell(world, "A0", date(2026, 4, 11), "500.00")
    sell(world, "A2", date(2026, 5, 10), "1000.00")
    may = months.settled("2026-05")
    assert entries(may.settlements.get(), world.priya) == [
        ("earned", D("100.00")),
        ("adjustment", D("-50.00")),
    ]
    assert paid(may, world.priya) == D("50.00")
    months.pay(may)
    june = months.settled("2026-06")
    assert entries(june.settlements.get(), world.priya) == []


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


def test_a_run_without_results_or_clause_is_not_settled(world: World, quarter) -> None:
    run = quarter.request()
    with pytest.raises(runs.RunWithoutResults):
        settlements.request_settlement(run=run, by=world.dana, at=world.now)
    runs.calculate_run(run=run, at=world.now)
    run.refresh_from_db()
    with pytest.raises(settlements.NothingToSettle):
        settlements.request_settlement(run=run, by=world.dana, at=world.now)
    assert not Settlement.objects.exists()


def test_a_refused_settlement_keeps_nothing_but_its_reasons(world: World) -> None:
    months = build_months(world, ONCE)
    world.priya.employments.update(currency="EUR")
    sell(world, "A1", date(2026, 4, 10), "6000.00")
    settlement = months.settle(months.run("2026-04"))
    assert settlement.computed_at is None
    assert settlement.progress is not None
    assert settlement.progress.state == "failed"
    problem = SettlementProblem.objects.get()
    assert (problem.code, problem.params["detail"]) == ("exchange_rate_missing", "payment")
    assert not Payable.objects.exists()
    assert not settlement.plans.exists()


def test_the_job_settles_and_may_come_twice(world: World, run_jobs) -> None:
    months = build_months(world, DRAW)
    run = months.run("2026-04")
    settlement = settlements.request_settlement(run=run, by=world.dana, at=months.now)
    with pytest.raises(settlements.SettlementUnderWay):
        settlements.request_settlement(run=run, by=world.dana, at=months.now)
    run_jobs()
    settlement.refresh_from_db()
    assert settlement.computed_at is not None
    count = Payable.objects.count()
    settlements.settle_run(settlement=settlement, at=months.now)
    assert Payable.objects.count() == count


def test_joiner_mover_leave_and_leaver_are_paid_what_is_theirs(world: World) -> None:
    """S3: who joined on probation, moved to other work, was away without pay, or left."""
    policies = "resignation: pays, probation: pays, leave: pays"
    strict = "resignation: pro-rata, probation: forfeits, leave: pro-rata"
    text = PLAN.replace(policies, strict)
    assert strict in text
    version = approve(text, world, to=world.priya)
    months = Months(world, version)
    for person in (world.omar, world.sofia, world.marco):
        assign_plan(
            plan=version.plan,
            to=person,
            starts_on=date(2026, 4, 1),
            ends_before=date(2026, 4, 16) if person == world.marco else None,
            by=world.dana,
            at=months.now,
        )
    unpaid = {"kind": LeaveKind.UNPAID}
    Leave.objects.create(
        person=world.priya, starts_on=date(2026, 4, 6), ends_before=date(2026, 4, 12), **unpaid
    )
    Leave.objects.create(
        person=world.omar, starts_on=date(2026, 4, 11), ends_before=date(2026, 4, 16), **unpaid
    )
    Leave.objects.create(  # paid leave takes nothing
        person=world.priya,
        starts_on=date(2026, 4, 20),
        ends_before=date(2026, 4, 25),
        kind=LeaveKind.PAID,
    )
    world.omar.employments.update(ends_before=date(2026, 4, 21), leaver="good")
    world.sofia.employments.update(
        starts_on=date(2026, 4, 16), probation_ends_before=date(2026, 5, 16)
    )
    for name, on in (("priya", 3), ("omar", 10), ("sofia", 20), ("marco", 10), ("marco", 20)):
        person = world.cast[name]
        write_line(f"{name}{on}", person, date(2026, 4, on), "10000.00")
    write_line("late", world.omar, date(2026, 4, 25), "10000.00")  # after leaving: nobody's
    write_line("M1", world.sofia, date(2026, 5, 20), "10000.00")
    april = months.settled("2026-04")
    found = {
        person: [(one.kind, one.reason, one.amount) for one in of_person(april, person)]
        for person in (world.priya, world.omar, world.sofia, world.marco)
    }
    earned = ("earned", "", D("1000.00"))
    assert found == {
        world.priya: [earned, ("forfeited", "leave", D("-200.00"))],  # 24 of 30 days
        world.omar: [
            earned,
            ("forfeited", "resignation", D("-333.33")),  # 20 of 30 days
            ("forfeited", "leave", D("-166.67")),  # 15 of them
        ],
        world.sofia: [earned, ("forfeited", "probation", D("-1000.00"))],
        world.marco: [earned],  # what was sold after the move is not this plan's
    }
    amounts = [paid(april, one) for one in found]
    assert amounts == [D("800.00"), D("500.00"), D("0.00"), D("1000.00")]
    months.pay(april)
    may = months.settled("2026-05")
    assert paid(may, world.sofia) == D("1000.00")  # probation is over when the period ends
    assert not may.statements.filter(payee__in=[world.omar, world.marco]).exists()


def of_person(run: Run, person: Person) -> list[Payable]:
    rows = run.settlements.get().plans.get().payables.filter(statement__payee=person)
    return list(rows.filter(account="due").order_by("entry"))
