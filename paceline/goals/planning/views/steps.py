"""The steps of a plan: ask, agree to the rest, submit, return, approve."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from paceline.goals import actions as goals
from paceline.goals.planning import access, actions
from paceline.goals.planning.models import QuotaPlanVersion
from paceline.goals.planning.views.plans import address, plan_of, refused
from paceline.kernel.pages import go_to, refuse
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


@require_POST
def ask(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask those who said nothing yet."""
    plan, _version = plan_of(request, pk)
    if not access.may_make(request.person):
        raise PermissionDenied
    try:
        asked = actions.ask_for_proposals(plan=plan, by=request.person, at=timezone.now())
    except actions.VersionClosed as error:
        return refused(request, plan, error)
    text = ngettext("%(count)d person was asked.", "%(count)d people were asked.", asked)
    messages.success(request, text % {"count": asked})
    return go_to(request, address(plan))


@require_POST
def agree_rest(request: PersonRequest, pk: int) -> HttpResponse:
    """Settle on what the rules ask wherever nothing else was agreed."""
    plan, _version = plan_of(request, pk)
    if not access.may_agree(request.person):
        raise PermissionDenied
    try:
        agreed = actions.agree_rest(plan=plan, by=request.person, at=timezone.now())
    except actions.VersionClosed as error:
        return refused(request, plan, error)
    text = ngettext("%(count)d amount was agreed.", "%(count)d amounts were agreed.", agreed)
    messages.success(request, text % {"count": agreed})
    return go_to(request, address(plan))


@require_POST
def submit(request: PersonRequest, pk: int) -> HttpResponse:
    plan, _version = plan_of(request, pk)
    if not access.may_make(request.person):
        raise PermissionDenied
    try:
        actions.submit(plan=plan, by=request.person, at=timezone.now())
    except actions.NothingToSubmit as error:
        return refused(request, plan, error)
    messages.success(request, _("The plan waits for approval."))
    return go_to(request, address(plan))


def _approver(request: PersonRequest, version: QuotaPlanVersion) -> Person:
    if not access.may_approve(request.person) or access.has_made(request.person, version):
        raise PermissionDenied
    return request.person


@require_POST
def give_back(request: PersonRequest, pk: int) -> HttpResponse:
    plan, version = plan_of(request, pk)
    person = _approver(request, version)
    reason = request.POST.get("reason", "").strip()[:1000]
    if not reason:
        return refuse(request, 422, _("Nothing was changed"), _("Say why."), url=address(plan),
                      action=_("Open the plan"))  # fmt: skip
    try:
        actions.return_plan(plan=plan, reason=reason, by=person, at=timezone.now())
    except actions.NotSubmitted as error:
        return refused(request, plan, error)
    messages.success(request, _("The plan was returned."))
    return go_to(request, address(plan))


@require_POST
def approve(request: PersonRequest, pk: int) -> HttpResponse:
    """Make quotas of it. Whatever stands in the way leaves everything as it was."""
    plan, version = plan_of(request, pk)
    person = _approver(request, version)
    try:
        changed = actions.approve(plan=plan, by=person, at=timezone.now())
    except (
        actions.NotSubmitted,
        actions.OwnWork,
        goals.QuotaOverlaps,
        goals.QuotaDaysClosed,
    ) as error:
        return refused(request, plan, error)
    text = ngettext("%(count)d quota was set.", "%(count)d quotas were set.", changed)
    messages.success(request, text % {"count": changed})
    return go_to(request, address(plan))
