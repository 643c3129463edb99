"""The page of an order: what was bought, whose it is, and saying that it is another's."""

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
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST

from paceline.crm import access, actions, queries, wording
from paceline.crm.forms.waiting import BuyerForm
from paceline.crm.kinds import address
from paceline.crm.models import OrderLink
from paceline.crm.queries.sold import Sold, left_of, lines_of, sold_to, told_by_shop
from paceline.crm.views.columns import stage_badge
from paceline.crm.views.reached import changeable
from paceline.crm.views.waiting import rule_words, said_of
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Table
from paceline.orders.models import LineKind
from paceline.org.requests import PersonRequest


def _found_or_404(request: PersonRequest, pk: int) -> Sold:
    found = sold_to(request.person, pk)
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
def show(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One order with its lines; where it is nobody's yet, with the customers that are proposed, one
    of whom, or another, is chosen."""
    person = request.person
    sold = _found_or_404(request, pk)
    may_link = sold.link is None and access.may_add(person)
    if request.method == "POST" and not may_link:
        raise PermissionDenied
    form = BuyerForm(request.POST or None, viewer=person)
    if request.method == "POST" and form.is_valid() and _linked(request, sold, form):
        return go_to(request, reverse("crm:waiting_orders"))
    table = _lines(request, sold)
    if table.wants_export:
        return table.export()
    shop_order = told_by_shop(sold.order)
    context: dict[str, Any] = {
        "order": sold.order,
        "table": table,
        "left": left_of(table.rows),
        "shop_order": shop_order,
        "seller_by": _decided(shop_order),
        "holders": [_holder(kind, one) for kind, one in sold.holders.items()],
        "link": sold.link,
        "linked_by": "" if sold.link is None else _rule(sold.link),
        "may_unlink": _may_unlink(request, sold),
        "form": form,
        "may_link": may_link,
        "new_url": reverse("crm:contact_new"),
        **({} if sold.link is not None else _proposed(request, sold)),
    }
    return page(request, "crm/order.html", context, status=422 if form.errors else 200)


def _lines(request: PersonRequest, sold: Sold) -> Table:
    order = sold.order

    def kind(row: Any) -> Any:
        if row.kind == LineKind.RETURN:
            return Badge(_("Return"), "warning")
        return ""

    return Table(
        request,
        rows=lines_of(order),
        name="sold",
        topic="customer-orders",
        caption=_("What was bought"),
        columns=[
            Column("product", _("Product"), value=lambda row: row.product or row.line_number),
            Column("kind", _("Kind"), value=kind, secondary=True),
            Column("category", _("Category"), secondary=True, only_in_file=True),
            Column("quantity", _("Quantity"), kind="number"),
            Column("amount", _("Amount"), kind="money", currency="currency", total=True),
            Column("ordered_on", _("Day"), kind="day", secondary=True),
            Column("shipped_on", pgettext("day", "Shipped"), kind="day", secondary=True),
            Column("paid_on", pgettext("day", "Paid"), kind="day", secondary=True),
        ],
        empty=_("No lines any more."),
        empty_hint=_("They were taken back with their file."),
    )


def _decided(shop_order: Any) -> str:
    """What decided whose sale it is, where a shop's order says so."""
    found = getattr(shop_order, "attribution", None)
    if found is None:
        return ""
    return ": ".join(filter(None, [found.get_basis_display(), found.told]))


def _holder(kind: str, record: Any) -> dict[str, Any]:
    return {
        "name": record.title if kind == "deal" else record.name,
        "url": address(kind, record.pk),
        "label": {"deal": _("Deal"), "contact": _("Contact"), "company": _("Company")}[kind],
        "badge": stage_badge(record) if kind == "deal" else None,
    }


def _rule(link: OrderLink) -> str:
    """By what an order was recognised, and by whom it was linked."""
    rule = rule_words().get(link.rule, link.rule)
    who = "" if link.linked_by is None else link.linked_by.name
    return " · ".join(filter(None, [rule, who, formats.moment(link.linked_at)]))


def _may_unlink(request: PersonRequest, sold: Sold) -> bool:
    """Of a deal whoever agrees its shares; of a customer whoever may change it."""
    person, link = request.person, sold.link
    if link is None:
        return False
    if link.deal_id is not None:
        deal = sold.holders.get("deal")
        return (
            deal is not None
            and access.may_change(person, deal)
            and access.may_agree_shares(person, deal)
        )
    record = sold.holders.get("contact" if link.contact_id else "company")
    return record is not None and access.may_change(person, record)


def _proposed(request: PersonRequest, sold: Sold) -> dict[str, Any]:
    """Who may be the buyer of an order that is nobody's."""
    person, pk = request.person, sold.order.pk
    waiting = getattr(sold.order, "waiting", None)
    words = rule_words()
    may_add = access.may_add(person)
    told = None
    if waiting is not None:
        is_left = waiting.left_at is not None
        told = queries.waiting_orders(person, left=is_left).filter(pk=pk).first()
    return {
        "said": "–" if told is None else said_of(told),
        "candidates": [
            {
                "value": f"{one.kind}:{one.record.pk}",
                "record": one.record,
                "url": address(one.kind, one.record.pk),
                "why": formats.listed(words[rule] for rule in one.rules),
                "may_link": may_add and access.may_change(person, one.record),
            }
            for one in queries.candidates_of([pk], person).get(pk, [])
        ],
    }


def _linked(request: PersonRequest, sold: Sold, form: BuyerForm) -> bool:
    record = form.chosen()
    if not access.may_change(request.person, record):
        raise PermissionDenied
    try:
        actions.link_order(
            source=sold.order.source, order_number=sold.order.order_number, by=request.person,
            at=timezone.now(), **{record._meta.model_name: record},
        )  # fmt: skip
    except wording.REFUSALS as problem:
        wording.put_into(form, problem)
        return False
    messages.success(request, _("The order was linked."))
    return True


@require_POST
def unlink(request: PersonRequest, pk: int) -> HttpResponse:
    """An order is not theirs after all; of a deal its credits go back to its seller, and of a
    customer no rule links it again."""
    person = request.person
    link = get_object_or_404(OrderLink, pk=pk)
    kind = next(one for one in ("deal", "contact", "company") if getattr(link, f"{one}_id"))
    record = changeable(request, kind, getattr(link, f"{kind}_id"))
    if kind == "deal" and not access.may_agree_shares(person, record):
        raise PermissionDenied
    try:
        actions.unlink_order(link=link, by=person, at=timezone.now())
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        messages.success(request, _("The order is no longer linked."))
    return go_to(request, address(kind, record.pk))
