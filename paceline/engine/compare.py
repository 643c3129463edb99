"""Why a payee's pay differs between two runs: the difference by cause, adding up exactly.

The earlier inputs and plan become the later ones one cause after the other, in the order of
`CAUSES`; after each the engine calculates anew. What a cause is worth is what its replacement adds,
so the parts telescope: together they are the difference, of every component and of the statement.
Another order would divide the same difference otherwise (docs/explanation.md).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.comparison.changes import Change, ChangedRows, Changes
from paceline.engine.comparison.circle import Circle, circle_of
from paceline.engine.comparison.clauses import at_later_rates
from paceline.engine.comparison.dates import (
    Overlay,
    common_period,
    reading_original_days,
    reading_targets,
    worked_targets,
)
from paceline.engine.comparison.mixing import (
    OTHERS,
    TEAM_TARGETS,
    Belonging,
    Given,
    Mixture,
    Rows,
)
from paceline.engine.comparison.narrow import TooManyLines, narrow
from paceline.engine.database import reused_database
from paceline.engine.errors import EngineError, InputInvalid, PayeeUnknown, PlanInvalid
from paceline.engine.hashing import hash_text
from paceline.engine.ledger.told import decided_by_others
from paceline.engine.needs import needs
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.run import calculate_part
from paceline.engine.shape import empty_table
from paceline.engine.tables import QUOTAS, Tables
from paceline.engine.trace import reached_lines

LINES = ("lines_added", "lines_removed", "lines_changed")
CAUSES = (
    "people",
    "hierarchies",
    "teams",
    "owners",
    "leaves",
    *LINES,
    "returns",
    "splits",
    "figures",
    "quota",
    TEAM_TARGETS,
    "coalitions",
    OTHERS,
    "exchange_rates",
    "rate_rows",
    "rates",
    "clauses",
)
# Between two periods no line stays, so what came and went is one cause.
CAUSES_OF_PERIODS = (
    *CAUSES[: CAUSES.index("lines_added")],
    "lines",
    *CAUSES[CAUSES.index("returns") :],
)
CALENDAR = "calendar"  # what the days of two periods do by themselves, such as to windows
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
        self.sides: tuple[Side, ...] = (earlier, later)
        self.connection = connection
        self.period = common_period(earlier.period, later.period)
        self.is_alone = False
        try:
            self.circle = self._circle()
            self.narrowed = self._narrow()
        except TooManyLines:  # what others decide, too, is then left to the rest
            self.is_alone = True
            self.sides = tuple(
                dataclasses.replace(side, plan=_without_others(side.plan)) for side in self.sides
            )
            self.circle = self._circle(alone=True)
            self.narrowed = self._narrow()
        overlays = (Overlay(earlier.period, self.period), Overlay(later.period, self.period))
        self.is_same_period = all(overlay.is_same for overlay in overlays)
        # What is left of both sides is little.
        self.database = connection or reused_database(Tables({}), threads=1)
        self.belonging = Belonging(
            self.circle.own,
            frozenset(self._reached()),
            self.circle.teams,
            self.circle.peer_teams,
        )
        self.mixture = Mixture(
            self._given(0, overlays[0]),
            self._given(1, overlays[1]),
            self.belonging,
        )

    def _circle(self, *, alone: bool = False) -> Circle:
        """Those who matter on either side, under either plan."""
        plans = [side.plan for side in self.sides]
        one, other = (
            circle_of(plans, side.tables, side.period, self.payee_id, alone=alone)
            for side in self.sides
        )
        return one | other

    def _narrow(self) -> tuple[Rows, Rows]:
        """Both sides, with the same people; a line that one side has is asked of the other too."""

        def narrowed(place: int, ids: pa.Array | None = None) -> Rows:
            side, other = self.sides[place], self.sides[1 - place]
            return narrow(
                side.plan,
                side.tables,
                side.period,
                self.payee_id,
                also=(other.plan,),
                circle=self.circle,
                line_ids=ids,
                connection=self.connection or reused_database(side.tables),
            )

        earlier, later = narrowed(0), narrowed(1)
        if self.sides[0].period == self.sides[1].period:
            ids = [rows["order_lines"].column("line_id") for rows in (earlier, later)]
            lacking = [
                one.filter(pc.invert(pc.is_in(one, other))) for one, other in (ids, ids[::-1])
            ]
            if len(lacking[1]):
                earlier = narrowed(0, lacking[1].combine_chunks())
            if len(lacking[0]):
                later = narrowed(1, lacking[0].combine_chunks())
        return earlier, later

    def _given(self, place: int, overlay: Overlay) -> Given:
        """One side with the days that matter under either plan."""
        side, rows = self.sides[place], self.narrowed[place]
        plans = [one.plan for one in self.sides]
        starts = rows["assignments"].column("starts_on") if "assignments" in rows else []
        earliest = pc.min(starts).as_py() if len(starts) else None
        found = [needs(plan, side.period, earliest) for plan in plans]
        since = min(one.days_from for one in found)
        days = (min(one.targets[0] for one in found), max(one.targets[1] for one in found))
        if self.is_same_period:
            is_clipped = not any(quota.is_worked_out for plan in plans for quota in plan.quotas)
            return Given(rows, overlay, since, days, is_clipped)
        return Given(rows, overlay, since, days, targets=self._targets(place))

    def _targets(self, place: int) -> dict[str, pa.Table]:
        """The targets of one side's own period as rows of the common one, by the cause that
        replaces them.
        """
        side, rows = self.sides[place], self.narrowed[place]
        found: dict[str, list[pa.Table]] = {"quota": [], TEAM_TARGETS: [], OTHERS: []}
        own = pa.array(sorted(self.circle.own), pa.string())
        for quota, targets in worked_targets(side.plan, side.period, rows, self.period):
            mine = pc.is_in(targets.column("payee_id"), own)
            cause = TEAM_TARGETS if quota.per == "team" else "quota"
            found[cause].append(targets.filter(mine))
            found[OTHERS].append(targets.filter(pc.invert(mine)))
        empty = empty_table(QUOTAS)
        return {cause: pa.concat_tables([empty, *parts]) for cause, parts in found.items()}

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
        real = (self._real(0, first), self._real(1, None if waiting else before))
        if not waiting and not self.is_same_period:
            parts += self._calendar(real, first, before)
        earlier, later = known or real
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

    def _calendar(
        self, real: tuple[Amounts, Amounts], first: Amounts | None, last: Amounts | None
    ) -> list[Part]:
        """What is left between the runs of two periods and their moved days: windows that look at
        more than the period begin elsewhere.
        """
        if first is None or last is None:
            return []
        left = {
            name: first.get(name, ZERO)
            - real[0].get(name, ZERO)
            + real[1].get(name, ZERO)
            - last.get(name, ZERO)
            for name in self._names(first, last, *real)
        }
        return [Part((CALENDAR,), left, Changes())] if any(left.values()) else []

    def _differs(self, cause: str) -> bool:
        """Whether the cause replaces anything at all; if not, nothing is calculated for it."""
        earlier, later = (side.plan for side in self.sides)
        if earlier.hash == later.hash and cause in {"rates", "clauses"}:
            return False
        if cause == "rates":
            return self.at_later_rates is not None and self.at_later_rates.hash != earlier.hash
        if cause == "clauses":
            return self.at_later_rates is None or self.at_later_rates.hash != later.hash
        return any(map(self.mixture.differs, LINES if cause == "lines" else (cause,)))

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
        return plan if self.is_same_period else reading_targets(reading_original_days(plan))

    @cached_property
    def at_later_rates(self) -> Plan | None:
        """The earlier plan at the later rates; None where the mixture is no plan."""
        earlier, later = (side.plan for side in self.sides)
        if earlier.hash == later.hash:
            return earlier
        try:
            mixed = at_later_rates(earlier, later)
            return _without_others(mixed) if self.is_alone else mixed
        except PlanInvalid:
            return None

    def _real(self, place: int, found: Amounts | None) -> Amounts:
        """A side as its own run calculates it; between periods that is not the moved one."""
        if self.is_same_period and found is not None:
            return found
        side = self.sides[place]
        return self._calculate(side.plan, self.narrowed[place], side.period)

    def _calculate(self, plan: Plan, rows: Rows, period: Period) -> Amounts:
        return calculate_part(plan, rows, period, self.database).earned_by(self.payee_id)

    def _reached(self) -> set[str]:
        """The lines that count for the payee on either side."""
        reached: set[str] = set()
        for side, rows in zip(self.sides, self.narrowed, strict=True):
            try:
                reached |= reached_lines(
                    side.plan, Tables(rows), side.period, self.payee_id, connection=self.database
                )
            except PayeeUnknown:
                continue
        return reached

    def _changed_rows(self) -> ChangedRows:
        earlier, later = self.sides
        return ChangedRows(
            self.mixture, (earlier.plan, later.plan), rates_apart=self.at_later_rates is not None
        )


def _without_others(plan: Plan) -> Plan:
    """The plan without the components that what other payees did decides, too."""
    left = decided_by_others(plan)
    kept = tuple(one for one in plan.components if one.id not in left)
    return dataclasses.replace(plan, components=kept, hash=hash_text(f"{plan.hash} alone"))


def _together(found: Iterable[Changes]) -> Changes:
    listed = list(found)
    rows = [row for one in listed for row in one.rows]
    return Changes(tuple(rows), sum(one.count for one in listed))


__all__ = [
    "CALENDAR",
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
