"""Keeping a view of a project, and deleting one."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from paceline.boards import access, actions
from paceline.boards.models import KeptView, ViewKind
from paceline.boards.views.boards import seen_project
from paceline.boards.views.cards import act
from paceline.boards.views.kept import address, choices_of, may_delete
from paceline.kernel.pages import go_to
from paceline.org.requests import PersonRequest


@require_POST
def keep(request: PersonRequest, pk: int) -> HttpResponse:
    """Keep a view as it is under a name; whoever may edit may share it with the project."""
    project = seen_project(request, pk)
    kind = request.POST.get("kind", "")
    name = request.POST.get("name", "").strip()[:60]
    query = request.POST.get("query", "")[:2000]
    is_shared = request.POST.get("shared") == "1"
    if is_shared and not access.may_edit(request.person, project):
        raise PermissionDenied
    drawn = kind if kind in ViewKind.values else ViewKind.BOARD.value
    back = f"{reverse(f'boards:{drawn}', args=[pk])}?{query}"
    if not name or kind != drawn:
        messages.error(request, _("Give the view a name."))
        return go_to(request, back)
    kept: list[KeptView] = []
    done = act(request, lambda told: kept.append(actions.keep_view(
        project=project, kind=ViewKind(kind), name=name, choices=choices_of(QueryDict(query)),
        is_shared=is_shared, **told,
    )), _("The view was kept."))  # fmt: skip
    return go_to(request, address(kept[0]) if done else back)


@require_POST
def delete(request: PersonRequest, pk: int) -> HttpResponse:
    """One's own view goes; a shared one also by whoever may arrange the project."""
    rows = KeptView.objects.visible_to(request.person).select_related("project")
    view = get_object_or_404(rows, pk=pk)
    if not may_delete(request, view):
        raise PermissionDenied
    back = reverse(f"boards:{view.kind}", args=[view.project_id])
    act(request, lambda told: actions.delete_view(view=view, **told), _("The view was deleted."))
    return go_to(request, back)
