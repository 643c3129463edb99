"""New versions, and drafts thrown away."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from paceline.incentives.access import plans as access
from paceline.incentives.actions import plans as actions
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.periods import containing
from paceline.incentives.forms.plans import EffectiveFromForm, inside_period_before, mid_period
from paceline.incentives.models import Plan, PlanVersion
from paceline.kernel.pages import go_to
from paceline.org.models import Person


@require_POST
def create(request: HttpRequest, code: str) -> HttpResponse:
    """Begin the next version from the newest text."""
    person: Person = request.person  # type: ignore[attr-defined]
    plan = get_object_or_404(Plan.objects.visible_to(person), code=code)
    if not access.may_write_plans(person):
        raise PermissionDenied
    form = EffectiveFromForm(request.POST)
    newest = plan.versions.order_by("-number").first()
    first_day = form.cleaned_data["effective_from"] if form.is_valid() else None
    if first_day is None and newest is not None:
        kind = newest.period_kind or "quarter"
        calendar = documents.calendar_of(newest.source)
        first_day = containing(timezone.localdate(), kind, calendar).ends_before  # type: ignore[arg-type]
    try:
        version = actions.start_draft(
            plan=plan,
            effective_from=first_day or timezone.localdate(),
            by=person,
            at=timezone.now(),
        )
    except actions.DraftAlreadyOpen as refused:
        messages.info(request, _("This plan already has an open draft: here it is."))
        return go_to(request, version_url(refused.version))
    except actions.EffectiveMidPeriod as refused:
        messages.error(request, mid_period(refused.nearest))
        return go_to(request, reverse("incentives:plan", args=[code]))
    except actions.EffectiveInsidePeriodBefore as refused:
        messages.error(request, inside_period_before(refused))
        return go_to(request, reverse("incentives:plan", args=[code]))
    messages.success(request, _("A new draft, with the text of the version before."))
    return go_to(request, draft_url(version))


@require_POST
def discard(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Throw a draft away, with a reason."""
    person: Person = request.person  # type: ignore[attr-defined]
    version = get_version_or_404(person, code, number)
    if not access.may_write_plans(person):
        raise PermissionDenied
    reason = request.POST.get("reason", "").strip()[:1000]
    if not reason:
        messages.error(request, _("Say why the draft is thrown away."))
        return go_to(request, version_url(version))
    try:
        actions.discard_draft(version=version, reason=reason, by=person, at=timezone.now())
    except actions.TextStandsStill:
        messages.error(request, _("It was submitted: its text stands still."))
        return go_to(request, version_url(version))
    messages.success(request, _("The draft is gone; its text stays in the audit trail."))
    return go_to(request, reverse("incentives:plans"))


def get_version_or_404(person: Person, code: str, number: int) -> PlanVersion:
    """A version that the person may see, with its facts."""
    return get_object_or_404(
        PlanVersion.objects.visible_to(person)
        .select_related("plan", "authored_by", "submission__submitted_by", "approval__approved_by")
        .prefetch_related("edits__edited_by", "acceptances__accepted_by"),
        plan__code=code,
        number=number,
    )


def version_url(version: PlanVersion) -> str:
    return reverse("incentives:plan-version", args=[version.plan.code, version.number])


def draft_url(version: PlanVersion) -> str:
    return reverse("incentives:plan-draft", args=[version.plan.code, version.number])
