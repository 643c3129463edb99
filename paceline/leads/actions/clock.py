"""The clock of the first reply: started when somebody asks, stopped by the first answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from paceline.crm.models import Activity, ActivityKind, Contact, Direction, Lead, LeadStatus
from paceline.leads import queries
from paceline.leads.actions.routing import route_lead
from paceline.leads.models import Assignment, Cause, Inquiry, RoutingDesk
from paceline.live.actions import publish_all
from paceline.org.models import Person

REPLIES = (ActivityKind.CALL, ActivityKind.MAIL, ActivityKind.CHAT, ActivityKind.MEETING)
USUAL_MINUTES = 60
AGAIN_MAX = 3
SWEPT_MAX = 200
TOPIC = "inquiries"


@transaction.atomic
def start_clock(*, holder: Lead | Contact, channel: str, at: datetime) -> Inquiry:
    """Somebody asks for an answer from now on; an inquiry that waits already goes on waiting."""
    kind = str(holder._meta.model_name)
    standing: Inquiry | None = Inquiry.objects.waiting().filter(**{kind: holder}).first()
    if standing is not None:
        return standing
    desk = RoutingDesk.objects.filter(team=holder.team_id).first()
    minutes = USUAL_MINUTES if desk is None else desk.reply_minutes
    hours = queries.hours_of_team(holder.team_id, at.date())
    inquiry: Inquiry = Inquiry.objects.create(
        **{kind: holder}, team_id=holder.team_id, channel=channel, arrived_at=at,
        target_minutes=minutes, due_at=hours.after(at, timedelta(minutes=minutes)),
        again_at=_again_at(holder.owner, desk, at),
    )  # fmt: skip
    publish_all([TOPIC], "arrived", str(inquiry.pk))
    return inquiry


def _again_at(owner: Person | None, desk: RoutingDesk | None, at: datetime) -> datetime | None:
    """When an unanswered lead goes to another: after so much of its owner's own work."""
    if owner is None or desk is None or not desk.is_on or desk.again_minutes is None:
        return None
    hours = queries.hours_of_people([owner.pk], desk.team_id, at.date())[owner.pk]
    return hours.after(at, timedelta(minutes=desk.again_minutes))


@transaction.atomic
def answered_by_activity(*, activity: Activity, is_gone: bool = False) -> None:
    """Look again who answered the inquiries of the record that an activity hangs on.

    The first call, mail, chat or meeting that went out after the inquiry arrived is its answer; an
    answer that is taken back, or said to be of another day, sets the clock going again.
    """
    if activity.kind not in REPLIES:
        return
    of = {"lead": activity.lead_id} if activity.lead_id else {"contact": activity.contact_id}
    if None in of.values():
        return
    rows = Inquiry.objects.select_for_update().filter(closed_at__isnull=True, **of)
    for inquiry in rows.order_by("pk"):
        _settle(inquiry, of, without=activity.pk if is_gone else 0)


def _settle(inquiry: Inquiry, of: dict[str, Any], *, without: int) -> None:
    replies = Activity.objects.filter(kind__in=REPLIES, at__gte=inquiry.arrived_at, **of)
    replies = replies.exclude(direction=Direction.IN).exclude(pk=without)
    first = replies.order_by("at", "pk").select_related("created_by").first()
    before = (inquiry.answered_at, inquiry.answered_by_id)
    if first is None:
        if inquiry.answered_at is None:
            return
        waits = Inquiry.objects.waiting().filter(**of).exclude(pk=inquiry.pk).exists()
        if waits:
            return
        inquiry.answered_at = inquiry.answered_by = inquiry.worked_seconds = None
    else:
        hours = queries.hours_of_team(inquiry.team_id, inquiry.arrived_at.date())
        worked = hours.between(inquiry.arrived_at, first.at)
        inquiry.answered_at, inquiry.answered_by = first.at, first.created_by
        inquiry.worked_seconds = int(worked.total_seconds())
    if before != (inquiry.answered_at, inquiry.answered_by_id):
        inquiry.save(update_fields=["answered_at", "answered_by", "worked_seconds"])
        publish_all([TOPIC], "answered", str(inquiry.pk))


@transaction.atomic
def close_of_lead(*, lead: Lead, at: datetime) -> None:
    """A lead that was given up or became a customer waits for no reply; one that is taken up again
    does."""
    rows = Inquiry.objects.select_for_update().filter(lead=lead, answered_at__isnull=True)
    is_over = lead.status in {LeadStatus.UNQUALIFIED, LeadStatus.CONVERTED}
    for inquiry in rows.order_by("-pk")[:1]:
        if is_over == (inquiry.closed_at is not None):
            continue
        inquiry.closed_at = at if is_over else None
        inquiry.save(update_fields=["closed_at"])
        publish_all([TOPIC], "closed", str(inquiry.pk))


def give_unanswered_again(*, at: datetime) -> int:
    """Give leads to others that were not answered in time; returns how many. One transaction each.

    What somebody gave by hand since stays with whom it was given to.
    """
    due = Inquiry.objects.waiting().filter(lead__isnull=False, again_at__lte=at)
    given = 0
    for pk in list(due.order_by("again_at").values_list("pk", flat=True)[:SWEPT_MAX]):
        given += _give_again(inquiry_id=pk, at=at)
    return given


@transaction.atomic
def _give_again(*, inquiry_id: int, at: datetime) -> bool:
    team = Inquiry.objects.values_list("team_id", flat=True).get(pk=inquiry_id)
    desk = RoutingDesk.objects.select_for_update().filter(team=team, is_on=True).first()
    lead_id = Inquiry.objects.values_list("lead_id", flat=True).get(pk=inquiry_id)
    lead = Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=lead_id)
    inquiry = Inquiry.objects.select_for_update().get(pk=inquiry_id)
    if inquiry.answered_at or inquiry.closed_at or not inquiry.again_at or inquiry.again_at > at:
        return False
    known = list(Assignment.objects.filter(lead=lead).order_by("-id"))
    by_rules = bool(known) and known[0].person_id == lead.owner_id
    had_it = {one.person_id for one in known if one.person_id is not None}
    before = lead.owner_id
    inquiry.again_at = None
    if desk is not None and by_rules and lead.archived_at is None:
        route_lead(lead=lead, cause=Cause.UNANSWERED, without=had_it, by=None, at=at)
        inquiry.again_count += 1
        if lead.owner_id != before and inquiry.again_count < AGAIN_MAX:
            inquiry.again_at = _again_at(lead.owner, desk, at)
    inquiry.save(update_fields=["again_at", "again_count"])
    publish_all([TOPIC], "given", str(inquiry.pk))
    return bool(lead.owner_id != before)
