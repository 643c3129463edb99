"""Holds on pay, and what stands on payees' accounts."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.accounts.verification import needs_mfa
from paceline.incentives import pay_words
from paceline.incentives import settled_words as words
from paceline.incentives.access import pay as access
from paceline.incentives.actions import holds as actions
from paceline.incentives.calculation import documents
from paceline.incentives.forms.holds import HoldForm
from paceline.incentives.models import Hold
from paceline.incentives.queries import settlements as queries
from paceline.incentives.wording import component_name
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.kernel.tables import Column, Filter, Table
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    """Every hold, those that stand first."""
    person = _reader(request)
    table = Table(
        request,
        rows=queries.holds_for(person),
        name="holds",
        topic="holds",
        columns=[
            Column("payee", _("Payee"), "payee.name", sort="payee__name", search=True, link=_url),
            Column("what", _("What is held"), what_is_held),
            Column("reason", _("Reason"), "get_reason_display", secondary=True),
            Column("by", _("Placed by"), "placed_by.name", secondary=True),
            Column("at", _("Placed"), "placed_at", sort="placed_at", kind="moment", secondary=True),
            Column("state", _("State"), words.hold_badge, kind="badge"),
        ],
        filters=[
            Filter(
                "state",
                _("Any state"),
                [("stands", _("Stands")), ("released", pgettext("hold", "Released"))],
                lambda rows, value: rows.filter(release__isnull=value == "stands"),
            )
        ],
        order="-at",
        caption=_("Holds"),
        empty=_("Nothing is held."),
        empty_hint=_("A hold stops what somebody has due until it is released; it stays owed."),
    )
    if table.wants_export:
        return table.export()
    may_place = access.may_place_hold(person)
    return page(request, "incentives/holds/index.html", {"table": table, "may_place": may_place})


def _url(hold: Hold) -> str:
    return reverse("incentives:hold", args=[hold.pk])


def what_is_held(hold: Hold) -> str:
    """Everything, a plan, a component of it, or what one line earned."""
    found = []
    if hold.plan is not None:
        version = max(hold.plan.versions.all(), key=lambda one: one.number)
        name = version.name
        if hold.component:
            component = component_name(documents.load(version.source), hold.component)
            name = f"{name}{formats.colon()}{component}"
        found.append(name)
    if hold.line_id:
        found.append(_("Line %(line)s") % {"line": hold.line_id})
    return " · ".join(found) or _("Everything")


@require_http_methods(["GET", "POST"])
@needs_mfa
def create(request: HttpRequest) -> HttpResponse:
    """Place a hold, with its reason."""
    person = _reader(request)
    if not access.may_place_hold(person):
        raise PermissionDenied
    form = HoldForm(request.POST or None, asking=person, on=timezone.localdate())
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        hold = actions.place_hold(
            payee=values["payee"],
            plan=values["plan"],
            component=values["component"],
            line_id=values["line_id"],
            reason=values["reason"],
            note=values["note"],
            by=person,
            at=timezone.now(),
        )
        messages.success(request, _("The hold stands. It counts for every settlement from now on."))
        return go_to(request, _url(hold))
    status = 422 if request.method == "POST" else 200
    return page(request, "incentives/holds/new.html", {"form": form}, status=status)


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """One hold: what, why, who, when, and its release."""
    person = _reader(request)
    hold = get_object_or_404(queries.holds_for(person), pk=pk)
    context = {
        "hold": hold,
        "what": what_is_held(hold),
        "badge": words.hold_badge(hold),
        "may_release": not hasattr(hold, "release") and access.may_release_hold(person, hold),
        "is_own": access.may_release_holds(person) and hold.placed_by_id == person.pk,
    }
    return page(request, "incentives/holds/show.html", context)


@require_POST
@needs_mfa
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """End a hold, with the reason."""
    person = _reader(request)
    hold = get_object_or_404(queries.holds_for(person), pk=pk)
    if not access.may_release_hold(person, hold):
        raise PermissionDenied
    try:
        actions.release_hold(
            hold=hold,
            reason=request.POST.get("reason", "")[:1000],
            by=person,
            at=timezone.now(),
        )
    except actions.NoteMissing:
        messages.error(request, _("Say why the hold is released."))
    except actions.HoldReleased:
        messages.info(request, _("This hold was released already."))
    else:
        messages.success(request, _("The hold is released. The next settlement pays what it held."))
    return go_to(request, _url(hold))


@require_GET
def balances(request: PersonRequest) -> HttpResponseBase:
    """What stands on payees' accounts after the last settlement of each plan."""
    person: Person = request.person
    if not access.may_read_balances(person):
        raise PermissionDenied
    table = Table(
        request,
        rows=queries.open_balances(person),
        name="balances",
        topic="holds runs",
        columns=[
            Column("payee", _("Payee"), sort="payee", search=True),
            Column("number", _("Number"), sort="number", search=True, secondary=True),
            Column("plan", _("Plan"), "plan.version.name", secondary=True),
            Column("account", pgettext("balance", "Account"), _account, sort="account"),
            Column("due", _("Due"), _due, sort="due_on", secondary=True),
            Column("items", _("Entries"), sort="items", kind="number", secondary=True),
            Column(
                "amount", _("Amount"), sort="amount", kind="money", currency="currency", total=True
            ),
            Column("period", _("After"), _period, secondary=True),
        ],
        filters=[
            Filter(
                "account",
                _("Any account"),
                [(key, str(text)) for key, text in words.ACCOUNTS.items()],
                "account",
            )
        ],
        order="payee",
        caption=_("Balances"),
        empty=_("Nothing is carried on."),
        empty_hint=_("What settlements put off, hold, or have to deduct later stands here."),
    )
    if table.wants_export:
        return table.export()
    return page(request, "incentives/holds/balances.html", {"table": table})


def _account(balance: queries.AccountBalance) -> str:
    return words.account_text(balance.account)


def _due(balance: queries.AccountBalance) -> str:
    return words.due_text(balance.due_on, balance.account)


def _period(balance: queries.AccountBalance) -> str:
    return pay_words.period_name(balance.plan.settlement.run.period)


def _reader(request: HttpRequest) -> Person:
    person: Person = request.person  # type: ignore[attr-defined]
    if not access.may_read_holds(person):
        raise PermissionDenied
    return person
