"""Releasing statements, and taking a release back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from paceline.accounts.verification import needs_mfa, needs_reauthentication
from paceline.incentives import pay_words as words
from paceline.incentives.access import pay as access
from paceline.incentives.actions import runs, statements
from paceline.incentives.models import Release, Run, Statement
from paceline.incentives.queries.runs import unreleased
from paceline.kernel import formats
from paceline.kernel.pages import go_to
from paceline.org.models import Person

REFUSALS: dict[type[Exception], Any] = {
    runs.PeriodClosed: lazy("This period is closed and paid by another run."),
    runs.RunWithoutResults: lazy("This run has no results to release."),
    statements.PaidFromAnotherRun: lazy(
        "Nothing was released: pay of this period was handed to payroll from another run,"
        " and its settlement stands. Release the rest from that run."
    ),
}
NAMED = 5  # of the payees that are the reason of a refusal


@require_POST
@needs_mfa
@needs_reauthentication
def create(request: HttpRequest, pk: int) -> HttpResponse:
    """Release the chosen statements of a run; with ``all`` every one not yet released."""
    person: Person = request.person  # type: ignore[attr-defined]
    run = get_object_or_404(Run.objects.visible_to(person).select_related("period"), pk=pk)
    if not access.may_release(person):
        raise PermissionDenied
    back = reverse("incentives:run", args=[run.pk])
    if "all" in request.POST:
        chosen = set(unreleased(run).values_list("pk", flat=True))
    else:
        chosen = {int(one[:18]) for one in request.POST.getlist("statement") if one.isdecimal()}
    try:
        released = statements.release_statements(
            run=run, statements=chosen, by=person, at=timezone.now()
        )
    except statements.StatementsAlreadyReleased as refused:
        messages.error(request, _already(refused.statements))
    except statements.NothingToRelease:
        if "all" in request.POST:
            messages.info(request, _("All statements of this run were released already."))
        else:
            messages.warning(request, _("Choose the statements to release."))
    except tuple(REFUSALS) as refused:
        messages.error(request, REFUSALS[type(refused)])
    except statements.LaterPeriodPaid as refused:
        messages.error(request, words.passed_over_text(refused.instead))
    else:
        messages.success(
            request,
            ngettext(
                "%(count)d statement released. The payee has been told.",
                "%(count)d statements released. The payees have been told.",
                len(released),
            )
            % {"count": len(released)},
        )
        _tell_who_cannot_read(request, released)
    return go_to(request, (request.POST.get("next") == "statement" and _one(chosen)) or back)


def _tell_who_cannot_read(request: HttpRequest, released: Sequence[Release]) -> None:
    """Whoever left meanwhile, or has no account, reads no statement here: it is handed to them."""
    today: date = request.today  # type: ignore[attr-defined]
    reading = Person.objects.employed_on(today).filter(user__is_active=True)
    payees = Person.objects.filter(pk__in=[one.payee_id for one in released])
    names = list(payees.exclude(pk__in=reading).order_by("name").values_list("name", flat=True))
    more = len(names) - NAMED
    values = {"names": formats.listed(names[:NAMED]), "count": formats.number(more)}
    if more > 0:
        text = ngettext(
            "%(names)s and %(count)s other cannot sign in. Hand them their statements as PDF.",
            "%(names)s and %(count)s others cannot sign in. Hand them their statements as PDF.",
            more,
        )
        messages.warning(request, text % values)
    elif names:
        text = ngettext(
            "%(names)s cannot sign in. Hand them their statement as PDF.",
            "%(names)s cannot sign in. Hand them their statements as PDF.",
            len(names),
        )
        messages.warning(request, text % values)


def _already(refused: Sequence[Statement]) -> str:
    names = formats.listed(one.payee.name for one in refused[:NAMED])
    more = len(refused) - NAMED
    if more <= 0:
        return _("Nothing was released: already released in this period for %(names)s.") % {
            "names": names
        }
    return ngettext(
        "Nothing was released: already released in this period for %(names)s and %(count)d other.",
        "Nothing was released: already released in this period for %(names)s and %(count)d others.",
        more,
    ) % {"names": names, "count": more}


def _one(chosen: set[int]) -> str:
    return reverse("incentives:statement", args=[min(chosen)]) if len(chosen) == 1 else ""


@require_POST
@needs_mfa
@needs_reauthentication
def destroy(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw the release of a statement, with the reason."""
    person: Person = request.person  # type: ignore[attr-defined]
    rows = Statement.objects.visible_to(person)
    rows = rows.select_related("release__period", "release__statement")
    statement = get_object_or_404(rows, pk=pk)
    if not access.may_release(person):
        raise PermissionDenied
    release = getattr(statement, "release", None)
    reason = request.POST.get("reason", "").strip()
    back = reverse("incentives:statement", args=[statement.pk])
    if not reason:
        messages.error(request, _("Say why the release is withdrawn."))
        return go_to(request, back)
    gone = _("This statement is not released. Nothing was withdrawn.")
    if release is None:
        messages.info(request, gone)
        return go_to(request, back)
    try:
        statements.withdraw_release(
            release=release, by=person, at=timezone.now(), reason=reason[:1000]
        )
    except statements.ReleaseWithdrawn:
        messages.info(request, gone)
    except statements.StatementPaid:
        messages.error(request, _("This statement was handed to payroll and stays released."))
    else:
        messages.success(request, _("The release is withdrawn. The payee no longer sees it."))
    return go_to(request, back)
