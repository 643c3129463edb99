"""Two periods laid over each other, so that one calculation can mix what belongs to both.

Days are matched from the start; the last day of one is the last day of the other, so that policies
that read something on the last day still do. The common period is as long as the longer one, and no
two days of a period become one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.formula.tree import Call, Formula, Name, Node, names_in
from paceline.engine.hashing import hash_text
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan

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
        """The rows with these dates moved; what lies outside the period ends at its edges."""
        for name in columns:
            place = rows.column_names.index(name)
            rows = rows.set_column(place, name, self._move(rows.column(name)))
        return rows

    def back(self, day: date | None) -> date | None:
        """The day, or the edge of the period, that was moved here."""
        return None if day is None else self._origins.get(day, day)

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
        offset = pc.max_element_wise(offset, pa.scalar(0, pa.int32()), skip_nulls=False)
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
        credits=tuple(dataclasses.replace(one, when=dated(one.when)) for one in plan.credits),
        measures=tuple(dataclasses.replace(one, of=dated(one.of)) for one in plan.measures),
        hash=hash_text(f"{plan.hash} {ORIGINAL_DAY}"),
    )
