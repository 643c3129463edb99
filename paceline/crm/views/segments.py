"""Segments, what purchases mean, and cohorts of those who bought again."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.crm import access, actions, segment_words, wording
from paceline.crm.forms.segments import BuyingRulesForm, SegmentForm
from paceline.crm.kinds import address, list_address
from paceline.crm.models import Lifecycle, Segment, SegmentKind
from paceline.crm.queries import cohorts as buying_again
from paceline.crm.queries import segments as found_by_rule
from paceline.crm.queries.segments import bought_by
from paceline.crm.views.columns import lead_badge, quiet_badge
from paceline.kernel import formats
from paceline.kernel.charts import LineChart, Series
from paceline.kernel.pages import go_to, page
from paceline.kernel.tables import Column, Table
from paceline.org.requests import PersonRequest

CHARTED = 6
# Shares from which a cell is shaded more: most months bring back a few in a hundred.
DEPTHS = [Decimal(step) / 100 for step in (0, 5, 10, 20, 40)]


def _refuse_strangers(request: PersonRequest) -> None:
    if not access.may_read_customers(request.person):
        raise PermissionDenied


def segment_list_address(segment: Segment) -> str:
    """The list of the records with the segment as its filter."""
    plural = {"company": "companies", "contact": "contacts", "lead": "leads"}[segment.of]
    return f"{list_address(segment.of)}?{urlencode({f'{plural}-is-segment': segment.pk})}"


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """One's segments and those shared, with how many belong now."""
    _refuse_strangers(request)
    person = request.person
    rows = list(Segment.objects.visible_to(person).select_related("owner", "team"))
    kinds = dict(SegmentKind.choices)
    context = {
        "rows": [
            {"segment": one, "kind": kinds[one.of],
             "words": " · ".join(segment_words.told(one.rule, one.of))}
            for one in rows
        ],
        "may_add": access.may_add(person),
        "rules": actions.rules_in_force(),
        "may_decide": access.may_decide_buying(person),
    }  # fmt: skip
    return page(request, "crm/segments.html", context)


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Who belongs to a segment now, and what they bought; every figure with its definition."""
    person = request.person
    segment = get_object_or_404(
        Segment.objects.visible_to(person).select_related("owner", "team"), pk=pk
    )
    rows = found_by_rule.listed_members(segment, person, request.today)
    is_of_leads = segment.of == SegmentKind.LEAD
    rules = actions.rules_in_force()
    table = (
        leads_table(request, rows)
        if is_of_leads
        else members_table(request, rows, segment.of, rules.currency)
    )
    if table.wants_export:
        return table.export()
    members = found_by_rule.members(segment.rule, segment.of, person, request.today)
    context = {
        "segment": segment,
        "words": segment_words.told(segment.rule, segment.of),
        "is_of_leads": is_of_leads,
        "summary": found_by_rule.summed_leads(members)
        if is_of_leads
        else found_by_rule.summed(members, request.today),
        "currency": rules.currency,
        "table": table,
        "list_url": segment_list_address(segment),
        "is_own": segment.owner_id == person.pk,
        "definitions": [] if is_of_leads else segment_words.definitions(rules),
    }
    return page(request, "crm/segment.html", context)


def leads_table(request: PersonRequest, rows: Any) -> Table:
    """Leads as a segment finds them."""
    return Table(
        request,
        rows=rows,
        name="members-leads",
        topic="leads",
        caption=_("Leads"),
        columns=[
            Column("name", _("Name"), sort="name", search=True,
                   link=lambda row: address("lead", row.pk)),
            Column("company_name", _("Company"), sort="company_name", search=True),
            Column("status", _("Status"), value=lead_badge, sort="status"),
            Column("interest", _("Interested in"), secondary=True),
            Column("points", _("Phones and addresses"),
                   value=lambda row: formats.listed(row.points_shown), secondary=True),
            Column("owner", _("Owner"), value="owner.name", sort="owner__name"),
            Column("created_at", _("Came"), sort="created_at", kind="moment"),
        ],
        order="-created_at",
        count_max=10_000,
        empty=_("Nobody belongs here now."),
        empty_hint=_("Whoever comes to meet the rule appears by themselves."),
    )  # fmt: skip


def members_table(request: PersonRequest, rows: Any, kind: str, currency: str) -> Table:
    """Customers with what they bought."""
    lifecycles = dict(Lifecycle.choices)
    plural = {"company": "companies", "contact": "contacts"}[kind]

    def bought(name: str) -> Any:
        return lambda row: getattr(bought_by(row), name, None)

    return Table(
        request,
        rows=rows,
        name=f"members-{plural}",
        topic=plural,
        caption=_("Customers"),
        columns=[
            Column("name", _("Name"), sort="name", search=True,
                   link=lambda row: address(kind, row.pk)),
            Column("orders", _("Orders"), value=bought("orders"), sort="purchases__orders",
                   kind="number"),
            Column("value", _("Lifetime value"), value=bought("value"), sort="purchases__value",
                   kind="money", currency=currency),
            Column("last_on", _("Last purchase"), value=bought("last_on"),
                   sort="purchases__last_on", kind="day"),
            Column("gap", _("Usual gap, days"), value=bought("usual_gap"),
                   sort="purchases__usual_gap", kind="number", secondary=True),
            Column("quiet", _("Gone quiet"), value=lambda row: quiet_badge(row, request.today),
                   secondary=True),
            Column("lifecycle", _("Lifecycle"), value=lambda row: str(lifecycles[row.lifecycle]),
                   sort="lifecycle", secondary=True),
            Column("points", _("Phones and addresses"),
                   value=lambda row: formats.listed(row.points_shown), secondary=True),
            Column("owner", _("Owner"), value="owner.name", sort="owner__name", secondary=True),
        ],
        order="name",
        count_max=10_000,
        empty=_("Nobody belongs here now."),
        empty_hint=_("Whoever comes to meet the rule appears by themselves."),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    """A new segment."""
    if not access.may_add(request.person):
        raise PermissionDenied
    return _form(request, None)


@require_http_methods(["GET", "POST"])
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """Another rule or name; only its owner's to change."""
    segment = get_object_or_404(Segment.objects.visible_to(request.person), pk=pk)
    if segment.owner_id != request.person.pk:
        raise PermissionDenied
    return _form(request, segment)


