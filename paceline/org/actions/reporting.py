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
#
# A lead who leaves takes their own line along (``end_employment``), and their team keeps theirs to
# them. Whoever led them would lose sight of that team on the same day, so a line that ended on the
# day on which its person's employment did carries on for those below: until the person is employed
# again, or has a line again. The one who left is not below anybody by it: a chain never begins
# with such a bridge. Where one would close a circle (somebody of the team leads the manager above
# by now) it does not count: two people would stand above one another.
#
# ``known`` is everybody above on any day, so that a change for one person stays small; ``around``
# are the ways from the top of a bridge upwards, to see which come back to its foot.
_CLOSURE = """
WITH RECURSIVE known(person_id) AS (
    SELECT unnest(%(people)s::bigint[])
     UNION
    SELECT line.manager_id FROM known JOIN org_reportingline line USING (person_id)
), line AS (
    SELECT person_id, manager_id, starts_on, ends_before, daterange(starts_on, ends_before) AS days
      FROM org_reportingline JOIN known USING (person_id)
), bridge AS (
    SELECT line.person_id, line.manager_id,
           daterange(line.ends_before, LEAST(
               (SELECT min(later.starts_on) FROM org_employment later
                 WHERE later.person_id = line.person_id AND later.starts_on > line.ends_before),
               (SELECT min(later.starts_on) FROM line later
                 WHERE later.person_id = line.person_id AND later.starts_on >= line.ends_before)
           )) AS days
      FROM line
     WHERE EXISTS (SELECT FROM org_employment job
                    WHERE job.person_id = line.person_id AND job.ends_before = line.ends_before)
       AND NOT EXISTS (SELECT FROM org_employment job
                        WHERE job.person_id = line.person_id
                          AND daterange(job.starts_on, job.ends_before) @> line.ends_before)
), link AS (
    SELECT person_id, manager_id, days FROM line
     UNION ALL
    SELECT person_id, manager_id, days FROM bridge WHERE NOT isempty(days)
), around(foot, person_ids, days) AS (
    SELECT person_id, ARRAY[manager_id], days FROM bridge WHERE NOT isempty(days)
     UNION ALL
    SELECT around.foot, link.manager_id || around.person_ids, around.days * link.days
      FROM around
      JOIN link ON link.person_id = around.person_ids[1] AND link.days && around.days
     WHERE around.foot <> around.person_ids[1]
       AND NOT link.manager_id = ANY(around.person_ids)
       AND cardinality(around.person_ids) <= %(depth)s
), step AS (
    SELECT person_id, manager_id, days FROM line
     UNION ALL
    SELECT bridge.person_id, bridge.manager_id,
           unnest(datemultirange(bridge.days) - COALESCE(
               (SELECT range_agg(around.days) FROM around
                 WHERE around.foot = bridge.person_id
                   AND around.person_ids[1] = bridge.person_id), '{}'))
      FROM bridge WHERE NOT isempty(bridge.days)
), path(ancestor_id, descendant_id, depth, days) AS (
    SELECT manager_id, person_id, 1, days
      FROM line
     WHERE person_id = ANY(%(people)s)
     UNION ALL
    SELECT step.manager_id, path.descendant_id, path.depth + 1, path.days * step.days
      FROM path
      JOIN step ON step.person_id = path.ancestor_id AND step.days && path.days
     WHERE path.depth < %(depth)s
)
INSERT INTO org_reportingpath (ancestor_id, descendant_id, depth, starts_on, ends_before)
SELECT ancestor_id, descendant_id, depth, lower(days), upper(days)
  FROM path
 ORDER BY descendant_id, lower(days), depth
"""

# Everybody whose chain may lead over the given people, on any day.
_BELOW = """
WITH RECURSIVE below(person_id) AS (
    SELECT unnest(%(people)s::bigint[])
     UNION
    SELECT line.person_id
      FROM below JOIN org_reportingline line ON line.manager_id = below.person_id
)
SELECT person_id FROM below
"""

# The first chain from a manager up to a person, on some of the days.
_CIRCLE = """
WITH RECURSIVE up(person_ids, days) AS (
    SELECT ARRAY[%(manager)s::bigint], daterange(%(starts_on)s, %(ends_before)s)
     UNION ALL
    SELECT up.person_ids || line.manager_id,
           up.days * daterange(line.starts_on, line.ends_before)
      FROM up
      JOIN org_reportingline line ON line.person_id = up.person_ids[cardinality(up.person_ids)]
       AND daterange(line.starts_on, line.ends_before) && up.days
     WHERE line.person_id <> %(person)s
)
SELECT person_ids FROM up
 WHERE person_ids[cardinality(person_ids)] = %(person)s
 ORDER BY lower(days), cardinality(person_ids)
 LIMIT 1
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
def take_over_reports(
    *,
    lead: Person,
    manager: Person,
    starts_on: date,
    by: Person,
    at: datetime,
    reason: str = "",
) -> list[Person]:
    """Let everybody who reports to a lead on a day report to somebody else from then on.

    Whoever does it is left out, and so is the new manager. Returns those who have a new line;
    raises what ``set_reporting_line`` does, and then nobody has.
    """
    lock_reporting()
    lines = ReportingLine.objects.filter(manager=lead).on(starts_on)
    lines = lines.exclude(person__in=[by, manager]).select_related("person")
    moved = []
    for line in lines.order_by("person__name"):
        set_reporting_line(
            person=line.person,
            manager=manager,
            starts_on=starts_on,
            ends_before=line.ends_before,
            by=by,
            at=at,
            reason=reason,
        )
        moved.append(line.person)
    return moved


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
    with connection.cursor() as cursor:
        if people:
            cursor.execute(_BELOW, {"people": [person.pk for person in people]})
            ids = {pk for (pk,) in cursor.fetchall()}
            ReportingPath.objects.filter(descendant__in=ids).delete()
        else:
            ids = set(ReportingLine.objects.values_list("person_id", flat=True))
            ReportingPath.objects.all().delete()
        cursor.execute(_CLOSURE, {"people": sorted(ids), "depth": DEPTH_MAX})


def _refuse_circle(
    person: Person, manager: Person, starts_on: date, ends_before: date | None
) -> None:
    """The circle closes if the manager is below the person on some of these days.

    By the lines themselves: a bridge over somebody who has left gives way to a line.
    """
    if manager.pk == person.pk:
        raise ReportingCircle([person, person])
    days = {"starts_on": starts_on, "ends_before": ends_before}
    with connection.cursor() as cursor:
        cursor.execute(_CIRCLE, {"person": person.pk, "manager": manager.pk, **days})
        closing = cursor.fetchone()
    if closing is not None:
        people = Person.objects.in_bulk(closing[0])
        raise ReportingCircle([person, *(people[pk] for pk in closing[0])])
