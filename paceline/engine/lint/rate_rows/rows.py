"""The rows of a table of rates: what each pays, the worst of a kind, and whom they touch.

Columns are compared with themselves, one row further down, so that time and memory grow with the
rows and nothing else; only the few rows that are named, and those that people are known to have
sold under, are looked at one by one. Amounts of both are exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine import windows
from paceline.engine.curve import EXAMPLE_QUOTA
from paceline.engine.lint.history import History
from paceline.engine.lint.rate_rows.limits import limits_of
from paceline.engine.lint.sold import Sold, Under, sold_under
from paceline.engine.lint.subject import middle, order_size
from paceline.engine.money import EXACT, round_to
from paceline.engine.plan.model import Component, ImportedTiers, Plan, RateTable
from paceline.engine.rate_tables import TABLE, rate_rows

ZERO = Decimal(0)
NAMED = 5  # rows that a finding names, the worst first
_WIDE = pa.decimal256(38, 12)
_PAID = pa.decimal256(36, 8)
_TWELVE = Decimal("1e-12")
_LIMITED = pa.decimal256(75, 20)
PRODUCT = pa.decimal256(76, 20)


@dataclass(frozen=True)
class Worst:
    """Rows of one kind: how many there are, of how many keys, and the worst of them."""

    count: int
    keys: int
    rows: tuple[dict[str, Any], ...]


class Rows:
    """The rows beside the plan, and what is known of those who sold under their keys."""

    def __init__(
        self, plan: Plan, component: Component, rows: pa.Table, history: History | None
    ) -> None:
        self.plan, self.component, self.history = plan, component, history
        self.rates: RateTable = component.rate_table
        self.imported: ImportedTiers = self.rates.rows
        self.laid = rate_rows({TABLE: rows}, self.rates)
        self.rows = self.laid.rows
        self.measure = plan.measure(component.measure or "")
        self.minor = Decimal(1).scaleb(-plan.digits)
        self.target: Decimal | None = None
        self.is_assumed = False
        if self.rates.quota is not None:
            known = self._targets(plan.quota(self.rates.quota).name)
            self.target = middle(known) or EXAMPLE_QUOTA
            self.is_assumed = not known
        self.limits = limits_of(plan, component, self._target_of)
        self.paid = self._column("paid")
        first = pc.equal(self._column("tier"), 1)
        above = pa.concat_arrays([pa.nulls(1, self.paid.type), self.paid.slice(0, self.count - 1)])
        self.before = pc.if_else(first, pa.nulls(self.count, self.paid.type), above)

    def _target_of(self, quota: str) -> Decimal:
        """The target that examples of a quota are made with."""
        return middle(self._targets(self.plan.quota(quota).name)) or EXAMPLE_QUOTA

    @property
    def count(self) -> int:
        found: int = self.rows.num_rows
        return found

    def _column(self, name: str) -> pa.Array:
        return self.rows.column(name).combine_chunks()

    def _targets(self, name: str) -> list[Decimal]:
        if self.history is None:
            return []
        coming = [one.amount for one in self.history.coming if one.quota == name and one.amount > 0]
        return coming or list(self.history.target_of(name).values())

    @cached_property
    def order(self) -> Decimal | None:
        """The usual size of an order, in what bounds are compared with."""
        if self.history is None:
            return None
        of = self.plan.measure(self.rates.subject) if self.rates.subject else self.measure
        return order_size(self.plan, of, self.history)

    @cached_property
    def base(self) -> Decimal | None:
        """What is paid on where another measure chooses the row: the middle of what is known."""
        if self.rates.subject is None:
            return None
        known = self.history.values_of(self.plan, self.measure) if self.history else ()
        return middle([one.value for one in known if one.value > 0]) or EXAMPLE_QUOTA

    @cached_property
    def under(self) -> Under:
        return sold_under(self.plan, self.component, self.laid, self.history)

    # --- what a row pays --------------------------------------------------------------------------

    def bound(self, row: Mapping[str, Any], target: Decimal | None = None) -> Decimal:
        """Where a row begins, in amounts."""
        lower: Decimal = row["lower"]
        if self.rates.on != "attainment":
            return lower
        return EXACT.multiply(lower, target if target is not None else self.target or ZERO)

    def pay(self, row: Mapping[str, Any], rate: Decimal, target: Decimal | None = None) -> Decimal:
        """What is paid at a row's beginning by a rate: on the whole amount that stands there."""
        if self.rates.value == "amount":
            return rate
        on = self.base if self.base is not None else self.bound(row, target)
        return EXACT.multiply(on, rate)

    def sides(
        self, row: Mapping[str, Any], target: Decimal | None = None
    ) -> tuple[Decimal, Decimal]:
        """What is paid just below a row's beginning and at it, as if all were sold under its key:
        within cap and floor, and nothing where the condition does not hold.
        """
        below, above = (
            self.limits.within(self.pay(row, row[name], target)) for name in ("before", "paid")
        )
        least, at = self.limits.least, self.bound(row, target)
        if least is not None:
            below = ZERO if at <= least else below
            above = ZERO if at < least else above
        return below, above

    def jump(self, row: Mapping[str, Any], target: Decimal | None = None) -> Decimal:
        """By how much pay changes at a row's beginning."""
        if row["before"] is None:
            return ZERO
        below, above = self.sides(row, target)
        return EXACT.subtract(above, below)

    @cached_property
    def _jumps(self) -> pa.Array:
        """The same of every row at once."""
        at = self._bounds
        on: Any = at if self.base is None else pa.scalar(self.base, _WIDE)
        above, below = (self._paid_on(one, on) for one in (self.paid, self.before))
        least = self.limits.least
        if least is not None:
            floor = pa.scalar(least.quantize(_TWELVE, context=EXACT), _WIDE)
            nothing = pa.scalar(ZERO, _LIMITED)
            above = pc.if_else(pc.less(at, floor), nothing, above)
            below = pc.if_else(pc.less_equal(at, floor), nothing, below)
            below = pc.if_else(pc.is_null(self.before), pa.scalar(None, _LIMITED), below)
        found: pa.Array = pc.subtract(above, below)
        return found

    @cached_property
    def _bounds(self) -> pa.Array:
        """Where the rows begin, in amounts."""
        at = pc.cast(self._column("lower"), _WIDE)
        if self.rates.on != "attainment":
            return at
        target = pa.scalar(self.target, pa.decimal256(37, 4))
        return pc.cast(pc.multiply(at, target), _WIDE, safe=False)

    def _paid_on(self, paid: pa.Array, on: Any) -> pa.Array:
        """What rates, or amounts, pay on some value, within cap and floor."""
        if self.rates.value == "amount":
            found = pc.cast(pc.cast(paid, _PAID), _LIMITED)
        else:
            found = pc.cast(pc.multiply(pc.cast(paid, pa.decimal256(37, 8)), on), _LIMITED)
        if self.limits.cap is not None:
            cap = pa.scalar(self.limits.cap, _LIMITED)
            found = pc.if_else(pc.greater(found, cap), cap, found)
        if self.limits.floor is not None:
            floor = pa.scalar(self.limits.floor, _LIMITED)
            found = pc.if_else(pc.less(found, floor), floor, found)
        return found

    def worst(self, test: pa.Array, size: pa.Array, *, least: bool = False) -> Worst | None:
        """The rows that a test is true of, those with the greatest size (or the least) first."""
        where = pc.indices_nonzero(pc.fill_null(test, fill_value=False))
        if not len(where):
            return None
        of = pa.table({"size": size.take(where), "row": self._column("row").take(where)})
        order = "ascending" if least else "descending"
        first = pc.sort_indices(of, sort_keys=[("size", order), ("row", "ascending")])[:NAMED]
        places = where.take(first)
        named = self.rows.append_column("before", self.before).take(places).to_pylist()
        keys = pc.count_distinct(self._column("entry").take(where)).as_py()
        return Worst(len(where), keys, tuple(named))

    # --- people -----------------------------------------------------------------------------------

    @cached_property
    def _known(self) -> dict[int, list[dict[str, Any]]]:
        """The rows of the keys that somebody is known to have sold under."""
        entries = {one.entry for one in self.under.sold}
        entry = self._column("entry")
        wanted = pc.is_in(entry, pa.array(sorted(entries), entry.type))
        rows = self.rows.append_column("before", self.before).filter(wanted)
        found: dict[int, list[dict[str, Any]]] = {}
        for row in rows.to_pylist():
            found.setdefault(row["entry"], []).append(row)
        return found

    def _people_below(self, *, falls: bool) -> tuple[str, ...]:
        """Those who once ended less than one order below a row at which pay jumps, or falls."""
        found: set[str] = set()
        for one in self.under.sold if self.order is not None else ():
            for row in self._known[one.entry]:
                jump, bound = self.jump(row, one.target), self.bound(row, one.target)
                counts = jump < -self.minor if falls else jump > self.minor
                if counts and self.order is not None and bound - self.order <= one.value < bound:
                    found.add(one.payee)
        return tuple(sorted(found))

    def _people_in(self, test: Any) -> tuple[str, ...]:
        """Those who once ended in a row of a kind."""
        found: set[str] = set()
        for one in self.under.sold:
            rows = self._known[one.entry]
            at = [row for row in rows if self.bound(row, one.target) <= one.value] or rows[:1]
            if test(rows, at[-1]):
                found.add(one.payee)
        return tuple(sorted(found))

    def _people_of_none(self) -> tuple[str, ...]:
        nothing = {
            entry for entry, rows in self._known.items() if not any(row["paid"] for row in rows)
        }
        return tuple(sorted({one.payee for one in self.under.sold if one.entry in nothing}))

    def _more_than_slices(self) -> Decimal | None:
        """What the whole amount paid more than the same rows by slices, in the known periods."""
        together = self.together
        if together is None:
            return None
        more = ZERO
        for sold in together.values():
            whole, sliced = (
                self.limits.paid(self._sum(sold, reading), self._value(sold))
                for reading in ("whole", "slice")
            )
            more += whole - sliced
        return round_to(more, self.plan.digits, self.plan.policies.rounding_mode)

    @cached_property
    def together(self) -> dict[tuple[str, Any], list[Sold]] | None:
        """What each payee sold under all keys in a period; None where that is not known, or the
        component earns the difference of two periods.
        """
        by_key = self.rates.on == "amount" and self.imported.counts == "each"
        unit = windows.window_of(self.plan, self.component)
        longer = windows.is_longer(self.plan, unit) and self.limits.any
        if not by_key or longer or not self.under.sold:
            return None
        found: dict[tuple[str, Any], list[Sold]] = {}
        for one in self.under.sold:
            found.setdefault((one.payee, one.period), []).append(one)
        return found

    def _sum(self, sold: Sequence[Sold], reading: str | None = None) -> Decimal:
        """What the rows earn together, before cap, floor and condition."""
        return sum((self._paid_for(one, reading or self.rates.reading) for one in sold), ZERO)

    def _value(self, sold: Sequence[Sold]) -> Decimal:
        return sum((one.value for one in sold), ZERO)

    def _paid_for(self, one: Sold, reading: str) -> Decimal:
        upper = self.plan.policies.boundary == "upper"
        rows = self._known[one.entry]
        places = [
            place
            for place, row in enumerate(rows)
            if not place or (one.value >= row["lower"] if upper else one.value > row["lower"])
        ]
        if self.rates.value == "amount":
            return Decimal(rows[places[-1]]["paid"])
        if reading == "whole":
            return EXACT.multiply(one.value, rows[places[-1]]["paid"])
        paid = ZERO
        for place in places:
            row = rows[place]
            end = row["upper"] if place < places[-1] else one.value
            paid = EXACT.add(paid, EXACT.multiply(EXACT.subtract(end, row["lower"]), row["paid"]))
        return paid
