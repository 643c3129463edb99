"""Order lines, owners and exchange rates to look through, and setting an owner by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
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
from django.views.decorators.http import require_GET, require_http_methods

from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.kernel.tables import Column, Filter, Table
from paceline.orders import access, actions, queries
from paceline.orders.attributes import known as known_attributes
from paceline.orders.attributes import of_line
from paceline.orders.finding import lines_called
from paceline.orders.forms import AttributeForm, OwnerForm, initial_of
from paceline.orders.models import (
    AttributeType,
    ExchangeRate,
    LineKind,
    OrderLine,
    Owner,
    OwnerKind,
)
from paceline.orders.selections import select
from paceline.orders.shops import queries as shops
from paceline.org.requests import PersonRequest

# Tables of millions are counted so far; beyond it says "more than".
COUNTED_MAX = 10_000


@require_GET
def lines(request: PersonRequest) -> HttpResponseBase:
    """All lines and returns, the newest first."""
    if not access.may_read_lines(request.person):
        raise PermissionDenied
    months = queries.months()
    visible = OrderLine.objects.visible_to(request.person).select_related("person")
    rows, selected = select(visible, request.GET.dict())
    table = Table(
        request,
        rows=rows,
        name="lines",
        topic="imports",
        caption=_("Order lines"),
        columns=_line_columns(),
        filters=[
            Filter("month", _("Month"), months, apply=_in_month),
            Filter("kind", _("Sale or return"), LineKind.choices),
            Filter("currency", _("Currency"), queries.currencies()),
        ],
        order="-ordered_on",
        search=lines_called,
        count_max=COUNTED_MAX,
        empty=_("No order lines yet."),
        empty_hint=_("Import a file of order lines."),
        empty_link=_import_link("order_lines", _("Import order lines"))
        if access.may_import_lines(request.person)
        else None,
    )
    if table.wants_export:
        return table.export()
    may_import = access.may_import_lines(request.person)
    context = {"table": table, "may_import": may_import, "selected": selected}
    return page(request, "orders/lines.html", context)


def _line_columns() -> list[Column]:
    kinds = {kind: str(label) for kind, label in LineKind.choices}
    return [
        Column("ordered_on", _("Date"), sort="ordered_on", kind="day"),
        Column("order_number", pgettext("sale", "Order"), kind="code", link=_address),
        Column("line_number", pgettext("sale", "Line"), secondary=True),
        Column("payee", _("Payee"), value="person.name", link=_person, secondary=True),
        Column("customer", _("Customer"), secondary=True, kind="code"),
        Column("product", _("Product"), secondary=True),
        Column("channel", _("Channel"), secondary=True),
        Column("territory", _("Territory"), only_in_file=True),
        Column("quantity", _("Quantity"), kind="number", secondary=True),
        Column("amount", _("Amount"), kind="money", currency="currency"),
        Column(
            "kind",
            pgettext("sale", "Kind"),
            value=lambda line: kinds[line.kind],
            secondary=True,
        ),
        Column("invoiced_on", _("Invoice date"), kind="day", only_in_file=True),
        Column("shipped_on", _("Shipping date"), kind="day", only_in_file=True),
        Column("paid_on", _("Payment date"), kind="day", only_in_file=True),
        Column("final_on", _("End of the return window"), kind="day", only_in_file=True),
        Column(
            "import",
            pgettext("column", "Import"),
            value="imported_by_id",
            link=_source,
            only_in_file=True,
        ),
    ]


def _address(line: Any) -> str:
    return reverse("orders:line", args=[line.pk])


def _person(line: Any) -> str | None:
    return reverse("org:person", args=[line.person_id]) if line.person_id else None


def _source(line: Any) -> str | None:
    return reverse("imports:import", args=[line.imported_by_id]) if line.imported_by_id else None


def _in_month(rows: QuerySet[OrderLine], value: str) -> QuerySet[OrderLine]:
    starts_on, ends_before = queries.days_of_month(value)
    return rows.filter(ordered_on__gte=starts_on, ordered_on__lt=ends_before)


def _import_link(kind: str, label: str) -> tuple[str, str]:
    return f"{reverse('imports:new')}?kind={kind}", label


@require_GET
def line(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One line with its days, who shares in it, what came back, and what it said before."""
    known = OrderLine.objects.visible_to(request.person)
    found = get_object_or_404(known.select_related("person", "returns_line", "imported_by"), pk=pk)
    return page(
        request,
        "orders/line.html",
        {
            "line": found,
            "attributes": [(label, _said(kind, value)) for label, kind, value in of_line(found)],
            "others": queries.lines_of_order(found),
            "shares": queries.shares_of(found),
            "returned": queries.returns_of(found),
            "history": queries.history_of(found),
            "shop_order": shops.order_of_line(found),
        },
    )


def _said(kind: str, value: Any) -> str:
    """An attribute's value as it is read."""
    if kind == AttributeType.BOOLEAN:
        return _("Yes") if value else _("No")
    if kind == AttributeType.DATE:
        return formats.day(date.fromisoformat(value))
    if kind == AttributeType.PERCENT:
        return formats.percent(Decimal(str(value)))
    if kind in {AttributeType.MONEY, AttributeType.QUANTITY}:
        return formats.number(Decimal(str(value)))
    return str(value)


