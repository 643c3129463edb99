"""Statements: the list, the page that opens down to the order line, and the PDF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from paceline.crm.queries import Evidence, evidence_of
from paceline.incentives import pay_words as words
from paceline.incentives.access import pay as access
from paceline.incentives.calculation.trace import (
    TracedLine,
    TracedPage,
    is_traced,
    lines_of_tier,
    orders_of,
    trace_ahead,
)
from paceline.incentives.explanation import (
    explain_component,
    explain_statement,
)
from paceline.incentives.models import LineThread, PayPeriod, Statement, StatementComponent
from paceline.incentives.pdf.statement import statement_pdf
from paceline.incentives.queries import statements as queries
from paceline.incentives.rejection_words import of_line
from paceline.incentives.settled import explain_settlement
from paceline.incentives.shortfall_words import sentences_about
from paceline.kernel.charts import LineChart, Series
from paceline.kernel.pages import page
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Filter, Table
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


@dataclass(frozen=True, slots=True)
class LineRow:
    """A traced line with the name behind it and the question that was asked about it."""

    line: TracedLine
    seller: str
    thread: LineThread | None
    ask_url: str
    rejected: tuple[str, ...]
    evidence: Evidence | None = None

    @property
    def is_split(self) -> bool:
        return self.line.share != 1

    @property
    def has_notes(self) -> bool:
        is_return = self.line.kind == "return"
        noted = is_return or bool(self.seller) or self.is_split or self.line.is_overlay
        return noted or self.evidence is not None

    @property
    def is_converted(self) -> bool:
        return self.line.rate != 1


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    """Released statements: one's own, the team's, or everybody's at the pay desk."""
    person = request.person
    rows = queries.released_for(person)
    periods = PayPeriod.objects.filter(releases__isnull=False).distinct()
    table = Table(
        request,
        rows=rows,
        name="statements",
        topic="statements",
        order="-period",
        columns=[
            Column("payee", _("Payee"), "payee.name", sort="payee__name", search=True, link=_url),
            Column(
                "period",
                _("Period"),
                lambda row: words.period_name(row.period),
                sort="period__starts_on",
                kind="code",
                link=_url,
            ),
            Column(
                "credited",
                _("Credited"),
                sort="credited",
                kind="money",
                currency="currency",
                secondary=True,
            ),
            Column("earned", _("Earned"), sort="earned", kind="money", currency="currency"),
            Column(
                "released",
                _("Released"),
                "release.released_at",
                sort="release__released_at",
                kind="day",
                secondary=True,
            ),
            Column("state", _("State"), release_badge, kind="badge"),
        ],
        filters=[
            Filter(
                "period",
                _("Any period"),
                [(one.key, words.period_name(one)) for one in periods],
                "period__key",
            )
        ],
        caption=_("Statements"),
        empty=_("No statement has been released yet."),
        empty_hint=_("A statement appears here as soon as it is released."),
    )
    if table.wants_export:
        return table.export()
    return page(request, "incentives/statements/index.html", {"table": table})


def _url(statement: Statement) -> str:
    return reverse("incentives:statement", args=[statement.pk])


def release_badge(statement: Statement) -> Badge:
    """Calculated, released, or handed to payroll."""
    release = getattr(statement, "release", None)
    if release is None:
        return Badge(_("Not released"), "warning")
    if hasattr(release, "payroll_entry"):
        return Badge(_("Handed to payroll"), "good")
    return Badge(_("Released"), "info")


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """What a payee earned, component by component, each opening to its tiers and lines."""
    person = request.person
    statement = get_object_or_404(queries.statement_in_full(person, pk))
    is_desk = access.is_pay_desk(person)
    release = getattr(statement, "release", None)
    others = queries.beside(statement, person)
    context: dict[str, Any] = {
        "statement": statement,
        "is_own": statement.payee_id == person.pk,
        "period_name": words.period_name(statement.period),
        "period_days": words.period_days(statement.period),
        "badge": release_badge(statement),
        "components": explain_statement(statement),
        "settled": explain_settlement(statement),
        "below_zero": sentences_about(statement),
        "chart": _trend(queries.history(statement, others)),
        "is_desk": is_desk,
        "has_changes": queries.may_be_compared(statement, others),
        "is_traced": is_traced(statement),
        "may_ask": access.may_ask(person, statement),
        "may_release": release is None and access.may_release(person),
        "may_withdraw": release is not None
        and access.may_release(person)
        and not hasattr(release, "payroll_entry"),
        "released_elsewhere": (
            queries.released_instead(statement, others) if is_desk and release is None else None
        ),
    }
    return page(request, "incentives/statements/show.html", context)


