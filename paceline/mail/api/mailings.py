"""One template to many: drafted, looked at, begun, followed and stopped, for programs."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import Field

from paceline.crm.models import Segment
from paceline.crm.queries.segments import members
from paceline.kernel import formats
from paceline.kernel.interface import (
    Asked,
    Page,
    Picked,
    Problem,
    Record,
    answer_one,
    answer_page,
)
from paceline.kernel.interface.problems import invalid, unseen
from paceline.live.actions import request_cancel
from paceline.mail import access, actions, filling, queries
from paceline.mail.actions.mailings import MAILING_MAX
from paceline.mail.api.mails import ID_MAX, Sent, router
from paceline.mail.models import Mailing, MailTemplate
from paceline.org.requests import TokenRequest

Id = Annotated[int, Field(ge=1, le=ID_MAX)]
SHOWN = 3


class MailingRecord(Record):
    """Mail to many: who was chosen, how many got it, why others did not, how far it is."""

    id: int
    of: str
    count: int = 0
    template: int | None = Field(None, alias="template_id")
    made_at: datetime
    begun_at: datetime | None = None
    done: int
    written: int
    skipped: dict[str, int] = Field({}, description=noop("Why others did not, by reason."))
    ended_at: datetime | None = None
    cancelled_at: datetime | None = None

    @staticmethod
    def resolve_count(row: Mailing) -> int:
        return len(row.ids)


class MailingIn(Sent):
    """Who is written to: records, or whoever belongs to a segment now."""

    of: Literal["company", "contact", "lead"]
    records: list[Id] = Field([], max_length=MAILING_MAX)
    segment: Id | None = None


class SendingIn(Sent):
    """The template that is sent to all of them."""

    template: Id


class PreviewAsked(Picked):
    """With which template it is looked at."""

    template: Id | None = None


class FilledRecord(Schema):
    """A mail as it would be written."""

    to: str
    subject: str
    text: str
    language: str


class PreviewRecord(Record):
    """What would be sent to how many, and why others get nothing."""

    id: int
    reached: int
    skipped: dict[str, int]
    mails: list[FilledRecord] = Field([], description=noop("The first few."))


def _mailings(request: TokenRequest) -> Any:
    return Mailing.objects.filter(by=request.person)


def _template(request: TokenRequest, pk: int | None, where: str) -> MailTemplate:
    rows = MailTemplate.objects.visible_to(request.person).filter(pk=pk)
    found: MailTemplate | None = rows.first()
    if found is None:
        raise unseen("template", where=where)
    return found


@router.get("/mailings", response=Page[MailingRecord], summary=noop("List mail to many"))
def list_mailings(request: TokenRequest, asked: Query[Asked]) -> HttpResponse:
    return answer_page(request, _mailings(request), asked, MailingRecord)


@router.post("/mailings", response=MailingRecord, summary=noop("Draft mail to many"))
def draft_mailing(request: TokenRequest, sent: MailingIn) -> HttpResponse:
    """Nothing is sent yet."""
    if not access.may_write_many(request.person):
        raise Problem("forbidden")
    ids = list(dict.fromkeys(sent.records))
    if sent.segment is not None:
        segment = Segment.objects.visible_to(request.person).filter(pk=sent.segment).first()
        if segment is None or segment.of != sent.of:
            raise unseen("segment")
        rows = members(segment.rule, segment.of, request.person, request.today)
        ids = [*rows.order_by("pk").values_list("pk", flat=True)[: MAILING_MAX + 1]]
    if not ids:
        raise invalid("records", _("Nobody was chosen."))
    try:
        made = actions.draft_mailing(of=sent.of, ids=ids, by=request.person, at=request.now)
    except actions.TooMany:
        told = _("At most %(most)s at once; narrow the list.") % {
            "most": formats.number(MAILING_MAX)
        }
        raise invalid("records", told) from None
    return answer_one(request, made, MailingRecord)


@router.get("/mailings/{int:pk}", response=MailingRecord, summary=noop("Read mail to many"))
def read_mailing(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_one(request, get_object_or_404(_mailings(request), pk=pk), MailingRecord, picked)


@router.get(
    "/mailings/{int:pk}/preview", response=PreviewRecord, summary=noop("Look at mail to many")
)
def preview_mailing(request: TokenRequest, pk: int, asked: Query[PreviewAsked]) -> HttpResponse:
    found = get_object_or_404(_mailings(request), pk=pk)
    template = _template(request, asked.template, "query")
    rows = queries.recipients(found.of, found.ids, request.person, is_offer=template.is_offer)
    reached = [one for one in rows if not one.why]
    mails = []
    for one in reached[:SHOWN]:
        language, said = queries.text_for(template, one.record, request.person)
        values = filling.values_of(one.record, request.person)
        subject, text = (filling.fill(said[name], values) for name in ("subject", "body"))
        mails.append(FilledRecord(to=one.address, subject=subject, text=text, language=language))
    told = PreviewRecord(
        id=pk, reached=len(reached), skipped=dict(Counter(one.why for one in rows if one.why)),
        mails=mails,
    )  # fmt: skip
    return answer_one(request, told, PreviewRecord, asked)


@router.post(
    "/mailings/{int:pk}/sending", response=MailingRecord, summary=noop("Begin mail to many")
)
def send_mailing(request: TokenRequest, pk: int, sent: SendingIn) -> HttpResponse:
    """A job writes the mails; ask again until ``ended_at`` is there."""
    found = get_object_or_404(_mailings(request), pk=pk)
    if not access.may_write_many(request.person):
        raise Problem("forbidden")
    template = _template(request, sent.template, "body")
    try:
        made = actions.begin_mailing(
            mailing=found, template=template, by=request.person, at=request.now
        )
    except actions.MailServerMissing:
        told = _("No mail server was set. Ask an administrator.")
        raise Problem("conflict", told) from None
    except actions.MailingBegun:
        raise Problem("conflict", _("This was begun before.")) from None
    except actions.NotWritten:
        raise invalid("template", _("The template says nothing yet.")) from None
    return answer_one(request, made, MailingRecord)


@router.post(
    "/mailings/{int:pk}/cancellation", response=MailingRecord, summary=noop("Stop mail to many")
)
def cancel_mailing(request: TokenRequest, pk: int) -> HttpResponse:
    """It stops at its next part; what waits to be sent is not sent."""
    found = get_object_or_404(_mailings(request).select_related("progress"), pk=pk)
    if found.progress is None or found.ended_at is not None:
        raise Problem("conflict", _("It is not under way."))
    request_cancel(progress=found.progress, by=request.person, at=request.now)
    return answer_one(request, found, MailingRecord)
