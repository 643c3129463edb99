"""Each answer in the reader's language and zone; sessions that end; no page without sign-in."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import timezone, translation

from paceline.kernel.pages import page
from paceline.kernel.periods import zone_named

LANGUAGE_COOKIE = "paceline-language"
SEEN = "seen_at"
SEEN_EVERY_SECONDS = 300
EVENT_STREAM = "text/event-stream"
LOOKING = {"GET", "HEAD", "OPTIONS"}


class SessionLimits:
    """A session ends after a while without use, however young it is.

    Its age is limited by the cookie and the session row; the last use is noted every few minutes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = int(time.time())
        if request.user.is_authenticated:
            seen = request.session.get(SEEN)
            if seen is not None and now - seen > settings.SESSION_IDLE_SECONDS:
                logout(request)
            elif seen is None or now - seen > SEEN_EVERY_SECONDS:
                # Saving a session would lengthen its life; its end stays where sign-in put it.
                ends = request.session.setdefault("ends_at", now + settings.SESSION_COOKIE_AGE)
                request.session[SEEN] = now
                request.session.set_expiry(max(1, ends - now))
        return self.get_response(request)


class SignInRequired(LoginRequiredMiddleware):
    """Every page asks for sign-in unless it says ``login_not_required``."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        if request.method not in LOOKING:
            return _kept(request)
        answer = super().handle_no_permission(request, view_func)
        if request.headers.get("HX-Request") == "true":
            # A fragment cannot hold the sign-in form: the whole page goes there, and comes back.
            here = urlsplit(request.headers.get("HX-Current-URL", ""))
            back = f"{here.path}?{here.query}" if here.query else here.path or "/"
            leave = HttpResponse()
            leave.headers["HX-Redirect"] = (
                f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}"
            )
            return leave
        if request.headers.get("Accept") == EVENT_STREAM:
            # A page left open by somebody who signed out: 204 tells its browser not to come back.
            return HttpResponse(status=204)
        return answer


def _kept(request: HttpRequest) -> HttpResponse:
    """What was sent by somebody whose session had ended is given back, to be sent once more.

    A page that waits for an answer keeps it itself; its toast says where to sign in.
    """
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=401)
    sent = [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and "password" not in name
        for value in values
    ]
    context = {
        "sent": sent,
        "files": sorted(request.FILES),
        "address": request.get_full_path(),
        "sign_in_url": resolve_url(settings.LOGIN_URL),
    }
    return page(request, "accounts/signed_out.html", context, status=401)


def language_of_browser(request: HttpRequest) -> str:
    """The language in which somebody is spoken to of whom nothing is known yet."""
    chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
    if chosen in dict(settings.LANGUAGES):
        return chosen
    return translation.get_language_from_request(request)


class Preferences:
    """The account's language and zone; before sign-in the language of the cookie or browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            language, zone = user.language, user.time_zone
        else:
            language = language_of_browser(request)
            zone = settings.TIME_ZONE
        request.LANGUAGE_CODE = language
        with translation.override(language), timezone.override(zone_named(zone)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response
