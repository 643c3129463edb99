"""The measures in words, and the currency in which figures are added up."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from paceline.insights import access, actions
from paceline.insights.dimensions import DIMENSIONS
from paceline.insights.forms.questions import RuleForm
from paceline.insights.measures import MEASURES, SOURCES, Measure
from paceline.insights.queries.answers import may_read_measure
from paceline.insights.views.explorer import desk_for
from paceline.kernel.pages import go_to, page
from paceline.org.requests import PersonRequest


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """Every measure: definition, unit, source, what splits it, whether it is the reader's."""
    with closing(desk_for(request)) as desk:
        context = {
            "measures": [_row(request, one) for one in MEASURES.values()],
            "rule": desk.rule,
            "months": len(desk.shelf.digests),
            "may_set": access.may_set_rule(request.person),
        }
    return page(request, "insights/measures.html", context)


def _row(request: PersonRequest, measure: Measure) -> dict[str, Any]:
    is_readable = may_read_measure(request.person, measure)
    return {
        "measure": measure,
        "unit": {
            "money": _("Money"), "number": pgettext("unit", "Number"), "percent": _("Percentage"),
            "hours": _("Hours"),
        }[measure.unit],
        "sources": [SOURCES[one] for one in measure.sources],
        "splits": [DIMENSIONS[one] for one in measure.splits],
        "url": f"{reverse('insights:explore')}?measure={measure.key}" if is_readable else "",
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
def currency(request: PersonRequest) -> HttpResponse:
    """Finance says in which currency, and by which kind of rate, figures are added up."""
    if not access.may_set_rule(request.person):
        raise PermissionDenied
    form = RuleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.set_rule(**form.cleaned_data, by=request.person, at=timezone.now())
        messages.success(request, _("Figures are added up in this currency from now on."))
        return go_to(request, reverse("insights:measures"))
    return page(request, "insights/rule.html", {"form": form}, status=422 if form.errors else 200)
