"""Settling a run: what the engine reads for it, and what each plan's settlement gives."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db.models import Prefetch, Q, prefetch_related_objects

from paceline import engine
from paceline.engine import confined
from paceline.engine.results import EARNINGS
from paceline.engine.settlement import SETTLEMENT_INPUTS
from paceline.engine.shape import arrow_table
from paceline.files.queries import path_of
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.earlier_periods import recalculated
from paceline.incentives.calculation.execute import (
    InputsRefused,
    Refusal,
    calculate_plan,
    engine_period,
)
from paceline.incentives.calculation.extract import (
    Input,
    inputs_of,
    store_table,
)
from paceline.incentives.calculation.periods import calendar_period, is_paid_by
from paceline.incentives.calculation.settled_lines import Lines
from paceline.incentives.models import (
    Balance,
    Hold,
    PlanVersion,
    Run,
    RunPlan,
    SettledEarning,
    StatementComponent,
    TakenBack,
)
from paceline.incentives.queries.settlements import chain_of, left_open, settled_before
from paceline.incentives.queries.terms import agreed_amounts, agreements, minimum_wages, wages
from paceline.orders.queries import exchange_rates_table, paid_lines
from paceline.org.models import LeaveKind, Person
from paceline.org.queries import leaves_table, terms

logger = logging.getLogger(__name__)

Row = dict[str, Any]
Step = Callable[[], None]


def settles(version: PlanVersion) -> bool:
    """Whether the plan says how what is earned becomes payable."""
    return documents.load(version.source).settlement is not None


def versions_to_settle(run: Run) -> list[PlanVersion]:
    """The run's versions that say how they are settled, and those of plans that pay nobody any more
    but still have balances open. One query besides those of `versions_of`.
    """
    ran = versions_of(run)
    period = calendar_period(run.period.key)
    others = left_open({version.plan_id for version in ran}, run.period.starts_on)
    for last in others:
        plan = documents.load(last.version.source)
        ran += [last.version] if is_paid_by(period, plan.period, plan.calendar) else []
    return [version for version in ran if settles(version)]


def has_to_settle(run: Run) -> bool:
    """Whether there is anything to settle."""
    return any(settles(version) for version in versions_of(run)) or bool(versions_to_settle(run))


def versions_of(run: Run) -> list[PlanVersion]:
    """The versions that the run calculated; fetched once, and kept with the run."""
    fetch_versions([run])
    return [row.version for row in run.run_plans.all()]


def fetch_versions(runs: Iterable[Run]) -> None:
    """Fetch what `versions_of` says of many runs. One query, for those that do not know it yet."""
    new = [run for run in runs if "run_plans" not in getattr(run, "_prefetched_objects_cache", {})]
    rows = RunPlan.objects.select_related("version__plan").order_by("version__plan__code")
    prefetch_related_objects(new, Prefetch("run_plans", rows))


class Settling:
    """One plan of a run on its way to being settled: its inputs first, then its settlement."""

    def __init__(self, run: Run, version: PlanVersion, *, by: Person, at: datetime) -> None:
        self.run, self.version = run, version
        self.by, self.at = by, at
        self.plan = documents.load(version.source)
        assert self.plan.settlement is not None  # noqa: S101 -- only such plans are settled
        self.rules = self.plan.settlement
        self.period = engine_period(run.period)
        self.previous = settled_before(version.plan_id, run.period.starts_on)
        self.chain = chain_of(self.previous)

    @property
    def pays_on(self) -> date:
        days = self.rules.days_after_period
        return self.period.ends_before - timedelta(days=1) + timedelta(days=days)

    # --- in ---------------------------------------------------------------------------------------

    def extract(self, step: Step) -> tuple[Input, ...]:
        """Write what the engine reads; ``step`` is called now and then and may stop it."""
        tables: dict[str, list[Row]] = {
            "balances": self._balances(),
            "earlier_earnings": self._earlier_earnings(),
            "earlier_clawbacks": self._earlier_clawbacks(),
            "holds": self._holds(),
            "employment": self._employment(),
        }
        if any(clause.amount is None for clause in self.rules.minimums):
            last = self.period.ends_before - timedelta(days=1)
            tables["agreed_amounts"] = agreed_amounts(self.version.plan, last)
        if self.rules.rule_packs == "by-country":
            tables["agreements"] = agreements(self.pays_on)
            tables["wages"] = wages(self.pays_on)
            tables["minimum_wages"] = minimum_wages(self.pays_on)
        if self.rules.eligibility.leave == "pro-rata":
            tables["leave"] = self._leave()
        if self.rules.needs_lines or self.rules.clawbacks:
            lines = Lines(self.run, self.version, self.chain)
            own = lines.earnings(step)
            tables["line_events"], earlier = lines.events(own)
            tables["line_earnings"] = own + earlier
            tables["rerated_earnings"] = lines.rerated(
                tables["line_events"], tables["line_earnings"], step
            )
            if self.waits_for_cash:
                tables["receipts"] = self._receipts(own, tables["balances"])
        if self.rules.retroactivity == "carry-forward":
            settled = tables["earlier_earnings"]
            tables["recalculated_earnings"] = recalculated(
                self.chain, settled, step, by=self.by, at=self.at
            )
        if self.rules.payment.rounds_once:
            tables["unrounded_earnings"] = self._unrounded()
        kept = [
            self._store(name, arrow_table(kinds_of(name), rows)) for name, rows in tables.items()
        ]
        if self.rules.payment.currency == "payee":
            last = self.period.ends_before - timedelta(days=1)
            days = (min(last, self.pays_on), max(last, self.pays_on) + timedelta(days=1))
            kept.append(self._store("exchange_rates", exchange_rates_table(*days)))
        return tuple(kept)

    def earnings(self) -> pa.Table:
        """What the run says of this plan, as the engine gave it."""
        rows = [
            {
                name: getattr(row, name)
                for name in kinds_of_earnings()
                if name not in {"payee_id", "currency"}
            }
            | {"payee_id": row.statement.payee.number, "currency": row.statement.currency}
            for row in StatementComponent.objects.filter(
                statement__run=self.run, version=self.version
            )
            .select_related("statement__payee")
            .order_by("component", "statement__payee__number")
        ]
        return arrow_table(kinds_of_earnings(), rows)

    def _store(self, name: str, table: pa.Table) -> Input:
        label = f"{name}-{self.version.plan.code}-{self.run.period.key}.parquet"
        return Input(name, store_table(table, label, by=self.by, at=self.at), table.num_rows)

    def _unrounded(self) -> list[Row]:
        """What each component earned before rounding: the run's calculation over the run's files,
        which gives what it gave. Raises ``InputsRefused``.
        """
        found = calculate_plan(self.version, inputs_of(self.run), self.run.period)
        rows: list[Row] = found.results.rows("unrounded_earnings")
        return rows

    def _balances(self) -> list[Row]:
        if self.previous is None:
            return []
        rows = Balance.objects.filter(plan=self.previous).select_related("payee")
        return [
            {"payee_id": row.payee.number, **{name: getattr(row, name) for name in BALANCE}}
            for row in rows.order_by("payee__number", "id")
        ]

    def _earlier_earnings(self) -> list[Row]:
        rows = SettledEarning.objects.filter(plan__in=[one.pk for one in self.chain])
        settled_on = {one.pk: one.settlement.run.period.starts_on for one in self.chain}
        return [
            {
                "payee_id": row.payee.number,
                "settled_on": settled_on[row.plan_id],
                **{
                    name: getattr(row, name)
                    for name in ("period_starts_on", "component", "earned", "counted")
                },
            }
            for row in rows.select_related("payee").order_by("id")
        ]

    def _earlier_clawbacks(self) -> list[Row]:
        rows = TakenBack.objects.filter(plan__in=[one.pk for one in self.chain])
        return [
            {"payee_id": row.payee.number, **{name: getattr(row, name) for name in TAKEN_BACK}}
            for row in rows.select_related("payee").order_by("id")
        ]

    @property
    def waits_for_cash(self) -> bool:
        return any(part.on == "cash" for payout in self.rules.payouts for part in payout.parts)

    def _receipts(self, own: Sequence[Row], balances: Sequence[Row]) -> list[Row]:
        """A line is received whole on its payment date: lines of the period, and those whose part
        still waits.
        """
        waiting = {row["reference"] for row in balances if row["account"] == "deferred"}
        wanted = waiting | {row["line_id"] for row in own}
        return [
            {"receipt_id": line_id, "line_id": line_id, "received_on": day, "amount": amount}
            for line_id, day, amount in paid_lines(wanted, self.period.ends_before)
        ]

    def _holds(self) -> list[Row]:
        """Those that stand now: a hold counts from when it was placed until it is released."""
        of_plan = Q(plan__isnull=True) | Q(plan=self.version.plan_id)
        rows = Hold.objects.standing().filter(of_plan)
        return [
            {
                "hold_id": str(row.pk),
                "payee_id": row.payee.number,
                "component": row.component,
                "line_id": row.line_id,
                "starts_on": self.period.starts_on,
                "ends_before": None,
                "reason": row.reason,
            }
            for row in rows.select_related("payee").order_by("pk")
        ]

    def _employment(self) -> list[Row]:
        return [
            row | {name: row[name] or None for name in ("leaver", "region")}
            for row in terms(self.period.ends_before)
        ]

    def _leave(self) -> list[Row]:
        """Unpaid leave on days of the period: paid leave takes nothing from what was earned."""
        ends_before = self.period.ends_before
        away = leaves_table(self.period.starts_on, ends_before, {LeaveKind.UNPAID})
        return [
            row | {"ends_before": min(row["ends_before"] or ends_before, ends_before)}
            for row in away.to_pylist()
        ]

    # --- out --------------------------------------------------------------------------------------

    def settle(self, inputs: Iterable[Input]) -> engine.Settlement:
        """The settlement of this plan over the kept files. Raises ``InputsRefused``."""
        tables = engine.SettlementTables({})
        tables.sources |= {
            one.table: engine.ParquetFiles((path_of(one.file),), (one.file.digest,))
            for one in inputs
        }
        mark = RunPlan.objects.filter(run=self.run, version=self.version).values_list(
            "fingerprint", flat=True
        )
        results = engine.Results(
            self.plan,
            self.period,
            mark.first() or "",
            {},
            (),
            _tables={"earnings": self.earnings()},
        )
        code = self.version.plan.code
        try:
            if settings.CALCULATION_LIMITS is None:
                return engine.settle(self.plan, results, tables, self.period)
            limits = confined.Limits(**settings.CALCULATION_LIMITS)
            return confined.settle_confined(
                self.version.source, results, tables, self.period, limits=limits
            )
        except engine.InputInvalid as invalid:
            refusals = [
                Refusal(problem.code, {"plan": code, **problem.params})
                for problem in invalid.problems
            ]
            raise InputsRefused(refusals) from invalid
        except confined.LimitExceeded as exceeded:
            logger.exception("A settlement of plan %s was ended.", code)
            raise InputsRefused([Refusal("limit_exceeded", {"plan": code})]) from exceeded


BALANCE = (
    "account",
    "component",
    "reference",
    "origin",
    "since",
    "due_on",
    "original",
    "amount",
    "basis",
    "currency",
)
TAKEN_BACK = ("event_id", "line_id", "component", "original", "amount", "clause")


def kinds_of(table: str) -> dict[str, Any]:
    """The columns of an input of a settlement and their kinds."""
    return {column.name: column.kind for column in SETTLEMENT_INPUTS[table].columns}


def kinds_of_earnings() -> dict[str, Any]:
    return {column.name: column.kind for column in EARNINGS.columns}
