"""Positions and teams, and who is in them on which days."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

from django.db import transaction

from paceline.kernel import audit
from paceline.org.actions.succession import Place
from paceline.org.models import (
    TEAM_DEPTH_MAX,
    Person,
    Position,
    PositionHolding,
    Team,
    TeamMembership,
)

POSITION = Place(PositionHolding, "position", taken="position_held", left="position_left")
TEAM = Place(TeamMembership, "team", taken="moved_to_team", left="team_left")


class CodeTaken(Exception):
    """Another position or team already has this code."""


class TeamCircle(Exception):
    """The team would lie below itself, or the tree would grow too deep."""


@transaction.atomic
def add_position(
    *,
    code: str,
    title: str,
    by: Person | None,
    at: datetime,
    level: str = "",
    job_family: str = "",
) -> Position:
    """Name a kind of seat that people can hold and plans can follow."""
    if Position.objects.filter(code=code).exists():
        raise CodeTaken(code)
    position = Position.objects.create(code=code, title=title, level=level, job_family=job_family)
    audit.record(
        "position_added",
        subject=position,
        by=by,
        at=at,
        after={"code": code, "title": title, "level": level, "job_family": job_family},
    )
    return position


@transaction.atomic
def hold_position(
    *,
    person: Person,
    position: Position,
    starts_on: date,
    by: Person | None,
    at: datetime,
    ends_before: date | None = None,
    reason: str = "",
) -> PositionHolding:
    """Give a person a position from a day on; the one held before ends there.

    The same fact said twice changes nothing. Raises ``Overlaps`` if a later position is in the way.
    """
    Person.objects.select_for_update().get(pk=person.pk)
    return POSITION.take(
        person, position, starts_on=starts_on, ends_before=ends_before, by=by, at=at, reason=reason
    )


@transaction.atomic
def leave_position(
    *, person: Person, ends_before: date, by: Person, at: datetime, reason: str = ""
) -> None:
    """End the position that a person holds the day before ``ends_before``."""
    POSITION.leave(person, ends_before=ends_before, by=by, at=at, reason=reason)


@transaction.atomic
def create_team(
    *, code: str, name: str, by: Person | None, at: datetime, parent: Team | None = None
) -> Team:
    """Create a team, at the top or below another one."""
    if Team.objects.filter(code=code).exists():
        raise CodeTaken(code)
    if parent is not None and len(_above(parent)) >= TEAM_DEPTH_MAX:
        raise TeamCircle(name)
    team = Team.objects.create(code=code, name=name, parent=parent)
    audit.record(
        "team_created",
        subject=team,
        by=by,
        at=at,
        after={"code": code, "name": name, "parent": str(parent or "")},
    )
    return team


@transaction.atomic
def change_team(
    *, team: Team, name: str, parent: Team | None, by: Person, at: datetime, reason: str = ""
) -> Team:
    """Rename a team or hang it elsewhere; a team never lies below itself."""
    # All teams are locked: two moves at once could otherwise close a circle between them.
    list(Team.objects.select_for_update().order_by("pk").values_list("pk", flat=True))
    team = Team.objects.select_related("parent").get(pk=team.pk)
    if parent is not None:
        above = _above(parent)
        if team.pk in above or len(above) + _levels_of(team) > TEAM_DEPTH_MAX:
            raise TeamCircle(team)
    before = {"name": team.name, "parent": str(team.parent or "")}
    after = {"name": name, "parent": str(parent or "")}
    if before == after:
        return team
    team.name, team.parent = name, parent
    team.save(update_fields=["name", "parent"])
    audit.record(
        "team_changed", subject=team, by=by, at=at, before=before, after=after, reason=reason
    )
    return team


@transaction.atomic
def move_to_team(
    *,
    person: Person,
    team: Team,
    starts_on: date,
    by: Person | None,
    at: datetime,
    ends_before: date | None = None,
    reason: str = "",
) -> TeamMembership:
    """Make a person a member of a team from a day on; the membership before ends there.

    The same fact said twice changes nothing. Raises ``Overlaps`` if a later move is in the way.
    """
    Person.objects.select_for_update().get(pk=person.pk)
    return TEAM.take(
        person, team, starts_on=starts_on, ends_before=ends_before, by=by, at=at, reason=reason
    )


@transaction.atomic
def leave_team(
    *, person: Person, ends_before: date, by: Person, at: datetime, reason: str = ""
) -> None:
    """End the membership that a person has the day before ``ends_before``."""
    TEAM.leave(person, ends_before=ends_before, by=by, at=at, reason=reason)


def _levels_of(team: Team) -> int:
    """How many levels a team makes with all that lie below it."""
    children: dict[int | None, list[int]] = defaultdict(list)
    for pk, parent_id in Team.objects.values_list("pk", "parent_id"):
        children[parent_id].append(pk)
    levels, level = 0, [team.pk]
    while level and levels <= TEAM_DEPTH_MAX:
        levels += 1
        level = [child for one in level for child in children[one]]
    return levels


def _above(team: Team) -> list[int]:
    """Ids of the team and of all teams above it."""
    parents = dict(Team.objects.values_list("pk", "parent_id"))
    chain: list[int] = []
    current: int | None = team.pk
    while current is not None and current not in chain:
        chain.append(current)
        current = parents.get(current)
    return chain
