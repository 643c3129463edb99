"""Where a deal stands, what its stage asks of it, and moving it on, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Schema
from pydantic import Field

from paceline.crm import access, actions, criteria, queries
from paceline.crm.api.records import (
    ID_MAX,
    Sent,
    changeable,
    router,
    rows_of,
    written,
)
from paceline.crm.models import ChecklistItem, Competitor, Deal, LostReason, Question, Stage
from paceline.kernel.interface import Problem, Record, answer_one
from paceline.kernel.interface.problems import invalid, unseen
from paceline.kernel.interface.versions import seen_version, tag_of_version
from paceline.org.requests import TokenRequest


class ItemRecord(Schema):
    """An item of the stage's checklist."""

    id: int
    text: str
    is_required: bool
    is_done: bool


class QuestionRecord(Schema):
    """A question of the stage's playbook, and what the customer answered."""

    id: int
    text: str
    answer: str


class LackRecord(Schema):
    """What the deal needs before it may go on."""

    criterion: str
    message: str


class StandingRecord(Record):
    """Where a deal stands, and what its stage asks of it."""

    id: int = Field(0, description=noop("Of the stage."))
    stage: str
    stage_kind: str
    entered_at: datetime
    checklist: list[ItemRecord] = []
    questions: list[QuestionRecord] = []
    lacks: list[LackRecord] = []


class AnswerIn(Sent):
    """What the customer answered; an empty text takes it back."""

    question: int = Field(ge=1, le=ID_MAX)
    text: str = Field(max_length=5000)


class LostIn(Sent):
    """Why a deal was lost: a reason of the team, or words."""

    reason: int | None = Field(None, ge=1, le=ID_MAX)
    note: str = Field("", max_length=500)
    competitor: int | None = Field(None, ge=1, le=ID_MAX, description=noop("Who won it."))


class MoveIn(Sent):
    """Where a deal goes, and what its present stage asks for before that."""

    stage: int = Field(ge=1, le=ID_MAX)
    after: int | None = Field(None, ge=1, le=ID_MAX, description=noop("Id of the deal above."))
    done: list[int] = Field([], max_length=100, description=noop("Ids of items done by now."))
    answers: list[AnswerIn] = Field([], max_length=100)
    lost: LostIn | None = None


def _answer_standing(request: TokenRequest, pk: int) -> HttpResponse:
    rows = queries.shown("deal", request.person).filter(archived_at__isnull=True)
    deal = get_object_or_404(rows, pk=pk)
    lacks = criteria.unmet(deal, [deal.stage])
    told = {
        "id": deal.stage_id,
        "stage": deal.stage.name,
        "stage_kind": deal.stage.kind,
        "entered_at": deal.entered_at,
        "checklist": [{"id": one["pk"], **one} for one in deal.checklist_shown],
        "questions": [
            {"id": one["pk"], "text": one["text"], "answer": one["answer"] or ""}
            for one in deal.questions_shown
        ],
        "lacks": [{"criterion": one.criterion.kind, "message": one.text} for one in lacks],
    }
    return answer_one(request, told, StandingRecord, version=tag_of_version(deal.version))


@router.get(
    "/deals/{int:pk}/stage", response=StandingRecord, summary=noop("Read where a deal stands")
)
def read_stage(request: TokenRequest, pk: int) -> HttpResponse:
    get_object_or_404(rows_of(request, "deal"), pk=pk)
    if not access.may_read_talk(request.person):
        raise Problem("forbidden")
    return _answer_standing(request, pk)


@router.put("/deals/{int:pk}/stage", response=StandingRecord, summary=noop("Move a deal"))
def move_deal(request: TokenRequest, pk: int, sent: MoveIn) -> HttpResponse:
    deal = changeable(request, "deal", pk)
    to = Stage.objects.filter(pk=sent.stage, pipeline=deal.pipeline_id).first()
    if to is None:
        raise invalid("stage", _("The pipeline has no such stage."))
    after = None
    if sent.after is not None:
        after = rows_of(request, "deal").filter(pk=sent.after, stage=to).first()
        if after is None:
            raise unseen("after")
    seen, lost = seen_version(request), _lost(deal, sent.lost)
    given: dict[str, Any] = {"by": request.person, "at": request.now}
    items, answers = _done_and_answered(deal, sent)

    def act() -> None:
        for item in items:
            actions.tick(deal=deal, item=item, done=True, **given)
        for question, text in answers:
            actions.answer(deal=deal, question=question, text=text, **given)
        if to.pk != deal.stage_id or after is not None:
            actions.move_deal(
                deal=deal, to=to, after=after, seen=seen, lost=lost, on=request.today, **given
            )

    written(act)
    return _answer_standing(request, pk)


def _lost(deal: Deal, sent: LostIn | None) -> actions.Lost | None:
    if sent is None:
        return None
    own = {"team": deal.team_id, "retired_at": None}
    reason = LostReason.objects.filter(pk=sent.reason or 0, **own).first()
    if reason is None and sent.reason is not None:
        raise invalid("lost.reason", _("The team has no such reason."))
    rival = Competitor.objects.filter(pk=sent.competitor or 0, **own).first()
    if rival is None and sent.competitor is not None:
        raise invalid("lost.competitor", _("The team knows no such competitor."))
    return actions.Lost(reason, sent.note, rival)


def _done_and_answered(
    deal: Deal, sent: MoveIn
) -> tuple[list[ChecklistItem], list[tuple[Question, str]]]:
    """The items and questions named, of any stage that the deal may leave behind."""
    of_pipeline = {"stage__pipeline": deal.pipeline_id, "retired_at__isnull": True}
    items = ChecklistItem.objects.filter(**of_pipeline).in_bulk(sent.done)
    asked = [one.question for one in sent.answers]
    questions = Question.objects.filter(**of_pipeline).in_bulk(asked)
    for place, pk in enumerate(sent.done):
        if pk not in items:
            raise invalid(f"done.{place}", _("The pipeline has no such item."))
    for place, pk in enumerate(asked):
        if pk not in questions:
            raise invalid(f"answers.{place}.question", _("The pipeline has no such question."))
    return list(items.values()), [(questions[one.question], one.text) for one in sent.answers]
