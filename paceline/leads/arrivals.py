"""What follows here when a lead arrives, is moved, or somebody writes to it."""

from __future__ import annotations

from datetime import datetime

from paceline.crm import sequels
from paceline.crm.models import Activity, Lead, Source
from paceline.crm.sequels import Moment
from paceline.leads import actions
from paceline.org.models import Person


def register() -> None:
    """Called once at start."""
    sequels.add(Moment.LEAD_ADDED, lead_added)
    sequels.add(Moment.LEAD_MOVED, lead_moved)
    sequels.add(Moment.ACTIVITY_WRITTEN, activity_written)
    sequels.add(Moment.ACTIVITY_CHANGED, activity_written)
    sequels.add_forgetting(actions.forget)


def lead_added(*, lead: Lead, by: Person | None, at: datetime) -> None:
    """A lead without an owner is given to somebody; whoever wrote their own down has spoken to
    them already, so no clock runs."""
    if lead.owner_id is not None and by is not None and lead.owner_id == by.pk:
        return
    if lead.source == Source.FILE:
        return
    if lead.owner_id is None:
        actions.route_lead(lead=lead, by=None, at=at)
    actions.start_clock(holder=lead, channel=lead.source, at=at)


def lead_moved(*, lead: Lead, by: Person | None, at: datetime) -> None:  # noqa: ARG001
    actions.close_of_lead(lead=lead, at=at)


def activity_written(
    *,
    activity: Activity,
    by: Person | None,  # noqa: ARG001
    at: datetime,  # noqa: ARG001
    is_gone: bool = False,
) -> None:
    actions.answered_by_activity(activity=activity, is_gone=is_gone)
