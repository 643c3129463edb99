"""Forms on other pages, what is agreed to in them, and what waits in quarantine, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import Field

from paceline.crm.actions import FactsInvalid
from paceline.crm.models import ConsentChannel, CustomField, FieldKind, Source
from paceline.kernel.interface import (
    Asked,
    Page,
    Picked,
    Problem,
    Record,
    answer_one,
    answer_page,
    refuse_other,
)
from paceline.kernel.interface.problems import invalid
from paceline.kernel.interface.refusals import Refusals
from paceline.leads import access, actions, texts
from paceline.leads.actions.forms import ORIGINS_MAX
from paceline.leads.api.routing import TEAM, Sent, router
from paceline.leads.models import Submission, WebForm
from paceline.leads.sent import FIELDS_MAX
from paceline.org.models import Team
from paceline.org.requests import TokenRequest, team_with

Language = Annotated[str, Field(pattern="^[a-z]{2}(-[A-Z][A-Za-z]{1,3})?$")]
Labels = dict[Language, Annotated[str, Field(max_length=80)]]
Origin = Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", max_length=200)]
PLAIN = {FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.CHOICE, FieldKind.LINK}


class AskedRecord(Schema):
    """One thing that a form asks."""

    name: str
    is_required: bool = False
    labels: dict[str, str] = {}
    options: list[str] = []


class ConsentRecord(Schema):
    """What is agreed to in a form, as it reads now."""

    version: int
    channel: str
    purpose: str
    texts: dict[str, str]
    is_required: bool


class WebFormRecord(Record):
    """A form with an address of its own, whose answers become leads of a team."""

    id: int
    team: str = Field("", description=TEAM)
    url: str = Field("", description=noop("Where its answers are sent."))
    name: str
    source: str
    languages: list[str]
    fields: list[AskedRecord]
    texts: dict[str, dict[str, str]] = Field({}, description=noop("By language."))
    origins: list[str] = Field([], description=noop("Sites that may use it."))
    work_bits: int
    is_closed: bool = False
    consent: ConsentRecord | None = None

    @staticmethod
    def resolve_team(row: WebForm) -> str:
        return row.team.code

    @staticmethod
    def resolve_url(row: WebForm) -> str:
        return reverse("leads:public_form", args=[row.key])

    @staticmethod
    def resolve_is_closed(row: WebForm) -> bool:
        return row.closed_at is not None

    @staticmethod
    def resolve_consent(row: WebForm) -> Any:
        last = max(row.consent_texts.all(), key=lambda one: one.version, default=None)
        return last if last is not None and last.texts else None


class FormsAsked(Asked):
    """Of which team forms are wanted."""

    team: str = Field("", max_length=60, description=TEAM)


class AskedIn(Sent):
    """One thing that a form asks: a field of a lead, a way to reach somebody, or custom:<id>."""

    name: str = Field(max_length=40)
    is_required: bool = False
    labels: Labels = Field({}, max_length=20)
    options: list[Annotated[str, Field(min_length=1, max_length=80)]] = Field([], max_length=50)


class SaidIn(Sent):
    """What a form says in a language; what is left empty is said in our words."""

    title: str = Field("", max_length=1000)
    intro: str = Field("", max_length=1000)
    button: str = Field("", max_length=1000)
    thanks: str = Field("", max_length=1000)


class WebFormFacts(Sent):
    """What a form asks and says, and who may send to it."""

    name: str = Field(min_length=1, max_length=80)
    source: Literal[tuple(Source.values)] = Source.FORM.value  # type: ignore[valid-type]
    languages: list[Language] = Field(min_length=1, max_length=20)
    fields: list[AskedIn] = Field(min_length=1, max_length=FIELDS_MAX)
    texts: dict[Language, SaidIn] = Field({}, max_length=20)
    origins: list[Origin] = Field([], max_length=ORIGINS_MAX)
    work_bits: int = Field(0, ge=0, le=22)


class WebFormIn(WebFormFacts):
    """A new form."""

    team: str = Field(min_length=1, max_length=60, description=TEAM)


class ConsentIn(Sent):
    """What is agreed to from now on; without texts nothing is asked for any more."""

    texts: dict[Language, Annotated[str, Field(max_length=2000)]] = Field(max_length=20)
    channel: Literal[tuple(ConsentChannel.values)]  # type: ignore[valid-type]
    purpose: str = Field("", max_length=200)
    is_required: bool = False


class ClosedIn(Sent):
    """Take nothing in any more; or again."""

    is_closed: bool


class SubmissionRecord(Record):
    """What somebody sent by a form; what is in quarantine keeps its answers."""

    id: int
    form: int = Field(0, alias="form_id")
    at: datetime
    state: str
    reasons: list[str]
    language: str
    values: dict[str, Any] = {}
    lead: int | None = Field(None, alias="lead_id")
    contact: int | None = Field(None, alias="contact_id")


class SubmissionsAsked(Asked):
    """Which submissions are wanted."""

    form: int | None = Field(None, ge=1, le=2**63 - 1)
    state: Literal["", "taken", "held", "released", "discarded"] = ""


def _forms(request: TokenRequest) -> Any:
    rows = WebForm.objects.visible_to(request.person).select_related("team")
    return rows.prefetch_related("consent_texts")


def _answer(request: TokenRequest, pk: int, picked: Picked | None = None) -> HttpResponse:
    return answer_one(request, get_object_or_404(_forms(request), pk=pk), WebFormRecord, picked)


def _kept(request: TokenRequest, pk: int) -> WebForm:
    """A form that the caller keeps, held, and as they read it."""
    found: WebForm = get_object_or_404(_forms(request), pk=pk)
    if not access.may_keep(request.person, found.team):
        raise Problem("forbidden")
    WebForm.objects.select_for_update().get(pk=pk)
    found = get_object_or_404(_forms(request), pk=pk)
    refuse_other(request, found, WebFormRecord)
    return found


def _facts(sent: WebFormFacts, team: Team) -> dict[str, Any]:
    """What was sent, as forms keep it. A form asks for a way to answer, or nobody can."""
    own = CustomField.objects.filter(team=team, of="lead", retired_at=None)
    fields = {f"custom:{one.pk}": one for one in own if one.kind in PLAIN}
    asked = []
    for place, one in enumerate(sent.fields):
        if one.name not in texts.ASKED and one.name not in fields:
            told = _("Nothing with this name is known here.")
            raise invalid(f"fields.{place}.name", told)
        kept: dict[str, Any] = {
            "name": one.name, "is_required": one.is_required, "labels": one.labels,
        }  # fmt: skip
        if one.name == "interest":
            kept["options"] = list(dict.fromkeys(one.options))
        field = fields.get(one.name)
        if field is not None:
            kept["labels"] = {code: one.labels.get(code) or field.label for code in sent.languages}
            if field.kind == FieldKind.CHOICE:
                kept["options"] = list(field.options)
        asked.append(kept)
    names = [one["name"] for one in asked]
    if len(set(names)) < len(names):
        raise invalid("fields", _("Something is asked twice."))
    if not set(names) & {"email", "mobile"}:
        told = _("Ask for an e-mail address or a phone; else nobody can answer.")
        raise invalid("fields", told)
    said = {
        code: {name: text for name, text in one.model_dump().items() if text}
        for code, one in sent.texts.items()
    }
    return {
        "name": sent.name, "source": sent.source, "languages": list(sent.languages),
        "fields": asked, "texts": said, "origins": list(dict.fromkeys(sent.origins)),
        "work_bits": sent.work_bits,
    }  # fmt: skip


def _word(refused: Exception) -> str:
    if isinstance(refused, actions.TooManyForms):
        return _("A team has at most 50 forms.")
    return _("This was released or discarded before.")


_written = Refusals(
    worded=(actions.TooManyForms, actions.NotHeld), word=_word, faulty=(FactsInvalid,)
).written


@router.get("/web-forms", response=Page[WebFormRecord], summary=noop("List forms on other pages"))
def list_web_forms(request: TokenRequest, asked: Query[FormsAsked]) -> HttpResponse:
    rows = _forms(request)
    rows = rows.filter(team__code=asked.team) if asked.team else rows
    return answer_page(request, rows, asked, WebFormRecord)


@router.post("/web-forms", response=WebFormRecord, summary=noop("Add a form"))
def add_web_form(request: TokenRequest, sent: WebFormIn) -> HttpResponse:
    team = team_with(request, sent.team, access.may_keep)
    facts = _facts(sent, team)
    told: dict[str, Any] = {"by": request.person, "at": request.now}

    def add() -> WebForm:
        made = actions.add_form(
            team=team, name=facts["name"], languages=facts["languages"],
            fields=facts["fields"], **told,
        )  # fmt: skip
        return actions.change_form(form=made, facts=facts, **told)

    return _answer(request, _written(add).pk)


@router.get("/web-forms/{int:pk}", response=WebFormRecord, summary=noop("Read a form"))
def read_web_form(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return _answer(request, pk, picked)


@router.put("/web-forms/{int:pk}", response=WebFormRecord, summary=noop("Change a form"))
def change_web_form(request: TokenRequest, pk: int, sent: WebFormFacts) -> HttpResponse:
    form = _kept(request, pk)
    facts = _facts(sent, form.team)
    _written(lambda: actions.change_form(form=form, facts=facts, by=request.person, at=request.now))
    return _answer(request, pk)


@router.put(
    "/web-forms/{int:pk}/consent",
    response=WebFormRecord,
    summary=noop("Say what is agreed to in a form"),
)
def set_form_consent(request: TokenRequest, pk: int, sent: ConsentIn) -> HttpResponse:
    form = _kept(request, pk)
    if any(text.strip() for text in sent.texts.values()) and not sent.purpose.strip():
        raise invalid("purpose", _("Say for what the consent is."))
    _written(
        lambda: actions.set_consent_text(
            form=form, texts=sent.texts, channel=ConsentChannel(sent.channel),
            purpose=sent.purpose, is_required=sent.is_required, by=request.person,
            at=request.now,
        )
    )  # fmt: skip
    return _answer(request, pk)


@router.put("/web-forms/{int:pk}/state", response=WebFormRecord, summary=noop("Close a form"))
def close_web_form(request: TokenRequest, pk: int, sent: ClosedIn) -> HttpResponse:
    form = _kept(request, pk)
    actions.close_form(form=form, is_closed=sent.is_closed, by=request.person, at=request.now)
    return _answer(request, pk)


def _submissions(request: TokenRequest) -> Any:
    return Submission.objects.visible_to(request.person).select_related("form__team")


@router.get("/submissions", response=Page[SubmissionRecord], summary=noop("List what was sent"))
def list_submissions(request: TokenRequest, asked: Query[SubmissionsAsked]) -> HttpResponse:
    wanted = {"form": asked.form, "state": asked.state}
    rows = _submissions(request).filter(**{key: one for key, one in wanted.items() if one})
    return answer_page(request, rows, asked, SubmissionRecord)


def _decided(request: TokenRequest, pk: int, act: Any) -> HttpResponse:
    found = get_object_or_404(_submissions(request), pk=pk)
    if not access.may_release(request.person):
        raise Problem("forbidden")
    _written(lambda: act(submission=found, by=request.person, at=request.now))
    found = get_object_or_404(_submissions(request), pk=pk)
    return answer_one(request, found, SubmissionRecord)


@router.post(
    "/submissions/{int:pk}/release", response=SubmissionRecord, summary=noop("Take it in after all")
)
def release_submission(request: TokenRequest, pk: int) -> HttpResponse:
    return _decided(request, pk, actions.release)


@router.post("/submissions/{int:pk}/discard", response=SubmissionRecord, summary=noop("Let it go"))
def discard_submission(request: TokenRequest, pk: int) -> HttpResponse:
    return _decided(request, pk, actions.discard)
