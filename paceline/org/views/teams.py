"""Teams as a tree, and one team with its members."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from paceline.kernel.pages import page
from paceline.kernel.tables import Column, Table
from paceline.org import access, actions, queries
from paceline.org.forms import NewPositionForm, NewTeamForm, TeamForm
from paceline.org.models import Team
from paceline.org.requests import PersonRequest
from paceline.org.views.changes import answer_change, given


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """All teams, each below the one it is part of."""
    context = {
        "tree": queries.team_tree(request.today),
        "may_change": access.may_change_teams(request.person),
    }
    return page(request, "org/teams.html", context)


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One team and who belongs to it today."""
    team = get_object_or_404(Team.objects.select_related("parent"), pk=pk)
    today = request.today
    members = queries.members([team], today).values("pk")
    table = Table(
        request,
        rows=queries.directory(request.person, today).filter(pk__in=members),
        name="members",
        caption=_("Members"),
        order="name",
        columns=[
            Column(
                "name",
                pgettext_lazy("person", "Name"),
                sort="name",
                search=True,
                link=lambda row: reverse("org:person", args=[row.pk]),
            ),
            Column("position_title", gettext_lazy("Position"), sort="position_title"),
            Column("manager_name", gettext_lazy("Reports to"), sort="manager_name"),
        ],
        empty=_("Nobody belongs to this team today."),
        empty_hint=_("Move people here from their own pages, or import memberships."),
    )
    if table.wants_export:
        return table.export()
    context = {
        "team": team,
        "table": table,
        "below": list(team.children.all()),
        "may_change": access.may_change_teams(request.person),
    }
    return page(request, "org/team.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    """Create a team."""
    if not access.may_change_teams(request.person):
        raise PermissionDenied

    def act(valid: NewTeamForm) -> str:
        team = actions.create_team(by=request.person, at=timezone.now(), **valid.cleaned_data)
        return _("The team %(team)s exists now.") % {"team": team.name}

    words = {"heading": _("New team"), "button": _("Create team")}
    return answer_change(
        request, NewTeamForm(given(request)), act, words=words, back=reverse("org:teams")
    )


@require_http_methods(["GET", "POST"])
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """Rename a team or hang it elsewhere."""
    team = get_object_or_404(Team, pk=pk)
    if not access.may_change_teams(request.person):
        raise PermissionDenied

    def act(valid: TeamForm) -> str:
        actions.change_team(team=team, by=request.person, at=timezone.now(), **valid.cleaned_data)
        return _("Saved.")

    words = {"heading": _("Change %(team)s") % {"team": team.name}, "button": _("Save")}
    form = TeamForm(given(request), initial={"name": team.name, "parent": team.parent_id})
    return answer_change(request, form, act, words=words, back=reverse("org:team", args=[team.pk]))


@require_http_methods(["GET", "POST"])
def create_position(request: PersonRequest) -> HttpResponse:
    """Name a kind of seat."""
    if not access.may_change_teams(request.person):
        raise PermissionDenied

    def act(valid: NewPositionForm) -> str:
        position = actions.add_position(by=request.person, at=timezone.now(), **valid.cleaned_data)
        return _("The position %(title)s exists now.") % {"title": position.title}

    words = {
        "heading": _("New position"),
        "button": _("Create position"),
        "lead": _("A kind of seat that people hold for a time; plans can follow it."),
    }
    return answer_change(
        request, NewPositionForm(given(request)), act, words=words, back=reverse("org:people")
    )
