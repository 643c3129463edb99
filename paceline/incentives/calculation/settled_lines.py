"""What each line earned, and what came back of it: for parts by line and for clawback."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from paceline import engine
from paceline.engine.plan.policies import ANCHORS
from paceline.engine.settlement.shares import Rounding
from paceline.files.queries import path_of
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.execute import InputsRefused, Refusal, engine_period
from paceline.incentives.calculation.extract import LINES, inputs_of, tables_of
from paceline.incentives.calculation.trace import trace_together, traced
from paceline.incentives.models import (
    PlanVersion,
    Run,
    SettledPlan,
    StatementComponent,
    TakenBack,
)
from paceline.orders.queries import ReturnedLine, returned_lines

ZERO = Decimal(0)
Row = dict[str, Any]
Step = Callable[[], None]


class Lines:
    """The lines of one plan in a run, and those that earlier settlements looked at."""

    def __init__(self, run: Run, version: PlanVersion, chain: Sequence[SettledPlan]) -> None:
        self.run, self.version, self.chain = run, version, chain
        self.period = run.period
        self.plan = documents.load(version.source)
        assert self.plan.settlement is not None  # noqa: S101 -- only such plans are settled
        self.rules = self.plan.settlement

    def earnings(self, step: Step) -> list[Row]:
        """What each component earned on each line of the period, for every payee.

        The lines of a component add up to what it earned: where a cap, a floor, a condition or a
        multiplier changed that, they share the change in proportion.
        """
        payouts = (one for one in self.rules.payouts if one.needs_lines)
        wanted = {name for one in payouts for name in one.components}
        if self.rules.clawbacks:
            wanted = {one.id for one in self.plan.components if one.unit == "money"}
        rounding = Rounding(self.plan.digits, self.plan.policies.rounding_mode)
        found: list[Row] = []
        statements = self.run.statements.filter(components__version=self.version).distinct()
        parts = StatementComponent.objects.filter(version=self.version, component__in=wanted)
        earned_by: dict[int, dict[str, Decimal]] = defaultdict(dict)
        for one in parts.filter(statement__in=statements):
            earned_by[one.statement_id][one.component] = one.earned
        earners = [
            one
            for one in statements.select_related("payee", "period", "run").order_by("pk")
            if one.pk in earned_by
        ]
        trace_together(earners, self.version, step)
        for statement in earners:
            step()
            earned = earned_by[statement.pk]
            lines = _by_line(traced(statement, self.version), earned)
            for component, rows in lines.items():
                found += self._shared(statement.payee.number, component, rows, earned, rounding)
        amounts = self._line_amounts({row["line_id"] for row in found})
        for row in found:
            row["line_amount"] = amounts.get(row["line_id"])
        return found

    # Lines that earned nothing are left out: nothing of them is put off or taken back, and they
    # must not stand in the way of what they earned in an earlier period.
    def _shared(
        self,
        payee: str,
        component: str,
        lines: Mapping[str, tuple[date, Decimal]],
        earned: Mapping[str, Decimal],
        rounding: Rounding,
    ) -> list[Row]:
        amounts = [amount for _day, amount in lines.values()]
        total = sum(amounts, ZERO)
        if total != earned[component] and total:
            amounts = rounding.spread(earned[component], amounts)
        last = self.period.ends_before - timedelta(days=1)
        return [
            {
                "line_id": line_id,
                "payee_id": payee,
                "component": component,
                "occurred_on": min(max(day, self.period.starts_on), last),
                "earned": amount,
            }
            for (line_id, (day, _amount)), amount in zip(lines.items(), amounts, strict=True)
            if amount
        ]

    def _line_amounts(self, line_ids: set[str]) -> dict[str, Decimal]:
        """What the customer owes for each line, from the files that the run read."""
        wanted = pa.array(sorted(line_ids), pa.string())
        found: dict[str, Decimal] = {}
        for one in inputs_of(self.run):
            if one.table == LINES and line_ids:
                rows = pq.read_table(path_of(one.file), columns=["line_id", "amount"])
                rows = rows.filter(pc.is_in(rows.column("line_id"), wanted))
                columns = (rows.column(name).to_pylist() for name in ("line_id", "amount"))
                found |= dict(zip(*columns, strict=True))
        return found

    def events(self, own: Sequence[Row]) -> tuple[list[Row], list[Row]]:
        """Returns of lines that earned something, or were credited where a re-rating reaches more
        than lines, each looked at once; and what their lines earned in earlier periods.
        """
        if not any(one.on == "return" for one in self.rules.clawbacks):
            return [], []
        known = {row["line_id"] for row in own}
        events = self.unseen
        earlier = self._earlier_lines({event.line_id for event in events})
        known |= {row["line_id"] for row in earlier}
        if self.goes_beyond_lines:
            known |= self.credited.keys()
        here = {(row["line_id"], row["payee_id"], row["component"]) for row in own}
        rows = [
            {
                "event_id": event.return_id,
                "line_id": event.line_id,
                "kind": "return",
                "happened_on": event.on,
                "share": _share(event.amount, event.of),
            }
            for event in events
            if event.line_id in known
        ]
        return rows, [
            row
            for row in earlier
            if (row["line_id"], row["payee_id"], row["component"]) not in here
        ]

    @cached_property
    def returns(self) -> dict[str, ReturnedLine]:
        """Every return since the first settled period, in their order."""
        first = self.chain[0].settlement.run.period if self.chain else self.period
        found = returned_lines(first.starts_on, self.period.ends_before)
        return {one.return_id: one for one in found}

    def rerated(self, events: Sequence[Row], lines: Sequence[Row], step: Step) -> list[Row]:
        """What each payee earned in the period of a line before a return and after it, return after
        return, where the plan takes back by re-rating. Raises ``InputsRefused``.
        """
        rule = next((one for one in self.rules.clawbacks if one.on == "return"), None)
        if rule is None or rule.amount != "re-rated":
            return []
        # Whom each line reaches, and on which day it was sold.
        reached: dict[str, dict[str, date]] = defaultdict(dict)
        for row in lines:
            if row["earned"] > 0:
                reached[row["line_id"]][row["payee_id"]] = row["occurred_on"]
        if self.goes_beyond_lines:
            for line_id, payees in self.credited.items():
                reached[line_id] = payees | reached[line_id]
        # By period and payee: the returns that take something back, with the days of their sales.
        found: dict[tuple[int, str], dict[str, date]] = defaultdict(dict)
        for event in sorted(events, key=lambda row: (row["happened_on"], row["event_id"])):
            for payee, day in reached[event["line_id"]].items():
                days = (event["happened_on"] - day).days
                if rule.within_days is None or days <= rule.within_days:
                    found[self._place_of(day), payee][event["event_id"]] = day
        rows: list[Row] = []
        for (place, payee), touched in sorted(found.items()):
            step()
            rows += self._rerate(place, payee, touched)
        return rows

    @cached_property
    def goes_beyond_lines(self) -> bool:
        """The plan takes back by re-rating, and pays something that no line earned by itself."""
        rule = next((one for one in self.rules.clawbacks if one.on == "return"), None)
        is_rerated = rule is not None and rule.amount == "re-rated"
        return is_rerated and not engine.rests_on_lines(self.plan)

    @cached_property
    def unseen(self) -> list[ReturnedLine]:
        """The returns that no earlier settlement looked at."""
        seen = self._seen_events()
        return [one for one in self.returns.values() if one.return_id not in seen]

    @cached_property
    def credited(self) -> dict[str, dict[str, date]]:
        """Who was credited with what came back, in the period of each line: by line the payees,
        with its day.
        """
        line_ids = {event.line_id for event in self.unseen}
        found: dict[str, dict[str, date]] = defaultdict(dict)
        parts = [(one.settlement.run, one.version) for one in self.chain]
        for run, version in [*parts, (self.run, self.version)]:
            plan = documents.load(version.source)
            days = self._days_of(run, plan, line_ids)
            if not days:
                continue
            tables, period = tables_of(inputs_of(run)), engine_period(run.period)
            for payee, lines in engine.credited_with(plan, tables, period, days).items():
                for line_id in lines:
                    found[line_id][payee] = days[line_id]
        return dict(found)

    def _days_of(self, run: Run, plan: documents.Plan, line_ids: set[str]) -> dict[str, date]:
        """The days of the lines that a run placed in its period."""
        period, wanted = run.period, pa.array(sorted(line_ids), pa.string())
        anchor = ANCHORS[plan.policies.anchor]
        found: dict[str, date] = {}
        for one in inputs_of(run):
            if one.table == LINES and line_ids:
                rows = pq.read_table(path_of(one.file), columns=["line_id", anchor])
                rows = rows.filter(pc.is_in(rows.column("line_id"), wanted))
                columns = (rows.column(name).to_pylist() for name in ("line_id", anchor))
                found |= {
                    line_id: day
                    for line_id, day in zip(*columns, strict=True)
                    if day is not None and period.starts_on <= day < period.ends_before
                }
        return found

    def _place_of(self, day: date) -> int:
        """The settlement in which lines of a day earned; the number of all is this one."""
        periods = [part.settlement.run.period for part in self.chain]
        inside = (one.starts_on <= day < one.ends_before for one in periods)
        return next((place for place, is_in in enumerate(inside) if is_in), len(periods))

    def _rerate(self, place: int, payee: str, touched: Mapping[str, date]) -> list[Row]:
        run, version = self.run, self.version
        if place < len(self.chain):
            run, version = self.chain[place].settlement.run, self.chain[place].version
        plan = documents.load(version.source)
        paid = {one.id for one in plan.components if one.unit == "money"}
        try:
            found = engine.rerate(
                plan,
                tables_of(inputs_of(run)),
                engine_period(run.period),
                payee,
                [self._returned(event_id) for event_id in touched],
                gone=[self._returned(one) for one in self._gone(payee) if one in self.returns],
            )
        except engine.EngineError as error:
            params = {"plan": version.plan.code, "subject": payee, "table": "rerated_earnings"}
            raise InputsRefused([Refusal("rerating_impossible", params)]) from error
        return [
            {
                "event_id": one.event_id,
                "payee_id": payee,
                "component": one.component,
                "before": one.before,
                "after": one.after,
                "occurred_on": touched[one.event_id],
            }
            for one in found
            if one.component in paid
        ]

    def _returned(self, event_id: str) -> engine.Returned:
        one = self.returns[event_id]
        return engine.Returned(event_id, one.line_id, abs(one.amount))

    def _gone(self, payee: str) -> list[str]:
        """The returns that earlier settlements took back from a payee, in their order."""
        rows = TakenBack.objects.filter(
            plan__in=[one.pk for one in self.chain], payee__number=payee
        )
        return list(dict.fromkeys(rows.order_by("id").values_list("event_id", flat=True)))

    def _kept(self, table: str) -> Iterable[tuple[SettledPlan, pa.Table]]:
        """A table as each earlier settlement read it."""
        for part in self.chain:
            for one in part.inputs.select_related("file").filter(table=table):
                yield part, pq.read_table(path_of(one.file))

    def _seen_events(self) -> set[str]:
        seen: set[str] = set()
        for _part, rows in self._kept("line_events"):
            seen |= set(rows.column("event_id").to_pylist())
        return seen

    def _earlier_lines(self, line_ids: set[str]) -> list[Row]:
        """What lines earned originally: in the period in which each of them earned."""
        if not line_ids:
            return []
        wanted = pa.array(sorted(line_ids), pa.string())
        found: dict[tuple[str, str, str], Row] = {}
        for part, rows in self._kept("line_earnings"):
            period = part.settlement.run.period
            for row in rows.filter(pc.is_in(rows.column("line_id"), wanted)).to_pylist():
                if period.starts_on <= row["occurred_on"] < period.ends_before:
                    found[row["line_id"], row["payee_id"], row["component"]] = row
        return list(found.values())


def _by_line(
    lines: pa.Table, components: Mapping[str, Decimal]
) -> dict[str, dict[str, tuple[date, Decimal]]]:
    """By component and line: the line's day, and the sum over its tiers and its ways to the payee.

    In the order in which the plan accumulates.
    """
    found: dict[str, dict[str, tuple[date, Decimal]]] = {}
    names = ("component", "line_id", "ordered_on", "earned")
    for row in lines.select(list(names)).to_pylist():
        if row["component"] in components:
            of_component = found.setdefault(row["component"], {})
            _day, amount = of_component.get(row["line_id"], (row["ordered_on"], ZERO))
            of_component[row["line_id"]] = (row["ordered_on"], amount + row["earned"])
    return found


def _share(amount: Decimal, of: Decimal) -> Decimal | None:
    """The part of a line that came back; None for all of it."""
    if not of or abs(amount) >= abs(of):
        return None
    return Rounding(8, "half-up").share(Decimal(1), abs(amount), abs(of))
