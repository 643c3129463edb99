"""What follows here when a customer answers or is erased."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from paceline.crm import sequels
from paceline.crm.models import Activity, Direction
from paceline.crm.sequels import Moment
from paceline.org.models import Person
from paceline.sequences import actions


def register() -> None:
    """Called once at start."""
    sequels.add(Moment.ACTIVITY_WRITTEN, activity_written)
    sequels.add_forgetting(actions.forget)


def activity_written(*, activity: Activity, by: Person | None, at: datetime) -> None:  # noqa: ARG001
    """An answer stops at once what stops by an answer."""
    if activity.direction != Direction.IN:
        return
    theirs = Q(pk__in=())
    for kind in ("company", "contact", "lead"):
        pk = getattr(activity, f"{kind}_id")
        if pk is not None:
            theirs |= Q(**{kind: pk})
    actions.end_met(at=at, of=theirs)
