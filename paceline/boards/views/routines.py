"""What a project does by itself, ready projects, and a person's calendar address."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.boards import access, actions, queries, wording
from paceline.boards.actions.feeds import digest_of, note_read
from paceline.boards.blueprints import blueprint, blueprints
from paceline.boards.feeds import as_icalendar
from paceline.boards.forms.routines import BeginForm, RecurrenceForm, RuleForm
from paceline.boards.models import Feed, Project, Recurrence, Rule, Trigger
from paceline.boards.views.boards import seen_project
from paceline.boards.views.cards import act
from paceline.boards.views.projects import arranged_project, beginning, is_done
from paceline.kernel.pages import go_to, page
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


def _arrange(project: int) -> str:
    return reverse("boards:arrange", args=[project])


def _known(request: PersonRequest, project: Project) -> dict[str, Any]:
    return {
        "lists": queries.lists_of(project),
        "people": queries.able_people(project, request.today),
        "labels": queries.labels_of(project),
    }


@require_http_methods(["GET", "POST"])
def add_recurrence(request: PersonRequest, pk: int) -> HttpResponse:
    """A card that comes again and again."""
    project = arranged_project(request, pk)
    form = RecurrenceForm(
        request.POST or None, on=request.today, zone=project.time_zone, **_known(request, project)
    )
    if request.method == "POST" and form.is_valid() and is_done(form, partial(
        actions.add_recurrence, project=project, facts=form.facts(),
        labels=form.cleaned_data["labels"], by=request.person, at=timezone.now(),
    )):  # fmt: skip
        messages.success(request, _("Saved."))
        return go_to(request, _arrange(pk))
    context = {"form": form, "title": _("New recurring card"), "name": project.name,
               "back_url": _arrange(pk), "button": _("Save")}  # fmt: skip
    return page(request, "boards/one_form.html", context, status=422 if form.errors else 200)


@require_POST
def stop_recurrence(request: PersonRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Recurrence.objects.visible_to(request.person), pk=pk)
    arranged_project(request, found.project_id)
    act(request, lambda told: actions.stop_recurrence(recurrence=found, **told), _("Stopped."))
    return go_to(request, _arrange(found.project_id))


@require_http_methods(["GET", "POST"])
def add_rule(request: PersonRequest, pk: int) -> HttpResponse:
    """When something happens, something is done."""
    project = arranged_project(request, pk)
    form = RuleForm(request.POST or None, **_known(request, project))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if is_done(form, partial(
            actions.add_rule, project=project, name=data["name"], trigger=Trigger(data["trigger"]),
            steps=form.steps(), cards=form.lists.get(data["list"]),
            label=form.known_labels.get(data["label"]), days_before=data["days_before"],
            by=request.person, at=timezone.now(),
        )):  # fmt: skip
            messages.success(request, _("Saved."))
            return go_to(request, _arrange(pk))
    context = {
        "form": form, "conditions": form.conditions(), "steps": form.step_fields(),
        "name": project.name, "back_url": _arrange(pk),
    }  # fmt: skip
    return page(request, "boards/rule_form.html", context, status=422 if form.errors else 200)


@require_POST
def stop_rule(request: PersonRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Rule.objects.visible_to(request.person), pk=pk)
    arranged_project(request, found.project_id)
    act(request, lambda told: actions.stop_rule(rule=found, **told), _("Stopped."))
    return go_to(request, _arrange(found.project_id))


# Ready projects


@require_GET
def templates(request: PersonRequest) -> HttpResponse:
    """What one can begin from."""
    if not access.may_add_project(request.person):
        raise Http404
    context = {
        "blueprints": [
            {"one": one, "cards": len(one.cards), "lists": " → ".join(one.lists)}
            for one in blueprints()
        ]
    }
    return page(request, "boards/templates.html", context)


@require_http_methods(["GET", "POST"])
def begin(request: PersonRequest, key: str) -> HttpResponse:
    """A project from a ready one."""
    found = blueprint(key)
    if found is None:
        raise Http404
    form = BeginForm(
        request.POST or None, viewer=request.person, day_label=found.day,
        initial=beginning(request) | {"name": found.name, "description": found.about,
                                        "day": request.today},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.begin_project(
                blueprint=found, facts=form.facts(), day=form.cleaned_data["day"],
                by=request.person, at=timezone.now(),
            )  # fmt: skip
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("The project is ready."))
            return go_to(request, reverse("boards:board", args=[made.pk]))
    context = {"form": form, "title": found.name, "name": _("Ready projects"),
               "back_url": reverse("boards:templates"), "button": _("Create")}  # fmt: skip
    return page(request, "boards/one_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def copy(request: PersonRequest, pk: int) -> HttpResponse:
    """A new project like another one, its dates moved."""
    project = seen_project(request, pk)
    facts = {"name": _("%(name)s, again") % {"name": project.name[:100]},
             "description": project.description, "day": request.today}  # fmt: skip
    form = BeginForm(
        request.POST or None, viewer=request.person, initial=beginning(request) | facts,
        day_label=_("First due date"),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        dates = project.cards.filter(due_on__isnull=False, archived_at__isnull=True)
        first = dates.order_by("due_on").values_list("due_on", flat=True).first()
        days = (form.cleaned_data["day"] - first).days if first else 0
        try:
            made = actions.copy_project(
                project=project, facts=form.facts(), days=days, by=request.person,
                at=timezone.now(),
            )  # fmt: skip
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("The project is ready."))
            return go_to(request, reverse("boards:board", args=[made.pk]))
    context = {"form": form, "title": _("Copy the project"), "name": project.name,
               "back_url": reverse("boards:board", args=[pk]), "button": _("Copy")}  # fmt: skip
    return page(request, "boards/one_form.html", context, status=422 if form.errors else 200)


# The calendar address


@require_http_methods(["GET", "POST"])
def feed(request: PersonRequest) -> HttpResponse:
    """One's secret calendar address: made, shown once, revoked."""
    person, now = request.person, timezone.now()
    address = ""
    if request.method == "POST":
        if request.POST.get("do") == "revoke":
            if actions.revoke_feed(by=person, at=now):
                messages.success(request, _("The address does not work any more."))
            return go_to(request, reverse("boards:feed"))
        secret = actions.make_feed(by=person, at=now)
        address = request.build_absolute_uri(reverse("boards:calendar_feed", args=[secret]))
    known = Feed.objects.filter(person=person, revoked_at__isnull=True).first()
    return page(request, "boards/feed.html", {"address": address, "known": known})


@login_not_required
@require_GET
def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The cards of whoever has this secret, as iCalendar. Whoever left is told nothing."""
    now, today = timezone.now(), timezone.localdate()
    rows = Feed.objects.filter(digest=digest_of(secret), revoked_at__isnull=True)
    found = rows.select_related("person__user").first()
    if found is None or not (
        Person.objects.employed_on(today).filter(pk=found.person_id, user__is_active=True).exists()
    ):
        raise Http404
    person = found.person
    person.acting_on = today
    note_read(feed=found, at=now)
    origin = request.build_absolute_uri("/").rstrip("/")
    with translation.override(getattr(person.user, "language", "en")):
        content = as_icalendar(queries.for_calendar(person, today), origin=origin, at=now)
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    answer.headers["Cache-Control"] = "private, max-age=300"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
