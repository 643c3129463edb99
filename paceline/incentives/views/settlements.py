"""The settlement of a run: asking for one, how far it is, and what became payable."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.accounts.verification import needs_mfa
from paceline.incentives import pay_words
from paceline.incentives import settled_words as words
from paceline.incentives.access import pay as access
from paceline.incentives.actions import runs
from paceline.incentives.actions import settlements as actions
from paceline.incentives.calculation.payments import state_of
from paceline.incentives.models import Payment, Run, Settlement
from paceline.incentives.queries import settlements as queries
from paceline.incentives.views.runs import reader_of_runs
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.kernel.tables import Column, Table
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


@require_http_methods(["GET", "POST"])
def of_run(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The settlement of a run; POST asks for one, which takes the place of what is there."""
    if request.method == "POST":
        return create(request, pk)
    return show(request, pk)


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponseBase:
    """What became payable: totals, entries by kind, what is carried, notes, and every payee."""
    person = reader_of_runs(request)
    run = _run(person, pk)
    state = state_of(run)
    context: dict[str, Any] = {
        "run": run,
        "name": pay_words.period_name(run.period),
        "state": state,
        "badge": words.settlement_badge(state.state),
        "may_settle": state.may_be_settled and access.may_request_settlement(person),
        "is_starter": state.last is not None and state.last.requested_by_id == person.pk,
        "problems": _problems(state.last),
        "failure": _failure(state.last),
    }
    settlement = None if state.state == "running" else state.standing
    if settlement is not None:
        table = _payments(request, person, settlement)
        if table.wants_export:
            return table.export()
        context |= _summary(settlement) | {"table": table}
    if state.state == "running":
        return page(request, "incentives/settlements/show.html", context, fragment="status")
    response = page(request, "incentives/settlements/show.html", context)
    if request.headers.get("HX-Target") == "settlement-status":
        # The page waited for the settlement: all of it takes the place of the progress.
        response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = "#main"
    return response


@require_GET
def in_short(request: PersonRequest, pk: int) -> HttpResponseBase:
    """How far a run is settled, in short: a part of the run's page that follows by itself."""
    person = reader_of_runs(request)
    run = _run(person, pk)
    state = state_of(run)
    if not state.settles:
        raise Http404
    standing = state.standing
    short = {
        "badge": words.settlement_badge(state.state),
        "address": reverse("incentives:settlement", args=[run.pk]),
        "may_settle": state.may_be_settled and access.may_request_settlement(person),
        "totals": (
            queries.settled_totals(standing, queries.kind_totals(standing)) if standing else []
        ),
        "paid": queries.paid_totals(standing) if standing else [],
    }
    return render(request, "incentives/settlements/_summary.html", {"settlement": short})


def _summary(settlement: Settlement) -> dict[str, Any]:
    kinds = queries.kind_totals(settlement)
    notes = Counter(
        words.note_text(
            row.code,
            row.subject,
            "" if row.amount is None else formats.number(row.amount),
        )
        for row in queries.notes_of(settlement)
    )
    return {
        "settlement": settlement,
        "totals": queries.settled_totals(settlement, kinds),
        "paid": queries.paid_totals(settlement),
        "kinds": [(words.kind_text(one.kind), one) for one in kinds],
        "accounts": [
            (words.account_text(account), currency, amount, payees)
            for account, currency, amount, payees in queries.account_totals(settlement)
        ],
        "notes": notes.most_common(20),
        "fingerprints": [one.fingerprint for one in settlement.plans.all()],
    }


def _payments(request: PersonRequest, person: Person, settlement: Settlement) -> Table:
    return Table(
        request,
        rows=queries.payments_for(person, settlement),
        name="payments",
        columns=[
            Column(
                "payee",
                _("Payee"),
                "statement.payee.name",
                sort="statement__payee__name",
                search=True,
                link=_statement,
            ),
            Column("plan", _("Plan"), "plan.version.name", secondary=True),
            Column("earned", _("Earned"), sort="earned", kind="money", currency="plan_currency"),
            Column(
                "plan_amount",
                _("Payable"),
                sort="plan_amount",
                kind="money",
                currency="plan_currency",
                total=True,
            ),
            Column("amount", _("To be paid"), sort="amount", kind="money", currency="currency"),
        ],
        order="payee",
        caption=_("Payments"),
        empty=_("No payments you may read."),
    )


def _statement(payment: Payment) -> str:
    return reverse("incentives:statement", args=[payment.statement_id]) + "#settlement"


def _problems(settlement: Settlement | None) -> list[str]:
    """Every different reason against the last settlement, once."""
    if settlement is None or settlement.computed_at is not None:
        return []
    rows = settlement.problems.all()
    return list(dict.fromkeys(words.problem_text(row.code, row.params) for row in rows))[:20]


def _failure(settlement: Settlement | None) -> str:
    progress = settlement.progress if settlement is not None else None
    return "" if progress is None else progress.failure_text


@require_POST
@needs_mfa
def create(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a settlement; a second click leads to the one under way."""
    person = reader_of_runs(request)
    run = _run(person, pk)
    if not access.may_request_settlement(person):
        raise PermissionDenied
    try:
        actions.request_settlement(run=run, by=person, at=timezone.now())
    except actions.SettlementUnderWay:
        messages.info(request, _("This run is being settled already."))
    except runs.RunWithoutResults:
        messages.error(request, _("This run has no results to settle."))
    except runs.PeriodClosed:
        messages.error(request, _("This period is closed and paid by another run."))
    except actions.NothingToSettle:
        messages.info(request, _("No plan of this run says how it is settled; earned is paid."))
    except actions.SettlementStands:
        messages.error(request, _("Payroll has pay of this period: its settlement stands."))
    except actions.LaterSettlementStands:
        messages.error(
            request, _("A later period was handed to payroll and goes on from this one.")
        )
    return go_to(request, reverse("incentives:settlement", args=[run.pk]))


def _run(person: Person, pk: int) -> Run:
    rows = Run.objects.visible_to(person).select_related("period", "requested_by")
    return get_object_or_404(rows, pk=pk)