@require_http_methods(["GET", "POST"])
def attributes(request: PersonRequest) -> HttpResponse:
    """The attributes that order lines may have besides the usual columns, and another one."""
    may_add = access.may_add_attributes(request.person)
    may_read = access.may_read_lines(request.person)
    if not (may_add if request.method == "POST" else may_read):
        raise PermissionDenied
    form = AttributeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_line_attribute(
                name=form.cleaned_data["name"],
                label=form.cleaned_data["label"],
                holds=AttributeType(form.cleaned_data["type"]),
                by=request.person,
                at=timezone.now(),
            )
        except actions.AttributeKnown:
            form.add_error("name", _("Order lines have a column of this name already."))
        except actions.TooManyAttributes:
            form.add_error(None, _("No more attributes can be kept beside a line."))
        else:
            told = _("Files of order lines can bring “%(label)s” now.")
            messages.success(request, told % {"label": made.label})
            return go_to(request, reverse("orders:attributes"))
    context = {"attributes": known_attributes(), "form": form, "may_add": may_add}
    return page(request, "orders/attributes.html", context, status=422 if form.errors else 200)


@require_GET
def rates(request: PersonRequest) -> HttpResponseBase:
    """All exchange rates, the newest first."""
    if not access.may_read_rates(request.person):
        raise PermissionDenied
    may_import = access.may_import_rates(request.person)
    known = queries.rate_currencies()
    table = Table(
        request,
        rows=ExchangeRate.objects.visible_to(request.person),
        name="rates",
        topic="imports",
        caption=_("Exchange rates"),
        columns=[
            Column("on", _("Date"), sort="on", kind="day"),
            Column(
                "from_currency", pgettext("currency", "From"), sort="from_currency", search=True
            ),
            Column("to_currency", pgettext("currency", "To"), sort="to_currency", search=True),
            Column(
                "rate",
                pgettext("of a currency", "Rate"),
                value=lambda row: row.rate.normalize(),
                kind="number",
            ),
            Column("rate_type", _("Kind of rate"), sort="rate_type"),
            Column(
                "import",
                pgettext("column", "Import"),
                value="imported_by_id",
                link=_source,
                secondary=True,
            ),
        ],
        filters=[
            Filter("from", pgettext("currency", "From"), known, apply="from_currency"),
            Filter("to", pgettext("currency", "To"), known, apply="to_currency"),
        ],
        order="-on",
        count_max=COUNTED_MAX,
        empty=_("No exchange rates yet."),
        empty_hint=_("A plan that converts currencies needs a rate for each day."),
        empty_link=_import_link("exchange_rates", _("Import exchange rates"))
        if may_import
        else None,
    )
    if table.wants_export:
        return table.export()
    return page(request, "orders/rates.html", {"table": table, "may_import": may_import})


@require_GET
def owners(request: PersonRequest) -> HttpResponseBase:
    """Who owns which territory, account or channel: all of them, or one's own."""
    may_set = access.may_set_owners(request.person)
    kinds = {kind: str(label) for kind, label in OwnerKind.choices}
    table = Table(
        request,
        rows=Owner.objects.visible_to(request.person).select_related("person"),
        name="owners",
        topic="imports",
        caption=_("Owners"),
        columns=[
            Column(
                "key",
                _("What is owned"),
                sort="key",
                search=True,
                link=_change if may_set else None,
            ),
            Column("kind", _("Owned by column"), value=lambda row: kinds[row.kind], sort="kind"),
            Column("payee", _("Payee"), value="person.name", sort="person__name", search=True),
            Column("share", _("Share"), kind="percent", sort="share"),
            Column("days", _("Days"), value=_days_owned, sort="starts_on"),
            Column(
                "import",
                pgettext("column", "Import"),
                value="imported_by_id",
                link=_source,
                secondary=True,
            ),
        ],
        filters=[Filter("kind", _("Owned by column"), OwnerKind.choices)],
        order="key",
        empty=_("No owners yet."),
        empty_hint=_("Plans that credit the owner of a territory or an account need them."),
        empty_link=_import_link("owners", _("Import owners")) if may_set else None,
    )
    if table.wants_export:
        return table.export()
    return page(request, "orders/owners.html", {"table": table, "may_set": may_set})


def _days_owned(owner: Owner) -> str:
    return formats.span_of_days(owner.starts_on, owner.ends_before)


def _change(owner: Owner) -> str:
    return f"{reverse('orders:owner_new')}?replaces={owner.pk}"


@require_http_methods(["GET", "POST"])
def set_owner(request: PersonRequest) -> HttpResponse:
    """Let somebody own something from a day on, or change what is said of that day."""
    if not access.may_set_owners(request.person):
        raise PermissionDenied
    initial = {}
    if replaces := request.GET.get("replaces", ""):
        known = Owner.objects.visible_to(request.person)
        initial = initial_of(get_object_or_404(known, pk=replaces if replaces.isdecimal() else 0))
    form = OwnerForm(request.POST or None, viewer=request.person, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_owner(
                person=form.cleaned_data["person"],
                holding=form.holding(),
                reason=form.cleaned_data["reason"],
                by=request.person,
                at=timezone.now(),
            )
        except actions.OwnerOverlaps as error:
            days = _days_owned(error.existing)
            form.add_error(None, _("This person owns it already: %(days)s.") % {"days": days})
        except actions.OwnersExceed as error:
            told = _("All owners together would own more than the whole on %(day)s.")
            form.add_error("share", told % {"day": formats.day(error.day)})
        except actions.OwnerUnchanged:
            form.add_error(None, _("The row says this already."))
        else:
            messages.success(request, _("The owner was set."))
            return go_to(request, reverse("orders:owners"))
    status = 422 if form.errors else 200
    return page(request, "orders/set_owner.html", {"form": form}, status=status)
