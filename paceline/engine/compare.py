"""Why a payee's pay differs between two runs: the difference by cause, adding up exactly.

The earlier inputs and plan become the later ones one cause after the other, in the order of
`CAUSES`; after each the engine calculates anew. What a cause is worth is what its replacement adds,
so the parts telescope: together they are the difference, of every component and of the statement.
Another order would divide the same difference otherwise (docs/explanation.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.comparison.changes import Change, ChangedRows, Changes
from paceline.engine.comparison.clauses import at_later_rates
from paceline.engine.comparison.dates import Overlay, common_period, reading_original_days
from paceline.engine.comparison.mixing import Mixture, Rows, attribute_types
from paceline.engine.comparison.narrow import narrow, people_below
from paceline.engine.database import open_database
from paceline.engine.errors import EngineError, InputInvalid, PayeeUnknown, PlanInvalid
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.run import calculate
from paceline.engine.shape import shape_of
from paceline.engine.tables import Tables
from paceline.engine.trace import reached_lines

LINES = ("lines_added", "lines_removed", "lines_changed")
CAUSES = ("people", *LINES, "returns", "splits", "quota", "exchange_rates", "rates", "clauses")
# Between two periods no line stays, so what came and went is one cause.
CAUSES_OF_PERIODS = ("people", "lines", *CAUSES[CAUSES.index("returns") :])
UNEXPLAINED = "unexplained"
ZERO = Decimal(0)

Amounts = Mapping[str, Decimal]


class CurrenciesDiffer(EngineError):
    """The two plans pay in different currencies; there is no difference to divide."""


@dataclass(frozen=True)
class Side:
    """One run of a plan: its text, its tables and its period."""

    plan: Plan
    tables: Tables
    period: Period


@dataclass(frozen=True)
class Part:
    """What one cause is worth, component by component, and the rows that it consists of.

    `causes` names several when the inputs between them cannot be calculated, such as a split whose
    shares fit only the later lines. `unexplained` is what the engine cannot take apart.
    """

    causes: tuple[str, ...]
    amounts: Amounts
    changes: Changes

    @property
    def amount(self) -> Decimal:
        return sum(self.amounts.values(), ZERO)

    @property
    def has_effect(self) -> bool:
        return any(self.amounts.values())


@dataclass(frozen=True)
class Difference:
    """One payee's difference between two runs. The parts add up to later less earlier."""

    payee_id: str
    currency: str
    earlier: Amounts
    later: Amounts
    parts: tuple[Part, ...]

    @property
    def amount(self) -> Decimal:
        return sum(self.later.values(), ZERO) - sum(self.earlier.values(), ZERO)


