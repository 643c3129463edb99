"""Arranging pipelines: a team lead's page of stages, criteria, playbooks, reasons, competitors."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from paceline.crm import access, actions, queries, wording
from paceline.crm.forms.pipelines import NameForm, PipelineForm, ReachForm, StageForm, usual_stages
from paceline.crm.models import (
    Competitor,
    LostReason,
    Pipeline,
    Reach,
    Stage,
    StageKind,
    TeamRules,
)
from paceline.kernel.pages import go_to, page
from paceline.org.requests import PersonRequest


@require_http_methods(["GET", "POST"])
def index(request: PersonRequest) -> HttpResponse:
    """The pipelines of one's teams, and adding one with the usual stages."""
    if not access.may_arrange_any(request.person):
        raise PermissionDenied
    form = PipelineForm(request.POST or None, viewer=request.person)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.add_pipeline(
                team=data["team"], name=data["name"], currency=data["currency"],
                stages=usual_stages(), by=request.person, at=timezone.now(),
            )  # fmt: skip
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Added."))
            return go_to(request, _address(made))
    context = {
        "pipelines": [(one, _address(one)) for one in queries.pipelines_for(request.person)],
        "form": form,
    }
    return page(request, "crm/pipelines.html", context, status=422 if form.errors else 200)


def _address(pipeline: Pipeline) -> str:
    return reverse("crm:pipeline", args=[pipeline.pk])


def _arranged(request: PersonRequest, pk: int) -> Pipeline:
    """A pipeline that the person may arrange."""
    rows = Pipeline.objects.visible_to(request.person).select_related("team")
    found: Pipeline = get_object_or_404(rows, pk=pk)
    if not access.may_arrange(request.person, found.team):
        raise PermissionDenied
    return found


@require_http_methods(["GET", "POST"])
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """A pipeline's name, its stages in order, and what belongs to its team."""
    pipeline = _arranged(request, pk)
    form = PipelineForm(request.POST or None, viewer=request.person, pipeline=pipeline)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_pipeline(
                pipeline=pipeline, name=form.cleaned_data["name"],
                currency=form.cleaned_data["currency"], by=request.person, at=timezone.now(),
            )  # fmt: skip
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Saved."))
            return go_to(request, _address(pipeline))
    rules = TeamRules.objects.filter(team=pipeline.team).first()
    own = {"team": pipeline.team, "retired_at__isnull": True}
    context: dict[str, Any] = {
        "pipeline": pipeline,
        "form": form,
        "stages": queries.stages_of(pipeline),
        "reasons": list(LostReason.objects.filter(**own)),
        "competitors": list(Competitor.objects.filter(**own)),
        "name_form": NameForm(),
        "reach_form": ReachForm(initial={"reach": rules.reach if rules else Reach.TEAM}),
    }
    return page(request, "crm/pipeline.html", context, status=422 if form.errors else 200)


@require_POST
def add(request: PersonRequest, pk: int, what: str) -> HttpResponse:
    """Add a stage, a lost reason or a competitor by its name, or set the team's reach."""
    pipeline = _arranged(request, pk)
    given: dict[str, Any] = {"by": request.person, "at": timezone.now()}
    form = ReachForm(request.POST) if what == "reach" else NameForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write something first."))
        return go_to(request, _address(pipeline))
    try:
        if isinstance(form, ReachForm):
            actions.set_team_reach(
                team=pipeline.team, reach=Reach(form.cleaned_data["reach"]),
                also_known=form.cleaned_data["also_known"], **given,
            )  # fmt: skip
        elif what == "stage":
            stage = actions.NewStage(form.cleaned_data["name"], Decimal("0.5"))
            actions.add_stage(pipeline=pipeline, stage=stage, before=None, **given)
        elif what == "reason":
            actions.add_lost_reason(team=pipeline.team, name=form.cleaned_data["name"], **given)
        else:
            actions.add_competitor(team=pipeline.team, name=form.cleaned_data["name"], **given)
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        messages.success(request, _("Saved."))
    return go_to(request, _address(pipeline))


def _stage(request: PersonRequest, pk: int) -> Stage:
    """A stage in use of a pipeline that the person may arrange."""
    seen = Pipeline.objects.visible_to(request.person)
    rows = Stage.objects.filter(pipeline__in=seen, retired_at__isnull=True)
    found = get_object_or_404(rows.select_related("pipeline__team"), pk=pk)
    if not access.may_arrange(request.person, found.pipeline.team):
        raise PermissionDenied
    return found


@require_http_methods(["GET", "POST"])
def stage(request: PersonRequest, pk: int) -> HttpResponse:
    """A stage: chance, staleness, criteria, checklist and playbook."""
    found = _stage(request, pk)
    form = StageForm(request.POST or None, stage=found)
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = {"stage": found, "by": request.person, "at": timezone.now()}
        try:
            actions.change_stage(facts=form.facts(), **given)
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            actions.arrange_stage(
                criteria=form.criteria_wanted(), checklist=form.items(), plays=form.plays(),
                questions=form.asked(), **given,
            )  # fmt: skip
            messages.success(request, _("Saved."))
            return go_to(request, _address(found.pipeline))
    others = [one for one in queries.stages_of(found.pipeline) if one.pk != found.pk]
    context = {
        "form": form,
        "stage": found,
        "plays": form.play_rows(),
        "back_url": _address(found.pipeline),
        "others": others,
        "same_kind": [one for one in others if one.kind == found.kind],
        "is_open": found.kind == StageKind.OPEN,
    }
    return page(request, "crm/stage.html", context, status=422 if form.errors else 200)


@require_POST
def place(request: PersonRequest, pk: int) -> HttpResponse:
    """Put a stage before another."""
    found = _stage(request, pk)
    before = get_object_or_404(
        found.pipeline.stages.filter(retired_at__isnull=True),
        pk=request.POST.get("before") if request.POST.get("before", "").isdecimal() else 0,
    )
    actions.change_stage(
        stage=found, facts={"rank_before": before}, by=request.person, at=timezone.now()
    )
    return go_to(request, _address(found.pipeline))


@require_POST
def retire(request: PersonRequest, pk: int) -> HttpResponse:
    """Take a stage out of use; its deals go to another one."""
    found = _stage(request, pk)
    wanted = request.POST.get("move_to", "")
    rows = found.pipeline.stages.filter(retired_at__isnull=True)
    target = rows.filter(pk=wanted).first() if wanted.isdecimal() else None
    try:
        actions.retire_stage(stage=found, move_to=target, by=request.person, at=timezone.now())
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
        return go_to(request, reverse("crm:stage", args=[pk]))
    messages.success(request, _("The stage is out of use."))
    return go_to(request, _address(found.pipeline))
