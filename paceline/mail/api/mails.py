"""Mail to and from customers, and the templates it is written with, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import ConfigDict, Field

from paceline.crm import queries as crm
from paceline.crm.actions import FactsInvalid, NothingSaid
from paceline.kernel.interface import (
    Area,
    Asked,
    Page,
    Picked,
    Problem,
    Record,
    answer_one,
    answer_page,
    refuse_other,
)
from paceline.kernel.interface.problems import invalid, unseen
from paceline.kernel.interface.refusals import Refusals
from paceline.mail import access, actions, filling, queries, wording
from paceline.mail.actions import Addressed, Words
from paceline.mail.models import Mail, MailTemplate
from paceline.org.requests import TokenRequest, team_with

AREA = Area("mail", gettext_lazy("Mail to and from customers"), writes=True)
router = AREA.router()
NUMBER = noop("Employee number.")
TEAM = noop("Code of the team.")
ID_MAX = 2**63 - 1
Language = Annotated[str, Field(pattern="^[a-z]{2}(-[A-Z][A-Za-z]{1,3})?$")]


class WordsRecord(Schema):
    """What a template says in a language, with placeholders."""

    subject: str
    body: str


class TemplateRecord(Record):
    """Words to send again. An offer goes only to whoever consented."""

    id: int
    team: str = Field("", description=TEAM)
    name: str
    is_offer: bool
    texts: dict[str, WordsRecord] = Field({}, description=noop("By language."))

    @staticmethod
    def resolve_team(row: MailTemplate) -> str:
        return row.team.code


class FileRecord(Schema):
    """A file that came with a mail; ``refused`` says why it was not kept."""

    name: str
    size: int
    refused: str


class MailRecord(Record):
    """A mail as it was written or came in."""

    id: int
    flow: str = Field("", description=noop("in or out."))
    contact: int | None = Field(None, alias="contact_id")
    lead: int | None = Field(None, alias="lead_id")
    deal: int | None = Field(None, alias="deal_id")
    thread: int | None = Field(None, description=noop("The first mail of the conversation."))
    person: str | None = Field(None, description=noop("Employee number of whoever wrote it."))
    from_address: str
    to_address: str
    subject: str
    text: str
    language: str
    template: int | None = Field(None, alias="template_id")
    state: str
    problem: str = Field("", description=noop("Why it was not sent."))
    made_at: datetime
    sent_at: datetime | None = None
    bounced_at: datetime | None = None
    files: list[FileRecord] = []

    @staticmethod
    def resolve_files(row: Any) -> list[Any]:
        return list(row.files.all())

    @staticmethod
    def resolve_person(row: Mail) -> str | None:
        return None if row.person is None else row.person.number

    @staticmethod
    def resolve_thread(row: Mail) -> int:
        return row.thread_id or row.pk

    @staticmethod
    def resolve_problem(row: Mail) -> str:
        return str(wording.problem(row.problem)) if row.problem else ""


class TemplatesAsked(Asked):
    """Which templates are wanted."""

    team: str = Field("", max_length=60, description=TEAM)


class MailsAsked(Asked):
    """Which mails are wanted."""

    flow: Literal["", "in", "out"] = ""
    state: Literal["", "queued", "sent", "failed", "dropped", "received"] = ""
    contact: int | None = Field(None, ge=1, le=ID_MAX)
    lead: int | None = Field(None, ge=1, le=ID_MAX)
    deal: int | None = Field(None, ge=1, le=ID_MAX)
    thread: int | None = Field(None, ge=1, le=ID_MAX)


class Sent(Schema):
    """What a program sends; a member that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


class WordsIn(Sent):
    """What a template says in a language, with placeholders."""

    subject: str = Field(max_length=200)
    body: str = Field(max_length=20_000)


class TemplateFacts(Sent):
    """What a template says, by language."""

    name: str = Field(min_length=1, max_length=80)
    is_offer: bool = True
    texts: dict[Language, WordsIn] = Field(min_length=1, max_length=20)


class TemplateIn(TemplateFacts):
    """A new template of a team."""

    team: str = Field(min_length=1, max_length=60, description=TEAM)


class MailIn(Sent):
    """A mail to whom a record is about: written out, or from a template in their language."""

    record_kind: Literal["contact", "lead", "deal"]
    record: int = Field(ge=1, le=ID_MAX)
    to: str = Field("", max_length=320, description=noop("One of their addresses; else the first."))
    template: int | None = Field(None, ge=1, le=ID_MAX)
    subject: str = Field("", max_length=200)
    text: str = Field("", max_length=20_000)
    answers: int | None = Field(None, ge=1, le=ID_MAX, description=noop("The mail it answers."))


def _templates(request: TokenRequest) -> Any:
    return MailTemplate.objects.visible_to(request.person).select_related("team")


def _word(refused: Exception) -> str:
    if isinstance(refused, filling.UnknownWords):
        told = _("These placeholders mean nothing: %(words)s.")
        return told % {"words": ", ".join(refused.words)}
    return _("A team keeps at most 200 templates.")


_kept = Refusals(
    worded=(actions.TooManyTemplates,), word=_word, members={filling.UnknownWords: "texts"},
    faulty=(FactsInvalid,),
).written  # fmt: skip


