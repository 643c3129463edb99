"""Who reports to whom, and the closure that every right over other people is read from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection, transaction

from paceline.org.actions.succession import Place, require_days
from paceline.org.models import Person, ReportingLine, ReportingPath

DEPTH_MAX = 30

MANAGER = Place(ReportingLine, "manager", taken="reporting_line_set", left="reporting_line_ended")

# Every chain upwards from the given people, each with the days on which all of its links counted.
_CLOSURE = """
WITH RECURSIVE path(ancestor_id, descendant_id, depth, days) AS (
    SELECT line.manager_id, line.person_id, 1, daterange(line.starts_on, line.ends_before)
      FROM org_reportingline line
     WHERE line.person_id = ANY(%(people)s)
    UNION ALL
    SELECT line.manager_id, path.descendant_id, path.depth + 1,
           path.days * daterange(line.starts_on, line.ends_before)
      FROM path
      JOIN org_reportingline line ON line.person_id = path.ancestor_id
       AND daterange(line.starts_on, line.ends_before) && path.days
     WHERE path.depth < %(depth)s
)
INSERT INTO org_reportingpath (ancestor_id, descendant_id, depth, starts_on, ends_before)
SELECT ancestor_id, descendant_id, depth, lower(days), upper(days)
  FROM path
 ORDER BY descendant_id, lower(days), depth
"""


class ReportingCircle(Exception):
    """Somebody would report to themselves, directly or over others.

    ``people`` is the circle in reporting order, beginning and ending with the same person.
    """

    def __init__(self, people: Sequence[Person]) -> None:
        super().__init__(" → ".join(str(person) for person in people))
        self.people = tuple(people)


class ReportingTooDeep(Exception):
    """The chain of managers would be longer than ``DEPTH_MAX``."""


def lock_reporting() -> None:
    """One change of reporting lines at a time: two at once could close a circle between them."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE org_reportingline IN SHARE ROW EXCLUSIVE MODE")


@transaction.atomic
def set_reporting_line(
    *,
    person: Person,
    manager: Person,
    starts_on: date,
    by: Person | None,
    at: datetime,
    ends_before: date | None = None,
    reason: str = "",
) -> ReportingLine:
    """Let a person report to a manager from a day on; the line before ends there.

    The same fact said twice changes nothing. Raises ``ReportingCircle`` or ``Overlaps``.
    """
    require_days(starts_on, ends_before)
    lock_reporting()
    _refuse_circle(person, manager, starts_on, ends_before)
    return MANAGER.take(
        person,
        manager,
        starts_on=starts_on,
        ends_before=ends_before,
        by=by,
        at=at,
        reason=reason,
        after_writing=lambda: _rebuild_within_depth(person),
    )


@transaction.atomic
def end_reporting_line(
    *, person: Person, ends_before: date, by: Person, at: datetime, reason: str = ""
) -> None:
    """From a day on a person reports to nobody."""
    lock_reporting()
    MANAGER.leave(
        person,
        ends_before=ends_before,
        by=by,
        at=at,
        reason=reason,
        after_writing=lambda: rebuild_paths(person),
    )


def _rebuild_within_depth(person: Person) -> None:
    rebuild_paths(person)
    if ReportingPath.objects.filter(depth__gte=DEPTH_MAX).exists():
        raise ReportingTooDeep(person)


def rebuild_paths(*people: Person) -> None:
    """Compute the closure anew for these people and all who were ever below them.

    Without arguments for everyone.
    """
    everyone = not people
    ids = {person.pk for person in people}
    if everyone:
        ids = set(ReportingLine.objects.values_list("person_id", flat=True))
        ReportingPath.objects.all().delete()
    else:
        below = ReportingPath.objects.filter(ancestor__in=ids)
        ids |= set(below.values_list("descendant_id", flat=True))
        ReportingPath.objects.filter(descendant__in=ids).delete()
    with connection.cursor() as cursor:
        cursor.execute(_CLOSURE, {"people": sorted(ids), "depth": DEPTH_MAX})


def _refuse_circle(
    person: Person, manager: Person, starts_on: date, ends_before: date | None
) -> None:
    """The circle closes if the manager is below the person on some of these days."""
    if manager.pk == person.pk:
        raise ReportingCircle([person, person])
    closing = (
        ReportingPath.objects.filter(ancestor=person, descendant=manager)
        .during(starts_on, ends_before)
        .order_by("starts_on")
        .first()
    )
    if closing is None:
        return
    day = max(closing.starts_on, starts_on)
    chain = (
        ReportingPath.objects.filter(descendant=manager, depth__lte=closing.depth)
        .on(day)
        .select_related("ancestor")
        .order_by("depth")
    )
    raise ReportingCircle([person, manager, *(path.ancestor for path in chain)])
