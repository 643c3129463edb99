"""A quarter of the cast's sales, two approved plans, and what they must pay to the cent.

Priya sells 119,000 net against a quota of 100,000: 2 % of 100,000 and 4 % of 19,000 make 2,760.
Omar sells 50,000 EUR at 1.10, 55,000 USD, all below quota: 1,100. Their leads get 0.5 % of the
team's credited sales: Marco 595, Sofia 275.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from paceline.goals.models import Quota
from paceline.incentives.actions import approvals, plans, runs, statements
from paceline.incentives.actions.assignments import assign_plan
from paceline.incentives.actions.findings import accept_findings
from paceline.incentives.calculation.findings import open_serious
from paceline.incentives.models import PayPeriod, PlanVersion, Release, Run, Statement
from paceline.orders.models import ExchangeRate, LineKind, MonthRevision, OrderLine
from paceline.org.models import Person
from tests.keeping import once
from tests.world import World

PERIOD = "2026Q2"
FROM = date(2026, 4, 1)
UNTIL = date(2026, 7, 1)

SELLER = """\
paceline: 1
plan: seller
name: {en: Seller commission, zh-Hant: 業務抽成, zh-Hans: 销售提成}
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
  - {id: own-sales, kind: direct}
measures:
  - {id: sales, kind: sum, of: amount, credits: own-sales}
quotas:
  - {id: sales-quota, measure: sales, name: sales}
components:
  - id: commission
    name: {en: Commission, zh-Hant: 抽成, zh-Hans: 提成}
    kind: commission
    measure: sales
    rates:
      reading: slice
      on: attainment
      quota: sales-quota
      tiers:
        - {from: 0%, rate: 2%}
        - {from: 100%, rate: 4%}
"""
OVERRIDE = """\
paceline: 1
plan: override
name: {en: Team override, zh-Hant: 團隊抽成, zh-Hans: 团队提成}
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
  - {id: own-sales, kind: direct}
  - {id: team-sales, kind: rollup, of: own-sales, levels: 1}
measures:
  - {id: team, kind: sum, of: amount, credits: team-sales}
components:
  - id: override
    name: {en: Override, zh-Hant: 團隊獎金, zh-Hans: 团队奖金}
    kind: override
    measure: team
    rates:
      reading: slice
      on: amount
      tiers:
        - {from: 0, rate: 0.5%}
"""
EARNED = {
    "priya": Decimal("2760.00"),
    "omar": Decimal("1100.00"),
    "marco": Decimal("595.00"),
    "sofia": Decimal("275.00"),
}


@dataclass(frozen=True)
class Quarter:
    """The second quarter of 2026, ready to be run."""

    world: World
    seller: PlanVersion
    override: PlanVersion
    lines: dict[str, OrderLine]

    @property
    def period(self) -> PayPeriod:
        return PayPeriod.objects.get(key=PERIOD)

    def request(self, by: Person | None = None) -> Run:
        world = self.world
        return runs.request_run(
            period_key=PERIOD, by=by or world.dana, at=world.now, on=world.today
        )

    def run(self, by: Person | None = None) -> Run:
        """A run, calculated here and now."""
        run = self.request(by)
        runs.calculate_run(run=run, at=self.world.now)
        return fresh(run)

    def statement(self, run: Run, name: str) -> Statement:
        return run.statements.get(payee=self.world.cast[name])

    def release(self, run: Run, *names: str) -> list[Statement]:
        """Release the statements of these people, or of everybody."""
        chosen = list(run.statements.all())
        if names:
            chosen = [self.statement(run, name) for name in names]
        statements.release_statements(
            run=run,
            statements=[one.pk for one in chosen],
            by=self.world.dana,
            at=self.world.now,
        )
        return [Statement.objects.get(pk=one.pk) for one in chosen]


def fresh(run: Run) -> Run:
    return Run.objects.select_related("period", "progress", "requested_by").get(pk=run.pk)


def approve(
    source: str, world: World, *, to: object, since: date = FROM, accepting: str = ""
) -> PlanVersion:
    """A plan written by Dana, approved by Ines, and given to a position; `accepting` is the reason
    why its serious findings are let be.
    """
    version = plans.create_plan(source=source, effective_from=since, by=world.dana, at=world.now)
    for one in open_serious(version, world.now.date()) if accepting else ():
        asked = {"version": version, "key": one.key, "reason": accepting}
        accept_findings(**asked, alike=False, by=world.dana, at=world.now)
    approvals.submit_plan(version=version, note="", by=world.dana, at=world.now)
    version = PlanVersion.objects.select_related("plan").get(pk=version.pk)
    approvals.approve_plan(version=version, digest=version.digest, by=world.ines, at=world.now)
    assign_plan(
        plan=version.plan, to=to, starts_on=since, ends_before=None, by=world.dana, at=world.now
    )
    return PlanVersion.objects.select_related("plan").get(pk=version.pk)


def write_line(
    order: str, person: Person | None, on: date, amount: str, **more: object
) -> OrderLine:
    """An order line as an import leaves it, its month marked as changed."""
    line = OrderLine.objects.create(
        source="shop",
        order_number=order,
        person=person,
        ordered_on=on,
        quantity=Decimal(1),
        amount=Decimal(amount),
        **({"currency": "USD", "line_number": "1"} | more),
    )
    month, is_new = MonthRevision.objects.get_or_create(month=on.replace(day=1))
    if not is_new:
        month.revision += 1
        month.save(update_fields=["revision"])
    return line


def build_quarter(world: World) -> Quarter:
    """The quarter's lines, rates, quotas and plans."""
    lines = {
        "first": write_line("A1", world.priya, date(2026, 4, 3), "60000.00"),
        "crossing": write_line("A2", world.priya, date(2026, 5, 10), "50000.00"),
        "last": write_line("A3", world.priya, date(2026, 6, 30), "10000.00"),
        "euro": write_line("B1", world.omar, date(2026, 5, 20), "50000.00", currency="EUR"),
        "nobody": write_line("C1", None, date(2026, 5, 21), "77.77"),
    }
    lines["return"] = write_line(
        "R1",
        world.priya,
        date(2026, 6, 30),
        "-1000.00",
        kind=LineKind.RETURN,
        returns_line=lines["first"],
    )
    ExchangeRate.objects.create(
        from_currency="EUR", to_currency="USD", on=date(2026, 5, 20), rate=Decimal("1.10")
    )
    for person in (world.priya, world.omar):
        Quota.objects.create(
            person=person,
            measure="sales",
            amount=Decimal(100000),
            currency="USD",
            starts_on=FROM,
            ends_before=UNTIL,
            set_at=world.now,
        )
    return Quarter(
        world=world,
        seller=approve(SELLER, world, to=world.seller),
        override=approve(OVERRIDE, world, to=world.lead),
        lines=lines,
    )


def pay_by_hand(world: World, run: Run, person: Person, amount: str, currency: str) -> Release:
    """A released statement of any amount, as an engine could have left it."""
    statement = Statement.objects.create(
        run=run,
        period=run.period,
        payee=person,
        currency=currency,
        credited=Decimal(0),
        earned=Decimal(amount),
    )
    return Release.objects.create(
        statement=statement,
        payee=person,
        period=run.period,
        currency=currency,
        released_by=world.dana,
        released_at=world.now,
    )


@pytest.fixture
def add_line() -> Callable[..., OrderLine]:
    return write_line


@pytest.fixture
def quarter(world: World) -> Quarter:
    return once(build_quarter, world)