def _form(request: PersonRequest, segment: Segment | None) -> HttpResponse:
    form = SegmentForm(request.POST or None, viewer=request.person, segment=segment,
                       kind=request.GET.get("of", ""))  # fmt: skip
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.save_segment(
                segment=segment, of=data["of"] if segment is None else segment.of,
                name=data["name"], rule=form.rule(), team=data["team"], by=request.person,
                at=timezone.now(),
            )  # fmt: skip
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Saved."))
            return go_to(request, reverse("crm:segment", args=[made.pk]))
    back = reverse("crm:segments") if segment is None else reverse("crm:segment", args=[segment.pk])
    context = {
        "form": form, "title": _("New segment") if segment is None else segment.name,
        "lead": _("Whatever you fill in must be true, all of it; what stays empty asks nothing."),
        "back_url": back, "button": _("Save"), "name": _("Segments"), "wide": True,
        "tabs": [
            (label, f"{reverse('crm:segment_new')}?of={value}", value == form.kind, None)
            for value, label in SegmentKind.choices
        ] if segment is None else [],
        "shape": "is-rule",
    }  # fmt: skip
    return page(request, "crm/one_form.html", context, status=422 if form.errors else 200)


@require_POST
def delete(request: PersonRequest, pk: int) -> HttpResponse:
    segment = get_object_or_404(Segment.objects.visible_to(request.person), pk=pk)
    if segment.owner_id != request.person.pk:
        raise PermissionDenied
    actions.delete_segment(segment=segment, by=request.person, at=timezone.now())
    messages.success(request, _("The segment was deleted. Its customers stay."))
    return go_to(request, reverse("crm:segments"))


