"""Bringing a board from an export of another product, and how that went."""

from __future__ import annotations

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from paceline.boards import access, actions, intake_words
from paceline.boards.forms.projects import ProjectForm
from paceline.boards.models import BoardIntake, IntakeKind, Project, Reach, Right
from paceline.crm.models import scope_of
from paceline.files.actions import FileTooLarge
from paceline.kernel.pages import go_to, page
from paceline.kernel.uploads import limit_text
from paceline.org.requests import PersonRequest


class IntakeForm(ProjectForm):
    """The file, where it is from, and what the project is to be; without a name, the file's."""

    kind = forms.ChoiceField(label=gettext_lazy("Exported from"), choices=IntakeKind.choices)
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("Trello: the board's JSON. Teambition: the spreadsheet of tasks."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["name"].required = False
        self.fields["name"].help_text = _("Empty: as the file calls it.")
        del self.fields["version"]
        self.order_fields(["kind", "file", "name", "description", "team", "reach", "open_right",
                           "time_zone"])  # fmt: skip

    def facts(self) -> dict[str, object]:
        return {name: value for name, value in super().facts().items()
                if name not in {"kind", "file"}}  # fmt: skip


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    """Choose a file; a job reads it and makes a project of it, whole or not at all."""
    if not access.may_add_project(request.person):
        raise PermissionDenied
    teams = sorted(scope_of(request.person).teams)
    first = {
        "team": teams[0] if teams else None, "reach": Reach.TEAM if teams else Reach.MEMBERS,
        "open_right": Right.EDIT, "time_zone": timezone.get_current_timezone_name(),
    }  # fmt: skip
    form = IntakeForm(
        request.POST or None, request.FILES or None, viewer=request.person, initial=first
    )
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            made = actions.request_intake(
                kind=IntakeKind(form.cleaned_data["kind"]),
                file=upload.file,
                name=upload.name,
                facts=form.facts(),
                by=request.person,
                at=timezone.now(),
            )
        except FileTooLarge:
            form.add_error("file", limit_text())
        else:
            return go_to(request, reverse("boards:intake", args=[made.pk]))
    context = {"form": form, "back_url": reverse("boards:list_of_projects")}
    return page(request, "boards/intake_form.html", context, status=422 if form.errors else 200)


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """How it went: what came, what was not carried, whom nobody here is."""
    rows = BoardIntake.objects.visible_to(request.person)
    intake = get_object_or_404(rows.select_related("progress", "requested_by", "project"), pk=pk)
    project = intake.project
    seen = project is not None and (
        Project.objects.visible_to(request.person).filter(pk=project.pk).exists()
    )
    context = {
        "intake": intake,
        "project": project if seen else None,
        "counts": intake_words.counts(intake),
        "left": intake_words.left(intake),
        "failure": intake_words.failure(intake.failure) if intake.failure else "",
        "is_starter": intake.requested_by_id == request.person.pk,
    }
    return page(request, "boards/intake.html", context)
