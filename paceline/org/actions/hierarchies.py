"""Named hierarchies: making one, and who stands below whom in it on which days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from paceline.kernel import audit
from paceline.org.actions.reporting import DEPTH_MAX
from paceline.org.actions.seats import CodeTaken
from paceline.org.actions.succession import (
    NothingToEnd,
    days,
    end_row,
    make_room,
    require_days,
)
from paceline.org.models import Hierarchy, HierarchyLine, Person

# Every chain from the given people up (or down) of which all links count on one day at least.
_CHAINS = """
WITH RECURSIVE chain(people, days) AS (
    SELECT ARRAY[%(start)s::bigint], daterange(%(starts_on)s::date, %(ends_before)s::date)
    UNION ALL
    SELECT chain.people || line.{far},
           chain.days * daterange(line.starts_on, line.ends_before)
      FROM chain
      JOIN org_hierarchyline line ON line.hierarchy_id = %(hierarchy)s
       AND line.{near} = chain.people[cardinality(chain.people)]
       AND daterange(line.starts_on, line.ends_before) && chain.days
     WHERE cardinality(chain.people) <= %(depth)s AND line.{far} <> ALL (chain.people)
)
SELECT people FROM chain
"""
_UPWARDS = _CHAINS.format(near="person_id", far="manager_id")
_DOWNWARDS = _CHAINS.format(near="manager_id", far="person_id")


class HierarchyCircle(Exception):
    """Somebody would stand below themselves; ``people`` is the circle, closed."""

    def __init__(self, people: Sequence[Person]) -> None:
        super().__init__(" → ".join(str(person) for person in people))
        self.people = tuple(people)


class HierarchyTooDeep(Exception):
    """More than ``DEPTH_MAX`` people would stand above one another."""


def lock_hierarchies() -> None:
    """One change at a time: two at once could close a circle between them."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE org_hierarchyline IN SHARE ROW EXCLUSIVE MODE")


@transaction.atomic
def add_hierarchy(*, code: str, name: str, by: Person | None, at: datetime) -> Hierarchy:
    """Name a hierarchy. Plans know it by its code, which never changes. Raises ``CodeTaken``."""
    if Hierarchy.objects.filter(code=code).exists():
        raise CodeTaken(code)
    hierarchy = Hierarchy.objects.create(code=code, name=name)
    audit.record(
        "hierarchy_added", subject=hierarchy, by=by, at=at, after={"code": code, "name": name}
    )
    return hierarchy


@transaction.atomic
def rename_hierarchy(
    *, hierarchy: Hierarchy, name: str, by: Person, at: datetime, reason: str = ""
) -> Hierarchy:
    """Call a hierarchy something else; its code stays."""
    before = {"name": hierarchy.name}
    if before["name"] == name:
        return hierarchy
    hierarchy.name = name
    hierarchy.save(update_fields=["name"])
    after = {"name": name}
    audit.record(
        "hierarchy_renamed",
        subject=hierarchy,
        by=by,
        at=at,
        before=before,
        after=after,
        reason=reason,
    )
    return hierarchy


@transaction.atomic
def place_below(
    *,
    hierarchy: Hierarchy,
    person: Person,
    manager: Person,
    starts_on: date,
    by: Person | None,
    at: datetime,
    ends_before: date | None = None,
    reason: str = "",
) -> HierarchyLine:
    """Let a person stand below another from a day on; the place before ends there.

    The same fact said twice changes nothing. Raises ``HierarchyCircle``, ``HierarchyTooDeep`` or
    ``Overlaps``; then nothing changed.
    """
    require_days(starts_on, ends_before)
    lock_hierarchies()
    rows = HierarchyLine.objects.filter(hierarchy=hierarchy, person=person)
    given = {"manager": manager, "starts_on": starts_on, "ends_before": ends_before}
    same: HierarchyLine | None = rows.filter(**given).first()
    if same is not None:
        return same
    former = make_room(rows.select_related("manager"), starts_on, ends_before)
    _refuse_circle(hierarchy, person, manager, (starts_on, ends_before))
    line: HierarchyLine = HierarchyLine.objects.create(hierarchy=hierarchy, person=person, **given)
    audit.record(
        "placed_in_hierarchy",
        subject=person,
        by=by,
        at=at,
        before=None if not isinstance(former, HierarchyLine) else {"manager": str(former.manager)},
        after={"hierarchy": hierarchy.code, "manager": str(manager), **days(line)},
        reason=reason,
    )
    return line


@transaction.atomic
def end_place(
    *, line: HierarchyLine, ends_before: date, by: Person, at: datetime, reason: str = ""
) -> None:
    """End a place the day before ``ends_before``. Raises ``NothingToEnd``."""
    lock_hierarchies()
    row = HierarchyLine.objects.select_related("hierarchy", "person", "manager").get(pk=line.pk)
    if row.ends_before is not None and row.ends_before <= ends_before:
        raise NothingToEnd(row)
    told = {"hierarchy": row.hierarchy.code, "manager": str(row.manager), **days(row)}
    person = row.person
    end_row(row, ends_before)
    audit.record(
        "hierarchy_place_ended",
        subject=person,
        by=by,
        at=at,
        before=told,
        after={"hierarchy": told["hierarchy"], "ends_before": ends_before},
        reason=reason,
    )


def _refuse_circle(
    hierarchy: Hierarchy, person: Person, manager: Person, span: tuple[date, date | None]
) -> None:
    """The circle closes if the person stands above the manager on some of these days."""
    if manager.pk == person.pk:
        raise HierarchyCircle([person, person])
    above = _chains(_UPWARDS, hierarchy, manager, span)
    closing = next((chain for chain in above if chain[-1] == person.pk), None)
    if closing is not None:
        known = Person.objects.in_bulk(closing)
        raise HierarchyCircle([person, *(known[pk] for pk in closing)])
    below = _chains(_DOWNWARDS, hierarchy, person, span)
    if len(above[-1]) + len(below[-1]) > DEPTH_MAX:
        raise HierarchyTooDeep(person)


def _chains(
    query: str, hierarchy: Hierarchy, start: Person, span: tuple[date, date | None]
) -> list[list[int]]:
    """The chains from one person on, the longest last."""
    values: dict[str, Any] = {
        "start": start.pk,
        "hierarchy": hierarchy.pk,
        "starts_on": span[0],
        "ends_before": span[1],
        "depth": DEPTH_MAX,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return sorted((people for (people,) in cursor.fetchall()), key=len)
