"""What was said with customers and is to be done, for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.crm import access, actions
from paceline.crm.api.records import ID_MAX, NUMBER, Sent, owner_of, router, rows_of, written
from paceline.crm.models import Activity, ActivityKind
from paceline.kernel.interface import Asked, Page, Problem, Record, answer_one, answer_page
from paceline.kernel.interface.days import Day
from paceline.kernel.interface.problems import invalid, unseen
from paceline.org.requests import TokenRequest


class ActivityRecord(Record):
    """A call, note, mail, chat, meeting or task."""

    id: int
    kind: str
    company: int | None = Field(None, alias="company_id")
    contact: int | None = Field(None, alias="contact_id")
    lead: int | None = Field(None, alias="lead_id")
    deal: int | None = Field(None, alias="deal_id")
    subject: str
    text: str
    at: datetime
    due_on: date | None = None
    done_at: datetime | None = None
    assignee: str | None = Field(None, description=NUMBER)

    @staticmethod
    def resolve_assignee(row: Activity) -> str | None:
        return row.assignee.number if row.assignee is not None else None


class ActivitiesAsked(Asked):
    """Which activities are wanted."""

    kind: Literal["", "call", "note", "mail", "chat", "meeting", "task"] = ""
    company: int | None = Field(None, ge=1, le=ID_MAX)
    contact: int | None = Field(None, ge=1, le=ID_MAX)
    lead: int | None = Field(None, ge=1, le=ID_MAX)
    deal: int | None = Field(None, ge=1, le=ID_MAX)


class ActivityIn(Sent):
    """Something that was said, written or done, or is to be done, on one record."""

    kind: Literal["call", "note", "mail", "chat", "meeting", "task"]
    record_kind: Literal["company", "contact", "lead", "deal"]
    record: int = Field(ge=1, le=ID_MAX)
    subject: str = Field("", max_length=200)
    text: str = Field("", max_length=20_000)
    due_on: Day | None = None
    assignee: str = Field("", max_length=40, description=NUMBER)


@router.get("/activities", response=Page[ActivityRecord], summary=noop("List activities"))
def list_activities(request: TokenRequest, asked: Query[ActivitiesAsked]) -> HttpResponse:
    given = {
        name: value
        for name in ("kind", "company", "contact", "lead", "deal")
        if (value := getattr(asked, name)) not in (None, "")
    }
    rows = Activity.objects.visible_to(request.person).filter(**given).select_related("assignee")
    return answer_page(request, rows, asked, ActivityRecord)


@router.post("/activities", response=ActivityRecord, summary=noop("Write an activity"))
def add_activity(request: TokenRequest, sent: ActivityIn) -> HttpResponse:
    if not access.may_add(request.person) or not access.may_read_talk(request.person):
        raise Problem("forbidden")
    found = rows_of(request, sent.record_kind).filter(pk=sent.record).first()
    if found is None:
        raise unseen("record")
    facts: dict[str, Any] = {"subject": sent.subject, "text": sent.text}
    if sent.kind == "task":
        assignee = owner_of(request, sent.assignee) or request.person
        facts |= {"due_on": sent.due_on, "assignee": assignee}
    elif sent.due_on is not None or sent.assignee:
        raise invalid("due_on", _("Only a task is for somebody and has a day."))
    made = written(
        lambda: actions.add_activity(
            on=actions.On.record(found), kind=ActivityKind(sent.kind), facts=facts,
            by=request.person, at=request.now,
        )
    )  # fmt: skip
    return answer_one(request, made, ActivityRecord)
