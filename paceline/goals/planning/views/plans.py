"""The list of plans, spreading a target, and one plan from above and from below."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from paceline.goals import measures
from paceline.goals.planning import access, actions, queries, wording
from paceline.goals.planning.beside import told
from paceline.goals.planning.forms import (
    PlanForm,
    VersionForm,
    initial_of,
)
from paceline.goals.planning.models import QuotaPlan, QuotaPlanVersion, StepKind
from paceline.goals.planning.queries import Part
from paceline.goals.planning.spread import months_of
from paceline.kernel import formats
from paceline.kernel.charts import BarChart, Series
from paceline.kernel.pages import go_to, page, refuse
from paceline.kernel.tables import Column, Filter, Table
from paceline.org.requests import PersonRequest


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    """The plans that concern the reader."""
    if not access.may_see_plans(request.person):
        raise PermissionDenied
    may_make = access.may_make(request.person)
    whole = access.may_read_whole(request.person)
    columns = [
        Column("name", pgettext("of quotas", "Plan"), sort="name", search=True, link=address),
        Column("days", _("Days"), sort="starts_on",
               value=lambda row: formats.span_of_days(row.starts_on, row.ends_before)),
        Column("measure", _("Measure"), sort="measure", search=True, secondary=True,
               value=lambda row: measures.word_of(row.measure)),
        Column("state", _("State"), value=wording.state_badge, kind="badge"),
    ]  # fmt: skip
    if whole:
        columns.insert(
            3, Column("target", _("Target"), sort="target", kind="money", currency="currency")
        )
    table = Table(
        request,
        rows=queries.plans_for(request.person),
        name="quota-plans",
        topic="quota_plans",
        caption=_("Plans of quotas"),
        columns=columns,
        order="-days",
        empty=_("No plans of quotas yet."),
        empty_hint=_("A plan spreads a target over people and months; both sides see it."),
        empty_link=(reverse("planning:new"), _("Plan quotas")) if may_make else None,
    )
    if table.wants_export:
        return table.export()
    return page(request, "planning/plans.html", {"table": table, "may_make": may_make})


def address(plan: QuotaPlan) -> str:
    return reverse("planning:plan", args=[plan.pk])


def plan_of(request: PersonRequest, pk: int) -> tuple[QuotaPlan, QuotaPlanVersion]:
    plan = get_object_or_404(QuotaPlan.objects.visible_to(request.person), pk=pk)
    version = queries.current_version(plan)
    if version is None:
        raise Http404
    version.plan = plan
    return plan, version


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    """A new plan, spread at once; nothing of it counts before it is approved."""
    if not access.may_make(request.person):
        raise PermissionDenied
    form = PlanForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            plan = actions.make_plan(
                plan=form.new_plan(),
                version=form.new_version(form.cleaned_data["currency"]),
                by=request.person,
                at=timezone.now(),
            )
        except actions.NameTaken:
            form.add_error("name", _("Another plan has this name."))
        except _REFUSALS as error:
            form.add_error(None, wording.refusal(error))
        else:
            messages.success(request, _("The target was spread."))
            return go_to(request, address(plan))
    words = {"title": _("Plan quotas"), "button": _("Spread the target")}
    context = {"form": form, "words": words, "back": reverse("planning:plans")}
    return page(request, "planning/form.html", context, status=422 if form.errors else 200)


_REFUSALS = (
    actions.NobodyAsked,
    actions.PotentialUnknown,
    actions.VersionClosed,
    queries.RateMissing,
)


@require_http_methods(["GET", "POST"])
def redraw(request: PersonRequest, pk: int) -> HttpResponse:
    """Spread the target anew, by other rules or over those who are here now."""
    plan, version = plan_of(request, pk)
    if not access.may_make(request.person):
        raise PermissionDenied
    form = VersionForm(
        request.POST or None,
        months=len(months_of(plan.starts_on, plan.ends_before)),
        initial=initial_of(version),
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.draw_version(
                plan=plan,
                version=form.new_version(plan.currency),
                by=request.person,
                at=timezone.now(),
            )
        except _REFUSALS as error:
            form.add_error(None, wording.refusal(error))
        else:
            messages.success(request, _("The target was spread anew."))
            return go_to(request, address(plan))
    words = {"title": _("Spread anew"), "button": _("Spread the target")}
    context = {"form": form, "words": words, "plan": plan, "back": address(plan)}
    return page(request, "planning/form.html", context, status=422 if form.errors else 200)


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponseBase:
    """From above and from below, side by side: totals, teams, people."""
    plan, version = plan_of(request, pk)
    parts = queries.parts_of(version, request.person)
    table = _people(request, plan, parts)
    if table.wants_export:
        return table.export()
    whole = access.may_read_whole(request.person)
    step = queries.last_step(version)
    total = queries.summed(_("All"), parts)
    is_open = queries.is_open(step)
    waits = step is not None and step.kind == StepKind.SUBMITTED
    context = {
        "plan": plan,
        "measure": measures.word_of(plan.measure),
        "version": version,
        "days": formats.span_of_days(plan.starts_on, plan.ends_before),
        "table": table,
        "whole": whole,
        "stats": wording.stats(plan, version, total) if whole else wording.own_stats(plan, total),
        "rules": wording.rules(version),
        "teams": [wording.team_row(plan, one) for one in queries.by_team(parts)],
        "team_total": wording.team_row(plan, total),
        "chart": _chart(plan, version, parts) if whole else None,
        "badge": wording.state_badge(step.kind if step else ""),
        "step": step,
        "beside": told(request.person, plan),
        "versions": queries.versions_of(plan) if whole else [],
        "unsaid": total.people - total.proposals,
        "unagreed": total.people - total.agreements,
        "may_make": access.may_make(request.person) and not waits,
        "may_work": access.may_make(request.person) and is_open,
        "may_decide": waits
        and access.may_approve(request.person)
        and not access.has_made(request.person, version),
    }
    return page(request, "planning/plan.html", context)


def _people(request: PersonRequest, plan: QuotaPlan, parts: list[Part]) -> Table:
    money: dict[str, Any] = {"kind": "money", "currency": lambda _row: plan.currency}
    teams = sorted({(str(one.share.team_id), one.share.team.name) for one in parts})
    return Table(
        request,
        rows=parts,
        name="quota-parts",
        caption=_("People"),
        columns=[
            Column("person", _("Payee"), value="person.name", sort="person.name", search=True,
                   link=lambda row: reverse("planning:part", args=[plan.pk, row.person.pk])),
            Column("number", _("Employee number"), value="person.number", only_in_file=True),
            Column("team", _("Team"), value="share.team.name", sort="share.team.name",
                   secondary=True),
            Column("before", _("Year before"), value="share.before", sort="share.before",
                   total=True, secondary=True, **money),
            Column("amount", _("From above"), value="share.amount", sort="share.amount",
                   total=True, **money),
            Column("proposed", _("From below"), value="proposed.amount", sort="proposed.amount",
                   total=True, **money),
            Column("difference", _("Difference"), sort="difference", total=True, **money),
            Column("stands", _("Agreed"), value="agreed.amount", sort="agreed.amount",
                   total=True, **money),
        ],
        filters=[Filter("team", _("Team"), teams, apply="share.team_id")] if len(teams) > 1 else [],
        order="team",
        empty=_("Nobody is asked."),
    )  # fmt: skip


def _chart(plan: QuotaPlan, version: QuotaPlanVersion, parts: list[Part]) -> BarChart:
    """Month by month: what stands for all, and by what the season was spread."""
    months = months_of(plan.starts_on, plan.ends_before)
    standing = [queries.months_that_stand(plan, part) for part in parts]
    sums = [sum((row[at] for row in standing), Decimal(0)) for at in range(len(months))]
    series = [Series(_("Quotas"), sums)]
    if version.season == "history":
        series.append(Series(_("Year before"), version.season_weights, is_muted=True))
    return BarChart(
        name="quota-months",
        title=_("Month by month"),
        labels=[formats.month(month.starts_on) for month in months],
        label_title=_("Month"),
        series=series,
        unit="money",
        currency=plan.currency,
        height=220,
    )


def refused(request: PersonRequest, plan: QuotaPlan, error: Exception) -> HttpResponse:
    return refuse(
        request,
        409,
        _("Nothing was changed"),
        wording.refusal(error),
        url=address(plan),
        action=_("Open the plan"),
    )
