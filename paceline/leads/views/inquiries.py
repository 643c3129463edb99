"""What waits for a reply, the soonest due first; and how long replies took."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET

from paceline.crm.models import Source
from paceline.kernel import formats
from paceline.kernel.pages import page
from paceline.kernel.tables import Column, Filter, Table
from paceline.leads import access, queries, wording
from paceline.leads.queries import Answered
from paceline.org.requests import PersonRequest

SPANS = (7, 30, 90)


def _refuse_others(request: PersonRequest) -> None:
    if not access.may_read_inquiries(request.person):
        raise PermissionDenied


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    """Inquiries without a reply."""
    _refuse_others(request)
    now, person = timezone.now(), request.person
    rows = queries.waiting_for(person).annotate(
        owner_name=Coalesce("lead__owner__name", "contact__owner__name"),
        owner_id_=Coalesce("lead__owner", "contact__owner"),
    )
    table = Table(
        request,
        rows=rows,
        name="inquiries",
        topic="inquiries",
        caption=_("Waiting for a reply"),
        columns=[
            Column("about", pgettext("who asked", "From"), value=wording.about, link=_address),
            Column("clock", _("Clock"), value=lambda row: wording.clock_of(row, now).badge,
                   kind="badge"),
            Column("due_at", _("Due"), sort="due_at", kind="moment"),
            Column("owner", _("Owner"), value=lambda row: row.owner_name or wording.nobody(),
                   sort="owner_name"),
            Column("channel", _("Channel"), value=lambda row: row.get_channel_display(),
                   sort="channel", secondary=True),
            Column("team", _("Team"), value="team.name", sort="team__name", secondary=True),
            Column("arrived_at", _("Arrived"), sort="arrived_at", kind="moment", secondary=True),
        ],
        filters=[
            Filter("whose", _("Everyone's"),
                   [("mine", _("Mine")), ("nobody", _("Nobody's yet"))],
                   apply=lambda found, value: found.filter(
                       owner_id_=person.pk if value == "mine" else None)),
            Filter("late", _("Due or late"), [("late", _("Late"))],
                   apply=lambda found, _value: found.filter(due_at__lt=now)),
        ],
        order="due_at",
        empty=_("Nobody waits for a reply."),
        empty_hint=_("New leads and questions from forms stand here until somebody answers."),
    )  # fmt: skip
    if table.wants_export:
        return table.export()
    first = rows.filter(owner_id_=person.pk).first()
    context = {
        "table": table,
        "first": first,
        "first_url": "" if first is None else _address(first),
        "clock": None if first is None else wording.clock_of(first, now),
        "name": "" if first is None else wording.about(first),
    }
    return page(request, "leads/inquiries.html", context)


def _address(row: Any) -> str:
    if row.lead_id is not None:
        return reverse("crm:lead", args=[row.lead_id])
    return reverse("crm:contact", args=[row.contact_id])


@require_GET
def report(request: PersonRequest) -> HttpResponse:
    """How long replies took: in the middle, and how many came in time, by team, person, channel."""
    _refuse_others(request)
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(one) for one in SPANS} else SPANS[1]
    now, zone = timezone.now(), timezone.get_current_timezone()
    ends_at = datetime.combine(request.today + timedelta(days=1), time(), zone)
    rows = queries.response_times(request.person, ends_at - timedelta(days=days), ends_at, now)
    whole = queries.summary_of(rows)
    channels = dict(Source.choices)

    def channel(one: Answered) -> str:
        return str(channels.get(one.channel, "")) or _("Unknown")

    groups = (
        (_("By team"), lambda one: one.team),
        (_("By person"), lambda one: one.person or wording.nobody()),
        (_("By channel"), channel),
    )
    context = {
        "chips": [
            (ngettext("%(days)d day", "%(days)d days", one) % {"days": one},
             f"{request.path}?days={one}", one == days)
            for one in SPANS
        ],
        "whole": _line(whole[0]) if whole else None,
        "tables": [
            (title, [_line(one) for one in queries.summary_of(rows, name)])
            for title, name in groups
        ],
    }  # fmt: skip
    return page(request, "leads/report.html", context)


def _line(one: queries.Summary) -> dict[str, Any]:
    return {
        "name": one.name,
        "count": one.count,
        "answered": one.answered,
        "median": wording.span(one.median_seconds),
        "share": formats.percent(one.share_in_time),
    }
