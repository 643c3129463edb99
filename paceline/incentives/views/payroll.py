"""Payroll: what is still to be handed over, the file before it is made, and the files made."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from paceline.accounts.verification import needs_mfa, needs_reauthentication
from paceline.files.queries import open_file
from paceline.incentives import pay_words as words
from paceline.incentives.access import pay as access
from paceline.incentives.actions import payroll as actions
from paceline.incentives.actions import shortfalls
from paceline.incentives.calculation.handover import Handover
from paceline.incentives.calculation.payments import (
    Amounts,
    Pay,
    payments_of,
)
from paceline.incentives.forms.shortfalls import ShortfallForm
from paceline.incentives.models import (
    PayPeriod,
    PayrollExport,
    Release,
    Shortfall,
    ShortfallTreatment,
)
from paceline.incentives.queries import payroll as queries
from paceline.incentives.views.shortfalls import carried_table
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.kernel.parts import FileInParts
from paceline.kernel.tables import Column, Table
from paceline.org.models import Person
from paceline.org.requests import PersonRequest

REFUSALS: dict[type[actions.NotExported], Any] = {
    actions.ChangedSincePreview: lazy(
        "No file was made: statements were released or withdrawn since this page was"
        " opened. This is what the file will hold now."
    ),
    actions.ShortfallsUndecided: lazy(
        "No file was made: nobody has decided yet what becomes of the payments below zero."
    ),
    actions.RunNotSettled: lazy(
        "What this period pays is not settled, or no longer as things stand. Settle first."
    ),
    actions.EarlierPayUnsettled: lazy(
        "No file was made: released pay of an earlier period is still to be settled, and could not"
        " be settled after this."
    ),
    actions.EarlierRunDiffers: lazy(
        "No file was made: pay of an earlier period is released from another run than the one that"
        " this period goes on from."
    ),
    actions.ExportIdTaken: lazy("Open the preview again, then export."),
}


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    """Periods with pay to hand over, and every file that was made."""
    person = _reader(request)
    table = Table(
        request,
        rows=queries.exports_for(person),
        name="payroll",
        columns=[
            Column("period", _("Period"), lambda row: words.period_name(row.period), link=_url),
            Column(
                "export",
                _("Export id"),
                lambda row: str(row.export_id),
                link=_url,
                secondary=True,
            ),
            Column("count", _("Payments"), sort="count", kind="number"),
            Column("totals", _("Totals"), lambda row: formats.listed(worded_totals(row))),
            Column(
                "by", _("Exported by"), "exported_by.name", sort="exported_by__name", secondary=True
            ),
            Column("at", _("Exported"), "exported_at", sort="exported_at", kind="moment"),
        ],
        caption=_("Payroll files"),
        empty=_("No payroll file has been made yet."),
        empty_hint=_("Release statements first; then hand the period over here."),
    )
    if table.wants_export:
        return table.export()
    context = {
        "table": table,
        "waiting": [
            (period, words.period_name(period), waiting)
            for period, waiting in queries.periods_waiting()
        ],
        "carried": carried_table(request),
        "may_export": access.may_export_payroll(person),
    }
    return page(request, "incentives/payroll/index.html", context)


def _url(export: PayrollExport) -> str:
    return reverse("incentives:payroll-file", args=[export.export_id])


def worded_totals(export: PayrollExport) -> list[str]:
    """The file's totals as the reader writes money."""
    return [
        formats.money(Decimal(total), currency) for currency, total in sorted(export.totals.items())
    ]


@require_GET
def preview(request: PersonRequest, key: str) -> HttpResponse:
    """What the file will hold: count, totals by currency, and every payment."""
    return _preview(request, get_object_or_404(PayPeriod, key=key), _reader(request))


