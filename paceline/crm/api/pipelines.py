"""Pipelines and their stages, and the words in which a team loses deals, for programs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import Field

from paceline.crm.api.records import router
from paceline.crm.models import Competitor, LostReason, Pipeline, scope_of
from paceline.kernel.interface import Asked, Page, Picked, Record, answer_one, answer_page
from paceline.kernel.interface.problems import invalid
from paceline.org.requests import TokenRequest


class StageRecord(Schema):
    """A step of a pipeline, with what a deal must have before it goes on."""

    id: int
    name: str
    kind: str = Field("", description=noop("open, won or lost."))
    probability: Decimal
    days_until_stale: int | None = None
    criteria: list[str] = []

    @staticmethod
    def resolve_criteria(row: Any) -> list[str]:
        return [one.kind for one in row.criteria.all()]


class PipelineRecord(Record):
    """The way on which a team's deals go, its stages in their order."""

    id: int
    team: str = Field("", description=noop("Code of the team."))
    name: str
    currency: str
    stages: list[StageRecord] = []

    @staticmethod
    def resolve_team(row: Pipeline) -> str:
        return row.team.code

    @staticmethod
    def resolve_stages(row: Pipeline) -> list[Any]:
        return [one for one in row.stages.all() if one.retired_at is None]


class ReasonRecord(Record):
    """Why deals are lost, in a team's words."""

    id: int
    team: str = Field("", description=noop("Code of the team."))
    name: str

    @staticmethod
    def resolve_team(row: Any) -> str:
        return str(row.team.code)


class CompetitorRecord(ReasonRecord):
    """Somebody else who offers the same."""


def _in_use(model: Any, request: TokenRequest) -> Any:
    rows = model.objects.visible_to(request.person).filter(retired_at__isnull=True)
    return rows.select_related("team")


def _pipelines(request: TokenRequest) -> Any:
    return _in_use(Pipeline, request).prefetch_related("stages__criteria")


def pipeline_of(request: TokenRequest, pk: int) -> Pipeline:
    """A pipeline of the caller's own teams, in which they may begin a deal."""
    found: Pipeline | None = _in_use(Pipeline, request).filter(pk=pk).first()
    if found is None or found.team_id not in scope_of(request.person).all_teams:
        raise invalid("pipeline", _("You add records for your own teams only."))
    return found


@router.get("/pipelines", response=Page[PipelineRecord], summary=noop("List pipelines"))
def list_pipelines(request: TokenRequest, asked: Query[Asked]) -> HttpResponse:
    return answer_page(request, _pipelines(request), asked, PipelineRecord)


@router.get("/pipelines/{int:pk}", response=PipelineRecord, summary=noop("Read a pipeline"))
def read_pipeline(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    found = get_object_or_404(_pipelines(request), pk=pk)
    return answer_one(request, found, PipelineRecord, picked)


@router.get("/lost-reasons", response=Page[ReasonRecord], summary=noop("List why deals are lost"))
def list_lost_reasons(request: TokenRequest, asked: Query[Asked]) -> HttpResponse:
    return answer_page(request, _in_use(LostReason, request), asked, ReasonRecord)


@router.get("/competitors", response=Page[CompetitorRecord], summary=noop("List competitors"))
def list_competitors(request: TokenRequest, asked: Query[Asked]) -> HttpResponse:
    return answer_page(request, _in_use(Competitor, request), asked, CompetitorRecord)
