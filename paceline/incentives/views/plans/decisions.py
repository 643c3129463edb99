"""Submitting a plan, taking it back, approving it, sending it back."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from paceline.accounts.verification import needs_mfa
from paceline.incentives.access import plans as access
from paceline.incentives.actions import approvals
from paceline.incentives.actions.plans import TextStandsStill
from paceline.incentives.finding_words import title_of
from paceline.incentives.models import PlanVersion
from paceline.incentives.views.plans.drafts import get_version_or_404, version_url
from paceline.kernel import formats
from paceline.kernel.pages import go_to, refuse
from paceline.org.models import Person


@require_POST
def submit(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Ask for approval; from here on the text stands still."""
    person: Person = request.person  # type: ignore[attr-defined]
    version = get_version_or_404(person, code, number)
    if not access.may_write_plans(person):
        raise PermissionDenied
    try:
        approvals.submit_plan(
            version=version, note=_words(request, "note"), by=person, at=timezone.now()
        )
    except TextStandsStill:
        return _refused(request, version, _("It was submitted already."))
    except approvals.FindingsOpen as refused:
        return _refused(request, version, _findings_open(refused))
    messages.success(request, _("Submitted. Finance is asked to approve it."))
    return go_to(request, version_url(version))


@require_POST
def withdraw(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Take a submission back, to go on editing."""
    person: Person = request.person  # type: ignore[attr-defined]
    version = get_version_or_404(person, code, number)
    if not access.may_write_plans(person):
        raise PermissionDenied
    try:
        approvals.withdraw_plan(
            version=version, reason=_words(request, "reason"), by=person, at=timezone.now()
        )
    except approvals.NotSubmitted:
        return _refused(request, version, _not_waiting())
    except approvals.AlreadyApproved as late:
        return _refused(request, version, _approved_by(late))
    messages.success(request, _("Withdrawn: it is a draft again."))
    return go_to(request, version_url(version))


@require_POST
@needs_mfa
def approve(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Approve the text that was read. Of two at once, one approves and the other is told."""
    person: Person = request.person  # type: ignore[attr-defined]
    version = get_version_or_404(person, code, number)
    if not access.may_approve_plans(person):
        raise PermissionDenied
    try:
        approvals.approve_plan(
            version=version,
            digest=request.POST.get("digest", ""),
            note=_words(request, "note"),
            by=person,
            at=timezone.now(),
        )
    except approvals.NotSubmitted:
        return _refused(request, version, _not_waiting())
    except approvals.AlreadyApproved as late:
        return _refused(request, version, _approved_by(late))
    except approvals.ApproverWroteOnIt:
        return _refused(request, version, _own_text(), status=403)
    except approvals.TextChangedMeanwhile:
        return _refused(
            request, version, _("The text changed after you opened it. Read it again, please.")
        )
    messages.success(
        request,
        _("Approved. It counts from %(day)s on.") % {"day": formats.day(version.effective_from)},
    )
    return go_to(request, version_url(version))


@require_POST
@needs_mfa
def send_back(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Send a text back to its author with a reason."""
    person: Person = request.person  # type: ignore[attr-defined]
    version = get_version_or_404(person, code, number)
    if not access.may_approve_plans(person):
        raise PermissionDenied
    try:
        approvals.return_plan(
            version=version, reason=_words(request, "reason"), by=person, at=timezone.now()
        )
    except approvals.ReasonMissing:
        messages.error(request, _("Say why it is sent back."))
        return go_to(request, version_url(version))
    except approvals.NotSubmitted:
        return _refused(request, version, _not_waiting())
    except approvals.AlreadyApproved as late:
        return _refused(request, version, _approved_by(late))
    except approvals.ApproverWroteOnIt:
        return _refused(request, version, _own_text(), status=403)
    messages.success(request, _("Sent back with your reason. It is a draft again."))
    return go_to(request, version_url(version))


def _findings_open(refused: approvals.FindingsOpen) -> str:
    count = len(refused.findings)
    text = ngettext(
        "%(count)s serious finding is neither mended nor accepted with a reason: %(titles)s.",
        "%(count)s serious findings are neither mended nor accepted with a reason: %(titles)s.",
        count,
    )
    titles = dict.fromkeys(title_of(one.code) for one in refused.findings)
    return text % {"count": count, "titles": formats.listed(titles)}


def _not_waiting() -> str:
    return _("It does not wait for approval any more: it was withdrawn or sent back.")


def _own_text() -> str:
    return _("You wrote on this text or submitted it. Someone else approves it.")


def _approved_by(late: approvals.AlreadyApproved) -> str:
    return _("%(person)s approved it already, on %(moment)s.") % {
        "person": late.approval.approved_by,
        "moment": formats.moment(late.approval.approved_at),
    }


def _words(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").strip()[:1000]


def _refused(
    request: HttpRequest, version: PlanVersion, text: str, status: int = 409
) -> HttpResponse:
    return refuse(
        request, status, _("Nothing was changed."), text,
        url=version_url(version), action=_("Back to the plan"),
    )  # fmt: skip
