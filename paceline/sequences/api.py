"""Sequences, the customers who go through them, and beginning with many, for programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Exists, OuterRef, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import ConfigDict, Field

from paceline.crm.actions import FactsInvalid
from paceline.crm.models import Segment
from paceline.crm.queries.segments import members
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
from paceline.kernel.interface.problems import invalid
from paceline.leads.queries import sellers_of
from paceline.mail.models import MailTemplate
from paceline.org.models import Team
from paceline.org.requests import TokenRequest
from paceline.sequences import access, actions, wording
from paceline.sequences.models import (
    RECORDS,
    STEPS_MAX,
    Enrolment,
    Line,
    Sequence,
    Start,
    Version,
)

AREA = Area("sequences", gettext_lazy("Sequences of steps with customers"), writes=True)
router = AREA.router()
NUMBER = noop("Employee number.")
TEAM = noop("Code of the team.")
ID_MAX = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=ID_MAX)]
Kind = Literal["company", "contact", "lead"]
Language = Annotated[str, Field(pattern="^[a-z]{2}(-[A-Z][A-Za-z]{1,3})?$")]


class Sent(Schema):
    """What a program sends; a member that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


# Sequences and their steps


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


def _sequences(request: TokenRequest) -> Any:
    later = Version.objects.filter(sequence=OuterRef("sequence"), number__gt=OuterRef("number"))
    latest = Version.objects.filter(~Exists(later)).prefetch_related("steps__person")
    rows = Sequence.objects.visible_to(request.person).kept().select_related("team")
    return rows.prefetch_related(Prefetch("versions", queryset=latest, to_attr="latest"))


def _answer(request: TokenRequest, pk: int, picked: Picked | None = None) -> HttpResponse:
    found = get_object_or_404(_sequences(request), pk=pk)
    return answer_one(request, found, SequenceRecord, picked)


def _arranged(request: TokenRequest, pk: int) -> Sequence:
    """A sequence that the caller arranges, held, and as they read it."""
    found: Sequence = get_object_or_404(_sequences(request), pk=pk)
    if not access.may_arrange(request.person, found.team):
        raise Problem("forbidden")
    Sequence.objects.select_for_update(of=("self",)).get(pk=pk)
    found = get_object_or_404(_sequences(request), pk=pk)
    refuse_other(request, found, SequenceRecord)
    return found


def _written(act: Callable[[], Any]) -> Any:
    """Do a write, and tell in a problem document what stands in its way."""
    try:
        return act()
    except FactsInvalid as refused:
        field, texts = next(iter(refused.errors.items()))
        told = str(texts[0]) if texts else _("This value is not valid.")
        raise invalid(field, told) from None
    except wording.REFUSALS as refused:
        raise Problem("conflict", wording.refusal(refused)) from None
    except actions.TooManyToStart:
        told = _("At most %(most)s at once; narrow the list.") % {"most": actions.START_MAX}
        raise invalid("records", told) from None


def _facts(request: TokenRequest, sent: SequenceFacts) -> dict[str, Any]:
    facts = sent.model_dump(exclude_unset=True, exclude={"team", "of"})
    kept = {
        name: value
        for name, value in facts.items()
        if value is not None or name in {"segment", "again_days"}
    }
    if kept.get("segment") is not None:
        kept["segment"] = _segment(request, kept["segment"])
    return kept


def _segment(request: TokenRequest, pk: int) -> Segment:
    found: Segment | None = Segment.objects.visible_to(request.person).filter(pk=pk).first()
    if found is None:
        raise invalid("segment", _("There is nothing here that you can see."))
    return found


@router.get("/sequences", response=Page[SequenceRecord], summary=noop("List sequences"))
def list_sequences(request: TokenRequest, asked: Query[SequencesAsked]) -> HttpResponse:
    wanted = {"team__code": asked.team, "of": asked.of}
    rows = _sequences(request).filter(**{key: value for key, value in wanted.items() if value})
    return answer_page(request, rows, asked, SequenceRecord)


