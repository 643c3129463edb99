"""Findings where cap, floor and condition of a component meet what its rows pay.

Amounts are what one key pays alone, as everywhere beside rows; who is concerned is told by what all
keys of a known period came to together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.lint.findings import Finding, Mend, Severity
from paceline.engine.lint.mends import without_cap, without_condition, without_floor
from paceline.engine.lint.rate_rows.kinds import CLIFF, Looking
from paceline.engine.lint.rate_rows.rows import PRODUCT, ZERO, Worst
from paceline.engine.money import EXACT, round_to
from paceline.engine.plan.model import Component, Plan

_CANDIDATES = 200  # rows whose turning point is worked out, to name the worst
_FOURTH = Decimal("0.0001")
_WIDE = pa.decimal256(38, 12)
_MONEY = pa.decimal256(75, 20)


@dataclass(frozen=True)
class _Limit:
    """How a finding of a limit is told, and on which side of it a key pays what it says."""

    code: str
    name: str
    at: str  # the amount at which it begins, as the words name it
    which: str
    begins: Any
    evidence: tuple[str, ...]
    without: Callable[[Plan, Component], Mend | None]


_CAP = _Limit(
    "rates_capped", "cap", "at", "lowest", pc.greater_equal, ("misra-nair-2011",), without_cap
)
_FLOOR = _Limit(
    "rates_floored", "floor", "to", "highest", pc.greater, ("chung-2014",), without_floor
)


class Limited(Looking):
    """What limits do to what the rows pay, one after the other."""

    def gates(self) -> Iterator[Finding]:
        """Where the condition begins to hold, the row that is reached there pays at once."""
        least = self.limits.least
        if least is None or least <= 0:
            return
        at = pa.scalar(least, _WIDE)
        holds = pc.and_(pc.less_equal(self._bounds, at), pc.greater(self._filled_ends(at), at))
        paid = self._within(self._pays_at(at))
        if self.rates.reading == "whole":  # where a row begins just there it is its own cliff
            begins = pc.and_(pc.equal(self._bounds, at), pc.greater(self._column("tier"), 1))
            holds = pc.and_(holds, pc.invert(begins))
        found = self.worst(pc.and_(holds, pc.greater(paid, pa.scalar(self.minor, PRODUCT))), paid)
        if found is None:
            return
        jump = paid[found.rows[0]["row"] - 1].as_py()
        amounts = {"at": least, "jump": self._rounded(jump)}
        if self.order is not None:
            amounts["order"] = self.order
        yield self._finding(
            "rates_gate", "serious" if self.rates.value == "rate" else "warning", found,
            amounts | self._quota(), self._below_gate(least), CLIFF,
            without_condition(self.plan, self.component),
        )  # fmt: skip

    def capped(self) -> Iterator[Finding]:
        """From where the cap is all that a key earns, another sale earns nothing more."""
        cap = self.limits.cap
        if cap is not None:
            people = self._people(lambda paid: paid >= cap)
            yield from self._limited(_CAP, cap, people, "warning" if people else "note")

    def floored(self) -> Iterator[Finding]:
        """Up to where the floor is all that a key earns, what is sold does not matter."""
        floor = self.limits.floor
        if floor is not None and floor > 0:
            people = self._people(lambda paid: paid <= floor)
            yield from self._limited(_FLOOR, floor, people, "warning")

    def _limited(
        self, told: _Limit, limit: Decimal, people: tuple[str, ...], severity: Severity
    ) -> Iterator[Finding]:
        """Where what a key pays comes to a limit, of all keys the farthest from its other side."""
        bound = pa.scalar(limit, _MONEY)
        over = pc.or_(told.begins(self._starts, bound), pc.greater(self._ends, bound))
        found = self._turn(over, limit, told.which)
        if found is None:
            return
        worst, at = found
        amounts = {told.at: at, told.name: limit} | self._quota()
        yield self._finding(
            told.code, severity, worst, amounts, people, told.evidence,
            told.without(self.plan, self.component),
        )  # fmt: skip

    # --- what a key pays along its rows -----------------------------------------------------------

    @cached_property
    def _uppers(self) -> pa.Array:
        """Where the rows end, in amounts; empty in the last of a key."""
        at = pc.cast(self._column("upper"), _WIDE)
        if self.rates.on != "attainment":
            return at
        target = pa.scalar(self.target, pa.decimal256(37, 4))
        return pc.cast(pc.multiply(at, target), _WIDE, safe=False)

    def _filled_ends(self, at: pa.Scalar) -> pa.Array:
        return pc.coalesce(self._uppers, pc.add(at, pa.scalar(Decimal(1), _WIDE)))

    def _rate_on(self, values: Any) -> pa.Array:
        return pc.cast(pc.multiply(pc.cast(self.paid, pa.decimal256(37, 8)), values), _MONEY)

    @cached_property
    def _flat(self) -> pa.Array | None:
        """What a row pays all along, where that does not grow with what bounds are compared with:
        an amount, or a rate on another measure.
        """
        if self.rates.value == "amount":
            return pc.cast(pc.cast(self.paid, pa.decimal256(36, 8)), _MONEY)
        return None if self.base is None else self._rate_on(pa.scalar(self.base, _WIDE))

    @cached_property
    def _starts(self) -> pa.Array:
        """What is paid where each row begins: of slices what lies below it."""
        if self._flat is not None:
            return self._flat
        if self.rates.reading == "whole":
            return self._rate_on(self._bounds)
        width = pc.subtract(self._uppers, self._bounds)
        own = pc.coalesce(self._rate_on(pc.cast(width, _WIDE)), pa.scalar(ZERO, _MONEY))
        return pc.cast(pc.subtract(self._summed(own), own), _MONEY)

    @cached_property
    def _ends(self) -> pa.Array:
        """What is paid where each row ends; without end where the last pays for every sale."""
        if self._flat is not None:
            return self._flat
        if self.rates.reading == "whole":
            ends = self._rate_on(self._uppers)
        else:
            width = pc.cast(pc.subtract(self._uppers, self._bounds), _WIDE)
            ends = pc.cast(pc.add(self._starts, self._rate_on(width)), _MONEY)
        endless = pa.scalar(Decimal(10) ** 40, _MONEY)
        pays = pc.greater(self.paid, pa.scalar(ZERO, self.paid.type))
        return pc.coalesce(ends, pc.if_else(pays, endless, self._starts))

    def _summed(self, own: pa.Array) -> pa.Array:
        """Sums over the rows of each key, from below: those of one, two, four … rows joined."""
        tier, count, step = self._column("tier"), self.count, 1
        most = pc.max(tier).as_py() or 0
        while step < most:
            nothing = pa.array([ZERO] * min(step, count), own.type)
            shifted = pa.concat_arrays([nothing, own.slice(0, max(count - step, 0))])
            inside = pc.greater(tier, step)
            more = pc.if_else(inside, shifted, pa.scalar(ZERO, own.type))
            own = pc.cast(pc.add(own, more), own.type)
            step *= 2
        return own

    def _pays_at(self, at: pa.Scalar) -> pa.Array:
        """What each row pays at a value that lies in it."""
        if self._flat is not None:
            return self._flat
        if self.rates.reading == "whole":
            return self._rate_on(at)
        width = pc.cast(pc.subtract(at, self._bounds), _WIDE)
        return pc.cast(pc.add(self._starts, self._rate_on(width)), _MONEY)

    def _within(self, paid: pa.Array) -> pa.Array:
        for limit, test in ((self.limits.cap, pc.greater), (self.limits.floor, pc.less)):
            if limit is not None:
                bound = pa.scalar(limit, _MONEY)
                paid = pc.if_else(test(paid, bound), bound, paid)
        return paid

    def _turn(self, over: pa.Array, limit: Decimal, which: str) -> tuple[Worst, Decimal] | None:
        """The first rows of keys in which pay comes to a limit, with where the worst does; of keys
        in which pay falls again, or is no more than the condition asks, nothing is told.
        """
        entry = self._column("entry")
        falls = pc.less(self.paid, pc.coalesce(self.before, self.paid))
        if self.rates.reading == "slice":
            falls = pc.less(self.paid, pa.scalar(ZERO, self.paid.type))
        fallen = pc.is_in(entry, pc.unique(entry.filter(pc.fill_null(falls, fill_value=False))))
        held = pa.table({"entry": entry.filter(over), "row": self._column("row").filter(over)})
        first = held.group_by("entry").aggregate([("row", "min")]).column("row_min")
        is_first = pc.is_in(self._column("row"), first.combine_chunks())
        turns = pc.and_(is_first, pc.invert(fallen))
        where = pc.indices_nonzero(turns)
        if not len(where):
            return None
        lowest = which == "lowest"
        orders = ("ascending", "descending") if lowest else ("descending", "ascending")
        of = pa.table({"lower": self._bounds.take(where), "paid": self.paid.take(where)})
        keys = list(zip(("lower", "paid"), orders, strict=True))
        chosen = where.take(pc.sort_indices(of, sort_keys=keys)[:_CANDIDATES])
        rows = self.rows.append_column("before", self.before).take(chosen).to_pylist()
        found = [(self._reaches(row, limit), row["row"], row) for row in rows]
        least = self.limits.least or ZERO
        found = [(max(at, least), place, row) for at, place, row in found if lowest or at > least]
        if not found:
            return None
        found.sort(key=lambda one: (one[0] if lowest else -one[0], one[1]))
        named = tuple(row for _, _, row in found[:5])
        count = len(where) if len(where) > _CANDIDATES else len(found)
        return Worst(count, count, named), found[0][0]

    def _reaches(self, row: Mapping[str, Any], limit: Decimal) -> Decimal:
        """From where in a row pay comes to a limit, to the fourth decimal upwards."""
        lower, paid = self.bound(row), row["paid"]
        start = self._starts[row["row"] - 1].as_py()
        if start >= limit or self._flat is not None:
            return lower
        if self.rates.reading == "whole":
            return max(lower, _upwards(limit, paid))
        return EXACT.add(lower, _upwards(EXACT.subtract(limit, start), paid))

    # --- people -----------------------------------------------------------------------------------

    def _people(self, test: Any) -> tuple[str, ...]:
        """Those of whom a known period's pay of all keys together, before limits, is so."""
        least = self.limits.least
        return tuple(
            sorted(
                {
                    payee
                    for (payee, _), sold in (self.together or {}).items()
                    if test(self._sum(sold)) and (least is None or self._value(sold) >= least)
                }
            )
        )

    def _below_gate(self, least: Decimal) -> tuple[str, ...]:
        """Those who once ended less than one order below the condition."""
        if self.order is None:
            return ()
        stood = [(payee, self._value(sold)) for (payee, _), sold in (self.together or {}).items()]
        near = {payee for payee, value in stood if least - self.order <= value < least}
        return tuple(sorted(near))

    # --- words ------------------------------------------------------------------------------------

    def _rounded(self, amount: Decimal) -> Decimal:
        return round_to(amount, self.plan.digits, self.plan.policies.rounding_mode)

    def _quota(self) -> dict[str, Decimal]:
        return {"quota": self.target or ZERO} if self.rates.on == "attainment" else {}


def _upwards(amount: Decimal, rate: Decimal) -> Decimal:
    return EXACT.divide(amount, rate).quantize(_FOURTH, ROUND_CEILING, EXACT)
