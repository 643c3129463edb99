"""How a project and its board in Trello stand, and what can be done about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from paceline.boards.trello import actions, queries, wording
from paceline.boards.trello.models import Connection, Member
from paceline.boards.trello.views.projects import kept_project
from paceline.kernel.pages import go_to, page
from paceline.kernel.shell import Badge
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


def _address(pk: int) -> str:
    return reverse("trello:connection", args=[pk])


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """How it stands: last carried, waiting, what is not carried and why, what both changed."""
    project = kept_project(request, pk)
    found = queries.connection_of(project)
    context: dict[str, Any] = {"project": project, "connection": found, "next_url": ""}
    if found is None:
        context["next_url"] = reverse("trello:access", args=[pk])
        return page(request, "trello/connection.html", context)
    if found.started_at is None:
        context["next_url"] = reverse(
            "trello:start" if found.board_id else "trello:board", args=[pk]
        )
    standing = queries.standing(found, request.today)
    names = wording.list_names(found) if standing.conflicts else {}
    people = list(
        Person.objects.employed_on(request.today).order_by("name", "pk").values_list("pk", "name")
    )
    context |= {
        "topic": f"trello:{found.pk}",
        "badge": _badge(found),
        "standing": standing,
        "trouble": wording.reason(found.trouble, found.trouble_params),
        "troubled": [
            {"card": card, "why": wording.trouble(one), "since": one.trouble_at}
            for one, card in standing.troubled
        ],
        "gone": [{"card": card, "since": one.gone_at} for one, card in standing.gone],
        "conflicts": [
            {
                "one": one,
                "field": wording.FIELDS[one.field],
                "kept": wording.value(one, found, one.here if one.kept_here else one.there, names),
                "stands": Badge(" · ".join((_("Stands"), _side(is_here=one.kept_here))), "good"),
                "gave_way": Badge(" · ".join((_("Gave way"), _side(is_here=not one.kept_here)))),
                "lost": wording.value(one, found, one.there if one.kept_here else one.here, names),
            }
            for one in standing.conflicts
        ],
        "turned": [
            (one, wording.reason(one.code, {})) for one in standing.turned
        ],
        "members": [
            {"member": one, "people": [(key, name, key == one.person_id) for key, name in people]}
            for one in Member.objects.filter(connection=found)
        ],
    }  # fmt: skip
    return page(request, "trello/connection.html", context)


def _side(*, is_here: bool) -> str:
    return pgettext("side", "here") if is_here else _("Trello")


def _badge(found: Connection) -> Badge:
    if found.started_at is None:
        return Badge(_("Not begun yet"), "neutral")
    if found.trouble:
        return Badge(_("Stands still"), "bad")
    if found.compared_at is None:
        return Badge(_("The board is being brought here"), "info")
    return Badge(_("In step"), "good")


def _kept(request: PersonRequest, pk: int) -> Connection:
    found = queries.connection_of(kept_project(request, pk))
    if found is None:
        raise Http404
    return found


@require_POST
def compare(request: PersonRequest, pk: int) -> HttpResponse:
    """Compare everything now, and try again what could not be carried."""
    found = _kept(request, pk)
    try:
        actions.try_again(connection=found, by=request.person, at=timezone.now())
    except actions.NotConnected:
        raise Http404 from None
    messages.success(request, _("Everything is being compared."))
    return go_to(request, _address(pk))


@require_POST
def disconnect(request: PersonRequest, pk: int) -> HttpResponse:
    """End the connection; the cards stay."""
    found = _kept(request, pk)
    try:
        actions.disconnect(connection=found, by=request.person, at=timezone.now())
    except actions.NotConnected:
        raise Http404 from None
    messages.success(request, _("Disconnected. The cards stay here and in Trello."))
    return go_to(request, reverse("boards:arrange", args=[pk]))


@require_POST
def member(request: PersonRequest, pk: int) -> HttpResponse:
    """Say who a member of the board is."""
    rows = Connection.objects.standing().visible_to(request.person)
    found = get_object_or_404(
        Member.objects.filter(connection__in=rows).select_related("connection"), pk=pk
    )
    project = kept_project(request, found.connection.project_id)
    text = request.POST.get("person", "")
    person = None
    if text.isdecimal():
        person = get_object_or_404(Person.objects.employed_on(request.today), pk=int(text[:18]))
    actions.match_member(member=found, person=person, by=request.person, at=timezone.now())
    messages.success(request, _("Saved."))
    return go_to(request, _address(project.pk))