@router.get("/mail-templates", response=Page[TemplateRecord], summary=noop("List templates"))
def list_mail_templates(request: TokenRequest, asked: Query[TemplatesAsked]) -> HttpResponse:
    rows = _templates(request)
    rows = rows.filter(team__code=asked.team) if asked.team else rows
    return answer_page(request, rows, asked, TemplateRecord)


@router.post("/mail-templates", response=TemplateRecord, summary=noop("Add a template"))
def add_mail_template(request: TokenRequest, sent: TemplateIn) -> HttpResponse:
    team = team_with(request, sent.team, access.may_keep)
    facts = sent.model_dump(exclude={"team"})
    made = _kept(
        lambda: actions.add_template(team=team, **facts, by=request.person, at=request.now)
    )
    return answer_one(request, made, TemplateRecord)


@router.get("/mail-templates/{int:pk}", response=TemplateRecord, summary=noop("Read a template"))
def read_mail_template(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_one(
        request, get_object_or_404(_templates(request), pk=pk), TemplateRecord, picked
    )


@router.put("/mail-templates/{int:pk}", response=TemplateRecord, summary=noop("Change a template"))
def change_mail_template(request: TokenRequest, pk: int, sent: TemplateFacts) -> HttpResponse:
    template = _mine(request, pk)
    made = _kept(
        lambda: actions.change_template(
            template=template, **sent.model_dump(), by=request.person, at=request.now
        )
    )
    return answer_one(request, made, TemplateRecord)


def _mine(request: TokenRequest, pk: int) -> MailTemplate:
    """A template that the caller keeps, held, and as they read it."""
    found: MailTemplate = get_object_or_404(_templates(request), pk=pk)
    if not access.may_keep(request.person, found.team):
        raise Problem("forbidden")
    MailTemplate.objects.select_for_update().get(pk=pk)
    found = get_object_or_404(_templates(request), pk=pk)
    refuse_other(request, found, TemplateRecord)
    return found


@router.post(
    "/mail-templates/{int:pk}/removal", response=TemplateRecord, summary=noop("Remove a template")
)
def remove_mail_template(request: TokenRequest, pk: int) -> HttpResponse:
    template = _mine(request, pk)
    actions.remove_template(template=template, by=request.person, at=request.now)
    return answer_one(request, template, TemplateRecord)


@router.get("/mails", response=Page[MailRecord], summary=noop("List mails"))
def list_mails(request: TokenRequest, asked: Query[MailsAsked]) -> HttpResponse:
    names = ("flow", "state", "contact", "lead", "deal", "thread")
    wanted = {name: getattr(asked, name) for name in names}
    given = {key: value for key, value in wanted.items() if value not in (None, "")}
    rows = Mail.objects.visible_to(request.person).select_related("person").filter(**given)
    rows = rows.prefetch_related("files")
    return answer_page(request, rows, asked, MailRecord)


@router.get("/mails/{int:pk}", response=MailRecord, summary=noop("Read a mail"))
def read_mail(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    mail = get_object_or_404(queries.shown(request.person), pk=pk)
    return answer_one(request, mail, MailRecord, picked)


@router.post("/mails", response=MailRecord, summary=noop("Write a mail"))
def write_mail(request: TokenRequest, sent: MailIn) -> HttpResponse:
    if not access.may_write_many(request.person):
        raise Problem("forbidden")
    record = crm.shown(sent.record_kind, request.person).filter(pk=sent.record).first()
    if record is None:
        raise unseen("record")
    if not access.may_write(request.person, record):
        raise Problem("forbidden")
    answers = None
    if sent.answers is not None:
        answers = queries.shown(request.person).filter(pk=sent.answers).first()
        if answers is None:
            raise unseen("answers")
    try:
        made = actions.write(
            addressed=Addressed.of(record, _address(sent, record)),
            words=_words(request, sent, record),
            answers=answers,
            by=request.person,
            at=request.now,
        )
    except actions.NoAddress:
        raise invalid("to", _("No mail can be sent to this address.")) from None
    except NothingSaid:
        raise invalid("text", _("Nothing was said.")) from None
    except actions.MailServerMissing:
        told = _("No mail server was set. Ask an administrator.")
        raise Problem("conflict", told) from None
    return answer_one(request, made, MailRecord)


def _address(sent: MailIn, record: Any) -> str:
    """One of the customer's own addresses, as on the page: nobody else is written to."""
    holder = record.contact if sent.record_kind == "deal" else record
    points = crm.points_of(holder) if holder is not None else []
    known = [one.value for one in points if one.kind == "email"]
    if sent.to and sent.to.strip().casefold() not in {one.casefold() for one in known}:
        raise invalid("to", _("This is none of their addresses."))
    return sent.to or (known[0] if known else "")


def _words(request: TokenRequest, sent: MailIn, record: Any) -> Words:
    """What was written; of a template what it says in the customer's language, filled in."""
    if sent.template is None:
        return Words(sent.subject, sent.text)
    template = _templates(request).filter(pk=sent.template).first()
    if template is None:
        raise unseen("template")
    language, said = queries.text_for(template, record, request.person)
    values = filling.values_of(record, request.person)
    subject = sent.subject or filling.fill(said["subject"], values)
    return Words(subject, sent.text or filling.fill(said["body"], values), language, template)
