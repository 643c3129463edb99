"""Cards from lines that were written or pasted, and how far thousands of them are."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from paceline.boards import access, actions, wording
from paceline.boards.models import Card, CardChange, CardList, Paste, Project
from paceline.boards.views.boards import editable_project
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.org.requests import PersonRequest


@require_POST
def add_cards(request: PersonRequest, pk: int) -> HttpResponse:
    """A card for each line, at once or, of many lines, in a job. What is refused stays in the
    field."""
    project = editable_project(request, pk)
    number = request.POST.get("list", "")
    target = get_object_or_404(
        CardList.objects.filter(project=project), pk=int(number[:18]) if number.isdecimal() else 0
    )
    text = _text(request)
    titles = actions.lines_of(text)
    try:
        if not titles:
            raise actions.NothingSaid
        told: dict[str, Any] = {
            "cards": target, "titles": titles, "by": request.person, "at": timezone.now(),
        }  # fmt: skip
        if len(titles) > actions.LINES_MAX:
            made = actions.request_paste(**told)
            return go_to(request, reverse("boards:paste", args=[made.pk]))
        added = actions.add_cards(**told)
    except wording.REFUSALS as problem:
        return page(
            request, "boards/paste.html", _form(project, target, text, wording.refusal(problem)),
            status=422,
        )  # fmt: skip
    url = reverse("boards:board", args=[project.pk])
    if len(added) > 1:
        change = CardChange.objects.filter(card=added[0], version=1)
        url = f"{url}?added={change.values_list('batch', flat=True)[0]}"
    return go_to(request, url)


def _text(request: PersonRequest) -> str:
    """What was written; the browser sends a long text as a file, as which it may be larger."""
    file = request.FILES.get("titles")
    if file is None:
        return request.POST.get("titles", "")
    return file.read().decode("utf-8", "replace")  # type: ignore[no-any-return]


def _form(project: Project, cards: CardList, text: str, problem: str) -> dict[str, Any]:
    return {
        "project": project,
        "list": cards,
        "titles": text,
        "problem": problem,
        "lines_max": formats.number(actions.CARDS_MAX),
    }


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """How far a paste is; what came of it; and its text where nothing came of it."""
    rows = Paste.objects.visible_to(request.person)
    paste = get_object_or_404(rows.select_related("progress", "project", "list", "batch"), pk=pk)
    problem = ""
    if paste.failure:
        problem = _failure(paste)
    elif paste.ended_at is not None and paste.batch_id is None:
        problem = _("It was cancelled. No card was made, and your text is still here.")
    context = {
        **_form(paste.project, paste.list, paste.text, problem),
        "paste": paste,
        "topic": f"project:{paste.project_id}",
        "may_edit": access.may_edit(request.person, paste.project),
    }
    return page(request, "boards/pasted.html", context)


def _failure(paste: Paste) -> str:
    room = actions.CARDS_MAX - Card.objects.kept().filter(project=paste.project_id).count()
    problems: dict[str, Exception] = {
        "ListIsArchived": actions.ListIsArchived(paste.list),
        "ListIsFull": actions.ListIsFull(paste.list),
        "ProjectIsArchived": actions.ProjectIsArchived(paste.project),
        "TooManyLines": actions.TooManyLines(paste.count, max(room, 0), actions.CARDS_MAX),
    }
    problem = problems.get(paste.failure)
    if problem is None:
        return _("An unexpected error stopped it. No card was made, and your text is still here.")
    return wording.refusal(problem)
