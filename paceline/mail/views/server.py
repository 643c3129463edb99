"""The mail server: set by administrators, tried with a mail to oneself."""

from __future__ import annotations

from email.message import EmailMessage
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from paceline.accounts.verification import needs_reauthentication
from paceline.kernel.pages import go_to, page
from paceline.mail import access, actions, queries, transport, wording
from paceline.mail.forms.mails import READING, SENDING, ServerForm
from paceline.org.requests import PersonRequest


@needs_reauthentication
@require_http_methods(["GET", "POST"])
def show(given: HttpRequest) -> HttpResponse:
    """How mail goes out and where replies come in."""
    request = cast("PersonRequest", given)
    if not access.may_set_server(request.person):
        raise PermissionDenied
    known = queries.server()
    site = f"{request.scheme}://{request.get_host()}"
    form = ServerForm(request.POST or None, server=known, site=site)
    if request.method == "POST" and form.is_valid():
        facts = {name: form.cleaned_data[name] for name in (*SENDING, *READING)}
        actions.set_server(facts=facts, by=request.person, at=timezone.now())
        messages.success(request, _("Saved."))
        return go_to(request, reverse("mail:server"))
    context = {
        "form": form,
        "server": known,
        "problem": wording.problem(known.problem) if known and known.problem else "",
    }
    return page(request, "mail/server.html", context, status=422 if form.errors else 200)


@require_POST
def trial(request: PersonRequest) -> HttpResponse:
    """Send a mail to oneself, at once, and say how it went."""
    if not access.may_set_server(request.person):
        raise PermissionDenied
    server, to = queries.server(), request.person.email
    if server is None or not to:
        messages.error(request, _("Set a server first, and an address of your own."))
        return go_to(request, reverse("mail:server"))
    message = EmailMessage()
    message["From"], message["To"] = server.from_address, to
    message["Subject"] = _("A trial of Paceline")
    message.set_content(_("Mail goes out."))
    try:
        transport.send(server, message, to)
    except transport.NotSent as problem:
        messages.error(request, wording.problem(problem.code))
    else:
        messages.success(request, _("Sent to %(to)s.") % {"to": to})
    return go_to(request, reverse("mail:server"))
