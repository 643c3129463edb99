"""Settling: what was earned becomes payable, month after month, to the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from paceline.files.queries import open_file
from paceline.incentives.actions import payroll, runs, settlements
from paceline.incentives.actions.assignments import assign_plan, end_assignment
from paceline.incentives.models import (
    Balance,
    Payable,
    PayrollExport,
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
