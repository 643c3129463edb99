"""Changes to one person's employment, position, team, manager and roles, each from a day on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from paceline.kernel.pages import go_to
from paceline.org import access, actions, queries
from paceline.org.forms import (
    EndForm,
    LeavingForm,
    ManagerForm,
    MembershipForm,
    PositionForm,
    RoleForm,
    TermsForm,
)
from paceline.org.models import Person, Role
from paceline.org.requests import PersonRequest
from paceline.org.views.changes import answer_change, given
from paceline.org.wording import REFUSALS, refusal

forms_only = require_http_methods(["GET", "POST"])


def _changeable(request: PersonRequest, pk: int) -> Person:
    person = get_object_or_404(Person.objects.visible_to(request.person), pk=pk)
    if not access.may_change(request.person, person):
        raise PermissionDenied
    return person


def _back(person: Person) -> str:
    return reverse("org:person", args=[person.pk])


@forms_only
def employment(request: PersonRequest, pk: int) -> HttpResponse:
    """Employ a person, or continue their employment on other terms."""
    person = _changeable(request, pk)
    today = request.today
    current = queries.employment(person, today)
    initial: dict[str, Any] = {"starts_on": today}
    if current is not None:
        for name in ("country", "currency", "language", "time_zone", "region"):
            initial[name] = getattr(current, name)
        if current.probation_ends_before is not None:
            initial["probation_last_day"] = current.probation_ends_before - timedelta(days=1)

    def act(valid: TermsForm) -> str:
        values = valid.cleaned_data
        terms = actions.Terms(**valid.terms())
        act_on = actions.employ if current is None else actions.change_terms
        act_on(
            person=person,
            terms=terms,
            starts_on=values["starts_on"],
            by=request.person,
            at=timezone.now(),
            reason=values["reason"],
        )
        return _("The employment of %(name)s is saved.") % {"name": person.name}

    heading = _("Employ %(name)s") if current is None else _("New terms for %(name)s")
    words = {"heading": heading % {"name": person.name}, "button": _("Save")}
    form = TermsForm(given(request), initial=initial)
    return answer_change(request, form, act, words=words, back=_back(person))


@forms_only
def employment_end(request: PersonRequest, pk: int) -> HttpResponse:
    """End a person's employment with a last day."""
    person = _changeable(request, pk)

    def act(valid: LeavingForm) -> str:
        actions.end_employment(
            person=person,
            ends_before=valid.ends_before,
            leaver=valid.cleaned_data["leaver"],
            by=request.person,
            at=timezone.now(),
            reason=valid.cleaned_data["reason"],
        )
        return _("The employment of %(name)s ends as you said.") % {"name": person.name}

    words = {
        "heading": _("End the employment of %(name)s") % {"name": person.name},
        "button": _("End employment"),
        "lead": _(
            "After the last day they can no longer sign in. Their position, team, manager and "
            "roles end with it; those who report to them need another manager."
        ),
    }
    return answer_change(request, LeavingForm(given(request)), act, words=words, back=_back(person))


@forms_only
def position(request: PersonRequest, pk: int) -> HttpResponse:
    """Give a person a position."""
    person = _changeable(request, pk)

    def act(valid: PositionForm) -> str:
        actions.hold_position(
            person=person,
            position=valid.cleaned_data["position"],
            starts_on=valid.cleaned_data["starts_on"],
            ends_before=valid.ends_before,
            by=request.person,
            at=timezone.now(),
            reason=valid.cleaned_data["reason"],
        )
        return _("The position of %(name)s is saved.") % {"name": person.name}

    words = {
        "heading": _("Position of %(name)s") % {"name": person.name},
        "button": _("Save"),
        "lead": _("The position before ends the day before this one begins."),
    }
    form = PositionForm(given(request), initial={"starts_on": request.today})
    return answer_change(request, form, act, words=words, back=_back(person))


@forms_only
def team(request: PersonRequest, pk: int) -> HttpResponse:
    """Move a person to a team."""
    person = _changeable(request, pk)

    def act(valid: MembershipForm) -> str:
        actions.move_to_team(
            person=person,
            team=valid.cleaned_data["team"],
            starts_on=valid.cleaned_data["starts_on"],
            ends_before=valid.ends_before,
            by=request.person,
            at=timezone.now(),
            reason=valid.cleaned_data["reason"],
        )
        return _("The team of %(name)s is saved.") % {"name": person.name}

    words = {
        "heading": _("Team of %(name)s") % {"name": person.name},
        "button": _("Save"),
        "lead": _("The membership before ends the day before this one begins."),
    }
    form = MembershipForm(given(request), initial={"starts_on": request.today})
    return answer_change(request, form, act, words=words, back=_back(person))


