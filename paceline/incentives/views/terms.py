"""What was agreed or is stated outside the plans: each kind a table, and a form."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from paceline.imports import kinds
from paceline.incentives.access import pay as access
from paceline.incentives.actions.terms import (
    TermEndsBeforeStart,
    TermOverlaps,
    TermUnchanged,
    set_term,
)
from paceline.incentives.forms.terms import FORMS, TermForm
from paceline.incentives.models import RateRow
from paceline.incentives.models.terms import AgreementKind, Term
from paceline.incentives.queries.terms import terms_for
from paceline.kernel import formats
from paceline.kernel.columns import Path
from paceline.kernel.countries import country_name
from paceline.kernel.pages import go_to, page
from paceline.kernel.tables import Column, Table
from paceline.org.requests import PersonRequest


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """The kinds of what is agreed or stated, with how much is known of each."""
    if not access.may_read_terms(request.person):
        raise PermissionDenied
    rows = [
        (kinds.kind(name), terms_for(request.person, form.model).count())
        for name, form in FORMS.items()
    ]
    context = {
        "rows": rows,
        "rates": kinds.kind("rate_rows"),
        "rate_rows": RateRow.objects.visible_to(request.person).count(),
    }
    return page(request, "incentives/terms.html", context)


def _form_of(name: str) -> type[TermForm]:
    if name not in FORMS:
        raise Http404
    return FORMS[name]


@require_GET
def show(request: PersonRequest, name: str) -> HttpResponseBase:
    """One kind: every row, past and coming ones too."""
    if not access.may_read_terms(request.person):
        raise PermissionDenied
    form, kind = _form_of(name), kinds.kind(name)
    may_set = access.may_set_terms(request.person)
    address = reverse("incentives:term-set", args=[name])
    table = Table(
        request,
        rows=terms_for(request.person, form.model),
        name="terms",
        topic="imports",
        caption=str(kind.label),
        order="days",
        columns=[
            *(
                _column(form.model, one, first=place == 0)
                for place, one in enumerate(form.model.key)
            ),
            *(_column(form.model, one) for one in form.model.values if one != "currency"),
            Column(
                "days",
                _("Days"),
                value=_days,
                sort="starts_on",
                link=(lambda row: f"{address}?replaces={row.pk}") if may_set else None,
            ),
        ],
        empty=_("Nothing is known yet."),
        empty_hint=str(kind.purpose),
        empty_link=(f"{reverse('imports:new')}?kind={name}", _("Import a file"))
        if may_set
        else None,
    )
    if table.wants_export:
        return table.export()
    context = {"kind": kind, "table": table, "may_set": may_set, "address": address}
    return page(request, "incentives/term_list.html", context)


def _days(row: Term) -> str:
    return formats.span_of_days(row.starts_on, row.ends_before)


def _column(model: type[Term], name: str, *, first: bool = False) -> Column:
    labels = {
        "person": _("Payee"), "plan": _("Plan"), "team": _("Team"), "clause": _("Clause"),
        "country": _("Country"), "region": _("Region"), "pool": _("Name in plans"),
        "members": _("Members"), "reference": pgettext("agreement", "Where it stands"),
        "kind": pgettext("agreement", "About"), "amount": _("Amount"), "value": _("Value"),
    }  # fmt: skip
    label, search = labels[name], first
    if name == "person":
        return Column(name, label, value="person.name", sort="person__name", search=search)
    if name in {"plan", "team"}:
        field = "plan__code" if name == "plan" else "team__name"
        return Column(name, label, value=field.replace("__", "."), sort=field, search=search)
    if name == "kind":
        words = {kind: str(text) for kind, text in AgreementKind.choices}
        return Column(name, label, value=lambda row: words[row.kind], sort=name)
    if name == "amount" and "currency" in model.values:
        return Column(name, label, kind="money", currency="currency", sort=name)
    if name in {"amount", "value"}:
        return Column(name, label, value=lambda row: _number(row, name), kind="number", sort=name)
    value: Path = (lambda row: country_name(row.country)) if name == "country" else name
    return Column(name, label, value=value, sort=name, search=search)


def _number(row: Any, name: str) -> Any:
    return getattr(row, name).normalize()


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest, name: str) -> HttpResponse:
    """Let something hold from a day on; a row with the same first day is changed."""
    if not access.may_set_terms(request.person):
        raise PermissionDenied
    kind_of_form, kind = _form_of(name), kinds.kind(name)
    initial: dict[str, Any] = {"starts_on": request.today}
    if (replaces := request.GET.get("replaces", "")).isdecimal():
        row = terms_for(request.person, kind_of_form.model).filter(pk=int(replaces)).first()
        if row is None:
            raise Http404
        initial = _as_typed(row)
    form = kind_of_form(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            set_term(
                model=form.model,
                given=form.given(),
                starts_on=form.cleaned_data["starts_on"],
                ends_before=form.ends_before,
                reason=form.cleaned_data["reason"],
                by=request.person,
                at=timezone.now(),
            )
        except TermOverlaps as error:
            told = _("Something else already holds: %(days)s.")
            form.add_error(None, told % {"days": _days(error.existing)})
        except TermUnchanged:
            form.add_error(None, _("The row says this already."))
        except TermEndsBeforeStart:
            form.add_error("last_day", _("The last day lies before the first."))
        else:
            messages.success(request, _("Saved."))
            return go_to(request, reverse("incentives:terms-of", args=[name]))
    context = {"form": form, "kind": kind, "name": name}
    status = 422 if form.errors else 200
    return page(request, "incentives/term_set.html", context, status=status)


def _as_typed(row: Term) -> dict[str, Any]:
    """What the form shows when a row is to be changed."""
    found: dict[str, Any] = {"starts_on": row.starts_on, "last_day": row.last_day}
    for name in (*row.key, *row.values):
        value = getattr(row, name)
        found[name] = value.normalize() if name in {"amount", "value"} else value
    return found
