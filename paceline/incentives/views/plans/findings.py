"""Findings about a version: shown beside it, accepted with a reason, or mended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from paceline.incentives.access import plans as access
from paceline.incentives.actions import findings as actions
from paceline.incentives.actions.approvals import AlreadyApproved, ReasonMissing
from paceline.incentives.actions.plans import DraftChangedMeanwhile, TextStandsStill
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.findings import findings_of
from paceline.incentives.finding_words import Findings, plain_findings
from paceline.incentives.models import PlanVersion
from paceline.incentives.queries import plan_history as queries
from paceline.incentives.views.plans.drafts import get_version_or_404, version_url
from paceline.kernel.pages import go_to, refuse
from paceline.org.models import Person


def findings_for(
    person: Person,
    version: PlanVersion,
    on: date,
    source: str | None = None,
    siblings: Iterable[PlanVersion] = (),
) -> Findings | None:
    """What was found about a version or a text of it, as the person may read it; else None."""
    if not access.may_read_findings(person):
        return None
    text = version.source if source is None else source
    found = findings_of(version, on, text, siblings)
    numbers = {payee for one in found for payee in one.people}
    names = queries.named_for(person, numbers) if numbers else {}
    return plain_findings(documents.load(text), found, version.acceptances.all(), names)


@require_POST
def accept(request: HttpRequest, code: str, number: int, key: str) -> HttpResponse:
    """Let the plan be as it is, for a stated reason."""
    person, version = _asked(request, code, number)
    if not access.may_accept_findings(person, version):
        return _closed(request, person, version)
    try:
        rows = actions.accept_findings(
            version=version,
            key=key,
            alike="alike" in request.POST,
            reason=request.POST.get("reason", "").strip()[:1000],
            by=person,
            at=timezone.now(),
        )
    except ReasonMissing:
        messages.error(request, _("Say why it can stay as it is."))
        return go_to(request, f"{version_url(version)}#findings")
    except actions.FindingGone:
        return _refused(request, version, _gone())
    except AlreadyApproved:
        return _refused(request, version, _approved())
    text = ngettext(
        "Accepted with your reason.", "%(count)s findings accepted with your reason.", len(rows)
    )
    messages.success(request, text % {"count": len(rows)})
    return go_to(request, f"{version_url(version)}#findings")


@require_POST
def reopen(request: HttpRequest, code: str, number: int, key: str) -> HttpResponse:
    """Take an acceptance back."""
    person, version = _asked(request, code, number)
    if not access.may_accept_findings(person, version):
        return _closed(request, person, version)
    try:
        actions.reopen_finding(version=version, key=key, by=person, at=timezone.now())
    except actions.FindingGone:
        return _refused(request, version, _gone())
    except AlreadyApproved:
        return _refused(request, version, _approved())
    messages.success(request, _("The finding is open again."))
    return go_to(request, f"{version_url(version)}#findings")


@require_POST
def mend(request: HttpRequest, code: str, number: int, key: str) -> HttpResponse:
    """Save the draft with the suggested mend made."""
    person, version = _asked(request, code, number)
    if not access.may_write_plans(person):
        raise PermissionDenied
    lock = request.POST.get("lock_version", "")
    try:
        actions.mend_draft(
            version=version,
            key=key,
            lock_version=int(lock) if lock.isascii() and lock.isdigit() else 0,
            by=person,
            at=timezone.now(),
        )
    except actions.FindingGone:
        return _refused(request, version, _gone())
    except TextStandsStill:
        return _refused(request, version, _("It was submitted: its text stands still."))
    except DraftChangedMeanwhile:
        return _refused(
            request, version, _("The text changed after you opened it. Read it again, please.")
        )
    messages.success(request, _("Mended, and the draft is saved."))
    return go_to(request, f"{version_url(version)}#findings")


def _asked(request: HttpRequest, code: str, number: int) -> tuple[Person, PlanVersion]:
    """The one who asks, and the version; those who accept nothing at all are refused."""
    person: Person = request.person  # type: ignore[attr-defined]
    version = get_version_or_404(person, code, number)
    if not access.may_ever_accept_findings(person):
        raise PermissionDenied
    return person, version


def _closed(request: HttpRequest, person: Person, version: PlanVersion) -> HttpResponse:
    """Why this version is not theirs to decide on now: a state is told, a missing right refused."""
    if version.state == "approved":
        return _refused(request, version, _approved())
    raise PermissionDenied


def _approved() -> str:
    return _("It is approved: what was accepted about it stands.")


def _gone() -> str:
    return _("The text has no such finding any more.")


def _refused(request: HttpRequest, version: PlanVersion, text: str) -> HttpResponse:
    return refuse(
        request, 409, _("Nothing was changed."), text,
        url=version_url(version), action=_("Back to the plan"),
    )  # fmt: skip
