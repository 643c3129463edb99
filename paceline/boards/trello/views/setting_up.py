"""Connecting a project step by step: access, board, what is what."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from paceline.boards.models import CardList
from paceline.boards.trello import actions, queries, wording
from paceline.boards.trello.asking import AskingFailed
from paceline.boards.trello.forms import AccessForm, BoardForm, MatchForm
from paceline.boards.trello.models import Connection
from paceline.boards.trello.reading import Record
from paceline.boards.trello.views.projects import kept_project
from paceline.kernel.pages import go_to, page
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


def _form_page(request: PersonRequest, project: Any, form: Any, **words: Any) -> HttpResponse:
    back = reverse("boards:arrange", args=[project.pk])
    context = {"project": project, "form": form, "back_url": back, **words}
    return page(request, "trello/form.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def access(request: PersonRequest, pk: int) -> HttpResponse:
    """Key, token and secret, for the first time or anew. What was typed in is never shown."""
    project = kept_project(request, pk)
    known = queries.connection_of(project)
    form = AccessForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told: dict[str, Any] = {
            "access": form.access(), "by": request.person, "at": timezone.now()
        }  # fmt: skip
        try:
            if known is None:
                actions.connect(project=project, **told)
            else:
                actions.renew_access(connection=known, **told)
        except AskingFailed as failure:
            form.add_error(None, wording.reason(failure.code, failure.params))
        except actions.IsConnected:
            return go_to(request, reverse("trello:connection", args=[pk]))
        else:
            messages.success(request, _("The access was kept. It is not shown again."))
            # The first time the board is what comes next.
            name = "trello:board" if known is None else "trello:connection"
            return go_to(request, reverse(name, args=[pk]))
    return _form_page(
        request, project, form, title=_("Access to Trello"), button=_("Keep the access"),
        lead=_(
            "With it this project and a board in Trello are kept in step, in both directions. It is"
            " kept encrypted."
        ),
    )  # fmt: skip


def _setting_up(request: PersonRequest, pk: int) -> Connection:
    project = kept_project(request, pk)
    found = queries.connection_of(project)
    if found is None or found.started_at is not None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
def board(request: PersonRequest, pk: int) -> HttpResponse:
    """Choose the board."""
    found = _setting_up(request, pk)
    words = {"title": _("Choose the board"), "button": _("Go on")}
    try:
        choices = actions.boards_of(found)
        form = BoardForm(request.POST or None, boards=choices)
        if request.method == "POST" and form.is_valid():
            callback = request.build_absolute_uri(reverse("trello:receive", args=[found.key]))
            actions.choose_board(
                connection=found, board_id=form.cleaned_data["board"], callback=callback,
                by=request.person, at=timezone.now(),
            )  # fmt: skip
            return go_to(request, reverse("trello:start", args=[pk]))
    except AskingFailed as failure:
        messages.error(request, wording.reason(failure.code, failure.params))
        return go_to(request, reverse("trello:connection", args=[pk]))
    except actions.BoardTaken:
        form.add_error("board", _("Another project is kept in step with this board."))
    return _form_page(
        request, found.project, form,
        lead=_("Boards of %(name)s in Trello.") % {"name": found.account_name}, **words,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def start(request: PersonRequest, pk: int) -> HttpResponse:
    """Say which lists and people of the board are which here, and begin."""
    found = _setting_up(request, pk)
    if not found.board_id:
        return go_to(request, reverse("trello:board", args=[pk]))
    lists = CardList.objects.filter(project=found.project, archived_at__isnull=True)
    people = list(Person.objects.employed_on(request.today).order_by("name", "pk"))
    members: list[Record] = [
        {"id": key, "fullName": name} for key, name in found.choices["members"]
    ]
    form = MatchForm(
        request.POST or None, choices=found.choices, lists=list(lists.order_by("rank")),
        people=people, guessed=actions.guess(members, people),
    )  # fmt: skip
    # Without a list or member to choose nothing is posted but the token of the form.
    if request.method == "POST" and form.is_valid():
        try:
            actions.start(
                connection=found, lists=form.chosen_lists(), people=form.chosen_people(),
                by=request.person, at=timezone.now(),
            )  # fmt: skip
        except actions.NotConnected:
            return go_to(request, reverse("trello:connection", args=[pk]))
        messages.success(request, _("The board is being brought here."))
        return go_to(request, reverse("trello:connection", args=[pk]))
    return _form_page(
        request, found.project, form, title=_("What is what"), button=_("Begin"),
        lead=_(
            "These are the lists and members of “%(board)s”. Say what each of them is here. Lists"
            " of this project that are not chosen are made in Trello, with their cards."
        ) % {"board": found.board_name},
    )  # fmt: skip
