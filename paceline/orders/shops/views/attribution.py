"""Rules, the schedule of live streams, and claims."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.kernel import formats
from paceline.kernel.pages import go_to, page, refuse
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Filter, Table
from paceline.orders.shops import access, actions, queries
from paceline.orders.shops.forms import ClaimForm, LastDayForm, RuleForm, SlotForm
from paceline.orders.shops.models import (
    AttributionRule,
    Claim,
    ClaimState,
    LiveSlot,
    RuleKind,
)
from paceline.org.models import Person
from paceline.org.requests import PersonRequest

TONES: dict[str, Any] = {
    ClaimState.OPEN: "warning",
    ClaimState.APPROVED: "good",
    ClaimState.REFUSED: "bad",
}


@require_GET
def rules(request: PersonRequest) -> HttpResponseBase:
    """By what orders are credited, in the order in which it counts."""
    if not access.may_read_orders(request.person):
        raise PermissionDenied
    may_make = access.may_make_rules(request.person)
    kinds = dict(RuleKind.choices)
    table = Table(
        request,
        rows=AttributionRule.objects.select_related("person", "shop"),
        name="rules",
        topic="shops",
        caption=_("Rules"),
        columns=[
            Column("key", _("What the order says"), sort="key", search=True,
                   link=_rule if may_make else None),
            Column("kind", _("Kind"), value=lambda row: kinds[row.kind], sort="kind"),
            Column("shop", pgettext("shop", "Shop"),
                   value=lambda row: row.shop.name if row.shop else _("Every shop")),
            Column("payee", _("Payee"), value="person.name", sort="person__name", search=True),
            Column("days", _("Days"), sort="starts_on",
                   value=lambda row: formats.span_of_days(row.starts_on, row.ends_before)),
        ],
        filters=[Filter("kind", _("Kind"), RuleKind.choices)],
        order="key",
        empty=_("No rules yet."),
        empty_hint=_("Without a rule an order is credited when the shop names its salesperson."),
    )  # fmt: skip
    if table.wants_export:
        return table.export()
    return page(request, "shops/rules.html", {"table": table, "may_make": may_make})


def _rule(row: Any) -> str:
    return reverse("shops:rule_end", args=[row.pk])


def _maker(request: PersonRequest) -> Person:
    if not access.may_make_rules(request.person):
        raise PermissionDenied
    return request.person


@require_http_methods(["GET", "POST"])
def make_rule(request: PersonRequest) -> HttpResponse:
    person = _maker(request)
    form = RuleForm(
        request.POST or None, viewer=person, initial={"starts_on": request.today.replace(day=1)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.make_rule(rule=form.new_rule(), by=person, at=timezone.now())
        except actions.RuleOverlaps as error:
            name = error.existing.person.name if error.existing else ""
            form.add_error("key", _("It is credited to somebody already: %(name)s.")
                           % {"name": name})  # fmt: skip
        else:
            messages.success(request, _("The rule was made. Known orders are decided again."))
            return go_to(request, reverse("shops:rules"))
    status = 422 if form.errors else 200
    words = {"title": _("New rule"), "button": _("Make the rule")}
    context = {"form": form, "words": words, "back": reverse("shops:rules")}
    return page(request, "shops/form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def end_rule(request: PersonRequest, pk: int) -> HttpResponse:
    person = _maker(request)
    rule = get_object_or_404(AttributionRule.objects.select_related("person"), pk=pk)
    form = LastDayForm(request.POST or None, initial={"last_day": rule.last_day or request.today})
    if request.method == "POST" and form.is_valid():
        last = form.cleaned_data["last_day"]
        if last < rule.starts_on:
            form.add_error("last_day", _("The last day lies before the first."))
        else:
            try:
                actions.end_rule(
                    rule=rule, ends_before=last + timedelta(days=1), by=person, at=timezone.now()
                )
            except actions.RuleOverlaps:
                form.add_error("last_day", _("The next rule for it begins before."))
            else:
                return go_to(request, reverse("shops:rules"))
    words = {
        "title": _("End the rule for “%(key)s”") % {"key": rule.key},
        "button": _("Set the last day"),
    }
    status = 422 if form.errors else 200
    context = {"form": form, "words": words, "back": reverse("shops:rules")}
    return page(request, "shops/form.html", context, status=status)


@require_GET
def slots(request: PersonRequest) -> HttpResponseBase:
    """The schedule of live streams."""
    if not access.may_read_orders(request.person):
        raise PermissionDenied
    may_make = access.may_make_rules(request.person)
    table = Table(
        request,
        rows=LiveSlot.objects.select_related("shop", "host"),
        name="slots",
        topic="shops",
        caption=_("Live streams"),
        columns=[
            Column("starts_at", _("Begins"), sort="starts_at", kind="moment"),
            Column("ends_at", _("Ends"), sort="ends_at", kind="moment"),
            Column("shop", pgettext("shop", "Shop"), value="shop.name"),
            Column("host", _("Live-stream host"), value="host.name", search="host__name"),
        ],
        filters=[Filter("shop", pgettext("shop", "Shop"), queries.shop_choices(request.person))],
        order="-starts_at",
        choice=(lambda row: row.pk) if may_make else None,
        choice_name="slot",
        choice_form="remove",
        empty=_("No live streams yet."),
        empty_hint=_("What is ordered during a live stream is its host's."),
    )
    if table.wants_export:
        return table.export()
    return page(request, "shops/slots.html", {"table": table, "may_make": may_make})


@require_http_methods(["GET", "POST"])
def add_slot(request: PersonRequest) -> HttpResponse:
    person = _maker(request)
    form = SlotForm(request.POST or None, viewer=person)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_slots(slot=form.new_slot(), by=person, at=timezone.now())
        except actions.SlotOverlaps:
            form.add_error("starts_at", _("Another live stream of this shop runs at that time."))
        else:
            messages.success(request, _("Saved; orders that came already are decided again."))
            return go_to(request, reverse("shops:slots"))
    words = {"title": _("Add live streams"), "button": _("Add")}
    status = 422 if form.errors else 200
    context = {"form": form, "words": words, "back": reverse("shops:slots")}
    return page(request, "shops/form.html", context, status=status)


@require_POST
def remove_slots(request: PersonRequest) -> HttpResponse:
    person = _maker(request)
    chosen = [one for one in request.POST.getlist("slot") if one.isdecimal()][:200]
    found = False
    for slot in LiveSlot.objects.filter(pk__in=chosen):
        actions.remove_slot(slot=slot, by=person, at=timezone.now())
        found = True
    if found:
        messages.success(request, _("Saved; orders that came already are decided again."))
    else:
        messages.error(request, _("Choose some live streams first."))
    return go_to(request, reverse("shops:slots"))


@require_GET
def claims(request: PersonRequest) -> HttpResponseBase:
    """One's own claims, and those of the people below."""
    if not access.may_see_claims(request.person):
        raise PermissionDenied
    table = Table(
        request,
        rows=Claim.objects.visible_to(request.person).select_related(
            "order__shop", "person", "decided_by"
        ),
        name="claims",
        topic="claims",
        caption=_("Claims"),
        columns=[
            Column("order", pgettext("sale", "Order"), value=lambda row: str(row.order),
                   search="order__number", link=_claim, kind="code"),
            Column("shop", pgettext("shop", "Shop"), value="order.shop.name"),
            Column("person", _("Claimed by"), value="person.name", search="person__name"),
            Column("why", _("Why"), secondary=True),
            Column("state", _("State"), value=_state, kind="badge"),
            Column("decided_by", pgettext("claim", "Decided by"), value="decided_by.name",
                   secondary=True),
            Column("made_at", pgettext("column", "When"), sort="pk", kind="moment"),
        ],
        filters=[Filter("state", _("State"), ClaimState.choices)],
        order="-made_at",
        empty=_("No claims yet."),
        empty_hint=_("Claim an order that you won and that is not credited to you."),
    )  # fmt: skip
    if table.wants_export:
        return table.export()
    context = {"table": table, "may_claim": access.may_claim(request.person)}
    return page(request, "shops/claims.html", context)


