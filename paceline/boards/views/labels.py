"""The labels and fields of a project."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from paceline.boards import actions
from paceline.boards.models import CardField, Colour, Label
from paceline.boards.views.cards import act
from paceline.boards.views.projects import arranged_project
from paceline.kernel.own_fields import FieldKind
from paceline.kernel.pages import go_to
from paceline.org.requests import PersonRequest


def _back(request: PersonRequest, project: int) -> HttpResponse:
    return go_to(request, reverse("boards:arrange", args=[project]))


def _colour(request: PersonRequest) -> Colour:
    colour = request.POST.get("colour", "")
    return Colour(colour) if colour in Colour else Colour.GREY


@require_POST
def add_label(request: PersonRequest, pk: int) -> HttpResponse:
    project = arranged_project(request, pk)
    given: dict[str, Any] = {"name": request.POST.get("name", ""), "colour": _colour(request)}
    act(request, lambda told: actions.add_label(project=project, **given, **told))
    return _back(request, pk)


@require_POST
def label(request: PersonRequest, pk: int) -> HttpResponse:
    """Another name or colour, or away with it from all cards."""
    found = get_object_or_404(
        Label.objects.visible_to(request.person).select_related("project"), pk=pk
    )
    project = arranged_project(request, found.project_id)
    if request.POST.get("do") == "delete":
        act(request, lambda told: actions.delete_label(label=found, **told), _("Removed."))
    else:
        given: dict[str, Any] = {"name": request.POST.get("name", ""), "colour": _colour(request)}
        act(request, lambda told: actions.change_label(label=found, **given, **told))
    return _back(request, project.pk)


@require_POST
def add_field(request: PersonRequest, pk: int) -> HttpResponse:
    project = arranged_project(request, pk)
    kind = request.POST.get("kind", "")
    given: dict[str, Any] = {
        "label": request.POST.get("label", ""),
        "kind": FieldKind(kind) if kind in FieldKind else FieldKind.TEXT,
        "options": request.POST.get("options", "").splitlines(),
        "is_required": request.POST.get("is_required") == "1",
    }
    act(request, lambda told: actions.add_field(project=project, **given, **told))
    return _back(request, pk)


@require_POST
def field(request: PersonRequest, pk: int) -> HttpResponse:
    """Another label or other words, or out of use; what cards say stays with them."""
    found = get_object_or_404(
        CardField.objects.visible_to(request.person).select_related("project"), pk=pk
    )
    project = arranged_project(request, found.project_id)
    facts: dict[str, Any] = {}
    if "label" in request.POST:
        facts["label"] = request.POST["label"]
    if "options" in request.POST:
        facts["options"] = request.POST["options"].splitlines()
    if request.POST.get("retired") in {"0", "1"}:
        facts["retired"] = request.POST["retired"] == "1"
    act(request, lambda told: actions.change_field(field=found, facts=facts, **told), _("Saved."))
    return _back(request, project.pk)
