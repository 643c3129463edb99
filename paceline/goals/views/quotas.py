"""Quotas: who is asked to reach what, what it was before, and setting one by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from paceline.goals import access, actions, measures, queries
from paceline.goals.forms import QuotaForm, initial_of
from paceline.goals.models import Quota
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.kernel.tables import Column, Filter, Table
from paceline.org.requests import PersonRequest


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    """The standing quotas that concern the reader."""
    may_set = access.may_set_quota(request.person)
    table = Table(
        request,
        rows=queries.standing_for(request.person),
        name="quotas",
        topic="imports quotas",
        caption=_("Quotas"),
        columns=[
            Column(
                "person", _("Payee or team"), value="holder_name", sort="holder_name", search=True
            ),
            Column("days", _("Days"), value=_days, sort="starts_on", link=_address),
            _measure(request),
            Column(
                "amount",
                _("Quota"),
                sort="amount",
                kind="money",
                currency="currency",
                total=True,
            ),
            Column("changes", _("Changes"), sort="changes", kind="number", secondary=True),
        ],
        filters=[
            Filter("year", _("Year"), queries.years(request.person), apply=_in_year),
            Filter(
                "of",
                _("Payees and teams"),
                (("payees", _("Payees")), ("teams", _("Teams"))),
                apply=lambda rows, value: rows.filter(team__isnull=value == "payees"),
            ),
        ],
        order="-days",
        empty=_("No quotas yet."),
        empty_hint=_("A plan that pays on attainment needs a quota for each payee and period."),
        empty_link=(f"{reverse('imports:new')}?kind=quotas", _("Import quotas"))
        if may_set
        else None,
    )
    if table.wants_export:
        return table.export()
    return page(request, "goals/quotas.html", {"table": table, "may_set": may_set})


def _measure(request: PersonRequest) -> Column:
    """In words on the page; a file keeps the word by which plans and imports know it."""
    told: dict[str, Any] = {"sort": "measure", "search": True, "secondary": True}
    if "quotas-export" not in request.GET:
        told["value"] = lambda row: measures.word_of(row.measure)
    return Column("measure", _("Measure"), **told)


def _days(quota: Quota) -> str:
    return formats.span_of_days(quota.starts_on, quota.ends_before)


def _address(quota: Quota) -> str:
    return reverse("goals:quota", args=[quota.pk])


def _in_year(rows: Any, value: str) -> Any:
    return rows.filter(starts_on__year=int(value))


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """One quota with everything it said before, the newest first."""
    quota = get_object_or_404(
        Quota.objects.visible_to(request.person).select_related("person", "team"), pk=pk
    )
    history = queries.history(quota)
    context = {
        "quota": history[0],
        "days": _days(history[0]),
        "measure": measures.word_of(history[0].measure),
        "history": history,
        "may_set": access.may_set_quota(request.person),
    }
    return page(request, "goals/quota.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    """Set a quota; one with the same first day is replaced and stays as history."""
    if not access.may_set_quota(request.person):
        raise PermissionDenied
    initial = {}
    if replaces := request.GET.get("replaces", ""):
        known = Quota.objects.visible_to(request.person)
        initial = initial_of(get_object_or_404(known, pk=replaces if replaces.isdecimal() else 0))
    form = QuotaForm(
        request.POST or None, viewer=request.person, today=request.today, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            quota = actions.set_quota(
                person=form.cleaned_data["person"],
                team=form.cleaned_data["team"],
                target=form.target(),
                reason=form.cleaned_data["reason"],
                by=request.person,
                at=timezone.now(),
            )
        except actions.QuotaOverlaps as error:
            days = _days(error.existing)
            form.add_error(None, _("Another quota covers %(days)s.") % {"days": days})
        except actions.QuotaUnchanged:
            form.add_error(None, _("The quota says this already."))
        else:
            messages.success(request, _("The quota was set."))
            return go_to(request, _address(quota))
    return page(request, "goals/set.html", {"form": form}, status=422 if form.errors else 200)
