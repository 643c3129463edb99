"""Assignments to positions, teams and people, followed to the payees behind them, day by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import BigIntegerField, DateField, Exists, F, OuterRef, Q, QuerySet, Value

from paceline.incentives.models import PlanAssignment
from paceline.org.models import Employment, Person, PositionHolding, Team, TeamMembership

Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class AssignedDays:
    """A plan pays a payee on the half-open days; cut to the period that was asked for."""

    plan_id: int
    person_id: int
    payee_number: str
    starts_on: date
    ends_before: date


def assigned_days(plans: Sequence[int], starts_on: date, ends_before: date) -> list[AssignedDays]:
    """Whom the plans pay inside the half-open days: a position through who held it, a team through
    who belonged to it or to a team below it, and everyone only while employed.

    Ranges of one payee may overlap when several assignments reach them. At most five queries.
    """
    window = (starts_on, ends_before)
    assignments = list(
        PlanAssignment.objects.filter(plan__in=plans).during(*window).select_related("person")
    )
    employed: dict[int, list[tuple[date, date | None]]] = defaultdict(list)
    numbers: dict[int, str] = {}
    works = Employment.objects.during(*window)
    for person, number, *stay in works.values_list("person_id", "person__number", *_DAYS):
        employed[person].append((stay[0], stay[1]))
        numbers[person] = number
    holdings = _by_key(
        PositionHolding.objects.during(*window).values_list("position_id", "person_id", *_DAYS)
    )
    members = _by_key(
        TeamMembership.objects.during(*window).values_list("team_id", "person_id", *_DAYS)
    )
    below = _teams_below() if any(one.team_id for one in assignments) else {}
    found = []
    for one in assignments:
        days = _cut((one.starts_on, one.ends_before), window)
        if days is None:
            continue
        reached: list[tuple[int, date, date | None]]
        if one.person_id:
            reached = [(one.person_id, *days)]
        elif one.position_id:
            reached = holdings.get(one.position_id, [])
        else:
            reached = [row for team in below[one.team_id] for row in members.get(team, [])]
        for person_id, first, before in reached:
            inside = _cut((first, before), days)
            for employment in employed.get(person_id, []) if inside else []:
                paid = _cut(employment, inside)  # type: ignore[arg-type]
                if paid is not None:
                    found.append(AssignedDays(one.plan_id, person_id, numbers[person_id], *paid))
    return found


def days_paid(
    person: Person, plans: Sequence[int], starts_on: date, ends_before: date
) -> list[AssignedDays]:
    """When the plans pay one person inside the half-open days. Two queries."""
    window = (starts_on, ends_before)
    # What the person was, in which team and position, and when, and how teams lie below one
    # another: one question to four tables.
    nothing = Value(0, BigIntegerField())
    kinds = (
        (Employment, "employment", nothing),
        (PositionHolding, "position", F("position_id")),
        (TeamMembership, "team", F("team_id")),
    )
    no_day = Value(None, DateField())
    tree = Team.objects.order_by().values_list(
        Value("tree"), F("id"), F("parent_id"), no_day, no_day
    )
    stays = (
        model.objects.filter(person=person).during(*window).order_by()
        .values_list(Value(kind), place, nothing, *_DAYS)
        for model, kind, place in kinds
    )  # fmt: skip
    places: dict[tuple[str, int], list[tuple[date, date | None]]] = defaultdict(list)
    parents: dict[int, int | None] = {}
    for kind, place, parent, since, before in tree.union(*stays, all=True):
        if kind == "tree":
            parents[place] = parent
        else:
            places[kind, place].append((since, before))
    above = {
        place: {place, *_teams_above(place, parents)} for kind, place in places if kind == "team"
    }
    rows = PlanAssignment.objects.filter(plan__in=plans).during(*window).filter(
        Q(person=person)
        | Q(position__in=[place for kind, place in places if kind == "position"])
        | Q(team__in={one for teams in above.values() for one in teams})
    )  # fmt: skip
    found = []
    for one in rows:
        if one.person_id:
            reached: list[tuple[date, date | None]] = [(one.starts_on, one.ends_before)]
        elif one.position_id:
            reached = places["position", one.position_id]
        else:
            reached = [
                days
                for team, over in above.items()
                if one.team_id in over
                for days in places["team", team]
            ]
        assigned = _cut((one.starts_on, one.ends_before), window)
        for days in reached:
            inside = None if assigned is None else _cut(days, assigned)
            for employment in places["employment", 0] if inside else ():
                paid = _cut(employment, inside)  # type: ignore[arg-type]
                if paid is not None:
                    found.append(AssignedDays(one.plan_id, person.pk, person.number, *paid))
    return found


def teams_paid(given: QuerySet[PlanAssignment]) -> list[int]:
    """The teams that some assignments name, and all that lie below them. One query."""
    named = Exists(given.filter(team=OuterRef("pk")))
    rows = list(Team.objects.order_by().values_list("id", "parent_id", named))
    parents = {team: parent for team, parent, _is_named in rows}
    roots = {team for team, _parent, is_named in rows if is_named}
    return [team for team in parents if not roots.isdisjoint({team, *_teams_above(team, parents)})]


def _teams_above(team: int, parents: Mapping[int, int | None]) -> list[int]:
    """Every team above one, the nearest first."""
    above: list[int] = []
    current = parents.get(team)
    while current is not None and current not in above:
        above.append(current)
        current = parents.get(current)
    return above


_DAYS = ("starts_on", "ends_before")


def _cut(days: tuple[date, date | None], window: Days) -> Days | None:
    first = max(days[0], window[0])
    before = window[1] if days[1] is None else min(days[1], window[1])
    return (first, before) if first < before else None


def _by_key(
    rows: Iterable[tuple[int, int, date, date | None]],
) -> dict[int, list[tuple[int, date, date | None]]]:
    found: dict[int, list[tuple[int, date, date | None]]] = defaultdict(list)
    for key, person_id, first, before in rows:
        found[key].append((person_id, first, before))
    return found


def _teams_below() -> dict[int, list[int]]:
    """Each team with itself and every team below it."""
    parents = dict(Team.objects.values_list("id", "parent_id"))
    below: dict[int, list[int]] = {team: [] for team in parents}
    for team in parents:
        for above in {team, *_teams_above(team, parents)}:
            below[above].append(team)
    return below
