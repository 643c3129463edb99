"""Periods of goals: which there are, another one, and moving one."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from paceline.goals import access, actions, wording
from paceline.goals.forms.goals import PeriodForm
from paceline.goals.models import GoalPeriod
from paceline.goals.queries.goals import periods_with_counts
from paceline.goals.views.goals import tabs
from paceline.kernel.pages import go_to, page
from paceline.org.requests import PersonRequest


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    if not access.may_keep_periods(request.person):
        raise PermissionDenied
    context = {
        "periods": [(one, wording.cadence_words(one.cadence)) for one in periods_with_counts()],
        "tabs": tabs("periods", request),
    }
    return page(request, "goals/periods.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    if not access.may_keep_periods(request.person):
        raise PermissionDenied
    form = PeriodForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_period(facts=form.period_facts(), by=request.person, at=timezone.now())
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Goals can be set for this period now."))
            return go_to(request, reverse("goals:periods"))
    context = {"form": form, "period": None}
    return page(request, "goals/period_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """Change a period; when its days move, its goals are agreed to again."""
    if not access.may_keep_periods(request.person):
        raise PermissionDenied
    period = get_object_or_404(GoalPeriod, pk=pk)
    initial = {
        "name": period.name, "starts_on": period.starts_on, "last_day": period.last_day,
        "cadence": period.cadence, "seen": period.version,
    }  # fmt: skip
    form = PeriodForm(request.POST or None, period=period, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            moved = actions.change_period(
                period=period,
                facts=form.period_facts(),
                seen=form.cleaned_data["seen"],
                reason=form.cleaned_data["reason"],
                by=request.person,
                at=timezone.now(),
            )
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            told = ngettext(
                "The period was changed; %(count)s goal is to be agreed to again.",
                "The period was changed; %(count)s goals are to be agreed to again.",
                moved,
            )
            messages.success(
                request, told % {"count": moved} if moved else _("The period was changed.")
            )
            return go_to(request, reverse("goals:periods"))
    context = {"form": form, "period": period}
    return page(request, "goals/period_form.html", context, status=422 if form.errors else 200)
