"""The projects that somebody sees, and the board of one."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from paceline.boards import access, actions, queries, wording
from paceline.boards.models import Card, CardList, Project
from paceline.boards.queries import BoardColumn
from paceline.boards.views import batches
from paceline.boards.views.faces import Face, face, project_context
from paceline.kernel import formats
from paceline.kernel.icons import icon
from paceline.kernel.pages import go_to, page
from paceline.org.requests import PersonRequest

LANES = ("executor", "label")


def seen_project(request: PersonRequest, pk: int) -> Project:
    """A project through the person who asks."""
    person = request.person
    rows = Project.objects.visible_to(person).select_related("team")
    found: Any = get_object_or_404(rows.annotate(own_right=queries.right_of_member(person)), pk=pk)
    access.keep_right(person, found, found.own_right)
    return cast(Project, found)


def editable_project(request: PersonRequest, pk: int) -> Project:
    found = seen_project(request, pk)
    if not access.may_edit(request.person, found):
        raise PermissionDenied
    return found


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """The projects that one sees; those put away on demand."""
    archived = request.GET.get("archived") == "1"
    rows = queries.projects_for(request.person).filter(archived_at__isnull=not archived)
    url = reverse("boards:list_of_projects")
    projects = list(rows[:500])
    context = {
        "projects": [_line(one) for one in projects],
        "chips": [(_("In use"), url, not archived), (_("Archived"), f"{url}?archived=1", archived)],
        "archived": archived,
    }
    return page(request, "boards/projects.html", context)


def _line(project: Any) -> dict[str, Any]:
    return {
        "name": project.name,
        "url": reverse("boards:board", args=[project.pk]),
        "team": project.team.name if project.team else "",
        "reach": project.get_reach_display(),
        "description": project.description[:160],
        "open": project.open_cards,
        "done": project.done_cards,
        "total": project.open_cards + project.done_cards,
    }


@require_GET
def board(request: PersonRequest, pk: int) -> HttpResponse:
    """A project's lists with their cards."""
    project = seen_project(request, pk)
    context = board_context(request, project)
    context["added"] = batches.just_added(request, project)
    return page(request, "boards/board.html", context, fragment="board")


def board_context(
    request: PersonRequest, project: Project, *, moved: str = "", problem: str = "", undo: str = ""
) -> dict[str, Any]:
    """The board as the person sees it. ``moved`` is spoken, ``problem`` shown as well."""
    context = project_context(request, project, "board")
    by = context["narrowing"]
    columns = queries.columns_of(project, request.person, request.today, by)
    lanes_by = request.GET.get("lanes", "")
    lanes_by = lanes_by if lanes_by in LANES else ""
    url = reverse("boards:board", args=[project.pk])
    query = request.GET.copy()
    query.pop("lanes", None)
    plain = f"{url}?{query.urlencode()}" if query else url
    mark = "&" if query else "?"
    return {
        **context,
        "icons": small_icons(),
        "more_url": url,
        "lanes": _lanes(context, columns, lanes_by, request),
        "lanes_by": lanes_by,
        "lane_chips": [
            (_("No swimlanes"), plain, not lanes_by),
            (_("By executor"), f"{plain}{mark}lanes=executor", lanes_by == "executor"),
            (_("By label"), f"{plain}{mark}lanes=label", lanes_by == "label"),
        ],
        "url": request.get_full_path() if request.method == "GET" else _board_url(request, url),
        "moved": moved,
        "problem": problem,
        "undo": undo,
    }


def _board_url(request: PersonRequest, url: str) -> str:
    query = request.GET.urlencode()
    return f"{url}?{query}" if query else url


def small_icons() -> dict[str, Any]:
    """The small drawings of cards, made once for a page of hundreds."""
    names = {"move": "arrows-move", "check": "checkbox", "parts": "subtask", "talk": "message",
             "file": "paperclip", "edit": "pencil"}  # fmt: skip
    return {name: icon(drawn) for name, drawn in names.items()}


def _head(column: BoardColumn) -> dict[str, Any]:
    limit = column.of.limit
    return {
        "count": formats.number(column.count if column.of.ends_work else column.open_count),
        "limit": limit,
        "is_over": limit is not None and column.open_count > limit,
    }


def _lane_count(column: BoardColumn, cards: list[Face]) -> str:
    """How many cards a lane has in a list, counted as the list itself is."""
    return formats.number(
        len(cards) if column.of.ends_work else sum(not card.done for card in cards)
    )


def _lanes(
    context: dict[str, Any], columns: list[BoardColumn], by: str, request: PersonRequest
) -> list[dict[str, Any]]:
    """Rows of the board: one without a name, or one for each executor or label."""
    labels, on = context["labels_by_id"], request.today

    def cell(one: BoardColumn, wanted: Any) -> dict[str, Any]:
        cards = [face(card, labels, on) for card in one.cards if wanted(card)]
        own = _lane_count(one, cards) if by else ""
        return {
            "list": one.of, "head": _head(one), "own": own, "cards": cards, "hidden": one.hidden,
        }  # fmt: skip

    def cells(wanted: Any) -> list[dict[str, Any]]:
        return [cell(one, wanted) for one in columns]

    if not by:
        return [{"key": None, "title": "", "cells": cells(lambda _card: True)}]
    cards = [card for one in columns for card in one.cards]
    if by == "executor":
        people = {card.executor_id: card.executor for card in cards if card.executor is not None}
        found = [
            {"key": str(one.pk), "title": one.name, "cells": cells(_is_of(one.pk))}
            for one in sorted(people.values(), key=lambda one: (one.name, one.pk))
        ]
        nobody = cells(_is_of(None))
        return [*found, {"key": "0", "title": _("Nobody yet"), "cells": nobody}]
    first = {card.pk: next(iter(card.label_ids or ()), None) for card in cards}
    used = [one for pk, one in labels.items() if pk in first.values()]
    found = [
        {"key": None, "title": one.name, "cells": cells(_begins_with(first, one.pk))}
        for one in used
    ]
    rest = cells(lambda card: first[card.pk] not in labels)
    return [*found, {"key": None, "title": _("Without a label"), "cells": rest}]