@forms_only
def manager(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a person report to someone else."""
    person = _changeable(request, pk)
    today = request.today

    def act(valid: ManagerForm) -> str:
        actions.set_reporting_line(
            person=person,
            manager=valid.cleaned_data["manager"],
            starts_on=valid.cleaned_data["starts_on"],
            ends_before=valid.ends_before,
            by=request.person,
            at=timezone.now(),
            reason=valid.cleaned_data["reason"],
        )
        return _("The reporting line of %(name)s is saved.") % {"name": person.name}

    words = {
        "heading": _("Whom %(name)s reports to") % {"name": person.name},
        "button": _("Save"),
        "lead": _(
            "The line before ends the day before this one begins. Team credits follow the line "
            "that counts on the date that each plan names."
        ),
    }
    form = ManagerForm(given(request), initial={"starts_on": today}, on=today, person=person)
    return answer_change(request, form, act, words=words, back=_back(person))


@require_POST
def successor(request: PersonRequest, pk: int) -> HttpResponse:
    """Let the team of somebody who has left report to another person from today on."""
    lead = _changeable(request, pk)
    today = request.today
    people = Person.objects.visible_to(request.person).employed_on(today)
    chosen = request.POST.get("manager", "")
    manager = get_object_or_404(people, pk=chosen if chosen.isdecimal() else 0)
    if queries.employment(lead, today) is not None:
        messages.error(request, _("%(name)s still works here.") % {"name": lead.name})
        return go_to(request, reverse("org:people"))
    try:
        moved = actions.take_over_reports(
            lead=lead, manager=manager, starts_on=today, by=request.person, at=timezone.now(),
            reason=str(_("%(name)s has left")) % {"name": lead.name},
        )  # fmt: skip
    except REFUSALS as problem:
        messages.error(request, refusal(problem))
    else:
        told = ngettext(
            "%(count)d person reports to %(name)s from today.",
            "%(count)d people report to %(name)s from today.",
            len(moved),
        )
        messages.success(request, told % {"count": len(moved), "name": manager.name})
    return go_to(request, reverse("org:people") + "?stranded=1")


def _grantable(request: PersonRequest, pk: int) -> Person:
    person = get_object_or_404(Person.objects.visible_to(request.person), pk=pk)
    if not access.may_grant_roles(request.person, person):
        raise PermissionDenied
    return person


@forms_only
def role(request: PersonRequest, pk: int) -> HttpResponse:
    """Give a person a role."""
    person = _grantable(request, pk)

    def act(valid: RoleForm) -> str:
        actions.grant_role(
            person=person,
            role=valid.cleaned_data["role"],
            starts_on=valid.cleaned_data["starts_on"],
            ends_before=valid.ends_before,
            by=request.person,
            at=timezone.now(),
            reason=valid.cleaned_data["reason"],
        )
        return _("%(name)s has the role.") % {"name": person.name}

    words = {
        "heading": _("Give %(name)s a role") % {"name": person.name},
        "button": _("Give the role"),
    }
    form = RoleForm(given(request), initial={"starts_on": request.today})
    return answer_change(request, form, act, words=words, back=_back(person))


@forms_only
def role_end(request: PersonRequest, pk: int, role: str) -> HttpResponse:
    """Take a role away after a last day."""
    person = _grantable(request, pk)
    label = get_label(role)

    def act(valid: EndForm) -> str:
        actions.end_role(
            person=person,
            role=role,
            ends_before=valid.ends_before,
            by=request.person,
            at=timezone.now(),
            reason=valid.cleaned_data["reason"],
        )
        return _("The role ends as you said.")

    words = {
        "heading": _("End the role %(role)s of %(name)s") % {"role": label, "name": person.name},
        "button": _("End the role"),
    }
    form = EndForm(given(request), initial={"last_day": request.today})
    return answer_change(request, form, act, words=words, back=_back(person))


def get_label(role: str) -> str:
    """The role's name; an unknown one is shown as it is and refused by the action."""
    return str(dict(Role.choices).get(role, role))