@require_http_methods(["GET", "POST"])
def rules(request: PersonRequest) -> HttpResponse:
    """How purchases are counted: an executive decides it for the whole company."""
    if not access.may_decide_buying(request.person):
        raise PermissionDenied
    form = BuyingRulesForm(request.POST or None, rules=actions.rules_in_force())
    if request.method == "POST" and form.is_valid():
        actions.decide_buying_rules(**form.cleaned_data, by=request.person, at=timezone.now())
        messages.success(request, _("Saved. Everything is being counted anew."))
        return go_to(request, reverse("crm:segments"))
    context = {
        "form": form, "title": _("How purchases are counted"), "name": _("Segments"),
        "back_url": reverse("crm:segments"), "button": _("Save"),
    }  # fmt: skip
    return page(request, "crm/one_form.html", context, status=422 if form.errors else 200)


# Cohorts


@require_GET
def cohorts(request: PersonRequest) -> HttpResponse:
    """Who bought first in a month, and how many bought again; table and chart."""
    _refuse_strangers(request)
    kind = "company" if request.GET.get("of") == "company" else "contact"
    found = buying_again.cohorts(kind, request.person, request.today)
    here = reverse("crm:cohorts")
    context = {
        "tabs": [
            (label, f"{here}?of={value}", value == kind, None)
            for value, label in SegmentKind.choices
            if value != SegmentKind.LEAD
        ],
        "rows": [
            {
                "month": formats.month(one.month),
                "customers": one.customers,
                "url": cohort_address(kind, one.month, None),
                "cells": [_cell(kind, one, n) for n in range(1, buying_again.SPAN)],
            }
            for one in found
        ],
        "months": list(range(1, buying_again.SPAN)),
        "chart": _chart(found),
    }
    return page(request, "crm/cohorts.html", context)


def _share(part: int, whole: int) -> Decimal:
    """To a tenth of a per cent, halves up."""
    return (2000 * part + whole) // (2 * whole) * Decimal("0.001")


def _cell(kind: str, cohort: buying_again.Cohort, after: int) -> dict[str, Any] | None:
    part = cohort.bought[after]
    if part is None or not cohort.customers:
        return None
    share = _share(part, cohort.customers)
    return {
        "share": formats.percent(share),
        "count": part,
        "depth": bisect_right(DEPTHS, share) if part else 0,
        "url": cohort_address(kind, cohort.month, after),
    }  # fmt: skip


def cohort_address(kind: str, month: date, after: int | None) -> str:
    """Who bought first in a month, or those of them who bought again so many months after."""
    asked: dict[str, str | int] = {
        "of": kind,
        "month": f"{month:%Y-%m}",
        **({} if after is None else {"after": after}),
    }
    return f"{reverse('crm:cohort')}?{urlencode(asked)}"


def _chart(found: list[buying_again.Cohort]) -> LineChart | None:
    shown = [one for one in found if one.customers][-CHARTED:]
    if not shown:
        return None
    return LineChart(
        name="cohorts",
        title=_("Share of each month's new buyers who bought in a later month"),
        labels=[f"+{n}" for n in range(1, buying_again.SPAN)],  # in their first all of them bought
        label_title=_("Months after the first purchase"),
        unit="percent",
        series=[
            Series(formats.month(one.month),
                   [None if part is None else _share(part, one.customers)
                    for part in one.bought[1:]])
            for one in shown
        ],
    )  # fmt: skip


@require_GET
def cohort(request: PersonRequest) -> HttpResponseBase:
    """The customers behind one figure of the cohorts."""
    _refuse_strangers(request)
    kind = "company" if request.GET.get("of") == "company" else "contact"
    asked = request.GET.get("month", "")
    month = _month(asked) if asked else request.today.replace(day=1)
    text = request.GET.get("after", "")
    after = int(text) if text.isdecimal() and len(text) < 3 else None
    rows = buying_again.cohort_members(kind, request.person, month, after)
    currency = actions.rules_in_force().currency
    table = members_table(request, found_by_rule.bought_of(rows, kind), kind, currency)
    if table.wants_export:
        return table.export()
    when = formats.month(month)
    title = _("First bought in %(month)s") % {"month": when}
    if after is not None:
        title = _("First bought in %(month)s, and again in month %(after)s after it") % {
            "month": when, "after": after,
        }  # fmt: skip
    context = {"table": table, "title": title, "kind": kind}
    return page(request, "crm/cohort.html", context)


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise Http404 from error
