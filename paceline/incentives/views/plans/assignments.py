"""Whom a plan pays: positions, teams and people, by dates, and the payees behind them."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from paceline.incentives.access import plans as access
from paceline.incentives.actions import assignments as actions
from paceline.incentives.forms.plans import AssignmentForm, LastDayForm
from paceline.incentives.models import Plan, PlanAssignment
from paceline.incentives.queries import plans as queries
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.kernel.periods import day_in
from paceline.org.models import Person


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest, code: str) -> HttpResponse:
    """The assignments of a plan, a form for one more, and whom it pays on a chosen day."""
    person: Person = request.person  # type: ignore[attr-defined]
    plan = get_object_or_404(Plan.objects.visible_to(person), code=code)
    if not access.may_read_assignments(person):
        raise PermissionDenied
    may_assign = access.may_assign_plans(person)
    if request.method == "POST" and not may_assign:
        raise PermissionDenied
    today = timezone.localdate()
    versions = queries.versions_of(plan, person)
    counts_from = min((one.effective_from for one in versions), default=today)
    form = AssignmentForm(
        request.POST if request.method == "POST" else None,
        asking=person,
        today=today,
        counts_from=counts_from,
    )
    if form.is_bound and form.is_valid() and _assign(form, plan, person):
        messages.success(
            request, _("The plan now pays %(whom)s.") % {"whom": form.cleaned_data["to"]}
        )
        return go_to(request, _url(plan))
    on = _asked_day(request, today)
    context = {
        "plan": plan,
        "plan_name": versions[0].name if versions else plan.code,
        "form": form if may_assign else None,
        "assignments": list(queries.assignments_of(plan)),
        "may_assign": may_assign,
        "on": on,
        "paid": list(queries.people_paid(plan, on)),
        "today": today,
    }

    status = 422 if form.is_bound else 200
    template = "incentives/plans/assignments.html"
    return page(request, template, context, fragment="payees", status=status)


def _assign(form: AssignmentForm, plan: Plan, person: Person) -> bool:
    """Whether the plan was given; else the reason stands beside its field."""
    values = form.cleaned_data
    try:
        actions.assign_plan(
            plan=plan,
            to=values["to"],
            starts_on=values["starts_on"],
            ends_before=values["ends_before"],
            by=person,
            at=timezone.now(),
        )
    except actions.AssignmentOverlaps as refused:
        form.add_error(None, overlap_sentence(refused.existing))
    except actions.EndBeforeStart:
        form.add_error("last_day", _("The last day comes before the first."))
    else:
        return True
    return False


def overlap_sentence(existing: PlanAssignment) -> str:
    """Which row is in the way."""
    return _("The plan already pays %(whom)s on some of these days: %(days)s.") % {
        "whom": existing.position or existing.team or existing.person,
        "days": formats.span_of_days(existing.starts_on, existing.ends_before),
    }


def _asked_day(request: HttpRequest, today: date) -> date:
    return day_in(request.GET.get("on", "")) or today


@require_POST
def end(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Set the last day of an assignment."""
    person: Person = request.person  # type: ignore[attr-defined]
    assignment = _get_or_404(person, code, pk)
    form = LastDayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write the last day as a date."))
        return go_to(request, _url(assignment.plan))
    try:
        actions.end_assignment(
            assignment=assignment, ends_before=form.ends_before(), by=person, at=timezone.now()
        )
    except actions.EndBeforeStart:
        messages.error(request, _("The last day comes before the first."))
    except actions.AssignmentOverlaps as refused:
        messages.error(request, overlap_sentence(refused.existing))
    else:
        messages.success(request, _("The last day is set."))
    return go_to(request, _url(assignment.plan))


@require_POST
def remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take back an assignment that should never have been, with a reason."""
    person: Person = request.person  # type: ignore[attr-defined]
    assignment = _get_or_404(person, code, pk)
    reason = request.POST.get("reason", "").strip()[:1000]
    if not reason:
        messages.error(request, _("Say why the assignment is taken back."))
    else:
        actions.remove_assignment(
            assignment=assignment, reason=reason, by=person, at=timezone.now()
        )
        messages.success(request, _("The assignment is gone. Runs keep what they read."))
    return go_to(request, _url(assignment.plan))


def _get_or_404(person: Person, code: str, pk: int) -> PlanAssignment:
    plan = get_object_or_404(Plan.objects.visible_to(person), code=code)
    if not access.may_assign_plans(person):
        raise PermissionDenied
    row: PlanAssignment = get_object_or_404(
        PlanAssignment.objects.select_related("plan", "position", "team", "person"),
        plan=plan,
        pk=pk,
    )
    return row


def _url(plan: Plan) -> str:
    return reverse("incentives:plan-assignments", args=[plan.code])
