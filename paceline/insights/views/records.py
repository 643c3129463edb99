"""The records behind a figure: the question of its address, line by line, and as a file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from paceline.insights import words
from paceline.insights.asked import NotAsked, Question, asked, days_asked
from paceline.insights.charts.leads import RECORDS, listed, records
from paceline.insights.dimensions import Span
from paceline.insights.measures import (
    CUSTOMERS,
    DEALS,
    FEEDBACK,
    MEASURES,
    MOVES,
    QUOTAS,
    REPLIES,
    SALES,
    SOURCES,
)
from paceline.insights.queries.answers import MeasureForbidden, answer, may_read_measure
from paceline.insights.queries.behind import BUYERS_MAX, behind, opens, source_of, sources_of
from paceline.insights.queries.desk import Desk
from paceline.insights.views.explorer import desk_for
from paceline.kernel import formats
from paceline.kernel.pages import page, refuse
from paceline.kernel.patience import TookTooLong, ended_after
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Table
from paceline.orders.access import may_read_lines
from paceline.orders.finding import lines_called
from paceline.org.requests import PersonRequest

# Of more lines than this it says "more than", and they are found and sorted by an index alone.
COUNTED_MAX = 10_000
# So long records are looked for before the reader is told that they are too many.
MILLISECONDS_MAX = 5_000
TENTH = Decimal("0.1")
HANGS_ON = ("deal", "lead", "contact", "company")


@require_GET
def show(request: PersonRequest) -> HttpResponseBase:
    """What the figure of a question is made of, as far as the reader may see it."""
    with closing(desk_for(request)) as desk:
        try:
            question = asked(request.GET, request.today)
            source = request.GET.get("of") or source_of(question)
            began = _began(request) if source == CUSTOMERS else None
            if not may_read_measure(desk.reader, question.measure):
                return _forbidden(request, question)
            if not opens(desk, question, source):
                raise Http404
            with ended_after(MILLISECONDS_MAX):
                table = _table(request, desk, question, source, began)
            if table.wants_export:
                return table.export()
            found = answer(desk, question)
        except NotAsked as error:
            return refuse(request, 422, _("This cannot be answered"), words.refusal(error))
        except MeasureForbidden:
            return _forbidden(request, question)
        except TookTooLong:
            return refuse(
                request, 422, _("Too many records to look through"),
                _("Nothing was found within %(seconds)d seconds. Ask for fewer days, or narrow the"
                  " question by a person, a team or a channel.")
                % {"seconds": MILLISECONDS_MAX // 1000},
                url=f"{reverse('insights:explore')}?{question.query}", action=_("As a figure"),
            )  # fmt: skip
        measure = question.measure
        value = words.worded(measure, found.total.value, found.currency)
        title = words.title(desk, question)
        if began is not None:  # the figure of a cohort, which no question asks
            value = formats.number(len(table.rows))
            title += " · " + _("first order: %(days)s") % {"days": began.worded}
        several = [one for one in sources_of(question) if opens(desk, question, one)]
        context = {
            "title": title,
            "measure": measure,
            "value": value,
            "table": table,
            "ask_url": f"{reverse('insights:explore')}?{question.query}",
            "source": SOURCES[source],
            "tabs": [
                (RECORDS[one], listed(desk, question, of=one), one == source, None)
                for one in several
            ]
            if len(several) > 1
            else [],
            "is_cut": source == CUSTOMERS and len(table.rows) >= BUYERS_MAX,
            "most": BUYERS_MAX,
            "is_many": source == SALES and table.is_many,
            "counted_max": COUNTED_MAX,
        }
        return page(request, "insights/records.html", context)


def _forbidden(request: PersonRequest, question: Question) -> HttpResponse:
    text = _("“%(name)s” is not yours to read.") % {"name": question.measure.name}
    return refuse(request, 403, _("This cannot be answered"), text)


def _began(request: PersonRequest) -> Span | None:
    """The days in which the first orders of a cohort lie. Raises ``NotAsked``."""
    first, last = request.GET.get("began-from", ""), request.GET.get("began-to", "")
    if not first and not last:
        return None
    return days_asked(QueryDict(urlencode({"from": first, "to": last})), request.today)


def _table(
    request: PersonRequest, desk: Desk, question: Question, source: str, began: Span | None
) -> Table:
    columns, order = _COLUMNS[source](desk)
    if source == CUSTOMERS:
        columns[0] = replace(columns[0], link=partial(_of_customer, desk, question))
    return Table(
        request,
        rows=behind(desk, question, source, began),
        name=f"behind-{source}",
        caption=str(question.measure.name),
        columns=columns,
        order=order,
        count_max=COUNTED_MAX if source == SALES else None,
        sorts_many=frozenset({"on"}) if source == SALES else frozenset(),
        search=_lines_called if source == SALES else None,
        empty=_("Nothing that you may see counts in these days."),
    )


def _deals(_desk: Desk) -> tuple[list[Column], str]:
    return [
        Column("on", _("Closed"), value="closed_on", sort="closed_on", kind="day"),
        Column("title", _("Deal"), sort="title", search=True,
               link=lambda row: reverse("crm:deal", args=[row.pk])),
        Column("customer", _("Customer"), value=_customer, secondary=True),
        Column("owner", _("Person"), value="owner.name", sort="owner__name", search=True),
        Column("team", _("Team"), value="team.name", sort="team__name", secondary=True),
        Column("stage", _("Stage"), value="stage.name", sort="stage__name"),
        Column("amount", _("Amount"), sort="amount", kind="money", currency="currency"),
    ], "-on"  # fmt: skip


def _customer(row: Any) -> str:
    whom = row.company or row.contact
    return "" if whom is None else str(whom.name)


def _feedback(_desk: Desk) -> tuple[list[Column], str]:
    return [
        Column("at", _("When"), sort="at", kind="moment"),
        Column("text", _("What they said"), sort="text", search=True, link=_place),
        Column("kind", pgettext("feedback", "Kind"), value="get_kind_display", sort="kind"),
        Column("severity", _("Severity"), value="get_severity_display", secondary=True),
        Column("who", _("Looks after it"), value="assignee.name", sort="assignee__name",
               secondary=True),
        Column("state", _("State"), value=_settled),
        Column("hours", _("Hours until settled"), value=_hours, kind="number"),
    ], "-at"  # fmt: skip


def _place(row: Any) -> str:
    """The page of the record that feedback hangs on."""
    for kind in HANGS_ON:
        pk = getattr(row, f"{kind}_id")
        if pk is not None:
            return reverse(f"crm:{kind}", args=[pk])
    return ""


def _settled(row: Any) -> Badge:
    if row.settled_at is None:
        return Badge(pgettext("feedback", "open"), "warning")
    return Badge(pgettext("feedback", "settled"), "good")


def _hours(row: Any) -> Decimal | None:
    if row.settled_at is None:
        return None
    return (Decimal(int((row.settled_at - row.at).total_seconds())) / 3600).quantize(TENTH)


def _replies(_desk: Desk) -> tuple[list[Column], str]:
    return [
        Column("at", _("Arrived"), value="arrived_at", sort="arrived_at", kind="moment"),
        Column("whom", pgettext("a lead or question", "From"), value=_whom, link=_asker),
        Column("hours", _("Hours of work"), value=_worked, sort="worked_seconds",
               kind="number"),
        Column("state", _("State"), value=_in_time),
        Column("who", _("Person"), value=_answerer),
        Column("channel", _("Channel"), value="get_channel_display", sort="channel",
               secondary=True),
        Column("team", _("Team"), value="team.name", sort="team__name", secondary=True),
    ], "-at"  # fmt: skip


def _whom(row: Any) -> str:
    return str((row.lead or row.contact).name)


def _asker(row: Any) -> str:
    kind, pk = ("lead", row.lead_id) if row.lead_id else ("contact", row.contact_id)
    return reverse(f"crm:{kind}", args=[pk])


def _answerer(row: Any) -> str:
    """Who answered, else who should."""
    who = row.answered_by or (row.lead or row.contact).owner
    return "" if who is None else str(who.name)


def _in_time(row: Any) -> Badge:
    if row.is_within_target:
        return Badge(pgettext("a reply", "in time"), "good")
    if row.worked_seconds is None:
        return Badge(pgettext("a reply", "waits"), "bad")
    return Badge(pgettext("a reply", "late"), "warning")


def _worked(row: Any) -> Decimal | None:
    seconds = row.worked_seconds
    return None if seconds is None else (Decimal(seconds) / 3600).quantize(Decimal("0.01"))


def _quotas(_desk: Desk) -> tuple[list[Column], str]:
    return [
        Column("who", _("Person"), value="person.name", sort="person__name", search=True,
               link=lambda row: reverse("goals:quota", args=[row.pk])),
        Column("from", _("First day"), value="starts_on", sort="starts_on", kind="day"),
        Column("to", _("Last day"), value=lambda row: row.ends_before - timedelta(days=1),
               sort="ends_before", kind="day", secondary=True),
        Column("amount", pgettext("measure", "Quota"), sort="amount", kind="money",
               currency="currency"),
    ], "who"  # fmt: skip


def _lines(desk: Desk) -> tuple[list[Column], str]:
    link = _line_address if may_read_lines(desk.reader) else None
    return [
        Column("on", _("Day"), value="ordered_on", sort="ordered_on", kind="day"),
        Column("order", _("Order"), value="order_number", sort="order_number", kind="code",
               search=True, link=link),
        Column("kind", _("Sale or return"), value="get_kind_display", secondary=True),
        Column("product", _("Product"), sort="product", search=True),
        Column("channel", _("Channel"), sort="channel", secondary=True),
        Column("who", _("Person"), value="person.name", sort="person__name"),
        Column("amount", _("Amount"), sort="amount", kind="money", currency="currency"),
    ], "-on"  # fmt: skip


def _lines_called(rows: Any, text: str) -> Any:
    """Lines whose order or product is called so; of many, those that an index finds: by their
    order, customer or payee."""
    if rows.order_by()[: COUNTED_MAX + 1].count() > COUNTED_MAX:
        return lines_called(rows, text)
    return rows.filter(Q(order_number__icontains=text) | Q(product__icontains=text))


def _line_address(row: Any) -> str:
    return reverse("orders:line", args=[row.pk])


def _buyers(_desk: Desk) -> tuple[list[Column], str]:
    return [
        Column("customer", _("Customer"), sort="customer", search=True),
        Column("first", _("First order of all"), sort="first", kind="day"),
        Column("orders", _("Orders"), sort="orders", kind="number"),
        Column("from", _("First of these"), value="first_in", sort="first_in", kind="day",
               secondary=True),
        Column("to", _("Last of these"), value="last_in", sort="last_in", kind="day",
               secondary=True),
    ], "customer"  # fmt: skip


def _of_customer(desk: Desk, question: Question, row: Any) -> str:
    """The order lines of one of the customers who were counted."""
    lines = replace(question.narrowed(customer=row.customer), measure=MEASURES["gross_sales"])
    return records(desk, lines)


def _moves(_desk: Desk) -> tuple[list[Column], str]:
    return [
        Column("at", _("Came in"), sort="at", kind="moment"),
        Column("title", _("Deal"), value="deal.title", sort="deal__title", search=True,
               link=lambda row: reverse("crm:deal", args=[row.deal_id])),
        Column("customer", _("Customer"), value=lambda row: _customer(row.deal), secondary=True),
        Column("from", _("From the stage"), value=_stage_before, secondary=True),
        Column("stage", _("Into the stage"), value="to_stage.name", sort="to_stage__rank"),
        Column("left", _("Left it"), value="left_at", sort="left_at", kind="moment"),
        Column("owner", _("Person"), value="deal.owner.name", sort="deal__owner__name"),
        Column("amount", _("Amount"), value="deal.amount", sort="deal__amount", kind="money",
               currency="deal.currency"),
    ], "-at"  # fmt: skip


def _stage_before(row: Any) -> str:
    return "" if row.from_stage is None else str(row.from_stage.name)


_COLUMNS: dict[str, Callable[[Desk], tuple[list[Column], str]]] = {
    DEALS: _deals, FEEDBACK: _feedback, REPLIES: _replies, QUOTAS: _quotas, SALES: _lines,
    CUSTOMERS: _buyers, MOVES: _moves,
}  # fmt: skip
