"""Named hierarchies: the list, one as a tree with every place it ever had, and changes to it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from paceline.kernel import formats
from paceline.kernel.pages import page
from paceline.kernel.tables import Column, Table
from paceline.org import access, actions, queries
from paceline.org.forms import EndForm, HierarchyForm, NewHierarchyForm, PlaceForm
from paceline.org.models import Hierarchy, HierarchyLine
from paceline.org.requests import PersonRequest
from paceline.org.views.changes import answer_change, given


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """All hierarchies beside the reporting line."""
    context = {
        "hierarchies": list(queries.hierarchies(request.today)),
        "may_change": access.may_change_hierarchies(request.person),
    }
    return page(request, "org/hierarchies.html", context)


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One hierarchy: its tree today, and below it every place with its days."""
    hierarchy = get_object_or_404(Hierarchy, pk=pk)
    may_change = access.may_change_hierarchies(request.person)
    table = Table(
        request,
        rows=queries.lines_of(hierarchy),
        name="places",
        topic="imports",
        caption=_("All places"),
        order="person",
        columns=[
            Column(
                "person",
                gettext_lazy("Person"),
                value="person.name",
                sort="person__name",
                search=True,
                link=lambda row: reverse("org:person", args=[row.person_id]),
            ),
            Column(
                "manager",
                gettext_lazy("Stands below"),
                value="manager.name",
                sort="manager__name",
                search=True,
            ),
            Column(
                "days",
                gettext_lazy("Days"),
                value=_days,
                sort="starts_on",
                link=_end if may_change else None,
            ),
        ],
        empty=_("Nobody stands in it yet."),
        empty_hint=_("Give somebody a place, or import a file of places."),
    )
    if table.wants_export:
        return table.export()
    context = {
        "hierarchy": hierarchy,
        "tree": queries.hierarchy_tree(hierarchy, request.today),
        "table": table,
        "may_change": may_change,
    }
    return page(request, "org/hierarchy.html", context)


def _days(line: HierarchyLine) -> str:
    return formats.span_of_days(line.starts_on, line.ends_before)


def _end(line: HierarchyLine) -> str:
    return reverse("org:hierarchy_place_end", args=[line.pk])


def _require_right(request: PersonRequest) -> None:
    if not access.may_change_hierarchies(request.person):
        raise PermissionDenied


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    """Name a hierarchy."""
    _require_right(request)

    def act(valid: NewHierarchyForm) -> str:
        made = actions.add_hierarchy(by=request.person, at=timezone.now(), **valid.cleaned_data)
        return _("The hierarchy %(name)s exists now. Give people their places next.") % {
            "name": made.name
        }

    words = {
        "heading": _("New hierarchy"),
        "button": _("Create hierarchy"),
        "lead": _(
            "Who answers for a region, a brand or a project; plans roll sales up through it."
        ),
    }
    form = NewHierarchyForm(given(request))
    return answer_change(request, form, act, words=words, back=reverse("org:hierarchies"))


@require_http_methods(["GET", "POST"])
def rename(request: PersonRequest, pk: int) -> HttpResponse:
    """Call a hierarchy something else."""
    hierarchy = get_object_or_404(Hierarchy, pk=pk)
    _require_right(request)

    def act(valid: HierarchyForm) -> str:
        actions.rename_hierarchy(
            hierarchy=hierarchy, by=request.person, at=timezone.now(), **valid.cleaned_data
        )
        return _("Saved.")

    words = {"heading": _("Rename %(name)s") % {"name": hierarchy.name}, "button": _("Save")}
    form = HierarchyForm(given(request), initial={"name": hierarchy.name})
    return answer_change(request, form, act, words=words, back=_back(hierarchy))


@require_http_methods(["GET", "POST"])
def place(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a person stand below another."""
    hierarchy = get_object_or_404(Hierarchy, pk=pk)
    _require_right(request)

    def act(valid: PlaceForm) -> str:
        values = valid.cleaned_data
        actions.place_below(
            hierarchy=hierarchy,
            person=values["person"],
            manager=values["manager"],
            starts_on=values["starts_on"],
            ends_before=valid.ends_before,
            by=request.person,
            at=timezone.now(),
            reason=values["reason"],
        )
        return _("The place of %(name)s is saved.") % {"name": values["person"].name}

    words = {
        "heading": _("A place in %(name)s") % {"name": hierarchy.name},
        "button": _("Save"),
        "lead": _(
            "The place before ends the day before this one begins. Credits follow the place that "
            "counts on the date that each plan names."
        ),
    }
    initial: dict[str, Any] = {"starts_on": request.today}
    if (person := request.GET.get("person", "")).isdecimal():
        initial["person"] = int(person)
    form = PlaceForm(given(request), initial=initial, on=request.today, by=request.person)
    return answer_change(request, form, act, words=words, back=_back(hierarchy))


@require_http_methods(["GET", "POST"])
def end(request: PersonRequest, pk: int) -> HttpResponse:
    """End a place with a last day."""
    lines = HierarchyLine.objects.select_related("hierarchy", "person", "manager")
    line = get_object_or_404(lines, pk=pk)
    if not access.may_change_hierarchies(request.person, line.person, line.manager):
        raise PermissionDenied

    def act(valid: EndForm) -> str:
        actions.end_place(
            line=line,
            ends_before=valid.ends_before,
            by=request.person,
            at=timezone.now(),
            reason=valid.cleaned_data["reason"],
        )
        return _("The place ends as you said.")

    words = {
        "heading": _("End the place of %(name)s below %(manager)s")
        % {"name": line.person.name, "manager": line.manager.name},
        "button": _("End the place"),
        "lead": _("With a last day before its first day the place is taken away altogether."),
    }
    form = EndForm(given(request), initial={"last_day": request.today})
    return answer_change(request, form, act, words=words, back=_back(line.hierarchy))


def _back(hierarchy: Hierarchy) -> str:
    return reverse("org:hierarchy", args=[hierarchy.pk])
