"""The shops, one shop with what it said, adding and stopping it, and its secrets."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from paceline.kernel import jobs
from paceline.kernel.pages import go_to, page, refuse
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Filter, Table
from paceline.orders.access import may_read_lines
from paceline.orders.shops import access, actions, connectors, queries, wording
from paceline.orders.shops.forms import AccessForm
from paceline.orders.shops.models import (
    Comparison,
    Delivery,
    OutcomeState,
    Said,
    Shop,
    ShopKind,
    StopKind,
)
from paceline.org.requests import PersonRequest

TONES: dict[str, Any] = {
    OutcomeState.TAKEN: "good",
    OutcomeState.REFUSED: "bad",
    OutcomeState.WAITING: "warning",
}
WAITS = "queued"


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    if not access.may_read_shops(request.person):
        raise PermissionDenied
    kinds = dict(ShopKind.choices)
    may_keep = access.may_keep_shops(request.person)
    table = Table(
        request,
        rows=queries.shops_with_standing(request.person).select_related("team"),
        name="shops",
        topic="shops",
        caption=_("Shops"),
        columns=[
            Column("name", pgettext("shop", "Shop"), sort="name", search=True, link=_address),
            Column("kind", _("Kind of shop"), value=lambda shop: kinds[shop.kind], sort="kind"),
            Column("standing", _("State"), value=_standing, kind="badge"),
            Column("spoke_at", _("Last message"), kind="moment", secondary=True),
            Column("troubles", _("Not taken in"), value=_troubles, kind="number"),
            Column("team", _("Team"), value="team.name", secondary=True),
            Column("source", _("Sales system"), kind="code", secondary=True),
        ],
        order="name",
        empty=_("No shops yet."),
        empty_hint=_("Add a shop, and its orders become order lines as they come."),
        empty_link=(reverse("shops:new"), _("Add a shop")) if may_keep else None,
    )
    if table.wants_export:
        return table.export()
    return page(request, "shops/list.html", {"table": table, "may_keep": may_keep})


def _address(shop: Any) -> str:
    return reverse("shops:shop", args=[shop.pk])


def _standing(shop: Any) -> Badge:
    if shop.stopped is not None:
        stop = StopKind(shop.stopped)
        return Badge(str(stop.label), "warning" if stop == StopKind.PAUSED else "neutral")
    return Badge(_("Takes in"), "good")


def _troubles(shop: Any) -> int:
    return (shop.refused or 0) + (shop.troubled or 0)


def _shop(request: PersonRequest, pk: int) -> Shop:
    return get_object_or_404(Shop.objects.visible_to(request.person).select_related("team"), pk=pk)


def _mine(request: PersonRequest, pk: int) -> Shop:
    """A shop that the person may keep."""
    shop = _shop(request, pk)
    if not access.may_keep_shops(request.person):
        raise PermissionDenied
    return shop


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One shop: how it stands, and what it said."""
    shop = _shop(request, pk)
    table = _files(request, shop) if shop.kind == ShopKind.FILES else _deliveries(request, shop)
    if table.wants_export:
        return table.export()
    stop = queries.standing_stop(shop)
    connector = connectors.of(shop)
    standing = queries.standing(shop, request.today)
    context = {
        "shop": shop,
        "table": table,
        "stop": stop,
        "is_ended": stop is not None and stop.kind == StopKind.ENDED,
        "standing": standing,
        "turned": [(one, wording.reason(one.code, {})) for one in standing.turned],
        "comparison_problems": _comparison_problems(standing.comparison),
        "takes_messages": connector is not None,
        "can_be_asked": ShopKind(shop.kind) in AccessForm.FIELDS,
        "has_access": shop.kind != ShopKind.FILES or "host" in shop.options,
        "place": _place(shop),
        "receive_url": request.build_absolute_uri(reverse("shops:receive", args=[shop.key])),
        "may_keep": access.may_keep_shops(request.person),
        "may_read_orders": access.may_read_orders(request.person),
    }
    return page(request, "shops/shop.html", context)


