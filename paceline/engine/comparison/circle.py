"""Whose rows decide what one payee earns.

The payee's own lines do, and those of everybody below whose sales roll up. Where a team shares a
pool or a target, or people compete for prizes, the lines and figures of the others do, too; and so
do, for each of them, the lines of everybody below.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.inputs import open_inputs
from paceline.engine.ledger.rows import has_teams
from paceline.engine.needs import needs
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.shape import shape_of
from paceline.engine.tables import Tables

ABOVE = ("reporting", "hierarchies")  # who is above whom
Days = tuple[date, date]


@dataclass(frozen=True)
class Circle:
    """Those who matter for one payee.

    `own` are the payee and everybody below. `peers` are those whose figures are added up, shared
    out or compared with the payee's, the payee among them; `people` all whose lines may reach one
    of them. `teams` are those that the payee belongs to, `peer_teams` those of all peers.
    """

    own: frozenset[str]
    peers: frozenset[str]
    people: frozenset[str]
    teams: frozenset[str]
    peer_teams: frozenset[str]

    def __or__(self, other: Circle) -> Circle:
        return Circle(
            self.own | other.own,
            self.peers | other.peers,
            self.people | other.people,
            self.teams | other.teams,
            self.peer_teams | other.peer_teams,
        )

    @property
    def has_others(self) -> bool:
        """What others do decides a part of the payee's pay."""
        return len(self.peers) > 1


def circle_of(
    plans: Sequence[Plan], tables: Tables, period: Period, payee_id: str, *, alone: bool = False
) -> Circle:
    """The circle of a payee under all of the plans. With `alone`, only the payee's own.

    Raises InputInvalid when the tables cannot be read.
    """
    reading = _Reading(plans, tables, period)
    own = reading.below({payee_id})
    teams = reading.teams_of({payee_id})
    peers = {payee_id} if alone else reading.peers(payee_id, teams)
    people = reading.below(peers)
    if any(credit.to == "team" for plan in plans for credit in plan.credits):
        people |= reading.members_of(reading.teams_of(people))
    return Circle(
        frozenset(own),
        frozenset(peers),
        frozenset(people),
        frozenset(teams),
        frozenset(reading.teams_of(peers)),
    )


class _Reading:
    """The small tables that say who belongs to whom, in the days that the plans look at."""

    def __init__(self, plans: Sequence[Plan], tables: Tables, period: Period) -> None:
        self.plans = plans
        wanted = set(ABOVE) if any(shape_of(plan).rolls_up for plan in plans) else set()
        if any(_looks_at_teams(plan) for plan in plans):
            wanted.add("teams")
        if any(_competes(plan) for plan in plans):
            wanted.add("assignments")
        given = {name: tables.sources[name] for name in sorted(wanted) if name in tables}
        self.tables = open_inputs(plans[0], Tables(given)).tables if given else {}
        first = min(needs(plan, period).days_from for plan in plans)
        self.days = (first, period.ends_before)
        self.reports: dict[str, list[str]] = {}
        for name in ABOVE:
            for manager, payee in _held(self.tables, name, ("manager_id", "payee_id"), self.days):
                self.reports.setdefault(manager, []).append(payee)
        self.memberships = list(_held(self.tables, "teams", ("payee_id", "team"), self.days))

    def below(self, people: Iterable[str]) -> set[str]:
        """The people and everybody who reported to them, directly or further down."""
        found, open_ones = set(people), list(people)
        while open_ones:
            for name in self.reports.get(open_ones.pop(), ()):
                if name not in found:
                    found.add(name)
                    open_ones.append(name)
        return found

    def teams_of(self, people: Collection[str]) -> set[str]:
        return {team for name, team in self.memberships if name in people}

    def members_of(self, teams: Collection[str]) -> set[str]:
        return {name for name, team in self.memberships if team in teams}

    def peers(self, payee_id: str, teams: Collection[str]) -> set[str]:
        """Those who share pools or compete with the payee."""
        found = {payee_id}
        if any(has_teams(plan) for plan in self.plans):
            found |= self.members_of(teams)
        for plan in self.plans:
            for component in plan.components:
                if component.pool is not None and component.pool.stated:
                    found |= set().union(*(members for members, _ in component.pool.stated))
        slugs = {plan.slug for plan in self.plans if _competes(plan)}
        if slugs:
            names = ("plan", "payee_id")
            held = _held(self.tables, "assignments", names, self.days)
            found |= {payee for slug, payee in held if slug in slugs}
        return found


def _looks_at_teams(plan: Plan) -> bool:
    return (
        has_teams(plan)
        or any(quota.per == "team" for quota in plan.quotas)
        or any(credit.to == "team" for credit in plan.credits)
    )


def _competes(plan: Plan) -> bool:
    """Everybody in the plan competes for a prize."""
    return any(one.contest is not None and one.contest.among == "plan" for one in plan.components)


def _held(
    tables: Mapping[str, pa.Table], name: str, columns: Sequence[str], days: Days
) -> Iterable[tuple[str, ...]]:
    """Columns of the rows that hold on one of the days."""
    rows = tables.get(name)
    if rows is None:
        return []
    still = pc.fill_null(pc.greater(rows.column("ends_before"), days[0]), fill_value=True)
    held = rows.filter(pc.and_(pc.less(rows.column("starts_on"), days[1]), still))
    return zip(*(held.column(one).to_pylist() for one in columns), strict=True)
