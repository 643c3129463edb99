"""Orders that are no customer's yet: the list, and saying whose one is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.crm import access, actions, queries
from paceline.kernel.pages import go_to, page
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Filter, Table
from paceline.org.requests import PersonRequest

CHOSEN_MAX = 200
KEPT_MAX = 50


def rule_words() -> dict[str, str]:
    return {
        "number": _("customer number"),
        "account": _("shop account"),
        "mail": _("e-mail address"),
        "phone": _("phone"),
        "name": pgettext("of a record", "name"),
        "hand": _("by hand"),
    }


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    """Orders without a customer on which somebody is to decide, or all, the latest first, with what
    they say of their buyer."""
    person = request.person
    if not access.may_read_customers(person):
        raise PermissionDenied
    is_left, is_all = request.GET.get("left") == "1", request.GET.get("show") == "all"
    rows = queries.waiting_orders(person, left=is_left)
    if not is_left and not is_all:
        rows = rows.filter(queries.TO_DECIDE)
    may_link = access.may_add(person)
    more: dict[str, Any] = {}
    if may_link:
        more = {"choice": lambda row: row.pk, "choice_name": "chosen", "choice_form": "orders"}
    table = Table(
        request,
        rows=rows,
        name="waiting-all" if is_all else "waiting",
        topic="customer-orders",
        caption=_("Orders without a customer"),
        columns=[
            Column("order_number", _("Order"), sort="order_number", search=True, kind="code",
                   by_number=True, link=lambda row: reverse("crm:order", args=[row.pk])),
            Column("bought_on", _("Order date"), sort="bought_on", kind="day"),
            Column("buyer", _("Buyer as the order says"), value=said_of),
            Column("amount", _("Amount"), sort="amount", kind="money", currency="currency"),
            Column("why", _("Why it waits"), value=_why, secondary=True),
            Column("person", _("Seller"), value="person.name", sort="person__name", secondary=True),
            Column("source", _("Sales system"), sort="source", secondary=True),
        ],
        filters=[Filter("why", _("Whatever the reason"), _reasons(is_all=is_all), apply=_because)],
        finds=queries.said_to_be,
        order="-bought_on",
        count_max=10_000,
        empty=_("Every order has its customer.") if is_all else _("Nothing to decide."),
        empty_hint=_("Orders that no rule can link wait here.") if is_all else
        _("An order comes here where several customers fit, or one by name."),
        **more,
    )  # fmt: skip
    if table.wants_export:
        return table.export()
    context = {
        "table": table,
        "chips": _chips("left" if is_left else "all" if is_all else "decide"),
        "is_left": is_left,
        "may_link": may_link,
    }
    return page(request, "crm/waiting.html", context)


def _chips(here: str) -> list[tuple[str, str, bool]]:
    """What is to be decided, the buyers behind the rest, everything, and what was left."""
    orders, buyers = reverse("crm:waiting_orders"), reverse("crm:unknown_buyers")
    return [
        (_("To decide"), orders, here == "decide"),
        (_("Buyers whom nobody keeps"), buyers, here == "buyers"),
        (_("All that wait"), f"{orders}?show=all", here == "all"),
        (_("Left without a customer"), f"{orders}?left=1", here == "left"),
    ]


def _reasons(*, is_all: bool) -> list[tuple[str, str]]:
    decide = [("several", _("Several customers fit")), ("named", _("The name fits"))]
    rest = [("unknown", _("Nobody is known by it")), ("nothing", _("Says nothing of its buyer"))]
    return decide + rest if is_all else decide


def _because(rows: Any, why: str) -> Any:
    if why == "several":
        return rows.filter(waiting__is_ambiguous=True)
    if why == "named":
        return rows.filter(waiting__is_named=True)
    if why == "nothing":
        return rows.filter(queries.SAYS_NOTHING)
    return rows.exclude(queries.TO_DECIDE).exclude(queries.SAYS_NOTHING)


def said_of(order: Any) -> str:
    return queries.said_of_buyer(order) or "–"


def _why(order: Any) -> Any:
    if order.is_ambiguous:
        return Badge(_("Several customers fit"), "warning")
    waiting = order.waiting
    if waiting.is_named:
        return Badge(_("The name fits"), "info")
    keys = (waiting.number, waiting.account, waiting.mail, waiting.phone, waiting.name_keys)
    if not any(keys):
        return Badge(_("Says nothing of its buyer"), "neutral")
    return Badge(_("Nobody is known by it"), "neutral")


@require_http_methods(["GET", "POST"])
def buyers(request: PersonRequest) -> HttpResponseBase:
    """Who bought most of late and is nobody's customer yet; those chosen become contacts."""
    person = request.person
    if not access.may_read_customers(person):
        raise PermissionDenied
    may_add = access.may_add(person)
    if request.method == "POST":
        if not may_add:
            raise PermissionDenied
        return _keep_buyers(request)
    rows = queries.unknown_buyers(person, request.today)
    more: dict[str, Any] = {}
    if may_add and rows:
        more = {"choice": lambda row: row.key, "choice_name": "chosen", "choice_form": "buyers"}
    currency = actions.rules_in_force().currency
    table = Table(
        request,
        rows=rows,
        name="buyers",
        topic="customer-orders",
        caption=_("Buyers whom nobody keeps"),
        columns=[
            Column("said", _("Buyer as the order says"), search="key",
                   value=lambda row: said_of(row.order),
                   link=lambda row: reverse("crm:order", args=[row.pk])),
            Column("orders", _("Orders"), sort="orders", kind="number"),
            Column("value", _("Bought"), sort="value", kind="money", currency=currency),
            Column("last_on", _("Last purchase"), sort="last_on", kind="day"),
            Column("person", _("Seller"), value="order.person.name", secondary=True),
            Column("source", _("Sales system"), value="order.source", secondary=True),
        ],
        order="-value",
        empty=_("Everybody who bought of late is kept."),
        empty_hint=_("Buyers of orders that no customer bears appear here."),
        **more,
    )  # fmt: skip
    if table.wants_export:
        return table.export()
    told = _("Who bought in the last %(days)s days, at most %(most)s, whoever bought most first.")
    context = {
        "table": table,
        "chips": _chips("buyers"),
        "lead": told % {"days": queries.BUYER_DAYS, "most": queries.BUYERS_SHOWN},
        "may_add": may_add and bool(rows),
    }
    return page(request, "crm/buyers.html", context)


