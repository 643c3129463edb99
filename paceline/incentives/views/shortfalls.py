"""What was carried below zero from a payroll file: what is still to be deducted, and its end."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from paceline.accounts.verification import needs_mfa
from paceline.incentives import pay_words as words
from paceline.incentives.access import pay as access
from paceline.incentives.actions import shortfalls as actions
from paceline.incentives.actions.payroll import ChangedSincePreview
from paceline.incentives.forms.shortfalls import ClosureForm
from paceline.incentives.models import Shortfall
from paceline.incentives.queries import payroll as queries
from paceline.kernel.pages import go_to, page
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Table
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


def carried_table(request: PersonRequest) -> Table | None:
    """What was carried and is still to be deducted; nothing while nothing is."""
    rows = queries.carried_on(timezone.localdate())
    if not rows.exists():
        return None
    columns = [
        Column(
            "payee",
            _("Payee"),
            "release.payee.name",
            sort="release__payee__name",
            link=lambda row: reverse("incentives:statement", args=[row.release.statement_id]),
        ),
        Column("employment", _("Employment"), _employment, kind="badge"),
        Column("period", _("Period"), lambda row: words.period_name(row.release.period)),
        Column("left", _("Still to deduct"), kind="money", currency="release.currency"),
        Column("reason", _("Reason"), secondary=True),
    ]
    if access.may_decide_shortfalls(request.person):
        columns.append(
            Column(
                "ending",
                _("What becomes of it"),
                lambda _row: _("Decide again"),
                link=lambda row: reverse("incentives:shortfall", args=[row.pk]),
            )
        )
    return Table(
        request,
        rows=rows,
        name="carried",
        columns=columns,
        exports=False,
        caption=_("Below zero, to be deducted from later pay"),
    )


def _employment(row: Shortfall) -> Badge | None:
    """Said of those alone whose pay will not come: nobody needs to read who is still here."""
    is_employed: bool = row.is_employed  # type: ignore[attr-defined]
    return None if is_employed else Badge(pgettext("payee", "Has left"), "warning")


@require_http_methods(["GET", "POST"])
@needs_mfa
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """What is still to be deducted of one shortfall, and how it ends otherwise."""
    person: Person = request.person  # type: ignore[attr-defined]
    if not access.may_decide_shortfalls(person):
        raise PermissionDenied
    back = reverse("incentives:payroll")
    row = queries.carried_on(timezone.localdate()).filter(pk=pk).first()
    if row is None:
        get_object_or_404(Shortfall, pk=pk)
        messages.info(request, _("Nothing of it is to be deducted any more."))
        return go_to(request, back)
    left = row.left  # type: ignore[attr-defined]
    form = ClosureForm(request.POST or None, initial={"left": left})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            actions.close_shortfall(
                shortfall=row,
                ending=values["ending"],
                reason=values["reason"],
                seen=values["left"],
                by=person,
                at=timezone.now(),
            )
        except actions.ShortfallClosed:
            messages.info(request, _("Nothing of it is to be deducted any more."))
            return go_to(request, back)
        except ChangedSincePreview:
            sent = request.POST.copy()
            sent["left"] = str(left)
            form = ClosureForm(sent)
            form.add_error(
                None,
                _(
                    "Nothing was decided: a payroll file has deducted some of it since this page"
                    " was opened. Look at the amount again."
                ),
            )
        else:
            messages.success(request, _("Decided. Nothing more is deducted for it."))
            return go_to(request, back)
    context = {
        "shortfall": row,
        "release": row.release,
        "left": left,
        "whole": -row.amount,
        "period": words.period_name(row.release.period),
        "has_left": not row.is_employed,  # type: ignore[attr-defined]
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return page(request, "incentives/payroll/shortfall.html", context, status=status)