def _claim(row: Any) -> str:
    return reverse("shops:claim", args=[row.pk])


def _state(row: Any) -> Badge:
    return Badge(str(ClaimState(row.state).label), TONES[row.state])


@require_http_methods(["GET", "POST"])
def make_claim(request: PersonRequest) -> HttpResponse:
    """Claim an order by its number; what else the order holds is not told."""
    if not access.may_claim(request.person):
        raise PermissionDenied
    form = ClaimForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        order = queries.order_by_number(data["shop"], data["number"])
        if order is None:
            form.add_error("number", _("The shop has sent no order with this number."))
        else:
            try:
                actions.make_claim(
                    order=order, why=data["why"], by=request.person, at=timezone.now()
                )
            except actions.ClaimOpen:
                form.add_error("number", _("You have claimed it already."))
            except actions.AlreadyTheirs:
                form.add_error("number", _("The order is yours already."))
            else:
                messages.success(request, _("The claim was made. Your lead decides."))
                return go_to(request, reverse("shops:claims"))
    words = {"title": _("Claim an order"), "button": _("Claim")}
    status = 422 if form.errors else 200
    context = {"form": form, "words": words, "back": reverse("shops:claims")}
    return page(request, "shops/form.html", context, status=status)


def _visible_claim(request: PersonRequest, pk: int) -> Claim:
    rows = Claim.objects.visible_to(request.person).select_related(
        "order__shop", "order__attribution__person", "person", "decided_by"
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
def claim(request: PersonRequest, pk: int) -> HttpResponse:
    """One claim; whoever decides sees the order's amount and whose it is now."""
    found = _visible_claim(request, pk)
    may_decide = access.may_decide(request.person, found, request.today)
    may_read = access.may_read_orders(request.person)
    context = {
        "claim": found,
        "badge": _state(found),
        "may_decide": may_decide,
        "may_read_order": may_read,
        "shows_order": may_read or found.person_id != request.person.pk,
        "attribution": getattr(found.order, "attribution", None),
        "rivals": queries.rivals(found),
    }
    return page(request, "shops/claim.html", context)


@require_POST
def decide(request: PersonRequest, pk: int, decision: str) -> HttpResponse:
    """Approve or refuse a claim of somebody below."""
    found = _visible_claim(request, pk)
    relation_allows = access.may_decide_of(request.person, found, request.today)
    if not relation_allows or decision not in {"approval", "refusal"}:
        raise PermissionDenied
    reason = request.POST.get("reason", "").strip()[:1000]
    back = reverse("shops:claim", args=[pk])
    if not reason:
        messages.error(request, _("Say why."))
        return go_to(request, back)
    act = actions.approve_claim if decision == "approval" else actions.refuse_claim
    try:
        act(claim=found, reason=reason, by=request.person, at=timezone.now())
    except actions.ClaimDecided:
        return _stays(request, back, _("Somebody has decided it in the meantime."))
    except actions.ClaimedByOther as error:
        told = _("A claim of %(name)s was approved before. The pay desk assigns the order by hand.")
        return _stays(request, back, told % {"name": error.person.name})
    except actions.DaysClosed:
        told = _("The lines of the order stand in closed days and are paid. Ask for an adjustment.")
        return _stays(request, back, told)
    return go_to(request, back)


def _stays(request: PersonRequest, back: str, why: str) -> HttpResponse:
    return refuse(request, 409, _("The claim stays as it is."), why, url=back,
                  action=_("Show the claim"))  # fmt: skip
