"""Orders of shops: the work list, and one order with everything that was said of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from paceline.kernel.pages import go_to, page
from paceline.kernel.shell import Badge
from paceline.kernel.table_rows import ByNumber
from paceline.kernel.tables import Column, Filter, Table
from paceline.orders.shops import access, actions, queries, wording
from paceline.orders.shops import facts as said
from paceline.orders.shops.forms import AssignForm
from paceline.orders.shops.models import Basis, ShopOrder, said_in_words
from paceline.org.requests import PersonRequest

CHOSEN_MAX = 200
NOBODY, SOMEBODY, CONFLICT, TROUBLE = "nobody", "somebody", "conflict", "trouble"


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    """All orders of shops; those that are nobody's are the work list."""
    if not access.may_read_orders(request.person):
        raise PermissionDenied
    may_assign = access.may_assign(request.person)
    table = Table(
        request,
        rows=queries.orders_to_look_at(request.person),
        name="orders",
        topic="shops",
        caption=_("Orders from shops"),
        columns=[
            Column("number", pgettext("sale", "Order"), search=True, kind="code", link=_address),
            Column("ordered_on", _("Date"), sort="ordered_on", kind="day"),
            Column("shop", pgettext("shop", "Shop"), value="shop.name"),
            Column("buyer", _("Customer"), search=True, secondary=True),
            Column("amount", _("Amount"), kind="money", currency="currency"),
            Column("person", _("Payee"), value=_whose, kind="badge"),
            Column("basis", _("Decided by"), value=_basis),
            Column("problem", _("State"), value=_problem, kind="badge"),
        ],
        filters=[
            Filter("whose", _("Payee"), _whose_choices(), apply=_of),
            Filter("shop", pgettext("shop", "Shop"), queries.shop_choices(request.person)),
        ],
        order="-ordered_on",
        choice=(lambda order: order.pk) if may_assign else None,
        choice_name="order",
        choice_form="assign",
        count_max=10_000,
        empty=_("No orders from shops yet."),
        empty_hint=_("They appear here as soon as a shop sends one."),
    )
    if table.wants_export:
        return table.export()
    context = {
        "table": table,
        "form": AssignForm(viewer=request.person) if may_assign and table.body else None,
    }
    return page(request, "shops/orders.html", context)


@require_POST
def assign(request: PersonRequest) -> HttpResponse:
    """Say whose the chosen orders are."""
    if not access.may_assign(request.person):
        raise PermissionDenied
    form = AssignForm(request.POST, viewer=request.person)
    chosen = [one for one in request.POST.getlist("order") if one.isdecimal()][:CHOSEN_MAX]
    back = reverse("shops:orders")
    if not form.is_valid() or not chosen:
        messages.error(request, _("Choose orders, a payee, and say why."))
        return go_to(request, back)
    rows = ShopOrder.objects.visible_to(request.person).filter(pk__in=chosen)
    done = actions.assign_orders(
        orders=list(rows.select_related("shop")),
        person=form.cleaned_data["person"],
        reason=form.cleaned_data["reason"],
        by=request.person,
        at=timezone.now(),
    )
    told = _("Orders assigned: %(count)s")
    messages.success(request, told % {"count": done.done})
    if done.not_here:
        told = _("Left as they were, because the person did not work here on their day: %(count)s")
        messages.warning(request, told % {"count": done.not_here})
    if done.closed:
        told = _("Left as they were, because their lines stand in closed days: %(count)s")
        messages.warning(request, told % {"count": done.closed})
    return go_to(request, back)


def _whose_choices() -> list[tuple[str, str]]:
    return [
        (NOBODY, _("Nobody's yet")),
        (SOMEBODY, _("Credited")),
        (CONFLICT, _("Several are named")),
        (TROUBLE, _("Not taken in")),
    ]


def _of(rows: QuerySet[ShopOrder], value: str) -> QuerySet[ShopOrder]:
    if value == NOBODY:
        return queries.unlinked(rows)
    if value == CONFLICT:
        return rows.filter(attribution__isnull=False).exclude(attribution__others=[])
    if value == TROUBLE:
        return rows.exclude(problem="")
    return rows.filter(attribution__isnull=False)


def _address(order: Any) -> str:
    return reverse("shops:order", args=[order.pk])


def _other(one: dict[str, Any]) -> dict[str, Any]:
    """Somebody else whom the order named, in words."""
    said = said_in_words(one["basis"], one["said"])
    return {**one, "basis": Basis(one["basis"]).label, "said": said}


def _attribution(order: Any) -> Any:
    return getattr(order, "attribution", None)


def _whose(order: Any) -> Badge:
    found = _attribution(order)
    if found is None:
        return Badge(_("Nobody's yet"), "warning")
    return Badge(found.person.name, "warning" if found.others else "neutral")


def _basis(order: Any) -> str:
    found = _attribution(order)
    return "" if found is None else str(Basis(found.basis).label)


def _problem(order: Any) -> Badge:
    return Badge(_("Not taken in"), "bad") if order.problem else Badge(_("Taken in"), "good")


def _order(request: PersonRequest, pk: int) -> ShopOrder:
    rows = ShopOrder.objects.visible_to(request.person)
    found = rows.select_related("shop__team", "attribution__person", "attribution__by")
    return get_object_or_404(found, pk=pk)


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """One order: what the shop says of it, its lines, whose it is and why."""
    order = _order(request, pk)
    attribution = _attribution(order)
    deliveries = queries.messages_of(order)
    context = {
        "order": order,
        "facts": said.order_from_json(order.facts) if order.facts else None,
        "lines": queries.lines_of(order),
        "attribution": attribution,
        "basis": Basis(attribution.basis).label if attribution else "",
        "others": [_other(one) for one in attribution.others] if attribution else [],
        "problem": wording.reason(order.problem, order.problem_params),
        "is_closed": order.problem == "day_closed",
        "booked": list(order.booked_days.select_related("by").order_by(ByNumber("line_number"))),
        "messages_of": [
            (one, wording.reason(one.outcome.code, one.outcome.params)) for one in deliveries
        ],
        "claims": list(order.claims.select_related("person", "decided_by")[:20]),
        "may_assign": access.may_assign(request.person),
        "may_book": access.may_book(request.person),
    }
    return page(request, "shops/order.html", context)


@require_POST
def retry(request: PersonRequest, pk: int) -> HttpResponse:
    """Bring an order to order lines once more."""
    order = _order(request, pk)
    if not access.may_book(request.person):
        raise PermissionDenied
    tried = actions.try_order_again(order=order, by=request.person, at=timezone.now())
    if tried.problem:
        messages.error(request, wording.reason(tried.problem, tried.problem_params))
    else:
        messages.success(request, _("The order was taken in."))
    return go_to(request, _address(order))


@require_POST
def book(request: PersonRequest, pk: int) -> HttpResponse:
    """Count what belongs to closed days from the first open day on."""
    order = _order(request, pk)
    if not access.may_book(request.person):
        raise PermissionDenied
    reason = request.POST.get("reason", "").strip()[:1000]
    if not reason:
        messages.error(request, _("Say why."))
        return go_to(request, _address(order))
    try:
        done = actions.book_difference(
            order=order, reason=reason, by=request.person, at=timezone.now()
        )
    except actions.NothingClosed:
        messages.info(request, _("No line of the order waits for closed days."))
    else:
        if done.problem:
            messages.error(request, wording.reason(done.problem, done.problem_params))
        else:
            messages.success(request, _("The difference counts from the first open day on."))
    return go_to(request, _address(order))
