"""Ending mails: the page behind a mail's link, and the one click of mail programs (RFC 8058)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from paceline.mail import actions, queries

AGAIN = "again"


@csrf_exempt  # mail programs post here, and the signed link names one mail only
@login_not_required
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, signed: str) -> HttpResponse:
    """GET asks or tells that it was done (programs open links to look at them); POST does it, or
    takes it back. None of them names anybody."""
    mail = queries.mail_of_link(signed)
    if mail is None:
        raise Http404
    is_taken_back = request.method == "POST" and request.POST.get("what") == AGAIN
    if is_taken_back:
        actions.resubscribe(mail=mail, at=timezone.now())
    elif request.method == "POST":
        actions.unsubscribe(mail=mail, at=timezone.now())
    context = {
        "is_ended": not mail.to_address or queries.is_ended(mail.to_address),
        "may_return": bool(mail.to_address),
        "is_taken_back": is_taken_back,
        "again": AGAIN,
    }
    answer = render(request, "mail/unsubscribe.html", context)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
