"""Two periods laid over each other, so that one calculation can mix what belongs to both.

Days are matched from the start; the last day of one is the last day of the other, so that policies
that read something on the last day still do. The common period is as long as the longer one, and no
two days of a period become one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.formula.tree import Call, Formula, Name, Node, names_in
from paceline.engine.hashing import hash_text
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan, Quota
from paceline.engine.shape import arrow_table
from paceline.engine.tables import QUOTAS
from paceline.engine.targets import targets_of
from paceline.engine.windows import target_window

ORIGINAL_DAY = "original_ordered_on"  # the day as it was, for formulas that read it
_EPOCH = date(1970, 1, 1)


def common_period(earlier: Period, later: Period) -> Period:
    """The later period, or one from its start on that is as long as the earlier one."""
    if _days(earlier) <= _days(later):
        return dataclasses.replace(later, kind=None)
    ends = later.starts_on + timedelta(days=_days(earlier))
    return Period(later.starts_on, ends, later.key)


def _days(period: Period) -> int:
    return (period.ends_before - period.starts_on).days


@dataclass(frozen=True)
class Overlay:
    """The days of one period moved onto those of another that is at least as long."""

    of: Period
    onto: Period

    @property
    def is_same(self) -> bool:
        return (self.of.starts_on, self.of.ends_before) == (
            self.onto.starts_on,
            self.onto.ends_before,
        )

    def moved(self, rows: pa.Table, columns: Sequence[str]) -> pa.Table:
        """The rows with these dates moved: days before the period as far as its first day, later
        ones to its last edge.
        """
        if self.is_same:
            return rows
        for name in columns:
            place = rows.column_names.index(name)
            rows = rows.set_column(place, name, self._move(rows.column(name)))
        return rows

    def back(self, day: date | None) -> date | None:
        """The day, or the edge of the period, that was moved here."""
        if day is None or self.is_same:
            return day
        if day < self.onto.starts_on:
            return day - (self.onto.starts_on - self.of.starts_on)
        return self._origins.get(day, day)

    @cached_property
    def _origins(self) -> dict[date, date]:
        length, whole = _days(self.of), _days(self.onto)
        origins = {
            self.onto.starts_on + timedelta(days=offset): self.of.starts_on + timedelta(days=offset)
            for offset in range(length - 1)
        }
        for off, on in ((length - 1, whole - 1), (length, whole)):
            origins[self.onto.starts_on + timedelta(days=on)] = self.of.starts_on + timedelta(off)
        return origins

    def _move(self, days: pa.ChunkedArray) -> pa.ChunkedArray:
        length, whole = _days(self.of), _days(self.onto)
        offset = pc.subtract(days.cast(pa.int32()), (self.of.starts_on - _EPOCH).days)
        offset = pc.min_element_wise(offset, pa.scalar(length, pa.int32()), skip_nulls=False)
        late = pc.greater_equal(offset, length - 1)
        offset = pc.if_else(late, pc.add(offset, whole - length), offset)
        moved = pc.add(offset, (self.onto.starts_on - _EPOCH).days)
        return moved.cast(pa.int32()).cast(pa.date32())


def reading_original_days(plan: Plan) -> Plan:
    """The plan with formulas that read the day of a line as it was before it was moved."""

    def renamed(node: Node) -> Node:
        if isinstance(node, Name) and node.name == "ordered_on":
            return dataclasses.replace(node, name=ORIGINAL_DAY)
        if isinstance(node, Call):
            return dataclasses.replace(node, arguments=tuple(map(renamed, node.arguments)))
        return node

    def dated(formula: Formula | None) -> Formula | None:
        if formula is None or "ordered_on" not in names_in(formula.root):
            return formula
        return dataclasses.replace(
            formula, text=f"{formula.text} # {ORIGINAL_DAY}", root=renamed(formula.root)
        )

    return dataclasses.replace(
        plan,
        attributes={**plan.attributes, ORIGINAL_DAY: "date"},
        credits=tuple(
            dataclasses.replace(one, when=dated(one.when), share=dated(one.share))
            for one in plan.credits
        ),
        measures=tuple(dataclasses.replace(one, of=dated(one.of)) for one in plan.measures),
        hash=hash_text(f"{plan.hash} {ORIGINAL_DAY}"),
    )


def _target_name(quota: Quota) -> str:
    return f"target of {quota.id}"


def reading_targets(plan: Plan) -> Plan:
    """The plan with quotas that take their targets as they were worked out in each period."""
    plain = tuple(
        dataclasses.replace(
            one, name=_target_name(one), weights=(), proration=None, ramp=(), per="payee"
        )
        for one in plan.quotas
    )
    digest = hash_text(f"{plan.hash} worked-out targets")
    return dataclasses.replace(plan, quotas=plain, hash=digest)


def worked_targets(
    plan: Plan, period: Period, tables: Mapping[str, pa.Table], onto: Period
) -> list[tuple[Quota, pa.Table]]:
    """The targets of each quota of the plan in its own period, as rows of another period."""
    exact = {
        (row["quota"], row["payee_id"]): row["target"]
        for row in targets_of(plan, period, tables).to_pylist()
    }
    written = tables["quotas"].to_pylist() if "quotas" in tables else []
    found = []
    for quota in plan.quotas:
        amounts = {payee: target for (name, payee), target in exact.items() if name == quota.id}
        first, before = target_window(plan, period, quota.over)
        for row in written if not quota.is_worked_out else ():
            inside = first <= row["starts_on"] and row["ends_before"] <= before
            if row["quota"] == quota.name and inside:
                amounts[row["payee_id"]] = amounts.get(row["payee_id"], Decimal(0)) + row["amount"]
        is_money = plan.measure(quota.measure).is_money
        rows = [
            {
                "quota": _target_name(quota),
                "payee_id": payee,
                "starts_on": onto.starts_on,
                "ends_before": onto.ends_before,
                "amount": amount,
                "currency": plan.currency if is_money else None,
            }
            for payee, amount in amounts.items()
        ]
        kinds = {column.name: column.kind for column in QUOTAS.columns}
        found.append((quota, arrow_table(kinds, rows)))
    return found