def _comparison_problems(look: Comparison | None) -> list[str]:
    """Why the last look failed, and what it found worth knowing."""
    if look is None:
        return []
    told = ((look.failure, look.failure_params), (look.warning, look.warning_params))
    return [wording.reason(code, params) for code, params in told if code]


def _place(shop: Shop) -> str:
    """Where files lie, as their keeper wrote it."""
    if shop.kind != ShopKind.FILES:
        return ""
    options = shop.options
    before = f"sftp://{options['user']}@{options['host']}" if options.get("host") else ""
    return f"{before}{options['path']} ({options['pattern'] or '*'})"


def _files(request: PersonRequest, shop: Shop) -> Table:
    may_read = may_read_lines(request.person)
    return Table(
        request,
        rows=shop.files.select_related("source"),
        name="files",
        topic=f"shop:{shop.pk}",
        caption=_("Files"),
        columns=[
            Column(
                "name",
                _("File"),
                sort="name",
                search=True,
                link=_import if may_read else None,
            ),
            Column("state", _("State"), value=_file_state, kind="badge"),
            Column("why", _("Reason"), value=lambda row: wording.reason(row.code, {})),
            Column("size", _("Bytes"), kind="number", secondary=True),
            Column("taken_at", _("Taken in"), sort="pk", kind="moment"),
        ],
        order="-taken_at",
        empty=_("No files yet."),
        empty_hint=_("The folder is looked at every five minutes."),
    )


def _import(row: Any) -> str | None:
    return reverse("imports:import", args=[row.source_id]) if row.source_id else None


def _file_state(row: Any) -> Badge:
    if row.code:
        return Badge(_("Not taken in"), "neutral" if row.code == "known" else "bad")
    if row.taken_at is None:
        return Badge(_("Waits until it is whole"), "info")
    return Badge(_("Taken in"), "good")


def _deliveries(request: PersonRequest, shop: Shop) -> Table:
    how = dict(Said.choices)
    may_read = access.may_read_messages(request.person)
    may_try = access.may_try_again(request.person)
    return Table(
        request,
        rows=queries.deliveries(shop),
        name="deliveries",
        topic=f"shop:{shop.pk}",
        caption=_("Messages"),
        columns=[
            Column("received_at", _("Received"), sort="pk", kind="moment", link=_delivery),
            # Standard Webhooks name no topic beside the body, which is not read to be listed.
            *([] if shop.kind == ShopKind.WEBHOOK
              else [Column("topic", _("Topic"), search=True, kind="code")]),
            Column("state", _("State"), value=_outcome, kind="badge"),
            Column("order", _("Order"), value="outcome.order.number", kind="code",
                   search="outcome__order__number", link=_order if may_read else None),
            Column("why", _("Reason"), value=_why),
            Column("how", _("Source"), value=lambda row: how[row.how], secondary=True),
            Column("delivery_id", _("Message"), search=True, kind="code", secondary=True),
        ],
        filters=[
            Filter("state", _("State"), [(WAITS, _("Waits to be read")), *OutcomeState.choices],
                   apply=_in_state),
        ],
        order="-received_at",
        choice=(lambda row: row.pk if _can_be_tried(row) else None) if may_try else None,
        choice_name="delivery",
        choice_form="again",
        count_max=10_000,
        empty=_("No messages yet."),
        empty_hint=_("Enter the address and the secret in the shop; the next order appears here."),
    )  # fmt: skip


def _delivery(row: Any) -> str:
    return reverse("shops:delivery", args=[row.shop_id, row.pk])


def _order(row: Any) -> str | None:
    outcome = getattr(row, "outcome", None)
    if outcome is None or outcome.order_id is None:
        return None
    return reverse("shops:order", args=[outcome.order_id])


def _outcome(row: Any) -> Badge:
    outcome = getattr(row, "outcome", None)
    if outcome is None:
        return Badge(_("Waits to be read"), "info")
    return Badge(str(OutcomeState(outcome.state).label), TONES.get(outcome.state, "neutral"))


def _why(row: Any) -> str:
    outcome = getattr(row, "outcome", None)
    return "" if outcome is None else wording.reason(outcome.code, outcome.params)