def _preview(
    request: HttpRequest, period: PayPeriod, person: Person, sent: ShortfallForm | None = None
) -> HttpResponse:
    """The preview; ``sent`` is what somebody decided about pay below zero and was refused."""
    listed = list(queries.unpaid_releases(period))
    handover = Handover(period, listed)
    payments = payments_of(listed)
    short = _short(listed, payments)
    table = Table(
        request,
        rows=listed,
        name="payments",
        columns=[
            Column(
                "number", _("Number"), "payee.number", sort="payee__number", search="payee__number"
            ),
            Column(
                "payee",
                _("Payee"),
                "payee.name",
                sort="payee__name",
                search=True,
                link=lambda row: reverse("incentives:statement", args=[row.statement_id]),
            ),
            Column(
                "earned",
                _("Earned"),
                "statement.earned",
                sort="statement__earned",
                kind="money",
                currency="currency",
                secondary=True,
            ),
            Column(
                "amount",
                _("To be paid"),
                lambda row: _in_words(payments[row.pk].amounts),
                kind="sums",
            ),
            Column("run", _("Run"), "statement.run.number", kind="number", secondary=True),
        ],
        order="number",
        exports=False,
        caption=_("Payments"),
        empty=_("Everything released in this period was handed over already."),
    )
    sums: dict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for pay in payments.values():
        for currency, amount in pay.amounts.items():
            count, total = sums[currency]
            sums[currency] = (count + 1, total + amount)
    context: dict[str, Any] = {
        "period": period,
        "name": words.period_name(period),
        "table": table,
        "sums": sorted((currency, *found) for currency, found in sums.items()),
        "count": sum(count for count, _total in sums.values()),
        "below_zero": sum(
            amount < 0 for pay in payments.values() for amount in pay.amounts.values()
        ),
        "undecided": sum(pay.is_undecided for pay in payments.values()),
        "decided": [
            (release, amount, decision, decision.treatment == ShortfallTreatment.CARRY)
            for release, amount, decision in short
            if decision is not None
        ],
        "deducted": _deducted(listed, payments),
        "decision": sent or ShortfallForm(short=short) if short else None,
        "may_decide": access.may_decide_shortfalls(person),
        "export_id": uuid4(),
        "seen": actions.mark_of(payments),
        "unsettled": [
            (run, None if passed is None else words.passed_over_text(passed.instead))
            for run, passed in ((run, handover.passed_over(run)) for run in handover.unsettled())
        ],
        "built_on_others": [
            (run, words.period_name(run.period)) for run in handover.built_on_others()
        ],
        "left_behind": [(run, words.period_name(run.period)) for run in handover.left_behind()],
        "never_settled": [words.period_name(one) for one in handover.never_settled()],
        "may_export": access.may_export_payroll(person),
    }
    status = 200 if sent is None else 422
    return page(request, "incentives/payroll/preview.html", context, status=status)


def _short(
    releases: list[Release], payments: dict[int, Pay]
) -> list[tuple[Release, Decimal, Shortfall | None]]:
    """What plans that do not settle leave below zero, with what was decided about it."""
    found = [(release, payments[release.pk]) for release in releases]
    return [(release, pay.short, pay.decision) for release, pay in found if pay.short < 0]


def _deducted(
    releases: list[Release], payments: dict[int, Pay]
) -> list[tuple[Release, str, Decimal]]:
    """Whose pay is lessened by what was carried, from which period, and by how much."""
    return [
        (release, words.period_name(shortfall.release.period), amount)
        for release in releases
        for shortfall, amount in payments[release.pk].recovered
    ]


@require_http_methods(["POST"])
@needs_mfa
def decide(request: HttpRequest, key: str) -> HttpResponse:
    """Say what becomes of pay below zero; the preview comes again, with what was refused."""
    person = _reader(request)
    if not access.may_decide_shortfalls(person):
        raise PermissionDenied
    period = get_object_or_404(PayPeriod, key=key)
    listed = list(queries.unpaid_releases(period))
    form = ShortfallForm(request.POST, short=_short(listed, payments_of(listed)))
    if not form.is_valid():
        return _preview(request, period, person, sent=form)
    try:
        decided = shortfalls.decide_shortfalls(
            period=period,
            releases=form.cleaned_data["releases"],
            treatment=form.cleaned_data["treatment"],
            reason=form.cleaned_data["reason"],
            by=person,
            at=timezone.now(),
            seen=request.POST.get("seen", ""),
        )
    except (actions.ChangedSincePreview, shortfalls.NothingBelowZero):
        form.add_error(
            None,
            _(
                "Nothing was decided: what this period pays has changed since this page was"
                " opened. Look at the amounts again."
            ),
        )
        return _preview(request, period, person, sent=form)
    messages.success(
        request,
        ngettext(
            "Decided about %(count)d payment below zero.",
            "Decided about %(count)d payments below zero.",
            len(decided),
        )
        % {"count": len(decided)},
    )
    return go_to(request, reverse("incentives:payroll-preview", args=[period.key]))


