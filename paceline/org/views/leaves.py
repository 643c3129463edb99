"""Leave of absence: who is away, and entering it."""

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

from paceline.kernel import formats
from paceline.kernel.pages import page
from paceline.kernel.tables import Column, Table
from paceline.org import access, actions, queries
from paceline.org.forms import LeaveForm, ReasonForm
from paceline.org.models import Leave, LeaveKind, Person
from paceline.org.requests import PersonRequest
from paceline.org.views.changes import answer_change, given

forms_only = require_http_methods(["GET", "POST"])


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    """The leaves of which the reader may know; which kind they are of only for HR."""
    may_enter = access.may_enter_leaves(request.person)
    kind = Column("kind", pgettext_lazy("leave", "Kind"), value="get_kind_display", sort="kind")
    table = Table(
        request,
        rows=queries.leaves_for(request.person),
        name="leaves",
        topic="imports",
        caption=_("Leave of absence"),
        order="-days",
        columns=[
            Column(
                "person",
                gettext_lazy("Person"),
                value="person.name",
                sort="person__name",
                search=True,
                link=lambda row: reverse("org:person", args=[row.person_id]),
            ),
            Column("days", gettext_lazy("Days"), value=days_of, sort="starts_on"),
            *([kind] if access.may_read_every_leave_kind(request.person) else []),
        ],
        empty=_("Nobody is or was on leave."),
        empty_hint=_("Enter a leave on the page of a person, or import a file."),
        empty_link=(f"{reverse('imports:new')}?kind=leaves", _("Import leaves"))
        if may_enter
        else None,
    )
    if table.wants_export:
        return table.export()
    return page(request, "org/leaves.html", {"table": table, "may_enter": may_enter})


def days_of(leave: Leave) -> str:
    return formats.span_of_days(leave.starts_on, leave.ends_before)


@forms_only
def create(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a person be away."""
    person = get_object_or_404(Person.objects.visible_to(request.person), pk=pk)
    if not access.may_enter_leaves(request.person, person):
        raise PermissionDenied

    def act(valid: LeaveForm) -> str:
        actions.enter_leave(
            person=person,
            kind=LeaveKind(valid.cleaned_data["kind"]),
            starts_on=valid.cleaned_data["starts_on"],
            ends_before=valid.ends_before,
            by=request.person,
            at=timezone.now(),
            reason=valid.cleaned_data["reason"],
        )
        return _("The leave of %(name)s is saved.") % {"name": person.name}

    words = {
        "heading": _("Leave of %(name)s") % {"name": person.name},
        "button": _("Save"),
        "lead": _(
            "Plans that prorate targets ask nothing for these days. Of which kind the leave is, "
            "only HR and the person see."
        ),
    }
    form = LeaveForm(given(request), initial={"starts_on": request.today})
    return answer_change(request, form, act, words=words, back=_back(person))


def _changeable(request: PersonRequest, pk: int) -> Leave:
    leave: Leave = get_object_or_404(queries.leaves_for(request.person), pk=pk)
    if not access.may_enter_leaves(request.person, leave.person):
        raise PermissionDenied
    return leave


@forms_only
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a leave be of other days or of another kind."""
    leave = _changeable(request, pk)

    def act(valid: LeaveForm) -> str:
        actions.change_leave(
            leave=leave,
            kind=LeaveKind(valid.cleaned_data["kind"]),
            starts_on=valid.cleaned_data["starts_on"],
            ends_before=valid.ends_before,
            by=request.person,
            at=timezone.now(),
            reason=valid.cleaned_data["reason"],
        )
        return _("Saved.")

    words = {
        "heading": _("Change the leave of %(name)s") % {"name": leave.person.name},
        "button": _("Save"),
    }
    initial = {"kind": leave.kind, "starts_on": leave.starts_on, "last_day": leave.last_day}
    form = LeaveForm(given(request), initial=initial)
    return answer_change(request, form, act, words=words, back=_back(leave.person))


@forms_only
def withdraw(request: PersonRequest, pk: int) -> HttpResponse:
    """Take a leave away that never was."""
    leave = _changeable(request, pk)
    person = leave.person

    def act(valid: ReasonForm) -> str:
        actions.withdraw_leave(
            leave=leave, by=request.person, at=timezone.now(), reason=valid.cleaned_data["reason"]
        )
        return _("The leave is withdrawn.")

    words = {
        "heading": _("Withdraw the leave of %(name)s") % {"name": person.name},
        "button": _("Withdraw"),
        "lead": days_of(leave),
    }
    return answer_change(request, ReasonForm(given(request)), act, words=words, back=_back(person))


def _back(person: Person) -> str:
    return reverse("org:person", args=[person.pk])
