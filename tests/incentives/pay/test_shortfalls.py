"""Pay below zero: handed over only after somebody said what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from paceline.incentives.actions import payroll, shortfalls, statements
from paceline.incentives.models import (
    PayPeriod,
    PayrollExport,
    Release,
    Run,
    Shortfall,
    ShortfallClosure,
    ShortfallTreatment,
    Statement,
)
from paceline.incentives.queries.payroll import carried_shortfalls
from paceline.kernel.models import AuditEntry
from paceline.org.actions import end_employment
from paceline.org.models import Person
from tests.incentives.pay.conftest import PERIOD, Quarter, pay_by_hand
from tests.incentives.pay.exporting import decide, make, rows_of
from tests.world import World


def test_pay_below_zero_waits_for_a_decision(
    quarter: Quarter, client_for: Callable[..., Client]
) -> None:
    """Neither payroll nor the next month is given a minus that nobody thought about."""
    world, run = quarter.world, quarter.run()
    address = reverse("incentives:payroll-preview", args=[PERIOD])
    create = reverse("incentives:payroll-create", args=[PERIOD])
    finance = client_for(world.ines)
    pay_by_hand(world, run, world.hana, "10.50", "USD")
    assert "below zero" not in finance.get(address).content.decode()
    short = pay_by_hand(world, run, world.ada, "-0.39", "USD")
    preview = finance.get(address)
    shown = preview.content.decode()
    assert "1 payment is below zero" in shown
    assert "Compensation says first" in shown
    assert create not in shown
    sent = {name: str(preview.context[name]) for name in ("export_id", "seen")}
    refused = finance.post(create, sent, follow=True)
    assert "nobody has decided yet" in refused.content.decode()
    with pytest.raises(payroll.ShortfallsUndecided) as undecided:
        make(quarter)
    assert undecided.value.releases == (short.pk,)
    assert not PayrollExport.objects.exists()
    decide(quarter, ShortfallTreatment.COLLECT, short)
    assert "1 payment stands in the file with its minus" in finance.get(address).content.decode()
    assert sorted(row["amount"] for row in rows_of(make(quarter))) == ["-0.39", "10.50"]
    assert not carried_shortfalls().exists()


def next_quarter(quarter: Quarter) -> PayPeriod:
    starts_on, ends_before = quarter.period.ends_before, "2026-10-01"
    made = PayPeriod.objects.create(key="2026Q3", starts_on=starts_on, ends_before=ends_before)
    return PayPeriod.objects.get(pk=made.pk)


def hand_over(quarter: Quarter, period: PayPeriod, number: int) -> dict[str, str]:
    """Amounts by payee in the file of a period."""
    world = quarter.world
    export = payroll.export_payroll(
        period=period, export_id=UUID(int=number), by=world.ines, at=world.now
    )
    return {row["name"]: row["amount"] for row in rows_of(export)}


def test_what_is_carried_comes_off_later_pay_once_and_never_below_zero(
    quarter: Quarter, client_for: Callable[..., Client]
) -> None:
    world, run = quarter.world, quarter.run()
    first = pay_by_hand(world, run, world.ada, "-50.00", "USD")
    decide(quarter, ShortfallTreatment.CARRY, first)
    later = next_quarter(quarter)
    second = run_of(world, later)
    pay_by_hand(world, second, world.ada, "30.00", "USD")
    # Not handed over yet, so nothing is carried yet.
    assert "Deducted for what was below" not in preview_of(client_for, world.ines, later)
    assert hand_over(quarter, quarter.period, 1) == {world.ada.name: "0.00"}
    assert "Deducted for what was below" in preview_of(client_for, world.ines, later)
    assert hand_over(quarter, later, 2) == {world.ada.name: "0.00"}
    assert [one.left for one in carried_shortfalls()] == [Decimal("20.00")]
    last = PayPeriod.objects.create(
        key="2026Q4", starts_on=later.ends_before, ends_before="2027-01-01"
    )
    third = run_of(world, PayPeriod.objects.get(pk=last.pk))
    pay_by_hand(world, third, world.ada, "100.00", "USD")
    pay_by_hand(world, third, world.omar, "100.00", "USD")
    pay_by_hand(world, third, world.ada, "900.00", "EUR")
    export = payroll.export_payroll(
        period=third.period, export_id=UUID(int=3), by=world.ines, at=world.now
    )
    assert {(row["name"], row["currency"], row["amount"]) for row in rows_of(export)} == {
        (world.ada.name, "USD", "80.00"),
        (world.ada.name, "EUR", "900.00"),
        (world.omar.name, "USD", "100.00"),
    }
    assert not carried_shortfalls().exists()
    # The payee reads why, on both sides.
    reader = client_for(world.dana)
    carried = reader.get(reverse("incentives:statement", args=[first.statement_id]))
    assert "deducted from later pay: More came back" in carried.content.decode()
    lessened = Statement.objects.get(run=third, payee=world.ada, currency="USD")
    shown = reader.get(reverse("incentives:statement", args=[lessened.pk])).content.decode()
    assert "$20.00 was deducted for what Q2 2026 left below zero" in shown.replace("\xa0", " ")


def preview_of(client_for: Callable[..., Client], person: Person, period: PayPeriod) -> str:
    address = reverse("incentives:payroll-preview", args=[period.key])
    return client_for(person).get(address).content.decode()


def run_of(world: World, period: PayPeriod) -> Run:
    """A run with results, as far as payroll looks at it."""
    return Run.objects.create(
        period=period,
        number=1,
        requested_by=world.dana,
        requested_at=world.now,
        computed_at=world.now,
        ended_at=world.now,
    )


def test_compensation_decides_on_the_preview_and_keeps_what_was_typed(
    quarter: Quarter, client_for: Callable[..., Client]
) -> None:
    world, run = quarter.world, quarter.run()
    short = pay_by_hand(world, run, world.ada, "-50.00", "USD")
    quarter.release(run, "priya")
    client = client_for(world.dana)
    address = reverse("incentives:payroll-preview", args=[PERIOD])
    decide_at = reverse("incentives:shortfall-decide", args=[PERIOD])
    seen = client.get(address).context["seen"]
    sent = {
        "releases": [short.pk],
        "treatment": "carry",
        "reason": "Settled by phone",
        "seen": seen,
    }
    for wrong, told in (
        ({"reason": " "}, "This field is required"),
        ({"releases": []}, "Choose the payments"),
        ({"releases": [short.pk + 1000]}, "has changed since this page was opened"),
        ({"seen": "old"}, "Nothing was decided"),
        ({"treatment": "forget"}, "Select a valid choice"),
    ):
        refused = client.post(decide_at, sent | wrong)
        shown = refused.content.decode()
        assert refused.status_code == 422, wrong
        assert told in shown
        assert "reason" in wrong or "Settled by phone" in shown
    assert not Shortfall.objects.exists()
    assert client.post(decide_at, sent).status_code == 303
    made = Shortfall.objects.get()
    assert (made.amount, made.treatment) == (Decimal("-50.00"), "carry")
    line = AuditEntry.objects.get(action="shortfall_decided")
    assert (line.reason, line.after["amount"]) == ("Settled by phone", "-50.0000")
    client.post(
        decide_at, sent | {"treatment": "collect", "seen": client.get(address).context["seen"]}
    )
    assert Shortfall.objects.get().treatment == "collect"
    statements.withdraw_release(
        release=Release.objects.get(pk=short.pk), by=world.dana, at=world.now, reason="Wrong"
    )
    assert not Shortfall.objects.exists()


def test_what_no_later_pay_will_recover_is_ended_with_a_reason(
    quarter: Quarter, client_for: Callable[..., Client]
) -> None:
    """Somebody who left is paid nothing that it could be deducted from."""
    world, run = quarter.world, quarter.run()
    short = pay_by_hand(world, run, world.erik, "-50.00", "USD")
    other = pay_by_hand(world, run, world.wen, "-8.00", "USD")
    decide(quarter, ShortfallTreatment.CARRY, short, other)
    carried = Shortfall.objects.get(release=short)
    with pytest.raises(shortfalls.ShortfallClosed):  # payroll has nothing of it yet
        close(quarter, carried, "written-off")
    hand_over(quarter, quarter.period, 1)
    later = next_quarter(quarter)
    second = run_of(world, later)
    pay_by_hand(world, second, world.erik, "30.00", "USD")
    hand_over(quarter, later, 2)
    end_employment(person=world.erik, ends_before=world.today, by=world.hana, at=world.now)

    index, address = (
        reverse("incentives:payroll"),
        reverse("incentives:shortfall", args=[carried.pk]),
    )
    for person, decides in ((world.dana, True), (world.ines, False)):
        shown = client_for(person).get(index).content.decode()
        assert shown.count("Has left") == 1
        assert (address in shown) is decides
    client = client_for(world.dana)
    page = client.get(address).content.decode()
    assert "$20.00" in page
    assert "paid nothing more" in page
    sent = {"left": "20.00", "ending": "written-off", "reason": "Left; not worth a claim"}
    for wrong, told in (
        ({"reason": " "}, "This field is required"),
        ({"ending": "forget"}, "Select a valid choice"),
        ({"left": "50.00"}, "deducted some of it since"),
    ):
        refused = client.post(address, sent | wrong)
        assert refused.status_code == 422, wrong
        assert told in refused.content.decode()
    assert 'value="20.00' in refused.content.decode()
    assert not ShortfallClosure.objects.exists()
    assert client.post(address, sent)["Location"] == index
    closure = ShortfallClosure.objects.get()
    assert (closure.amount, closure.ending, closure.closed_by) == (
        Decimal("20.00"),
        "written-off",
        world.dana,
    )
    line = AuditEntry.objects.get(action="shortfall_closed")
    assert (line.reason, line.after["amount"]) == ("Left; not worth a claim", "20.0000")
    assert [one.release for one in carried_shortfalls()] == [other]
    again = client.post(address, sent, follow=True).content.decode()
    assert "Nothing of it is to be deducted any more" in again
    assert ShortfallClosure.objects.count() == 1
    told = client.get(reverse("incentives:statement", args=[short.statement_id])).content.decode()
    assert "$20.00 of it was written off: Left; not worth a claim" in told.replace("\xa0", " ")

    close(quarter, Shortfall.objects.get(release=other), "collected")
    last = PayPeriod.objects.create(
        key="2026Q4", starts_on=later.ends_before, ends_before="2027-01-01"
    )
    third = run_of(world, PayPeriod.objects.get(pk=last.pk))
    pay_by_hand(world, third, world.wen, "100.00", "USD")
    assert hand_over(quarter, third.period, 3) == {world.wen.name: "100.00"}


def close(quarter: Quarter, shortfall: Shortfall, ending: str) -> ShortfallClosure:
    return shortfalls.close_shortfall(
        shortfall=shortfall,
        ending=ending,
        reason="They will not come back.",
        by=quarter.world.dana,
        at=quarter.world.now,
    )
