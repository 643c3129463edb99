"""Entered figures: what they are and were, entering a team's for a period, and their kinds."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods

from paceline.goals import access, actions, queries
from paceline.goals.forms import FigureGrid, FigureKindForm, GridChoice
from paceline.goals.models import Figure, FigureKind
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.kernel.tables import Column, Filter, Table
from paceline.org.requests import PersonRequest


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    """The standing figures that concern the reader."""
    may_enter = access.may_enter_figures(request.person)
    called = pgettext("kind of figure", "Figure")
    kinds = [(str(one.pk), one.label) for one in FigureKind.objects.all()]
    table = Table(
        request,
        rows=queries.figures_for(request.person),
        name="figures",
        topic="imports figures",
        caption=_("Figures"),
        columns=[
            Column("person", _("Payee"), value="person.name", sort="person__name", search=True),
            Column(
                "kind",
                pgettext("kind of figure", "Figure"),
                value="kind.label",
                sort="kind__label",
                search=True,
            ),
            Column("on", _("Counts on"), sort="on", kind="day"),
            Column("value", _("Value"), value=_value, sort="value", link=_address),
            Column("by", _("Entered by"), value=_by, secondary=True),
            Column("reason", _("Why"), secondary=True),
            Column("changes", _("Changes"), sort="changes", kind="number", secondary=True),
        ],
        filters=[
            Filter("kind", called, kinds, apply=_of_kind),
            Filter("year", _("Year"), queries.figure_years(request.person), apply=_in_year),
        ],
        order="-on",
        empty=_("No figures yet."),
        empty_hint=_("Scorecards and pools read figures that somebody counted or judged."),
        empty_link=(reverse("goals:figures_enter"), _("Enter figures")) if may_enter else None,
    )
    if table.wants_export:
        return table.export()
    return page(request, "goals/figures.html", {"table": table, "may_enter": may_enter})


def _address(figure: Figure) -> str:
    return reverse("goals:figure", args=[figure.pk])


def _value(figure: Figure) -> str:
    return queries.shown(figure.value, figure.kind.unit)


def _by(figure: Figure) -> str:
    return figure.entered_by.name if figure.entered_by else "Paceline"


def _of_kind(rows: Any, value: str) -> Any:
    return rows.filter(kind=int(value))


def _in_year(rows: Any, value: str) -> Any:
    return rows.filter(on__year=int(value))


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """One figure with everything it said before, who entered it, and why it changed."""
    known = Figure.objects.visible_to(request.person).select_related("person", "kind")
    figure = get_object_or_404(known, pk=pk)
    history = queries.figure_history(figure)
    context = {
        "figure": history[0],
        "value": _value(history[0]),
        "history": [(row, _value(row)) for row in history],
        "may_enter": access.may_enter_figures(request.person),
    }
    return page(request, "goals/figure.html", context)


@require_http_methods(["GET", "POST"])
def enter(request: PersonRequest) -> HttpResponse:
    """A team's figures for a period, typed into a grid; whatever changes needs a reason."""
    if not access.may_enter_figures(request.person):
        raise PermissionDenied
    asked = request.POST if request.method == "POST" else request.GET
    choice = GridChoice(asked if asked.get("team") else None, today=request.today)
    if not choice.is_valid():
        status = 422 if choice.is_bound else 200
        return page(request, "goals/enter.html", {"choice": choice}, status=status)
    team, days = choice.cleaned_data["team"], choice.cleaned_data["days"]
    members = queries.members_of(team, *days)
    kinds = list(choice.cleaned_data["kind"])[: queries.KINDS_MAX]
    kinds = kinds or queries.usual_kinds(team, days[1])
    sent = request.POST if request.method == "POST" else None
    grid = FigureGrid(sent, members=members, kinds=kinds, on=choice.counts_on)
    if sent is not None and grid.is_valid():
        try:
            written = actions.enter_figures(
                entries=grid.entries(),
                reason=grid.cleaned_data["reason"],
                seen=grid.cleaned_data["seen"],
                by=request.person,
                at=timezone.now(),
            )
        except actions.ReasonMissing:
            grid.add_error("reason", _("Say why a figure that was entered before changes."))
        except actions.FiguresChanged:
            text = _("Somebody entered some of these figures meanwhile. Look at them again first.")
            grid.add_error(None, text)
        else:
            told = ngettext(
                "%(n)s figure was entered.", "%(n)s figures were entered.", len(written)
            )
            messages.success(request, told % {"n": formats.number(len(written))})
            return go_to(request, reverse("goals:figures"))
    context = {
        "choice": choice,
        "grid": grid,
        "rows": grid.rows(),
        "team": team,
        "kinds": kinds,
        "on": choice.counts_on,
    }
    return page(request, "goals/enter.html", context, status=422 if grid.errors else 200)


@require_http_methods(["GET", "POST"])
def kinds(request: PersonRequest) -> HttpResponse:
    """The kinds of figures that can be entered, and making another known."""
    if not access.may_read_all_figures(request.person):
        raise PermissionDenied
    may_enter = access.may_enter_figures(request.person)
    if request.method == "POST" and not may_enter:
        raise PermissionDenied
    form = FigureKindForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_figure_kind(**form.cleaned_data, by=request.person, at=timezone.now())
        except actions.FigureKindKnown:
            form.add_error("name", _("There is a figure with this name or label already."))
        else:
            messages.success(request, _("The figure can be entered now."))
            return go_to(request, reverse("goals:figure_kinds"))
    context = {"kinds": list(FigureKind.objects.all()), "form": form, "may_enter": may_enter}
    return page(request, "goals/kinds.html", context, status=422 if form.errors else 200)
