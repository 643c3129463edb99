"""Connections to other systems, kept by administrators: addresses, secrets, and the log."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.accounts.verification import needs_reauthentication
from paceline.kernel.pages import page
from paceline.kernel.tables import Column, Filter, Table
from paceline.org.requests import PersonRequest
from paceline.webhooks import access, actions, queries, wording
from paceline.webhooks.forms import EndpointForm
from paceline.webhooks.kinds import kinds, word
from paceline.webhooks.models import Endpoint, Message


def _kept(request: PersonRequest, pk: int) -> Endpoint:
    _refuse_others(request)
    found: Endpoint = get_object_or_404(queries.endpoints_for(request.person), pk=pk)
    return found


def _refuse_others(request: PersonRequest) -> None:
    if not access.may_keep_webhooks(request.person):
        raise PermissionDenied


def _back(endpoint: Endpoint) -> HttpResponse:
    return HttpResponseRedirect(reverse("webhooks:endpoint", args=[endpoint.pk]), status=303)


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """Every endpoint, with what waits and what was given up."""
    _refuse_others(request)
    rows = [
        (one, [word(kind) for kind in one.kinds]) for one in queries.endpoints_for(request.person)
    ]
    return page(request, "webhooks/index.html", {"rows": rows})


@needs_reauthentication
@require_http_methods(["GET", "POST"])
def create(given: HttpRequest) -> HttpResponse:
    """Tell an address what happens from now on; the secret is shown, this once."""
    request = cast("PersonRequest", given)
    _refuse_others(request)
    form = EndpointForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            endpoint, secret = actions.add_endpoint(
                **form.terms(), by=request.person, at=timezone.now()
            )
        except actions.TooManyEndpoints:
            form.add_error(None, _("No more webhooks are kept. Remove one first."))
        else:
            return _show_secret(request, endpoint, secret)
    context = {"form": form, "back": reverse("webhooks:list")}
    return page(request, "webhooks/form.html", context, status=422 if form.is_bound else 200)


def _show_secret(request: PersonRequest, endpoint: Endpoint, secret: str) -> HttpResponse:
    answer = page(request, "webhooks/secret.html", {"endpoint": endpoint, "secret": secret})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "POST"])
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """Send elsewhere, or about other things."""
    endpoint = _kept(request, pk)
    initial = {
        "url": endpoint.url, "description": endpoint.description, "kinds": endpoint.kinds,
    }  # fmt: skip
    form = EndpointForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        actions.change_endpoint(
            endpoint=endpoint, **form.terms(), by=request.person, at=timezone.now()
        )
        messages.success(request, _("Saved."))
        return _back(endpoint)
    context = {
        "form": form,
        "endpoint": endpoint,
        "back": reverse("webhooks:endpoint", args=[endpoint.pk]),
    }
    return page(request, "webhooks/form.html", context, status=422 if form.is_bound else 200)


COLUMNS = (
    Column("made_at", gettext_lazy("When"), kind="moment", sort="made_at"),
    Column(
        "kind",
        gettext_lazy("What"),
        value=lambda row: word(row.kind),
        sort="kind",
        link=lambda row: reverse("webhooks:message", args=[row.endpoint_id, row.pk]),
    ),
    Column("state", gettext_lazy("State"), value=wording.badge_of, kind="badge"),
    Column("tries", gettext_lazy("Tries"), kind="number", sort="tries"),
    Column("next_at", gettext_lazy("Next try"), kind="moment", sort="next_at", secondary=True),
)
STATES = {
    "waiting": {"delivered_at__isnull": True, "given_up_at__isnull": True},
    "delivered": {"delivered_at__isnull": False},
    "given-up": {"given_up_at__isnull": False},
}


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponseBase:
    """An endpoint and the log of its messages."""
    endpoint = _kept(request, pk)
    table = Table(
        request,
        rows=queries.messages_of(endpoint),
        name="messages",
        caption=_("Messages"),
        order="-made_at",
        columns=COLUMNS,
        filters=[
            Filter(
                "state",
                _("State"),
                (
                    ("waiting", _("Waiting")),
                    ("delivered", _("Delivered")),
                    ("given-up", _("Given up")),
                ),
                lambda rows, value: rows.filter(**STATES.get(value, {})),
            ),
            Filter("kind", _("What"), kinds(), "kind"),
        ],
        empty=_("Nothing was told yet."),
        empty_hint=_("Send a trial to see whether it arrives."),
    )
    if table.wants_export:
        return table.export()
    told = [word(kind) for kind in endpoint.kinds]
    return page(
        request, "webhooks/endpoint.html", {"endpoint": endpoint, "kinds": told, "table": table}
    )


@needs_reauthentication
@require_POST
def secret(given: HttpRequest, pk: int) -> HttpResponse:
    """Replace the secret and show the new one, this once."""
    request = cast("PersonRequest", given)
    endpoint = _kept(request, pk)
    made = actions.replace_secret(endpoint=endpoint, by=request.person, at=timezone.now())
    return _show_secret(request, endpoint, made)


@require_POST
def state(request: PersonRequest, pk: int) -> HttpResponse:
    """Switch an endpoint on or off."""
    endpoint = _kept(request, pk)
    if request.POST.get("on") == "1":
        actions.enable_endpoint(endpoint=endpoint, by=request.person, at=timezone.now())
        messages.success(request, _("The webhook is on."))
    else:
        actions.disable_endpoint(endpoint=endpoint, by=request.person, at=timezone.now())
        messages.success(request, _("The webhook is off."))
    return _back(endpoint)


@require_POST
def remove(request: PersonRequest, pk: int) -> HttpResponse:
    """Tell an address nothing any more."""
    endpoint = _kept(request, pk)
    actions.remove_endpoint(endpoint=endpoint, by=request.person, at=timezone.now())
    messages.success(request, _("The webhook is removed."))
    return HttpResponseRedirect(reverse("webhooks:list"), status=303)


@require_POST
def trial(request: PersonRequest, pk: int) -> HttpResponse:
    """Send something, to see whether it arrives."""
    endpoint = _kept(request, pk)
    try:
        actions.send_trial(endpoint=endpoint, by=request.person, at=timezone.now())
    except actions.EndpointOff:
        messages.error(request, _("The webhook is off. Switch it on first."))
    else:
        messages.success(request, _("A trial is on its way."))
    return _back(endpoint)


def _message(request: PersonRequest, pk: int, number: int) -> tuple[Endpoint, Message]:
    endpoint = _kept(request, pk)
    found: Message = get_object_or_404(queries.message_with_tries(endpoint, number))
    return endpoint, found


@require_GET
def message(request: PersonRequest, pk: int, message: int) -> HttpResponse:
    """What was told, and how every try ended."""
    endpoint, found = _message(request, pk, message)
    context = {
        "endpoint": endpoint,
        "message": found,
        "kind": word(found.kind),
        "badge": wording.badge_of(found),
        "tries": [(one, wording.outcome(one.outcome)) for one in found.attempts.all()],
    }
    return page(request, "webhooks/message.html", context)


@require_POST
def again(request: PersonRequest, pk: int, message: int) -> HttpResponse:
    """Try once more by hand."""
    endpoint, found = _message(request, pk, message)
    try:
        actions.send_again(message=found, by=request.person, at=timezone.now())
    except actions.EndpointOff:
        messages.error(request, _("The webhook is off. Switch it on first."))
    else:
        messages.success(request, _("It is sent again."))
    url = reverse("webhooks:message", args=[endpoint.pk, found.pk])
    return HttpResponseRedirect(url, status=303)