def _can_be_tried(row: Any) -> bool:
    outcome = getattr(row, "outcome", None)
    return outcome is not None and outcome.state == OutcomeState.REFUSED


def _in_state(rows: QuerySet[Delivery], value: str) -> QuerySet[Delivery]:
    return (
        rows.filter(outcome__isnull=True) if value == WAITS else rows.filter(outcome__state=value)
    )


@require_GET
def delivery(request: PersonRequest, pk: int, delivery_pk: int) -> HttpResponse:
    """What a shop said, word by word, and what became of it."""
    shop = _shop(request, pk)
    rows = Delivery.objects.visible_to(request.person).select_related("outcome__order")
    found = get_object_or_404(rows, pk=delivery_pk, shop=shop)
    context = {
        "shop": shop,
        "delivery": found,
        "badge": _outcome(found),
        "why": _why(found),
        "order_url": _order(found) if access.may_read_orders(request.person) else None,
        "order": found.outcome.order if hasattr(found, "outcome") else None,
        "body": bytes(found.body).decode("utf-8", "replace")
        if access.may_read_messages(request.person)
        else None,
        "can_be_tried": _can_be_tried(found) and access.may_try_again(request.person),
    }
    return page(request, "shops/delivery.html", context)


@require_POST
def retry(request: PersonRequest, pk: int) -> HttpResponse:
    """Read chosen messages again that could not be taken in."""
    shop = _shop(request, pk)
    if not access.may_try_again(request.person):
        raise PermissionDenied
    chosen = [one for one in request.POST.getlist("delivery") if one.isdecimal()][:200]
    refused = shop.deliveries.filter(pk__in=chosen, outcome__state=OutcomeState.REFUSED)
    tried = taken = 0
    for one in refused.order_by("pk"):
        outcome = actions.try_again(delivery=one, by=request.person, at=timezone.now())
        tried += 1
        taken += outcome is not None and outcome.state != OutcomeState.REFUSED
    text = _("%(taken)s of %(tried)s messages were taken in.")
    messages.info(request, text % {"taken": taken, "tried": tried})
    return go_to(request, _address(shop))


@require_POST
def compare(request: PersonRequest, pk: int) -> HttpResponse:
    """Compare with the shop now instead of at night."""
    shop = _mine(request, pk)
    if shop.kind == ShopKind.FILES:
        jobs.enqueue("shops.look", lock=f"shops.look:{shop.pk}", shop_pk=shop.pk)
        messages.success(request, _("The shop is being looked at."))
    elif not actions.access_to(shop):
        messages.error(request, wording.reason("no_access", {}))
    else:
        jobs.enqueue("shops.compare", lock=f"shops.compare:{shop.pk}", shop_pk=shop.pk)
        messages.success(request, _("The shop is being compared."))
    return go_to(request, _address(shop))


@require_POST
def stop(request: PersonRequest, pk: int, kind: str) -> HttpResponse:
    """Pause or end a shop."""
    shop = _mine(request, pk)
    reason = request.POST.get("reason", "").strip()[:1000]
    if kind not in StopKind.values:
        raise Http404
    if not reason:
        messages.error(request, _("Say why."))
        return go_to(request, _address(shop))
    try:
        actions.stop_shop(
            shop=shop, kind=StopKind(kind), reason=reason, by=request.person, at=timezone.now()
        )
    except actions.ShopStopped:
        return _stopped(request, shop)
    return go_to(request, _address(shop))


@require_POST
def resume(request: PersonRequest, pk: int) -> HttpResponse:
    shop = _mine(request, pk)
    try:
        waiting = actions.resume_shop(shop=shop, by=request.person, at=timezone.now())
    except actions.ShopStopped:
        return _stopped(request, shop)
    told = _("The shop takes in again. Messages that waited: %(count)s")
    messages.success(request, told % {"count": waiting})
    return go_to(request, _address(shop))


def _stopped(request: PersonRequest, shop: Shop) -> HttpResponse:
    return refuse(
        request,
        409,
        _("Somebody was quicker."),
        _("The shop has been stopped or resumed in the meantime. Nothing was changed."),
        url=_address(shop),
        action=_("Show the shop"),
    )