def _is_of(person: int | None) -> Any:
    return lambda card: card.executor_id == person


def _begins_with(first: dict[int, int | None], label: int) -> Any:
    return lambda card: first[card.pk] == label


# Moving


@require_http_methods(["GET", "POST"])
def move(request: PersonRequest, pk: int) -> HttpResponse:
    """Where to put a card; and putting it there.

    The board asks with ``board``, its project: it is answered with its lists and what to say aloud,
    also when the card is gone. Elsewhere ``to`` alone is enough.
    """
    rows = Card.objects.visible_to(request.person).select_related("project__team", "list")
    card = rows.filter(pk=pk).first()
    if card is None:
        if request.method == "GET" or "board" not in request.POST:
            raise Http404
        project = editable_project(request, _number(request, "board"))
        problem = wording.refusal(actions.CardIsGone())
        context = board_context(request, project, problem=problem)
        return page(request, "boards/board.html", context, fragment="board")
    if not access.may_edit(request.person, card.project):
        raise PermissionDenied
    if request.method == "GET":
        return page(request, "boards/move.html", _move_context(card), fragment="form")
    return _moved(request, card)


def _move_context(card: Card) -> dict[str, Any]:
    lists = queries.lists_of(card.project)
    beside = Card.objects.kept().filter(list=card.list_id).exclude(pk=card.pk)
    return {
        "card": card,
        "lists": [(one.pk, one.name, one.pk == card.list_id) for one in lists],
        "others": list(beside.order_by("rank").values_list("pk", "title")[:200]),
        "back_url": reverse("boards:card", args=[card.pk]),
    }


def _moved(request: PersonRequest, card: Card) -> HttpResponse:
    """Move a card and answer the board or the page that asked."""
    said = {"moved": "", "problem": "", "undo": ""}
    target = CardList.objects.filter(project=card.project_id, pk=_number(request, "to")).first()
    if target is None:
        raise Http404
    try:
        _move(request, card, target)
    except wording.REFUSALS as problem:
        said["problem"] = wording.refusal(problem)
    else:
        said["moved"] = _told(card, target, steps="step" in request.POST)
    if "board" in request.POST:
        context = board_context(request, card.project, **said)
        return page(request, "boards/board.html", context, fragment="board")
    if said["problem"]:
        messages.error(request, said["problem"])
    else:
        messages.success(request, said["moved"])
    back = request.POST.get("back", "")
    place = "board" if back == "board" else "card"
    return go_to(
        request,
        reverse(f"boards:{place}", args=[card.project_id if place == "board" else card.pk]),
    )


def _told(card: Card, target: CardList, *, steps: bool) -> str:
    """Where the card is now; whoever moves it step by step hears its place, too."""
    if not steps:
        told = _("“%(card)s” is now in “%(list)s”.")
        return told % {"card": card.title, "list": target.name}
    cards = Card.objects.kept().filter(list=target)
    ids = list(cards.order_by("rank", "pk").values_list("pk", flat=True))
    place = ids.index(card.pk) + 1 if card.pk in ids else len(ids)
    return _("“%(card)s” is now %(place)s of %(count)s in “%(list)s”.") % {
        "card": card.title,
        "place": formats.number(place),
        "count": formats.number(len(ids)),
        "list": target.name,
    }


def _move(request: PersonRequest, card: Card, target: CardList) -> None:
    """``after`` is the card above; ``step`` (-1 or 1) moves within the list by one place; ``lane``
    gives the card to somebody as well."""
    seen = CardList.objects.filter(project=card.project_id, pk=_number(request, "seen")).first()
    given: dict[str, Any] = {"by": request.person, "at": timezone.now()}
    after, step = None, request.POST.get("step")
    if step in {"-1", "1"}:
        ids = list(
            Card.objects.kept().filter(list=card.list_id).order_by("rank", "pk")
            .values_list("pk", flat=True)
        )  # fmt: skip
        place = ids.index(card.pk) if card.pk in ids else 0
        above = place + 1 if step == "1" else place - 2
        if (step == "-1" and place == 0) or (step == "1" and above >= len(ids)):
            return
        after = Card(pk=ids[above]) if above >= 0 else None
    elif _number(request, "after"):
        after = Card.objects.filter(project=card.project_id, pk=_number(request, "after")).first()
    at_end = request.POST.get("place") == "end"
    actions.move_card(card=card, to=target, after=after, at_end=at_end, seen_in=seen, **given)
    lane = request.POST.get("lane", "")
    if lane.isdecimal():
        people = {one.pk: one for one in queries.able_people(card.project, request.today)}
        actions.change_card(card=card, facts={"executor": people.get(int(lane[:18]))}, **given)


def _number(request: PersonRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text[:18]) if text.isdecimal() else 0
