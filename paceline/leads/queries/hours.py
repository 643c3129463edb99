"""When people and teams work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from paceline.kernel.periods import zone_named
from paceline.leads.hours import OFFICE, Hours
from paceline.leads.models import WorkingWeek
from paceline.org.models import Employment, Team, TeamMembership


def hours_of_team(team: Team | int, on: date) -> Hours:
    """The hours of a team: those it stated, else nine to six on weekdays where most of it works."""
    pk = team if isinstance(team, int) else team.pk
    stated = WorkingWeek.objects.filter(team_id=pk).first()
    zone = "" if stated is None else stated.time_zone
    return _hours(stated, zone or _usual_zone(pk, on))


def _usual_zone(team_id: int, on: date) -> str:
    """The zone in which most of a team works."""
    members = TeamMembership.objects.on(on).filter(team_id=team_id).values("person")
    zones = Employment.objects.on(on).filter(person__in=members).values_list("time_zone", flat=True)
    usual = Counter(zones.order_by("time_zone")).most_common(1)
    return usual[0][0] if usual else "UTC"


def _hours(stated: WorkingWeek | None, zone: str) -> Hours:
    if stated is None:
        return Hours(OFFICE, zone_named(zone))
    return Hours(stated.week, zone_named(zone), frozenset(stated.closed_on))


def hours_of_people(people: Iterable[int], team_id: int, on: date) -> dict[int, Hours]:
    """Each person's hours in their own zone: those they stated, else those of the team. Four
    queries."""
    ids = list(people)
    weeks: dict[int, Any] = {
        one.person_id: one for one in WorkingWeek.objects.filter(person_id__in=ids)
    }
    of_team = WorkingWeek.objects.filter(team_id=team_id).first()
    zones = dict(
        Employment.objects.on(on).filter(person_id__in=ids).values_list("person_id", "time_zone")
    )
    found = {}
    for pk in ids:
        stated = weeks.get(pk)
        zone = (stated.time_zone if stated is not None else "") or zones.get(pk, "UTC")
        found[pk] = _hours(stated or of_team, zone)
    return found
