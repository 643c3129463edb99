"""Periods of goals: made known, renamed, and moved without losing what was checked in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from paceline.goals.actions.figures import ReasonMissing
from paceline.goals.actions.goals import read_anew
from paceline.goals.models import Cadence, Goal, GoalChange, GoalPeriod
from paceline.kernel import audit
from paceline.live.actions import publish
from paceline.org.models import Person


class PeriodNameTaken(Exception):
    """There is a period with this name."""


class PeriodEndsBeforeItBegins(Exception):
    """The end must come after the start."""


class PeriodChangedMeanwhile(Exception):
    """Somebody else changed the period since it was read."""


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    """A period: its name, its days (half-open), and how often one checks in."""

    name: str
    starts_on: date
    ends_before: date
    cadence: Cadence = Cadence.WEEKLY


@transaction.atomic
def add_period(*, facts: PeriodFacts, by: Person | None, at: datetime) -> GoalPeriod:
    """Make a period known. Raises ``PeriodNameTaken`` and ``PeriodEndsBeforeItBegins``."""
    period = GoalPeriod(created_by=by, created_at=at)
    _set(period, facts)
    _save(period)
    audit.record("goal_period_added", subject=period, by=by, at=at, after=_told(period))
    publish("goals", "period")
    return period


@transaction.atomic
def change_period(
    *, period: GoalPeriod, facts: PeriodFacts, seen: int, reason: str, by: Person, at: datetime
) -> int:
    """Change a period; returns of how many goals the days moved.

    Check-ins stay as they are, those outside of the new days as well: they no longer count in the
    pace. Moved days are a change of every open goal and need agreement again. Raises
    ``PeriodChangedMeanwhile``, ``ReasonMissing``, ``PeriodNameTaken`` and
    ``PeriodEndsBeforeItBegins``.
    """
    found: GoalPeriod = GoalPeriod.objects.select_for_update().get(pk=period.pk)
    if found.version != seen:
        raise PeriodChangedMeanwhile(found)
    before = _told(found)
    _set(found, facts)
    after = _told(found)
    if before == after:
        return 0
    days = ("starts_on", "ends_before")
    is_moved = any(before[name] != after[name] for name in days)
    if is_moved and not reason.strip() and found.goals.exists():
        raise ReasonMissing(found)
    found.version += 1
    _save(found)
    moved = _move_goals(found, before, after, reason, by, at) if is_moved else 0
    audit.record(
        "goal_period_changed", subject=found, by=by, at=at, before=before, after=after,
        reason=reason,
    )  # fmt: skip
    publish("goals", "period")
    return moved


def _move_goals(
    period: GoalPeriod,
    before: dict[str, object],
    after: dict[str, object],
    reason: str,
    by: Person,
    at: datetime,
) -> int:
    rows = list(Goal.objects.select_for_update().filter(period=period).open().order_by("pk"))
    for goal in rows:
        goal.version += 1
        goal.terms += 1
        goal.changed_at = at
    Goal.objects.bulk_update(rows, ["version", "terms", "changed_at"], batch_size=1000)
    days = ("starts_on", "ends_before")
    GoalChange.objects.bulk_create(
        (
            GoalChange(
                goal=goal, version=goal.version, terms=goal.terms,
                before={name: str(before[name]) for name in days},
                after={name: str(after[name]) for name in days},
                reason=reason.strip(), by=by, at=at,
            )
            for goal in rows
        ),
        batch_size=1000,
    )  # fmt: skip
    if rows:
        read_anew(rows)
    return len(rows)


def _set(period: GoalPeriod, facts: PeriodFacts) -> None:
    if facts.ends_before <= facts.starts_on:
        raise PeriodEndsBeforeItBegins
    period.name = facts.name.strip()
    period.starts_on, period.ends_before = facts.starts_on, facts.ends_before
    period.cadence = facts.cadence


def _save(period: GoalPeriod) -> None:
    try:
        with transaction.atomic():
            period.save()
    except IntegrityError as error:
        raise PeriodNameTaken(period.name) from error


def _told(period: GoalPeriod) -> dict[str, object]:
    names = ("name", "starts_on", "ends_before", "cadence")
    return {name: getattr(period, name) for name in names}
