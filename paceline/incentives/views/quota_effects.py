"""What a plan of quotas would have paid in a period that was calculated already."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from paceline.goals.planning import access as planning
from paceline.goals.planning.models import QuotaPlan, QuotaPlanVersion
from paceline.goals.planning.queries import current_version
from paceline.incentives import pay_words
from paceline.incentives.actions import quota_effects as actions
from paceline.incentives.calculation.quota_effects import (
    currency_of_quotas,
    versions_that_read,
    years_between,
)
from paceline.incentives.models import QuotaEffect, QuotaEffectRow, Run
from paceline.incentives.queries import quota_effects as queries
from paceline.kernel.pages import go_to, page
from paceline.kernel.tables import Column, Table
from paceline.org.requests import PersonRequest


@require_http_methods(["GET", "POST"])
def show(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The newest comparison, payee by payee; POST asks for one over a chosen run."""
    plan = get_object_or_404(QuotaPlan.objects.visible_to(request.person), pk=pk)
    version = current_version(plan)
    if version is None:
        raise Http404
    if request.method == "POST":
        return _ask(request, plan, version)
    effect = queries.latest_effect(plan)
    context: dict[str, Any] = {
        "plan": plan,
        "effect": effect,
        "may_ask": planning.may_make(request.person),
        "runs": _runs(plan) if planning.may_make(request.person) else [],
    }
    if effect is None:
        return page(request, "incentives/quota_effect.html", context)
    context |= {
        "period": pay_words.period_name(effect.run.period),
        "is_starter": effect.requested_by_id == request.person.pk,
        "is_outdated": queries.is_outdated(effect, version.pk),
        "problems": [pay_words.problem_text(one["code"], one) for one in effect.problems],
    }
    if effect.calculated_at is not None:
        table = _table(request, effect)
        if table.wants_export:
            return table.export()
        context["table"] = table
    return page(request, "incentives/quota_effect.html", context)


def _ask(request: PersonRequest, plan: QuotaPlan, version: QuotaPlanVersion) -> HttpResponse:
    if not planning.may_make(request.person):
        raise PermissionDenied
    asked = request.POST.get("run", "")
    runs = Run.objects.visible_to(request.person)
    run = runs.filter(pk=asked if asked.isdecimal() else 0).first()
    if run is None or not _asked_for(request, version, run):
        text = _("This run cannot be compared: its plans read no such quota, or not these months.")
        messages.error(request, text)
    return go_to(request, reverse("incentives:quota-effect", args=[plan.pk]))


def _asked_for(request: PersonRequest, version: QuotaPlanVersion, run: Run) -> bool:
    try:
        actions.request_effect(version=version, run=run, by=request.person, at=timezone.now())
    except actions.RunDoesNotFit:
        return False
    return True


def _runs(plan: QuotaPlan) -> list[tuple[int, str]]:
    """The runs that the plan can be laid over, with their periods' names."""
    return [
        (run.pk, pay_words.period_name(run.period))
        for run in queries.calculated_runs()
        if years_between(plan, run.period) is not None and versions_that_read(run, plan.measure)
    ]


def _table(request: PersonRequest, effect: QuotaEffect) -> Table:
    money: dict[str, Any] = {"kind": "money", "currency": "currency"}
    known: dict[int, str] = {}

    def quotas_in(row: QuotaEffectRow) -> str:
        pk = row.pay_version_id
        if pk not in known:
            known[pk] = currency_of_quotas(row.pay_version, effect.version.plan.measure)
        return known[pk]

    quota: dict[str, Any] = {"kind": "money", "currency": quotas_in}
    return Table(
        request,
        rows=queries.rows_of(effect, request.person),
        name="quota-effect",
        caption=_("Payees"),
        columns=[
            Column("payee", _("Payee"), value="payee.name", sort="payee__name", search=True),
            Column("plan", _("Pay plan"), value=lambda row: row.pay_version.name,
                   secondary=True),
            Column("quota_was", _("Quota then"), sort="quota_was", secondary=True,
                   **quota),
            Column("quota_would", _("Planned quota"), sort="quota_would", secondary=True,
                   **quota),
            Column("earned_was", _("Earned then"), sort="earned_was", total=True, secondary=True,
                   **money),
            Column("earned_would", _("Would have earned"), sort="earned_would", total=True,
                   **money),
            Column("change", _("Difference"), sort="change", total=True, **money),
        ],
        order="payee",
        empty=_("Nobody whose pay you may read is asked by this plan."),
    )  # fmt: skip