@require_GET
def traces(request: PersonRequest, pk: int) -> HttpResponse:
    """Traces a statement while its reader still looks at the sums; kept, nothing is done again."""
    trace_ahead(get_object_or_404(queries.statement_in_full(request.person, pk)))
    return HttpResponse(status=204)


def _trend(statements: list[Statement]) -> LineChart | None:
    if len(statements) < 2:
        return None
    return LineChart(
        name="history",
        title=_("Earned, period by period"),
        labels=[words.period_name(one.period) for one in statements],
        label_title=_("Period"),
        series=[Series(_("Earned"), [one.earned for one in statements])],
        unit="money",
        currency=statements[-1].currency,
        mark=len(statements) - 1,
        height=180,
    )


@require_GET
def lines(request: PersonRequest, pk: int, component_pk: int, tier: int) -> HttpResponse:
    """The order lines in one tier, with the money each of them made."""
    person = request.person
    component = statement_component(person, pk, component_pk)
    row = next((one for one in component.tiers.all() if one.tier == tier), None)
    if row is None:
        raise Http404
    number = request.GET.get("page", "")
    text = request.GET.get("q", "").strip()[:100]
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 1
    traced = lines_of_tier(component, tier, wanted, text)
    statement = component.statement
    context = {
        "statement": statement,
        "period_name": words.period_name(statement.period),
        "component": explain_component(component, statement),
        "tier": row,
        "traced": traced,
        "adds_up": traced.earned == row.earned,
        "rows": _line_rows(traced, component, person),
        "lines_url": request.path,
        "text": text,
        "urls": _page_urls(request.path, text, traced),
        "may_ask": access.may_ask(person, statement),
    }
    return page(request, "incentives/statements/lines.html", context, fragment="lines")


def _page_urls(path: str, text: str, traced: TracedPage) -> dict[str, str]:
    """Where the first, previous, next and last page are; nothing where the reader is already."""
    numbers = {
        "first": 1,
        "previous": traced.page - 1,
        "next": traced.page + 1,
        "last": traced.pages,
    }
    kept = [("q", text)] if text else []
    return {
        name: f"{path}?{urlencode([*kept, ('page', str(number))])}"
        for name, number in numbers.items()
        if 1 <= number <= traced.pages and number != traced.page
    }


def _line_rows(traced: TracedPage, component: StatementComponent, person: Person) -> list[LineRow]:
    sellers = {line.from_payee_id for line in traced.lines if line.level}
    names = dict(Person.objects.filter(number__in=sellers).values_list("number", "name"))
    asked = LineThread.objects.visible_to(person).select_related("resolution")
    threads = {
        thread.line_id: thread
        for thread in asked.filter(
            component=component, line_id__in=[line.line_id for line in traced.lines]
        )
    }
    ask_url = reverse("incentives:thread-create", args=[component.statement_id, component.pk])
    orders = orders_of(component, [line.line_id for line in traced.lines])
    deals = evidence_of(
        {line.order_id for line in traced.lines}, payee=component.statement.payee, viewer=person
    )
    ends = traced.page == traced.pages and traced.found == traced.count
    last = traced.lines[-1] if ends and traced.lines else None
    return [
        LineRow(
            line,
            names.get(line.from_payee_id, ""),
            threads.get(line.line_id),
            ask_url,
            of_line(component, line, orders.get(line.line_id), is_last=line is last),
            deals.get(line.order_id),
        )
        for line in traced.lines
    ]


def statement_component(person: Person, pk: int, component_pk: int) -> StatementComponent:
    """A component of a statement that the person may read; 404 otherwise."""
    rows = StatementComponent.objects.filter(
        statement__in=Statement.objects.visible_to(person)
    ).select_related(
        "version__plan",
        "statement__payee",
        "statement__period",
        "statement__run",
        "statement__release",
    )
    return get_object_or_404(rows.prefetch_related("tiers"), pk=component_pk, statement_id=pk)


@require_GET
def pdf(request: PersonRequest, pk: int) -> HttpResponse:
    """The statement as a PDF in the reader's language, down to the lines."""
    person = request.person
    statement = get_object_or_404(queries.statement_in_full(person, pk))
    content = statement_pdf(statement, language=get_language() or "en")
    response = HttpResponse(content, content_type="application/pdf")
    name = f"{statement.period.key} {statement.payee.name}.pdf"
    disposition = content_disposition_header(as_attachment=True, filename=name)
    response.headers["Content-Disposition"] = str(disposition)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
