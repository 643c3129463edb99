"""A run: exact amounts, the same twice, once at a time, refused as a whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from paceline.files.queries import path_of
from paceline.goals.models import Quota
from paceline.incentives.actions import payroll, runs
from paceline.incentives.calculation.periods import PeriodUnknown
from paceline.incentives.calculation.trace import lines_of_tier
from paceline.incentives.models import (
    PayPeriod,
    Release,
    Run,
    RunFinalisation,
    Statement,
    StatementTier,
)
from paceline.kernel.formats import span_of_days
from paceline.kernel.models import AuditEntry
from paceline.live import actions as live
from paceline.live.models import Progress
from paceline.notifications.models import Notification
from paceline.orders.models import ClosedDays, ExchangeRate, OrderLine
from paceline.org.actions import end_employment
from tests.incentives.pay.conftest import (
    EARNED,
    OVERRIDE,
    PERIOD,
    Quarter,
    approve,
    fresh,
)
from tests.world import World, sign_in


def test_a_run_pays_every_payee_to_the_cent(quarter: Quarter) -> None:
    run = quarter.run()
    assert {one.payee.name: one.earned for one in run.statements.select_related("payee")} == {
        quarter.world.cast[name].name: earned for name, earned in EARNED.items()
    }
    priya = quarter.statement(run, "priya").components.get()
    assert (priya.measure, priya.quota, priya.attainment) == (
        Decimal(119000),
        Decimal(100000),
        Decimal("1.19"),
    )
    assert list(priya.tiers.values_list("tier", "base", "rate", "earned")) == [
        (1, Decimal(100000), Decimal("0.02"), Decimal(2000)),
        (2, Decimal(19000), Decimal("0.04"), Decimal(760)),
    ]
    assert run.progress is not None
    assert run.progress.state == "done"


def test_credited_and_excluded_are_imported(quarter: Quarter) -> None:
    seller = next(one for one in quarter.run().checks["plans"] if one["plan"] == "seller")
    usd = next(row for row in seller["conservation"] if row["currency"] == "USD")
    assert Decimal(usd["imported"]) == Decimal("119077.77")
    assert Decimal(usd["credited"]) == Decimal(119000)
    assert Decimal(usd["excluded"]) == Decimal("77.77")
    assert [row["reason"] for row in seller["excluded"]] == ["no_payee"]


def test_lines_sum_to_their_tier_and_a_line_may_cross_one(quarter: Quarter) -> None:
    component = quarter.statement(quarter.run(), "priya").components.get()
    for tier in component.tiers.all():
        traced = lines_of_tier(component, tier.tier)
        assert sum(line.earned for line in traced.lines) == tier.earned == traced.earned
        assert sum(line.base_in_tier for line in traced.lines) == tier.base == traced.base
    below, above = (
        {line.order_id: line.earned for line in lines_of_tier(component, tier).lines}
        for tier in (1, 2)
    )
    assert below["shop/A2"] == Decimal("800.00")
    assert above["shop/A2"] == Decimal("400.00")


def test_a_past_statement_is_traced_from_its_own_inputs(quarter: Quarter) -> None:
    component = quarter.statement(quarter.run(), "priya").components.get()
    OrderLine.objects.filter(pk=quarter.lines["last"].pk).update(amount=Decimal(1))
    traced = lines_of_tier(component, 2)
    assert traced.earned == Decimal("760.00")


def test_the_same_inputs_give_the_same_bytes_out(quarter: Quarter) -> None:
    first, second = quarter.run(), quarter.run()
    assert (first.number, second.number) == (1, 2)
    assert first.fingerprint == second.fingerprint
    assert sorted(first.inputs.values_list("file__digest", flat=True)) == sorted(
        second.inputs.values_list("file__digest", flat=True)
    )
    assert list(first.run_plans.order_by("version").values_list("fingerprint", flat=True)) == list(
        second.run_plans.order_by("version").values_list("fingerprint", flat=True)
    )


def test_plans_calculated_at_once_in_processes_of_their_own_pay_the_same(
    quarter: Quarter, settings: Any
) -> None:
    here = quarter.run()
    settings.CALCULATION_LIMITS = {"memory": 512, "processor_seconds": 60, "seconds": 120}
    settings.CALCULATIONS_AT_ONCE = 2
    apart = quarter.run()
    assert apart.fingerprint == here.fingerprint
    assert {one.payee.name: one.earned for one in apart.statements.select_related("payee")} == {
        quarter.world.cast[who].name: amount for who, amount in EARNED.items()
    }
    # Who may use nothing at all gets nothing, and the reason for it, of the first plan by its name.
    settings.CALCULATION_LIMITS = {"memory": 512, "processor_seconds": 60, "seconds": 0}
    ended = quarter.run()
    assert (ended.computed_at, ended.statements.count()) == (None, 0)
    assert [(one.code, one.params) for one in ended.problems.all()] == [
        ("limit_exceeded", {"plan": "override"})
    ]


def test_other_inputs_give_another_fingerprint(quarter: Quarter, add_line) -> None:
    first = quarter.run()
    add_line("A9", quarter.world.priya, date(2026, 6, 1), "0.01")
    assert quarter.run().fingerprint != first.fingerprint


def test_a_double_click_is_one_run(quarter: Quarter) -> None:
    run = quarter.request()
    with pytest.raises(runs.RunUnderWay) as refused:
        quarter.request(by=quarter.world.wen)
    assert refused.value.run == run
    assert Run.objects.count() == 1


def test_a_job_that_runs_twice_keeps_one_result(quarter: Quarter) -> None:
    run = quarter.run()
    runs.calculate_run(run=run, at=quarter.world.now)
    assert run.statements.count() == len(EARNED)
    stale = Run.objects.select_related("period", "progress", "requested_by").get(pk=run.pk)
    stale.ended_at = None
    runs.calculate_run(run=stale, at=quarter.world.now)
    assert run.statements.count() == len(EARNED)
    assert Notification.objects.filter(kind="run_calculated").count() == 1


def test_the_job_runs_from_the_queue(quarter: Quarter, run_jobs) -> None:
    run = quarter.request()
    assert run_jobs() == 1
    assert fresh(run).computed_at is not None


def test_a_cancelled_run_leaves_nothing(quarter: Quarter) -> None:
    run = quarter.request()
    assert run.progress is not None
    live.request_cancel(progress=run.progress, by=quarter.world.dana, at=quarter.world.now)
    runs.calculate_run(run=run, at=quarter.world.now)
    run = fresh(run)
    assert run.progress.state == "cancelled"
    assert run.ended_at is not None
    assert not run.statements.exists()
    assert quarter.run().number == 2


def test_a_missing_rate_refuses_the_run_with_the_list(quarter: Quarter) -> None:
    ExchangeRate.objects.all().delete()
    run = quarter.run()
    assert run.progress.state == "failed"
    assert (run.progress.failure, run.progress.failure_params) == ("inputs_refused", {"count": 1})
    problem = run.problems.get()
    assert problem.code == "exchange_rate_missing"
    assert problem.params["subject"] == "EUR to USD on 2026-05-20"
    assert not Statement.objects.exists()
    assert not StatementTier.objects.exists()


def test_an_unexpected_error_frees_the_period(
    quarter: Quarter, run_jobs, settings, tmp_path: Path
) -> None:
    kept, settings.MEDIA_ROOT = settings.MEDIA_ROOT, tmp_path / "full"
    settings.MEDIA_ROOT.write_text("no folder: the disk is broken")
    run = quarter.request()
    with pytest.raises(OSError, match="full"):
        run_jobs()
    run = fresh(run)
    assert (run.progress.state, run.progress.failure) == ("failed", "unexpected")
    assert not run.statements.exists()
    settings.MEDIA_ROOT = kept
    assert quarter.run().computed_at is not None


def test_a_quota_that_is_missing_is_said_and_pays_nothing_by_attainment(
    quarter: Quarter,
) -> None:
    quarter.world.omar.quotas.all().delete()
    run = quarter.run()
    assert quarter.statement(run, "omar").earned == Decimal(0)
    assert list(run.problems.values_list("code", "payee__name")) == [
        ("quota_missing", quarter.world.omar.name)
    ]


def test_who_left_is_paid_for_the_days_before(quarter: Quarter, add_line) -> None:
    fred = quarter.world.fred
    add_line("F1", fred, date(2026, 3, 31), "1000.00")
    add_line("F2", fred, date(2026, 4, 1), "1000.00")
    run = quarter.run()
    assert not run.statements.filter(payee=fred).exists()
    seller = next(one for one in run.checks["plans"] if one["plan"] == "seller")
    excluded = {row["reason"]: Decimal(row["amount"]) for row in seller["excluded"]}
    assert excluded["payee_not_employed"] == Decimal(1000)
    assert quarter.statement(run, "marco").earned == EARNED["marco"]


def test_a_statement_says_the_days_on_which_its_plan_paid(quarter: Quarter, add_line) -> None:
    world = quarter.world
    end_employment(
        person=world.omar, ends_before=date(2026, 5, 16), by=world.hana, at=world.now, reason="left"
    )
    add_line("D1", world.omar, date(2026, 5, 15), "100.00")
    add_line("D2", world.omar, date(2026, 5, 16), "1000.00")
    run = quarter.run()
    omar, priya = quarter.statement(run, "omar"), quarter.statement(run, "priya")
    assert omar.days == {"seller": [["2026-04-01", "2026-05-16"]]}
    assert priya.days == {}
    days = span_of_days(date(2026, 4, 1), date(2026, 5, 16))
    said = f"Counts {days}: 45 of the 91 days of the period."
    desk = sign_in(world.dana)
    page, other = (
        desk.get(reverse("incentives:statement", args=[one.pk])).content.decode()
        for one in (omar, priya)
    )
    assert said in page
    assert "days of the period" not in other


def test_a_month_ends_by_the_order_date_whatever_the_readers_zone(
    quarter: Quarter, add_line
) -> None:
    add_line("Z1", quarter.world.priya, date(2026, 6, 30), "100.00")
    add_line("Z2", quarter.world.priya, date(2026, 7, 1), "1000000.00")
    run = quarter.run()
    assert quarter.statement(run, "priya").earned == EARNED["priya"] + Decimal(4)


@pytest.mark.parametrize("key", ["", "2026Q5", "soon", "2026-13", "2026Q2; DROP TABLE"])
def test_a_period_that_is_none_is_refused(quarter: Quarter, key: str) -> None:
    world = quarter.world
    with pytest.raises(PeriodUnknown):
        runs.request_run(period_key=key, by=world.dana, at=world.now, on=world.today)
    assert not PayPeriod.objects.exists()


def test_a_period_that_has_not_begun_is_refused(quarter: Quarter) -> None:
    world = quarter.world
    with pytest.raises(runs.PeriodNotBegun):
        runs.request_run(period_key="2026Q4", by=world.dana, at=world.now, on=world.today)
    with pytest.raises(runs.NoPlanForPeriod):
        runs.request_run(period_key="2026-06", by=world.dana, at=world.now, on=world.today)
    assert not Run.objects.exists()
    assert not Progress.objects.exists()


def test_finalising_closes_the_period_and_its_days(quarter: Quarter) -> None:
    run = quarter.run()
    runs.finalise_run(run=run, by=quarter.world.ines, at=quarter.world.now)
    with pytest.raises(runs.PeriodClosed):
        quarter.request()
    closed = ClosedDays.objects.get()
    assert (closed.starts_on, closed.ends_before) == (date(2026, 4, 1), date(2026, 7, 1))
    assert Run.objects.count() == 1
    assert AuditEntry.objects.filter(action="run_finalised").count() == 1


def test_who_requested_a_run_does_not_close_its_period(quarter: Quarter) -> None:
    run = quarter.run()
    with pytest.raises(runs.RunRequestedBySamePerson):
        runs.finalise_run(run=run, by=quarter.world.dana, at=quarter.world.now)
    assert not ClosedDays.objects.exists()


def test_a_period_paid_from_two_runs_is_closed(
    quarter: Quarter, client_for: Callable[..., Client]
) -> None:
    """What payroll has cannot be withdrawn: nobody would ever close the period."""
    world, first = quarter.world, quarter.run()

    def pay(export_id: int) -> None:
        payroll.export_payroll(
            period=first.period, export_id=UUID(int=export_id), by=world.ines, at=world.now
        )

    quarter.release(first, "priya")
    pay(1)
    second = quarter.run()
    with pytest.raises(runs.PaidByAnotherRun) as refused:
        runs.finalise_run(run=second, by=world.ines, at=world.now)
    assert refused.value.run == first
    address = reverse("incentives:run-finalise", args=[second.pk])
    told = client_for(world.ines).post(address, follow=True).content.decode()
    assert "This period was paid from run 1. Close it by that run." in told
    assert not RunFinalisation.objects.exists()
    quarter.release(second, "omar")
    pay(2)
    runs.finalise_run(run=second, by=world.ines, at=world.now)
    assert RunFinalisation.objects.get().run == second
    assert Release.objects.get(payee=world.priya).statement.run == first


def test_a_period_is_not_closed_over_another_runs_releases(quarter: Quarter) -> None:
    first, second = quarter.run(), quarter.run()
    quarter.release(first, "priya")
    with pytest.raises(runs.ReleasedFromAnotherRun):
        runs.finalise_run(run=second, by=quarter.world.ines, at=quarter.world.now)
    runs.finalise_run(run=first, by=quarter.world.ines, at=quarter.world.now)
    assert first.period.finalisation.run == first


def test_statements_never_change(quarter: Quarter) -> None:
    statement = quarter.statement(quarter.run(), "priya")
    with pytest.raises(IntegrityError), transaction.atomic():
        Statement.objects.filter(pk=statement.pk).update(earned=Decimal(1))
    statement.refresh_from_db()
    assert statement.earned == EARNED["priya"]


def test_every_input_is_a_kept_file(quarter: Quarter, world: World) -> None:
    run = quarter.run()
    tables = dict.fromkeys(run.inputs.values_list("table", flat=True))
    assert set(tables) == {
        "assignments",
        "credit_splits",
        "exchange_rates",
        "order_lines",
        "payees",
        "quotas",
        "reporting",
    }
    assert all(path_of(one.file).is_file() for one in run.inputs.select_related("file"))
    assert run.period.key == PERIOD


def test_plans_in_two_currencies_share_a_run(
    quarter: Quarter, client_for: Callable[..., Client]
) -> None:
    world = quarter.world
    source = OVERRIDE.replace("plan: override", "plan: euro").replace(
        "currency: USD", "currency: EUR"
    )
    source = source.replace("levels: 1}", "levels: 2}")
    Quota.objects.create(
        person=world.erik,
        measure="sales",
        amount=Decimal(1),
        currency="EUR",
        starts_on=date(2026, 4, 1),
        ends_before=date(2026, 7, 1),
        set_at=world.now,
    )
    for line in quarter.lines.values():
        ExchangeRate.objects.get_or_create(
            from_currency="USD",
            to_currency="EUR",
            on=line.ordered_on,
            rate_type="average",
            defaults={"rate": Decimal("0.9")},
        )
    approve(source, world, to=world.erik)
    approve(OVERRIDE.replace("plan: override", "plan: dollars"), world, to=world.erik)
    run = quarter.run()
    assert run.progress.failure == ""
    paid = {
        (one.payee.name, one.currency): one.earned for one in run.statements.select_related("payee")
    }
    assert paid[world.erik.name, "EUR"] == Decimal("785.50")
    assert paid[world.priya.name, "USD"] == EARNED["priya"]
    page = client_for(world.dana).get(reverse("incentives:run", args=[run.pk]))
    assert len(paid) == len(EARNED) + 2
    assert page.context["payees"] == len(EARNED) + 1, "one payee with two statements"
    assert f"{len(EARNED) + 1} payees are told" in page.content.decode()


def test_whoever_closes_a_period_before_its_end_is_told_what_that_means(
    quarter: Quarter, client_for, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = quarter.run()
    client = client_for(quarter.world.ines)
    address = reverse("incentives:run", args=[run.pk])
    for today, is_over in ((date(2026, 6, 30), False), (date(2026, 7, 1), True)):
        monkeypatch.setattr("django.utils.timezone.localdate", lambda today=today: today)
        page = client.get(address).content.decode()
        assert "Close the period?" in page
        assert ("The period is not over" in page) is not is_over