def _in_words(amounts: Amounts) -> str:
    return formats.listed(formats.money(amount, currency) for currency, amount in amounts.items())


@require_http_methods(["POST"])
@needs_mfa
@needs_reauthentication
def create(request: HttpRequest, key: str) -> HttpResponse:
    """Make the file; the same id leads to the same file."""
    person = _reader(request)
    if not access.may_export_payroll(person):
        raise PermissionDenied
    period = get_object_or_404(PayPeriod, key=key)
    try:
        export_id = UUID(request.POST.get("export_id", ""))
    except ValueError:
        messages.error(request, _("Open the preview again, then export."))
        return go_to(request, reverse("incentives:payroll-preview", args=[period.key]))
    try:
        export = actions.export_payroll(
            period=period,
            export_id=export_id,
            by=person,
            at=timezone.now(),
            seen=request.POST.get("seen", ""),
        )
    except actions.NothingToExport:
        return _handed_over_already(request, period, person)
    except actions.NotExported as refused:
        messages.error(request, REFUSALS[type(refused)])
        return go_to(request, reverse("incentives:payroll-preview", args=[period.key]))
    return go_to(request, _url(export))


def _handed_over_already(request: HttpRequest, period: PayPeriod, person: Person) -> HttpResponse:
    """Refuse a second handing-over; whoever comes second is shown the file that was made first."""
    last = queries.exports_for(person).filter(period=period).order_by("-exported_at").first()
    if last is None:
        messages.warning(request, _("Nothing of this period is released, so no file was made."))
        return go_to(request, reverse("incentives:payroll"))
    messages.warning(
        request,
        _(
            "No second file was made: %(who)s handed over everything released in this period"
            " already, %(when)s. This is that file."
        )
        % {"who": last.exported_by.name, "when": formats.moment(last.exported_at)},
    )
    return go_to(request, _url(last))


@require_GET
def show(request: PersonRequest, export_id: UUID) -> HttpResponse:
    """A file that was made: count, totals, hashes, and what is in it."""
    person = _reader(request)
    export = get_object_or_404(queries.exports_for(person), export_id=export_id)
    table = Table(
        request,
        rows=queries.payments_in(export),
        name="entries",
        columns=[
            Column(
                "number",
                _("Number"),
                "entry.payee.number",
                sort="entry__payee__number",
                search="entry__payee__number",
            ),
            Column(
                "payee",
                _("Payee"),
                "entry.payee.name",
                sort="entry__payee__name",
                search=True,
                link=lambda row: reverse(
                    "incentives:statement", args=[row.entry.release.statement_id]
                ),
            ),
            Column("amount", _("Amount"), sort="amount", kind="money", currency="currency"),
        ],
        order="number",
        exports=False,
        caption=_("Payments"),
    )
    context = {
        "export": export,
        "name": words.period_name(export.period),
        "totals": worded_totals(export),
        "table": table,
    }
    return page(request, "incentives/payroll/show.html", context)


@require_GET
def download(request: PersonRequest, export_id: UUID, kind: str) -> FileInParts:
    """The very bytes that were made; again and again the same."""
    person = _reader(request)
    export = get_object_or_404(queries.exports_for(person), export_id=export_id)
    if kind not in {"csv", "xlsx"}:
        raise Http404
    file = export.csv_file if kind == "csv" else export.xlsx_file
    response = FileInParts(
        open_file(file),
        as_attachment=True,
        filename=f"payroll-{export.period.key}-{export.export_id}.{kind}",
        content_type=file.media_type,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _reader(request: HttpRequest) -> Person:
    person: Person = request.person  # type: ignore[attr-defined]
    if not access.may_read_payroll(person):
        raise PermissionDenied
    return person