@router.post("/sequences", response=SequenceRecord, summary=noop("Add a sequence"))
def add_sequence(request: TokenRequest, sent: SequenceIn) -> HttpResponse:
    team = Team.objects.filter(code=sent.team).first()
    if team is None or not access.may_arrange(request.person, team):
        raise Problem("forbidden")
    facts = _facts(request, sent)
    made = _written(
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
        _written(
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
    _written(
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
            told = _("There is nothing here that you can see.")
            raise invalid(f"steps.{place}.template", told)
    texts = {code: {"subject": one.subject, "body": one.body} for code, one in sent.texts.items()}
    return actions.NewStep(
        sent.act, sent.days, sent.counting, texts, sent.whom, person, template, sent.key
    )


@router.put("/sequences/{int:pk}/state", response=SequenceRecord, summary=noop("Switch a sequence"))
def switch_sequence(request: TokenRequest, pk: int, sent: SwitchIn) -> HttpResponse:
    found = _arranged(request, pk)
    _written(
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


# Customers who go through them


class EnrolmentRecord(Record):
    """That a customer goes, or went, through a sequence."""

    id: int
    sequence: int = Field(0, alias="sequence_id")
    company: int | None = Field(None, alias="company_id")
    contact: int | None = Field(None, alias="contact_id")
    lead: int | None = Field(None, alias="lead_id")
    cause: str
    started_at: datetime
    started_by: str | None = Field(None, description=NUMBER)
    next_step: int | None = Field(None, description=noop("Key of the step that comes next."))
    next_at: datetime | None = None
    ended_at: datetime | None = None
    ended_why: str = ""

    @staticmethod
    def resolve_started_by(row: Enrolment) -> str | None:
        return None if row.started_by is None else row.started_by.number

    @staticmethod
    def resolve_next_step(row: Enrolment) -> int | None:
        return None if row.next_step is None else row.next_step.key


class EnrolmentsAsked(Asked):
    """Whose way is wanted."""

    sequence: Id | None = None
    company: Id | None = None
    contact: Id | None = None
    lead: Id | None = None
    running: bool | None = None


class LineRecord(Record):
    """One line of the trace: what was done, why, by whom, what came of it."""

    id: int
    at: datetime
    what: str
    why: str
    step: int | None = Field(None, description=noop("Key of the step."))
    person: str | None = Field(None, description=NUMBER)
    activity: int | None = Field(None, alias="activity_id")
    mail: int | None = Field(None, alias="mail_id")

    @staticmethod
    def resolve_step(row: Line) -> int | None:
        return None if row.step is None else row.step.key

    @staticmethod
    def resolve_person(row: Line) -> str | None:
        return None if row.person is None else row.person.number


class EnrolmentIn(Sent):
    """Begin a sequence with one customer, of the kind with which it goes."""

    sequence: Id
    record: Id


def _enrolments(request: TokenRequest) -> Any:
    rows = Enrolment.objects.visible_to(request.person)
    return rows.select_related("started_by", "next_step")


@router.get(
    "/enrolments", response=Page[EnrolmentRecord], summary=noop("List who goes through sequences")
)
def list_enrolments(request: TokenRequest, asked: Query[EnrolmentsAsked]) -> HttpResponse:
    wanted = {
        "sequence": asked.sequence, "company": asked.company, "contact": asked.contact,
        "lead": asked.lead, "ended_at__isnull": asked.running,
    }  # fmt: skip
    given = {key: value for key, value in wanted.items() if value is not None}
    return answer_page(request, _enrolments(request).filter(**given), asked, EnrolmentRecord)


@router.post("/enrolments", response=EnrolmentRecord, summary=noop("Begin with a customer"))
def enrol(request: TokenRequest, sent: EnrolmentIn) -> HttpResponse:
    if not access.may_begin_any(request.person):
        raise Problem("forbidden")
    found = _sequences(request).filter(pk=sent.sequence).first()
    if found is None:
        raise invalid("sequence", _("There is nothing here that you can see."))
    rows = RECORDS[found.of].objects.visible_to(request.person).kept()
    record = rows.select_related("owner", "team").filter(pk=sent.record).first()
    if record is None:
        raise invalid("record", _("There is nothing here that you can see."))
    if not access.may_begin(request.person, record):
        raise Problem("forbidden")
    made = _written(
        lambda: actions.begin(sequence=found, record=record, by=request.person, at=request.now)
    )
    return answer_one(request, made, EnrolmentRecord)


@router.get("/enrolments/{int:pk}", response=EnrolmentRecord, summary=noop("Read a way"))
def read_enrolment(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    found = get_object_or_404(_enrolments(request), pk=pk)
    return answer_one(request, found, EnrolmentRecord, picked)


@router.get(
    "/enrolments/{int:pk}/trace", response=Page[LineRecord], summary=noop("List what was done")
)
def list_trace(request: TokenRequest, pk: int, asked: Query[Asked]) -> HttpResponse:
    found = get_object_or_404(_enrolments(request), pk=pk)
    rows = Line.objects.filter(enrolment=found).select_related("step", "person")
    return answer_page(request, rows, asked, LineRecord)


@router.post(
    "/enrolments/{int:pk}/end", response=EnrolmentRecord, summary=noop("Stop with a customer")
)
def end_enrolment(request: TokenRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(_enrolments(request).select_related(*RECORDS), pk=pk)
    if not access.may_begin(request.person, found.record):
        raise Problem("forbidden")
    actions.stop(enrolment=found, by=request.person, at=request.now)
    return answer_one(request, get_object_or_404(_enrolments(request), pk=pk), EnrolmentRecord)


# Beginning with many


class StartRecord(Record):
    """One sequence begun with many: how far it has come, and why others did not begin."""

    id: int
    sequence: int | None = Field(None, alias="sequence_id")
    of: str
    count: int = 0
    done: int
    begun: int
    skipped: dict[str, int] = Field({}, description=noop("Why others did not, by reason."))
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    undone_at: datetime | None = None

    @staticmethod
    def resolve_count(row: Start) -> int:
        return len(row.ids)


class StartIn(Sent):
    """Begin a sequence with these records, or with whoever belongs to a segment now."""

    sequence: Id
    records: list[Id] = Field([], max_length=actions.START_MAX)
    segment: Id | None = None


def _starts(request: TokenRequest) -> Any:
    return Start.objects.filter(by=request.person, begun_at__isnull=False)


@router.get("/sequence-starts", response=Page[StartRecord], summary=noop("List your beginnings"))
def list_sequence_starts(request: TokenRequest, asked: Query[Asked]) -> HttpResponse:
    return answer_page(request, _starts(request), asked, StartRecord)


@router.post("/sequence-starts", response=StartRecord, summary=noop("Begin with many"))
def start_sequence(request: TokenRequest, sent: StartIn) -> HttpResponse:
    """A job begins with them; ask again until ``ended_at`` is there."""
    if not access.may_begin_any(request.person):
        raise Problem("forbidden")
    found = _sequences(request).filter(pk=sent.sequence).first()
    if found is None:
        raise invalid("sequence", _("There is nothing here that you can see."))
    ids = list(dict.fromkeys(sent.records))
    if sent.segment is not None:
        segment = _segment(request, sent.segment)
        if segment.of != found.of:
            raise invalid("segment", _("The sequence goes with other records."))
        rows = members(segment.rule, segment.of, request.person, request.today)
        ids = [*rows.order_by("pk").values_list("pk", flat=True)[: actions.START_MAX + 1]]
    if not ids:
        raise invalid("records", _("Nobody was chosen."))
    told: dict[str, Any] = {"by": request.person, "at": request.now}

    def begin() -> Start:
        draft = actions.draft_start(of=found.of, ids=ids, **told)
        return actions.begin_start(start=draft, sequence=found, **told)

    return answer_one(request, _written(begin), StartRecord)


@router.get("/sequence-starts/{int:pk}", response=StartRecord, summary=noop("Read a beginning"))
def read_sequence_start(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    return answer_one(request, get_object_or_404(_starts(request), pk=pk), StartRecord, picked)


@router.post(
    "/sequence-starts/{int:pk}/undo", response=StartRecord, summary=noop("Take a beginning back")
)
def undo_sequence_start(request: TokenRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(_starts(request), pk=pk)
    _written(lambda: actions.undo_start(start=found, by=request.person, at=request.now))
    return answer_one(request, get_object_or_404(_starts(request), pk=pk), StartRecord)
