"""Where a goal hangs: below which other, and in which order. One move at a time."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max, Min, QuerySet

from paceline.goals.actions import record
from paceline.goals.models import Goal
from paceline.org.models import Person

GAP = 1024
DEPTH_MAX = 12
SQL_LOCK = "SELECT pg_advisory_xact_lock(hashtext('goals_tree'))"


class GoalCircle(Exception):
    """The goal would serve itself, over others."""


class TooDeep(Exception):
    """Goals hang at most ``DEPTH_MAX`` below one another."""


class ParentIsClosed(Exception):
    """Nothing new hangs below a goal that was closed."""


def hold() -> None:
    """Hold the whole tree until the transaction ends: two moves could close a circle together."""
    with connection.cursor() as cursor:
        cursor.execute(SQL_LOCK)


def place_last(goal: Goal, parent: Goal | None) -> None:
    """Hang a new goal below all others of a parent; the caller holds the tree and saves."""
    if parent is not None:
        _refuse_parent(parent, below=0)
    goal.parent = parent
    last = _siblings(goal.period_id, parent).aggregate(last=Max("rank"))["last"]
    goal.rank = 0 if last is None else int(last) + GAP


@transaction.atomic
def move_goal(
    *, goal: Goal, parent: Goal | None, after: Goal | None = None, by: Person | None, at: datetime
) -> Goal:
    """Hang a goal below another, right after a sibling, or as the first without one.

    Nothing of what was agreed changes, so nobody has to agree again; the move is kept. Raises
    ``GoalCircle``, ``TooDeep``, ``ParentIsClosed`` and ``GoalIsClosed``.
    """
    hold()
    found = record.locked(goal)
    if parent is not None:
        if parent.pk == found.pk or found.pk in above(parent):
            raise GoalCircle(found)
        _refuse_parent(parent, below=_height(found))
    before = {"parent": found.parent_id}
    found.parent = parent
    found.rank = _rank_after(found, parent, after)
    if before["parent"] == found.parent_id:
        found.save(update_fields=["rank"])
        record.hint(found, "moved")
        return found
    record.note(found, before, by=by, at=at, act="goal_moved")
    found.save(update_fields=["parent", "rank", "version", "changed_at"])
    record.hint(found, "moved")
    return found


def above(goal: Goal) -> list[int]:
    """The goals that a goal serves, the nearest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE up AS ("
            " SELECT parent_id, 1 AS level FROM goals_goal WHERE id = %s UNION ALL"
            " SELECT g.parent_id, up.level + 1 FROM goals_goal g JOIN up ON g.id = up.parent_id"
            " WHERE up.level < 100)"
            " SELECT parent_id FROM up WHERE parent_id IS NOT NULL ORDER BY level",
            [goal.pk],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _height(goal: Goal) -> int:
    """How many levels hang below a goal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE down AS ("
            " SELECT id, 0 AS level FROM goals_goal WHERE id = %s UNION ALL"
            " SELECT g.id, down.level + 1 FROM goals_goal g JOIN down ON g.parent_id = down.id"
            " WHERE down.level < 100)"
            " SELECT max(level) FROM down",
            [goal.pk],
        )
        (height,) = cursor.fetchone()
    return int(height or 0)


def _refuse_parent(parent: Goal, *, below: int) -> None:
    if Goal.objects.filter(pk=parent.pk, closed_at__isnull=False).exists():
        raise ParentIsClosed(parent)
    if len(above(parent)) + 2 + below > DEPTH_MAX:
        raise TooDeep(parent)


def _siblings(period_id: int, parent: Goal | None) -> QuerySet[Goal]:
    """Goals below the same parent; at the top, those of the same period."""
    rows = Goal.objects.filter(parent=parent)
    return rows.filter(period=period_id) if parent is None else rows


def _rank_after(goal: Goal, parent: Goal | None, after: Goal | None) -> int:
    others = _siblings(goal.period_id, parent).exclude(pk=goal.pk)
    if after is None:
        first = others.aggregate(first=Min("rank"))["first"]
        return 0 if first is None else int(first) - GAP
    for _attempt in range(2):
        known = others.filter(pk=after.pk).values_list("rank", flat=True).first()
        if known is None:  # it went elsewhere meanwhile: to the end
            last = others.aggregate(last=Max("rank"))["last"]
            return 0 if last is None else int(last) + GAP
        following = others.filter(rank__gt=known).aggregate(next=Min("rank"))["next"]
        if following is None:
            return int(known) + GAP
        if following - known > 1:
            return int(known) + (int(following) - int(known)) // 2
        _renumber(goal.period_id, parent)
    raise AssertionError(goal)


def _renumber(period_id: int, parent: Goal | None) -> None:
    """Give siblings ranks with gaps again, their order unchanged."""
    rows = list(_siblings(period_id, parent).order_by("rank", "pk"))
    for place, row in enumerate(rows):
        row.rank = place * GAP
    Goal.objects.bulk_update(rows, ["rank"])
