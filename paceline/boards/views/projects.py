"""Making and arranging projects and their lists."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.boards import access, actions, queries, wording
from paceline.boards.forms.projects import ListForm, ProjectForm, initial_of, seen_of
from paceline.boards.models import (
    Card,
    CardField,
    CardList,
    Colour,
    Label,
    Member,
    Project,
    Reach,
    Right,
)
from paceline.boards.views.boards import seen_project
from paceline.crm.models import scope_of
from paceline.kernel import formats
from paceline.kernel.own_fields import FieldKind
from paceline.kernel.pages import go_to, page
from paceline.org.models import Person
from paceline.org.requests import PersonRequest

ARCHIVED_ROWS = 100


def arranged_project(request: PersonRequest, pk: int) -> Project:
    """A project that the person may arrange."""
    found = seen_project(request, pk)
    if not access.may_arrange(request.person, found):
        raise PermissionDenied
    return found


def is_done(form: Any, act: Callable[[], object]) -> bool:
    """Whether the act was done; otherwise the form says what stands against it."""
    try:
        act()
    except wording.REFUSALS as problem:
        wording.put_into(form, problem)
    else:
        return True
    return False


def beginning(request: PersonRequest) -> dict[str, Any]:
    """What a new project begins with: one's team, and the zone in which one reads times."""
    teams = sorted(scope_of(request.person).teams)
    return {
        "team": teams[0] if teams else None,
        "reach": Reach.TEAM if teams else Reach.MEMBERS,
        "open_right": Right.EDIT,
        "time_zone": timezone.get_current_timezone_name(),
    }


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    """A new project, with three lists to begin with."""
    if not access.may_add_project(request.person):
        raise PermissionDenied
    teams = sorted(scope_of(request.person).teams)
    zone = timezone.get_current_timezone_name()
    first = {
        "team": teams[0] if teams else None, "reach": Reach.TEAM if teams else Reach.MEMBERS,
        "open_right": Right.EDIT, "time_zone": zone,
    }  # fmt: skip
    form = ProjectForm(request.POST or None, viewer=request.person, initial=first)
    if request.method == "POST" and form.is_valid():
        lists = [
            actions.NewList(pgettext("name of a list", "To do")),
            actions.NewList(pgettext("name of a list", "Doing")),
            actions.NewList(pgettext("name of a list", "Done"), ends_work=True),
        ]
        try:
            made = actions.add_project(
                facts=form.facts(), lists=lists, by=request.person, at=timezone.now()
            )
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("The project is ready."))
            return go_to(request, reverse("boards:board", args=[made.pk]))
    context = {
        "form": form, "title": _("New project"), "name": "",
        "back_url": reverse("boards:list_of_projects"), "button": _("Create"),
    }  # fmt: skip
    return page(request, "boards/one_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """Change what a project is called, what it is for and to whom it is open."""
    project = arranged_project(request, pk)
    form = ProjectForm(
        request.POST or None, viewer=request.person, project=project, initial=initial_of(project)
    )
    back = reverse("boards:arrange", args=[pk])
    if request.method == "POST" and form.is_valid() and is_done(form, partial(
        actions.change_project, project=project, facts=form.facts(),
        seen=form.cleaned_data["version"], by=request.person, at=timezone.now(),
    )):  # fmt: skip
        messages.success(request, _("Saved."))
        return go_to(request, back)
    context = {"form": form, "title": _("Change the project"), "name": project.name,
               "back_url": back, "button": _("Save")}  # fmt: skip
    return page(request, "boards/one_form.html", context, status=422 if form.errors else 200)


@require_GET
def arrange(request: PersonRequest, pk: int) -> HttpResponse:
    """Lists, members and all else that a project is made of."""
    project = arranged_project(request, pk)
    every = list(CardList.objects.filter(project=project).order_by("name", "id"))
    in_use = (one for one in every if one.archived_at is None)
    lists = sorted(in_use, key=lambda one: (one.rank, one.pk))
    members = queries.members_of(project)
    known = {one.person_id for one in members}
    everyone = Person.objects.employed_on(request.today).exclude(pk__in=known)
    labels = queries.labels_of(project)
    context = {
        "project": project,
        "lists": [
            {"list": one, "others": [other for other in lists if other.pk != one.pk]}
            for one in lists
        ],
        "archived_lists": [one for one in every if one.archived_at is not None],
        "members": [
            {"member": one, "rights": [(key, label, key == one.right)
                                       for key, label in Right.choices]}
            for one in members
        ],
        "people": list(everyone.order_by("name", "pk").values_list("pk", "name")),
        "rights": Right.choices,
        "labels": [
            {"label": one, "colours": [(key, label, key == one.colour)
                                       for key, label in Colour.choices]}
            for one in labels
        ],
        "colours": Colour.choices,
        "fields": [
            {"field": one, "kind": dict(FieldKind.choices)[one.kind],
             "options": "\n".join(one.options)}
            for one in CardField.objects.filter(project=project)
        ],
        "kinds": FieldKind.choices,
        "recurrences": [
            {
                "one": one,
                "how_often": wording.how_often(one),
                "next": "" if one.next_at is None else formats.moment(one.next_at),
            }
            for one in queries.recurrences_of(project)
        ],
        "rules": _rules(project, lists, labels),
    }  # fmt: skip
    return page(request, "boards/arrange.html", context)


def _rules(project: Project, lists: list[CardList], labels: list[Label]) -> list[dict[str, Any]]:
    """The rules of a project in words."""
    rules = queries.rules_of(project)
    people = {step["person"] for one in rules for step in one.steps if step["do"] == "assign"}
    names = {
        "list": {one.pk: one.name for one in lists},
        "label": {one.pk: one.name for one in labels},
        "person": dict(Person.objects.filter(pk__in=people).values_list("pk", "name")),
    }
    return [
        {
            "one": one,
            "when": wording.rule_when(one),
            "steps": formats.listed(wording.rule_step(step, names) for step in one.steps),
            "last_refused": any("refused" in step for step in one.last_outcome or ()),
        }
        for one in rules
    ]


@require_POST
def archive(request: PersonRequest, pk: int) -> HttpResponse:
    """Put a project away, or bring it back."""
    project = arranged_project(request, pk)
    told: dict[str, Any] = {"project": project, "by": request.person, "at": timezone.now()}
    if request.POST.get("back") == "1":
        actions.restore_project(**told)
        messages.success(request, _("The project is back."))
        return go_to(request, reverse("boards:board", args=[pk]))
    try:
        actions.archive_project(**told)
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        messages.success(request, _("The project was archived. It can be brought back."))
    return go_to(request, reverse("boards:list_of_projects"))


@require_POST
def members(request: PersonRequest, pk: int) -> HttpResponse:
    """Let somebody belong to the project with a right, change it, or let them go."""
    project = arranged_project(request, pk)
    text = request.POST.get("person", "")
    person = get_object_or_404(Person, pk=int(text[:18]) if text.isdecimal() else 0)
    right = request.POST.get("right", "")
    told: dict[str, Any] = {
        "project": project, "person": person, "by": request.person, "at": timezone.now(),
    }  # fmt: skip
    try:
        if right in Right:
            actions.set_member(right=Right(right), **told)
        elif Member.objects.filter(project=project, person=person).exists():
            actions.remove_member(**told)
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        messages.success(request, _("Saved."))
    if not Project.objects.visible_to(request.person).filter(pk=pk).exists():
        return go_to(request, reverse("boards:list_of_projects"))
    return go_to(request, reverse("boards:arrange", args=[pk]))


# Lists


def _arranged_list(request: PersonRequest, pk: int) -> CardList:
    rows = CardList.objects.visible_to(request.person).select_related("project", "changed_by")
    found: CardList = get_object_or_404(rows, pk=pk)
    if not access.may_arrange(request.person, found.project):
        raise PermissionDenied
    return found


@require_POST
def add_list(request: PersonRequest, pk: int) -> HttpResponse:
    """A new list at the end."""
    project = arranged_project(request, pk)
    name = request.POST.get("name", "").strip()
    try:
        actions.add_list(
            project=project, new=actions.NewList(name), by=request.person, at=timezone.now()
        )
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    return go_to(request, reverse("boards:board", args=[pk]))


@require_http_methods(["GET", "POST"])
def change_list(request: PersonRequest, pk: int) -> HttpResponse:
    """Rename a list, or limit it. Who did so meanwhile is told."""
    cards = _arranged_list(request, pk)
    form = ListForm(request.POST or None, initial=seen_of(cards))
    back = reverse("boards:board", args=[cards.project_id])
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_list(
                cards=cards, facts=form.facts(), seen=form.seen(), by=request.person,
                at=timezone.now(),
            )  # fmt: skip
        except actions.ChangedMeanwhile as problem:
            data = request.POST.copy()
            fresh = seen_of(CardList.objects.get(pk=pk))
            data.update({key: "" if value is None else str(value) for key, value in fresh.items()
                         if key.startswith("seen_")})  # fmt: skip
            form = ListForm(data)
            form.is_valid()
            form.add_error(None, wording.refusal(problem))
            status = 409
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Saved."))
            return go_to(request, back)
    context = {"form": form, "title": cards.name, "name": cards.project.name, "back_url": back,
               "button": _("Save")}  # fmt: skip
    status = 422 if form.errors and status == 200 else status
    return page(request, "boards/one_form.html", context, status=status)


@require_POST
def place_list(request: PersonRequest, pk: int) -> HttpResponse:
    """Put a list before another one, or at the end."""
    cards = _arranged_list(request, pk)
    text = request.POST.get("before", "")
    before = None
    if text.isdecimal():
        before = CardList.objects.filter(project=cards.project_id, pk=int(text[:18])).first()
    try:
        actions.place_list(cards=cards, before=before, by=request.person, at=timezone.now())
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    return go_to(request, reverse("boards:arrange", args=[cards.project_id]))


@require_POST
def archive_list(request: PersonRequest, pk: int) -> HttpResponse:
    """Take a list out of use and say where its cards go, or bring it back."""
    cards = _arranged_list(request, pk)
    told: dict[str, Any] = {"cards": cards, "by": request.person, "at": timezone.now()}
    text = request.POST.get("move_to", "")
    target = CardList.objects.filter(
        project=cards.project_id, pk=int(text[:18]) if text.isdecimal() else 0
    ).first()
    try:
        if request.POST.get("back") == "1":
            actions.restore_list(**told)
        else:
            actions.archive_list(move_to=target, **told)
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        messages.success(request, _("Saved."))
    return go_to(request, reverse("boards:arrange", args=[cards.project_id]))


@require_GET
def archived(request: PersonRequest, pk: int) -> HttpResponse:
    """The cards of a project that were put away."""
    project = seen_project(request, pk)
    rows = Card.objects.filter(project=project, archived_at__isnull=False)
    pages = Paginator(rows.select_related("list").order_by("-archived_at", "-pk"), ARCHIVED_ROWS)
    shown = pages.get_page(request.GET.get("page"))
    context = {
        "project": project,
        "cards": shown,
        "first": shown.start_index(),
        "last": shown.end_index(),
        "count": pages.count,
        "previous_url": f"?page={shown.previous_page_number()}" if shown.has_previous() else "",
        "next_url": f"?page={shown.next_page_number()}" if shown.has_next() else "",
        "may_edit": access.may_edit(request.person, project),
        "may_arrange": access.may_arrange(request.person, project),
    }
    return page(request, "boards/archived.html", context, fragment="rows")