def _keep_buyers(request: PersonRequest) -> HttpResponse:
    person = request.person
    wanted = set(request.POST.getlist("chosen")[:KEPT_MAX])
    known = [one for one in queries.unknown_buyers(person, request.today) if one.key in wanted]
    done = 0
    for one in known:
        try:
            actions.keep_buyer(buyer=one, by=person, at=timezone.now())
        except (actions.WasErased, actions.FactsInvalid, actions.NoTeam):
            continue
        done += 1
    told = ngettext("%(count)d buyer is a contact now.", "%(count)d buyers are contacts now.", done)
    messages.success(request, told % {"count": done})
    _tell_rest(request, len(wanted) - done)
    return go_to(request, reverse("crm:unknown_buyers"))


def _tell_rest(request: PersonRequest, count: int) -> None:
    """How many of the chosen could not be changed, if any."""
    if count > 0:
        told = ngettext("%(count)d stayed as it was.", "%(count)d stayed as they were.", count)
        messages.info(request, told % {"count": count})


@require_POST
def change(request: PersonRequest) -> HttpResponse:
    """Of the chosen orders: link each to the only customer that is proposed, or leave them."""
    person = request.person
    if not access.may_add(person):
        raise PermissionDenied
    texts = request.POST.getlist("chosen")[:CHOSEN_MAX]
    ids = [int(one[:18]) for one in texts if one.isdecimal()]
    what = request.POST.get("what", "")
    is_left = what == "again"
    orders = list(queries.waiting_orders(person, left=is_left).filter(pk__in=ids))
    at = timezone.now()
    back = reverse("crm:waiting_orders") + ("?left=1" if is_left else "")
    if what in {"leave", "again"}:
        for one in orders:
            actions.leave_order(order=one, is_left=what == "leave", by=person, at=at)
        done = len(orders)
    else:
        done = _link_proposed(request, orders)
    told = ngettext("%(count)d order was changed.", "%(count)d orders were changed.", done)
    messages.success(request, told % {"count": done})
    _tell_rest(request, len(ids) - done)
    return go_to(request, back)


def _link_proposed(request: PersonRequest, orders: list[Any]) -> int:
    """Only where one customer is proposed that the person may change."""
    done = 0
    found = queries.candidates_of([one.pk for one in orders], request.person)
    for order in orders:
        proposed = found.get(order.pk, [])
        if len(proposed) != 1 or not access.may_change(request.person, proposed[0].record):
            continue
        try:
            actions.link_order(
                source=order.source, order_number=order.order_number, rule=proposed[0].rules[0],
                by=request.person, at=timezone.now(), **{proposed[0].kind: proposed[0].record},
            )  # fmt: skip
        except (actions.OrderIsLinked, actions.OrderUnknown):
            continue
        done += 1
    return done