def compare(
    payee_id: str,
    earlier: Side,
    later: Side,
    *,
    known: tuple[Amounts, Amounts] | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Difference:
    """The difference of one payee's components between two runs, by cause.

    `known` are the components as the two runs paid them; what the calculation here does not come to
    is then told as `unexplained` instead of being left out. A payee who is not in a run has nothing
    there. Raises CurrenciesDiffer, and InputInvalid when the tables cannot be read.
    """
    if earlier.plan.currency != later.plan.currency:
        raise CurrenciesDiffer(f"{earlier.plan.currency} and {later.plan.currency}")
    return _Comparing(payee_id, earlier, later, connection).execute(known)


class _Comparing:
    def __init__(
        self,
        payee_id: str,
        earlier: Side,
        later: Side,
        connection: duckdb.DuckDBPyConnection | None,
    ) -> None:
        self.payee_id = payee_id
        self.sides = (earlier, later)
        self.connection = connection
        self.people: set[str] = set()
        self.period = common_period(earlier.period, later.period)
        self.narrowed = self._narrow()
        overlays = (Overlay(earlier.period, self.period), Overlay(later.period, self.period))
        self.is_same_period = all(overlay.is_same for overlay in overlays)
        self.mixture = Mixture(*self.narrowed, overlays)
        self.database = connection or open_database(Tables({}))

    def _narrow(self) -> tuple[Rows, Rows]:
        """Both sides, with the same people; a line that one side has is asked of the other too."""
        plans = [side.plan for side in self.sides]
        rolls_up = any(shape_of(plan).rolls_up for plan in plans)
        for side in self.sides:
            self.people |= people_below(
                side.plan, side.tables, side.period, self.payee_id, rolls_up=rolls_up
            )

        def narrowed(side: Side, ids: pa.Array | None = None) -> Rows:
            return narrow(
                side.plan,
                side.tables,
                side.period,
                self.payee_id,
                attributes=attribute_types(*plans),
                people=self.people,
                line_ids=ids,
                connection=self.connection,
            )

        earlier, later = (narrowed(side) for side in self.sides)
        if self.sides[0].period == self.sides[1].period:
            ids = [rows["order_lines"].column("line_id") for rows in (earlier, later)]
            lacking = [
                one.filter(pc.invert(pc.is_in(one, other))) for one, other in (ids, ids[::-1])
            ]
            if len(lacking[1]):
                earlier = narrowed(self.sides[0], lacking[1].combine_chunks())
            if len(lacking[0]):
                later = narrowed(self.sides[1], lacking[0].combine_chunks())
        return earlier, later

    def execute(self, known: tuple[Amounts, Amounts] | None) -> Difference:
        """Replace cause after cause; what cannot be calculated between two is told together."""
        rows = self._changed_rows()
        order = CAUSES if self.is_same_period else CAUSES_OF_PERIODS
        done: set[str] = set()
        first = before = self._state(done)
        parts: list[Part] = []
        waiting: list[str] = []
        for cause in order:
            done |= set(LINES) if cause == "lines" else {cause}
            if not self._differs(cause):
                continue
            waiting.append(cause)
            after = self._state(done)
            if after is None or before is None:
                continue
            part = self._part(waiting, before, after, rows)
            if part.has_effect or part.changes.count:
                parts.append(part)
            before, waiting = after, []
        earlier, later = known or (self._real(0, first), self._real(1, None if waiting else before))
        parts += self._rest(earlier, later, parts, waiting, rows)
        names = self._names(earlier, later)
        return Difference(
            self.payee_id,
            self.sides[1].plan.currency,
            {name: earlier.get(name, ZERO) for name in names},
            {name: later.get(name, ZERO) for name in names},
            tuple(parts),
        )

    def _names(self, *amounts: Amounts) -> list[str]:
        listed = [
            component.id for side in reversed(self.sides) for component in side.plan.components
        ]
        return list(dict.fromkeys([*listed, *(name for one in amounts for name in one)]))

    def _part(self, causes: list[str], before: Amounts, after: Amounts, rows: ChangedRows) -> Part:
        amounts = {
            name: after.get(name, ZERO) - before.get(name, ZERO)
            for name in self._names(before, after)
        }
        return Part(tuple(causes), amounts, _together(rows.of(cause) for cause in causes))

    def _rest(
        self,
        earlier: Amounts,
        later: Amounts,
        parts: list[Part],
        waiting: list[str],
        rows: ChangedRows,
    ) -> list[Part]:
        """What the steps do not come to: the causes still waiting, else what is not explained."""
        left = {
            name: later.get(name, ZERO)
            - earlier.get(name, ZERO)
            - sum((part.amounts.get(name, ZERO) for part in parts), ZERO)
            for name in self._names(earlier, later)
        }
        if waiting:
            return [Part(tuple(waiting), left, _together(rows.of(cause) for cause in waiting))]
        return [Part((UNEXPLAINED,), left, Changes())] if any(left.values()) else []

    def _differs(self, cause: str) -> bool:
        """Whether the cause replaces anything at all; if not, nothing is calculated for it."""
        earlier, later = (side.plan for side in self.sides)
        if earlier.hash == later.hash and cause in {"rates", "clauses"}:
            return False
        if cause == "rates":
            return self.at_later_rates is not None and self.at_later_rates.hash != earlier.hash
        if cause == "clauses":
            return self.at_later_rates is None or self.at_later_rates.hash != later.hash
        parts = set(LINES) if cause == "lines" else {cause}
        before = self.mixture.tables(set())
        after = self.mixture.tables(parts)
        return any(not _same(before.get(name), after.get(name)) for name in {**before, **after})

    def _state(self, done: Iterable[str]) -> Amounts | None:
        """The components when the parts in `done` are the later ones; None if that is no input."""
        wanted = frozenset(done)
        try:
            plan = self._plan(wanted)
            return self._calculate(plan, self.mixture.tables(wanted), self.period)
        except InputInvalid:
            return None

    def _plan(self, done: frozenset[str]) -> Plan:
        earlier, later = (side.plan for side in self.sides)
        if "clauses" in done:
            plan = later
        else:
            plan = (self.at_later_rates or earlier) if "rates" in done else earlier
        return plan if self.is_same_period else reading_original_days(plan)

    @cached_property
    def at_later_rates(self) -> Plan | None:
        """The earlier plan at the later rates; None where the mixture is no plan."""
        earlier, later = (side.plan for side in self.sides)
        try:
            return at_later_rates(earlier, later)
        except PlanInvalid:
            return None

    def _real(self, place: int, found: Amounts | None) -> Amounts:
        """A side as its own run calculates it; between periods that is not the moved one."""
        if self.is_same_period and found is not None:
            return found
        side = self.sides[place]
        return self._calculate(side.plan, self.narrowed[place], side.period)

    def _calculate(self, plan: Plan, rows: Rows, period: Period) -> Amounts:
        tables = Tables(rows)
        hashes = {name: ["narrowed"] for name in tables.sources}
        results = calculate(plan, tables, period, connection=self.database, input_hashes=hashes)
        return {
            row["component"]: row["earned"]
            for row in results.rows("earnings")
            if row["payee_id"] == self.payee_id
        }

    def _changed_rows(self) -> ChangedRows:
        reached: set[str] = set()
        for side, rows in zip(self.sides, self.narrowed, strict=True):
            try:
                reached |= reached_lines(
                    side.plan, Tables(rows), side.period, self.payee_id, connection=self.database
                )
            except PayeeUnknown:
                continue
        earlier, later = self.sides
        return ChangedRows(
            self.mixture,
            (earlier.plan, later.plan),
            reached,
            self.people,
            rates_apart=self.at_later_rates is not None,
        )


def _same(before: object, after: object) -> bool:
    return bool(before == after) if (before is None) == (after is None) else False


def _together(found: Iterable[Changes]) -> Changes:
    listed = list(found)
    rows = [row for one in listed for row in one.rows]
    return Changes(tuple(rows), sum(one.count for one in listed))


__all__ = [
    "CAUSES",
    "CAUSES_OF_PERIODS",
    "UNEXPLAINED",
    "Change",
    "Changes",
    "CurrenciesDiffer",
    "Difference",
    "Part",
    "Side",
    "compare",
]
