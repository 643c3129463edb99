"""Months of one plan that settles: 10 % of Priya's sales, and half a percent for Marco.

A draw lifts Priya to 1,000 through July and is recovered from June on; half of the commission is
due on booking, half 30 days after the sale; a return within 90 days takes back what it earned, on
Marco's side, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from paceline.incentives.actions import payroll, runs, settlements, statements
from paceline.incentives.calculation.periods import calendar_period
from paceline.incentives.models import (
    Balance,
    PayPeriod,
    PayrollExport,
    PlanVersion,
    Run,
    Settlement,
    Statement,
)
from paceline.orders.models import LineKind, OrderLine
from paceline.org.models import Person
from tests.incentives.pay.conftest import approve, fresh, write_line
from tests.world import World

PLAN = """\
paceline: 1
plan: monthly
name: {en: Monthly commission, zh-Hant: 每月抽成, zh-Hans: 每月提成}
currency: USD
period: month
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
  - {id: own-sales, kind: direct, when: 'kind = "sale"'}
measures:
  - {id: sales, kind: sum, of: amount, credits: own-sales}
components:
  - id: commission
    name: {en: Commission, zh-Hant: 抽成, zh-Hans: 提成}
    kind: commission
    measure: sales
    rates: {reading: slice, on: amount, tiers: [{from: 0, rate: 10%}]}
settlement:
  pay_date: {days_after_period: 10}
  below_zero: carry-forward
  retroactivity: carry-forward
  rule_packs: by-country
  eligibility: {employed_on: period-end, resignation: pays, probation: pays, leave: pays}
  payment: {currency: plan, rounding: {mode: half-up, stage: each-step}}
"""
DRAW = """\
  draws:
    - id: start
      kind: recoverable
      amount: 1000.00
      first_period: 2026-04
      last_period: 2026-07
      recovery: {from: 2026-05, share: 50%}
      limit: none
"""
# Payments in the payee's currency, rounded there alone; refused without a rate.
ONCE = """\
  payment:
    currency: payee
    exchange: {rate: payment, date: pay-date, quote: multiply}
    rounding: {mode: half-up, stage: once}
"""
CLAWBACK = """\
  clawbacks:
    - {id: returned, on: return, within_days: 90, amount: full, recover_at_most: 50%}
"""
RERATED = CLAWBACK.replace("full", "re-rated").replace("50%", "100%")
HALVES = """\
  payout:
    - id: halves
      component: commission
      parts: [{share: 50%, on: booking}, {share: 50%, on: return-window, days: 30}]
      leaving: {good: keeps, bad: forfeits}
"""
CASH = HALVES.replace("on: return-window, days: 30", "on: cash")


@dataclass
class Months:
    """Months of the plan, each run, settled, released and paid by itself."""

    world: World
    version: PlanVersion
    clock: int = 0

    @property
    def now(self) -> datetime:
        """A little later each time, as acts are."""
        self.clock += 1
        return datetime(2026, 7, 15, 4, 0, self.clock % 60, tzinfo=UTC)

    def run(self, key: str) -> Run:
        run = runs.request_run(period_key=key, by=self.world.dana, at=self.now, on=self.world.today)
        runs.calculate_run(run=run, at=self.now)
        return fresh(run)

    def settle(self, run: Run) -> Settlement:
        """A settlement, made here and now."""
        settlement = settlements.request_settlement(run=run, by=self.world.dana, at=self.now)
        settlements.settle_run(settlement=settlement, at=self.now)
        rows = Settlement.objects.select_related("run__period", "progress", "requested_by")
        return rows.get(pk=settlement.pk)

    def settled(self, key: str) -> Run:
        run = self.run(key)
        assert self.settle(run).computed_at, list(run.settlements.get().problems.values())
        return run

    def pay(self, run: Run) -> PayrollExport:
        """Release every statement and hand the period to payroll."""
        statements.release_statements(
            run=run,
            statements=list(run.statements.values_list("pk", flat=True)),
            by=self.world.dana,
            at=self.now,
        )
        return payroll.export_payroll(
            period=run.period,
            export_id=UUID(int=run.pk),
            by=self.world.ines,
            at=self.now,
        )

    def statement(self, run: Run, person: Person | None = None) -> Statement:
        return run.statements.get(payee=person or self.world.priya)


def build_months(world: World, *clauses: str) -> Months:
    """The plan with its clauses, for Priya from April 2026 on.

    A clause of payment takes the place of the plan's own.
    """
    plan = PLAN
    if ONCE in clauses:
        plan = plan[: plan.index("  payment:")]
    return Months(world, approve(plan + "".join(clauses), world, to=world.priya))


def build_tiered(world: World, *clauses: str) -> Months:
    """The plan with 10 % up to 5,000 and 20 % above, for Priya."""
    tiers = "tiers: [{from: 0, rate: 10%}, {from: 5000, rate: 20%}]"
    plan = PLAN.replace("tiers: [{from: 0, rate: 10%}]", tiers)
    return Months(world, approve(plan + "".join(clauses), world, to=world.priya))


def build_with_bonus(world: World, *clauses: str) -> Months:
    """The plan with nothing up to 5,000 and 20 % above, and a bonus of 500 from 7,000 on."""
    tiers = "tiers: [{from: 0, rate: 0%}, {from: 5000, rate: 20%}]"
    bonus = """\
  - id: bonus
    name: {en: Bonus, zh-Hant: 獎金, zh-Hans: 奖金}
    kind: bonus
    pays: {amount: 500.00}
    when: {measure: sales, at_least: 7000}
settlement:
"""
    plan = PLAN.replace("tiers: [{from: 0, rate: 10%}]", tiers).replace("settlement:\n", bonus)
    return Months(world, approve(plan + "".join(clauses), world, to=world.priya))


def sell(world: World, order: str, on: date, amount: str) -> OrderLine:
    return write_line(order, world.priya, on, amount)


def give_back(world: World, order: str, on: date, sale: OrderLine, amount: str) -> OrderLine:
    more = {"kind": LineKind.RETURN, "returns_line": sale}
    return write_line(order, world.priya, on, f"-{amount}", **more)


def entries(settlement: Settlement, person: Person, account: str = "due") -> list[tuple]:
    """Kind and amount of a payee's entries on an account, in their order."""
    rows = settlement.plans.get().payables.filter(statement__payee=person, account=account)
    return list(rows.order_by("entry").values_list("kind", "amount"))


def paid(run: Run, person: Person) -> Decimal:
    settlement = run.settlements.filter(computed_at__isnull=False).latest("number")
    payment = settlement.plans.get().payments.get(statement__payee=person)
    amount: Decimal = payment.amount
    return amount


def balances(run: Run, person: Person) -> dict[str, Decimal]:
    """What a payee's accounts stand at after the run's last settlement."""
    settlement = run.settlements.filter(computed_at__isnull=False).latest("number")
    found: dict[str, Decimal] = {}
    for row in Balance.objects.filter(plan__settlement=settlement, payee=person):
        found[row.account] = found.get(row.account, Decimal(0)) + row.amount
    return found


def period(key: str) -> PayPeriod:
    return PayPeriod.objects.get(key=calendar_period(key).key)
