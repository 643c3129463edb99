"""Twelve quarters of a real company through the product, against pandas on its raw files.

Nothing is prepared but a file of reporting lines, which the company keeps as a tree of hex nodes.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from paceline.goals.models import Quota
from paceline.imports.actions import import_file
from paceline.imports.mapping import Source
from paceline.incentives.actions import approvals, assignments, plans, runs
from paceline.incentives.models import Run, Statement, StatementComponent, StatementTier
from paceline.orders.models import OrderLine
from paceline.org.models import Position
from tests.journeys.adventureworks import (
    DIRECTOR,
    QUARTERS,
    Expected,
    expected,
    managers,
    quarter_of_key,
)
from tests.world import World

pytestmark = [pytest.mark.shared, pytest.mark.django_db]

PLAN = """\
paceline: 1
plan: resellers
name: Reseller commission
currency: USD
period: quarter
policies:
  boundary: upper
  rounding: {mode: half-up, stage: component}
  accumulation: period
  accumulation_order: [ordered_on, line_id]
  hierarchy_date: order-date
  exchange: {date: order-date, rate: average}
  anchor: booking
  returns: own-day
  retroactivity: carry-forward
  splits: exactly-100
credits:
  - {id: own, kind: direct}
  - {id: team, kind: rollup, of: own, levels: 1}
measures:
  - {id: sales, kind: sum, of: amount, credits: own}
  - {id: team-sales, kind: sum, of: amount, credits: team}
quotas:
  - {id: quota, measure: sales, name: sales}
components:
  - id: commission
    name: Commission
    kind: commission
    measure: sales
    rates:
      reading: slice
      on: attainment
      quota: quota
      tiers:
        - {from: 0%, rate: 2%}
        - {from: 100%, rate: 4%}
  - id: override
    name: Share in the team's sales
    kind: override
    measure: team-sales
    rates:
      reading: slice
      on: amount
      tiers:
        - {from: 0, rate: 0.5%}
"""


def constant(value: str) -> Source:
    return Source(constant=value)


class Company:
    """The company's files on their way in, by the people whose work that is."""

    def __init__(self, folder: Path, world: World, own: Path) -> None:
        self.folder, self.world, self.own = folder, world, own
        self.at: datetime = world.now

    def bring_in_people(self) -> None:
        terms = {
            "email": "UPN",
            "starts_on": constant("2010-01-01"),
            "country": constant("US"),
            "currency": constant("USD"),
            "position": "Title",
        }
        mapping = {"number": "EmployeeKey", "name": "Salesperson", **terms}
        self._import("people", self.folder / "salespeople.psv", mapping)
        lines = self.own / "reporting-lines.csv"
        with lines.open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["person", "manager", "start date"])
            for person, manager in sorted(managers(self.folder).items()):
                writer.writerow([person, manager, "2010-01-01"])
        self._import("reporting_lines", lines, {})

    def bring_in_sales(self) -> None:
        usd = {"currency": constant("USD"), "source": constant("adventure-works")}
        self._import("order_lines", self.folder / "sales_2017-07_2020-05.psv", usd)
        self._import("order_lines", self.folder / "sales_2020-06.utf16.csv", usd)

    def bring_in_quotas(self) -> None:
        mapping = {
            "payee": 1,
            "period": Source(column=2, values=quarter_of_key(self.folder)),
            "amount": 5,
            "currency": constant("USD"),
        }
        self._import("quotas", self.folder / "quotas.psv", mapping)

    def agree_on_the_plan(self) -> None:
        dana, ines = self.world.dana, self.world.ines
        version = plans.create_plan(
            source=PLAN, effective_from=date(2017, 7, 1), by=dana, at=self.at
        )
        approvals.submit_plan(version=version, by=dana, at=self.at)
        version.refresh_from_db()
        approvals.approve_plan(version=version, digest=version.digest, by=ines, at=self.at)
        paid = Position.objects.filter(holdings__person__number__in=range(270, 300)).distinct()
        for position in paid.exclude(holdings__person__number=DIRECTOR):
            assignments.assign_plan(
                plan=version.plan, to=position, starts_on=date(2010, 1, 1), by=dana, at=self.at
            )

    def run(self, quarter: str) -> Run:
        run = runs.request_run(
            period_key=quarter, by=self.world.dana, at=self.at, on=self.world.today
        )
        runs.calculate_run(run=run, at=self.at)
        run.refresh_from_db()
        assert run.computed_at is not None, run.progress and run.progress.failure
        return run

    def _import(self, kind: str, path: Path, mapping: dict[str, object]) -> None:
        is_companys = kind in {"people", "reporting_lines"}
        import_file(
            kind=kind,
            path=path,
            name=path.name,
            by=self.world.ada if is_companys else self.world.dana,
            at=self.at,
            mapping=mapping,
        )


def test_twelve_quarters_agree_with_the_raw_files_to_the_cent(
    adventureworks: Path, world: World, tmp_path: Path, run_jobs: Callable[[], int]
) -> None:
    company = Company(adventureworks, world, tmp_path)
    company.bring_in_people()
    company.bring_in_sales()
    company.bring_in_quotas()
    company.agree_on_the_plan()
    check_known_totals()
    figures = expected(adventureworks)
    for quarter in QUARTERS:
        check_quarter(company.run(quarter), quarter, figures)
    run_jobs()
    assert Run.objects.count() == len(QUARTERS), "the queued jobs found their runs calculated"
    check_whole(figures)


def check_known_totals() -> None:
    lines = OrderLine.objects.aggregate(sum=Sum("amount"))
    assert OrderLine.objects.count() == 60_855
    assert lines["sum"] == Decimal("80977720.21")
    assert OrderLine.objects.values("person").distinct().count() == 17
    assert Quota.objects.count() == 163
    assert Quota.objects.aggregate(sum=Sum("amount"))["sum"] == Decimal("95714000.00")


def check_quarter(run: Run, quarter: str, figures: Expected) -> None:
    statements = Statement.objects.filter(run=run).select_related("payee")
    assert len(statements) == 17
    earned = {one.payee.number: one.earned for one in statements}
    assert {number: amount for number, amount in earned.items() if amount} == {
        payee: amount
        for (payee, period), amount in figures.earned.items()
        if period == quarter and amount
    }
    components = StatementComponent.objects.filter(statement__run=run)
    for number, name, measure, quota, made in components.values_list(
        "statement__payee__number", "component", "measure", "quota", "earned"
    ):
        key = (number, quarter)
        if name == "commission":
            assert measure == figures.sales.get(key, Decimal(0))
            assert quota == figures.quotas.get(key)
            assert made == figures.commission.get(key, Decimal(0))
        else:
            assert made == figures.override.get(key, Decimal(0))


def check_whole(figures: Expected) -> None:
    assert Statement.objects.count() == 12 * 17
    total = Statement.objects.aggregate(sum=Sum("earned"))["sum"]
    assert total == sum(figures.earned.values())
    for component in StatementComponent.objects.all():
        tiers = StatementTier.objects.filter(component=component)
        total = tiers.aggregate(sum=Sum("earned"))["sum"]
        assert (total or Decimal(0)) == component.earned
