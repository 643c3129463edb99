"""The record of a goal: held while it changes, each change kept, and told to whom it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.urls import reverse

from paceline.goals.models import Goal, GoalChange
from paceline.kernel import audit
from paceline.live.actions import publish_all
from paceline.notifications.actions import notify
from paceline.org import queries as org
from paceline.org.models import Person

# What both sides agree to: a change of it needs their word again.
TERMS = (
    "name", "period", "owner", "measure", "unit", "currency", "start_value", "target", "direction",
    "weight",
)  # fmt: skip


class GoalIsClosed(Exception):
    """The goal was closed or given up; it changes no more."""


def locked(goal: Goal) -> Goal:
    """The goal as it is now, held until the transaction ends. Raises ``GoalIsClosed``."""
    found: Goal = (
        Goal.objects.select_for_update(of=("self",), no_key=True)
        .select_related("period", "owner")
        .get(pk=goal.pk)
    )
    if found.closed_at is not None:
        raise GoalIsClosed(found)
    return found


def terms_of(goal: Goal) -> dict[str, Any]:
    """What both sides agree to, as it is kept."""
    return {name: told(getattr(goal, name)) for name in TERMS}


def told(value: Any) -> Any:
    """A value as it is kept in a change: a related row by its id."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else value


def note(
    goal: Goal,
    before: Mapping[str, Any],
    *,
    reason: str = "",
    by: Person | None,
    at: datetime,
    act: str = "goal_changed",
) -> None:
    """Raise the version, keep what changed and why, and leave an audit line. The caller saves."""
    goal.version += 1
    goal.changed_at = at
    after = {name: told(getattr(goal, name)) for name in before}
    GoalChange.objects.create(
        goal=goal, version=goal.version, terms=goal.terms, before=dict(before), after=after,
        reason=reason.strip(), by=by, at=at,
    )  # fmt: skip
    audit.record(act, subject=goal, by=by, at=at, before=before, after=after, reason=reason)


def hint(goal: Goal, kind: str) -> None:
    """Tell open pages that show the goal, alone or among others."""
    publish_all(["goals", f"goal:{goal.pk}"], kind, str(goal.pk))


def leads_of(goal: Goal, on: date) -> list[Person]:
    """Who leads the owner on a day: whom they report to, or the next above who works here."""
    lead = None if goal.owner is None else org.nearest_above(goal.owner, on)
    return [] if lead is None else [lead]


def tell(
    goal: Goal, people: Iterable[Person], sentence: str, *, by: Person | None, at: datetime
) -> None:
    """Those of the people who may see the goal; never whoever acts."""
    others = {one.pk: one for one in people if by is None or one.pk != by.pk}
    seeing = [
        one for one in others.values() if Goal.objects.visible_to(one).filter(pk=goal.pk).exists()
    ]
    if seeing:
        who = "Paceline" if by is None else by.name
        notify(
            recipients=seeing, kind=sentence, params={"who": who, "goal": goal.name},
            url=reverse("goals:goal", args=[goal.pk]), at=at,
        )  # fmt: skip
