"""Pages for requests that could not be served, in the reader's language."""

from __future__ import annotations

import logging
import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.accounts.limits import minutes_left
from paceline.accounts.middleware import language_of_browser
from paceline.kernel.pages import Refused, refuse

log = logging.getLogger(__name__)

AWAY = (OperationalError, InterfaceError)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    title = _("This request cannot be understood.")
    return refuse(request, 400, title, _("Go back, load the page again and retry."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, Refused):
        return refuse(request, 403, exception.title, exception.text)
    title = _("You may not do this.")
    return refuse(request, 403, title, _("Your role does not include it. Nothing was changed."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    title = _("There is nothing here.")
    text = _("The address is wrong, or what it names is not yours to see.")
    return refuse(request, 404, title, text)


def too_large(request: HttpRequest) -> HttpResponse:
    title = _("That is too large.")
    return refuse(
        request,
        413,
        title,
        _("Send less at once. Nothing was stored; what you wrote is still there when you go back."),
    )


def too_many(request: HttpRequest) -> HttpResponse:
    title = _("Too many attempts.")
    minutes = minutes_left(request, timezone.now())
    if minutes is None:
        return refuse(request, 429, title, _("Wait a few minutes, then try again."))
    text = ngettext("Try again in %(count)s minute.", "Try again in %(count)s minutes.", minutes)
    return refuse(request, 429, title, text % {"count": minutes})


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Cross-site request forgery checks failed: most often a page that stood open for long."""
    title = _("This page was open for too long.")
    return refuse(request, 403, title, _("Load it again and retry. Nothing was changed."))


def failed(request: HttpRequest) -> HttpResponse:
    """Leans on nothing that may be broken: no database, no session, no shell."""
    # A database that restarts is soon back: 503 lets proxies and open pages try again.
    away = isinstance(sys.exception(), AWAY)
    # Whose account could not be read is spoken to in the language of the browser.
    with translation.override(
        getattr(request, "LANGUAGE_CODE", "") or language_of_browser(request)
    ):
        words = {
            "title": _("Paceline is not available at the moment.")
            if away
            else _("Something went wrong on our side."),
            "text": _(
                "Nothing was changed. Try again in a minute; work under way goes on by itself."
            )
            if away
            else _("Nothing was changed. Try again; if it stays, tell your administrator."),
            "home": _("Home"),
        }
        page = render_to_string("web/failed.html", words)
    return HttpResponse(page, status=503 if away else 500)
