"""Sequences and their steps, for programs."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import Field

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
from paceline.kernel.interface.problems import invalid, unseen
from paceline.leads.queries import sellers_of
from paceline.mail.models import MailTemplate
from paceline.org.requests import TokenRequest, team_with
from paceline.sequences import access, actions
from paceline.sequences.api.shared import (
    NUMBER,
    TEAM,
    Id,
    Kind,
    Language,
    Sent,
    router,
    segment_of,
    sequences_of,
    written,
)
from paceline.sequences.models import (
    STEPS_MAX,
    Sequence,
)


class WordsRecord(Schema):
    """What is to be done, and the script, in a language."""

    subject: str = ""
    body: str = ""


class StepRecord(Schema):
    """One step; ``key`` names it in later versions too."""

    key: int
    act: str
    days: int
    counting: str
    whom: str
    person: str | None = Field(None, description=NUMBER)
    template: int | None = Field(None, alias="template_id")
    texts: dict[str, WordsRecord] = Field({}, description=noop("By language."))

    @staticmethod
    def resolve_person(row: Any) -> str | None:
        return None if row.person is None else row.person.number


class SequenceRecord(Record):
    """A sequence of a team with the steps with which whoever enters begins."""

    id: int
    team: str = Field("", description=TEAM)
    name: str
    of: str = Field("", description=noop("company, contact or lead."))
    segment: int | None = Field(None, alias="segment_id")
    per_day: int
    again_days: int | None = None
    is_on: bool = False
    version: int | None = Field(None, description=noop("Number of the steps; null: none yet."))
    stops: list[str] = []
    steps: list[StepRecord] = []

    @staticmethod
    def resolve_team(row: Sequence) -> str:
        return row.team.code

    @staticmethod
    def resolve_is_on(row: Sequence) -> bool:
        return row.on_since is not None

    @staticmethod
    def resolve_version(row: Any) -> int | None:
        return row.latest[0].number if row.latest else None

    @staticmethod
    def resolve_stops(row: Any) -> list[str]:
        return list(row.latest[0].stops) if row.latest else []

    @staticmethod
    def resolve_steps(row: Any) -> list[Any]:
        return list(row.latest[0].steps.all()) if row.latest else []


class SequencesAsked(Asked):
    """Which sequences are wanted; those put away are left out."""

    team: str = Field("", max_length=60, description=TEAM)
    of: Literal["", "company", "contact", "lead"] = ""


class WordsIn(Sent):
    """What is to be done, and the script, in a language."""

    subject: str = Field("", max_length=200)
    body: str = Field("", max_length=20_000)


class StepIn(Sent):
    """A step: so many days after the one before it, or after the beginning."""

    act: Literal["call", "chat", "meeting", "task", "mail"]
    days: int = Field(0, ge=0, le=365)
    counting: Literal["days", "workdays"] = "workdays"
    whom: Literal["owner", "lead", "person"] = "owner"
    person: str = Field("", max_length=40, description=NUMBER)
    template: Id | None = None
    texts: dict[Language, WordsIn] = Field({}, max_length=20)
    key: int | None = Field(
        None, ge=1, le=2**31 - 1, description=noop("Of the step before that it goes on.")
    )


class SequenceFacts(Sent):
    """What may be changed of a sequence; what is left out stays as it is."""

    name: str | None = Field(None, min_length=1, max_length=80)
    segment: Id | None = Field(None, description=noop("Whoever enters it begins; null: nobody."))
    per_day: int | None = Field(None, ge=1, le=30_000)
    again_days: int | None = Field(None, ge=1, le=30_000)


class SequenceIn(SequenceFacts):
    """A new sequence, off and without steps."""

    team: str = Field(min_length=1, max_length=60, description=TEAM)
    of: Kind
    name: str = Field(min_length=1, max_length=80)


class StepsIn(Sent):
    """All steps, as the next version; ``moves`` takes those under way along."""

    steps: list[StepIn] = Field(min_length=1, max_length=STEPS_MAX)
    stops: list[Literal["replied", "ordered", "deal", "left", "no_consent"]] = Field(
        [], max_length=5
    )
    moves: bool = False


class SwitchIn(Sent):
    """Switch it on or off; with ``present`` those who belong to its segment already begin."""

    on: bool
    present: bool = False


def _answer(request: TokenRequest, pk: int, picked: Picked | None = None) -> HttpResponse:
    found = get_object_or_404(sequences_of(request), pk=pk)
    return answer_one(request, found, SequenceRecord, picked)


def _arranged(request: TokenRequest, pk: int) -> Sequence:
    """A sequence that the caller arranges, held, and as they read it."""
    found: Sequence = get_object_or_404(sequences_of(request), pk=pk)
    if not access.may_arrange(request.person, found.team):
        raise Problem("forbidden")
    Sequence.objects.select_for_update(of=("self",)).get(pk=pk)
    found = get_object_or_404(sequences_of(request), pk=pk)
    refuse_other(request, found, SequenceRecord)
    return found


def _facts(request: TokenRequest, sent: SequenceFacts) -> dict[str, Any]:
    facts = sent.model_dump(exclude_unset=True, exclude={"team", "of"})
    kept = {
        name: value
        for name, value in facts.items()
        if value is not None or name in {"segment", "again_days"}
    }
    if kept.get("segment") is not None:
        kept["segment"] = segment_of(request, kept["segment"])
    return kept


@router.get("/sequences", response=Page[SequenceRecord], summary=noop("List sequences"))
def list_sequences(request: TokenRequest, asked: Query[SequencesAsked]) -> HttpResponse:
    wanted = {"team__code": asked.team, "of": asked.of}
    rows = sequences_of(request).filter(**{key: value for key, value in wanted.items() if value})
    return answer_page(request, rows, asked, SequenceRecord)


@router.post("/sequences", response=SequenceRecord, summary=noop("Add a sequence"))
def add_sequence(request: TokenRequest, sent: SequenceIn) -> HttpResponse:
    team = team_with(request, sent.team, access.may_arrange)
    facts = _facts(request, sent)
    made = written(
        lambda: actions.add_sequence(
            team=team, of=sent.of, **facts, by=request.person, at=request.now
        )
    )
    return _answer(request, made.pk)


@router.get("/sequences/{int:pk}", response=SequenceRecord, summary=noop("Read a sequence"))
def read_sequence(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return _answer(request, pk, picked)


@router.patch("/sequences/{int:pk}", response=SequenceRecord, summary=noop("Change a sequence"))
def change_sequence(request: TokenRequest, pk: int, sent: SequenceFacts) -> HttpResponse:
    found = _arranged(request, pk)
    facts = _facts(request, sent)
    if facts:
        written(
            lambda: actions.change_sequence(
                sequence=found, facts=facts, by=request.person, at=request.now
            )
        )
    return _answer(request, pk)


@router.put(
    "/sequences/{int:pk}/steps", response=SequenceRecord, summary=noop("Write the steps anew")
)
def write_steps(request: TokenRequest, pk: int, sent: StepsIn) -> HttpResponse:
    found = _arranged(request, pk)
    steps = [_step(request, found, place, one) for place, one in enumerate(sent.steps)]
    written(
        lambda: actions.write_version(
            sequence=found, steps=steps, stops=sent.stops, moves=sent.moves,
            by=request.person, at=request.now,
        )
    )  # fmt: skip
    return _answer(request, pk)


def _step(request: TokenRequest, sequence: Sequence, place: int, sent: StepIn) -> actions.NewStep:
    person = template = None
    if sent.whom == "person":
        known = {one.number: one for one in sellers_of(sequence.team, request.now)}
        person = known.get(sent.person)
        if person is None:
            told = _("Nobody with this number sells in the team.")
            raise invalid(f"steps.{place}.person", told)
    if sent.act == "mail":
        rows = MailTemplate.objects.visible_to(request.person).filter(team=sequence.team_id)
        template = rows.filter(pk=sent.template).first()
        if template is None:
            raise unseen(f"steps.{place}.template")
    texts = {code: {"subject": one.subject, "body": one.body} for code, one in sent.texts.items()}
    return actions.NewStep(
        sent.act, sent.days, sent.counting, texts, sent.whom, person, template, sent.key
    )


@router.put("/sequences/{int:pk}/state", response=SequenceRecord, summary=noop("Switch a sequence"))
def switch_sequence(request: TokenRequest, pk: int, sent: SwitchIn) -> HttpResponse:
    found = _arranged(request, pk)
    written(
        lambda: actions.switch_sequence(
            sequence=found, on=sent.on, present=sent.present, by=request.person, at=request.now
        )
    )
    return _answer(request, pk)


@router.post(
    "/sequences/{int:pk}/retirement", response=SequenceRecord, summary=noop("Put a sequence away")
)
def retire_sequence(request: TokenRequest, pk: int) -> HttpResponse:
    found: Any = _arranged(request, pk)
    actions.retire_sequence(sequence=found, by=request.person, at=request.now)
    found.on_since = None
    return answer_one(request, found, SequenceRecord)
