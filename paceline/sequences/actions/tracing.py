"""Lines of the trace, planning the next step, and the end. Part of the actions that call them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from paceline.crm import actions as crm
from paceline.live.actions import publish_all
from paceline.org.models import Person
from paceline.sequences.actions.telling import tell_ended
from paceline.sequences.models import Ended, Enrolment, Line, Step, What
from paceline.sequences.queries.people import Staff

AGAIN = timedelta(days=1)


def trace(enrolment: Enrolment, what: What, at: datetime, **more: Any) -> Line:
    """One line of the trace."""
    return Line.objects.create(enrolment=enrolment, what=what, at=at, **more)


def plan(enrolment: Enrolment, step: Step, staff: Staff) -> None:
    """Set when the next step is due: on a day on which whoever does it works, in their zone. Where
    nobody is there who could do it, it is looked at again a day later."""
    person, _why = staff.doer(step, enrolment.record)
    due = None
    if person is not None:
        calendar = staff.calendar(person, enrolment.record.team_id)
        due = calendar.due_at(enrolment.counted_from, step.days, step.counting, staff.at)
    enrolment.next_step, enrolment.next_at = step, due or staff.at + AGAIN


def announce(enrolments: Iterable[Enrolment]) -> None:
    """Tell the pages that show these customers or their sequences."""
    topics = [f"{one.kind}:{getattr(one, f'{one.kind}_id')}" for one in enrolments]
    publish_all(["sequences", *dict.fromkeys(topics)], "sequence")


def end(
    enrolments: Iterable[Enrolment], why: Ended, *, by: Person | None, at: datetime
) -> list[Enrolment]:
    """End some that are locked; tasks that nobody did are taken back, as the trace says."""
    rows = list(enrolments)
    for one in rows:
        take_back_tasks(one, at)
        one.ended_at, one.ended_why, one.ended_by = at, why, by
        one.next_at = None
        one.save(update_fields=["ended_at", "ended_why", "ended_by", "next_at"])
        trace(one, What.ENDED, at, why=why, person=by)
    announce(rows)
    tell_ended(rows, at, why=why)
    return rows


def take_back_tasks(enrolment: Enrolment, at: datetime) -> int:
    """Tasks of an enrolment that are not done go; how many they were."""
    made = Line.objects.filter(
        enrolment=enrolment, what=What.MADE, activity__isnull=False, activity__done_at__isnull=True
    )
    count = 0
    for line in made.select_related("activity"):
        activity: Any = line.activity
        trace(enrolment, What.TAKEN_BACK, at, step_id=line.step_id, person=line.person)
        crm.remove_activity(activity=activity, by=None, at=at)
        count += 1
    return count
